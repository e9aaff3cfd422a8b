#include "engine/app/venue/venue_fit.h"

#include <fmt/format.h>

#include "engine/app/config/config_schema.h"
#include "engine/core/decimal_text.h"

namespace mm::app {
namespace {

// "ETHUSDT: [strategy] order_size = 0.5", of the symbol's own section where it says otherwise.
std::string setting(const Config& config, const Instrument& venue, const char* section,
                    const char* name) {
  const ConfigKey& key = *find_key(section, name);
  Config all = config;
  SymbolConfig symbol = config.symbol(venue.symbol());
  const std::string value = key.write({all, symbol});
  const bool own = value != key.write({all, all.common});
  return fmt::format("{}: [{}] {} = {}", venue.symbol(),
                     own ? "symbol " + symbol.name : std::string(section), name, value);
}

template <class Unit>
bool is_multiple(Unit ours, Unit venues) {
  return venues.v > 0 && ours.v % venues.v == 0;
}

// Empty, or what LOT_SIZE has against it.
std::string lot_problem(const Instrument& venue, Lots lots) {
  if (lots < venue.lots_min) {
    return fmt::format("LOT_SIZE takes {} {} at least",
                       decimal_text(base_amount(venue, venue.lots_min)).view(), venue.base());
  }
  if (lots > venue.lots_max) {
    return fmt::format("LOT_SIZE takes {} {} at most",
                       decimal_text(base_amount(venue, venue.lots_max)).view(), venue.base());
  }
  return {};
}

std::string worth_problem(const Instrument& venue, Money worth) {
  if (worth < venue.notional_min) {
    return fmt::format("NOTIONAL takes {} {} at least", decimal_text(venue.notional_min).view(),
                       venue.quote());
  }
  if (venue.notional_max.v > 0 && worth > venue.notional_max) {
    return fmt::format("NOTIONAL takes {} {} at most", decimal_text(venue.notional_max).view(),
                       venue.quote());
  }
  return {};
}

}  // namespace

std::string size_problem(const Config& config, const Instrument& venue,
                         std::optional<Ticks> price) {
  const StrategyParams strategy = config.symbol(venue.symbol()).strategy;
  const Amount size = strategy.order_size;
  if (size.v == 0 && !price) return worth_problem(venue, strategy.order_notional);
  if (size.v % venue.lot.v != 0) {
    return fmt::format("LOT_SIZE takes steps of {} {}", decimal_text(venue.lot).view(),
                       venue.base());
  }
  const Lots lots =
      size.v > 0 ? Lots(size.v / venue.lot.v) : lots_worth(venue, *price, strategy.order_notional);
  std::string problem = lot_problem(venue, lots);
  if (!price) return problem;
  const Money worth = notional(venue, *price, lots);
  if (problem.empty()) problem = worth_problem(venue, worth);
  if (problem.empty()) return {};
  return fmt::format("{} {} at {} are worth {} {}: {}",
                     decimal_text(base_amount(venue, lots)).view(), venue.base(),
                     decimal_text(Amount(price->v * venue.tick.v)).view(),
                     decimal_text(worth).view(), venue.quote(), problem);
}

void judge_units(const Config& config, const Instrument& venue, Findings& findings) {
  const InstrumentConfig ours = config.symbol(venue.symbol()).instrument;
  const auto judge = [&](const char* name, auto own, auto venues, bool steps) {
    if (own.v == 0 || own == venues) return;
    findings.fail(
        "units",
        fmt::format(
            "{}: the venue's is {}{}", setting(config, venue, "instrument", name),
            decimal_text(venues).view(),
            steps && is_multiple(own, venues) ? ", and a multiple of it is not the venue's" : ""));
  };
  judge("tick", ours.tick, venue.tick, true);
  judge("lot", ours.lot, venue.lot, true);
  judge("min_notional", ours.min_notional, venue.notional_min, false);
}

void judge_sizes(const Config& config, const Instrument& venue, std::optional<Ticks> price,
                 Findings& findings) {
  const std::string problem = size_problem(config, venue, price);
  if (problem.empty()) return;
  const bool sized = config.symbol(venue.symbol()).strategy.order_size.v > 0;
  const char* const name = sized ? "order_size" : "order_notional";
  findings.fail("size", fmt::format("{}: {}", setting(config, venue, "strategy", name), problem));
}

}  // namespace mm::app
