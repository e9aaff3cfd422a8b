// Asking the order table: which orders match a filter.
//
// For the status view, the reset and tests, on the core's thread; O(capacity), no allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>

#include "engine/core/order_table.h"

namespace mm {

using OrderStates = std::uint32_t;  // one bit per OrderState

constexpr OrderStates bit(OrderState s) {
  return OrderStates{1} << static_cast<unsigned>(s);
}
inline constexpr OrderStates kUsedStates =
    ((OrderStates{1} << static_cast<unsigned>(OrderState::kCount)) - 1) & ~bit(OrderState::kFree);
inline constexpr OrderStates kLiveStates = (bit(OrderState::kFilled) - 1) & ~bit(OrderState::kFree);
inline constexpr OrderStates kTerminalStates = kUsedStates & ~kLiveStates;
inline constexpr OrderStates kRestingStates =
    bit(OrderState::kActive) | bit(OrderState::kPartiallyFilled);

// Every given condition must hold; ranges include their ends.
struct OrderFilter {
  std::optional<InstrumentId> instrument{};
  std::optional<Side> side{};
  OrderStates states = kUsedStates;
  Nanos age_min{0}, age_max{Nanos::max()};  // since the first request
  Ticks price_min{Ticks::min()}, price_max{Ticks::max()};
};

bool matches(const OrderFilter& filter, const Order& order, Nanos now);

// Calls `visit(order)` for each match in slot order; returns how many there were.
template <class Visit>
std::size_t for_each_order(const OrderTable& table, const OrderFilter& filter, Nanos now,
                           Visit&& visit) {
  std::size_t count = 0;
  for (const Order& order : table.rows()) {
    if (!matches(filter, order, now)) continue;
    visit(order);
    ++count;
  }
  return count;
}

// Fills `slots` with the first matches; returns how many orders match, also those without room.
std::size_t find_orders(const OrderTable& table, const OrderFilter& filter, Nanos now,
                        std::span<std::uint16_t> slots);
std::size_t count_orders(const OrderTable& table, const OrderFilter& filter, Nanos now);

}  // namespace mm
