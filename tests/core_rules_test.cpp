// The rules of SEMANTICS at their edges: when quoting stops, when it comes back, what is counted.
#include <gtest/gtest.h>

#include "engine/core/order_id.h"
#include "tests/core_harness.h"

namespace mm::test {
namespace {

CoreConfig patient(CoreConfig c = one_instrument()) {
  for (InstrumentConfig& i : c.instruments) i.risk.max_data_age = kSecond * 3600;
  return c;
}

// Quotes far enough out that the moves of these tests reach none of them.
CoreConfig wide() {
  CoreConfig c = patient();
  c.instruments[0].strategy.min_spread = ratio_ppm(10'000);
  c.instruments[0].strategy.max_spread = ratio_ppm(14'000);
  return c;
}

RiskParams without_loss_limits(RiskParams risk) {
  risk.max_daily_loss = risk.max_drawdown = Money(0);
  return risk;
}

Event balance(Asset asset, Amount free, Amount locked = Amount(0)) {
  Event e = CoreHarness::event(EventKind::kBalance);
  e.balance.asset = asset;
  e.balance.free = free;
  e.balance.locked = locked;
  return e;
}

Lots total_lots(const std::vector<Order>& orders) {
  Lots sum{};
  for (const Order& o : orders) sum += o.leaves();
  return sum;
}

// --- stops and comebacks --------------------------------------------------------------------

TEST(CoreRules, DataThatReachUsLateArePulledForAsOwnLagUntilTheyAreTimelyAgain) {
  CoreHarness h(one_instrument());
  h.start_quoting();
  h.market_late_by(kMillisecond * 3001);
  EXPECT_EQ(h.side(Side::kBuy).reason, QuoteReason::kOwnLag);
  EXPECT_EQ(h.take(CommandKind::kCancel).size(), 6u);
  h.market_late_by(Nanos(0));
  EXPECT_NE(h.side(Side::kBuy).reason, QuoteReason::kOwnLag);
}

TEST(CoreRules, ASymbolsOwnDataAgeJudgesTheSameSilenceAndLag) {
  CoreConfig c = one_instrument();
  c.instruments.push_back(c.instruments[0]);
  c.instruments[1].risk.max_data_age = kSecond * 10;
  CoreHarness h(c);
  h.book(Ticks(299'999), Ticks(300'001), 1);
  h.start_quoting();
  Event alive = CoreHarness::event(EventKind::kFeedStatus);
  alive.feed.up = 1;
  alive.received = h.now - kMillisecond * 3001;
  h.deliver(alive);
  h.batch_end();
  EXPECT_EQ(h.side(Side::kBuy, 0).reason, QuoteReason::kOwnLag);
  EXPECT_EQ(h.side(Side::kBuy, 1).reason, QuoteReason::kQuoting);
  alive.received = h.now;
  h.deliver(alive);
  h.batch_end();
  EXPECT_EQ(h.side(Side::kBuy, 0).reason, QuoteReason::kQuoting);
  h.advance(kMillisecond * 3001);
  EXPECT_EQ(h.side(Side::kBuy, 0).reason, QuoteReason::kStaleData);
  EXPECT_EQ(h.side(Side::kBuy, 1).reason, QuoteReason::kQuoting);
  h.advance(kSecond * 7);
  EXPECT_EQ(h.side(Side::kBuy, 1).reason, QuoteReason::kStaleData);
  h.deliver(alive = CoreHarness::event(EventKind::kFeedStatus));
  EXPECT_FALSE(h.core.instrument(0).silent);
  EXPECT_FALSE(h.core.instrument(1).silent);
}

TEST(CoreRules, AFillPauseLeavesNoQuoteOnThatSideUntilItIsOver) {
  CoreConfig c = patient();
  c.instruments[0].strategy.fill_pause = kSecond * 10;
  CoreHarness h(c);
  h.start_quoting();
  const Order best = h.live(Side::kBuy)[0];
  h.fill(best, best.lots, 1);
  h.batch_end();
  EXPECT_EQ(h.side(Side::kBuy).reason, QuoteReason::kFillPause);
  h.answer_all();
  EXPECT_TRUE(h.live(Side::kBuy).empty());
  EXPECT_EQ(h.live(Side::kSell).size(), 3u);
  h.advance(kSecond * 10 - Nanos(1));
  EXPECT_TRUE(h.take().empty());
  h.advance(Nanos(1));
  EXPECT_EQ(h.take(CommandKind::kPlace).size(), 3u);
}

TEST(CoreRules, OneMoveHaltsForOneCooldownHoweverLongTheWindowIs) {
  CoreConfig c = patient();
  c.instruments[0].risk.risk_cooldown = kSecond * 10;
  CoreHarness h(c);
  h.start_quoting();
  h.book(Ticks(308'999), Ticks(309'001));  // + 3 %
  h.answer_all();
  EXPECT_EQ(h.side(Side::kBuy).reason, QuoteReason::kVolatilityHalt);
  h.advance(kSecond * 10 - Nanos(1));
  EXPECT_TRUE(h.take().empty());
  h.advance(Nanos(1));
  EXPECT_EQ(h.take(CommandKind::kPlace).size(), 6u);
  h.book(Ticks(302'999), Ticks(303'001));  // - 1.9 % since the halt
  EXPECT_EQ(h.side(Side::kBuy).reason, QuoteReason::kQuoting);
  h.book(Ticks(301'999), Ticks(302'001));  // - 2.3 %: another move
  EXPECT_EQ(h.side(Side::kBuy).reason, QuoteReason::kVolatilityHalt);
}

TEST(CoreRules, AMoveWhileMeasuresWarmUpHaltsForLongerThanTheyDo) {
  CoreConfig c = patient();
  c.instruments[0].risk.risk_cooldown = kSecond * 10;
  CoreHarness h(c);
  h.book(Ticks(299'999), Ticks(300'001));
  h.advance(kSecond);
  EXPECT_EQ(h.side(Side::kBuy).reason, QuoteReason::kWarmUp);
  h.book(Ticks(308'999), Ticks(309'001));  // + 3 %
  EXPECT_EQ(h.side(Side::kBuy).reason, QuoteReason::kVolatilityHalt) << "which adopted orders obey";
  h.advance(kSecond * 10 - Nanos(1));
  EXPECT_TRUE(h.take(CommandKind::kPlace).empty());
  h.book(Ticks(308'999), Ticks(309'001));
  h.advance(Nanos(1));
  EXPECT_EQ(h.take(CommandKind::kPlace).size(), 6u);
}

TEST(CoreRules, ABookSynchronisedAnewWarmsUpAnew) {
  CoreHarness h(patient());
  h.start_quoting();
  h.skip_sequence();
  h.send_book(0, false, {{Ticks(299'990), Lots(5)}}, {});
  h.batch_end();
  h.answer_all();
  h.advance(kSecond * 60);
  EXPECT_EQ(h.side(Side::kBuy).reason, QuoteReason::kStaleData);
  h.book(Ticks(299'999), Ticks(300'001));
  EXPECT_EQ(h.side(Side::kBuy).reason, QuoteReason::kWarmUp);
  h.advance(kSecond * 5);
  EXPECT_EQ(h.take(CommandKind::kPlace).size(), 6u);
}

TEST(CoreRules, ABookThatStaysCrossedIsAskedForAgainButNotForEver) {
  CoreHarness h(one_instrument());
  h.start_quoting();
  h.take();
  h.send_book(0, false, {{Ticks(300'001), Lots(1)}}, {});
  h.batch_end();
  EXPECT_EQ(h.side(Side::kBuy).reason, QuoteReason::kBookCrossed);
  h.advance(Nanos(2 * kSecond.v - 1));
  EXPECT_TRUE(h.take(CommandKind::kResyncFeed).empty()) << "it may come right";
  h.advance(Nanos(1));
  EXPECT_EQ(h.take(CommandKind::kResyncFeed).size(), 1u);
  h.send_book(0, true, {{Ticks(300'001), Lots(1)}}, {{Ticks(300'001), Lots(1)}});
  h.batch_end();
  h.advance(kSecond * 59);
  EXPECT_TRUE(h.take(CommandKind::kResyncFeed).empty()) << "the venue means it";
  h.send_book(0, false, {{Ticks(300'001), Lots(0)}, {Ticks(299'999), Lots(1)}}, {});
  h.batch_end();
  h.advance(kSecond * 120);
  EXPECT_TRUE(h.take(CommandKind::kResyncFeed).empty()) << "it has come right";
}

TEST(CoreRules, ABookThatComesRightUnderAnUnchangedTickerIsQuotedAgain) {
  CoreHarness h(one_instrument());
  h.start_quoting();
  Event ticker = CoreHarness::event(EventKind::kBookTicker);
  ticker.ticker = {UpdateId(1'000'000), Lots(1), Lots(1), Nanos(0), 299'999, 300'001};
  h.deliver(ticker);
  h.send_book(0, false, {{Ticks(300'001), Lots(1)}}, {});
  h.batch_end();
  EXPECT_EQ(h.side(Side::kBuy).reason, QuoteReason::kBookCrossed);
  h.send_book(0, false, {{Ticks(300'001), Lots(0)}}, {});
  h.batch_end();
  EXPECT_EQ(h.side(Side::kBuy).reason, QuoteReason::kQuoting);
}

TEST(CoreRules, ARefusedResynchronisationIsAskedForAgain) {
  CoreHarness h(patient());
  h.start_quoting();
  h.skip_sequence();
  h.send_book(0, false, {{Ticks(299'990), Lots(5)}}, {});
  h.batch_end();
  const auto asked = h.take(CommandKind::kResyncFeed);
  ASSERT_EQ(asked.size(), 1u);
  h.fail(EventKind::kDenied, asked[0], RejectReason::kRingFull);
  h.batch_end();
  h.advance(kSecond);
  EXPECT_EQ(h.take(CommandKind::kResyncFeed).size(), 1u);
  h.advance(kSecond);
  EXPECT_TRUE(h.take(CommandKind::kResyncFeed).empty()) << "it was taken this time";
}

TEST(CoreRules, NothingIsDecidedOnHalfABookMessage) {
  CoreHarness h(patient());
  h.start_quoting(Ticks(299'600), Ticks(300'400));
  const Order bid = h.live(Side::kBuy)[0];
  // Our bid alone is now the market's best.
  h.send_book(0, false, {{bid.price, bid.lots}, {Ticks(299'600), Lots(0)}}, {});
  h.send_book(0, false, {{Ticks(299'300), Lots(50'000)}}, {});
  h.batch_end();
  ASSERT_EQ(h.side(Side::kBuy).reason, QuoteReason::kQuoting);
  h.take();
  Event begin = CoreHarness::event(EventKind::kBookBegin);
  begin.sequence = 5;
  begin.flags = kFlagSnapshot;
  begin.book.last_id = UpdateId(1000);
  h.deliver(begin);
  h.control(ControlCode::kResume);  // makes the core decide now
  EXPECT_EQ(h.side(Side::kBuy).reason, QuoteReason::kQuoting);
  EXPECT_TRUE(h.take(CommandKind::kCancel).empty());
}

// --- the order session ----------------------------------------------------------------------

void session(CoreHarness& h, SessionState state, InstrumentId id = 0) {
  h.session(state, id);
  h.batch_end();
}

Event order_status(const Command& question, OrderStatusCode code) {
  Event e = CoreHarness::event(EventKind::kOrderStatus, question.instrument);
  e.report.id = question.id;
  e.report.status = static_cast<std::uint8_t>(code);
  e.report.asked = question.question;
  return e;
}

TEST(CoreRules, ASessionThatIsDownStopsQuotesAndDoubtsEveryOrderOfItsInstrument) {
  CoreHarness h(patient());
  h.start_quoting();
  session(h, SessionState::kDown);
  for (const Side side : {Side::kBuy, Side::kSell}) {
    EXPECT_EQ(h.side(side).reason, QuoteReason::kDisconnected);
  }
  EXPECT_EQ(h.core.orders().unknown_count(0), 6u);
  h.advance(kSecond * 60);
  EXPECT_TRUE(h.take().empty());  // neither cancels nor questions
  EXPECT_EQ(h.core.invariants().total(), 0u);
}

TEST(CoreRules, AReconcilingSessionAppliesReportsAndPlacesNothing) {
  CoreHarness h(patient());
  h.start_quoting();
  const Order best = h.live(Side::kBuy)[0];
  session(h, SessionState::kDown);
  session(h, SessionState::kReconciling);
  EXPECT_EQ(h.side(Side::kBuy).reason, QuoteReason::kReconciling);
  const std::vector<Command> sent = h.take();
  ASSERT_EQ(sent.size(), 6u);
  h.fill(best, best.lots, 1);  // while we were away
  EXPECT_EQ(h.core.instrument(0).position.bought(), best.lots);
  for (const Command& c : sent) {
    EXPECT_EQ(c.kind,
              CommandKind::kCancel);  // pulled at once: the answers tell what became of them
    if (c.id == best.id) {
      h.fail(EventKind::kCancelRejected, c, RejectReason::kUnknownOrder);
    } else {
      h.canceled(c);
    }
  }
  h.batch_end();
  EXPECT_EQ(h.core.orders().live_count(), 0u);
  EXPECT_TRUE(h.take().empty());
  EXPECT_EQ(h.core.invariants().total(), 0u);
}

TEST(CoreRules, ASessionThatIsUpAgainQuotesAfreshAndStillCountsWhatIsInDoubt) {
  CoreHarness h(patient());
  h.start_quoting();
  session(h, SessionState::kDown);
  session(h, SessionState::kReconciling);
  const std::vector<Command> cancels = h.take();
  for (const Command& c : cancels) {
    if (c.id != cancels[0].id) h.canceled(c);
  }
  h.fail(EventKind::kCancelRejected, cancels[0], RejectReason::kUnknownOrder);
  session(h, SessionState::kUp);
  EXPECT_EQ(h.side(Side::kBuy).reason, QuoteReason::kQuoting);
  EXPECT_EQ(h.core.orders().unknown_count(), 1u);
  EXPECT_GE(h.take(CommandKind::kPlace).size(), 5u);
  h.deliver(order_status(cancels[0], OrderStatusCode::kCanceled));
  EXPECT_EQ(h.core.orders().unknown_count(), 0u);
  EXPECT_EQ(h.core.invariants().total(), 0u);
}

TEST(CoreRules, OneInstrumentsSessionSaysNothingAboutAnothers) {
  CoreConfig c = patient();
  c.instruments.push_back(c.instruments[0]);
  CoreHarness h(c);
  h.book(Ticks(299'999), Ticks(300'001), 1);
  h.start_quoting();
  session(h, SessionState::kDown, 1);
  EXPECT_EQ(h.side(Side::kBuy, 1).reason, QuoteReason::kDisconnected);
  EXPECT_EQ(h.side(Side::kBuy, 0).reason, QuoteReason::kQuoting);
  EXPECT_EQ(h.core.orders().unknown_count(0), 0u);
}

TEST(CoreRules, NothingIsQuotedBeforeFeedAndSessionHaveComeUp) {
  Core core(patient());
  EXPECT_EQ(core.lifecycle().session(0), SessionState::kDown);
  CoreHarness h(patient());
  session(h, SessionState::kDown);
  h.start_quoting();
  EXPECT_EQ(h.side(Side::kBuy).reason, QuoteReason::kDisconnected);
  session(h, SessionState::kUp);
  EXPECT_EQ(h.side(Side::kBuy).reason, QuoteReason::kQuoting);
  Event feed = CoreHarness::event(EventKind::kFeedStatus);
  feed.feed.up = 0;
  h.deliver(feed);
  h.batch_end();
  EXPECT_EQ(h.side(Side::kBuy).reason, QuoteReason::kDisconnected);
}

TEST(CoreRules, NotFoundProvesNothingWhileARequestMayStillBeWithinItsReceiveWindow) {
  CoreConfig c = patient();
  c.orders.recv_window = kSecond * 60;
  CoreHarness h(c);
  h.book(Ticks(299'999), Ticks(300'001));
  h.advance(kSecond * 5);
  const Command place = h.take(CommandKind::kPlace)[0];
  const auto answer_all = [&h, &place] {
    for (const Command& question : h.take(CommandKind::kQueryOrder)) {
      if (question.id == place.id) h.deliver(order_status(question, OrderStatusCode::kNotFound));
    }
  };
  for (int s = 0; s < 62; ++s) {
    h.advance(kSecond);
    answer_all();
    EXPECT_EQ(h.core.orders().live_count(), 6u);
  }
  h.advance(kSecond * 5);
  answer_all();
  EXPECT_EQ(h.core.orders().live_count(), 5u);
}

TEST(CoreRules, ASideWithNothingButOrdersInDoubtNamesTheDoubt) {
  CoreHarness h(patient());
  h.book(Ticks(299'999), Ticks(300'001));
  h.advance(kSecond * 5);
  const std::vector<Command> places = h.take(CommandKind::kPlace);
  ASSERT_EQ(places.size(), 6u);
  h.accept(places[0]);
  h.advance(kSecond * 3);  // no other is answered: each holds its level and is asked for
  EXPECT_EQ(h.core.orders().unknown_count(), 5u);
  for (const Side side : kSides) {
    EXPECT_EQ(h.side(side).reason,
              side == places[0].side ? QuoteReason::kQuoting : QuoteReason::kReconciling);
  }
}

TEST(CoreRules, WhatIsInDoubtIsAskedForAsSoonAsNotFoundIsAProof) {
  CoreConfig c = patient();
  c.instruments[0].strategy.target_orders_per_side = 1;
  CoreHarness h(c);
  h.book(Ticks(299'999), Ticks(300'001));
  h.advance(kSecond * 5);
  const Command place = h.take(CommandKind::kPlace)[0];
  const Nanos proof = place.time + not_found_margin(c.orders.recv_window, c.orders.command_age_max);
  for (bool asked = false; h.now < proof;) {
    h.advance(kMillisecond * 10);
    for (const Command& question : h.take(CommandKind::kQueryOrder)) {
      if (question.id != place.id) continue;
      asked = h.now >= proof;
      h.deliver(order_status(question, OrderStatusCode::kNotFound));
    }
    EXPECT_EQ(asked, h.now >= proof);
  }
  EXPECT_EQ(h.core.orders().row(parts(place.id).slot).state, OrderState::kRejected);
}

TEST(CoreRules, AStrayIsCancelledAndHoldsItsInstrumentUntilItIsGone) {
  CoreHarness h(patient());
  h.start_quoting();
  Command stray;
  stray.id = make_order_id({.instance = 1, .epoch = 0, .slot = 3, .generation = 1});
  h.deliver(order_status(stray, OrderStatusCode::kOpen));
  h.batch_end();
  EXPECT_EQ(h.side(Side::kSell).reason, QuoteReason::kReconciling);
  const std::vector<Command> cancels = h.take();
  ASSERT_EQ(cancels.size(), 7u);
  EXPECT_EQ(cancels[0].id, stray.id);
  EXPECT_EQ(static_cast<DecisionReason>(cancels[0].why), DecisionReason::kStray);
  for (const Command& c : cancels) EXPECT_EQ(c.kind, CommandKind::kCancel);
  h.control(ControlCode::kShutdown);
  for (const Command& c : cancels) {
    EXPECT_FALSE(h.core.stopped());
    if (c.id != stray.id) h.canceled(c);
  }
  EXPECT_FALSE(h.core.stopped());
  h.advance(kMillisecond * 2'100);
  ASSERT_EQ(h.take(CommandKind::kCancel).size(), 1u);  // no answer
  h.canceled(stray);
  EXPECT_TRUE(h.core.stopped());
}

TEST(CoreRules, MissingFillsHoldTheInstrumentUntilAResume) {
  CoreHarness h(patient());
  h.start_quoting();
  Command best;
  best.id = h.live(Side::kBuy)[0].id;
  best.question = 1;
  h.canceled(best, Lots(5));
  for (int i = 0; i < 12; ++i) {
    Event e = order_status(best, OrderStatusCode::kCanceled);
    e.report.lots = Lots(5);
    h.deliver(e);
  }
  h.batch_end();
  EXPECT_EQ(h.core.lifecycle().counters().missing_fills, 1u);
  EXPECT_EQ(h.side(Side::kBuy).reason, QuoteReason::kReconciling);
  h.answer_all();
  h.control(ControlCode::kResume);
  EXPECT_EQ(h.side(Side::kBuy).reason, QuoteReason::kQuoting);
  EXPECT_EQ(h.take(CommandKind::kPlace).size(), 6u);
}

TEST(CoreRules, ARefusalForRateLimitsHoldsPlacingOfTheWholeAccountButNoCancel) {
  CoreConfig c = patient();
  c.instruments.push_back(c.instruments[0]);
  CoreHarness h(c);
  h.book(Ticks(299'999), Ticks(300'001), 1);
  h.book(Ticks(299'999), Ticks(300'001));
  h.advance(kSecond * 5);
  const std::vector<Command> placed = h.take(CommandKind::kPlace);
  ASSERT_EQ(placed.size(), 12u);
  for (std::size_t i = 1; i < placed.size(); ++i) h.accept(placed[i]);
  Event refused = CoreHarness::event(EventKind::kRejected, placed[0].instrument);
  refused.failure.id = placed[0].id;
  refused.failure.reason = RejectReason::kRateLimit;
  refused.failure.command = static_cast<std::uint8_t>(CommandKind::kPlace);
  refused.failure.retry_after = h.now + kSecond * 30;
  h.deliver(refused);
  h.batch_end();
  EXPECT_EQ(h.side(Side::kBuy, placed[0].instrument).reason, QuoteReason::kRateBudget);
  h.take();
  h.control(ControlCode::kPause, PauseScope::kSell);
  EXPECT_EQ(h.commands.size(), 6u);  // cancels go on
  h.answer_all();
  h.control(ControlCode::kResume, PauseScope::kSell);
  for (const InstrumentId i : {InstrumentId{0}, InstrumentId{1}}) {
    EXPECT_EQ(h.side(Side::kSell, i).reason, QuoteReason::kRateBudget);
  }
  h.advance(kSecond * 30 - Nanos(1));
  EXPECT_TRUE(h.take().empty());
  h.advance(kMillisecond * 20);  // each in turn
  EXPECT_EQ(h.take(CommandKind::kPlace).size(), 7u);
}

TEST(CoreRules, ABanToldToACancelOfEverybodysOrdersHoldsPlacing) {
  CoreHarness h(patient());
  h.start_quoting();
  h.control(ControlCode::kPause, PauseScope::kSell);
  h.answer_all();
  Event refused = CoreHarness::event(EventKind::kOutcomeUnknown);
  refused.failure.reason = RejectReason::kRateLimit;
  refused.failure.command = static_cast<std::uint8_t>(CommandKind::kCancelAll);
  refused.failure.retry_after = h.now + kSecond;
  h.deliver(refused);
  h.control(ControlCode::kResume, PauseScope::kSell);
  h.batch_end();
  EXPECT_EQ(h.side(Side::kSell).reason, QuoteReason::kRateBudget);
  EXPECT_TRUE(h.take(CommandKind::kPlace).empty());
  h.advance(kSecond);
  EXPECT_FALSE(h.take(CommandKind::kPlace).empty());
}

TEST(CoreRules, TheEndOfTheVenuesWindowIsTakenFromWhoKnowsItsClock) {
  CoreHarness h(patient());
  h.book(Ticks(299'999), Ticks(300'001));
  Event usage = CoreHarness::event(EventKind::kRateUsage);
  usage.rate.orders_used = usage.rate.orders_limit = 100;
  usage.rate.orders_end = h.now + kSecond * 17;
  h.deliver(usage);
  h.advance(kSecond * 17 - Nanos(1));
  EXPECT_TRUE(h.take(CommandKind::kPlace).empty());
  h.advance(kSecond * 2);
  EXPECT_EQ(h.take(CommandKind::kPlace).size(), 6u);
}

Event tightest(std::uint32_t pct, Nanos end) {
  Event e = CoreHarness::event(EventKind::kRateUsage);
  e.rate.orders_limit = 1000;
  e.rate.orders_end = e.rate.tightest_end = end;
  e.rate.tightest_pct = pct;
  return e;
}

// Levels so far apart that none can serve another's.
CoreConfig far_apart(int modify_threshold_ppm) {
  CoreConfig c = wide();
  StrategyParams& s = c.instruments[0].strategy;
  s.warmup = Nanos(0);
  s.max_spread = ratio_ppm(40'000);
  s.modify_threshold = ratio_ppm(modify_threshold_ppm);
  return c;
}

// Quotes that rest, then a market that has moved by half a percent.
std::size_t amends_after_a_move(CoreHarness& h, const Event& usage) {
  h.book(Ticks(299'999), Ticks(300'001));
  h.answer_all();
  h.take();
  h.deliver(usage);
  h.book(Ticks(301'499), Ticks(301'501));
  return h.take(CommandKind::kReplace).size();
}

TEST(CoreRules, NearTheVenuesLimitsToleranceWidensThenOnlyTheInnerLevelsAreServed) {
  for (const auto& [pct, threshold_ppm, amends] : {std::tuple{59u, 3'000, 6u},
                                                   {60u, 3'000, 0u},
                                                   {60u, 2'000, 6u},
                                                   {79u, 1'000, 6u},
                                                   {80u, 1'000, 4u},
                                                   {80u, 2'000, 0u}}) {
    CoreHarness h(far_apart(threshold_ppm));
    const Nanos end = h.now + kSecond * 9;
    EXPECT_EQ(amends_after_a_move(h, tightest(pct, end)), amends) << pct << ' ' << threshold_ppm;
    EXPECT_EQ(h.side(Side::kBuy).reason,
              amends < 6 ? QuoteReason::kRateBudget : QuoteReason::kQuoting);
  }
}

TEST(CoreRules, TheOuterLevelsAreServedAgainWhenTheWindowEnds) {
  CoreHarness h(far_apart(1'000));
  const Nanos end = h.now + kSecond * 9;
  amends_after_a_move(h, tightest(90, end));
  h.answer_all();
  h.take();
  h.advance(kSecond * 9 - Nanos(1));
  EXPECT_TRUE(h.take(CommandKind::kReplace).empty());
  h.advance(Nanos(1));
  EXPECT_EQ(h.take(CommandKind::kReplace).size(), 2u);
  EXPECT_EQ(h.side(Side::kSell).reason, QuoteReason::kQuoting);
}

TEST(CoreRules, QuestionsTakeAFifthOfTheWeightTheVenueAllows) {
  const auto questions_in_a_second = [](std::uint32_t weight_limit) {
    CoreConfig c = patient();
    c.instruments[0].strategy.target_orders_per_side = 10;
    CoreHarness h(c);
    Event usage = CoreHarness::event(EventKind::kRateUsage);
    usage.rate.orders_limit = 1000;
    usage.rate.orders_end = h.now + kSecond * 10;
    usage.rate.weight_limit = weight_limit;
    usage.rate.weight_window_s = 60;
    h.deliver(usage);
    h.start_quoting();
    h.take();
    h.session(SessionState::kReconciling);  // everything is in doubt
    for (const Command& canceled : h.take(CommandKind::kCancel)) {
      h.fail(EventKind::kCancelRejected, canceled, RejectReason::kUnknownOrder);
    }
    h.advance(kSecond - Nanos(1));
    return h.take(CommandKind::kQueryOrder).size();
  };
  EXPECT_EQ(questions_in_a_second(1200), 1u);
  EXPECT_GT(questions_in_a_second(6000), 4u);
}

// --- what the venue allows ------------------------------------------------------------------

TEST(CoreRules, WhereTheVenueReplacesNoOrderItIsCancelledAndPlacedAnew) {
  CoreConfig c = patient();
  c.instruments[0].instrument.rules.cancel_replace = false;
  CoreHarness h(c);
  h.start_quoting();
  h.take();
  h.book(Ticks(301'499), Ticks(301'501));  // far enough to move all, near enough to replace
  const std::vector<Command> moved = h.take();
  EXPECT_EQ(std::ranges::count(moved, CommandKind::kReplace, &Command::kind), 0);
  EXPECT_GE(std::ranges::count(moved, CommandKind::kCancel, &Command::kind), 1);
  for (const Command& command : moved) {
    if (command.kind == CommandKind::kCancel) h.canceled(command);
    if (command.kind == CommandKind::kPlace) h.accept(command);
  }
  h.batch_end();
  h.answer_all();
  EXPECT_EQ(h.core.orders().live_count(), 6u);
}

TEST(CoreRules, AFillOffTheGridHaltsTheSymbolUntilARestartAndIsNoCleanRun) {
  CoreHarness h(patient());
  h.start_quoting();
  h.take();
  const Order best = h.live(Side::kBuy)[0];
  Event fill = CoreHarness::event(EventKind::kOffGridFill);
  fill.off_grid = {best.id, TradeId(7), Amount(12'345), Amount(299'400'000'500), {}};
  h.deliver(fill);
  h.batch_end();
  EXPECT_EQ(h.side(Side::kBuy).reason, QuoteReason::kSymbolHalted);
  EXPECT_EQ(h.take(CommandKind::kCancel).size(), 6u);
  EXPECT_EQ(h.core.invariants().violations(Invariant::kPositionExplained), 1u);
  h.deliver(fill);  // the other channel tells it again
  h.control(ControlCode::kResume);
  h.advance(kSecond * 100);
  EXPECT_EQ(h.side(Side::kSell).reason, QuoteReason::kSymbolHalted) << "a resume is not enough";
  EXPECT_EQ(h.core.invariants().violations(Invariant::kPositionExplained), 1u);
}

TEST(CoreRules, KillAndShutdownCancelEverybodysOrdersOnlyWhereTheSymbolIsOurs) {
  for (const ControlCode code : {ControlCode::kKill, ControlCode::kShutdown}) {
    for (const bool exclusive : {false, true}) {
      CoreConfig c = patient();
      c.orders.exclusive_symbol = exclusive;
      CoreHarness h(c);
      h.start_quoting();
      h.take();
      h.control(ControlCode::kPause);
      EXPECT_TRUE(h.take(CommandKind::kCancelAll).empty()) << "a pause is none of these";
      h.control(code);
      EXPECT_EQ(h.take(CommandKind::kCancelAll).size(), exclusive ? 1u : 0u);
    }
  }
}

TEST(CoreRules, EverybodysOrdersAreCancelledAgainAfterARefusalAndWhenTheSessionAnswers) {
  CoreConfig c = patient();
  c.orders.exclusive_symbol = true;
  CoreHarness h(c);
  h.start_quoting();
  h.take();
  h.control(ControlCode::kKill);
  const std::vector<Command> first = h.take(CommandKind::kCancelAll);
  ASSERT_EQ(first.size(), 1u);
  h.fail(EventKind::kCancelRejected, first[0], RejectReason::kRateLimit);
  h.advance(kSecond * 2);
  const std::vector<Command> second = h.take(CommandKind::kCancelAll);
  ASSERT_EQ(second.size(), 1u);
  h.session(SessionState::kDown);
  h.fail(EventKind::kOutcomeUnknown, second[0], RejectReason::kOther);
  h.advance(kSecond * 5);
  EXPECT_TRUE(h.take(CommandKind::kCancelAll).empty());
  h.session(SessionState::kReconciling);
  h.batch_end();
  EXPECT_EQ(h.take(CommandKind::kCancelAll).size(), 1u);
}

TEST(CoreRules, WhatWasSentMayArriveUntilItsRecvWindowHasPassed) {
  CoreHarness h(patient());
  EXPECT_EQ(h.core.lifecycle().arrivals_until(), Nanos(0));
  h.book(Ticks(299'999), Ticks(300'001));
  h.advance(Nanos(5 * kSecond.v));
  const std::vector<Command> placed = h.take(CommandKind::kPlace);
  ASSERT_EQ(placed.size(), 6u);
  const Nanos margin = not_found_margin(5 * kSecond, kSecond / 2);
  EXPECT_EQ(h.core.lifecycle().arrivals_until(), placed[0].time + margin);
  for (const Command& c : placed) h.accept(c);
  EXPECT_EQ(h.core.lifecycle().arrivals_until(), Nanos(0)) << "all have arrived";
}

// --- losses ---------------------------------------------------------------------------------

// Bought at 2994 and marked at 2980: a loss of some 4.7 quote.
void lose(CoreHarness& h) {
  const Order best = h.live(Side::kBuy)[0];
  h.fill(best, best.lots, 1);
  h.book(Ticks(297'999), Ticks(298'001));
  h.answer_all();
}

TEST(CoreRules, AResumeAfterALossGoesOnAndTripsAgainOnlyForAFurtherLoss) {
  for (const bool drawdown : {false, true}) {
    CoreConfig c = patient();
    c.account = without_loss_limits(c.account);
    c.instruments[0].risk = without_loss_limits(c.instruments[0].risk);
    (drawdown ? c.account.max_drawdown : c.account.max_daily_loss) = Money(kMoneyScale);
    CoreHarness h(c);
    h.start_quoting();
    lose(h);
    ASSERT_EQ(h.core.trip(), QuoteReason::kLossLimit);
    h.control(ControlCode::kResume);
    h.answer_all();
    EXPECT_EQ(h.core.trip(), QuoteReason::kQuoting);
    EXPECT_EQ(h.core.orders().live_count(), 6u);
    h.book(Ticks(297'499), Ticks(297'501));  // another 1.7 quote
    EXPECT_EQ(h.core.trip(), QuoteReason::kLossLimit);
  }
}

TEST(CoreRules, ANewDayResetsTheLossButNotItsTrip) {
  CoreConfig c = patient();
  c.account.max_daily_loss = Money(10 * kMoneyScale);
  for (InstrumentConfig& i : c.instruments) i.risk.max_data_age = kSecond * 100 * 3600;
  c.orders.reset_interval = Nanos(0);
  CoreHarness h(c);
  h.start_quoting();
  lose(h);
  EXPECT_EQ(h.core.trip(), QuoteReason::kQuoting) << "4.7 of 10 quote are lost";
  while (!h.commands.empty()) h.answer_all();
  h.advance(kSecond * 24 * 3600);
  h.book(Ticks(296'399), Ticks(296'401));  // 5.3 more: over 10 in all, not today
  EXPECT_EQ(h.core.trip(), QuoteReason::kQuoting);
  h.book(Ticks(294'499), Ticks(294'501));
  ASSERT_EQ(h.core.trip(), QuoteReason::kLossLimit);
  while (!h.commands.empty()) h.answer_all();
  h.advance(kSecond * 24 * 3600);
  EXPECT_EQ(h.core.trip(), QuoteReason::kLossLimit);
}

TEST(CoreRules, ProfitInOneQuoteAssetDoesNotHideALossInAnother) {
  CoreConfig c = patient();
  c.account = without_loss_limits(c.account);
  c.account.max_daily_loss = Money(4 * kMoneyScale);
  c.account.max_order_count = 20;
  c.instruments[0].risk = without_loss_limits(c.instruments[0].risk);
  c.instruments.push_back(c.instruments[0]);
  std::strcpy(c.instruments[1].instrument.quote_text.data(), "TRY");
  CoreHarness h(c);
  h.book(Ticks(299'999), Ticks(300'001), 0);
  h.book(Ticks(299'999), Ticks(300'001), 1);
  h.advance(kSecond * 5);
  h.answer_all();
  const Order other = h.live(Side::kSell, 1)[0];
  h.fill(other, other.lots, 2);
  h.book(Ticks(297'999), Ticks(298'001), 1);  // sold at 3006: a profit of 8.6
  ASSERT_GT(h.core.instrument(1).total, Money(8 * kMoneyScale));
  lose(h);
  EXPECT_EQ(h.core.trip(), QuoteReason::kLossLimit);
}

// --- position -------------------------------------------------------------------------------

// Three bids of 0.3333 rest near the limit in quote currency; the market rises, the bids may stay
// where they are, and the limit in base falls below their sum.
CoreConfig near_the_limit(bool keeps_priority) {
  CoreConfig c = wide();
  c.instruments[0].instrument.rules.keep_priority_reduce = keeps_priority;
  c.instruments[0].strategy.modify_threshold = ratio_ppm(50'000);
  c.instruments[0].strategy.max_modify_deviation = ratio_ppm(50'000);
  c.instruments[0].strategy.order_size = Amount(33'330'000);
  c.instruments[0].risk.max_position_notional = Money(3'010 * kMoneyScale);
  return c;
}

struct OverTheLimit : CoreHarness {
  explicit OverTheLimit(bool keeps_priority = true) : CoreHarness(near_the_limit(keeps_priority)) {
    start_quoting();
    book(Ticks(303'999), Ticks(304'001));
  }
};

TEST(CoreRules, OverTheLimitOneRequestPerOrderBringsTheSideWithinIt) {
  OverTheLimit h;
  std::vector<Command> sent = h.take();
  std::erase_if(sent, [](const Command& c) { return c.side == Side::kSell; });
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].kind, CommandKind::kReduce);
  h.batch_end();
  EXPECT_TRUE(h.take().empty());
  h.amended(sent[0]);
  h.batch_end();
  EXPECT_TRUE(h.take().empty());  // and no cancel after it
  EXPECT_LE(total_lots(h.live(Side::kBuy)), Lots(9'901));
  EXPECT_EQ(h.core.invariants().total(), 0u);
}

TEST(CoreRules, WhereTheVenueShrinksNoOrderKeepingItsPriorityItIsReplaced) {
  OverTheLimit h(false);
  const std::vector<Command> sent = h.take();
  EXPECT_EQ(std::ranges::count(sent, CommandKind::kReduce, &Command::kind), 0);
  EXPECT_GE(std::ranges::count(sent, CommandKind::kReplace, &Command::kind), 1);
}

TEST(CoreRules, WhatFillsALimitByWorthStandsAsThePriceRisesALittle) {
  CoreConfig c = near_the_limit(false);
  c.instruments[0].strategy.order_size = Amount(50'000'000);
  CoreHarness h(c);
  h.start_quoting();
  const Lots bought = total_lots(h.live(Side::kBuy));
  EXPECT_LE(bought, Lots(10'023));  // a thousandth is left of 3010 / 3000
  EXPECT_GE(bought, Lots(10'022));
  h.take();
  for (std::int64_t cents = 20; cents <= 260; cents += 20) {
    h.book(Ticks(299'999 + cents), Ticks(300'001 + cents));
    h.batch_end();
    EXPECT_TRUE(h.take().empty()) << cents;
  }
  h.book(Ticks(300'399), Ticks(300'401));
  h.batch_end();
  EXPECT_FALSE(h.commands.empty());
  for (int turn = 0; turn < 10 && !h.commands.empty(); ++turn) h.answer_all();
  // The limit, 10'019, is kept all the same; and what had to shrink leaves the margin as well.
  EXPECT_LE(total_lots(h.live(Side::kBuy)), Lots(10'009));
  EXPECT_GE(total_lots(h.live(Side::kBuy)), Lots(9'900));
  for (std::int64_t cents = 400; cents <= 660; cents += 20) {
    h.book(Ticks(299'999 + cents), Ticks(300'001 + cents));
    h.batch_end();
    EXPECT_TRUE(h.take().empty()) << cents;
  }
}

// What a worth bounds was placed at a lower price: it is larger than its level, and stays.
TEST(CoreRules, TheMarginIsLeftBesideOrdersThatAreLargerThanTheirLevels) {
  CoreConfig c = near_the_limit(false);
  c.instruments[0].strategy.order_size = Amount(50'000'000);
  c.instruments[0].risk.max_order_notional = Money(1'350 * kMoneyScale);
  CoreHarness h(c);
  h.start_quoting();
  const std::vector<Order> bids = h.live(Side::kBuy);
  ASSERT_EQ(bids.size(), 3u);
  h.take();
  Command third{};
  third.id = bids[2].id;
  h.canceled(third);
  h.book(Ticks(300'299), Ticks(300'301));
  h.batch_end();
  const std::vector<Command> placed = h.take(CommandKind::kPlace);
  ASSERT_EQ(placed.size(), 1u);
  EXPECT_EQ(bids[0].lots + bids[1].lots + placed[0].lots, Lots(10'013));
  h.accept(placed[0]);
  for (std::int64_t cents = 320; cents <= 560; cents += 20) {
    h.book(Ticks(299'999 + cents), Ticks(300'001 + cents));
    h.batch_end();
    const std::vector<Command> sent = h.take();
    EXPECT_EQ(std::ranges::count(sent, Side::kBuy, &Command::side), 0) << cents;
  }
}

// Two orders leave, and until they have there is none.
TEST(CoreRules, ARefillForWhichThereIsNoRoomIsNotSentToChangeNextToNothing) {
  CoreConfig c = near_the_limit(false);
  c.instruments[0].instrument.rules.modify_in_place = true;
  c.instruments[0].strategy.order_size = Amount(33'410'000);
  CoreHarness h(c);
  h.start_quoting();
  const std::vector<Order> bids = h.live(Side::kBuy);
  ASSERT_EQ(total_lots(bids), Lots(10'023)) << "all that the margin leaves";
  h.take();
  c.instruments[0].strategy.target_orders_per_side = 1;
  h.core.offer(c);
  h.control(ControlCode::kReload);
  const std::vector<Command> leaving = h.take(CommandKind::kCancel);
  h.fill(bids[0], Lots(2'000), 1);
  // Neither where the market stands nor as it moves a little.
  for (const std::int64_t ticks : {0, 1, -1, 3, -3, 5}) {
    h.book(Ticks(299'999 + ticks), Ticks(300'001 + ticks));
    h.batch_end();
    const std::vector<Command> sent = h.take();
    EXPECT_EQ(std::ranges::count(sent, Side::kBuy, &Command::side), 0) << ticks;
    EXPECT_EQ(h.side(Side::kBuy).reason, QuoteReason::kPositionLimit) << ticks;
  }
  h.book(Ticks(299'999), Ticks(300'001));
  for (const Command& cancel : leaving) h.canceled(cancel);
  h.batch_end();
  const std::vector<Command> sent = h.take();
  ASSERT_EQ(sent.size(), 1u);
  EXPECT_EQ(sent[0].id, bids[0].id);
  EXPECT_EQ(sent[0].lots, Lots(2'000 + 3'341));
}

// At 3,000 the limit in base is the tighter by nothing, a tick higher the other one is.
TEST(CoreRules, TheMarginIsLeftWhereTheLimitsByWorthAndInBaseMeet) {
  CoreConfig c = near_the_limit(false);
  c.instruments[0].strategy.order_size = Amount(50'000'000);
  c.instruments[0].risk.max_position = Amount(kAmountScale);
  c.instruments[0].risk.max_position_notional = Money(3'000 * kMoneyScale);
  CoreHarness h(c);
  h.start_quoting();
  EXPECT_EQ(total_lots(h.live(Side::kBuy)), Lots(9'990));
  h.take();
  h.book(Ticks(300'199), Ticks(300'201));
  h.batch_end();
  EXPECT_TRUE(h.take().empty());
}

TEST(PositionLimit, LeavesAThousandthOfAWorthFreeALotAtLeastAndNothingOfALimitInBase) {
  constexpr std::int64_t kThousandth = kAmountScale / 1000;
  const auto margin = [](std::int64_t worth, std::int64_t base, std::int64_t lot) {
    Instrument i = test::eth_spot();
    i.lot = Amount(lot);
    RiskParams risk;
    risk.max_position = Amount(base);
    risk.max_position_notional = Money(worth * kMoneyScale);
    const PositionLimit limit(risk, i);
    const HalfTicks fair(600'000);
    return limit.margin(limit.at(fair), fair).v;
  };
  EXPECT_EQ(margin(30'000, 0, kThousandth), 10);
  EXPECT_EQ(margin(30'000, 0, 100 * kThousandth), 1);   // rather than a tenth of one
  EXPECT_EQ(margin(30'000, 0, 2000 * kThousandth), 0);  // of five lots all count
  EXPECT_EQ(margin(0, 10'000 * kThousandth, kThousandth), 0);
  EXPECT_EQ(margin(30'000, 9'000 * kThousandth, kThousandth), 0);
  EXPECT_EQ(margin(30'000, 9'995 * kThousandth, kThousandth), 5);
}

TEST(CoreRules, AReductionThatIsRefusedIsFollowedByACancel) {
  OverTheLimit h;
  const std::vector<Command> sent = h.take(CommandKind::kReduce);
  ASSERT_EQ(sent.size(), 1u);
  h.fail(EventKind::kAmendRejected, sent[0], RejectReason::kOther);
  h.batch_end();
  const std::vector<Command> cancels = h.take(CommandKind::kCancel);
  ASSERT_EQ(cancels.size(), 1u);
  EXPECT_EQ(cancels[0].id, sent[0].id);
}

TEST(CoreRules, ASymbolsOwnOrderCountBoundsThatSymbolOnly) {
  CoreConfig c = patient();
  c.instruments.push_back(c.instruments[0]);
  c.instruments[1].risk.max_order_count = 4;
  CoreHarness h(c);
  h.book(Ticks(299'999), Ticks(300'001), 1);
  h.start_quoting();
  EXPECT_EQ(h.core.orders().live_count(0), 6u);
  EXPECT_EQ(h.core.orders().live_count(1), 4u);
  EXPECT_EQ(h.side(Side::kSell, 1).reason, QuoteReason::kOrderLimit);
}

// Of the account: what ends on one instrument is room for the other, whose market does not move.
TEST(CoreRules, ASymbolThatWaitsForTheOrderCountOfOthersLooksAgain) {
  CoreConfig c = patient();
  c.instruments.push_back(c.instruments[0]);
  c.account.max_order_count = 8;
  CoreHarness h(c);
  h.book(Ticks(299'999), Ticks(300'001), 1);
  h.start_quoting();
  ASSERT_EQ(h.core.orders().live_count(0), 2u);
  for (const Command& place : h.take(CommandKind::kPlace)) h.accept(place);
  Event halted = CoreHarness::event(EventKind::kSessionStatus, 1);
  halted.session.state = SessionState::kUp;
  h.deliver(halted);
  h.batch_end();
  for (const Command& cancel : h.take(CommandKind::kCancel)) h.canceled(cancel);
  h.batch_end();
  ASSERT_EQ(h.core.orders().live_count(1), 0u);
  h.advance(kSecond * 2);
  EXPECT_EQ(h.core.orders().live_count(0), 6u);
}

TEST(CoreRules, OfABalanceThatPaysTheFeeTheFeeIsKeptAndNoLot) {
  CoreConfig c = patient();
  c.instruments[0].strategy.target_orders_per_side = 1;
  c.instruments[0].instrument.fees = {.maker = ratio_ppm(1000), .asset = Asset::kBase};
  const std::int64_t lot = c.instruments[0].instrument.lot.v;
  CoreHarness h(c);
  h.deliver(balance(Asset::kBase, Amount(lot * 50 + lot / 2)));  // the fee of 50 lots and more
  h.start_quoting();
  EXPECT_EQ(total_lots(h.live(Side::kSell)), Lots(50));
}

TEST(CoreRules, AStartPositionOfTheAccountIsOpenedWhicheverComesFirst) {
  for (const bool balance_first : {true, false}) {
    CoreConfig c = patient();
    c.instruments[0].risk.start_position_from_account = true;
    CoreHarness h(c);
    if (balance_first) h.deliver(balance(Asset::kBase, Amount(kAmountScale), Amount(kAmountScale)));
    h.book(Ticks(299'999), Ticks(300'001));
    h.advance(kSecond * 5);
    if (!balance_first) {
      EXPECT_TRUE(h.take().empty()) << "what we hold is not known yet";
      EXPECT_EQ(h.side(Side::kBuy).reason, QuoteReason::kReconciling);
      h.deliver(balance(Asset::kBase, Amount(kAmountScale), Amount(kAmountScale)));
      h.batch_end();
    }
    EXPECT_EQ(h.core.instrument(0).position.base(), Amount(2 * kAmountScale));
    EXPECT_EQ(h.core.instrument(0).total, Money(0));
    EXPECT_EQ(h.take(CommandKind::kPlace).size(), 6u);
  }
}

TEST(CoreRules, FillsToldBeforeTheFirstBalanceAreInItAndThoseAfterItAreNot) {
  CoreConfig c = patient();
  c.instruments[0].risk.start_position_from_account = true;
  CoreHarness h(c);
  const auto fill_of_an_earlier_start = [&](std::uint64_t trade) {
    Event e = CoreHarness::event(EventKind::kFilled);
    e.flags = kFlagMaker;
    e.fill.id = make_order_id({.instance = 1, .epoch = 0, .slot = 3, .generation = 1});
    e.fill.trade_id = TradeId(trade);
    e.fill.lots = Lots(5'000);  // half a coin
    e.fill.ticks = 300'000;
    h.deliver(e);
  };
  const Amount half(kAmountScale / 2);
  fill_of_an_earlier_start(1);
  h.deliver(balance(Asset::kBase, Amount(kAmountScale)));  // with it
  fill_of_an_earlier_start(2);
  h.deliver(balance(Asset::kBase, Amount(kAmountScale) + half));  // with both
  h.book(Ticks(299'999), Ticks(300'001));
  EXPECT_EQ(h.core.instrument(0).position.base(), Amount(kAmountScale) + half);
  EXPECT_EQ(h.core.invariants().total(), 0u);
}

TEST(CoreRules, OutsideTheLimitAtTheStartOnlyTheReducingSideIsQuoted) {
  CoreConfig c = patient();
  c.instruments[0].risk.start_position = Amount(-10 * kAmountScale);  // 30000 of 10000 quote
  CoreHarness h(c);
  h.start_quoting();
  EXPECT_EQ(h.live(Side::kBuy).size(), 3u);
  EXPECT_TRUE(h.live(Side::kSell).empty());
  EXPECT_EQ(h.side(Side::kSell).reason, QuoteReason::kPositionLimit);
}

TEST(CoreRules, ReduceOnlyNeverOffersMoreThanThePosition) {
  CoreHarness h(patient());
  h.start_quoting();
  h.fill(h.live(Side::kBuy)[0], Lots(1000), 1);
  h.control(ControlCode::kPause, PauseScope::kIncrease);
  while (!h.commands.empty()) h.answer_all();
  EXPECT_TRUE(h.live(Side::kBuy).empty());
  EXPECT_EQ(total_lots(h.live(Side::kSell)), Lots(1000));
  EXPECT_EQ(h.core.invariants().total(), 0u);
  h.control(ControlCode::kResume, PauseScope::kIncrease);
  while (!h.commands.empty()) h.answer_all();
  EXPECT_EQ(h.live(Side::kBuy).size(), 3u);
  EXPECT_EQ(h.live(Side::kSell).size(), 3u);
}

TEST(CoreRules, PausesOfASideAndOfIncreasesDoNotUndoEachOther) {
  CoreHarness h(patient());
  h.start_quoting();
  h.control(ControlCode::kPause, PauseScope::kBuy);
  h.control(ControlCode::kPause, PauseScope::kIncrease);
  h.control(ControlCode::kResume, PauseScope::kIncrease);
  h.answer_all();
  EXPECT_TRUE(h.live(Side::kBuy).empty());
  EXPECT_EQ(h.live(Side::kSell).size(), 3u);
  h.control(ControlCode::kResume, PauseScope::kBuy);
  EXPECT_EQ(h.take(CommandKind::kPlace).size(), 3u);
}

TEST(CoreRules, AResumeDoesNotUndoAShutdown) {
  CoreHarness h(patient());
  h.start_quoting();
  h.control(ControlCode::kShutdown);
  h.answer_all();
  h.control(ControlCode::kResume);
  h.book(Ticks(300'099), Ticks(300'101));
  EXPECT_TRUE(h.take().empty());
  EXPECT_TRUE(h.core.stopped());
}

void expect_fee(CoreHarness& h, Money fee) {
  Event e = CoreHarness::event(EventKind::kFilled);
  e.flags = kFlagMaker;
  e.fill.id = h.live(Side::kBuy)[0].id;
  e.fill.trade_id = TradeId(1);
  e.fill.lots = Lots(100);
  e.fill.ticks = 299'400;
  e.fill.fee = Amount(kAmountScale / 1000);
  e.fill.fee_asset = Asset::kOther;
  h.deliver(e);
  EXPECT_EQ(h.core.instrument(0).position.fees(), fee);
  EXPECT_EQ(h.core.instrument(0).position.fees_unconverted(), Amount(0));
}

TEST(CoreRules, AFeeInAThirdAssetIsConvertedAtItsConfiguredPrice) {
  CoreConfig c = patient();
  c.instruments[0].fee_asset_price = Amount(600 * kAmountScale);
  CoreHarness h(c);
  h.start_quoting();
  expect_fee(h, Money(kMoneyScale * 6 / 10));
}

TEST(CoreRules, AFeeInAThirdAssetIsConvertedAtItsOwnMarketsMid) {
  CoreConfig c = patient();
  c.account.max_order_count = 20;
  c.instruments.push_back(c.instruments[0]);
  std::strcpy(c.instruments[1].instrument.base_text.data(), "BNB");
  CoreHarness h(c);
  h.book(Ticks(70'000), Ticks(70'010), 1);
  h.start_quoting();
  expect_fee(h, Money(kMoneyScale * 70'005 / 100'000));
}

// --- requests and time ----------------------------------------------------------------------

TEST(CoreRules, AResetThatIsHeldUpWaitsWithoutSpinning) {
  CoreConfig c = patient();
  c.orders.reset_interval = kSecond * 20;
  CoreHarness h(c);
  h.start_quoting();
  h.advance(kSecond * 15);
  const auto cancels = h.take(CommandKind::kCancel);
  ASSERT_EQ(cancels.size(), 6u);
  for (std::size_t i = 1; i < cancels.size(); ++i) h.canceled(cancels[i]);
  h.advance(kMillisecond * 1990);
  h.fail(EventKind::kCancelRejected, cancels[0], RejectReason::kOther);
  h.batch_end();
  // The cancel sent again is still unanswered when the reset has waited for modification_timeout.
  int timers = 0;
  for (const Nanos end = h.now + kSecond; h.core.next_deadline() <= end && timers < 100; ++timers) {
    h.now = std::max(h.now, h.core.next_deadline());
    h.deliver(CoreHarness::event(EventKind::kTimer));
    h.batch_end();
  }
  EXPECT_LT(timers, 20);
  const auto again = h.take(CommandKind::kCancel);
  ASSERT_EQ(again.size(), 1u);
  h.canceled(again[0]);
  h.batch_end();
  EXPECT_EQ(h.take(CommandKind::kPlace).size(), 6u);
}

TEST(CoreRules, AResetWaitsForTheBudgetInOneStep) {
  CoreConfig c = wide();
  c.orders.reset_interval = kSecond * 20;
  c.orders.modify_rate_limit = 6;
  CoreHarness h(c);
  h.start_quoting();
  h.advance(kSecond * 14 + kMillisecond * 900);
  h.book(Ticks(301'099), Ticks(301'101));  // two amends
  ASSERT_EQ(h.take(CommandKind::kReplace).size(), 2u);
  int timers = 0;
  while (h.core.instrument(0).reset.count() == 0 && timers < 1000) {
    h.now = std::max(h.now, h.core.next_deadline());
    h.deliver(CoreHarness::event(EventKind::kTimer));
    h.batch_end();
    ++timers;
  }
  EXPECT_LE(timers, 3);
}

TEST(CoreRules, AFailedAmendIsTriedAgainAfterItsPauseInAStillMarket) {
  CoreHarness h(wide());
  h.start_quoting();
  h.book(Ticks(301'099), Ticks(301'101));
  const auto sent = h.take(CommandKind::kReplace);
  ASSERT_EQ(sent.size(), 2u);
  h.fail(EventKind::kReplaceRejected, sent[0], RejectReason::kOther);
  h.batch_end();
  EXPECT_TRUE(h.take().empty());
  h.advance(kMillisecond * 500);
  const auto again = h.take(CommandKind::kReplace);
  ASSERT_EQ(again.size(), 1u);
  EXPECT_EQ(again[0].id, sent[0].id);
}

TEST(CoreRules, SizesOfTheCheapestCoinsStayWithinTheVenuesLots) {
  CoreConfig c = patient();
  Instrument& i = c.instruments[0].instrument;
  i.tick = i.lot = Amount(1);
  i.lots_max = Lots(5'000'000'000);
  i.notional_min = Money(0);
  c.instruments[0].strategy.order_notional = Money(1'000'000'000 * kMoneyScale);
  c.instruments[0].risk.max_order_notional = Money(0);
  c.instruments[0].risk.max_position_notional = Money(1'000'000'000 * kMoneyScale);
  CoreHarness h(c);
  h.start_quoting(Ticks(999), Ticks(1001));
  ASSERT_EQ(h.live(Side::kBuy).size(), 3u);
  for (const Order& o : h.live(Side::kBuy)) EXPECT_EQ(o.lots, i.lots_max);
  EXPECT_EQ(h.core.instrument(0).counts.denied, 0u);
}

}  // namespace
}  // namespace mm::test
