// What Prometheus is told, and that the files made for it name nothing that there is not.
#include <gmock/gmock.h>

#include <regex>
#include <set>

#include "engine/monitor/prometheus_text.h"
#include "tests/published_core.h"

namespace mm::monitor {
namespace {

using test::PublishedCore;
using testing::HasSubstr;
using testing::Not;

const std::string kDashboard = test::kRoot + "/scripts/monitoring/grafana_dashboard.json";
const std::string kAlerts = test::kRoot + "/scripts/monitoring/alerts.yml";

bool has_promtool() {
  return test::run_process("command -v promtool").exit_code == 0;
}

std::string quoting_text() {
  PublishedCore engine;
  engine.harness.start_quoting();
  engine.connect("orders 1", true);
  engine.turn.record(Nanos(1'250));
  const EngineView view = engine.look();
  return prometheus_text({&view, 1});
}

// Families, and the series that a histogram is told by.
std::set<std::string> names_in(const std::string& text) {
  std::set<std::string> names;
  static const std::regex kType("# TYPE (\\S+) (\\S+)");
  for (auto it = std::sregex_iterator(text.begin(), text.end(), kType);
       it != std::sregex_iterator(); ++it) {
    names.insert((*it)[1]);
    if ((*it)[2] != "histogram") continue;
    for (const char* part : {"_bucket", "_sum", "_count"}) names.insert((*it)[1].str() + part);
  }
  return names;
}

TEST(Prometheus, NumbersComeInBaseUnits) {
  const std::string text = quoting_text();
  for (const char* line :
       {"# HELP mm_best_bid_price Best bid without our own; 0: none\n",
        "# TYPE mm_best_bid_price gauge\n",
        "mm_best_bid_price{session=\"session\",symbol=\"ETHUSDT\"} 2999.99\n",
        "mm_quote_reason{session=\"session\",symbol=\"ETHUSDT\",side=\"buy\",reason=\"quoting\"} 1",
        "mm_order_session{session=\"session\",symbol=\"ETHUSDT\",state=\"up\"} 1\n",
        "# TYPE mm_requests_total counter\n",
        "mm_requests_total{session=\"session\",kind=\"place\"} 6\n",
        "mm_turn_seconds_bucket{session=\"session\",le=\"1e-06\"} 0\n",
        "mm_turn_seconds_bucket{session=\"session\",le=\"2e-06\"} 1\n",
        "mm_turn_seconds_count{session=\"session\"} 1\n",
        "mm_turn_seconds_sum{session=\"session\"} 1.25e-06\n",
        "mm_turn_quantile_seconds{session=\"session\",q=\"0.5\"} 1.25e-06\n",
        "mm_engine_up{session=\"session\"} 1\n",
        "mm_connection_up{session=\"session\",connection=\"orders 1\"} 1\n"}) {
    EXPECT_THAT(text, HasSubstr(line));
  }
}

TEST(Prometheus, WhatThereIsNotIsNotTold) {
  PublishedCore engine;
  const EngineView view = engine.look();
  const std::string text = prometheus_text({&view, 1});
  EXPECT_THAT(text, Not(HasSubstr("mm_best_bid_price{"))) << "no book";
  EXPECT_THAT(text, HasSubstr("# TYPE mm_best_bid_price gauge"));
  EXPECT_THAT(text, HasSubstr("# TYPE mm_connection_up gauge"));
  EXPECT_EQ(names_in(prometheus_text({})), names_in(text)) << "also without any engine";
}

// Two instruments of one quote asset, one of another: two accounts.
TEST(Prometheus, TheAccountsProfitIsToldOnceForEachQuoteAsset) {
  CoreConfig config = test::one_instrument();
  const auto named = [&](std::string_view symbol, std::string_view quote) {
    Instrument i = test::eth_spot();
    i.symbol_text = {};
    symbol.copy(i.symbol_text.data(), symbol.size());
    i.quote_text = {};
    quote.copy(i.quote_text.data(), quote.size());
    config.instruments.push_back({i, {}, {}});
  };
  named("BTCUSDT", "USDT");
  named("ETHEUR", "EUR");
  PublishedCore engine(config);
  test::CoreHarness& h = engine.harness;
  for (InstrumentId i = 0; i < 3; ++i) h.book(Ticks(299'999), Ticks(300'001), i);
  h.advance(Nanos(5 * kSecond.v - 1));
  h.send_book(0, false, {{Ticks(299'999), Lots(100'000)}}, {});  // not silent
  h.advance(Nanos(1));
  h.answer_all();
  Money usdt{}, eur{};
  for (InstrumentId i = 0; i < 3; ++i) {
    ASSERT_FALSE(h.live(Side::kBuy, i).empty());
    h.fill(h.live(Side::kBuy, i)[0], Lots(100 + i), i + 1u);
    h.batch_end();
  }
  for (InstrumentId i = 0; i < 2; ++i) usdt += h.core.instrument(i).total;
  eur = h.core.instrument(2).total;
  ASSERT_NE(usdt, Money{});
  ASSERT_NE(usdt, eur);
  const EngineView view = engine.look();
  for (const InstrumentView& of : view.instruments) {
    EXPECT_EQ(of.numbers.money("account_pnl_total_quote"), of.quote == "EUR" ? eur : usdt);
  }
  const std::string text = prometheus_text({&view, 1});
  EXPECT_EQ(test::count_of(text, "mm_account_pnl_total_quote{"), 2u);
  EXPECT_THAT(text, HasSubstr("mm_account_pnl_total_quote{session=\"session\",quote=\"USDT\"} "));
  EXPECT_THAT(text, HasSubstr("mm_account_pnl_total_quote{session=\"session\",quote=\"EUR\"} "));
}

TEST(Prometheus, EnginesAreToldApartByTheirSession) {
  PublishedCore first, second;
  std::vector<EngineView> views{first.look(), second.look()};
  views[1].session += "-2";
  const std::string text = prometheus_text(views);
  EXPECT_THAT(text, HasSubstr("mm_engine_up{session=\"session\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("mm_engine_up{session=\"session-2\"} 1\n"));
  std::set<std::string> series;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_TRUE(line.starts_with('#') || series.insert(line.substr(0, line.rfind(' '))).second)
        << line;
  }
}

TEST(Prometheus, PromtoolFindsNothingToSay) {
  if (!has_promtool()) GTEST_SKIP() << "promtool is not there: scripts/promtool gets it";
  const test::Scratch here;
  const std::string file = here.write("metrics", quoting_text());
  const test::ProcessResult result = test::run_process("promtool check metrics <" + file);
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_EQ(result.output, "");
}

TEST(Monitoring, DashboardAndAlertsNameOnlyMetricsThatThereAre) {
  const std::set<std::string> known = names_in(prometheus_text({}));
  for (const std::string& path : {kDashboard, kAlerts}) {
    const std::string text = test::read_file(path);
    static const std::regex kName("\\bmm_[a-z0-9_]+");
    std::size_t named = 0;
    for (auto it = std::sregex_iterator(text.begin(), text.end(), kName);
         it != std::sregex_iterator(); ++it, ++named) {
      if (it->str() == "mm_logic") continue;
      EXPECT_TRUE(known.contains(it->str())) << path << ": " << it->str();
    }
    EXPECT_GT(named, 5u) << path;
  }
}

TEST(Monitoring, TheDashboardIsJsonWithQueries) {
  const test::JsonFile dashboard(kDashboard);
  EXPECT_EQ(dashboard.text("/title"), "MM_Logic");
  std::set<std::string> titles;
  for (const auto panel : simdjson::dom::array(dashboard.at("/panels"))) {
    titles.insert(std::string(std::string_view(panel["title"])));
    EXPECT_GT(simdjson::dom::array(panel["targets"]).size(), 0u);
  }
  EXPECT_GE(titles.size(), 10u);
}

TEST(Monitoring, PromtoolAcceptsTheAlerts) {
  if (!has_promtool()) GTEST_SKIP() << "promtool is not there: scripts/promtool gets it";
  const test::ProcessResult result = test::run_process("promtool check rules " + kAlerts);
  EXPECT_EQ(result.exit_code, 0) << result.output;
}

TEST(Monitoring, AlertsComeWhenTheyShouldAndNotElse) {
  if (!has_promtool()) GTEST_SKIP() << "promtool is not there: scripts/promtool gets it";
  const test::Scratch here;
  std::string cases = test::read_file(test::kRoot + "/tests/alerts_test.yml");
  cases.replace(cases.find("RULES"), 5, kAlerts);
  const test::ProcessResult result =
      test::run_process("promtool test rules " + here.write("cases.yml", cases));
  EXPECT_EQ(result.exit_code, 0) << result.output;
}

}  // namespace
}  // namespace mm::monitor
