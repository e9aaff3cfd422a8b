// Which level of the ladder each order of a side serves now: what is told of levels anywhere.
//
// Any thread that may read the core; O(orders + levels), no allocation. Orders and levels stand in
// the order of their prices; each order has the nearest level that leaves one for every order
// behind it. What leaves serves none, unless nothing is wanted. The planner pairs by cost instead;
// the level that an order was sent for is the row's own.
#pragma once

#include <array>

#include "engine/core/instrument_state.h"
#include "engine/core/order_table.h"

namespace mm {

class LevelMatch {
 public:
  // `also`: an order that serves its level in any case, live or just filled.
  void match(const OrderTable& table, const InstrumentState& s, Side side,
             const Order* also = nullptr);

  // Rows of a side: as many as are wanted, or are meant to be.
  std::size_t levels() const { return levels_; }
  const Order* order_of(std::size_t level) const { return order_of_[level]; }
  int level_of(const Order& order) const;  // -1: none

 private:
  void gather(const OrderTable& table, const LadderSide& ladder, InstrumentId id, Side side,
              const Order* also);

  std::size_t levels_ = 0, count_ = 0;
  std::array<const Order*, kMaxLevelsPerSide> candidates_{}, order_of_{};
};

// Of an order that is live, or was until the event just consumed.
int level_served(const OrderTable& table, const InstrumentState& s, const Order& order);

}  // namespace mm
