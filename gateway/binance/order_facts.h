// What the session has told the core about each order, so that it tells everything once.
//
// Owned by one thread; O(1), allocates at construction only. An order's slot and generation name
// its row: the last four orders of every slot of the core's table are remembered.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/core/event.h"
#include "engine/core/order_id.h"
#include "engine/core/types.h"

namespace mm::binance::orders {

struct OrderFacts {
  ClientOrderId id{};        // 0: nothing here
  ClientOrderId replaces{};  // the order it was to take the place of
  VenueOrderId venue_id{};
  Lots lots{}, executed{};       // total; executed as far as fills were told
  std::uint64_t last_trade = 0;  // the highest of those fills
  std::uint64_t listed = 0;      // the last list of open orders that it was in
  Nanos opened{};                // when it was told to be on the book
  InstrumentId instrument{};     // from then on
  Side side{Side::kBuy};
  bool accepted = false;  // told to be on the book
  bool ended = false;     // told to be over
  bool refused = false;   // told never to have been

  bool is_open() const { return accepted && !ended && !refused && executed < lots; }
};

class OrderFactsTable {
 public:
  explicit OrderFactsTable(std::size_t slots) : rows_(slots * kGenerations) {}

  // Null for orders too old to be remembered, or never sent.
  OrderFacts* find(ClientOrderId id) {
    const std::size_t row = row_of(id);
    return row < rows_.size() && rows_[row].id == id && id.v != 0 ? &rows_[row] : nullptr;
  }
  void open(ClientOrderId id, ClientOrderId replaces, Lots lots) {
    const std::size_t row = row_of(id);
    if (row >= rows_.size()) return;
    rows_[row] = {};
    rows_[row].id = id;
    rows_[row].replaces = replaces;
    rows_[row].lots = lots;
  }
  // Calls `visit(facts)` for every order; O(slots).
  template <class Visit>
  void for_each(Visit&& visit) {
    for (OrderFacts& row : rows_) {
      if (row.id.v != 0) visit(row);
    }
  }

 private:
  static constexpr std::size_t kGenerations = 4;

  static std::size_t row_of(ClientOrderId id) {
    const OrderIdParts p = parts(id);
    return p.slot * kGenerations + p.generation % kGenerations;
  }
  std::vector<OrderFacts> rows_;
};

}  // namespace mm::binance::orders
