// The engine's side of plan and reload: what is taken, what is refused, and what is kept of it.
#include "engine/app/reload/reloader.h"

#include <gmock/gmock.h>

#include <thread>

#include "engine/app/config/config_schema.h"
#include "engine/app/config/core_setup.h"
#include "engine/app/config/sim_setup.h"
#include "engine/app/session/session_record.h"
#include "engine/app/soak/soak_config.h"
#include "engine/app/soak/virtual_run.h"
#include "engine/app/venue/venue_fit.h"
#include "engine/ledger/sqlite.h"
#include "tests/e2e_support.h"

namespace mm::app {
namespace {

using test::Scratch;
using testing::HasSubstr;

constexpr Nanos kStart{1'704'067'200 * kSecond.v};

ConfigLoad with(std::vector<std::string> sets) {
  ConfigLoad load = parse_config("", "test", sets);
  EXPECT_EQ(load.error, "");
  return load;
}

class ReloaderTest : public testing::Test {
 protected:
  ReloaderTest() {
    EXPECT_EQ(journal_.open(here_.path("journal.bin"), {}), "");
    reloader_.keep_in(here_.path(""));
  }

  ConfigAnswer reload(std::vector<std::string> sets) {
    return reloader_.configure(effective_text(with(std::move(sets)).config), true);
  }
  // As the driver would.
  void take_up() {
    Event e;
    e.kind = EventKind::kControl;
    e.control.code = ControlCode::kReload;
    e.time = kStart;
    CommandBuffer out;
    core_.on(e, out);
    lane_.push(e, 0);
    core_.conclude(out);
  }
  const StrategyParams& strategy() const { return core_.instrument(0).config.strategy; }

  const Scratch here_;
  const Config config_ = with({"engine.epoch=7"}).config;
  const std::vector<Instrument> instruments_ = simulated_instruments(config_);
  const SessionOpening opening_;
  Core core_{make_core_config(config_, instruments_)};
  JournalWriter journal_;
  JournalLane lane_{8};
  std::jthread journal_thread_{[this](const std::stop_token& stop) {
    while (!stop.stop_requested()) lane_.drain(journal_);
  }};
  Reloader reloader_{{config_, instruments_, opening_, core_, &lane_}};
};

TEST_F(ReloaderTest, WhatIsTakenIsOfferedAndKept) {
  const ConfigAnswer answer = reload({"strategy.min_spread=0.003"});
  EXPECT_EQ(answer.error, "");
  EXPECT_TRUE(answer.taken);
  EXPECT_EQ(answer.changes, "strategy\tmin_spread\t0.002\t0.003\t\n");
  EXPECT_EQ(strategy().min_spread, ratio_ppm(2000)) << "between events, not now";
  take_up();
  EXPECT_EQ(strategy().min_spread, ratio_ppm(3000));
  EXPECT_THAT(test::read_file(here_.path("config.ini")), HasSubstr("min_spread = 0.003\n"));
  EXPECT_THAT(test::read_file(here_.path("config.ini")), HasSubstr("epoch = 7\n"))
      << "what the start has drawn is no change, and stays";
  EXPECT_EQ(reload({"strategy.min_spread=0.003"}).changes, "") << "it runs with that already";
}

TEST_F(ReloaderTest, TheHashIsOfWhatTheCoreRunsWith) {
  const std::uint64_t first = reloader_.hash_in_force();
  EXPECT_EQ(first, config_hash(effective_text(config_)));
  EXPECT_TRUE(reload({"strategy.min_spread=0.003"}).taken);
  EXPECT_EQ(reloader_.hash_in_force(), first) << "not taken up yet";
  take_up();
  const std::uint64_t second = reloader_.hash_in_force();
  EXPECT_EQ(second, config_hash(test::read_file(here_.path("config.ini"))));
  EXPECT_NE(second, first);
  EXPECT_NE(reload({"engine.market_batch_max=1"}).error, "");
  EXPECT_EQ(reloader_.hash_in_force(), second) << "what is refused changes nothing";
  EXPECT_TRUE(reload({}).taken);
  take_up();
  EXPECT_EQ(reloader_.hash_in_force(), first) << "and back";
}

TEST_F(ReloaderTest, APlanChangesNothing) {
  const std::string text = effective_text(with({"strategy.min_spread=0.003"}).config);
  const ConfigAnswer answer = reloader_.configure(text, false);
  EXPECT_EQ(answer.error, "");
  EXPECT_FALSE(answer.taken);
  EXPECT_EQ(answer.changes, "strategy\tmin_spread\t0.002\t0.003\t\n");
  EXPECT_FALSE(core_.reload_waits());
  EXPECT_FALSE(here_.has("config.ini"));
}

TEST_F(ReloaderTest, OneValueThatCannotChangeRefusesAll) {
  const ConfigAnswer answer = reload({"strategy.min_spread=0.003", "engine.market_batch_max=1"});
  EXPECT_FALSE(answer.taken);
  EXPECT_EQ(answer.error,
            "[engine] market_batch_max: 256 -> 1: cannot change while the engine runs");
  EXPECT_EQ(read_changes(answer.changes).size(), 2u);
  EXPECT_FALSE(core_.reload_waits());
  EXPECT_FALSE(here_.has("config.ini"));
}

TEST_F(ReloaderTest, WhatCheckRefusesIsRefusedHereToo) {
  const ConfigAnswer answer = reloader_.configure("[strategy]\nmin_spread = 2\n", true);
  EXPECT_EQ(answer.error,
            parse_config("[strategy]\nmin_spread = 2\n", "the new configuration").error);
  EXPECT_THAT(answer.error, HasSubstr("min_spread = 2: must be a fraction from 0 to 1"));
  EXPECT_FALSE(answer.taken);
}

// A run that was given another place for its monitor takes a file that has none.
TEST_F(ReloaderTest, WhatOnlyTheMonitorReadsIsNoChange) {
  EXPECT_EQ(reload({"monitor.listen=127.0.0.1:9"}).changes, "");
}

TEST_F(ReloaderTest, TheNextOneWaitsForTheCore) {
  EXPECT_TRUE(reload({"strategy.min_spread=0.003"}).taken);
  EXPECT_THAT(reload({"strategy.min_spread=0.001"}).error, HasSubstr("has not taken up"));
  take_up();
  EXPECT_TRUE(reload({"strategy.min_spread=0.001"}).taken);
}

TEST_F(ReloaderTest, TheOrderTableBoundsTheOrders) {
  EXPECT_THAT(reload({"risk.max_order_count=101"}).error,
              HasSubstr("must be at most 100, which the order table was made for"));
  EXPECT_TRUE(reload({"risk.max_order_count=50"}).taken);
  take_up();
  EXPECT_TRUE(reload({"risk.max_order_count=100"}).taken) << "as it was at the start";
}

TEST_F(ReloaderTest, NothingIsTakenThatCannotBeWrittenDown) {
  reloader_.keep_in(here_.path("no/such/folder"));
  EXPECT_THAT(reload({"strategy.min_spread=0.003"}).error, HasSubstr("no/such/folder/config.ini"));
  EXPECT_FALSE(core_.reload_waits());
}

TEST_F(ReloaderTest, NothingIsTakenThatTheJournalDoesNotHave) {
  journal_thread_ = {};  // as if its disk hung
  EXPECT_THAT(reload({"strategy.min_spread=0.003"}).error, HasSubstr("the journal has not taken"));
  EXPECT_FALSE(core_.reload_waits());
  EXPECT_FALSE(here_.has("config.ini"));
}

TEST_F(ReloaderTest, WhatTheVenueBoundsIsNoChange) {
  Config lowered = config_;
  lowered.order_management.modify_rate_limit = 2;
  const auto obey = [](Config& c) {
    c.order_management.modify_rate_limit = std::min(c.order_management.modify_rate_limit, 2);
  };
  Reloader reloader({lowered, instruments_, opening_, core_, &lane_, obey});
  EXPECT_EQ(reloader.configure(effective_text(with({}).config), false).changes, "");
  EXPECT_EQ(
      reloader.configure(effective_text(with({"execution.modify_rate_limit=1"}).config), false)
          .changes,
      "execution\tmodify_rate_limit\t2\t1\t\n");
}

// At the market's price, which is no fault of a new value.
class ReloaderAtAVenue : public ReloaderTest {
 protected:
  std::string refused(std::vector<std::string> sets) {
    const Reloader::Setup setup{config_,
                                instruments_,
                                opening_,
                                core_,
                                &lane_,
                                {},
                                [this](const Config& c, InstrumentId i) {
                                  return size_problem(c, instruments_[i], price_);
                                }};
    Reloader reloader(setup);
    const std::string text = effective_text(with(std::move(sets)).config);
    const ConfigAnswer plan = reloader.configure(text, false);
    EXPECT_EQ(plan.error.empty(), all_live(read_changes(plan.changes)));
    return plan.error;
  }
  std::optional<Ticks> price_{Ticks(300'000)};  // 3000
};

TEST_F(ReloaderAtAVenue, SizesThatItsFiltersRefuseAreRefused) {
  EXPECT_EQ(refused({"strategy.order_notional=2"}),
            "[strategy] order_notional: 1000 -> 2: ETHUSDT: 0.0006 ETH at 3000 are worth 1.8 USDT: "
            "NOTIONAL takes 5 USDT at least");
  EXPECT_THAT(refused({"strategy.order_size=0.00015"}),
              HasSubstr("[strategy] order_size: 0 -> 0.00015: ETHUSDT: LOT_SIZE takes steps of"));
  EXPECT_THAT(refused({"strategy.order_size=0.001", "strategy.order_notional=300"}),
              HasSubstr("[strategy] order_size: 0 -> 0.001: ETHUSDT: 0.001 ETH at 3000"));
  EXPECT_EQ(refused({"strategy.order_size=0.01"}), "");
  EXPECT_EQ(refused({"strategy.order_notional=6", "strategy.min_spread=0.003"}), "");
}

TEST_F(ReloaderAtAVenue, ASectionOfTheSymbolsOwnIsNamed) {
  const ConfigLoad load = parse_config("[symbol ETHUSDT]\norder_notional = 2\n", "test");
  ASSERT_EQ(load.error, "");
  Reloader reloader(
      {config_, instruments_, opening_, core_, &lane_, {}, [this](const Config& c, InstrumentId i) {
         return size_problem(c, instruments_[i], price_);
       }});
  EXPECT_THAT(reloader.configure(effective_text(load.config), false).error,
              HasSubstr("[symbol ETHUSDT] order_notional: 1000 -> 2: ETHUSDT: 0.0006 ETH"));
}

TEST_F(ReloaderAtAVenue, WhatDoesNotFitAlreadyHoldsUpNothingElse) {
  price_ = Ticks(2'000'000'000);  // an order for 1000 is less than a lot by now
  EXPECT_NE(size_problem(config_, instruments_[0], price_), "");
  EXPECT_EQ(refused({"strategy.min_spread=0.003"}), "");
  EXPECT_NE(refused({"strategy.order_notional=999"}), "") << "a new value is judged";
}

TEST_F(ReloaderAtAVenue, WithoutAPriceOnlyTheSizeIsJudged) {
  price_.reset();
  EXPECT_EQ(refused({"strategy.order_size=0.001"}), "");
  EXPECT_NE(refused({"strategy.order_size=0.00015"}), "");
}

// A whole session in virtual time with reloads on the way.
struct ReloadedSession {
  explicit ReloadedSession(const std::string& folder)
      : ReloadedSession(
            folder, with({"strategy.min_spread=0.0002", "strategy.max_spread=0.0006"}).config) {}
  ReloadedSession(const std::string& folder, const Config& c)
      : config(c),
        instruments(simulated_instruments(config)),
        venue(make_sim_venue(config, instruments)) {
    EXPECT_EQ(record.open(config, folder, "sim", instruments, kStart), "");
    run.emplace(config, instruments, *venue, record.journal());
    run->begin(kStart);
  }
  void reload(std::vector<std::string> sets) { take_up(with(std::move(sets)).config); }
  void take_up(const Config& next) {
    EXPECT_TRUE(record.journal().config(effective_text(next)));
    run->reload(make_core_config(next, instruments));
  }
  void go_on(int seconds) { run->advance(run->now() + kSecond * seconds); }
  std::string close() {
    EXPECT_TRUE(run->shut_down());
    run->summarize_into(summary);
    return record.close(run->output_hash(), run->commands_out(), run->now(), summary, "");
  }

  Config config;
  std::vector<Instrument> instruments;
  std::unique_ptr<sim::SimVenue> venue;
  SessionRecord record;
  std::optional<VirtualRun<NoSource>> run;
  Summary summary;
};

TEST(ReloadedSessions, ReplayToTheLastBitAndHaveARowInTheLedger) {
  const Scratch here;
  ReloadedSession session(here.path("s"));
  session.go_on(60);
  session.reload({"strategy.min_spread=0.0004", "strategy.max_spread=0.0012",
                  "risk.max_position_notional=2000", "order_management.reset_interval=20"});
  session.go_on(60);
  session.reload({"strategy.min_spread=0.0001", "strategy.max_spread=0.0003",
                  "execution.modify_rate_limit=20", "strategy.target_orders_per_side=5"});
  session.go_on(60);
  ASSERT_EQ(session.close(), "");
  for (const auto& [name, broken] : session.summary.invariants) EXPECT_EQ(broken, 0) << name;
  EXPECT_GT(session.run->core().instrument(0).reset.count(), 1u);
  const test::Ran replayed = here.run("replay s");
  EXPECT_EQ(replayed.exit_code, 0) << replayed.err;

  Database ledger;
  ASSERT_EQ(ledger.open(here.path("s/ledger.sqlite"), Database::Mode::kReadOnly), "");
  Statement rows;
  ASSERT_EQ(ledger.prepare("SELECT detail FROM events WHERE kind='reload' ORDER BY time_ns", rows),
            "");
  ASSERT_TRUE(rows.step());
  EXPECT_EQ(rows.text(0),
            "[strategy] min_spread: 0.0002 -> 0.0004; [strategy] max_spread: 0.0006 -> 0.0012; "
            "[risk] max_position_notional: 10000 -> 2000; [order_management] reset_interval: 300 "
            "-> 20");
  ASSERT_TRUE(rows.step());
  EXPECT_THAT(rows.text(0), HasSubstr("[execution] modify_rate_limit: 5 -> 20"));
  EXPECT_FALSE(rows.step());
}

// One random configuration, and what is live of others.
std::vector<std::string> live_sets(std::uint64_t seed) {
  std::vector<std::string> sets;
  for (const std::string& set : random_sets(seed)) {
    const std::size_t dot = set.find('.'), end = set.find('=');
    const ConfigKey* key = find_key(set.substr(0, dot), set.substr(dot + 1, end - dot - 1));
    if (key != nullptr && key->live && key->name != "max_order_count") sets.push_back(set);
  }
  return sets;
}

TEST(ReloadedSessions, KeepEveryInvariantWhateverIsReloaded) {
  int reloads = 0;
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    const Scratch here;
    std::vector<std::string> sets = random_sets(seed);
    const ConfigLoad first = parse_config("", "test", sets);
    if (!first.ok()) continue;
    ReloadedSession session(here.path("s"), first.config);
    for (std::uint64_t i = 1; i <= 4; ++i) {
      session.go_on(20);
      std::vector<std::string> all = sets;
      for (std::string& set : live_sets(1000 * seed + i)) all.push_back(std::move(set));
      const ConfigLoad next = parse_config("", "test", all);
      if (!next.ok()) continue;
      ASSERT_TRUE(all_live(config_changes(first.config, next.config)));
      session.take_up(next.config);
      ++reloads;
    }
    session.go_on(20);
    ASSERT_EQ(session.close(), "");
    for (const auto& [name, broken] : session.summary.invariants) {
      EXPECT_EQ(broken, 0) << name << ", seed " << seed;
    }
  }
  EXPECT_GT(reloads, 30);
}

// What the journal lacks is missed: the parameters come from it, not from anywhere else.
TEST(ReloadedSessions, DoNotReplayWithoutTheirText) {
  const Scratch here;
  ReloadedSession session(here.path("s"));
  session.go_on(30);
  const Config next = with({"strategy.min_spread=0.0004", "strategy.max_spread=0.0012"}).config;
  session.run->reload(make_core_config(next, session.instruments));
  session.go_on(30);
  ASSERT_EQ(session.close(), "");
  const test::Ran replayed = here.run("replay s");
  EXPECT_EQ(replayed.exit_code, 1);
}

TEST(ReloadedSessions, AreExplainedAndReportedAsSuch) {
  const Scratch here;
  ReloadedSession session(here.path("s"));
  session.go_on(30);
  session.reload({"strategy.min_spread=0.0004", "strategy.max_spread=0.0012"});
  session.go_on(30);
  ASSERT_EQ(session.close(), "");
  const std::string change = "[strategy] min_spread: 0.0002 -> 0.0004";
  EXPECT_THAT(here.run("explain s --level bid:1").out, HasSubstr(" reload: " + change));
  const std::string after = here.run("explain s --at +40").out;
  EXPECT_THAT(after, HasSubstr("spread      0.0004 to 0.0012"));
  EXPECT_THAT(after, HasSubstr("reload      at 2024-01-01T00:00:30"));
  const std::string before = here.run("explain s --at +20").out;
  EXPECT_THAT(before, HasSubstr("spread      0.0002 to 0.0006"));
  EXPECT_THAT(before, testing::Not(HasSubstr("reload")));
  EXPECT_THAT(here.run("explain s --order all").out, HasSubstr(" reload: " + change));
  EXPECT_EQ(here.run("report s").exit_code, 0);
  EXPECT_THAT(test::read_file(here.path("s/report.html")),
              HasSubstr("2024-01-01T00:00:30.000000000Z: " + change));
}

}  // namespace
}  // namespace mm::app
