// How an instrument stood at an instant: sides, levels wanted, orders that serve them, and why not.
//
// Pure functions over a core at rest; any thread, cold.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/core/core.h"

namespace mm::app {

struct Level {
  Side side{};
  int index = 0;  // 0 is the best
};
// "bid:1" is the best bid; empty for anything else.
std::optional<Level> parse_level(const std::string& text);

// The live order that serves each level wanted, nullptr where none does: as many as can be, in
// price order, and of these the nearest, as the planner pairs them.
std::vector<const Order*> serving_orders(const Core& core, const InstrumentState& s, Side side);
const Order* order_at(const Core& core, const InstrumentState& s, Level level);
// What the level wants, which order serves it or why none does; one line without its end.
std::string level_line(const Core& core, const InstrumentState& s, Level level);
// Everything, or one level of it.
std::string standing_text(const Core& core, const InstrumentState& s, Nanos now,
                          const std::optional<Level>& only);

}  // namespace mm::app
