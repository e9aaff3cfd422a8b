// The edge of a simulation in real time: a generated market and its venue as one more agent, joined
// to the gateway by rings in place of a socket.
//
// See venue_edge.h for threads; allocates at construction only.
#pragma once

#include "engine/app/edges/venue_edge.h"
#include "sim/faults/fault_plan.h"

namespace mm::app {

std::unique_ptr<VenueEdge> make_sim_edge(const EdgeContext& context);
// The same, with faults on the way; its run must resynchronise.
std::unique_ptr<VenueEdge> make_faulty_edge(const EdgeContext& context, const sim::FaultPlan& plan);

}  // namespace mm::app
