// What the session has told the core about each order, so that it tells everything once.
//
// Owned by one thread; O(1), allocates at construction only. An order's slot and generation name
// its row: the last four orders of every slot of the core's table are remembered. Orders that an
// earlier start has placed, and that go on, have rows of their own, which are searched.
#pragma once

#include <algorithm>
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
  Lots prevented{};              // of the total, by self-trade prevention
  std::uint64_t last_trade = 0;  // the highest of those fills
  std::uint64_t listed = 0;      // the last list of open orders that it was in
  Nanos opened{}, ended_at{};    // when it was told to be on the book, and over
  InstrumentId instrument{};     // from then on
  Side side{Side::kBuy};
  bool accepted = false;  // told to be on the book
  bool ended = false;     // told to be over, at `ended_at`
  bool refused = false;   // told never to have been

  void end(Nanos now) {
    ended = true;
    ended_at = now;
  }
  bool is_open() const { return accepted && !ended && !refused && executed + prevented < lots; }
};

// An order of an earlier start that may go on, and how much of it has executed up to `last_trade`:
// all that the core has been told, or that was counted before.
struct AdoptableOrder {
  InstrumentId instrument = 0;
  ClientOrderId id{};
  Lots executed{};
  std::uint64_t last_trade = 0;
};

class OrderFactsTable {
 public:
  OrderFactsTable(std::size_t slots, std::uint16_t epoch)
      : epoch_(epoch), rows_(slots * kGenerations), sent_(slots) {
    adopted_.reserve(slots);
  }

  // Null for orders too old to be remembered, or never sent.
  OrderFacts* find(ClientOrderId id) {
    if (parts(id).epoch != epoch_) {
      const auto found = std::ranges::find(adopted_, id, &OrderFacts::id);
      return found != adopted_.end() ? &*found : nullptr;
    }
    const std::size_t row = row_of(id);
    return row < rows_.size() && rows_[row].id == id && id.v != 0 ? &rows_[row] : nullptr;
  }
  // Whether an id of this epoch may have been given to open(): its generation is between the first
  // and the last of its slot. Another engine's ids are beyond that as soon as one of its slots is
  // ahead of ours, or was never used here.
  bool was_opened(ClientOrderId id) const {
    const OrderIdParts p = parts(id);
    if (p.slot >= sent_.size() || !sent_[p.slot].any) return false;
    const Sent& sent = sent_[p.slot];
    return distance(sent.first, p.generation) <= distance(sent.first, sent.last);
  }
  void open(ClientOrderId id, ClientOrderId replaces, Lots lots) {
    const std::size_t row = row_of(id);
    if (row >= rows_.size()) return;
    count(sent_[parts(id).slot], parts(id).generation);
    rows_[row] = {};
    rows_[row].id = id;
    rows_[row].replaces = replaces;
    rows_[row].lots = lots;
  }
  // Of an order that find() does not know; in place of one that has ended, null without room.
  OrderFacts* adopt(ClientOrderId id) {
    auto row = std::ranges::find_if(adopted_, &OrderFacts::ended);
    if (row == adopted_.end()) {
      if (adopted_.size() == adopted_.capacity()) return nullptr;
      row = adopted_.emplace(row);
    }
    *row = {};
    row->id = id;
    return &*row;
  }
  // Calls `visit(facts)` for every order; O(slots).
  template <class Visit>
  void for_each(Visit&& visit) {
    for (OrderFacts& row : rows_) {
      if (row.id.v != 0) visit(row);
    }
    for (OrderFacts& row : adopted_) visit(row);
  }

 private:
  static constexpr std::size_t kGenerations = 4;

  // Generations of a slot that were sent.
  struct Sent {
    std::uint32_t first = 0, last = 0;
    bool any = false;
  };
  static constexpr std::uint32_t kSentMax = 1u << 22;  // far less than there are: they wrap

  static std::uint32_t distance(std::uint32_t from, std::uint32_t to) {
    return (to - from) & 0xFFFFFFu;
  }
  static void count(Sent& sent, std::uint32_t generation) {
    if (!sent.any) sent = {generation, generation, true};
    if (distance(sent.last, generation) <= kSentMax) {
      sent.last = generation;
    } else if (distance(generation, sent.first) <= kSentMax) {
      sent.first = generation;
    }
    if (distance(sent.first, sent.last) > kSentMax) sent.first = sent.last - kSentMax;
  }
  static std::size_t row_of(ClientOrderId id) {
    const OrderIdParts p = parts(id);
    return p.slot * kGenerations + p.generation % kGenerations;
  }
  std::uint16_t epoch_;
  std::vector<OrderFacts> rows_, adopted_;
  std::vector<Sent> sent_;  // by slot
};

}  // namespace mm::binance::orders
