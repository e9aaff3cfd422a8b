// Why the core sent one command: what it decided from, and which rule led to it, in words.
//
// Pure functions over a core that has just consumed the event which led to the command; any
// thread, cold. What is shown is the core's own: nothing is computed a second way.
#pragma once

#include <string>
#include <string_view>

#include "engine/core/command.h"
#include "engine/core/core.h"

namespace mm::app {

// The row that has this id, or is to have it; nullptr if there is none any more.
const Order* find_row(const Core& core, ClientOrderId id);

// "bid:2": the second level of the bids. Level -1 is none: "no level".
std::string level_text(Side side, int level);
// "0.0199 at 49897.01"
std::string quote_text(const Instrument& instrument, Ticks price, Lots lots);
// How far from a price an order may stand, as a fraction of fair value.
Ratio deviation(HalfTicks fair, Ticks a, Ticks b);
// The deviation of an order from the nearest level wanted on its side; 0 without any.
Ratio deviation_from_ladder(const InstrumentState& s, const Order& order);
// What keeps an order where it is although it stands too far off.
std::string_view why_not_moved(const Core& core, const InstrumentState& s, const Order& order);

// "place 0.0199 at 49897.01 for bid:2"
std::string request_text(const Core& core, const Command& command);
// The rule, with its numbers.
std::string rule_text(const Core& core, const Command& command);
// Fair value, touch, position, volatility, skew, budget: one line each, indented.
std::string inputs_text(const Core& core, const InstrumentState& s, Nanos now);

}  // namespace mm::app
