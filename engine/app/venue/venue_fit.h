// Whether the units and sizes that the configuration has for a symbol are those the venue takes.
//
// Cold, main thread, pure but for what it prints. Each mistake is a line with key, value and what
// the venue has instead.
#pragma once

#include <optional>
#include <string>

#include "engine/app/config/config.h"
#include "engine/app/venue/findings.h"

namespace mm::app {

// tick, lot and min_notional are the venue's or left open. A multiple of the venue's is not its own
// either: book, balances and what others trade with us come in the venue's.
void judge_units(const Config& config, const Instrument& venue, Findings& findings);

// What LOT_SIZE and NOTIONAL have against an order of the first level, empty if nothing; `price` is
// about that of the market, without one its worth is not judged.
std::string size_problem(const Config& config, const Instrument& venue, std::optional<Ticks> price);
void judge_sizes(const Config& config, const Instrument& venue, std::optional<Ticks> price,
                 Findings& findings);

}  // namespace mm::app
