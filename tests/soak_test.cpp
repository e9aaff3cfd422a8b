// The soak: seeds that end clean and repeat to the bit, and checkers that notice a broken core.
#include <gmock/gmock.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "engine/app/config/config_change.h"
#include "engine/app/config/core_setup.h"
#include "engine/app/config/sim_setup.h"
#include "engine/app/soak/checked_run.h"
#include "engine/app/soak/soak_config.h"
#include "engine/app/soak/soak_journal.h"
#include "engine/app/soak/soak_reloads.h"
#include "engine/app/soak/soak_report.h"
#include "engine/app/soak/soak_seed.h"
#include "tests/e2e_support.h"

namespace mm {
namespace {

using app::run_seed;
using app::SeedResult;
using sim::Check;
using sim::Fault;
using sim::FaultKind;
using sim::FaultPlan;
using testing::HasSubstr;

constexpr Nanos kTenMinutes{600 * kSecond.v};
constexpr Nanos kStart{1'704'067'200 * kSecond.v};

// --- seeds --------------------------------------------------------------------------------------

class SoakSeeds : public testing::TestWithParam<std::uint64_t> {};

TEST_P(SoakSeeds, EndClean) {
  constexpr std::uint64_t kBlock = 10;
  for (std::uint64_t seed = GetParam(); seed < GetParam() + kBlock; ++seed) {
    const SeedResult result = run_seed(seed, kTenMinutes);
    EXPECT_TRUE(result.ok()) << app::violation_text(result);
    EXPECT_EQ(result.faults_skipped, 0u);
  }
}
INSTANTIATE_TEST_SUITE_P(From, SoakSeeds, testing::Range<std::uint64_t>(1, 201, 10));

TEST(Soak, ASeedRepeatsToTheBitAndAnotherDoesNot) {
  const SeedResult first = run_seed(7, kTenMinutes), again = run_seed(7, kTenMinutes);
  EXPECT_EQ(first.output_hash, again.output_hash);
  EXPECT_EQ(first.events, again.events);
  EXPECT_EQ(first.faults, again.faults);
  EXPECT_NE(run_seed(8, kTenMinutes).output_hash, first.output_hash);
}

TEST(Soak, EnginesDieAndTheNextStartAdoptsTheirOrdersOrCancelsThem) {
  for (const bool adopts : {true, false}) {
    const std::vector<std::string> sets{std::string("order_management.own_orders_at_start=") +
                                        (adopts ? "adopt" : "cancel")};
    int killed = 0;
    std::uint64_t adopted = 0;
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
      const SeedResult result = run_seed(seed, kTenMinutes, sets);
      EXPECT_TRUE(result.ok()) << result.error << app::violation_text(result);
      EXPECT_GE(result.duration, kTenMinutes);
      EXPECT_EQ(test::count_of(app::seed_text(result, kTenMinutes, sets), "a person's"),
                result.acts);
      killed += result.killed != Nanos{} ? 1 : 0;
      adopted += result.adopted;
    }
    EXPECT_GT(killed, 1);
    EXPECT_EQ(adopted > 0, adopts);
  }
}

TEST(Soak, EnginesTakeOtherConfigurationsOverAsTheyRun) {
  std::uint64_t reloads = 0;
  for (std::uint64_t seed = 1; seed <= 8; ++seed) reloads += run_seed(seed, kTenMinutes).reloads;
  EXPECT_GT(reloads, 4u);
  SeedResult seed;
  seed.seed = 3;
  seed.reloads = 3;
  EXPECT_THAT(app::seed_text(seed, kTenMinutes), HasSubstr(" s: reload: [strategy] "));
  app::SoakTotals totals;
  totals.add(seed);
  EXPECT_THAT(to_text(totals), HasSubstr("reloads          3\n"));
}

TEST(Soak, JournalsOfOneSeedInEightAreReplayedWithTheirRestartsAndReloads) {
  bool died = false, reloaded = false;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    if (!app::is_journaled(seed)) continue;
    const SeedResult result = run_seed(seed, kTenMinutes);
    EXPECT_TRUE(result.ok()) << app::violation_text(result);
    EXPECT_GT(result.events, 0u);
    EXPECT_EQ(result.replayed, result.events);
    died |= result.killed != Nanos{};
    reloaded |= result.reloads > 0;
  }
  EXPECT_TRUE(died && reloaded);
  EXPECT_EQ(run_seed(7, kTenMinutes).replayed, 0u);
}

TEST(Soak, AJournalThatGivesOtherCommandsOrLacksEventsIsSeen) {
  const app::Config config = app::parse_config("", "test").config;
  const auto instruments = app::simulated_instruments(config);
  Event event{};
  event.kind = EventKind::kBatchEnd;
  event.time = kStart;
  app::SoakJournal same, less, other;
  for (app::SoakJournal* journal : {&same, &less, &other}) {
    ASSERT_EQ(journal->open(config, instruments, {}), "");
  }
  same.writer().append(event, 0);
  EXPECT_EQ(same.replay(1), "");
  less.writer().append(event, 0);
  EXPECT_EQ(less.replay(2), "1 records of 2 events");
  other.writer().append(event, 12345);
  EXPECT_THAT(other.replay(1), HasSubstr("commands hash to"));
}

TEST(Soak, RandomReloadsAreAllValidAndLive) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    const std::vector<std::string> sets = app::random_sets(seed);
    const app::Config config = app::parse_config("", "soak", sets).config;
    const app::SoakReloads reloads = app::random_reloads(seed, kTenMinutes, sets, {});
    EXPECT_EQ(reloads.error, "") << seed;
    for (const app::SoakReload& reload : reloads.due) {
      EXPECT_GT(reload.at, Nanos(0));
      EXPECT_LT(reload.at, kTenMinutes);
      const auto changes = app::config_changes(config, reload.next);
      EXPECT_FALSE(changes.empty()) << seed;
      EXPECT_TRUE(app::all_live(changes)) << seed << ": " << app::changes_text(changes);
    }
  }
}

