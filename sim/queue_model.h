// How much of a cancel at our price stood before us: the guess a market-by-price book leaves open.
//
// Pure functions, any thread; nothing for the risk-averse model, about 200 ns for the power model.
#pragma once

#include "sim/sim_config.h"

namespace mm::sim {

// The part of `cancelled` taken off the `ahead` lots before us, with `behind` lots after us;
// rounded down (against us), at most `ahead`.
Lots cancelled_ahead(QueueModel model, std::int32_t exponent_milli, Lots cancelled, Lots ahead,
                     Lots behind);

}  // namespace mm::sim
