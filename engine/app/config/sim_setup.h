// The simulated venue as the config asks for it.
//
// Cold, main thread.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "engine/app/config/config.h"
#include "engine/core/core.h"
#include "sim/venue.h"

namespace mm::app {

// With a generated market on every instrument.
std::unique_ptr<sim::SimVenue> make_sim_venue(const Config& config,
                                              std::span<const Instrument> instruments);
// Without: its market comes from captures or a live feed.
std::unique_ptr<sim::SimVenue> make_observing_venue(const Config& config,
                                                    std::span<const Instrument> instruments);

// Instruments whose position or fees differ between core and venue: none, or something was lost.
std::int64_t venue_differences(const Core& core, const sim::SimVenue& venue);

}  // namespace mm::app
