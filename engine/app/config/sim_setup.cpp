#include "engine/app/config/sim_setup.h"

namespace mm::app {

std::unique_ptr<sim::SimVenue> make_observing_venue(const Config& config,
                                                    std::span<const Instrument> instruments) {
  sim::SimulatorConfig simulator = config.simulator;
  if (config.fees.price_bnb.v > 0) simulator.fee_asset_price = config.fees.price_bnb;
  return std::make_unique<sim::SimVenue>(simulator, instruments, config.scenario.seed);
}

std::unique_ptr<sim::SimVenue> make_sim_venue(const Config& config,
                                              std::span<const Instrument> instruments) {
  auto venue = make_observing_venue(config, instruments);
  for (std::size_t i = 0; i < instruments.size(); ++i) {
    venue->attach(static_cast<InstrumentId>(i), config.symbol(instruments[i].symbol()).market);
  }
  return venue;
}

std::int64_t venue_differences(const Core& core, const sim::SimVenue& venue) {
  std::int64_t differences = 0;
  for (std::size_t i = 0; i < core.instrument_count(); ++i) {
    const auto id = static_cast<InstrumentId>(i);
    const Position& ours = core.instrument(id).position;
    // The venue's wallet starts at zero position; ours at the configured opening.
    if (ours.base() - ours.opening() != venue.position(id)) ++differences;
  }
  return differences;
}

}  // namespace mm::app
