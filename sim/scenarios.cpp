// The named generated markets.
#include <array>

#include "sim/sim_config.h"

namespace mm::sim {
namespace {

constexpr std::array<std::string_view, 6> kNames{"calm",     "lively", "trending",
                                                 "volatile", "jumpy",  "quiet"};

}  // namespace

std::span<const std::string_view> scenario_names() {
  return kNames;
}

MarketConfig scenario(std::string_view name, bool& known) {
  MarketConfig market;  // lively
  known = true;
  if (name == "calm") {
    market.swing_min = Ratio(500'000);
    market.swing_max = Ratio(1'000'000);
    market.swing_time_min = Nanos(8 * kSecond.v);
    market.swing_time_max = Nanos(20 * kSecond.v);
    market.volatility = Ratio(20'000);
    market.jumps_per_hour = 2;
  } else if (name == "trending") {
    market.swing_min = Ratio(1'000'000);
    market.swing_max = Ratio(2'500'000);
    market.trend = Ratio(6'000'000);
  } else if (name == "volatile") {
    market.swing_min = Ratio(4'000'000);
    market.swing_max = Ratio(15'000'000);
    market.volatility = Ratio(600'000);
    market.trades_per_s = 60;
  } else if (name == "jumpy") {
    market.swing_min = Ratio(1'000'000);
    market.swing_max = Ratio(2'000'000);
    market.jump_size = Ratio(6'000'000);
    market.jumps_per_hour = 600;
  } else if (name == "quiet") {
    market.swing_min = Ratio(200'000);
    market.swing_max = Ratio(600'000);
    market.swing_time_min = Nanos(10 * kSecond.v);
    market.swing_time_max = Nanos(60 * kSecond.v);
    market.volatility = Ratio(10'000);
    market.jumps_per_hour = 0;
    market.quiet_percent = 60;
    market.trades_per_s = 4;
    market.orders_per_s = 60;
  } else {
    known = name == "lively";
  }
  return market;
}

}  // namespace mm::sim
