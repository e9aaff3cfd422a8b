// The edge of paper trading: a live venue's market data; orders go to the simulated venue, which
// watches the same data.
//
// See venue_edge.h for threads. The feed's own thread runs both: what it receives passes through
// the simulated venue on its way to the core, so that a trade fills our order before the core sees
// it.
#pragma once

#include "engine/app/edges/venue_edge.h"

namespace mm::app {

std::unique_ptr<VenueEdge> make_paper_edge(const EdgeContext& context);

}  // namespace mm::app
