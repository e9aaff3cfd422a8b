// How much stands before our resting orders at their prices, at most: an estimate from the book.
//
// On the strategy's thread, fed by whoever publishes, a few nanoseconds an order; allocates in the
// constructor only. When an order is first seen to rest, all others at its price are before it.
// From then on whatever shrinks the level shrinks what is ahead, and what joins is behind: never
// less than the truth, since a cancel may as well have been behind us.
#pragma once

#include <algorithm>
#include <vector>

#include "engine/core/order.h"

namespace mm::counters {

class QueueEstimate {
 public:
  explicit QueueEstimate(std::size_t order_slots) : places_(order_slots) {}

  // `others`: all that the book shows at the order's price but the order itself.
  Lots ahead(const Order& order, Lots others) {
    Place& place = places_[order.slot];
    // Another price, another order or more of it: the end of the queue.
    const bool stays =
        place.id == order.id && place.price == order.price && order.lots <= place.lots;
    place = {order.id, order.price, order.lots, stays ? std::min(place.ahead, others) : others};
    return place.ahead;
  }

 private:
  struct Place {
    ClientOrderId id{};
    Ticks price{};
    Lots lots{}, ahead{};
  };
  std::vector<Place> places_;  // by slot
};

}  // namespace mm::counters
