// The edge of a simulation in real time: a generated market and its venue as one more agent, joined
// to the gateway by rings in place of a socket.
//
// See venue_edge.h for threads; allocates at construction only.
#pragma once

#include "engine/app/venue_edge.h"

namespace mm::app {

std::unique_ptr<VenueEdge> make_sim_edge(const EdgeContext& context);

}  // namespace mm::app
