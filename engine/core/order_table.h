// Every order of ours: a fixed array of rows, and what the rest of the core asks of all of them.
//
// Owned and used by the core's thread; allocates in the constructor only. Creating, finding and
// changing a row is O(1), but for keeping the few live orders of a side sorted by price. Sums
// (exposure, counts, next deadline) follow every change, so they are read in O(1).
// An id tells its slot, but for those of adopted orders: they are looked for among the adopted.
// Rows are written by the order lifecycle through `update` and `transition`; everybody else may
// set `level` and `why` of a row, nothing more.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/deadline_heap.h"
#include "engine/core/order.h"
#include "engine/core/types.h"

namespace mm {

struct OrderTableConfig {
  std::uint16_t capacity = 256;  // rows: 2 x max_order_count + reserved_for_unknown
  std::uint16_t instruments = 1;
  std::uint16_t per_side_max = 128;  // live orders of one side of one instrument
  std::uint8_t instance = 0;         // of the client order ids
  std::uint16_t epoch = 0;
  std::uint32_t nonce = 0;                 // the generation before the first, in every slot
  std::uint16_t reserved_for_unknown = 0;  // rows that only Unknown orders may keep busy
};

class OrderTable {
 public:
  explicit OrderTable(const OrderTableConfig& config);

  // A kPendingNew row with a fresh id, counted from now on; nullptr when there is no room.
  Order* create(InstrumentId instrument, Side side, Ticks price, Lots lots, Nanos now);
  // The same for an order of an earlier start, which keeps its id: any slot may take it.
  Order* adopt(ClientOrderId id, InstrumentId instrument, Side side, Ticks price, Lots lots,
               Nanos now);
  // Of this engine, and not of this start of it.
  bool is_of_earlier_start(ClientOrderId id) const;
  // The row whose id or next_id this is, live or terminal; nullptr for ids of earlier orders.
  Order* find(ClientOrderId id);
  // A new id of the same slot, for a replacement.
  ClientOrderId fresh_id(const Order& row);
  // False, counted and without effect when the transition table forbids it. `change` writes what
  // changes with the state, as in `update`.
  template <class Change>
  bool transition(Order& row, OrderState to, Nanos now, Change&& change) {
    if (!may_enter(row, to)) return false;
    update(row, [&](Order& o) {
      o.state = to;
      o.updated = now;
      change(o);
    });
    if (is_terminal(to)) append_ended(row.slot);
    return true;
  }
  bool transition(Order& row, OrderState to, Nanos now) {
    return transition(row, to, now, [](Order&) {});
  }
  // Any other change: `change(row)` writes the fields, the sums follow. Not for `state`, `id`'s
  // slot, `instrument` or `side`.
  template <class Change>
  void update(Order& row, Change&& change) {
    const Share before = share(row);
    change(row);
    account(row, before, share(row));
  }
  // Terminal row: back to the free list, its id is forgotten.
  void release(Order& row);
  // No row for another order, on whatever side, before one is released.
  bool is_full() const;
  // The terminal row that ended first, or nullptr.
  Order* oldest_terminal();

  // Slots of the orders that may be live, best resting price first (bids descending, asks
  // ascending), older first at one price. Valid until the next change.
  std::span<const std::uint16_t> live(InstrumentId instrument, Side side) const;
  Lots exposure(InstrumentId instrument, Side side) const;
  const Payment& payment(InstrumentId instrument, Side side) const;
  // Highest bid or lowest ask any live order may rest at; the side must have a live order.
  Ticks most_aggressive(InstrumentId instrument, Side side) const;
  bool has_live(InstrumentId instrument, Side side) const {
    return !live(instrument, side).empty();
  }

  std::size_t live_count() const { return live_count_; }
  std::size_t live_count(InstrumentId instrument) const;
  std::size_t unknown_count() const { return unknown_count_; }
  std::size_t unknown_count(InstrumentId instrument) const;
  std::size_t pending_modifications(InstrumentId instrument) const;
  std::size_t used_count() const { return used_count_; }  // live and terminal
  std::uint64_t illegal_transitions() const { return illegal_transitions_; }

