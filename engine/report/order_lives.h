// What became of our orders of one instrument: how long they rested, how much queue stood before
// them, which were filled.
//
// One thread, cold; a table of the orders that rest, and a few numbers kept of each that is over. A
// life begins when the venue has confirmed an order, an amend that loses its place in the queue
// begins another. The queue is what the book showed at the price when the confirmation came: what
// joined at that very moment, and what is hidden, is not in it.
#pragma once

#include <map>
#include <unordered_map>
#include <utility>

#include "engine/core/core.h"
#include "engine/report/distribution.h"

namespace mm {

// The row of an order, also when it is over; null once the table has let it go.
const Order* find_order(const OrderTable& table, ClientOrderId id);

// Of one side and level: that which an order served when it joined.
struct OrderLives {
  std::int64_t joined = 0, filled = 0, filled_in_part = 0, amended = 0, cancelled = 0;
  Nanos rested{};             // all together
  Distribution fill_wait;     // ns from joining to the first fill
  Distribution ahead;         // lots before it when it joined, of all
  Distribution ahead_filled;  // of those that were filled, wholly or in part
};

class OrderLifeLog {
 public:
  // Of this instrument, after the core; a fill only if the core counted it.
  void on_execution(const Core& core, const InstrumentState& s, const Event& event);
  // What rests at the session's end is over.
  void finish(const Core& core);
  // By side and level; -1: never served one.
  using Key = std::pair<Side, int>;
  std::map<Key, OrderLives>& by_level() { return by_level_; }

 private:
  enum class End : std::uint8_t { kFilled, kAmended, kCancelled };
  struct Life {
    Key key{};
    Nanos joined{};
    Ticks price{};
    std::int64_t ahead = 0;
    bool any_fill = false;
  };

  void join(const OrderTable& table, const InstrumentState& s, const Order& order, Nanos now);
  void end(ClientOrderId id, End how, Nanos now);
  void settle(const OrderTable& table, ClientOrderId id, Nanos now);
  void on_fill(const Core& core, const InstrumentState& s, ClientOrderId id, Nanos now);
  void on_report(const Core& core, const InstrumentState& s, const Event& event);

  std::unordered_map<ClientOrderId, Life> resting_;
  std::map<Key, OrderLives> by_level_;
};

}  // namespace mm
