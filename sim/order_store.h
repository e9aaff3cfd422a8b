// The exchange's orders: open ones, and the last closed ones for queries.
//
// Owned by the exchange's thread; allocated at construction. Rows are found by the exchange's own
// number or by account and client order id through hash tables in O(1); a closed row is reused when
// no fresh one is left, oldest first.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/core/event.h"
#include "engine/core/types.h"
#include "sim/order_request.h"

namespace mm::sim {

struct RestingOrder {
  ClientOrderId id{};
  VenueOrderId venue_id{};  // in order of arrival, over all accounts and instruments
  Ticks price{};            // 0 for a market order
  Lots lots{}, filled{};
  Lots ahead{};       // external quantity before us at our price
  Lots traded{};      // traded at our price since the book last reported this level
  Lots level{};       // the level before a snapshot that is being applied
  Amount reserved{};  // what the account holds back for it
  OrderRow next{kNoRow}, previous{kNoRow};  // in price-time order on its side
  InstrumentId instrument{};
  AccountId account{};
  std::uint16_t amends{};
  Side side{Side::kBuy};
  OrderStatusCode status{OrderStatusCode::kNotFound};
  bool took{false};  // stood across the market when it came to rest: post-only has failed
  OrderType type{OrderType::kLimitMaker};
  TimeInForce time_in_force{TimeInForce::kGtc};
  SelfTrade self_trade{SelfTrade::kAllow};
  Expiry expiry{Expiry::kNone};
  Lots prevented{};  // left when self-trade prevention ended it
  Amount quote_filled{};
  Nanos created{}, updated{};

  Lots leaves() const { return lots - filled; }
};

class OrderStore {
 public:
  OrderStore(std::uint32_t open_max, std::uint32_t closed_max);

  bool full() const { return open_ == open_max_; }
  std::uint32_t open_count() const { return open_; }

  // A row for a new open order of this id, which no open order of the account has; not when
  // full(). It gets the next venue_id.
  OrderRow open(ClientOrderId id, AccountId account = 0);
  void close(OrderRow row, OrderStatusCode status);

  // The open or closed row, or kNoRow; the newest when a client's id was used again.
  OrderRow find(VenueOrderId id) const;
  OrderRow find(ClientOrderId id, AccountId account = 0) const;
  OrderRow find_open(ClientOrderId id, AccountId account = 0) const;

  RestingOrder& operator[](OrderRow row) { return rows_[row]; }
  const RestingOrder& operator[](OrderRow row) const { return rows_[row]; }

 private:
  std::size_t home(ClientOrderId id) const;
  void index(OrderRow row);
  void unindex(OrderRow row);
  OrderRow unused_row();

  std::uint32_t open_max_;
  std::uint32_t open_ = 0, used_ = 0;
  std::vector<RestingOrder> rows_;
  std::vector<OrderRow> table_;   // open addressing, linear probing, at most half full
  std::vector<OrderRow> closed_;  // a ring of closed rows, oldest at closed_first_
  std::size_t closed_first_ = 0, closed_count_ = 0;
};

}  // namespace mm::sim