  // Earliest deadline of any row, kNever without one.
  Nanos next_deadline() const { return deadlines_.min(); }
  // First slot at or after `from` whose deadline has come, kNoSlot without one.
  std::uint16_t due(Nanos now, std::uint16_t from) const;

  std::uint16_t capacity() const { return static_cast<std::uint16_t>(rows_.size()); }
  std::uint16_t instruments() const { return config_.instruments; }
  std::uint8_t instance() const { return config_.instance; }
  Order& row(std::uint16_t slot) { return rows_[slot]; }
  const Order& row(std::uint16_t slot) const { return rows_[slot]; }
  std::span<const Order> rows() const { return rows_; }

 private:
  // What one row adds to the sums.
  struct Share {
    Lots exposure{};
    Payment payment{};
    Ticks price{};
    Nanos deadline{kNever};
    bool live{}, unknown{}, pending{};
  };
  struct SideSums {
    Payment payment{};
    Lots exposure{};
    std::uint16_t live{};
  };
  struct InstrumentSums {
    SideSums sides[2];
    std::uint16_t unknown{}, pending{};
  };

  bool may_enter(const Order& row, OrderState to);
  static Share share(const Order& row);
  void account(Order& row, const Share& before, const Share& after);
  void insert_live(const Order& row);
  void erase_live(const Order& row);
  void append_ended(std::uint16_t slot);
  void unlink_ended(std::uint16_t slot);
  bool has_room(InstrumentId instrument, Side side) const;
  Order& open_row(InstrumentId instrument, Side side, Ticks price, Lots lots, Nanos now,
                  ClientOrderId adopted);
  std::uint16_t* side_slots(InstrumentId instrument, Side side);
  const std::uint16_t* side_slots(InstrumentId instrument, Side side) const;
  const SideSums& sums(InstrumentId instrument, Side side) const;

  OrderTableConfig config_;
  std::vector<Order> rows_;
  DeadlineHeap deadlines_;  // by slot
  std::vector<std::uint32_t> generations_;
  std::vector<std::uint16_t> free_;
  std::vector<std::uint16_t> adopted_;  // slots of orders whose id does not tell their slot
  std::vector<std::uint16_t> live_;     // per_side_max slots for each instrument and side
  std::vector<InstrumentSums> sums_;
  // Terminal rows, oldest first: a list through slots, its ends at index capacity.
  struct Link {
    std::uint16_t previous, next;
  };
  std::vector<Link> ended_;
  std::size_t live_count_ = 0, unknown_count_ = 0, used_count_ = 0;
  std::uint64_t illegal_transitions_ = 0;
};

[[gnu::always_inline]] inline OrderTable::Share OrderTable::share(const Order& row) {
  Share s;
  s.deadline = row.deadline;
  if (!may_be_live(row.state)) return s;
  s.live = true;
  s.price = row.price;
  s.exposure = row.exposure();
  s.payment = row.payment();
  s.unknown = row.state == OrderState::kUnknown;
  s.pending = row.state == OrderState::kPendingModify;
  return s;
}

[[gnu::always_inline]] inline void OrderTable::account(Order& row, const Share& before,
                                                       const Share& after) {
  InstrumentSums& all = sums_[row.instrument];
  SideSums& side = all.sides[index(row.side)];
  side.exposure += after.exposure - before.exposure;
  side.payment += after.payment;
  side.payment -= before.payment;
  const auto count = [](auto& counter, bool was, bool is) {
    if (was && !is) --counter;
    if (is && !was) ++counter;
  };
  count(all.unknown, before.unknown, after.unknown);
  count(unknown_count_, before.unknown, after.unknown);
  count(all.pending, before.pending, after.pending);
  count(live_count_, before.live, after.live);
  if (before.live != after.live || before.price != after.price) {
    if (before.live) erase_live(row);
    if (after.live) insert_live(row);
  }
  deadlines_.set(row.slot, after.deadline);
}

}  // namespace mm
