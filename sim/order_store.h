// Our orders at the simulated venue: open ones, and the last closed ones for queries.
//
// Owned by the venue's thread; allocated at construction. Rows are found by client order id through
// a hash table in O(1); a closed row is reused when no fresh one is left, oldest first.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/core/event.h"
#include "engine/core/types.h"

namespace mm::sim {

using OrderRow = std::uint32_t;
inline constexpr OrderRow kNoRow = 0xFFFFFFFF;

struct RestingOrder {
  ClientOrderId id{};
  VenueOrderId venue_id{};
  Ticks price{};
  Lots lots{}, filled{};
  Lots ahead{};       // external quantity before us at our price
  Lots traded{};      // traded at our price since the book last reported this level
  Lots level{};       // the level before a snapshot that is being applied
  Amount reserved{};  // what the wallet holds back for it
  OrderRow next{kNoRow}, previous{kNoRow};  // in price-time order on its side
  InstrumentId instrument{};
  std::uint16_t amends{};
  Side side{Side::kBuy};
  OrderStatusCode status{OrderStatusCode::kNotFound};
  bool took{false};  // stood across the market when it came to rest: post-only has failed

  Lots leaves() const { return lots - filled; }
};

class OrderStore {
 public:
  OrderStore(std::uint32_t open_max, std::uint32_t closed_max);

  bool full() const { return open_ == open_max_; }
  std::uint32_t open_count() const { return open_; }

  // A row for a new open order of this id, which no open order has; not when full().
  OrderRow open(ClientOrderId id);
  void close(OrderRow row, OrderStatusCode status);

  // The open or closed row of this id, or kNoRow; the newest when an id was used again.
  OrderRow find(ClientOrderId id) const;
  OrderRow find_open(ClientOrderId id) const;

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