TEST(Soak, RandomConfigurationsAreAllValid) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    const app::ConfigLoad load = app::parse_config("", "soak", app::random_sets(seed));
    EXPECT_EQ(load.error, "") << seed;
  }
  EXPECT_EQ(app::random_sets(5), app::random_sets(5));
  EXPECT_NE(app::random_sets(5), app::random_sets(6));
}

TEST(Soak, RandomPlansKnowEveryFaultAndKeepToTheirTime) {
  std::array<int, sim::kFaultKinds> seen{};
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    for (const Fault& f : sim::random_plan({seed, kSecond * 15, kSecond * 500, 3})) {
      ++seen[static_cast<std::size_t>(f.kind)];
      EXPECT_GE(f.begin, kSecond * 15);
      EXPECT_LT(f.begin, f.end);
      EXPECT_LE(f.end, kSecond * 500);
      EXPECT_TRUE(f.instrument < 3 || f.instrument == sim::kEveryInstrument);
    }
  }
  const sim::FaultKinds kinds = sim::simulated_faults();
  for (std::size_t k = 0; k < seen.size(); ++k) {
    EXPECT_EQ(seen[k] > 0, kinds[k]) << sim::name(static_cast<FaultKind>(k));
  }
}

TEST(Soak, APlanInTurnLeavesNoKindOut) {
  const sim::FaultKinds kinds = sim::wire_faults() & ~sim::lasting_faults();
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    sim::FaultKinds seen;
    for (const Fault& f : sim::random_plan({.seed = seed,
                          .quiet = kSecond * 10,
                          .end = kSecond * 1620,
                          .instruments = 1,
                          .kinds = kinds,
                          .in_turn = true})) {
      seen.set(static_cast<std::size_t>(f.kind));
    }
    EXPECT_EQ(seen, kinds) << "not seen: " << sim::names(kinds & ~seen, ", ");
  }
}

TEST(SoakMode, CountsSeedsHoursAndFaults) {
  const test::Scratch here;
  const test::Ran ran = here.run("soak --seeds 1..4 --jobs 2");
  EXPECT_EQ(ran.exit_code, 0) << ran.out;
  EXPECT_THAT(ran.out, HasSubstr("seeds            4\n"));
  EXPECT_THAT(ran.out, HasSubstr("session_down"));
  EXPECT_THAT(ran.out, HasSubstr("violations       0\n"));
}

TEST(SoakMode, ShowsWhatASeedStandsFor) {
  const test::Scratch here;
  const test::Ran ran = here.run("soak --seeds 7 --verbose");
  EXPECT_EQ(ran.exit_code, 0) << ran.out;
  EXPECT_THAT(ran.out, HasSubstr("--set 'market.seed=7'"));
  EXPECT_THAT(ran.out, HasSubstr("output hash"));
  EXPECT_EQ(here.run("soak --seeds 7..7 --verbose").out.substr(0, 2000), ran.out.substr(0, 2000));
}

