// The exchange's orders: open ones, and the last closed ones for queries.
//
// Owned by the exchange's thread; allocated at construction. Rows are found by the exchange's own
// number or by account and client order id through hash tables in O(1); a closed row is reused when
// no fresh one is left, oldest first.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/core/event.h"
#include "engine/core/types.h"
#include "sim/order_request.h"

namespace mm::sim {

// The first cache line has all that a change of the market looks at.
struct alignas(kCacheLine) RestingOrder {
  Ticks price{};  // 0 for a market order
  Lots lots{}, filled{};
  Lots ahead{};                             // external quantity before us at our price
  Lots traded{};                            // at our price since the book last reported this level
  OrderRow next{kNoRow}, previous{kNoRow};  // in price-time order on its side
  VenueOrderId venue_id{};  // in order of arrival, over all accounts and instruments
  InstrumentId instrument{};
  AccountId account{};
  Side side{Side::kBuy};
  OrderStatusCode status{OrderStatusCode::kNotFound};
  bool took{false};  // stood across the market when it came to rest: post-only has failed
  OrderType type{OrderType::kLimitMaker};

  ClientOrderId id{};
  Lots level{};       // the level before a snapshot that is being applied
  Amount reserved{};  // what the account holds back for it
  Lots prevented{};   // left when self-trade prevention ended it
  Amount quote_filled{};
  Nanos created{}, updated{};
  std::uint16_t amends{};
  TimeInForce time_in_force{TimeInForce::kGtc};
  SelfTrade self_trade{SelfTrade::kAllow};
  Expiry expiry{Expiry::kNone};

  Lots leaves() const { return lots - filled; }
};
static_assert(sizeof(RestingOrder) == 2 * kCacheLine && offsetof(RestingOrder, id) == kCacheLine);

// Rows by the hash of a key: open addressing, linear probing, at most half full.
class RowIndex {
 public:
  explicit RowIndex(std::size_t rows) : table_(std::bit_ceil(2 * rows), kNoRow) {}

  // The row with this hash that is(row), or kNoRow.
  template <class Is>
  OrderRow find(std::uint64_t hash, Is&& is) const {
    for (std::size_t i = hash & mask(); table_[i] != kNoRow; i = (i + 1) & mask()) {
      if (is(table_[i])) return table_[i];
    }
    return kNoRow;
  }
  void insert(std::uint64_t hash, OrderRow row) {
    std::size_t i = hash & mask();
    while (table_[i] != kNoRow) i = (i + 1) & mask();
    table_[i] = row;
  }
  // Of a row that may not be there. Moves later ones of the same probe run into the hole.
  template <class HashOf>
  void erase(OrderRow row, HashOf&& hash_of) {
    std::size_t hole = hash_of(row) & mask();
    while (table_[hole] != row) {
      if (table_[hole] == kNoRow) return;
      hole = (hole + 1) & mask();
    }
    for (std::size_t i = (hole + 1) & mask(); table_[i] != kNoRow; i = (i + 1) & mask()) {
      const std::size_t from_home = (i - (hash_of(table_[i]) & mask())) & mask();
      if (from_home >= ((i - hole) & mask())) {
        table_[hole] = table_[i];
        hole = i;
      }
    }
    table_[hole] = kNoRow;
  }

 private:
  std::size_t mask() const { return table_.size() - 1; }
  std::vector<OrderRow> table_;
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
  static std::uint64_t hash(ClientOrderId id, AccountId account);
  static std::uint64_t hash(VenueOrderId id);
  void forget_client_id(OrderRow row);
  OrderRow unused_row();

  std::uint32_t open_max_;
  std::uint32_t open_ = 0, used_ = 0;
  VenueOrderId last_id_{};
  std::vector<RestingOrder> rows_;
  RowIndex by_client_id_, by_venue_id_;
  std::vector<OrderRow> closed_;  // a ring of closed rows, oldest at closed_first_
  std::size_t closed_first_ = 0, closed_count_ = 0;
};

}  // namespace mm::sim
