// What counts as quoted, from outside: a side that ought to have an order, by the venue's book.
#include "sim/faults/quoting_watch.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "engine/app/config/sim_setup.h"
#include "engine/app/soak/checked_run.h"

namespace mm {
namespace {

using sim::Bare;
using sim::Fault;
using sim::FaultKind;
using sim::FaultPlan;
using sim::QuotingTimes;

constexpr Nanos kStart{1'704'067'200 * kSecond.v};

// One symbol for `seconds`; what its two sides did with the time.
QuotingTimes times(std::int64_t seconds, const FaultPlan& plan, std::vector<std::string> sets) {
  const app::ConfigLoad load = app::parse_config("", "test", sets);
  EXPECT_EQ(load.error, "");
  const auto instruments = app::simulated_instruments(load.config);
  const auto venue = app::make_sim_venue(load.config, instruments);
  app::CheckedRun run(load.config, instruments, *venue, plan);
  run.begin(kStart);
  run.advance(kStart + kSecond * seconds);
  const QuotingTimes result = run.checker().quoting();
  run.shut_down();
  EXPECT_FALSE(run.checker().violated()) << run.checker().first().text.data();
  return result;
}
Nanos wait(const QuotingTimes& q, QuoteReason reason) {
  return q.waits[static_cast<std::size_t>(reason)];
}
Nanos bare(const QuotingTimes& q, Bare cause) {
  return q.bare[static_cast<std::size_t>(cause)];
}
std::string causes(const QuotingTimes& q) {
  std::string text;
  for (std::size_t k = 0; k < q.bare.size(); ++k) {
    text += fmt::format("{} {} ms\n", name(static_cast<Bare>(k)), q.bare[k].v / kMillisecond.v);
  }
  return text;
}
Nanos all(const QuotingTimes& q) {
  Nanos sum = q.faults + q.recovering + q.due;
  for (const Nanos t : q.waits) sum += t;
  return sum;
}

TEST(QuotingWatch, AllTimeIsFaultsWaitsRecoveringOrDue) {
  const QuotingTimes q =
      times(300, {{.kind = FaultKind::kSessionDown, .begin = kSecond * 60, .end = kSecond * 90}},
            {"market.scenario=lively"});
  EXPECT_NEAR(static_cast<double>(all(q).v), 2 * 300e9, 1e9);
  Nanos causes{};
  for (const Nanos t : q.bare) causes += t;
  EXPECT_LE((q.due - q.stood - causes).v, kSecond.v);  // but for a request still under way
  // Thirty seconds, what reconciling takes, five to heal and five at the start; both sides.
  EXPECT_GE(q.faults, kSecond * 2 * 35);
  EXPECT_LE(q.faults, kSecond * 2 * 50);
}

// The shipped configuration, nothing excused: round trips and resets count against it.
TEST(QuotingWatch, ACalmMarketIsQuotedForNineHundredAndNinetyNineThousandths) {
  const QuotingTimes q = times(3600, {}, {"market.scenario=calm"});
  EXPECT_GE(q.due, kSecond * 2 * 3580);
  EXPECT_GE(q.stood.v, q.due.v / 1000 * 999);
}

TEST(QuotingWatch, OneOrderASideTakenAgainAndAgainIsTheLinksTimeNotTheEngines) {
  const QuotingTimes q = times(1800, {},
                               {"strategy.target_orders_per_side=1", "strategy.min_spread=0.0002",
                                "strategy.max_spread=0.0002", "strategy.modify_threshold=0.0001",
                                "simulator.order_latency_us=100000", "risk.max_price_change=0",
                                "risk.max_position_notional=1000000",
                                "execution.modify_rate_limit=40", "risk.max_daily_loss=1000000"});
  EXPECT_GT(bare(q, Bare::kRequestUnderWay), kSecond);
  EXPECT_LT(q.stood.v, q.due.v / 1000 * 999);
  EXPECT_LT(bare(q, Bare::kIdle) + bare(q, Bare::kOutOfReach) + bare(q, Bare::kInDoubt), kSecond)
      << causes(q);
}

TEST(QuotingWatch, ANamedWaitIsNoQuotingTimeEvenWhileOrdersStand) {
  const QuotingTimes q = times(300, {}, {"strategy.fill_pause_ms=2000"});
  EXPECT_GT(wait(q, QuoteReason::kFillPause), kSecond * 2);
  EXPECT_EQ(wait(q, QuoteReason::kQuoting), Nanos(0));
}

}  // namespace
}  // namespace mm
