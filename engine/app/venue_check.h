// Pre-flight of a real venue: is it there, is our clock right, do symbols, key, balances and limits
// allow what the configuration wants?
//
// Cold, main thread; a handful of REST requests, each with a deadline.
#pragma once

#include "engine/app/config.h"
#include "engine/app/findings.h"
#include "engine/app/modes.h"

namespace mm::app {

// For kPaper what market data need, for kLive the account too.
void check_venue(const Config& config, VenueMode mode, Findings& findings);

}  // namespace mm::app
