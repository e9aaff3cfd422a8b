#include "engine/app/config/core_setup.h"

#include <algorithm>

namespace mm::app {
namespace {

// A start goes on from the position and the day of the session before.
void go_on_from(const SymbolOpening& opening, mm::InstrumentConfig& c) {
  c.risk.start_position = opening.position;
  c.carried.profit = money(opening.profit_today);
  if (opening.tick == c.instrument.tick) c.carried.mark = opening.mark;
}

}  // namespace

CoreConfig make_core_config(const Config& config, std::span<const Instrument> instruments,
                            const SessionOpening& opening) {
  CoreConfig core;
  for (const Instrument& instrument : instruments) {
    const SymbolConfig symbol = config.symbol(instrument.symbol());
    core.instruments.push_back(
        {instrument, symbol.strategy, symbol.risk, config.fees.price_bnb, {}});
    const SymbolOpening* const before = opening.find(instrument.symbol());
    if (before != nullptr) go_on_from(*before, core.instruments.back());
  }
  core.account = config.common.risk;
  core.orders = config.order_management;
  core.orders.recv_window = config.venue.recv_window;
  core.orders.command_age_max = config.engine.command_age_max;
  core.measures = config.measures;
  core.instance = static_cast<std::uint8_t>(config.engine.instance);
  core.epoch = static_cast<std::uint16_t>(std::max(config.engine.epoch, 1));
  core.id_nonce = static_cast<std::uint32_t>(config.engine.id_nonce);
  core.unknown_headroom = static_cast<std::uint16_t>(config.engine.order_table_headroom);
  return core;
}

std::vector<Instrument> simulated_instruments(const Config& config) {
  std::vector<Instrument> instruments;
  for (const std::string& name : config.venue.symbols) {
    Instrument instrument = make_instrument(config, name);
    use_simulator_units(instrument);
    instrument.own_wallet = true;
    instruments.push_back(instrument);
  }
  return instruments;
}

}  // namespace mm::app
