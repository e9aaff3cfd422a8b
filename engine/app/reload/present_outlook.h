// What a reload would do to a running engine whose journal's beginning was deleted for space.
//
// Cold, in the process that asks. A core with the new parameters is told market, position and
// orders as the engine's counters file has them. It knows nothing of before: no volatility and no
// balances, and of requests in time it can say nothing.
#pragma once

#include "engine/app/reload/outlook.h"
#include "engine/journal/journal_format.h"
#include "engine/monitor/engine_view.h"

namespace mm::app {

// `header` is of any segment of the session; `next` is valid, and live in all that it changes.
Outlook look_at_present(const JournalHeader& header, const monitor::EngineView& view,
                        const Config& running, const Config& next);

}  // namespace mm::app