TEST(SoakMode, KeysOfTheUserHoldForEverySeedAndAreToldAgain) {
  const test::Scratch here;
  std::ofstream(here.path("mine.ini")) << "[strategy]\ntarget_orders_per_side = 2\n";
  const test::Ran ran = here.run(
      "soak --seeds 1..3 --verbose -c mine.ini --set venue.symbols=ETHUSDT --json out.json");
  EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("--set 'strategy.target_orders_per_side=2'"));
  EXPECT_THAT(ran.out, HasSubstr("--set 'venue.symbols=ETHUSDT'"));
  const test::JsonFile json(here.path("out.json"));
  EXPECT_EQ(json.integer("/seeds") + json.integer("/left_out"), 3);
  EXPECT_EQ(json.integer("/violations"), 0);
  EXPECT_GT(json.integer("/faults_injected"), 0);
  EXPECT_EQ(json.keys("/faults").size(), sim::simulated_faults().count());
}

TEST(SoakMode, RefusesKeysThatAreNoneAndLeavesOutSeedsTheyDoNotGoWith) {
  const test::Scratch here;
  EXPECT_EQ(here.run("soak --seeds 1 --set strategy.nothing=1").exit_code, 2);
  EXPECT_EQ(here.run("soak --seeds 1 -c absent.ini").exit_code, 2);
  // Alone it is valid; beside a random max_spread it is not.
  const test::Ran ran = here.run("soak --seeds 1..2 --set strategy.min_spread=0.0039");
  EXPECT_THAT(ran.out, HasSubstr("left out"));
}

TEST(SoakTotals, AreCleanOnlyIfEnoughOfTheDueTimeIsQuoted) {
  app::SoakTotals totals;
  SeedResult seed;
  seed.quoting.due = app::SoakTotals::kJudgedFrom;
  seed.quoting.stood = seed.quoting.due - kSecond * 36;
  totals.add(seed);
  EXPECT_TRUE(totals.clean());
  EXPECT_THAT(to_text(totals), HasSubstr("quoted %           99.9\n"));
  seed.quoting.stood -= kSecond * 4;
  app::SoakTotals less;
  less.add(seed);
  EXPECT_FALSE(less.clean());
  EXPECT_THAT(to_text(less), HasSubstr("(less than 99.9)"));
  // What is on its way is the link's.
  seed.quoting.bare[static_cast<std::size_t>(sim::Bare::kNewsUnderWay)] = kSecond * 40;
  app::SoakTotals linked;
  linked.add(seed);
  EXPECT_TRUE(linked.clean());
}

