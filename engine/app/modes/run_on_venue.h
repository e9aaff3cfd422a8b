// Paper and live: what has to be in order before a real venue is traded on, then the run.
//
// Main thread. Everything that `check --mode` finds wrong refuses the start; live also takes the
// account's lock, so that one engine trades a key and instance, and the next epoch of client ids.
#pragma once

#include "engine/app/modes/modes.h"

namespace mm::app {

int run_on_venue(const RunOptions& options, const Config& config);

}  // namespace mm::app
