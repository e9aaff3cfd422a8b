// Other parameters for a running core, as its driver brings them.
#include <gtest/gtest.h>

#include "tests/core_harness.h"

namespace mm {
namespace {

using test::CoreHarness;
using test::one_instrument;

class CoreReload : public testing::Test {
 protected:
  explicit CoreReload(CoreConfig config = one_instrument()) : next_(config), core_(config) {
    core_.start_quoting();
  }
  StrategyParams& strategy() { return next_.instruments[0].strategy; }
  RiskParams& risk() { return next_.instruments[0].risk; }
  void reload() {
    core_.core.offer(next_);
    core_.control(ControlCode::kReload);
    EXPECT_FALSE(core_.core.reload_waits());
  }
  std::size_t levels(Side side) const { return core_.core.instrument(0).ladder.side(side).size(); }
  void expect_sound() const { EXPECT_EQ(core_.core.trip(), QuoteReason::kQuoting); }

  CoreConfig next_;
  CoreHarness core_;
};

TEST_F(CoreReload, TheLadderIsThatOfACoreBornWithTheParameters) {
  strategy().min_spread = ratio_ppm(5000);
  strategy().max_spread = ratio_ppm(9000);
  strategy().target_orders_per_side = 5;
  strategy().order_notional = Money(200 * kMoneyScale);
  reload();
  CoreHarness born(next_);
  born.start_quoting();
  for (const Side side : kSides) {
    const auto now = core_.core.instrument(0).ladder.side(side).quotes();
    const auto wanted = born.core.instrument(0).ladder.side(side).quotes();
    ASSERT_EQ(now.size(), 5u);
    for (std::size_t i = 0; i < now.size(); ++i) {
      EXPECT_EQ(now[i].price, wanted[i].price);
      EXPECT_EQ(now[i].lots, wanted[i].lots);
    }
  }
  EXPECT_FALSE(core_.take().empty()) << "the orders follow at once";
  expect_sound();
}

TEST_F(CoreReload, DataThatCameTooLateByTheNewLimitStopQuotesAtOnce) {
  core_.market_late_by(kMillisecond * 900);
  ASSERT_NE(core_.side(Side::kBuy).reason, QuoteReason::kOwnLag);
  risk().max_data_age = kMillisecond * 800;
  reload();
  EXPECT_EQ(core_.side(Side::kBuy).reason, QuoteReason::kOwnLag);
  expect_sound();
}

TEST_F(CoreReload, ASecondMoveWithAShorterCoolDownEndsNoHaltSooner) {
  risk().risk_cooldown = kSecond * 10;
  reload();
  core_.book(Ticks(308'999), Ticks(309'001));  // + 3 %
  core_.answer_all();
  core_.advance(kSecond);
  risk().risk_cooldown = kSecond;
  reload();
  for (int second = 1; second < 10; ++second) {
    core_.book(Ticks(299'999), Ticks(300'001));
    EXPECT_EQ(core_.side(Side::kBuy).reason, QuoteReason::kVolatilityHalt) << second;
    core_.advance(kSecond);
  }
  core_.book(Ticks(299'999), Ticks(300'001));
  EXPECT_EQ(core_.side(Side::kBuy).reason, QuoteReason::kQuoting);
  expect_sound();
}

TEST_F(CoreReload, OrdersThatAreTooManyNowGoTheOutermostFirst) {
  for (const Command& c : core_.take(CommandKind::kPlace)) core_.accept(c);
  core_.batch_end();
  core_.take();
  const std::size_t before = core_.core.orders().live_count();
  ASSERT_EQ(before, 6u);
  next_.account.max_order_count = risk().max_order_count = 5;
  reload();
  const std::vector<Command> sent = core_.take();
  ASSERT_EQ(sent.size(), 1u) << "one is too many";
  EXPECT_EQ(sent[0].kind, CommandKind::kCancel);
  const auto bids = core_.core.orders().live(0, Side::kBuy);
  EXPECT_EQ(core_.core.orders().row(bids.back()).id, sent[0].id);
  core_.canceled(sent[0]);
  core_.batch_end();
  EXPECT_TRUE(core_.take().empty()) << "and none comes back";
  expect_sound();
}

TEST_F(CoreReload, NothingIsDecidedBeforeTheEndOfTheBatch) {
  strategy().min_spread = ratio_ppm(9000);
  strategy().max_spread = ratio_ppm(9500);
  core_.take();
  core_.core.offer(next_);
  Event e = CoreHarness::event(EventKind::kControl);
  e.control.code = ControlCode::kReload;
  core_.deliver(e);
  EXPECT_TRUE(core_.take().empty());
  core_.batch_end();
  EXPECT_FALSE(core_.take().empty());
}

TEST_F(CoreReload, AReloadOfNothingChangesNothing) {
  core_.take();
  const std::uint64_t before = core_.core.state_hash();
  core_.control(ControlCode::kReload);  // without parameters
  reload();                             // with the same
  EXPECT_TRUE(core_.take().empty());
  EXPECT_EQ(core_.core.state_hash(), before);
  EXPECT_EQ(levels(Side::kBuy), 3u);
}

TEST_F(CoreReload, ATighterLimitTakesWhatIsTooMuchOffTheBook) {
  EXPECT_EQ(core_.live(Side::kBuy).size(), 3u);
  risk().max_position_notional = Money(1500 * kMoneyScale);
  reload();
  core_.answer_all();
  core_.answer_all();
  Lots sum{};
  for (const Order& o : core_.live(Side::kBuy)) sum += o.leaves();
  EXPECT_LE(sum, core_.side(Side::kBuy).room);
  EXPECT_LT(core_.live(Side::kBuy).size(), 3u);
  expect_sound();
}

TEST_F(CoreReload, TheBudgetOfRequestsIsTheNewOne) {
  next_.orders.modify_rate_limit = 3;
  reload();
  RateBudget budget = core_.core.budget();
  EXPECT_EQ(budget.capacity(), 3);
}

TEST_F(CoreReload, ResetsComeInTheNewInterval) {
  next_.orders.reset_interval = kSecond * 40;
  reload();
  EXPECT_EQ(core_.core.instrument(0).reset.due(), core_.now + kSecond * 40);
  next_.orders.reset_interval = Nanos(0);
  reload();
  EXPECT_EQ(core_.core.instrument(0).reset.due(), kNever);
  const Nanos before = core_.now;
  next_.orders.reset_interval = kSecond * 60;
  reload();
  strategy().fill_pause = kSecond;
  core_.now = before + kSecond;
  reload();
  EXPECT_EQ(core_.core.instrument(0).reset.due(), before + kSecond * 60)
      << "a reload of something else puts no reset off";
}

TEST_F(CoreReload, AShorterAgeOfDataIsJudgedAtOnce) {
  core_.now += kSecond * 2;
  core_.batch_end();
  EXPECT_EQ(core_.side(Side::kBuy).reason, QuoteReason::kQuoting);
  risk().max_data_age = kSecond;
  reload();
  EXPECT_EQ(core_.side(Side::kBuy).reason, QuoteReason::kStaleData);
}

TEST_F(CoreReload, ALimitOnLossesHoldsFromNowOn) {
  const Order bid = core_.live(Side::kBuy).front();
  core_.fill(bid, bid.lots, 1);
  core_.book(bid.price - Ticks(3001), bid.price - Ticks(2999));  // some 30 below, 1 % of it
  EXPECT_EQ(core_.core.trip(), QuoteReason::kQuoting);
  next_.account.max_daily_loss = Money(kMoneyScale);
  reload();
  EXPECT_EQ(core_.core.trip(), QuoteReason::kLossLimit);
}

TEST_F(CoreReload, AnotherStrategyTakesOver) {
  next_.instruments[0].strategy.strategy = {"touch_joiner"};
  reload();
  EXPECT_EQ(core_.core.instrument(0).strategy.name(), "touch_joiner");
  core_.answer_all();
  expect_sound();
}

TEST_F(CoreReload, RequestsInFlightGoOn) {
  strategy().min_spread = ratio_ppm(5000);
  strategy().max_spread = ratio_ppm(9000);
  reload();
  const auto amends = core_.take(CommandKind::kReplace);
  ASSERT_FALSE(amends.empty());
  strategy().min_spread = ratio_ppm(2000);
  strategy().max_spread = ratio_ppm(4000);
  reload();  // while they are on their way
  for (const Command& c : amends) core_.replaced(c);
  core_.batch_end();
  core_.answer_all();
  core_.answer_all();
  EXPECT_EQ(core_.live(Side::kBuy).size(), 3u);
  EXPECT_EQ(core_.live(Side::kSell).size(), 3u);
  expect_sound();
}

}  // namespace
}  // namespace mm
