// Orders of an earlier start that go on: kept where they fit, and otherwise like any other order.
#include <gmock/gmock.h>

#include "engine/core/order_id.h"
#include "tests/core_harness.h"

namespace mm {
namespace {

using test::CoreHarness;
using testing::IsEmpty;

constexpr Ticks kBid{299'999}, kAsk{300'001};
// The ladder around them, as of the defaults.
constexpr std::int64_t kBids[] = {299'400, 299'100, 298'800};
constexpr std::int64_t kAsks[] = {300'600, 300'900, 301'200};
constexpr Lots kSize{3'333};

// Of earlier starts; its slot is one that this start uses itself.
constexpr ClientOrderId earlier(std::uint32_t number) {
  return make_order_id({.instance = 1, .epoch = 9, .slot = 0, .generation = number});
}

class Adoption : public testing::Test {
 protected:
  static Event adopted(std::uint32_t number, Side side, std::int64_t price, Lots lots = kSize,
                       Lots executed = Lots(0)) {
    Event e = CoreHarness::event(EventKind::kAdopted);
    e.flags = side == Side::kSell ? kFlagSell : 0;
    const auto ticks = static_cast<std::int32_t>(price);
    e.adoption = {earlier(number), VenueOrderId(number), lots, executed, ticks, {}};
    return e;
  }
  void adopt(std::uint32_t number, Side side, std::int64_t price) {
    h_.deliver(adopted(number, side, price));
  }
  // As a session comes up.
  void adopt_ladder() {
    h_.session(SessionState::kReconciling);
    for (std::uint32_t n = 0; n < 3; ++n) {
      adopt(1 + n, Side::kBuy, kBids[n]);
      adopt(11 + n, Side::kSell, kAsks[n]);
    }
    h_.session(SessionState::kUp);
    h_.batch_end();
  }
  // The market is there, and says something every second.
  void pass(Nanos duration) {
    for (; duration > kSecond; duration = duration - kSecond) {
      h_.advance(kSecond);
      h_.send_book(0, false, {{kBid, Lots(100'000)}}, {});
      h_.batch_end();
    }
    h_.advance(duration);
  }
  const Order* find(std::uint32_t number) const {
    for (const Order& o : h_.core.orders().rows()) {
      if (o.state != OrderState::kFree && o.id == earlier(number)) return &o;
    }
    return nullptr;
  }
  std::vector<Command> sent(CommandKind kind) { return h_.take(kind); }

  CoreConfig config_ = test::one_instrument();
  CoreHarness h_{config_};
};

TEST_F(Adoption, OrdersThatFitAreLeftAlone) {
  adopt_ladder();
  EXPECT_EQ(h_.core.orders().exposure(0, Side::kBuy), Lots(3 * kSize.v));
  EXPECT_EQ(h_.core.lifecycle().counters().adopted, 6u);
  EXPECT_EQ(h_.side(Side::kBuy).reason, QuoteReason::kStaleData);
  h_.book(kBid, kAsk);
  EXPECT_EQ(h_.side(Side::kBuy).reason, QuoteReason::kWarmUp);
  pass(kSecond * 20);
  EXPECT_EQ(h_.side(Side::kBuy).reason, QuoteReason::kQuoting);
  EXPECT_THAT(h_.take(), IsEmpty());
  EXPECT_EQ(h_.core.orders().live_count(), 6u);
  EXPECT_EQ(h_.core.invariants().total(), 0u);
}

TEST_F(Adoption, OneThatIsOffItsLevelIsAmendedByItsOwnId) {
  h_.session(SessionState::kReconciling);
  adopt(1, Side::kBuy, 297'600);
  h_.session(SessionState::kUp);
  h_.book(kBid, kAsk);
  pass(kSecond * 6);
  const std::vector<Command> replaced = sent(CommandKind::kReplace);
  ASSERT_EQ(replaced.size(), 1u);
  EXPECT_EQ(replaced[0].id, earlier(1));
  EXPECT_EQ(replaced[0].venue_id, VenueOrderId(1));
  EXPECT_EQ(parts(replaced[0].new_id).epoch, config_.epoch);
  h_.replaced(replaced[0]);
  h_.batch_end();
  EXPECT_EQ(find(1), nullptr) << "it has a new id";
  EXPECT_EQ(h_.core.orders().live_count(0), h_.live(Side::kBuy).size() + 3);
  EXPECT_EQ(h_.core.lifecycle().counters().unmatched, 0u);
}

TEST_F(Adoption, OnesThatNoLevelWantsAreCancelled) {
  adopt_ladder();
  adopt(4, Side::kBuy, kBids[0]);  // two on one level
  adopt(5, Side::kBuy, 290'000);   // far away
  h_.book(kBid, kAsk);
  EXPECT_THAT(h_.take(), IsEmpty());
  pass(kSecond * 6);
  const std::vector<Command> all = h_.take();
  ASSERT_EQ(all.size(), 2u);
  for (const Command& c : all) EXPECT_EQ(c.kind, CommandKind::kCancel);
  h_.canceled(all[0]);
  h_.canceled(all[1]);
  h_.batch_end();
  EXPECT_EQ(h_.core.orders().live_count(), 6u);
}

TEST_F(Adoption, TheyAreNotLeftWithoutAMarket) {
  adopt_ladder();
  h_.advance(config_.instruments[0].risk.max_data_age - Nanos(1));
  EXPECT_THAT(h_.take(), IsEmpty());
  h_.advance(Nanos(1));
  EXPECT_EQ(sent(CommandKind::kCancel).size(), 6u);
  EXPECT_EQ(h_.core.invariants().total(), 0u);
}

TEST_F(Adoption, AMarketThatIsLostAgainOrAPausePullsThem) {
  adopt_ladder();
  h_.book(kBid, kAsk);
  pass(kSecond * 4);
  h_.control(ControlCode::kPause, PauseScope::kSell);
  EXPECT_EQ(sent(CommandKind::kCancel).size(), 3u);
  h_.deliver(CoreHarness::event(EventKind::kBookStale));
  h_.batch_end();
  EXPECT_EQ(sent(CommandKind::kCancel).size(), 3u);
}

TEST_F(Adoption, KillCancelsThemByTheirIds) {
  adopt_ladder();
  h_.control(ControlCode::kKill);
  const std::vector<Command> cancels = sent(CommandKind::kCancel);
  ASSERT_EQ(cancels.size(), 6u);
  EXPECT_EQ(parts(cancels[0].id).epoch, 9);
  for (const Command& c : cancels) h_.canceled(c);
  h_.batch_end();
  EXPECT_EQ(h_.core.orders().live_count(), 0u);
}

TEST_F(Adoption, ExecutionsFromBeforeAreNotCountedAgain) {
  h_.session(SessionState::kReconciling);
  h_.deliver(adopted(1, Side::kBuy, kBids[0], kSize, Lots(1'000)));
  h_.session(SessionState::kUp);
  h_.batch_end();
  EXPECT_EQ(find(1)->state, OrderState::kPartiallyFilled);
  EXPECT_EQ(h_.core.orders().exposure(0, Side::kBuy), kSize - Lots(1'000));
  EXPECT_EQ(h_.core.instrument(0).position.base(), Amount(0));
  h_.book(kBid, kAsk);
  h_.fill(*find(1), Lots(333), 7);
  h_.fill(*find(1), Lots(333), 7);  // by another channel
  h_.batch_end();
  const Instrument& instrument = h_.core.instrument(0).config.instrument;
  EXPECT_EQ(h_.core.instrument(0).position.base(), base_amount(instrument, Lots(333)));
  EXPECT_EQ(find(1)->leaves(), Lots(2'000));
  h_.fill(*find(1), Lots(2'000), 8);
  h_.batch_end();
  EXPECT_EQ(find(1)->state, OrderState::kFilled);
  EXPECT_EQ(h_.core.instrument(0).position.base(), base_amount(instrument, Lots(2'333)));
  EXPECT_EQ(h_.core.orders().live_count(), 0u);
  EXPECT_EQ(h_.core.instrument(0).counts.filled, 1u);
  EXPECT_EQ(h_.core.invariants().total(), 0u);
}

TEST_F(Adoption, WhatIsOverALimitGoesAtOnce) {
  config_.instruments[0].risk.max_position_notional = Money(2'100 * kMoneyScale);
  config_.account = config_.instruments[0].risk;
  CoreHarness h(config_);
  h.session(SessionState::kReconciling);
  for (std::uint32_t n = 0; n < 3; ++n) h.deliver(adopted(1 + n, Side::kBuy, kBids[n]));
  h.session(SessionState::kUp);
  h.book(kBid, kAsk);
  const std::vector<Command> cancels = h.take(CommandKind::kCancel);
  ASSERT_EQ(cancels.size(), 1u);
  EXPECT_EQ(cancels[0].id, earlier(3)) << "the outermost";
  EXPECT_EQ(h.core.invariants().total(), 0u);
}

// What was sent is on its way when invariants are checked: a batch that pulls the quotes is due.
TEST_F(Adoption, OrdersThatCrossEachOtherBreakAnInvariantAndGoAtOnce) {
  h_.session(SessionState::kReconciling);
  adopt(1, Side::kBuy, kAsks[0]);
  adopt(11, Side::kSell, kBids[0]);
  h_.session(SessionState::kUp);
  h_.batch_end();
  EXPECT_EQ(h_.core.invariants().violations(Invariant::kOwnCross), 1u);
  EXPECT_EQ(h_.core.trip(), QuoteReason::kHalted);
  EXPECT_EQ(h_.core.next_deadline(), h_.now);
  h_.take();
  h_.advance(Nanos(0));
  EXPECT_EQ(h_.take(CommandKind::kCancel).size(), 2u);
}

TEST_F(Adoption, OneThatFindsNoRoomIsCancelled) {
  config_.account.max_order_count = 2;  // four rows
  config_.unknown_headroom = 0;
  CoreHarness h(config_);
  h.session(SessionState::kReconciling);
  for (std::uint32_t n = 0; n < 6; ++n) h.deliver(adopted(1 + n, Side::kBuy, kBids[n % 3]));
  EXPECT_EQ(h.core.orders().live_count(), 4u);
  EXPECT_EQ(h.core.lifecycle().stray_count(), 2u);
  const std::vector<Command> cancels = h.take(CommandKind::kCancel);
  ASSERT_EQ(cancels.size(), 2u);
  EXPECT_EQ(cancels[0].id, earlier(5));
  for (const Command& c : cancels) h.canceled(c);
  h.session(SessionState::kUp);
  h.batch_end();
  EXPECT_EQ(h.core.lifecycle().session(0), SessionState::kUp);
}

TEST_F(Adoption, AResetCancelsThemToo) {
  config_.orders.reset_interval = kSecond * 10;
  CoreHarness h(config_);
  h.session(SessionState::kReconciling);
  h.deliver(adopted(1, Side::kBuy, kBids[0]));
  h.session(SessionState::kUp);
  h.book(kBid, kAsk);
  bool canceled = false;
  for (int second = 0; second < 25 && !canceled; ++second) {
    h.advance(kSecond);
    h.send_book(0, false, {{kBid, Lots(100'000)}}, {});
    h.batch_end();
    canceled = std::ranges::any_of(h.commands, [](const Command& c) {
      return c.kind == CommandKind::kCancel && c.id == earlier(1) &&
             static_cast<DecisionReason>(c.why) == DecisionReason::kResetCancel;
    });
    h.answer_all();
  }
  EXPECT_TRUE(canceled);
}

}  // namespace
}  // namespace mm
