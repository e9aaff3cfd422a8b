// What differs between two configurations, and what of it an engine takes over while it runs.
#include "engine/app/config/config_change.h"

#include <gmock/gmock.h>

#include "engine/app/config/config_schema.h"

namespace mm::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Config config(const std::string& text, std::vector<std::string> sets = {}) {
  ConfigLoad load = parse_config(text, "test", sets);
  EXPECT_EQ(load.error, "");
  return load.config;
}
std::vector<std::string> told(const Config& running, const Config& next) {
  std::vector<std::string> lines;
  for (const ConfigChange& c : config_changes(running, next)) lines.push_back(change_text(c));
  return lines;
}

TEST(ConfigChange, EqualConfigurationsDifferInNothing) {
  const Config c = config("[symbol ETHUSDT]\nmin_spread = 0.003\n");
  EXPECT_THAT(told(c, c), IsEmpty());
  EXPECT_THAT(told(c, config(effective_text(c))), IsEmpty());
}

TEST(ConfigChange, AKeyIsToldWithBothValues) {
  EXPECT_THAT(told(config(""), config("", {"strategy.min_spread=0.003"})),
              ElementsAre("[strategy] min_spread: 0.002 -> 0.003"));
  EXPECT_THAT(told(config(""), config("", {"venue.exchange_info=x.json"})),
              ElementsAre("[venue] exchange_info: (empty) -> x.json: cannot change while the "
                          "engine runs"));
}

TEST(ConfigChange, WhatASymbolHasOfItsOwnIsToldForItAlone) {
  const std::string two = "[venue]\nsymbols = ETHUSDT BTCUSDT\n";
  const std::string own = "[symbol BTCUSDT]\nmin_spread = 0.001\n";
  EXPECT_THAT(told(config(two), config(two + own)),
              ElementsAre("[symbol BTCUSDT] min_spread: 0.002 -> 0.001"));
  EXPECT_THAT(told(config(two + own), config(two + own, {"strategy.min_spread=0.003"})),
              ElementsAre("[strategy] min_spread: 0.002 -> 0.003"))
      << "BTCUSDT keeps its own";
  EXPECT_THAT(told(config(two + own), config(two, {"strategy.min_spread=0.003"})),
              ElementsAre("[strategy] min_spread: 0.002 -> 0.003",
                          "[symbol BTCUSDT] min_spread: 0.001 -> 0.003"));
}

TEST(ConfigChange, ASymbolThatIsNotTradedIsNoMatter) {
  EXPECT_THAT(told(config(""), config("[symbol XRPUSDT]\nmin_spread = 0.001\n")), IsEmpty());
}

// What the core, its tables and the other threads were built with.
TEST(ConfigChange, OnlyParametersOfDecisionsAreLive) {
  std::vector<std::string> live;
  for (const ConfigKey& k : config_keys()) {
    if (k.live) live.push_back(k.section + "." + k.name);
  }
  EXPECT_THAT(live, testing::Contains("strategy.min_spread"));
  EXPECT_THAT(live, testing::Contains("risk.max_daily_loss"));
  EXPECT_THAT(live, testing::Contains("order_management.reset_interval"));
  EXPECT_THAT(live, testing::Contains("execution.modify_rate_limit"));
  for (const char* fixed :
       {"strategy.volatility_window", "risk.price_change_window", "risk.start_position",
        "risk.day_start", "order_management.own_orders_at_start", "execution.modify_worker_count",
        "venue.exclusive_symbol", "venue.symbols", "engine.topology", "engine.command_age_ms_max",
        "fees.maker", "instrument.tick", "session.dir", "journal.ring_slots"}) {
    EXPECT_THAT(live, testing::Not(testing::Contains(fixed)));
  }
  EXPECT_EQ(live.size(), 37u);
}

TEST(ConfigChange, TravelsAsLinesAndBack) {
  const std::vector<ConfigChange> changes{{"strategy", "min_spread", "0.002", "0.003"},
                                          {"venue", "ca_file", "", "a b.pem", "not now"}};
  EXPECT_EQ(read_changes(write_changes(changes)), changes);
  EXPECT_EQ(read_changes("\n" + write_changes(changes) + "something else\n"), changes);
  EXPECT_THAT(read_changes(""), IsEmpty());
  EXPECT_FALSE(all_live(changes));
  EXPECT_EQ(changes_text(changes),
            "[strategy] min_spread: 0.002 -> 0.003; [venue] ca_file: (empty) -> a b.pem");
}

}  // namespace
}  // namespace mm::app