TEST(SoakMode, StoppedEarlySaysHowManySeedsWereRun) {
  const test::Scratch here;
  test::Running soak(here, {"soak", "--seeds", "1..100000", "--verbose", "--json", "out.json"},
                     "dumb");
  ASSERT_TRUE(soak.read_until("output hash")) << soak.output();
  soak.signal(SIGINT);
  ASSERT_TRUE(soak.read_to_end()) << soak.output();
  EXPECT_EQ(soak.exit_code(), 0) << "as any mode that was stopped in order and found nothing wrong";
  EXPECT_THAT(soak.output(), HasSubstr(" of 100000 seeds run; stopped\r\n"));
  const test::JsonFile json(here.path("out.json"));
  EXPECT_EQ(json.integer("/seeds_wanted"), 100'000);
  EXPECT_GT(json.integer("/seeds"), 0);
  EXPECT_LT(json.integer("/seeds"), 100'000);
}

TEST(SoakTotals, ThatAreOfAllSeedsAreNotCalledStopped) {
  app::SoakTotals totals;
  totals.seeds_wanted = 3;
  totals.seeds = 2;
  EXPECT_THAT(to_text(totals), HasSubstr("seeds            2 of 3 seeds run; stopped\n"));
  totals.left_out = 1;
  EXPECT_THAT(to_text(totals), HasSubstr("seeds            2\n"));
}

TEST(SoakMode, RefusesSeedsItCannotRead) {
  const test::Scratch here;
  for (const char* seeds : {"x", "1..", "..2", "5..4", "1..2..3", "-1..2"}) {
    const test::Ran ran = here.run(std::string("soak --seeds ") + seeds);
    EXPECT_EQ(ran.exit_code, 2) << seeds;
  }
}

// --- broken cores -------------------------------------------------------------------------------

// A core that is told something else than happened: as wrong as the mistake it stands for.
template <class Mistake>
struct BrokenCore : Core {
  explicit BrokenCore(const CoreConfig& config) : Core(Mistake::config(config)) {}

  void on(const Event& event, CommandBuffer& out) {
    Event told = event;
    for (int times = mistake.change(told, *this); times > 0; --times) Core::on(told, out);
  }
  Mistake mistake;
};
struct Correct {
  static CoreConfig config(const CoreConfig& c) { return c; }
  int change(Event&, const Core&) { return 1; }  // how often the core hears of it
};
Fault fault(FaultKind kind, std::int32_t per_million = 1'000'000) {
  return {.kind = kind,
          .begin = kSecond * 10,
          .end = kSecond * 60,
          .per_million = per_million,
          .delay_max = kSecond * 2};
}
using Counts = std::array<std::uint64_t, sim::kChecks>;
Counts counts_of(const sim::Checker& checker) {
  Counts counts{};
  for (std::size_t k = 0; k < counts.size(); ++k) {
    counts[k] = checker.violations(static_cast<Check>(k));
  }
  return counts;
}
void expect_none(const Counts& counts) {
  for (std::size_t k = 0; k < counts.size(); ++k) {
    EXPECT_EQ(counts[k], 0u) << name(static_cast<Check>(k));
  }
}
// How often each checker found the core with this mistake broken, in five minutes.
template <class Mistake>
Counts found(const FaultPlan& plan, std::vector<std::string> sets = {}) {
  const app::ConfigLoad load = app::parse_config("", "test", sets);
  EXPECT_EQ(load.error, "");
  const auto instruments = app::simulated_instruments(load.config);
  const auto venue = app::make_sim_venue(load.config, instruments);
  app::CheckedRunOf<BrokenCore<Mistake>> run(load.config, instruments, *venue, plan);
  run.begin(kStart);
  run.advance(kStart + kSecond * 300);
  run.shut_down();
  return counts_of(run.checker());
}
std::uint64_t of(const Counts& counts, Check check) {
  return counts[static_cast<std::size_t>(check)];
}

TEST(Checkers, ARightCoreBreaksNothing) {
  const auto counts =
      found<Correct>({fault(FaultKind::kAnswerLost, 300'000), fault(FaultKind::kBookGap, 50'000)});
  expect_none(counts);
}

// A network error taken for a refusal.
struct TakesUnknownForRejected : Correct {
  int change(Event& e, const Core&) {
    const auto place = static_cast<std::uint8_t>(CommandKind::kPlace);
    if (e.kind == EventKind::kOutcomeUnknown && e.failure.command == place) {
      e.kind = EventKind::kRejected;
    }
    return 1;
  }
};
TEST(Checkers, SeeAnOrderThatWasForgotten) {
  const auto counts = found<TakesUnknownForRejected>({fault(FaultKind::kAnswerLost)},
                                                     {"order_management.modification_timeout=3"});
  EXPECT_GT(of(counts, Check::kStrayOrder), 0u);
}

struct ForgetsCancels : Correct {  // a cancel sent is an order gone
  int change(Event& e, const Core& core) {
    if (e.kind != EventKind::kOutcomeUnknown) return 1;
    if (e.failure.command != static_cast<std::uint8_t>(CommandKind::kCancel)) return 1;
    for (const Order& o : core.orders().rows()) {
      if (o.id != e.failure.id) continue;
      const RequestFailure failure = e.failure;
      e.kind = EventKind::kCanceled;
      e.report = {};
      e.report.id = failure.id;
      e.report.lots = o.filled;
    }
    return 1;
  }
};
TEST(Checkers, SeeACancelThatWasBelievedTooEarly) {
  const auto counts = found<ForgetsCancels>(
      {fault(FaultKind::kCancelIgnored)},
      {"order_management.reset_interval=15", "order_management.modification_timeout=3"});
  EXPECT_GT(of(counts, Check::kStrayOrder), 0u);
}

struct CountsFillsTwice : Correct {  // by another trade id, as if it were another
  int change(Event& e, const Core&) {
    if (e.kind == EventKind::kFilled) e.fill.trade_id = TradeId(++next);
    return 1;
  }
  std::uint64_t next = 0;
};
TEST(Checkers, SeeAFillThatIsCountedTwice) {
  const auto counts = found<CountsFillsTwice>({fault(FaultKind::kReportRepeated)});
  EXPECT_GT(of(counts, Check::kDoubleFill) + of(counts, Check::kPosition), 0u);
}

struct LosesFills : Correct {
  int change(Event& e, const Core&) {
    return e.kind == EventKind::kFilled && ++fills % 8 == 0 ? 0 : 1;
  }
  int fills = 0;
};
TEST(Checkers, SeeAFillThatIsLost) {
  EXPECT_GT(of(found<LosesFills>({}), Check::kPosition), 0u);
}

struct IgnoresGaps : Correct {  // numbers the messages as if none were missing
  int change(Event& e, const Core&) {
    if (e.kind == EventKind::kBookStale) return 0;
    if (e.kind == EventKind::kBookBegin) ++sequence;
    if (e.kind == EventKind::kBookBegin || e.kind == EventKind::kBookLevels) e.sequence = sequence;
    return 1;
  }
  std::uint32_t sequence = 0;
};
TEST(Checkers, SeeAQuoteOnABrokenBook) {
  const auto counts = found<IgnoresGaps>({fault(FaultKind::kBookGap, 50'000)});
  EXPECT_GT(of(counts, Check::kStaleQuote), 0u);
}

struct IgnoresAge : Correct {
  static CoreConfig config(CoreConfig c) {
    c.account.max_data_age = kSecond * 3600;
    for (InstrumentConfig& i : c.instruments) i.risk.max_data_age = kSecond * 3600;
    return c;
  }
};
TEST(Checkers, SeeAQuoteOnOldData) {
  const auto counts =
      found<IgnoresAge>({fault(FaultKind::kMarketSilent)}, {"order_management.reset_interval=15"});
  EXPECT_GT(of(counts, Check::kStaleQuote), 0u);
}

// Nothing is filled, nothing is due: it sends nothing, and leaves what rests.
TEST(Checkers, SeeOrdersThatAreLeftOnASilentMarket) {
  const auto counts = found<IgnoresAge>({fault(FaultKind::kMarketSilent)},
                                        {"order_management.reset_interval=0",
                                         "strategy.min_spread=0.01", "strategy.max_spread=0.02"});
  EXPECT_GT(of(counts, Check::kStaleQuote), 0u);
  EXPECT_EQ(of(counts, Check::kStrayOrder), 0u);
}

struct BelievesTheFeedIsUp : Correct {  // and that its book is whole
  int change(Event& e, const Core&) {
    return e.kind == EventKind::kBookStale || (e.kind == EventKind::kFeedStatus && e.feed.up == 0)
               ? 0
               : 1;
  }
};
TEST(Checkers, SeeOrdersThatAreLeftOnAFeedThatIsDown) {
  const auto counts =
      found<BelievesTheFeedIsUp>({fault(FaultKind::kFeedDown)},
                                 {"order_management.reset_interval=0", "strategy.min_spread=0.01",
                                  "strategy.max_spread=0.02", "risk.max_data_age_ms=3600000"});
  EXPECT_GT(of(counts, Check::kStaleQuote), 0u);
}

struct IgnoresSessions : Correct {
  int change(Event& e, const Core&) {
    if (e.kind == EventKind::kSessionStatus) {
      e.session.state = SessionState::kUp;
      e.session.symbol_trading = 1;
    }
    return 1;
  }
};
TEST(Checkers, SeeAQuoteWithoutASession) {
  EXPECT_GT(of(found<IgnoresSessions>({fault(FaultKind::kSymbolHalted)}), Check::kSessionQuote),
            0u);
}

struct IgnoresRetryAfter : Correct {
  int change(Event& e, const Core&) {
    if (reports_failure(e.kind)) e.failure.retry_after = Nanos(0);
    return 1;
  }
};
TEST(Checkers, SeeARequestBeforeRetryAfter) {
  EXPECT_GT(of(found<IgnoresRetryAfter>({fault(FaultKind::kRateLimited)}), Check::kRetryAfter), 0u);
}

struct HasTwiceTheLimits : Correct {
  static CoreConfig config(CoreConfig c) {
    for (InstrumentConfig& i : c.instruments) {
      i.risk.max_position_notional = i.risk.max_position_notional * 2;
      i.risk.max_order_count *= 4;
    }
    c.account.max_order_count *= 4;
    c.orders.modify_rate_limit *= 4;
    return c;
  }
};
TEST(Checkers, SeeMoreExposureThanTheLimit) {
  const auto counts = found<HasTwiceTheLimits>({}, {"risk.max_position_notional=2000"});
  EXPECT_GT(of(counts, Check::kExposure), 0u);
}
TEST(Checkers, SeeMoreRequestsThanTheLimit) {
  const auto counts = found<HasTwiceTheLimits>(
      {}, {"execution.modify_rate_limit=1", "strategy.modify_threshold=0.0001"});
  EXPECT_GT(of(counts, Check::kRateLimit), 0u);
}
TEST(Checkers, SeeMoreOrdersThanTheLimit) {
  const auto counts = found<HasTwiceTheLimits>({}, {"risk.max_order_count=2"});
  EXPECT_GT(of(counts, Check::kBounded), 0u);
}

// Not that of the lowest fair value there ever was: the market has left it behind.
TEST(Checkers, ALimitInQuoteIsThatOfTheLastMinuteWhereNothingKeepsCancelsFromTheVenue) {
  const app::ConfigLoad load = app::parse_config("", "test", {});
  const auto instruments = app::simulated_instruments(load.config);
  const auto venue = app::make_sim_venue(load.config, instruments);
  app::CheckedRun run(load.config, instruments, *venue, {});
  run.begin(kStart);
  const InstrumentConfig& config = run.core().instrument(0).config;
  const PositionLimit limit(config.risk, config.instrument);
  std::vector<HalfTicks> fair;
  for (std::int64_t s = 1; s <= 600; ++s) {
    run.advance(kStart + kSecond * s);
    fair.push_back(run.core().instrument(0).fair);
    if (s < 100) continue;
    const HalfTicks lowest = *std::min_element(fair.end() - 65, fair.end());
    // Between two of these looks the market moves as well.
    EXPECT_LE(run.checker().limit(0), limit.at(lowest - HalfTicks(lowest.v / 500))) << s;
  }
  run.shut_down();
}

struct IgnoresReloads : Correct {
  int change(Event& e, const Core&) {
    const bool reload = e.kind == EventKind::kControl && e.control.code == ControlCode::kReload;
    return reload ? 0 : 1;
  }
};
// The limits of `after` from the second minute on.
template <class Mistake>
Counts found_after(const std::vector<std::string>& after) {
  const app::Config config = app::parse_config("", "test").config;
  const auto instruments = app::simulated_instruments(config);
  const auto venue = app::make_sim_venue(config, instruments);
  app::CheckedRunOf<BrokenCore<Mistake>> run(config, instruments, *venue, {});
  run.begin(kStart);
  run.advance(kStart + kSecond * 60);
  const app::ConfigLoad load = app::parse_config("", "test", after);
  EXPECT_EQ(load.error, "");
  const CoreConfig next = app::make_core_config(load.config, instruments);
  run.core_to_reload().offer(next);
  run.take_up_reload(next);
  run.advance(kStart + kSecond * 300);
  run.shut_down();
  return counts_of(run.checker());
}
TEST(Checkers, SeeAReloadThatWasIgnored) {
  const std::vector<std::string> less{"risk.max_position_notional=1500", "risk.max_order_count=2",
                                      "execution.modify_rate_limit=1"};
  const auto broken = found_after<IgnoresReloads>(less);
  EXPECT_GT(of(broken, Check::kExposure), 0u);
  EXPECT_GT(of(broken, Check::kBounded), 0u);
  expect_none(found_after<Correct>(less));
}

// --- limits that stop everything, and those of one order
// ------------------------------------------

struct LosesWithoutLimit : Correct {
  static CoreConfig config(CoreConfig c) {
    c.account.max_daily_loss = c.account.max_drawdown = Money(0);
    for (InstrumentConfig& i : c.instruments) {
      i.risk.max_daily_loss = i.risk.max_drawdown = Money(0);
    }
    return c;
  }
};
TEST(Checkers, SeeAQuoteAfterALossBeyondTheLimit) {
  const std::vector<std::string> near{"strategy.min_spread=0.0001", "strategy.max_spread=0.001"};
  for (const char* limit : {"risk.max_daily_loss=1", "risk.max_drawdown=1"}) {
    std::vector<std::string> sets = near;
    sets.emplace_back(limit);
    EXPECT_GT(of(found<LosesWithoutLimit>({}, sets), Check::kLossLimit), 0u) << limit;
    expect_none(found<Correct>({}, sets));
  }
  // Of an instrument alone, while the account has lost less than it may.
  const std::vector<std::string> own{"strategy.min_spread=0.0001", "strategy.max_spread=0.001",
                                     "symbol ETHUSDT.max_daily_loss=1"};
  EXPECT_GT(of(found<LosesWithoutLimit>({}, own), Check::kLossLimit), 0u);
}

struct MovesWithoutLimit : Correct {
  static CoreConfig config(CoreConfig c) {
    for (InstrumentConfig& i : c.instruments) i.risk.max_price_change = Ratio(0);
    return c;
  }
};
struct CoolsDownAtOnce : Correct {
  static CoreConfig config(CoreConfig c) {
    for (InstrumentConfig& i : c.instruments) i.risk.risk_cooldown = kSecond;
    return c;
  }
};
TEST(Checkers, SeeAQuoteInTheCoolDownAfterAMoveOfThePrice) {
  const std::vector<std::string> sets{"market.scenario=jumpy", "risk.max_price_change=0.004",
                                      "risk.price_change_window=5", "risk.risk_cooldown=20"};
  EXPECT_GT(of(found<MovesWithoutLimit>({}, sets), Check::kPriceMove), 0u);
  EXPECT_GT(of(found<CoolsDownAtOnce>({}, sets), Check::kPriceMove), 0u);
  expect_none(found<Correct>({}, sets));
}

// Each limit of one order is broken by a core that does not know of it.
template <auto Limit>
struct KnowsNoLimit : Correct {
  static CoreConfig config(CoreConfig c) {
    for (InstrumentConfig& i : c.instruments) Limit(i);
    return c;
  }
};
template <auto Limit>
void expect_seen(const std::vector<std::string>& sets) {
  EXPECT_GT(of(found<KnowsNoLimit<Limit>>({}, sets), Check::kPreTrade), 0u) << sets.front();
  expect_none(found<Correct>({}, sets));
}
TEST(Checkers, SeeAnOrderOutOfBounds) {
  expect_seen<[](InstrumentConfig& i) { i.risk.price_collar = Ratio(kRatioScale); }>(
      {"risk.price_collar=0.003"});
  expect_seen<[](InstrumentConfig& i) { i.risk.max_order_notional = Money(0); }>(
      {"risk.max_order_notional=500"});
  expect_seen<[](InstrumentConfig& i) { i.strategy.min_spread = ratio_ppm(500); }>(
      {"strategy.min_spread=0.001"});
  expect_seen<[](InstrumentConfig& i) { i.strategy.price_floor = Amount(0); }>(
      {"strategy.price_floor=3015"});
  expect_seen<[](InstrumentConfig& i) { i.strategy.price_ceiling = Amount(0); }>(
      {"strategy.price_ceiling=2985"});
  expect_seen<[](InstrumentConfig& i) { i.strategy.max_market_spread = Ratio(kRatioScale); }>(
      {"strategy.max_market_spread=0.00001", "market.spread_ticks=4"});
}
TEST(Checkers, SeeMoreOrdersOfASymbolThanItsOwnLimit) {
  const std::vector<std::string> sets{"symbol ETHUSDT.max_order_count=2"};
  EXPECT_GT(of(found<HasTwiceTheLimits>({}, sets), Check::kBounded), 0u);
  expect_none(found<Correct>({}, sets));
}

// It says that it has stopped as soon as it is told to.
struct StopsAtOnce : Core {
  using Core::Core;
  bool stopped() const { return told; }
  void on(const Event& event, CommandBuffer& out) {
    told |= event.kind == EventKind::kControl && event.control.code == ControlCode::kShutdown;
    Core::on(event, out);
  }
  bool told = false;
};
TEST(Checkers, SeeAShutdownThatIsOverBeforeItsOrdersAreGone) {
  const app::Config config = app::parse_config("", "test").config;
  const auto instruments = app::simulated_instruments(config);
  const auto venue = app::make_sim_venue(config, instruments);
  app::CheckedRunOf<StopsAtOnce> run(config, instruments, *venue, {});
  run.begin(kStart);
  run.advance(kStart + kSecond * 60);
  run.shut_down();
  EXPECT_GT(of(counts_of(run.checker()), Check::kFlat), 0u);
}

struct BelievesItIsRich : Correct {
  int change(Event& e, const Core&) {
    if (e.kind == EventKind::kBalance) e.balance.free = e.balance.free * 4;
    return 1;
  }
};
TEST(Checkers, SeeARequestThatTheBalanceDoesNotPay) {
  EXPECT_GT(of(found<BelievesItIsRich>({}, {"simulator.balance_quote=800"}), Check::kFunds), 0u);
}
TEST(Checkers, SeeNoneWhereTheBalanceIsShort) {
  for (const char* fee : {"quote", "base", "BNB"}) {
    const auto counts =
        found<Correct>({}, {"simulator.balance_quote=1500", "simulator.balance_base=0.5",
                            std::string("fees.asset=") + fee});
    for (std::size_t k = 0; k < counts.size(); ++k) {
      EXPECT_EQ(counts[k], 0u) << name(static_cast<Check>(k)) << ", fees in " << fee;
    }
  }
}

// --- waits that are none ------------------------------------------------------------------------

struct BelievesItIsPoor : Correct {
  int change(Event& e, const Core&) {
    if (e.kind == EventKind::kBalance) e.balance.free = e.balance.locked = Amount(0);
    return 1;
  }
};
struct BelievesTheWindowIsFull : Correct {
  int change(Event& e, const Core&) {
    if (e.kind == EventKind::kRateUsage) {
      e.rate.orders_used = e.rate.orders_limit;
      e.rate.orders_end = e.time + kSecond * 3600;
    }
    return 1;
  }
};
struct HasNoRoom : Correct {
  static CoreConfig config(CoreConfig c) {
    for (InstrumentConfig& i : c.instruments) i.risk.max_position = Amount(1);
    return c;
  }
};
struct MayHaveNoOrders : Correct {
  static CoreConfig config(CoreConfig c) {
    for (InstrumentConfig& i : c.instruments) i.risk.max_order_count = 0;
    return c;
  }
};
struct WarmsUpForEver : Correct {
  static CoreConfig config(CoreConfig c) {
    for (InstrumentConfig& i : c.instruments) i.strategy.warmup = kSecond * 3600;
    return c;
  }
};
struct PausesForEver : Correct {
  static CoreConfig config(CoreConfig c) {
    for (InstrumentConfig& i : c.instruments) i.strategy.fill_pause = kSecond * 3600;
    return c;
  }
};
struct HaltsAtNothing : Correct {
  static CoreConfig config(CoreConfig c) {
    for (InstrumentConfig& i : c.instruments) i.risk.max_price_change = Ratio(1);
    return c;
  }
};
struct LosesNothing : Correct {  // and stops for it
  static CoreConfig config(CoreConfig c) {
    c.account.max_drawdown = Money(1);
    return c;
  }
};

struct IsPausedByNobody : Correct {
  int change(Event& e, const Core&) {
    if (e.kind != EventKind::kTrade || std::exchange(paused, true)) return 1;
    e.kind = EventKind::kControl;
    e.control = {.code = ControlCode::kPause, .scope = PauseScope::kAll, .pad = {}};
    return 1;
  }
  bool paused = false;
};

template <class Mistake>
std::uint64_t waits_seen(std::vector<std::string> sets = {}) {
  return of(found<Mistake>({}, std::move(sets)), Check::kQuoting);
}
TEST(Checkers, BelieveNoWaitThatIsNone) {
  EXPECT_GT(waits_seen<BelievesItIsPoor>(), 0u);
  EXPECT_GT(waits_seen<BelievesTheWindowIsFull>({"execution.modify_rate_limit=1"}), 0u);
  EXPECT_GT(waits_seen<HasNoRoom>(), 0u);
  EXPECT_GT(waits_seen<MayHaveNoOrders>(), 0u);
  EXPECT_GT(waits_seen<WarmsUpForEver>(), 0u);
  EXPECT_GT(waits_seen<PausesForEver>(), 0u);
  EXPECT_GT(waits_seen<HaltsAtNothing>({"market.scenario=calm", "risk.risk_cooldown=5"}), 0u);
  EXPECT_GT(waits_seen<LosesNothing>(), 0u);
  EXPECT_GT(waits_seen<IsPausedByNobody>(), 0u);
}

struct NeverAsksAgain : Correct {  // what is unknown stays so
  int change(Event& e, const Core&) { return e.kind == EventKind::kOrderStatus ? 0 : 1; }
};
TEST(Checkers, SeeDoubtThatIsNeverSettled) {
  const auto counts = found<NeverAsksAgain>({fault(FaultKind::kRequestLost)},
                                            {"order_management.reset_interval=15"});
  EXPECT_GT(of(counts, Check::kConverged), 0u);
}

struct StaysSilent : Correct {  // believes for good that the session is reconciling
  int change(Event& e, const Core&) {
    if (e.kind != EventKind::kSessionStatus || ++told < 4) return 1;
    e.session.state = SessionState::kReconciling;
    return 1;
  }
  int told = 0;
};
TEST(Checkers, SeeThatQuotesDoNotComeBack) {
  const auto counts = found<StaysSilent>({fault(FaultKind::kSessionDown)});
  EXPECT_GT(of(counts, Check::kQuoting), 0u);
}

}  // namespace
}  // namespace mm
