// From the core at rest to the summary of its session.
//
// Cold, any thread, once the driver has stopped.
#pragma once

#include "engine/app/config/config.h"
#include "engine/core/core.h"
#include "engine/ledger/summary.h"
#include "engine/runtime/event_counter.h"
#include "engine/runtime/histogram.h"

namespace mm::app {

// Orders, fills, position, profit, uptime, requests, invariants, of the whole and by instrument.
void summarize(const Core& core, Summary& out);
void summarize(const EventCounts& events, Summary& out);
// The simulator's assumptions that the fills rest on.
void summarize(const Config& config, Summary& out);
LatencySummary summarize(std::string stage, const Histogram& histogram);

}  // namespace mm::app
