// From config and instruments to the core: the one place where both meet.
//
// Cold, any thread. Run, backtest, paper and replay all build their core here, so that equal
// config text and instrument lines always give equal cores.
#pragma once

#include <span>
#include <vector>

#include "engine/app/config/config.h"
#include "engine/core/core.h"
#include "engine/journal/session_opening.h"

namespace mm::app {

CoreConfig make_core_config(const Config& config, std::span<const Instrument> instruments,
                            const SessionOpening& opening = {});

// The instruments of [venue] symbols as the simulator trades them.
std::vector<Instrument> simulated_instruments(const Config& config);

}  // namespace mm::app
