// Regression: what whole sessions come to, against tests/golden/results.txt, to the last bit.
//
// A change that means to trade differently writes the file anew with scripts/regolden, and the
// difference is then read like code. The results are the same in every build: MM_LOGIC names
// another binary to check (scripts/determinism).
#include <map>

#include "tests/e2e_capture.h"
#include "tests/e2e_support.h"

namespace mm {
namespace {

using test::JsonFile;
using test::kConfig;
using test::kRoot;
using test::kTight;
using test::Ran;
using test::Scratch;

const std::string kResults = kRoot + "/tests/golden/results.txt";

struct GoldenCase {
  const char* name;
  std::string arguments;
  const char* capture = nullptr;  // recorded data: skipped where it is absent
};

std::string market(const char* more, int seconds = 300) {
  return fmt::format("run --speed max --quiet --seconds {} -c {} {}", seconds, kConfig, more);
}

const std::vector<GoldenCase>& cases() {
  static const std::vector<GoldenCase> all{
      {"lively_1", market("--seed 1")},
      {"lively_2", market("--seed 2")},
      {"lively_3", market("--seed 3")},
      {"calm_1", market("--scenario calm --seed 1")},
      {"calm_2", market("--scenario calm --seed 2")},
      {"trending_1", market("--scenario trending --seed 1")},
      {"trending_2", market("--scenario trending --seed 2")},
      {"volatile_1", market("--scenario volatile --seed 1")},
      {"volatile_2", market("--scenario volatile --seed 2")},
      {"jumpy_1", market("--scenario jumpy --seed 1")},
      {"jumpy_2", market("--scenario jumpy --seed 2")},
      {"quiet_1", market("--scenario quiet --seed 1")},
      {"quiet_2", market("--scenario quiet --seed 2")},
      {"usdm_lively", market("--set venue.name=binance_usdm")},
      {"usdm_volatile", market("--set venue.name=binance_usdm --scenario volatile")},
      {"fees_in_base", market("--set fees.asset=base")},
      {"fees_in_bnb", market("--set fees.asset=BNB --set fees.price_BNB=600")},
      {"fees_in_bnb_without_price", market("--set fees.asset=BNB")},
      {"maker_rebate", market("--set fees.maker=-0.0001")},
      {"tight_quotes", "run --speed max --quiet --seconds 300 -c " + kTight},
      {"resets_often", market("--set order_management.reset_interval=10")},
      {"join_and_skew", market("--set strategy.join_best=yes --set strategy.skew_price=0.001 "
                               "--set strategy.skew_size=0.5 --set strategy.level_size_step=0.5 "
                               "--set strategy.volatility_spread_factor=2")},
      {"retreating", market("--set strategy.min_spread_tolerance=0.3")},
      {"touch_joiner", market("--set strategy.name=touch_joiner")},
      {"queue_and_latency", market("--set simulator.queue_model=power_prob "
                                   "--set simulator.order_latency_kind=distribution "
                                   "--set simulator.order_latency_spread_us=20000")},
      {"three_symbols", market("--set venue.symbols=ETHUSDT,BTCUSDT,XRPUSDT")},
      {"fifty_symbols",
       "run --speed max --quiet --seconds 30 -c " + kRoot + "/tests/golden/fifty.ini"},
      {"spot_capture", "backtest -c " + kConfig, test::kSpotCapture},
      {"spot_capture_tight", "backtest -c " + kTight, test::kSpotCapture},
      {"usdm_capture", "backtest -c " + kConfig, test::kUsdmCapture},
      {"usdm_capture_tight", "backtest -c " + kTight, test::kUsdmCapture},
  };
  return all;
}

// The file: `name: what it came to`, one case a line, sorted.
std::map<std::string, std::string> read_results() {
  std::map<std::string, std::string> results;
  std::ifstream file(kResults);
  for (std::string line; std::getline(file, line);) {
    const std::size_t colon = line.find(": ");
    if (colon != std::string::npos) results[line.substr(0, colon)] = line.substr(colon + 2);
  }
  return results;
}

void write_result(const std::string& name, const std::string& result) {
  std::map<std::string, std::string> results = read_results();
  results[name] = result;
  std::ofstream file(kResults);
  for (const auto& [key, value] : results) file << key << ": " << value << '\n';
}

std::string result_of(const std::string& summary_path) {
  const JsonFile json(summary_path);
  return fmt::format(
      "fills {}, placed {}, amended {}, cancelled {}, rejected {}, denied {}, position {}, pnl {}, "
      "fees {}, saved {:.2f} %, hash {}",
      json.integer("/fills"), json.integer("/orders/placed"), json.integer("/orders/amended"),
      json.integer("/orders/cancelled"), json.integer("/orders/rejected"),
      json.integer("/orders/denied"), json.is_null("/position") ? "-" : json.text("/position"),
      json.text("/pnl/total"), json.text("/pnl/fees"), json.number("/requests/saved_pct"),
      json.text("/output_hash"));
}

// One fact a line, so that a mismatch is shown as a difference of lines.
std::string in_lines(std::string text) {
  for (std::size_t at = 0; (at = text.find(", ", at)) != std::string::npos;) text[at] = '\n';
  return text + '\n';
}

class Golden : public testing::TestWithParam<GoldenCase> {};

TEST_P(Golden, ComesToTheCommittedResult) {
  const GoldenCase& c = GetParam();
  std::string arguments = c.arguments + " --session s";
  if (c.capture != nullptr) {
    const std::string capture = test::shared_capture(c.capture);
    if (capture.empty()) GTEST_SKIP() << c.capture << " is not here: set MM_CAPTURES";
    arguments += " --capture " + capture;
  }
  const Scratch here;
  const Ran ran = here.run(arguments);
  ASSERT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  const std::string result = result_of(here.path("s/summary.json"));
  if (std::getenv("MM_REGOLDEN") != nullptr) return write_result(c.name, result);
  EXPECT_EQ(in_lines(read_results()[c.name]), in_lines(result))
      << "mm_logic " << arguments << "\nIf this change is meant: scripts/regolden";
}

INSTANTIATE_TEST_SUITE_P(Markets, Golden, testing::ValuesIn(cases()),
                         [](const auto& given) { return std::string(given.param.name); });

TEST(GoldenResults, HaveACaseEach) {
  std::map<std::string, std::string> results = read_results();
  for (const GoldenCase& c : cases()) {
    EXPECT_EQ(results.erase(c.name), 1u) << c.name << " has no committed result";
  }
  for (const auto& [name, result] : results) ADD_FAILURE() << name << " is no case any more";
}

}  // namespace
}  // namespace mm
