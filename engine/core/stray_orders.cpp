#include "engine/core/stray_orders.h"

#include <algorithm>

namespace mm {

bool StrayOrders::add(const StrayOrder& stray) {
  if (orders_.size() == orders_.capacity()) return false;
  orders_.push_back(stray);
  return true;
}

StrayOrder* StrayOrders::find(ClientOrderId id) {
  const auto found = std::ranges::find(orders_, id, &StrayOrder::id);
  return found == orders_.end() ? nullptr : &*found;
}

void StrayOrders::erase(StrayOrder& stray) {
  stray = orders_.back();
  orders_.pop_back();
}

bool StrayOrders::has(InstrumentId instrument) const {
  return std::ranges::find(orders_, instrument, &StrayOrder::instrument) != orders_.end();
}

Nanos StrayOrders::next_deadline() const {
  Nanos next = kNever;
  for (const StrayOrder& stray : orders_) next = std::min(next, stray.deadline);
  return next;
}

}  // namespace mm
