// The core as a whole, driven by hand: what it quotes, when it stops, what it never does.
#include "engine/core/core.h"

#include <gtest/gtest.h>

#include "tests/core_harness.h"

namespace mm::test {
namespace {

constexpr Side kBoth[] = {Side::kBuy, Side::kSell};

CoreConfig quick(CoreConfig c = one_instrument()) {
  for (InstrumentConfig& i : c.instruments) i.risk.max_data_age = kSecond * 3600;
  return c;
}

TEST(Core, QuotesTheLadderOfTheConfiguredSpreadsAfterWarmUp) {
  CoreHarness h(quick());
  h.book(Ticks(299'999), Ticks(300'001));
  h.advance(Nanos(5 * kSecond.v - 1));
  EXPECT_TRUE(h.take().empty()) << "nothing may be sent during warm-up";
  EXPECT_EQ(h.side(Side::kBuy).reason, QuoteReason::kWarmUp);
  h.advance(Nanos(1));
  const auto placed = h.take(CommandKind::kPlace);
  ASSERT_EQ(placed.size(), 6u);
  const std::int32_t expected[] = {299'400, 299'100, 298'800, 300'600, 300'900, 301'200};
  for (std::size_t i = 0; i < 6; ++i) EXPECT_EQ(placed[i].ticks, expected[i]) << i;
  // 1000 quote at 2994.00 is 0.3340 base, rounded down to a lot.
  EXPECT_EQ(placed[0].lots, Lots(3340));
}

// Quotes far enough out that the moves of these tests reach none of them.
CoreConfig wide() {
  CoreConfig c = quick();
  c.instruments[0].strategy.min_spread = ratio_ppm(10'000);
  c.instruments[0].strategy.max_spread = ratio_ppm(14'000);
  return c;
}

TEST(Core, LeavesOrdersWithinTheThresholdAndAmendsBeyondIt) {
  CoreHarness h(wide());
  h.start_quoting();
  ASSERT_EQ(h.live(Side::kBuy).size(), 3u);
  h.book(Ticks(300'799), Ticks(300'801));  // + 0.27 %
  EXPECT_TRUE(h.take().empty());
  // + 0.37 %: levels are 0.2 % apart, so the outermost order rolls to the nearest level and the
  // others serve the next level out, within the threshold.
  h.book(Ticks(301'099), Ticks(301'101));
  const auto sent = h.take();
  ASSERT_EQ(sent.size(), 2u);
  for (const Command& c : sent) EXPECT_EQ(c.kind, CommandKind::kReplace);
  EXPECT_EQ(sent[0].ticks, price_at_distance(Side::kBuy, HalfTicks(602'200), ratio_ppm(10'000)).v);
  h.book(Ticks(301'098), Ticks(301'102));
  EXPECT_TRUE(h.take().empty()) << "one request in flight per order";
}

TEST(Core, ModifiesInPlaceWhereTheVenueCan) {
  CoreConfig c = wide();
  c.instruments[0].instrument.rules = kBinanceUsdmRules;
  c.instruments[0].instrument.is_spot = false;
  CoreHarness h(c);
  h.start_quoting();
  h.book(Ticks(301'099), Ticks(301'101));
  const auto sent = h.take();
  ASSERT_EQ(sent.size(), 2u);
  for (const Command& m : sent) EXPECT_EQ(m.kind, CommandKind::kModify);
}

// An order with a fill keeps its size where it moves, but not what one order may be worth.
TEST(Core, ModifiesNoOrderInPlaceToMoreThanOneMayBeWorth) {
  CoreConfig c = wide();
  InstrumentConfig& i = c.instruments[0];
  i.instrument.rules = kBinanceUsdmRules;
  i.instrument.is_spot = false;
  i.strategy.target_orders_per_side = 1;
  i.risk.max_order_notional = Money(600 * kMoneyScale);
  CoreHarness h(c);
  h.start_quoting();
  ASSERT_EQ(h.live(Side::kBuy).size(), 1u);
  const Order bid = h.live(Side::kBuy)[0];
  h.fill(bid, Lots(1), 1);
  h.book(Ticks(301'099), Ticks(301'101));
  const auto sent = h.take(CommandKind::kModify);
  const auto moved = std::ranges::find(sent, Side::kBuy, &Command::side);
  ASSERT_NE(moved, sent.end());
  EXPECT_GT(Ticks(moved->ticks), bid.price);
  EXPECT_LE(notional(i.instrument, Ticks(moved->ticks), moved->lots - Lots(1)),
            i.risk.max_order_notional);
}

TEST(Core, CancelsAndPlacesWhatTheMarketWentThrough) {
  CoreHarness h(quick());
  h.start_quoting();
  h.book(Ticks(300'999), Ticks(301'001));  // all asks but the outermost are at or through it
  const auto sent = h.take();
  EXPECT_EQ(std::ranges::count(sent, CommandKind::kCancel, &Command::kind), 2);
  EXPECT_EQ(std::ranges::count(sent, CommandKind::kPlace, &Command::kind), 2);
  for (const Command& c : sent) {
    EXPECT_EQ(c.kind == CommandKind::kReplace ? Side::kBuy : Side::kSell, c.side);
  }
}

TEST(Core, PlacesAFilledLevelAnewAndLeavesItsNeighbours) {
  CoreHarness h(quick());
  h.start_quoting();
  const Order best = h.live(Side::kBuy)[0];
  h.fill(best, best.lots, 1);
  h.batch_end();
  const auto sent = h.take();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].kind, CommandKind::kPlace);
  EXPECT_EQ(sent[0].ticks, 299'400);
  EXPECT_EQ(h.core.instrument(0).position.base(), base_amount(eth_spot(), best.lots));
  EXPECT_EQ(h.core.invariants().total(), 0u);
}

TEST(Core, TellsOfEachDenialThatItCounts) {
  CoreConfig c = quick();
  c.account.max_order_count = 2;
  CoreHarness h(c);
  h.book(Ticks(299'999), Ticks(300'001));
  h.advance(Nanos(5 * kSecond.v));
  EXPECT_EQ(h.take(CommandKind::kPlace).size(), 2u);
  const std::span<const Denial> denials = h.core.denials();
  ASSERT_EQ(denials.size(), 2u) << "one a side; it stays so";
  EXPECT_EQ(h.core.instrument(0).counts.denied, 2u);
  EXPECT_EQ(denials[0].side, Side::kBuy);
  EXPECT_STREQ(denials[0].reason, "order_limit");
  EXPECT_EQ(denials[0].price, Ticks(298'800));
  EXPECT_EQ(denials[1].side, Side::kSell);
  EXPECT_EQ(denials[1].price, Ticks(300'600));
  h.deliver(CoreHarness::event(EventKind::kTrade));
  EXPECT_TRUE(h.core.denials().empty()) << "those of the last event only";
}

TEST(Core, TellsOfAnOrderThatTheGatewayDenied) {
  CoreHarness h(quick());
  h.book(Ticks(299'999), Ticks(300'001));
  h.advance(Nanos(5 * kSecond.v));
  const auto placed = h.take(CommandKind::kPlace);
  ASSERT_FALSE(placed.empty());
  h.fail(EventKind::kDenied, placed[0], RejectReason::kTooOld);
  ASSERT_EQ(h.core.denials().size(), 1u);
  EXPECT_EQ(h.core.denials()[0].id, placed[0].id);
  EXPECT_STREQ(h.core.denials()[0].reason, name(RejectReason::kTooOld));
  EXPECT_EQ(h.core.instrument(0).counts.denied, 1u);
}

TEST(Core, AnAmendThatTheGatewayDeniedIsToldAndCountedLikeAnOrder) {
  CoreHarness h(quick());
  h.start_quoting();
  h.take();
  h.book(Ticks(300'999), Ticks(301'001));  // bids follow
  h.advance(kSecond);
  const auto sent = h.take();
  const auto amend = std::ranges::find_if(sent, [](const Command& c) { return is_amend(c.kind); });
  ASSERT_NE(amend, sent.end()) << sent.size();
  EXPECT_EQ(h.core.instrument(0).counts.amended, 0u) << "asked for, not carried out";
  h.fail(EventKind::kDenied, *amend, RejectReason::kTooOld);
  ASSERT_EQ(h.core.denials().size(), 1u);
  EXPECT_EQ(h.core.denials()[0].id, amend->id);
  EXPECT_EQ(h.core.instrument(0).counts.denied, 1u);
  EXPECT_EQ(h.core.instrument(0).counts.rejected, 0u) << "the venue has refused nothing";
}

TEST(Core, WhatStandsAgainstAnOrderForManyDecisionsIsOneDenial) {
  CoreConfig c = quick();
  c.account.max_order_count = 2;
  CoreHarness h(c);
  h.start_quoting();
  const std::uint64_t denied = h.core.instrument(0).counts.denied;
  EXPECT_GT(denied, 0u);
  for (int i = 0; i < 20; ++i) h.book(Ticks(299'999 + i % 2), Ticks(300'001 + i % 2));
  EXPECT_EQ(h.core.instrument(0).counts.denied, denied);
}

TEST(Core, AShutdownEndsTheMeasuresOfQuoting) {
  CoreHarness h(quick());
  h.start_quoting();
  h.advance(kSecond * 2);
  h.control(ControlCode::kShutdown);
  const Nanos measured = h.core.instrument(0).uptime.measured();
  const Nanos halted = h.side(Side::kBuy).times.spent(QuoteReason::kHalted);
  EXPECT_GE(measured, kSecond * 2);
  h.advance(kSecond * 60);
  h.batch_end();
  EXPECT_EQ(h.core.instrument(0).uptime.measured(), measured);
  EXPECT_EQ(h.side(Side::kBuy).times.spent(QuoteReason::kHalted), halted);
}

TEST(Core, CountsATradeOnceWhicheverReportBringsIt) {
  CoreHarness h(quick());
  h.start_quoting();
  const Order best = h.live(Side::kSell)[0];
  h.fill(best, Lots(100), 7);
  h.fill(best, Lots(100), 7);
  EXPECT_EQ(h.core.instrument(0).position.fills(), 1u);
  EXPECT_EQ(h.core.instrument(0).position.base(), -base_amount(eth_spot(), Lots(100)));
}

TEST(Core, StopsOnlyTheIncreasingSideAtThePositionLimit) {
  CoreConfig c = quick();
  c.instruments[0].risk.max_position = Amount(kAmountScale / 2);  // 0.5 base
  CoreHarness h(c);
  h.start_quoting();
  // 0.334 + the rest of 0.5 on the second level, nothing on the third.
  ASSERT_EQ(h.live(Side::kBuy).size(), 2u);
  EXPECT_EQ(h.side(Side::kBuy).bare(), QuoteReason::kQuoting) << "two orders rest";
  EXPECT_EQ(h.side(Side::kBuy).shortfall(), QuoteReason::kPositionLimit);
  EXPECT_EQ(h.core.instrument(0).absence(Side::kBuy, 2), QuoteReason::kPositionLimit);
  const Order first = h.live(Side::kBuy)[0];
  h.fill(first, first.lots, 1);
  const Order second = h.live(Side::kBuy)[0];
  h.fill(second, second.lots, 2);
  h.batch_end();
  h.answer_all();
  EXPECT_TRUE(h.live(Side::kBuy).empty());
  EXPECT_EQ(h.side(Side::kBuy).bare(), QuoteReason::kPositionLimit);
  EXPECT_EQ(h.side(Side::kBuy).shortfall(), QuoteReason::kQuoting);
  EXPECT_EQ(h.side(Side::kSell).bare(), QuoteReason::kQuoting);
  EXPECT_EQ(h.live(Side::kSell).size(), 3u);
  EXPECT_EQ(h.core.invariants().total(), 0u);
}

TEST(Core, PullsEverythingOnAJumpAndComesBackAfterTheCooldown) {
  CoreHarness h(quick());
  h.start_quoting();
  h.book(Ticks(308'999), Ticks(309'001));  // + 3 %
  EXPECT_EQ(h.side(Side::kBuy).reason, QuoteReason::kVolatilityHalt);
  h.answer_all();
  EXPECT_EQ(h.core.orders().live_count(), 0u);
  h.advance(kSecond * 59);
  h.book(Ticks(308'999), Ticks(309'001));
  EXPECT_TRUE(h.take().empty());
  h.advance(kSecond * 70);
  h.book(Ticks(308'998), Ticks(309'002));
  h.advance(kSecond * 70);
  h.answer_all();
  EXPECT_EQ(h.core.orders().live_count(), 6u);
}

TEST(Core, ALossTripPullsAllAndNeedsAResume) {
  CoreConfig c = quick();
  c.account.max_daily_loss = Money(kMoneyScale);
  c.instruments[0].risk.max_daily_loss = Money(kMoneyScale);
  CoreHarness h(c);
  h.start_quoting();
  const Order best = h.live(Side::kBuy)[0];
  h.fill(best, best.lots, 1);
  h.book(Ticks(297'999), Ticks(298'001));  // bought at 2994, now 2980: about -4.7 quote
  EXPECT_EQ(h.core.trip(), QuoteReason::kLossLimit);
  h.answer_all();
  EXPECT_EQ(h.core.orders().live_count(), 0u);
  h.book(Ticks(299'499), Ticks(299'501));
  EXPECT_TRUE(h.take().empty());
  h.control(ControlCode::kResume);
  EXPECT_EQ(h.take(CommandKind::kPlace).size(), 6u);
}

TEST(Core, PullsQuotesWhenTheFeedIsSilent) {
  CoreHarness h(one_instrument());
  h.start_quoting();
  ASSERT_EQ(h.core.orders().live_count(), 6u);
  h.advance(kMillisecond * 3001);
  EXPECT_EQ(h.side(Side::kSell).reason, QuoteReason::kStaleData);
  EXPECT_EQ(h.take(CommandKind::kCancel).size(), 6u);
}

TEST(Core, PullsQuotesOnASequenceBreakAndAsksTheFeedToResynchronise) {
  CoreHarness h(quick());
  h.start_quoting();
  h.skip_sequence();
  h.send_book(0, false, {{Ticks(299'990), Lots(5)}}, {});
  h.batch_end();
  const auto sent = h.take();
  EXPECT_EQ(std::ranges::count(sent, CommandKind::kResyncFeed, &Command::kind), 1);
  EXPECT_EQ(std::ranges::count(sent, CommandKind::kCancel, &Command::kind), 6);
  EXPECT_EQ(h.side(Side::kBuy).reason, QuoteReason::kStaleData);
}

TEST(Core, DoesNotQuoteAOneSidedOrTooWideBook) {
  CoreHarness h(quick());
  h.book(Ticks(290'000), Ticks(300'000));
  h.advance(kSecond * 10);
  EXPECT_TRUE(h.take().empty());
  EXPECT_EQ(h.side(Side::kBuy).reason, QuoteReason::kThinBook);
  h.send_book(0, true, {{Ticks(299'000), Lots(5)}}, {});
  h.batch_end();
  EXPECT_EQ(h.side(Side::kBuy).reason, QuoteReason::kThinBook);
}

TEST(Core, ResetsOnTimeCancelsVerifiesAndQuotesAfresh) {
  CoreConfig c = quick();
  c.orders.reset_interval = kSecond * 20;
  CoreHarness h(c);
  h.start_quoting();
  h.advance(kSecond * 15);
  EXPECT_EQ(h.take(CommandKind::kCancel).size(), 6u);
  EXPECT_EQ(h.side(Side::kBuy).reason, QuoteReason::kReset);
  for (const Side side : kBoth) {
    for (const Order& o : h.live(side)) {
      Command cancel;
      cancel.id = o.id;
      h.canceled(cancel);
    }
  }
  h.batch_end();
  EXPECT_EQ(h.take(CommandKind::kPlace).size(), 6u);
  EXPECT_EQ(h.core.instrument(0).reset.count(), 1u);
}

TEST(Core, AResetIsNotToBlameForASideThatStaysEmptyForAnotherReason) {
  CoreConfig c = quick();
  c.orders.reset_interval = kSecond * 20;
  CoreHarness h(c);
  h.start_quoting();
  h.advance(kSecond * 15);
  h.answer_all();
  h.control(ControlCode::kPause, PauseScope::kBuy);
  h.batch_end();
  h.answer_all();
  ASSERT_EQ(h.core.instrument(0).reset.count(), 1u);
  ASSERT_FALSE(h.live(Side::kSell).empty());
  h.advance(kSecond * 3);
  h.control(ControlCode::kResume, PauseScope::kBuy);
  h.batch_end();
  h.answer_all();
  ASSERT_FALSE(h.live(Side::kBuy).empty());
  EXPECT_LT(h.core.instrument(0).reset.naked(), kSecond);
}

TEST(Core, ShutdownCancelsEverythingAndIsDoneOnlyWhenNothingIsLeft) {
  CoreHarness h(quick());
  h.start_quoting();
  h.control(ControlCode::kShutdown);
  EXPECT_FALSE(h.core.stopped());
  EXPECT_EQ(h.commands.size(), 6u);
  h.answer_all();
  EXPECT_TRUE(h.core.stopped());
  h.book(Ticks(300'099), Ticks(300'101));
  EXPECT_TRUE(h.take().empty());
}

TEST(Core, PausesOneSideAndResumesIt) {
  CoreHarness h(quick());
  h.start_quoting();
  h.control(ControlCode::kPause, PauseScope::kBuy);
  EXPECT_EQ(h.take(CommandKind::kCancel).size(), 3u);
  EXPECT_EQ(h.side(Side::kBuy).reason, QuoteReason::kPaused);
  EXPECT_EQ(h.side(Side::kSell).reason, QuoteReason::kQuoting);
}

TEST(Core, AnUnansweredPlaceBecomesUnknownIsAskedForAndNeverSentAgain) {
  CoreHarness h(quick());
  h.book(Ticks(299'999), Ticks(300'001));
  h.advance(kSecond * 5);
  ASSERT_EQ(h.take(CommandKind::kPlace).size(), 6u);
  h.advance(kMillisecond * 2300);  // five questions at once, then one each 200 ms
  const auto sent = h.take();
  EXPECT_EQ(std::ranges::count(sent, CommandKind::kQueryOrder, &Command::kind), 6);
  EXPECT_EQ(std::ranges::count(sent, CommandKind::kPlace, &Command::kind), 0);
  EXPECT_EQ(h.core.orders().unknown_count(), 6u);
}

TEST(Core, ADeniedPlaceFreesItsRowAndIsTriedAgain) {
  CoreHarness h(quick());
  h.book(Ticks(299'999), Ticks(300'001));
  h.advance(kSecond * 5);
  const auto placed = h.take(CommandKind::kPlace);
  h.fail(EventKind::kDenied, placed[0], RejectReason::kRingFull);
  h.batch_end();
  const auto again = h.take(CommandKind::kPlace);
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].ticks, placed[0].ticks);
  EXPECT_NE(again[0].id, placed[0].id);
}

TEST(Core, KeepsWithinTheRequestBudgetAndNeverDelaysACancel) {
  CoreConfig c = quick();
  c.orders.modify_rate_limit = 5;
  CoreHarness h(c);
  h.book(Ticks(299'999), Ticks(300'001));
  h.advance(kSecond * 5);
  EXPECT_EQ(h.take(CommandKind::kPlace).size(), 5u);
  EXPECT_EQ(h.side(Side::kSell).bare(), QuoteReason::kQuoting) << "two of three are sent";
  EXPECT_EQ(h.side(Side::kSell).shortfall(), QuoteReason::kRateBudget);
  EXPECT_EQ(h.core.instrument(0).absence(Side::kSell, 2), QuoteReason::kRateBudget);
  h.advance(kMillisecond * 200);
  EXPECT_EQ(h.take(CommandKind::kPlace).size(), 1u);
  h.control(ControlCode::kKill);
  EXPECT_EQ(h.core.invariants().violations(Invariant::kCancelLane), 0u);
  EXPECT_EQ(h.core.trip(), QuoteReason::kHalted);
}

TEST(Core, ACancelThatTheVenueRefusesForItsRateBreaksTheLaneUnlessABanHasAnEnd) {
  for (const int end_s : {30, -1, 0}) {  // from now: the answer took its time; 0: none
    const bool banned = end_s != 0;
    CoreHarness h(quick());
    h.start_quoting();
    h.control(ControlCode::kPause);
    h.batch_end();
    const auto cancels = h.take(CommandKind::kCancel);
    ASSERT_FALSE(cancels.empty());
    Event refused = CoreHarness::event(EventKind::kCancelRejected);
    refused.failure = {};
    refused.failure.id = cancels[0].id;
    refused.failure.command = static_cast<std::uint8_t>(CommandKind::kCancel);
    refused.failure.reason = RejectReason::kRateLimit;
    refused.failure.retry_after = banned ? h.now + kSecond * end_s : Nanos(0);
    h.deliver(refused);
    EXPECT_EQ(h.core.invariants().violations(Invariant::kCancelLane), banned ? 0u : 1u);
    EXPECT_EQ(h.core.trip(), banned ? QuoteReason::kQuoting : QuoteReason::kHalted);
  }
}

TEST(Core, QuotesFiftyInstrumentsEachWithItsOwnParameters) {
  CoreConfig c = quick();
  c.account.max_order_count = 1000;
  c.instruments.clear();
  for (int i = 0; i < 50; ++i) {
    InstrumentConfig instrument{eth_spot(), {}, {}};
    instrument.strategy.target_orders_per_side = 1 + i % 3;
    instrument.strategy.min_spread = ratio_ppm(1000 + 10 * i);
    instrument.risk.max_data_age = kSecond * 3600;
    c.instruments.push_back(instrument);
  }
  c.orders.modify_rate_limit = 1000;
  CoreHarness h(c);
  for (InstrumentId i = 0; i < 50; ++i) h.book(Ticks(299'999), Ticks(300'001), i);
  h.advance(kSecond * 5);
  h.answer_all();
  for (InstrumentId i = 0; i < 50; ++i) {
    const auto bids = h.live(Side::kBuy, i);
    ASSERT_EQ(bids.size(), static_cast<std::size_t>(1 + i % 3));
    EXPECT_EQ(bids[0].price,
              price_at_distance(Side::kBuy, HalfTicks(600'000), ratio_ppm(1000 + 10 * i)));
  }
  EXPECT_EQ(h.core.invariants().total(), 0u);
}

TEST(Core, ATakerFillBreaksAnInvariantAndHalts) {
  CoreHarness h(quick());
  h.start_quoting();
  h.fill(h.live(Side::kBuy)[0], Lots(10), 1, 0);
  h.batch_end();
  EXPECT_EQ(h.core.invariants().violations(Invariant::kPassive), 1u);
  EXPECT_EQ(h.core.trip(), QuoteReason::kHalted);
}

TEST(Core, EqualEventsGiveEqualCommandsAndState) {
  auto run = [] {
    CoreHarness h(quick());
    h.start_quoting();
    std::uint64_t hashed = 1;
    for (int i = 0; i < 200; ++i) {
      h.book(Ticks(299'999 + 37 * (i % 23)), Ticks(300'003 + 37 * (i % 23)));
      for (const Command& c : h.commands) hashed = hash(c, hashed);
      h.answer_all();
      h.advance(kMillisecond * 100);
    }
    return std::pair(hashed, h.core.state_hash());
  };
  EXPECT_EQ(run(), run());
}

}  // namespace
}  // namespace mm::test
