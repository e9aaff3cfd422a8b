// venue.ini: what it may say, and how what it may not is refused.
#include "engine/app/config/venue_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/e2e_support.h"

namespace mm::app {
namespace {

using test::Ran;
using test::Scratch;
using testing::HasSubstr;

TEST(VenueConfig, WithoutAFileThereAreTwoSymbolsAndATestAccount) {
  const VenueConfigLoad load = parse_venue_config("", "defaults");
  ASSERT_TRUE(load.ok()) << load.error;
  ASSERT_EQ(load.config.symbols.size(), 2u);
  EXPECT_EQ(load.config.symbols[0].instrument.symbol(), "BTCUSDT");
  EXPECT_EQ(load.config.symbols[1].instrument.symbol(), "ETHUSDT");
  ASSERT_EQ(load.config.accounts.size(), 1u);
  EXPECT_FALSE(load.config.accounts[0].hmac_secret.empty());
}

TEST(VenueConfig, ReadsSymbolsAccountsAndLimits) {
  const VenueConfigLoad load = parse_venue_config(
      "[venue]\nlisten = 0.0.0.0:8000\npublish_hz = 50\nconnections_per_5min = 10000\nadmin = yes\n"
      "[symbol SOLUSDC]\ntick = 0.001\nlot = 0.01\nmin_notional = 1\nstart_price = 150\n"
      "orders_per_s = 1000\n"
      "[account a]\napi_key = key-a\nhmac_secret = sesame\nbalances = SOL:10 USDC:1000.5\n"
      "permissions = read\n",
      "venue.ini");
  ASSERT_TRUE(load.ok()) << load.error;
  EXPECT_EQ(load.config.listen_address, "0.0.0.0");
  EXPECT_EQ(load.config.port, 8000);
  EXPECT_EQ(load.config.limits.connections_per_5min, 10'000);
  EXPECT_TRUE(load.config.admin);
  ASSERT_EQ(load.config.symbols.size(), 1u);
  const server::SymbolConfig& symbol = load.config.symbols[0];
  EXPECT_EQ(symbol.instrument.base(), "SOL");
  EXPECT_EQ(symbol.instrument.tick, Amount(kAmountScale / 1000));
  EXPECT_EQ(symbol.market.start_price, Amount(150 * kAmountScale));
  EXPECT_EQ(symbol.market.orders_per_s, 1000);
  ASSERT_EQ(load.config.accounts.size(), 1u);
  EXPECT_EQ(load.config.accounts[0].balances[1].free.v, 100'050'000'000);
  EXPECT_FALSE(load.config.accounts[0].can_trade);
}

TEST(VenueConfig, SymbolsFollowTheScenarioBeforeTheirOwnKeys) {
  const VenueConfigLoad load = parse_venue_config(
      "[symbol ETHUSDT]\norders_per_s = 7\n[venue]\nscenario = quiet\n", "venue.ini");
  ASSERT_TRUE(load.ok()) << load.error;
  EXPECT_EQ(load.config.symbols[0].market.orders_per_s, 7);
  EXPECT_EQ(load.config.symbols[0].market.trades_per_s, 4);
}

TEST(VenueConfig, FaultsAreOfAllKindsOrOfThoseNamed) {
  const auto kinds = [](const char* line) {
    const VenueConfigLoad load = parse_venue_config(std::string("[venue]\n") + line, "venue.ini");
    EXPECT_EQ(load.error, "");
    return load.config.fault_kinds;
  };
  const sim::FaultKinds all = sim::wire_faults() & ~sim::lasting_faults();
  EXPECT_EQ(kinds(""), all);
  EXPECT_EQ(kinds("fault_kinds = all\n"), all);
  EXPECT_EQ(kinds("fault_kinds = all, tick_changed, lot_changed\n"), sim::wire_faults());
  const sim::FaultKinds two = kinds("fault_kinds = banned, clock_behind\n");
  EXPECT_EQ(sim::names(two, " "), "banned clock_behind");
  EXPECT_EQ(kinds("fault_kinds = clock_behind banned\n"), two);
}

std::string error_of(std::string_view text) {
  const VenueConfigLoad load = parse_venue_config(text, "venue.ini");
  EXPECT_FALSE(load.ok()) << text;
  EXPECT_EQ(load.error.find('\n'), std::string::npos);
  return load.error;
}

TEST(VenueConfig, AMistakeIsOneLineWithPlaceKeyValueAndWhatIsAllowed) {
  EXPECT_EQ(error_of("[venue]\npublish_hz = 0\n"),
            "venue.ini:2: [venue] publish_hz = 0: must be a whole number from 1 to 100000");
  EXPECT_THAT(error_of("[venue]\nlisten = here\n"), HasSubstr("must be ADDRESS:PORT"));
  EXPECT_THAT(error_of("[venue]\nscenario = wild\n"), HasSubstr("must be calm | lively"));
  EXPECT_THAT(error_of("[venue]\nport = 1\n"), HasSubstr("unknown key; allowed are listen"));
  EXPECT_THAT(error_of("[symbols]\na = 1\n"), HasSubstr("unknown section; allowed are"));
  EXPECT_THAT(error_of("[symbol btcusdt]\ntick = 1\n"), HasSubstr("a symbol is up to 23"));
  EXPECT_THAT(error_of("[symbol BTCUSDT]\nmin_spread = 1\n"), HasSubstr("unknown key"));
  EXPECT_THAT(error_of("[symbol BTCUSDT]\ntick = x\n"), HasSubstr("must be a number"));
  EXPECT_THAT(error_of("[symbol ABC]\ntick = 1\n"), HasSubstr("quote: must be set"));
  EXPECT_THAT(
      error_of("[venue]\nfault_kinds = banned, lightning\n"),
      HasSubstr("must be all (but tick_changed and lot_changed), or some of request_lost, "));
  EXPECT_THAT(error_of("[venue]\ntls_cert = a.pem\n"), HasSubstr("both or neither"));
}

TEST(VenueConfig, AMarketThatCannotBeGeneratedIsRefused) {
  EXPECT_EQ(error_of("[symbol BTCUSDT]\nstart_price = 60000\ntick = 1000000\n"),
            "venue.ini:3: [symbol BTCUSDT] tick = 1000000: must be at most start_price (60000)");
  EXPECT_EQ(error_of("[symbol BTCUSDT]\nstart_price = 0.001\n"),
            "venue.ini:2: [symbol BTCUSDT] start_price = 0.001: must be at least one tick (0.01)");
  EXPECT_EQ(error_of("[symbol BTCUSDT]\ntick = 0.00000001\n"),
            "venue.ini:2: [symbol BTCUSDT] tick = 0.00000001: start_price must be at most "
            "2000000000 ticks");
  EXPECT_EQ(error_of("[symbol BTCUSDT]\nstart_price = 100000000\n"),
            "venue.ini:2: [symbol BTCUSDT] start_price = 100000000: start_price must be at most "
            "2000000000 ticks");
  EXPECT_EQ(error_of("[symbol BTCUSDT]\nswing_min = 0.5\n"),
            "venue.ini:2: [symbol BTCUSDT] swing_min = 0.5: must be at most swing_max (0.0054)");
  EXPECT_THAT(error_of("[symbol BTCUSDT]\nswing_time_max_ms = 1\n"),
              HasSubstr("must be at least swing_time_min_ms"));
}

TEST(VenueConfig, FaultsDoNotEndBeforeTheyBegin) {
  EXPECT_EQ(error_of("[venue]\nfault_begin_s = 60\nfault_end_s = 30\n"),
            "venue.ini:3: [venue] fault_end_s = 30: must be at least fault_begin_s (60)");
  EXPECT_EQ(error_of("[venue]\nfault_end_s = 5\n"),
            "venue.ini:2: [venue] fault_end_s = 5: must be at least fault_begin_s (10)");
  EXPECT_TRUE(parse_venue_config("[venue]\nfault_begin_s = 5\nfault_end_s = 5\n", "v").ok());
}

TEST(VenueConfig, AnAccountNeedsAKeyAndOneKindOfSecret) {
  EXPECT_THAT(error_of("[account a]\nhmac_secret = s\n"), HasSubstr("api_key: must be set"));
  EXPECT_THAT(error_of("[account a]\napi_key = k\n"), HasSubstr("one of them must be set"));
  EXPECT_THAT(error_of("[account a]\napi_key = k\nhmac_secret = s\n"
                       "[account b]\napi_key = k\nhmac_secret = t\n"),
              HasSubstr("must differ"));
  EXPECT_THAT(error_of("[account a]\napi_key = k\ned25519_public_key_file = none.pem\n"),
              HasSubstr("a PEM file with an Ed25519 public key"));
  EXPECT_THAT(error_of("[account a]\nbalances = BTC\n"), HasSubstr("ASSET:AMOUNT"));
  EXPECT_THAT(error_of("[account a]\npermissions = all\n"), HasSubstr("read | trade"));
}

TEST(VenueConfig, ASecretIsNeverInAnErrorText) {
  EXPECT_EQ(error_of("[account a]\nhmac_secret = open sesame\n").find("sesame"), std::string::npos);
}

TEST(VenueConfig, TheKeysPrintedAreAFileThatIsRead) {
  const VenueConfigLoad load = parse_venue_config(venue_config_text(), "keys");
  EXPECT_TRUE(load.ok()) << load.error;
}

TEST(VenueCommand, BadConfigAndUsageEndWithTwo) {
  const Scratch scratch;
  const Ran missing = scratch.run("venue -c nothing.ini");
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_THAT(missing.err, HasSubstr("nothing.ini: cannot be read"));
  EXPECT_EQ(scratch.run("venue --publish-hz 0").exit_code, 2);
  for (const char* seed : {"-1", "x", "''", "18446744073709551616"}) {
    const Ran ran = scratch.run(std::string("venue --listen 127.0.0.1:0 --seed ") + seed);
    EXPECT_EQ(ran.exit_code, 2) << seed;
    EXPECT_THAT(ran.err, HasSubstr("must be a whole number from 0 to 18446744073709551615"));
  }
  EXPECT_EQ(scratch.run("venue --listen 1.2.3.4.5:1").exit_code, 2);
  EXPECT_EQ(scratch.run("venue --capture nothing.gz").exit_code, 2);
  EXPECT_EQ(scratch.run("venue --tls-cert a --tls-key b").exit_code, 2);
  EXPECT_EQ(scratch.run("venue --help").exit_code, 0);
  EXPECT_THAT(scratch.run("venue --keys").out, HasSubstr("connections_per_5min = 300"));
}

}  // namespace
}  // namespace mm::app
