// What a core does with the orders it has, when whatever it asks for happens at once.
//
// Cold, one thread. What it starts from and what it ends with is put down for each instrument: the
// core is the caller's, and so is how it hears of events.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "engine/app/reload/outlook.h"
#include "engine/core/core.h"

namespace mm::app {

// Tells the core; returns what it asks for.
using TellCore = std::function<std::span<const Command>(const Event&)>;

// With as many requests as it takes: what the budget spreads over time is said beside it.
Config unbounded(Config config);
// The position when a whole side is filled.
Exposure exposure_of(const PositionLimit& limit, const Instrument& instrument, HalfTicks fair,
                     Amount position, Lots buys, Lots sells);
InstrumentOutlook as_it_stands(const Core& core, InstrumentId id);
// Decides until nothing follows any more, and fills in what has become of each.
void rearrange(const Core& core, const TellCore& tell, std::vector<InstrumentOutlook>& out);

}  // namespace mm::app
