// The configuration: what is read, what is refused and with which words, and that nothing is lost
// on the way to the effective text and back.
#include "engine/app/config/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <fstream>
#include <set>
#include <sstream>

#include "engine/app/config/config_codec.h"
#include "engine/app/config/config_schema.h"
#include "engine/app/config/core_setup.h"
#include "engine/app/config/decimal.h"

namespace mm::app {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

ConfigLoad parse(std::string_view text, std::vector<std::string> sets = {}) {
  return parse_config(text, "test.ini", sets);
}
std::string error_of(std::string_view text, std::vector<std::string> sets = {}) {
  return parse(text, std::move(sets)).error;
}
std::string symbol_value(const Config& config, std::string_view symbol, std::string_view key) {
  Config copy = config;
  SymbolConfig values = config.symbol(symbol);
  return find_symbol_key(key)->write({copy, values});
}

TEST(CoreSetup, TheCoreIsToldHowLongARequestMayTake) {
  const ConfigLoad load =
      parse("[venue]\nrecv_window_ms=60000\n[engine]\ncommand_age_ms_max=700\n");
  ASSERT_EQ(load.error, "");
  const CoreConfig core = make_core_config(load.config, {});
  EXPECT_EQ(core.orders.recv_window, kSecond * 60);
  EXPECT_EQ(core.orders.command_age_max, kMillisecond * 700);
}

TEST(Decimal, ReadsExactly) {
  EXPECT_EQ(parse_decimal("0.002", 9), Int128{2'000'000});
  EXPECT_EQ(parse_decimal("-12.5", 8), Int128{-1'250'000'000});
  EXPECT_EQ(parse_decimal("0.000000001", 9), Int128{1});
  EXPECT_EQ(parse_decimal("000", 0), Int128{0});
  EXPECT_EQ(parse_decimal("1000000000", 18), Int128{1'000'000'000} * kMoneyScale);
}

TEST(Decimal, RefusesWhatIsNoNumberOrDoesNotFit) {
  for (const char* text : {"", "-", ".", "1.", ".5", "+1", "1e3", "0x1", " 1", "1 ", "1,0", "1.2.3",
                           "--1", "nan", "0.0000000001", "99999999999999999999999999999999"}) {
    EXPECT_FALSE(parse_decimal(text, 9)) << text;
  }
}

RC_GTEST_PROP(Decimal, ReadsBackWhatItWrites, (std::int64_t value)) {
  const int digits = *rc::gen::inRange(0, 19);
  RC_ASSERT(parse_decimal(DecimalText(value, digits).view(), digits) == Int128{value});
}

TEST(Config, AnEmptyFileGivesTheDefaultsOfTheSemantics) {
  const ConfigLoad load = parse("");
  ASSERT_TRUE(load.ok()) << load.error;
  EXPECT_THAT(load.warnings, IsEmpty());
  const std::vector<std::array<const char*, 3>> defaults{
      {"strategy", "min_spread", "0.002"},
      {"strategy", "max_spread", "0.004"},
      {"strategy", "target_orders_per_side", "3"},
      {"strategy", "order_notional", "1000"},
      {"strategy", "order_size", "0"},
      {"strategy", "volatility_window", "100"},
      {"strategy", "fair_value", "mid"},
      {"strategy", "join_best", "no"},
      {"strategy", "max_market_spread", "0.02"},
      {"strategy", "warmup_s", "5"},
      {"strategy", "fill_pause_ms", "0"},
      {"strategy", "min_spread_tolerance", "1"},
      {"strategy", "max_modify_deviation", "0.01"},
      {"strategy", "modify_threshold", "0.003"},
      {"strategy", "refill_below", "0.5"},
      {"risk", "max_position", "0"},
      {"risk", "max_position_notional", "10000"},
      {"risk", "max_order_count", "100"},
      {"risk", "max_order_notional", "5000"},
      {"risk", "price_collar", "0.05"},
      {"risk", "max_daily_loss", "1000"},
      {"risk", "max_price_change", "0.02"},
      {"risk", "price_change_window", "60"},
      {"risk", "risk_cooldown", "60"},
      {"risk", "max_data_age_ms", "3000"},
      {"risk", "start_position", "0"},
      {"risk", "day_start", "00:00"},
      {"order_management", "reset_interval", "300"},
      {"order_management", "max_pending_modifications", "10"},
      {"order_management", "modification_timeout", "2"},
      {"order_management", "cleanup_interval", "7200"},
      {"execution", "modify_worker_count", "2"},
      {"execution", "modify_rate_limit", "5"},
      {"execution", "reconnect_first_ms", "250"},
      {"execution", "reconnect_longest_s", "30"},
      {"execution", "sweep_interval_s", "60"},
      {"execution", "silence_s", "5"},
      {"guard", "timeout_ms", "1000"},
      {"guard", "interval_ms", "100"},
      {"monitor", "listen", "127.0.0.1:8080"},
      {"monitor", "token_file", ""},
      {"venue", "exclusive_symbol", "no"},
      {"fees", "maker", "0.001"},
      {"fees", "taker", "0.001"},
      {"fees", "asset", "quote"},
      {"simulator", "queue_model", "risk_averse"},
      {"simulator", "feed_latency_us", "5000"},
      {"simulator", "order_latency_us", "5000"},
      {"simulator", "response_latency_us", "5000"},
      {"measures", "significant_trade_threshold", "0.01"},
      {"measures", "trade_print_interval", "5"},
  };
  for (const auto& [section, key, value] : defaults) {
    EXPECT_EQ(config_value(load.config, section, key), value) << section << "." << key;
  }
}

TEST(Config, TheShippedFileIsTheTableOfKeys) {
  std::ifstream file(std::string(MM_SOURCE_DIR) + "/config.ini");
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_EQ(text.str(), default_config_text())
      << "write it anew: build/release/mm_logic check --keys > config.ini";
  const ConfigLoad load = parse(text.str());
  ASSERT_TRUE(load.ok()) << load.error;
  EXPECT_THAT(load.warnings, IsEmpty());
  const auto shown = std::ranges::count(config_keys(), true, &ConfigKey::from_scenario);
  EXPECT_THAT(load.origins, SizeIs(config_keys().size() - static_cast<std::size_t>(shown)));
  EXPECT_EQ(effective_text(load.config), effective_text(Config{}));
}

TEST(Config, EveryShippedProfileIsValid) {
  const ConfigLoad load = load_config(std::string(MM_SOURCE_DIR) + "/scripts/profiles/tight.ini");
  ASSERT_TRUE(load.ok()) << load.error;
  EXPECT_EQ(load.config.common.strategy.min_spread, Ratio(100'000));
  EXPECT_EQ(load.config.common.strategy.max_spread, Ratio(400'000));
  EXPECT_EQ(load.config.common.strategy.modify_threshold, Ratio(100'000));
  EXPECT_EQ(load.config.common.strategy.min_spread_tolerance, Ratio(kRatioScale));
}

TEST(Config, KeysAreUniqueWhereTheyAreLookedUp) {
  std::set<std::pair<std::string, std::string>> names;
  std::set<std::string> symbol_names;
  for (const ConfigKey& key : config_keys()) {
    EXPECT_TRUE(names.emplace(key.section, key.name).second) << key.name;
    EXPECT_TRUE(!key.per_symbol || symbol_names.insert(key.name).second) << key.name;
    EXPECT_FALSE(key.help.empty() || key.allowed.empty()) << key.name;
  }
}

TEST(Config, UnitsBecomeIntegersExactly) {
  const Config c = parse(
                       "[strategy]\nwarmup_s = 0.25\norder_notional = 10.000000000000000001\n"
                       "[risk]\nstart_position = -0.00000001\nday_start = 08:30\n"
                       "[simulator]\nqueue_exponent = 2.5\nresponse_latency_us = 0.5\n"
                       "[engine]\ncommand_age_ms_max = 20\ncore_feed = 3\n"
                       "[fees]\nmaker = -0.00005\nasset = BNB\n")
                       .config;
  EXPECT_EQ(c.common.strategy.warmup, Nanos(250'000'000));
  EXPECT_EQ(c.common.strategy.order_notional, Money(10 * kMoneyScale + 1));
  EXPECT_EQ(c.common.risk.start_position, Amount(-1));
  EXPECT_EQ(c.common.risk.day_start, Nanos((8 * 60 + 30) * 60 * kSecond.v));
  EXPECT_EQ(c.simulator.queue_exponent_milli, 2500);
  EXPECT_EQ(c.simulator.response.base, Nanos(500));
  EXPECT_EQ(c.engine.command_age_max, Nanos(20'000'000));
  EXPECT_EQ(c.engine.core_feed, 3);
  EXPECT_EQ(c.fees.rates.maker, Ratio(-50'000));
  EXPECT_EQ(c.fees.rates.asset, Asset::kOther);
}

TEST(Config, StartPositionMayBeTheAccounts) {
  const Config c = parse("[risk]\nstart_position = account\n").config;
  EXPECT_TRUE(c.common.risk.start_position_from_account);
  EXPECT_FALSE(parse("").config.common.risk.start_position_from_account);
}

TEST(Config, ASymbolSectionOverridesWhereverItStands) {
  const ConfigLoad load = parse(
      "[symbol BTCUSDT]\nmin_spread = 0.001\ntick = 0.1\n"
      "[strategy]\nmin_spread = 0.003\nmax_spread = 0.01\n"
      "[venue]\nsymbols = ETHUSDT, BTCUSDT\n");
  ASSERT_TRUE(load.ok()) << load.error;
  const SymbolConfig btc = load.config.symbol("BTCUSDT"), eth = load.config.symbol("ETHUSDT");
  EXPECT_EQ(btc.name, "BTCUSDT");
  EXPECT_EQ(btc.strategy.min_spread, ratio_ppm(1000));
  EXPECT_EQ(btc.strategy.max_spread, ratio_ppm(10'000));
  EXPECT_EQ(btc.instrument.tick, Amount(10'000'000));
  EXPECT_EQ(eth.name, "ETHUSDT");
  EXPECT_EQ(eth.strategy.min_spread, ratio_ppm(3000));
  EXPECT_EQ(eth.instrument.tick, Amount(0));
  EXPECT_THAT(load.warnings, IsEmpty());
}

TEST(Config, ASetWinsOverTheFileAndTheLastSetWins) {
  const ConfigLoad load =
      parse("[strategy]\nmin_spread = 0.003\n[symbol BTCUSDT]\nmin_spread = 0.001\n",
            {"strategy.min_spread=0.0025", "strategy.min_spread = 0.0035",
             "symbol BTCUSDT.min_spread=0.0015"});
  ASSERT_TRUE(load.ok()) << load.error;
  EXPECT_EQ(symbol_value(load.config, "ETHUSDT", "min_spread"), "0.0035");
  EXPECT_EQ(symbol_value(load.config, "BTCUSDT", "min_spread"), "0.0015");
}

TEST(Config, ACommentMayStandBehindAValue) {
  for (const char* line : {"min_spread = 0.003 # wide", "min_spread = 0.003\t#",
                           "min_spread = 0.003 ;x", "# above\nmin_spread = 0.003"}) {
    const ConfigLoad load = parse(std::string("[strategy] # ours\n") + line + "\n");
    ASSERT_EQ(load.error, "") << line;
    EXPECT_EQ(load.config.common.strategy.min_spread, Ratio(3'000'000)) << line;
  }
  EXPECT_EQ(parse("[session]\ndir = a#b\n").config.session.dir, "a#b") << "no blank before it";
  EXPECT_THAT(error_of("", {"session.dir=a #b"}), HasSubstr("without ';' or ' #'"));
}

// A reset every 10 ns would leave no time for anything else.
TEST(ConfigErrors, WhatIsDoneAgainAndAgainIsOffOrTakesATenthOfASecond) {
  for (const char* key :
       {"order_management.reset_interval", "execution.sweep_interval_s", "feed.ping_interval_s"}) {
    const std::string set = key;
    EXPECT_EQ(error_of("", {set + "=0"}), "");
    EXPECT_EQ(error_of("", {set + "=0.1"}), "");
    EXPECT_THAT(error_of("", {set + "=0.00000001"}), HasSubstr("0, or seconds from 0.1 to"));
  }
}

TEST(Config, SymbolsMayRunOverSeveralLines) {
  const ConfigLoad load = parse("[venue]\nsymbols = AUSDT, BUSDT,\n  CUSDT,\n  DUSDT\n");
  ASSERT_TRUE(load.ok()) << load.error;
  EXPECT_THAT(load.config.venue.symbols, testing::ElementsAre("AUSDT", "BUSDT", "CUSDT", "DUSDT"));
}

TEST(ConfigErrors, NameFilePlaceKeyValueAndWhatIsAllowed) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"[strategy]\n\nmin_spread = abc\n",
       "test.ini:3: [strategy] min_spread = abc: must be a fraction from 0 to 1, at most 9 "
       "decimals"},
      {"[strategy]\nmin_spread =\n",
       "test.ini:2: [strategy] min_spread = : must be a fraction from 0 to 1, at most 9 decimals"},
      {"[strategy]\ntarget_orders_per_side = 2.5\n",
       "test.ini:2: [strategy] target_orders_per_side = 2.5: must be a whole number from 1 to 32"},
      {"[strategy]\ntarget_orders_per_side = 0\n",
       "test.ini:2: [strategy] target_orders_per_side = 0: must be a whole number from 1 to 32"},
      {"[strategy]\njoin_best = maybe\n",
       "test.ini:2: [strategy] join_best = maybe: must be yes | no"},
      {"[strategy]\nfair_value = median\n",
       "test.ini:2: [strategy] fair_value = median: must be mid | last | weighted_mid | "
       "micro_price"},
      {"[engine]\ncore_feed = -1\n",
       "test.ini:2: [engine] core_feed = -1: must be auto, or a whole number from 0 to 4095"},
      {"[engine]\nmarket_ring_slots = 1000\n",
       "test.ini:2: [engine] market_ring_slots = 1000: must be a power of two from 64 to 16777216"},
      {"[risk]\nday_start = 8:00\n",
       "test.ini:2: [risk] day_start = 8:00: must be a time of day as HH:MM from 00:00 to 23:59"},
      {"[strategy]\nmin_spred = 0.1\n",
       "test.ini:2: [strategy] min_spred = 0.1: unknown key, did you mean min_spread?"},
      {"[execution]\nqqqqqqqqqq = 1\n",
       "test.ini:2: [execution] qqqqqqqqqq = 1: unknown key; allowed are modify_worker_count, "
       "modify_rate_limit, reconnect_first_ms, reconnect_longest_s, sweep_interval_s, silence_s"},
      {"[execution]\nmin_spread = 1\n",
       "test.ini:2: [execution] min_spread = 1: this key belongs to [strategy]"},
      {"[symbol ETHUSDT]\nseed = 1\n",
       "test.ini:2: [symbol ETHUSDT] seed = 1: holds for all symbols: it belongs to [market]"},
      {"[symbol ETHUSDT]\nday_start = 08:00\n",
       "test.ini:2: [symbol ETHUSDT] day_start = 08:00: holds for all symbols: it belongs to "
       "[risk]"},
      {"[symbol eth]\nmin_spread = 0.001\n",
       "test.ini:2: [symbol eth] min_spread = 0.001: the section is [symbol NAME], NAME being 1 to "
       "23 of A-Z 0-9 _"},
      {"[strategy]\nmin_spread = 0.1\nmin_spread = 0.2\n",
       "test.ini:3: [strategy] min_spread = 0.2: set twice, first at test.ini:2"},
      {"[strategy]\nmin_spread = 0.001\n  max_spread = 0.2\n",
       "test.ini:3: [strategy] max_spread = 0.2: an indented line continues the value of "
       "min_spread: start it in the first column"},
      {"[strategy]\nmin_spread\n",
       "test.ini:2: neither `[section]` nor `key = value` nor a comment"},
      {"[strategy\nmin_spread = 1\n",
       "test.ini:1: neither `[section]` nor `key = value` nor a comment"},
  };
  for (const auto& [text, expected] : cases) EXPECT_EQ(error_of(text), expected) << text;
}

TEST(ConfigErrors, UnknownSectionsNameTheKnownOnes) {
  const std::string error = error_of("[stratgy]\nx = 1\n");
  EXPECT_THAT(error, testing::StartsWith(
                         "test.ini:2: [stratgy] x = 1: unknown section, did you mean [strategy]?"));
  EXPECT_THAT(error, HasSubstr("[risk] [order_management]"));
  EXPECT_THAT(error_of("min_spread = 1\n"), HasSubstr("unknown section"));
  EXPECT_THAT(error_of("[nope]\n"), HasSubstr("test.ini:1: [nope]: unknown section"));
  EXPECT_EQ(error_of("[strategy]\n[symbol ETHUSDT]\n"), "") << "a section may be empty";
}

TEST(ConfigErrors, AStrategyHasToExist) {
  EXPECT_EQ(error_of("[strategy]\nname = passive\n"),
            "test.ini:2: [strategy] name = passive: no such strategy; there are passive_maker, "
            "touch_joiner");
  EXPECT_THAT(error_of("[symbol BTCUSDT]\nname = passive\n"),
              HasSubstr("[symbol BTCUSDT] name = passive: no such strategy"));
  EXPECT_EQ(error_of("[strategy]\nname = touch_joiner\n"), "");
}

TEST(ConfigErrors, ImpossibleCombinationsBlameTheKeyThatWasSet) {
  EXPECT_EQ(error_of("[strategy]\nmin_spread = 0.005\n"),
            "test.ini:2: [strategy] min_spread = 0.005: must be at most max_spread (0.004)");
  EXPECT_EQ(error_of("[strategy]\nmax_spread = 0.001\n"),
            "test.ini:2: [strategy] max_spread = 0.001: must be at least min_spread (0.002)");
  EXPECT_EQ(error_of("[symbol BTCUSDT]\nmin_spread = 0.005\n"),
            "test.ini:2: [symbol BTCUSDT] min_spread = 0.005: must be at most max_spread (0.004)");
  EXPECT_EQ(error_of("", {"risk.max_position_notional=0"}),
            "--set: [risk] max_position_notional = 0: a position limit is required: max_position "
            "or max_position_notional above 0");
  EXPECT_EQ(error_of("[strategy]\norder_notional = 0\n"),
            "test.ini:2: [strategy] order_notional = 0: an order size is required: order_notional "
            "or order_size above 0");
  EXPECT_THAT(error_of("[strategy]\nlevel_size_step = -0.5\n"), HasSubstr("a size above 0"));
  EXPECT_THAT(error_of("[strategy]\nprice_floor = 3\nprice_ceiling = 2\n"),
              HasSubstr("price_floor = 3: must be at most price_ceiling (2)"));
  EXPECT_THAT(error_of("[simulator]\norder_latency_kind = samples\n"),
              HasSubstr("order_latency_samples = : must name a file"));
  EXPECT_THAT(error_of("[engine]\ncommand_ring_slots = 64\n"), HasSubstr("464 at least"));
}

TEST(ConfigErrors, AMarketThatCannotBeGeneratedIsRefused) {
  EXPECT_EQ(error_of("[market]\nswing_min = 0.01\n"),
            "test.ini:2: [market] swing_min = 0.01: must be at most swing_max (0.0054)");
  EXPECT_EQ(error_of("[symbol BTCUSDT]\nswing_max = 0.001\n"),
            "test.ini:2: [symbol BTCUSDT] swing_max = 0.001: must be at least swing_min (0.0042)");
  EXPECT_EQ(error_of("[market]\nswing_time_min_ms = 5000\n"),
            "test.ini:2: [market] swing_time_min_ms = 5000: must be at most swing_time_max_ms "
            "(4000)");
  EXPECT_EQ(error_of("[market]\nstart_price = 0.001\n"),
            "test.ini:2: [market] start_price = 0.001: must be at least one tick (0.01)");
  EXPECT_EQ(error_of("[market]\nstart_price = 0.001\n[instrument]\ntick = 0.001\n"), "");
  EXPECT_EQ(error_of("[instrument]\ntick = 1000000\n"),
            "test.ini:2: [instrument] tick = 1000000: must be at most [market] start_price (3000)");
  EXPECT_EQ(error_of("[symbol BTCUSDT]\ntick = 2\nstart_price = 1\n"),
            "test.ini:2: [symbol BTCUSDT] tick = 2: must be at most start_price (1)");
}

TEST(ConfigErrors, OrdersThatCouldNeverBePlacedAreRefused) {
  EXPECT_EQ(error_of("[risk]\nprice_collar = 0.001\n"),
            "test.ini:2: [risk] price_collar = 0.001: must be at least [strategy] min_spread "
            "(0.002)");
  EXPECT_EQ(error_of("[instrument]\nlot = 0.1\n[strategy]\norder_size = 0.05\n"),
            "test.ini:2: [instrument] lot = 0.1: must be at most [strategy] order_size (0.05)");
  EXPECT_EQ(error_of("[instrument]\nlot = 0.1\n"), "") << "order_size is not in use";
}

TEST(ConfigErrors, ALifeSignIsAskedForBeforeItIsMissed) {
  EXPECT_EQ(error_of("[feed]\nsilence_s = 0.5\n"),
            "test.ini:2: [feed] silence_s = 0.5: must be at least ping_interval_s (1)");
  EXPECT_EQ(error_of("[feed]\nsilence_s = 0.5\nping_interval_s = 0\n"), "") << "off";
}

TEST(ConfigErrors, ABalanceOpensOnePositionOnly) {
  const std::string two = "[venue]\nsymbols = ETHUSDT, BTCUSDT, ETHUSDC\n";
  EXPECT_THAT(error_of(two + "[risk]\nstart_position = account\n"),
              AllOf(HasSubstr("start_position"), HasSubstr("ETHUSDT and ETHUSDC"),
                    HasSubstr("whole balance of ETH")));
  EXPECT_EQ(error_of(two + "[symbol ETHUSDC]\nstart_position = account\n"), "");
  EXPECT_EQ(error_of("[venue]\nsymbols = ETHUSDT, BTCUSDT\n[risk]\nstart_position = account\n"),
            "");
}

TEST(ConfigErrors, APositionLimitOfEitherKindIsEnough) {
  EXPECT_TRUE(parse("[risk]\nmax_position = 1\nmax_position_notional = 0\n").ok());
  EXPECT_TRUE(parse("[risk]\nmax_position = 0\nmax_position_notional = 1\n").ok());
}

TEST(ConfigErrors, ALimitThatEverySymbolSetsNeedNotBeSetForAll) {
  const std::string two =
      "[venue]\nsymbols = ETHUSDT, BTCUSDT\n[risk]\nmax_position_notional = 0\n";
  const std::string eth = "[symbol ETHUSDT]\nmax_position = 3\n";
  const std::string btc = "[symbol BTCUSDT]\nmax_position_notional = 500\n";
  EXPECT_EQ(error_of(two + eth + btc), "");
  EXPECT_EQ(error_of(two + eth),
            "test.ini:4: [risk] max_position_notional = 0: a position limit is required: "
            "max_position or max_position_notional above 0");
  EXPECT_EQ(error_of(two + eth + "[symbol BTCUSDT]\nmin_spread = 0.003\n"),
            "test.ini:4: [symbol BTCUSDT] max_position_notional = 0: a position limit is required: "
            "max_position or max_position_notional above 0")
      << "a section that says nothing of it";
  EXPECT_EQ(error_of("[strategy]\norder_notional = 0\n[symbol ETHUSDT]\norder_size = 1\n"), "");
  const ConfigLoad load = parse(two + eth + btc);
  EXPECT_EQ(validate_symbol(load.config, "BTCUSDT"), "");
  EXPECT_EQ(validate_symbol(load.config, "BNBUSDT"),
            "[risk] max_position_notional = 0, for BNBUSDT: a position limit is required: "
            "max_position or max_position_notional above 0");
}

TEST(ConfigErrors, GarbageIsRefusedNotRead) {
  EXPECT_THAT(error_of(std::string("[strategy]\nname = a\0b\n", 22)), HasSubstr("not a text file"));
  EXPECT_THAT(error_of("[strategy]\n# " + std::string(300, 'x') + "\n"), HasSubstr("too long"));
  EXPECT_THAT(load_config("/nonexistent.ini").error, HasSubstr("/nonexistent.ini: cannot be read"));
  EXPECT_THAT(load_config("/").error, HasSubstr("cannot be read"));
  for (const char* set : {"", "x", "x=1", ".x=1", "strategy.=1", "=", "strategy min_spread=1"}) {
    EXPECT_EQ(error_of("", {set}), std::string("--set ") + set + ": must be section.key=value");
  }
}

TEST(ConfigWarnings, TellWhatIsLegalButQuestionable) {
  const auto warnings_of = [](std::string_view text) { return parse(text).warnings; };
  EXPECT_THAT(warnings_of("[strategy]\nmin_spread = 0.0005\n"),
              testing::ElementsAre("test.ini:2: [strategy] min_spread = 0.0005: below the maker "
                                   "fee: a round trip loses money"));
  EXPECT_THAT(warnings_of("[strategy]\nmin_spread_tolerance = 0.5\n"),
              testing::ElementsAre(HasSubstr("filled only by jumps")));
  EXPECT_THAT(warnings_of("[strategy]\nmodify_threshold = 0.02\n"),
              testing::ElementsAre(HasSubstr("never amended")));
  EXPECT_THAT(warnings_of("[strategy]\norder_notional = 6000\n"),
              testing::ElementsAre(HasSubstr("orders are cut to that")));
  EXPECT_THAT(warnings_of("[instrument]\nmin_notional = 2000\n"),
              testing::ElementsAre(HasSubstr("below [instrument] min_notional")));
  EXPECT_THAT(warnings_of("[strategy]\nmax_spread = 0.06\n"),
              testing::ElementsAre(HasSubstr("price_collar")));
  EXPECT_THAT(warnings_of("[risk]\nmax_order_count = 5\n"),
              testing::ElementsAre(HasSubstr("less than the 6 orders")));
  EXPECT_THAT(warnings_of("[symbol XRPUSDT]\nmin_spread = 0.003\n"),
              testing::ElementsAre(HasSubstr("[symbol XRPUSDT]: not among [venue] symbols")));
}

HostCpus cpus(std::vector<int> ids) {
  HostCpus host;
  host.ids = std::move(ids);
  return host;
}

TEST(ConfigHost, CoresMustExist) {
  const ConfigLoad load = parse("[engine]\ncore_strategy = 2\n");
  EXPECT_EQ(validate_host(load, cpus({0, 1, 2})), "");
  EXPECT_EQ(validate_host(load, cpus({0, 1})),
            "test.ini:2: [engine] core_strategy = 2: no such core for this process; allowed: 0, 1");
}

TEST(ConfigHost, ADedicatedTopologyNeedsItsCores) {
  const ConfigLoad load = parse("", {"engine.topology=dedicated"});
  EXPECT_EQ(validate_host(load, cpus({0, 1, 2, 3})), "");
  EXPECT_THAT(validate_host(load, cpus({0, 1})),
              testing::StartsWith("--set: [engine] topology = dedicated: needs 3 CPUs, 2 usable"));
  EXPECT_EQ(validate_host(parse(""), cpus({0})), "");
}

TEST(ConfigInstrument, TakesUnitsNamesAndRules) {
  const Config c = parse(
                       "[venue]\nname = binance_usdm\n"
                       "[symbol BTCUSDT]\ntick = 0.1\nlot = 0.001\nmin_notional = 100\n")
                       .config;
  Instrument btc = make_instrument(c, "BTCUSDT");
  EXPECT_EQ(btc.symbol(), "BTCUSDT");
  EXPECT_STREQ(btc.base_text.data(), "BTC");
  EXPECT_STREQ(btc.quote_text.data(), "USDT");
  EXPECT_EQ(btc.tick, Amount(10'000'000));
  EXPECT_EQ(btc.lot, Amount(100'000));
  EXPECT_EQ(btc.notional_min, Money(100 * kMoneyScale));
  EXPECT_FALSE(btc.is_spot);
  EXPECT_TRUE(btc.rules.modify_in_place);

  Instrument other = make_instrument(c, "ETHFDUSD");
  EXPECT_STREQ(other.base_text.data(), "ETH");
  EXPECT_STREQ(other.quote_text.data(), "FDUSD");
  EXPECT_EQ(other.tick, Amount(0));
  use_simulator_units(other);
  EXPECT_EQ(other.tick, Amount(1'000'000));
  EXPECT_EQ(other.lot, Amount(10'000));
  EXPECT_EQ(other.notional_min, Money(5 * kMoneyScale));
  use_simulator_units(btc);
  EXPECT_EQ(btc.tick, Amount(10'000'000));
}

TEST(ConfigInstrument, ConfiguredNamesWinOverTheSymbols) {
  const Config c = parse("[symbol ETHBTC]\nbase = WETH\n[symbol ODD]\nquote = X\n").config;
  EXPECT_STREQ(make_instrument(c, "ETHBTC").base_text.data(), "WETH");
  EXPECT_STREQ(make_instrument(c, "ETHBTC").quote_text.data(), "BTC");
  EXPECT_STREQ(make_instrument(c, "ODD").quote_text.data(), "X");
  EXPECT_STREQ(make_instrument(c, "ODD").base_text.data(), "ODD");
}

// A value for the key as the effective text would write it: any shape, kept if the key allows it.
std::string any_value(const ConfigKey& key) {
  Config scratch;
  const ConfigTarget target{scratch, scratch.common};
  for (int attempt = 0; attempt < 100; ++attempt) {
    std::string text;
    switch (*rc::gen::inRange(0, 6)) {
      case 0:  // one of the words of a choice
        for (std::istringstream words(key.allowed); words >> text && *rc::gen::inRange(0, 3) > 0;) {
        }
        if (text.ends_with(',')) text.pop_back();  // that is of the sentence
        break;
      case 1:
        text = std::to_string(1 << *rc::gen::inRange(0, 25));
        break;
      case 2:
        text = DecimalText(*rc::gen::inRange<std::int64_t>(-50, 100'000), *rc::gen::inRange(0, 10))
                   .str();
        break;
      case 3:
        text = DecimalText(*rc::gen::arbitrary<std::int64_t>(), *rc::gen::inRange(0, 19)).str();
        break;
      case 4:
        text = *rc::gen::element<std::string>("account", "auto", "23:59", "USDT", "a/b c.txt", "");
        break;
      default:
        text = *rc::gen::element<std::string>("BTCUSDT", "BTCUSDT, ETHUSDT, X_1", "word_2");
        break;
    }
    if (key.read(text, target)) return text;
  }
  return key.write(target);
}

RC_GTEST_PROP(Config, NoValueIsChangedByReadingOrByWriting, ()) {
  const ConfigKey& key = *rc::gen::elementOf(config_keys());
  const std::string text = any_value(key);
  Config config;
  RC_LOG() << key.section << ' ' << key.name << " = " << text;
  RC_ASSERT(key.read(text, {config, config.common}));
  RC_ASSERT(key.write({config, config.common}) == text);
}

RC_GTEST_PROP(Config, TheEffectiveTextReadsBackToAnEqualConfig, ()) {
  std::vector<std::string> sets;
  std::map<std::pair<std::string, std::string>, std::string> expected;
  const int count = *rc::gen::inRange(0, 8);
  for (int i = 0; i < count; ++i) {
    const ConfigKey& key = *rc::gen::elementOf(config_keys());
    const bool own = key.per_symbol && *rc::gen::arbitrary<bool>();
    const std::string section = own ? "symbol BTCUSDT" : key.section;
    const std::string value = any_value(key);
    sets.push_back(section + "." + key.name + "=" + value);
    if (key.name == "scenario") {  // which sets the shape of the market anew
      std::erase_if(expected, [](const auto& e) {
        const ConfigKey* k = find_key(e.first.first, e.first.second);
        return k != nullptr && k->from_scenario;
      });
    }
    expected[{section, key.name}] = value;
  }
  const ConfigLoad first = parse("", sets);
  RC_PRE(first.ok());  // combinations that are refused say nothing here
  const std::string text = effective_text(first.config);
  const ConfigLoad second = parse(text);
  RC_ASSERT(second.error.empty());
  RC_ASSERT(effective_text(second.config) == text);
  for (const auto& [place, value] : expected) {
    const bool own = place.first == "symbol BTCUSDT";
    RC_ASSERT((own ? symbol_value(second.config, "BTCUSDT", place.second)
                   : config_value(second.config, place.first, place.second)) == value);
  }
}

TEST(Config, AnEffectiveTextOfFiftySymbolsReadsBack) {
  std::string symbols;
  for (int i = 0; i < 50; ++i)
    symbols += (i == 0 ? "" : ",") + std::string("LONGNAME") + std::to_string(i) + "USDT";
  const ConfigLoad first = parse("", {"venue.symbols=" + symbols, "risk.max_order_count=500"});
  ASSERT_TRUE(first.ok()) << first.error;
  const ConfigLoad second = parse(effective_text(first.config));
  ASSERT_TRUE(second.ok()) << second.error;
  EXPECT_EQ(second.config.venue.symbols, first.config.venue.symbols);
  EXPECT_THAT(second.config.venue.symbols, SizeIs(50));
}

}  // namespace
}  // namespace mm::app
