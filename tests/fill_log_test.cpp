// Markouts of fills: where the mid went after each, against a slow reference and by hand.
#include "engine/report/fill_log.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "engine/core/pnl_split.h"
#include "engine/report/iso_time.h"
#include "tests/core_harness.h"

namespace mm {
namespace {

Money quote(std::int64_t cents) {
  return Money(Int128{cents} * (kMoneyScale / 100));
}
FillRow fill_at(Nanos time, Side side, std::int64_t ticks, std::int64_t lots, int level) {
  FillRow fill;
  fill.time = time;
  fill.side = side;
  fill.price = Ticks(ticks);
  fill.lots = Lots(lots);
  fill.base = base_amount(test::eth_spot(), fill.lots) * sign(side);
  fill.level = level;
  return fill;
}
constexpr HalfTicks mid_of(std::int64_t ticks) {
  return half_ticks(Ticks(ticks));
}

TEST(FillLog, TheMidAfterAHorizonIsTheLastOneUpToThen) {
  FillLog log;
  const Nanos start{1'000 * kSecond.v};
  log.on_mark(mid_of(10'000), start);
  log.add(fill_at(start, Side::kBuy, 9'990, 10'000, 0));
  log.on_mark(mid_of(10'001), start + 10 * kMillisecond);
  log.on_mark(mid_of(10'002), start + 10 * kMillisecond + Nanos(1));
  log.on_mark(mid_of(10'003), start + kSecond - Nanos(1));
  log.on_mark(mid_of(10'004), start + 30 * kSecond);
  log.finish();
  const FillRow& fill = log.rows()[0];
  EXPECT_EQ(fill.mark, mid_of(10'000));
  EXPECT_EQ(fill.later[0], mid_of(10'001)) << "at the horizon itself still counts";
  EXPECT_EQ(fill.later[1], mid_of(10'002));
  EXPECT_EQ(fill.later[2], mid_of(10'003));
  EXPECT_EQ(fill.later[3], mid_of(10'003));
  EXPECT_EQ(fill.later[4], mid_of(10'004)) << "the session ended before";
}

TEST(FillLog, AFillBeforeTheFirstMidIsJudgedFromThatOn) {
  FillLog log;
  log.add(fill_at(Nanos(0), Side::kSell, 10'010, 10'000, -1));
  log.on_mark(mid_of(10'000), 5 * kSecond);
  log.on_mark(mid_of(9'000), 5 * kSecond + 20 * kMillisecond);
  log.finish();
  EXPECT_EQ(log.rows()[0].mark, mid_of(10'000));
  EXPECT_EQ(log.rows()[0].later[0], mid_of(10'000));
  EXPECT_EQ(log.rows()[0].later[1], mid_of(9'000));
}

TEST(FillLog, MarkoutsAreSummedByLevelAndSide) {
  const Instrument eth = test::eth_spot();
  FillLog log;
  log.on_mark(mid_of(10'000), Nanos(1));
  log.add(fill_at(Nanos(2), Side::kSell, 10'030, 20'000, 1));  // 2 at 100.30
  log.add(fill_at(Nanos(2), Side::kBuy, 9'980, 10'000, 0));    // 1 at 99.80
  log.add(fill_at(Nanos(3), Side::kBuy, 9'970, 10'000, 0));
  log.on_mark(mid_of(9'950), kSecond);
  log.finish();
  const std::vector<MarkoutRow> rows = markouts(eth, log.rows());
  ASSERT_EQ(rows.size(), 5u) << "buy 0, buy, sell 1, sell, both";
  EXPECT_EQ(rows[0].side, Side::kBuy);
  EXPECT_EQ(rows[0].level, 0);
  EXPECT_EQ(rows[0].fills, 2);
  EXPECT_EQ(rows[0].notional, quote(19'950));
  EXPECT_EQ(rows[0].at_fill, quote(50));
  EXPECT_EQ(rows[0].later[0], quote(50));
  EXPECT_EQ(rows[0].later[4], quote(-50));
  EXPECT_EQ(rows[1].level, std::nullopt);
  EXPECT_EQ(rows[3].at_fill, quote(60));
  EXPECT_EQ(rows[3].later[4], quote(160));
  EXPECT_EQ(rows[4].side, std::nullopt);
  EXPECT_EQ(rows[4].fills, 3);
  EXPECT_EQ(rows[4].later[4], quote(110));
  EXPECT_TRUE(markouts(eth, {}).empty());
}

// The same horizon is in both: what they say of it must be one.
RC_GTEST_PROP(FillLogProperty, AtTheProfitsHorizonMarkoutsAreSpreadAndAdverseSelection, ()) {
  const Instrument eth = test::eth_spot();
  const auto horizon = std::ranges::find(kMarkoutHorizons, PnlSplit::kHorizon);
  const auto h = static_cast<std::size_t>(horizon - kMarkoutHorizons.begin());
  FillLog log;
  PnlSplit split(eth);
  Nanos now{};
  const int steps = *rc::gen::inRange(1, 80);
  for (int i = 0; i < steps; ++i) {
    now += Nanos(*rc::gen::inRange<std::int64_t>(0, 4)) * kSecond.v;
    const std::int64_t ticks = *rc::gen::inRange<std::int64_t>(1, 100'000);
    if (*rc::gen::arbitrary<bool>()) {
      log.on_mark(HalfTicks(ticks), now);
      split.on_mark(HalfTicks(ticks), now);
    } else {
      const Side side = *rc::gen::element(Side::kBuy, Side::kSell);
      const FillRow fill = fill_at(now, side, ticks, *rc::gen::inRange(1, 1'000), i % 3);
      log.add(fill);
      split.fill(fill.base, fill.price, now);
    }
  }
  log.finish();
  MarkoutRow all;
  for (const MarkoutRow& row : markouts(eth, log.rows())) {
    if (!row.side) all = row;
  }
  RC_ASSERT(all.at_fill == split.parts().spread_capture);
  RC_ASSERT(all.later[h] - all.at_fill == split.parts().adverse_selection);
}

TEST(IsoTime, IsUtcToTheNanosecond) {
  EXPECT_EQ(iso_time(Nanos(0)), "1970-01-01T00:00:00.000000000Z");
  EXPECT_EQ(iso_time(Nanos(1'795'421'700'123'456'789)), "2026-11-23T08:15:00.123456789Z");
}

}  // namespace
}  // namespace mm
