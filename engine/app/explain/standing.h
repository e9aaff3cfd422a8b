// How an instrument stood at an instant: sides, levels wanted, orders that serve them, and why not.
//
// Pure functions over a core at rest; any thread, cold.
#pragma once

#include <optional>
#include <string>

#include "engine/core/core.h"

namespace mm::app {

struct Level {
  Side side{};
  int index = 0;  // 0 is the best
};
// "bid:1" is the best bid; empty for anything else.
std::optional<Level> parse_level(const std::string& text);

// The order that serves the level, as everywhere (LevelMatch); nullptr where none does.
const Order* order_at(const Core& core, const InstrumentState& s, Level level);
// What the level wants, which order serves it or why none does; one line without its end.
std::string level_line(const Core& core, const InstrumentState& s, Level level);
// Everything, or one level of it.
std::string standing_text(const Core& core, const InstrumentState& s, Nanos now,
                          const std::optional<Level>& only);

}  // namespace mm::app
