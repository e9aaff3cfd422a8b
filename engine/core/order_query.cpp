#include "engine/core/order_query.h"

namespace mm {

bool matches(const OrderFilter& filter, const Order& order, Nanos now) {
  if ((filter.states & bit(order.state)) == 0) return false;
  if (filter.instrument && *filter.instrument != order.instrument) return false;
  if (filter.side && *filter.side != order.side) return false;
  const Nanos age = now - order.created;
  return age >= filter.age_min && age <= filter.age_max && order.price >= filter.price_min &&
         order.price <= filter.price_max;
}

std::size_t find_orders(const OrderTable& table, const OrderFilter& filter, Nanos now,
                        std::span<std::uint16_t> slots) {
  std::size_t stored = 0;
  return for_each_order(table, filter, now, [&](const Order& order) {
    if (stored < slots.size()) slots[stored++] = order.slot;
  });
}

std::size_t count_orders(const OrderTable& table, const OrderFilter& filter, Nanos now) {
  return for_each_order(table, filter, now, [](const Order&) {});
}

}  // namespace mm
