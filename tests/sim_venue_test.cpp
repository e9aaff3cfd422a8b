// The simulated venue's answers: every request, every refusal, balances, fees, limits and delays.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstdio>
#include <fstream>

#include "tests/sim_harness.h"

namespace mm::sim {
namespace {

using test::no_latency;
using test::sim_spot;
using test::sim_usdm;
using test::SimHarness;
using testing::ElementsAre;

constexpr std::int32_t kBid = 299'999, kAsk = 300'001;  // 2999.99 and 3000.01
constexpr std::int64_t kLots = 1'000;                   // 0.1 ETH: about 300 quote

SimHarness with_book(const SimulatorConfig& config = no_latency(),
                     const Instrument& instrument = sim_spot()) {
  SimHarness h(config, {instrument});
  h.book(true, {{Side::kBuy, {{kBid, 5'000}, {kBid - 1, 5'000}}},
                {Side::kSell, {{kAsk, 5'000}, {kAsk + 1, 5'000}}}});
  h.take();
  return h;
}

std::vector<EventKind> kinds(const std::vector<Event>& events) {
  std::vector<EventKind> kinds;
  for (const Event& e : events) kinds.push_back(e.kind);
  return kinds;
}

TEST(SimVenue, TellsSessionBalancesAndLimitsAtStart) {
  SimVenue venue(no_latency(), std::vector<Instrument>{sim_spot()}, 1);
  venue.start(test::kSimStart);
  std::vector<Event> events;
  Event e;
  while (venue.next(test::kSimStart, e)) events.push_back(e);
  EXPECT_THAT(kinds(events), ElementsAre(EventKind::kSessionStatus, EventKind::kBalance,
                                         EventKind::kBalance, EventKind::kRateUsage));
  EXPECT_EQ(events[0].session.state, SessionState::kUp);
  EXPECT_EQ(events[1].balance.free, Amount(100 * kAmountScale));
  EXPECT_EQ(events[2].balance.asset, Asset::kQuote);
}

TEST(SimVenue, AcceptsAPostOnlyOrderAndLocksItsCost) {
  SimHarness h = with_book();
  h.advance(kSecond);
  h.take();
  h.place(7, Side::kBuy, kBid, kLots);
  const std::vector<Event> events = h.take();
  EXPECT_THAT(kinds(events),
              ElementsAre(EventKind::kAccepted, EventKind::kBalance, EventKind::kRateUsage));
  EXPECT_EQ(events[0].report.id, ClientOrderId(7));
  EXPECT_NE(events[0].report.venue_id, VenueOrderId(0));
  EXPECT_EQ(events[0].report.lots, Lots(kLots));
  EXPECT_EQ(events[0].report.ticks, kBid);
  EXPECT_EQ(events[1].balance.locked, Amount(29'999'900'000));  // 299.999
  EXPECT_EQ(h.venue.open_orders(0), 1u);
  EXPECT_EQ(h.venue.find(ClientOrderId(7))->ahead, Lots(5'000));
}

TEST(SimVenue, RefusesWhatWouldMatchOthersOrOurselves) {
  SimHarness h = with_book();
  h.place(1, Side::kBuy, kAsk, kLots);
  EXPECT_EQ(h.refusal(EventKind::kRejected), RejectReason::kWouldCross);
  h.place(2, Side::kSell, kBid, kLots);
  EXPECT_EQ(h.refusal(EventKind::kRejected), RejectReason::kWouldCross);
  h.place(3, Side::kBuy, kBid + 1, kLots);  // inside the spread
  EXPECT_EQ(h.venue.counters().self_trades_prevented, 0u);
  h.place(4, Side::kSell, kBid + 1, kLots);
  EXPECT_EQ(h.refusal(EventKind::kRejected), RejectReason::kWouldCross);
  EXPECT_EQ(h.venue.counters().self_trades_prevented, 1u);
  EXPECT_EQ(h.venue.counters().taker_fills, 0u);
}

TEST(SimVenue, ANewerBookTickerDecidesWhatWouldMatch) {
  SimHarness h = with_book();
  Event e;
  e.kind = EventKind::kBookTicker;
  e.ticker = {UpdateId(100), Lots(1), Lots(1), Nanos(0), kBid + 10, kAsk + 10};
  h.venue.on_market({&e, 1}, h.now);
  h.place(1, Side::kSell, kBid + 10, kLots);
  EXPECT_EQ(h.refusal(EventKind::kRejected), RejectReason::kWouldCross);
  h.place(2, Side::kBuy, kAsk + 9, kLots);
  EXPECT_EQ(h.only(EventKind::kAccepted).report.id, ClientOrderId(2));
}

TEST(SimVenue, RefusesADuplicateOfAnOpenIdOnly) {
  SimHarness h = with_book();
  h.place(1, Side::kBuy, kBid, kLots);
  h.place(1, Side::kBuy, kBid - 1, kLots);
  EXPECT_EQ(h.refusal(EventKind::kRejected), RejectReason::kDuplicateId);
  h.cancel(1);
  h.take();
  h.place(1, Side::kBuy, kBid - 1, kLots);
  EXPECT_EQ(h.take(EventKind::kAccepted).size(), 1u);
}

TEST(SimVenue, RefusesWhatAFilterForbids) {
  Instrument instrument = sim_spot();
  instrument.price_min = Ticks(290'000);
  instrument.lots_min = Lots(20);
  instrument.lots_max = Lots(9'000);
  SimHarness h = with_book(no_latency(), instrument);
  const auto refused = [&h](std::int32_t ticks, std::int64_t lots) {
    h.place(1, Side::kBuy, ticks, lots);
    return h.refusal(EventKind::kRejected) == RejectReason::kFilter;
  };
  EXPECT_TRUE(refused(289'999, kLots));
  EXPECT_TRUE(refused(kBid, 19));
  EXPECT_TRUE(refused(kBid, 9'001));
  EXPECT_FALSE(refused(kBid, 20));
  Instrument large = sim_spot();
  large.notional_min = Money(300 * kMoneyScale);
  SimHarness n = with_book(no_latency(), large);
  n.place(1, Side::kBuy, kBid, 1'000);  // 299.999
  EXPECT_EQ(n.refusal(EventKind::kRejected), RejectReason::kFilter);
  n.place(1, Side::kBuy, kBid, 1'001);
  EXPECT_EQ(n.take(EventKind::kAccepted).size(), 1u);
}

TEST(SimVenue, RefusesPricesTooFarFromTheLastTrade) {
  SimHarness h = with_book();
  h.place(1, Side::kBuy, 240'000, kLots);  // exactly 20 % below the middle
  EXPECT_EQ(h.take(EventKind::kAccepted).size(), 1u);
  h.place(2, Side::kBuy, 239'999, kLots);
  EXPECT_EQ(h.refusal(EventKind::kRejected), RejectReason::kFilter);
  h.trade(Side::kBuy, 320'000, 1);
  h.place(3, Side::kSell, 384'000, kLots);
  EXPECT_EQ(h.take(EventKind::kAccepted).size(), 1u);
  h.place(4, Side::kSell, 384'001, kLots);
  EXPECT_EQ(h.refusal(EventKind::kRejected), RejectReason::kFilter);
}

TEST(SimVenue, RefusesMoreOpenOrdersThanTheSymbolMayHave) {
  SimulatorConfig config = no_latency();
  config.max_orders_per_symbol = 2;
  SimHarness h = with_book(config);
  for (std::uint64_t id = 1; id <= 3; ++id) h.place(id, Side::kBuy, kBid, kLots);
  EXPECT_EQ(h.refusal(EventKind::kRejected), RejectReason::kMaxOrders);
  h.replace(1, 4, kBid - 1, kLots);  // counted before the cancel
  const Event e = h.only(EventKind::kReplaceRejected);
  EXPECT_EQ(e.failure.reason, RejectReason::kMaxOrders);
  EXPECT_EQ(e.failure.old_canceled, 0);
  h.cancel(1);
  h.place(5, Side::kBuy, kBid, kLots);
  EXPECT_EQ(h.take(EventKind::kAccepted).size(), 1u);
}

TEST(SimVenue, RefusesWhatTheBalanceDoesNotCover) {
  SimulatorConfig config = no_latency();
  config.balance_base = Amount(kAmountScale / 10);    // 1,000 lots
  config.balance_quote = Amount(400 * kAmountScale);  // one order of 299.999
  SimHarness h = with_book(config);
  h.place(1, Side::kBuy, kBid, kLots);
  h.place(2, Side::kBuy, kBid, kLots);
  EXPECT_EQ(h.refusal(EventKind::kRejected), RejectReason::kInsufficientBalance);
  h.place(3, Side::kSell, kAsk, 1'001);
  EXPECT_EQ(h.refusal(EventKind::kRejected), RejectReason::kInsufficientBalance);
  h.place(4, Side::kSell, kAsk, 1'000);
  h.cancel(1);  // frees its quote
  h.take();
  h.place(5, Side::kBuy, kBid, kLots);
  EXPECT_EQ(h.take(EventKind::kAccepted).size(), 1u);
}

TEST(SimVenue, FuturesNeedNoBalance) {
  SimulatorConfig config = no_latency();
  config.balance_base = config.balance_quote = Amount(0);
  SimHarness h = with_book(config, sim_usdm());
  h.place(1, Side::kSell, kAsk, kLots);
  h.trade(Side::kBuy, kAsk + 1, kLots);
  EXPECT_EQ(h.venue.position(0), Amount(-kAmountScale / 10));
  EXPECT_TRUE(h.take(EventKind::kBalance).empty());
}

TEST(SimVenue, CancelsAnOpenOrderAndSaysWhatItHadExecuted) {
  SimHarness h = with_book();
  h.place(1, Side::kBuy, kBid, kLots);
  h.trade(Side::kSell, kBid, 5'400);
  h.take();
  h.cancel(1);
  const Event e = h.only(EventKind::kCanceled);
  EXPECT_EQ(e.report.id, ClientOrderId(1));
  EXPECT_EQ(e.report.lots, Lots(400));
  EXPECT_EQ(h.venue.open_orders(), 0u);
  EXPECT_EQ(h.venue.wallet(0).quote_locked, Amount(0));
  h.cancel(1);
  EXPECT_EQ(h.refusal(EventKind::kCancelRejected), RejectReason::kUnknownOrder);
  h.trade(Side::kSell, kBid - 1, 5'000);
  EXPECT_EQ(h.filled(1), 400);
}

TEST(SimVenue, ReplacesByCancelAndPlaceAtTheBackOfTheQueue) {
  SimHarness h = with_book();
  h.place(1, Side::kBuy, kBid - 1, kLots);
  h.take();
  h.replace(1, 2, kBid, 2 * kLots);
  const Event e = h.only(EventKind::kReplaced);
  EXPECT_EQ(e.report.id, ClientOrderId(1));
  EXPECT_EQ(e.report.new_id, ClientOrderId(2));
  EXPECT_EQ(e.report.lots, Lots(2 * kLots));
  EXPECT_EQ(e.report.ticks, kBid);
  EXPECT_EQ(h.venue.find(ClientOrderId(1))->status, OrderStatusCode::kCanceled);
  EXPECT_EQ(h.venue.find(ClientOrderId(2))->ahead, Lots(5'000));
  EXPECT_EQ(h.venue.open_orders(0), 1u);
  h.replace(2, 2, kBid - 1, kLots);  // the cancelled order's own id may be used again
  EXPECT_EQ(h.take(EventKind::kReplaced).size(), 1u);
}

TEST(SimVenue, AReplaceLeavesTheOldOrderWhereTheCancelIsRefused) {
  SimHarness h = with_book();
  h.place(1, Side::kBuy, kBid, kLots);
  h.replace(9, 2, kBid, kLots);
  EXPECT_EQ(h.refusal(EventKind::kReplaceRejected), RejectReason::kUnknownOrder);
  h.replace(1, 2, kBid, 1);  // below the least notional: filters come before the cancel
  EXPECT_EQ(h.refusal(EventKind::kReplaceRejected), RejectReason::kFilter);
  h.trade(Side::kSell, kBid, 5'400);
  h.replace(1, 2, kBid, kLots);  // ONLY_NEW
  const Event e = h.only(EventKind::kReplaceRejected);
  EXPECT_EQ(e.failure.reason, RejectReason::kRestricted);
  EXPECT_EQ(e.failure.old_canceled, 0);
  EXPECT_EQ(e.failure.new_id, ClientOrderId(2));
  EXPECT_EQ(h.venue.open_orders(0), 1u);
}

TEST(SimVenue, AReplaceWhoseNewHalfFailsHasCancelledTheOld) {
  SimHarness h = with_book();
  h.place(1, Side::kBuy, kBid, kLots);
  h.take();
  h.replace(1, 2, kAsk, kLots);
  const Event e = h.only(EventKind::kReplaceRejected);
  EXPECT_EQ(e.failure.reason, RejectReason::kWouldCross);
  EXPECT_EQ(e.failure.old_canceled, 1);
  EXPECT_EQ(h.venue.open_orders(0), 0u);
  EXPECT_EQ(h.venue.wallet(0).quote_locked, Amount(0));
}

TEST(SimVenue, ReducesKeepThePlaceInTheQueueUpToTheLimitOfAmends) {
  SimHarness h = with_book();
  h.place(1, Side::kBuy, kBid, kLots);
  h.book(false, {{Side::kBuy, {{kBid, 9'000}}}});
  const auto reduce = [&h](std::int64_t lots) {
    h.take();
    h.send(SimHarness::command(CommandKind::kReduce, 1, Side::kBuy, kBid, lots));
    const std::vector<Event> events = h.take();
    return events.front().kind == EventKind::kAmended ? RejectReason::kNone
                                                      : events.front().failure.reason;
  };
  EXPECT_EQ(reduce(kLots), RejectReason::kNoChange);
  EXPECT_EQ(reduce(kLots + 1), RejectReason::kOther);
  for (int i = 1; i <= 10; ++i) EXPECT_EQ(reduce(kLots - i), RejectReason::kNone);
  EXPECT_EQ(reduce(kLots - 11), RejectReason::kMaxAmends);
  EXPECT_EQ(h.venue.find(ClientOrderId(1))->ahead, Lots(5'000));
  EXPECT_EQ(h.venue.wallet(0).quote_locked, Amount(29'699'901'000));
  h.place(2, Side::kBuy, kBid, kLots);
  h.trade(Side::kSell, kBid, 14'500 + 990);  // 5,000 + 990, then 3,010 + the new one's queue
  h.take();
  h.send(SimHarness::command(CommandKind::kReduce, 2, Side::kBuy, kBid, h.filled(2)));
  EXPECT_EQ(h.refusal(EventKind::kAmendRejected), RejectReason::kUnknownOrder);
}

TEST(SimVenue, AReduceToWhatIsExecutedIsRefused) {
  SimHarness h = with_book();
  h.place(1, Side::kBuy, kBid, kLots);
  h.trade(Side::kSell, kBid, 5'400);
  h.take();
  h.send(SimHarness::command(CommandKind::kReduce, 1, Side::kBuy, kBid, 400));
  EXPECT_EQ(h.refusal(EventKind::kAmendRejected), RejectReason::kOther);
  h.send(SimHarness::command(CommandKind::kReduce, 1, Side::kBuy, kBid, 401));
  EXPECT_EQ(h.only(EventKind::kAmended).report.lots, Lots(401));
}

TEST(SimVenue, EachVenueRefusesTheOthersAmend) {
  SimHarness spot = with_book();
  spot.place(1, Side::kBuy, kBid, kLots);
  spot.send(SimHarness::command(CommandKind::kModify, 1, Side::kBuy, kBid - 1, kLots));
  EXPECT_EQ(spot.refusal(EventKind::kAmendRejected), RejectReason::kOther);
  SimHarness usdm = with_book(no_latency(), sim_usdm());
  usdm.place(1, Side::kBuy, kBid, kLots);
  usdm.send(SimHarness::command(CommandKind::kReduce, 1, Side::kBuy, kBid, kLots - 1));
  EXPECT_EQ(usdm.refusal(EventKind::kAmendRejected), RejectReason::kOther);
}

TEST(SimVenue, AModifyKeepsTheOrderAndLosesItsPlace) {
  SimHarness h = with_book(no_latency(), sim_usdm());
  h.place(1, Side::kBuy, kBid, kLots);
  h.place(2, Side::kBuy, kBid, kLots);
  h.take();
  h.send(SimHarness::command(CommandKind::kModify, 1, Side::kBuy, kBid, kLots - 1));
  const Event e = h.only(EventKind::kAmended);
  EXPECT_EQ(e.report.id, ClientOrderId(1));
  EXPECT_EQ(e.report.lots, Lots(kLots - 1));
  h.trade(Side::kSell, kBid, 5'000 + kLots);
  EXPECT_EQ(h.filled(2), kLots);
  EXPECT_EQ(h.filled(1), 0);
  h.take();
  h.send(SimHarness::command(CommandKind::kModify, 1, Side::kBuy, kBid, kLots - 1));
  EXPECT_EQ(h.refusal(EventKind::kAmendRejected), RejectReason::kNoChange);
  h.send(SimHarness::command(CommandKind::kModify, 5, Side::kBuy, kBid, kLots));
  EXPECT_EQ(h.refusal(EventKind::kAmendRejected), RejectReason::kUnknownOrder);
}

TEST(SimVenue, AModifyBelowWhatIsExecutedOrAcrossTheMarketEndsTheOrder) {
  SimHarness h = with_book(no_latency(), sim_usdm());
  h.place(1, Side::kBuy, kBid, kLots);
  h.trade(Side::kSell, kBid, 5'400);
  h.take();
  h.send(SimHarness::command(CommandKind::kModify, 1, Side::kBuy, kBid - 1, 400));
  EXPECT_EQ(h.only(EventKind::kCanceled).report.lots, Lots(400));
  h.place(2, Side::kBuy, kBid, kLots);
  h.take();
  h.send(SimHarness::command(CommandKind::kModify, 2, Side::kBuy, kAsk, kLots));
  const Event e = h.only(EventKind::kExpired);
  EXPECT_EQ(e.report.reason, RejectReason::kWouldCross);
  EXPECT_EQ(e.report.lots, Lots(0));
  EXPECT_EQ(h.venue.open_orders(), 0u);
}

TEST(SimVenue, AModifyOutsideTheFiltersLeavesTheOrder) {
  Instrument instrument = sim_usdm();
  instrument.rules.amends_per_order_max = 1;
  SimHarness h = with_book(no_latency(), instrument);
  h.place(1, Side::kBuy, kBid, kLots);
  h.take();
  h.send(SimHarness::command(CommandKind::kModify, 1, Side::kBuy, kBid, 1));
  EXPECT_EQ(h.refusal(EventKind::kAmendRejected), RejectReason::kFilter);
  h.send(SimHarness::command(CommandKind::kModify, 1, Side::kBuy, kBid - 1, kLots));
  h.take();
  h.send(SimHarness::command(CommandKind::kModify, 1, Side::kBuy, kBid, kLots));
  EXPECT_EQ(h.refusal(EventKind::kAmendRejected), RejectReason::kMaxAmends);
  EXPECT_EQ(h.venue.open_orders(), 1u);
}

TEST(SimVenue, AnswersQueriesAboutOpenClosedAndUnknownOrders) {
  SimHarness h = with_book();
  h.place(1, Side::kBuy, kBid, kLots);
  h.place(2, Side::kSell, kAsk, kLots);
  h.trade(Side::kSell, kBid, 5'400);
  h.take();
  h.send(SimHarness::command(CommandKind::kQueryOrder, 1));
  const Event open = h.only(EventKind::kOrderStatus);
  EXPECT_EQ(open.report.status, static_cast<std::uint8_t>(OrderStatusCode::kOpen));
  EXPECT_EQ(open.report.lots, Lots(400));
  EXPECT_EQ(open.report.asked, 7);
  h.send(SimHarness::command(CommandKind::kQueryOpenOrders, 0));
  const std::vector<Event> listed = h.take(EventKind::kOrderStatus);
  ASSERT_EQ(listed.size(), 2u);
  EXPECT_EQ(listed[0].report.asked, 0);
  h.trade(Side::kSell, kBid, 600);
  h.cancel(2);
  h.take();
  const auto status = [&h](std::uint64_t id) {
    h.send(SimHarness::command(CommandKind::kQueryOrder, id));
    return static_cast<OrderStatusCode>(h.only(EventKind::kOrderStatus).report.status);
  };
  EXPECT_EQ(status(1), OrderStatusCode::kFilled);
  EXPECT_EQ(status(2), OrderStatusCode::kCanceled);
  EXPECT_EQ(status(3), OrderStatusCode::kNotFound);
}

TEST(SimVenue, AFillIsAMakersWithItsOwnTradeIdAndFee) {
  SimHarness h = with_book();
  h.place(1, Side::kBuy, kBid, kLots);
  h.place(2, Side::kBuy, kBid, kLots);
  h.take();
  h.trade(Side::kSell, kBid - 1, 1'500);
  const std::vector<Event> fills = h.take(EventKind::kFilled);
  ASSERT_EQ(fills.size(), 2u);
  EXPECT_EQ(fills[0].fill.lots, Lots(kLots));
  EXPECT_EQ(fills[1].fill.lots, Lots(500));
  EXPECT_NE(fills[0].fill.trade_id, fills[1].fill.trade_id);
  EXPECT_EQ(fills[0].flags, kFlagMaker);
  EXPECT_EQ(fills[0].fill.ticks, kBid);
  EXPECT_EQ(fills[0].fill.fee, Amount(29'999'900));  // 0.1 % of 299.999
  h.place(3, Side::kSell, kAsk, kLots);
  h.take();
  h.trade(Side::kBuy, kAsk + 1, 100);
  EXPECT_EQ(h.only(EventKind::kFilled).flags, kFlagMaker | kFlagSell);
}

// Fees are cut to 1e-8 of their asset; the wallet is charged where it can be.
TEST(SimVenue, FeesAndRebatesAreChargedInEachAsset) {
  struct Case {
    Asset asset;
    std::int64_t rate, fee;
  };
  for (const auto& [asset, rate, fee] :
       {Case{Asset::kQuote, 1'000'000, 29'999'900}, Case{Asset::kQuote, -100'000, -2'999'990},
        Case{Asset::kBase, 1'000'000, 10'000}, Case{Asset::kBase, 123, 1},
        Case{Asset::kOther, 1'000'000, 49'999}}) {
    Instrument instrument = sim_spot();
    instrument.fees = {Ratio(rate), Ratio(rate), asset};
    SimHarness h = with_book(no_latency(), instrument);
    const Wallet before = h.venue.wallet(0);
    h.place(1, Side::kBuy, kBid, kLots);
    h.trade(Side::kSell, kBid - 1, kLots);
    const Event e = h.only(EventKind::kFilled);
    EXPECT_EQ(e.fill.fee, Amount(fee));
    EXPECT_EQ(e.fill.fee_asset, asset);
    EXPECT_EQ(h.venue.fees(0, asset), Amount(fee));
    const Wallet& after = h.venue.wallet(0);
    const Amount in_base = asset == Asset::kBase ? Amount(fee) : Amount(0);
    const Amount in_quote = asset == Asset::kQuote ? Amount(fee) : Amount(0);
    EXPECT_EQ(after.base_free - before.base_free, Amount(kAmountScale / 10) - in_base);
    EXPECT_EQ(after.quote_free - before.quote_free, Amount(-29'999'900'000) - in_quote);
    EXPECT_EQ(after.position, Amount(kAmountScale / 10) - in_base);
    EXPECT_EQ(after.quote_locked, Amount(0));
  }
}

TEST(SimVenue, CountsOrdersInClockAlignedWindows) {
  SimulatorConfig config = no_latency();
  config.orders_per_10s = 3;
  SimHarness h = with_book(config);
  h.advance(Nanos(9 * kSecond.v));
  for (std::uint64_t id = 1; id <= 3; ++id) h.place(id, Side::kBuy, kBid, kLots);
  h.take();
  h.place(4, Side::kBuy, kBid, kLots);
  const std::vector<Event> events = h.take();
  EXPECT_THAT(kinds(events), ElementsAre(EventKind::kRejected, EventKind::kRateUsage));
  EXPECT_EQ(events[0].failure.reason, RejectReason::kRateLimit);
  EXPECT_EQ(events[0].failure.retry_after, test::kSimStart + Nanos(10 * kSecond.v));
  EXPECT_EQ(events[1].rate.orders_used, 3u);
  EXPECT_EQ(events[1].rate.orders_limit, 3u);
  h.replace(1, 5, kBid - 1, kLots);  // CANCEL_ONLY: the old order goes, the new one does not come
  const Event e = h.only(EventKind::kReplaceRejected);
  EXPECT_EQ(e.failure.reason, RejectReason::kRateLimit);
  EXPECT_EQ(e.failure.old_canceled, 1);
  h.cancel(2);  // cancels do not count
  EXPECT_EQ(h.take(EventKind::kCanceled).size(), 1u);
  h.advance(kSecond);
  h.place(6, Side::kBuy, kBid, kLots);
  EXPECT_EQ(h.take(EventKind::kAccepted).size(), 1u);
}

TEST(SimVenue, TheDayHasItsOwnLimit) {
  SimulatorConfig config = no_latency();
  config.orders_per_day = 1;
  SimHarness h = with_book(config);
  h.place(1, Side::kBuy, kBid, kLots);
  h.advance(Nanos(60 * kSecond.v));
  h.take();
  h.place(2, Side::kBuy, kBid, kLots);
  const Event e = h.only(EventKind::kRejected);
  EXPECT_EQ(e.failure.reason, RejectReason::kRateLimit);
  EXPECT_EQ(e.failure.retry_after.v % (86'400 * kSecond.v), 0);
}

TEST(SimVenue, TheFirstFillOfAnOrderGivesCountBackAndCancelsDoNot) {
  SimHarness h = with_book();
  for (std::uint64_t id = 1; id <= 3; ++id) h.place(id, Side::kBuy, kBid, kLots);
  h.cancel(3);
  EXPECT_EQ(h.venue.rate_usage().orders_used, 3u);
  h.trade(Side::kSell, kBid, 5'100);
  EXPECT_EQ(h.venue.rate_usage().orders_used, 2u);
  h.trade(Side::kSell, kBid, 100);
  EXPECT_EQ(h.venue.rate_usage().orders_used, 2u);
  h.replace(9, 10, kBid, kLots);  // a replace counts even when nothing is attempted
  EXPECT_EQ(h.venue.rate_usage().orders_used, 3u);
}

TEST(SimVenue, SuccessWeighsNothingFailureAndReduceDo) {
  SimulatorConfig config = no_latency();
  config.weight_per_minute = 6;
  SimHarness h = with_book(config);
  h.place(1, Side::kBuy, kBid, kLots);
  EXPECT_EQ(h.venue.rate_usage().weight_used, 0u);
  h.cancel(9);
  EXPECT_EQ(h.venue.rate_usage().weight_used, 1u);
  h.send(SimHarness::command(CommandKind::kReduce, 1, Side::kBuy, kBid, kLots - 1));
  EXPECT_EQ(h.venue.rate_usage().weight_used, 5u);
  h.cancel(9);
  h.take();
  h.cancel(1);  // the limit is full: even a cancel has to wait
  const Event e = h.only(EventKind::kCancelRejected);
  EXPECT_EQ(e.failure.reason, RejectReason::kRateLimit);
  EXPECT_EQ(e.failure.retry_after.v % (60 * kSecond.v), 0);
  h.send(SimHarness::command(CommandKind::kQueryOrder, 1));
  EXPECT_EQ(h.refusal(EventKind::kOutcomeUnknown), RejectReason::kRateLimit);
  h.advance(Nanos(60 * kSecond.v));
  h.cancel(1);
  EXPECT_EQ(h.take(EventKind::kCanceled).size(), 1u);
}

TEST(SimVenue, TellsRateUsageAtMostEvery100MsUnlessItRefuses) {
  SimHarness h = with_book();
  h.advance(kSecond);
  h.take();
  h.place(1, Side::kBuy, kBid, kLots);
  EXPECT_EQ(h.take(EventKind::kRateUsage).size(), 1u);
  h.place(2, Side::kBuy, kBid, kLots);
  h.place(3, Side::kBuy, kBid, kLots);
  EXPECT_TRUE(h.take(EventKind::kRateUsage).empty());
  h.advance(Nanos(100 * kMillisecond.v));
  const RateUsage usage = h.only(EventKind::kRateUsage).rate;
  EXPECT_EQ(usage.orders_used, 3u);
  EXPECT_EQ(usage.orders_end.v % (kSecond * 10).v, 0);
  EXPECT_GT(usage.orders_end, h.venue.clock());
}

TEST(SimVenue, ConstantLatenciesAddUp) {
  SimulatorConfig config;  // 5 ms each way
  SimHarness h(config);
  h.advance(Nanos(5 * kMillisecond.v));
  h.take();
  h.book(true, {{Side::kBuy, {{kBid, 100}}}, {Side::kSell, {{kAsk, 100}}}});
  EXPECT_TRUE(h.take().empty());
  const Nanos sent = h.now;
  h.place(1, Side::kBuy, kBid, kLots);
  h.advance(Nanos(5 * kMillisecond.v));
  EXPECT_EQ(h.venue.open_orders(), 1u);  // it has arrived
  for (const Event& e : h.take()) EXPECT_EQ(e.received, sent + Nanos(5 * kMillisecond.v));
  h.advance(Nanos(5 * kMillisecond.v));
  EXPECT_EQ(h.take(EventKind::kAccepted).front().received, sent + Nanos(10 * kMillisecond.v));
}

TEST(SimVenue, ARequestThatArrivesTooLateMeetsTheMarketAsItIsThen) {
  SimulatorConfig config = no_latency();
  config.order_entry.base = Nanos(5 * kMillisecond.v);
  SimHarness h = with_book(config);
  h.place(1, Side::kBuy, kBid, kLots);
  h.advance(kMillisecond);
  h.book(true, {{Side::kBuy, {{kBid - 10, 100}}}, {Side::kSell, {{kBid - 5, 100}}}});
  h.take();
  h.advance(Nanos(5 * kMillisecond.v));
  EXPECT_EQ(h.refusal(EventKind::kRejected), RejectReason::kWouldCross);
}

TEST(SimVenue, RandomLatenciesNeverReorderOneConnection) {
  SimulatorConfig config = no_latency();
  for (LatencyConfig* l : {&config.order_entry, &config.response, &config.feed}) {
    *l = {LatencyKind::kDistribution, kMillisecond, Nanos(20 * kMillisecond.v), {}, {}};
  }
  SimHarness h(config);
  h.advance(kSecond);
  h.book(true, {{Side::kBuy, {{kBid, 100}}}, {Side::kSell, {{kAsk, 100}}}});
  h.advance(kSecond);
  h.take();
  for (std::uint64_t id = 1; id <= 50; ++id) {
    h.place(id, Side::kBuy, kBid, kLots);
    h.trade(Side::kSell, kBid, static_cast<std::int64_t>(id));
    h.advance(Nanos(100'000));
  }
  h.advance(kSecond);
  std::uint64_t id = 0;
  std::int64_t trade = 0;
  Nanos last{}, least = Nanos::max(), most{};
  for (const Event& e : h.take()) {
    EXPECT_GE(e.received, last);
    last = e.received;
    if (e.kind == EventKind::kTrade) {
      EXPECT_EQ(e.trade.lots.v, ++trade);
    }
    if (e.kind != EventKind::kAccepted) continue;
    EXPECT_EQ(e.report.id, ClientOrderId(++id));
    least = std::min(least, e.received);
    most = std::max(most, e.received);
  }
  EXPECT_EQ(id, 50u);
  EXPECT_EQ(trade, 50);
  EXPECT_GT(most - least, Nanos(5 * kMillisecond.v));
}

class SimLatencyFile : public testing::Test {
 protected:
  std::string write(const std::string& text) {
    const std::string path = testing::TempDir() + "sim_latency_samples.txt";
    std::ofstream(path) << text;
    return path;
  }
  std::vector<Nanos> samples_;
};

TEST_F(SimLatencyFile, SamplesAreReadAndDrawn) {
  SimulatorConfig config = no_latency();
  config.order_entry.kind = LatencyKind::kSamples;
  config.order_entry.samples_file = write("# ns\n1000\n\n3000\r\n");
  ASSERT_EQ(load_latency_samples(config).problem, "");
  EXPECT_THAT(config.order_entry.samples, ElementsAre(Nanos(1000), Nanos(3000)));
  LatencyModel model(config.order_entry, 1);
  int longer = 0;
  for (int i = 0; i < 100; ++i) longer += model.draw() == Nanos(3000) ? 1 : 0;
  EXPECT_GT(longer, 20);
  EXPECT_LT(longer, 80);
}

TEST_F(SimLatencyFile, ABadFileIsAMessageWithItsLine) {
  EXPECT_THAT(load_latency_samples("/no/such/file", samples_), testing::HasSubstr("cannot read"));
  EXPECT_THAT(load_latency_samples(write("100\n12x\n"), samples_), testing::HasSubstr(":2: '12x'"));
  EXPECT_THAT(load_latency_samples(write("-5\n"), samples_), testing::HasSubstr("'-5'"));
  EXPECT_THAT(load_latency_samples(write("99999999999999999999\n"), samples_),
              testing::HasSubstr("not a latency"));
  EXPECT_THAT(load_latency_samples(write("# none\n"), samples_), testing::HasSubstr("no latency"));
}

TEST(SimVenue, AFullDeliveryQueueDropsWholeBookMessagesAndDefersRequests) {
  SimulatorConfig config = no_latency();
  config.feed.base = kSecond;
  config.response.base = kSecond;
  config.open_orders_max = 8;
  config.pending_events_max = 1;  // the least: 8 + 64
  SimHarness h(config);
  h.book(true, {{Side::kBuy, {{kBid, 100}}}, {Side::kSell, {{kAsk, 100}}}});
  for (int i = 0; i < 100; ++i) h.book(false, {{Side::kBuy, {{kBid, 100 + i}}}});
  EXPECT_GT(h.venue.counters().market_events_dropped, 0u);
  for (std::uint64_t id = 1; id <= 20; ++id) h.place(id, Side::kBuy, kBid - 1, kLots);
  EXPECT_LT(h.venue.open_orders(), 8u);  // the others wait for room
  h.advance(Nanos(5 * kSecond.v));
  const std::vector<Event> events = h.take();
  int begun = 0;
  for (const Event& e : events) {
    if (e.kind == EventKind::kBookBegin) ++begun;
    if (e.kind == EventKind::kBookLevels && e.last()) --begun;
  }
  EXPECT_EQ(begun, 0);
  EXPECT_EQ(h.venue.counters().accepted, 8u);
  EXPECT_EQ(h.venue.counters().rejects[static_cast<std::size_t>(RejectReason::kMaxOrders)], 12u);
}

TEST(SimVenue, AFullRequestQueueDeniesAndSaysSo) {
  SimulatorConfig config = no_latency();
  config.order_entry.base = kSecond;
  config.pending_commands_max = 2;
  SimHarness h(config);
  for (std::uint64_t id = 1; id <= 3; ++id) h.place(id, Side::kBuy, kBid, kLots);
  EXPECT_EQ(h.refusal(EventKind::kDenied), RejectReason::kRingFull);
  EXPECT_EQ(h.venue.counters().commands_denied, 1u);
}

TEST(SimVenue, BalancesAndQuantitiesAreConserved) {
  ASSERT_TRUE(rc::check("wallet = start + fills - fees, locks = what open orders need", [] {
    Instrument instrument = sim_spot();
    instrument.tick = Amount(*rc::gen::element(1, 7, 1'000'000));
    instrument.lot = Amount(*rc::gen::element(1, 13, 10'000));
    instrument.notional_min = Money(0);
    instrument.fees = {Ratio(*rc::gen::element(1'000'000, -150'000, 0)), Ratio(0),
                       *rc::gen::element(Asset::kBase, Asset::kQuote, Asset::kOther)};
    SimHarness h = with_book(no_latency(), instrument);
    const Wallet start = h.venue.wallet(0);
    Amount base{0}, quote{0};
    const auto steps = *rc::gen::inRange(1, 40);
    for (int step = 0; step < steps; ++step) {
      const std::uint64_t id = *rc::gen::inRange<std::uint64_t>(1, 12);
      const Side side = *rc::gen::element(Side::kBuy, Side::kSell);
      const auto ticks = static_cast<std::int32_t>(kBid + 1 - sign(side) * *rc::gen::inRange(1, 4));
      const auto lots = *rc::gen::inRange<std::int64_t>(1, 8'000);
      const int action = *rc::gen::inRange(0, 5);
      if (action == 0) h.place(id, side, ticks, lots);
      if (action == 1) h.cancel(id);
      if (action == 2) h.replace(id, id + 20, ticks, lots);
      if (action == 3) h.send(SimHarness::command(CommandKind::kReduce, id, side, ticks, lots));
      if (action == 4) h.trade(opposite(side), ticks, lots);
      for (const Event& e : h.take(EventKind::kFilled)) {
        const Amount paid(static_cast<std::int64_t>(
            notional(instrument, Ticks(e.fill.ticks), e.fill.lots).v / 10'000'000'000));
        base += sign(e.side()) * base_amount(instrument, e.fill.lots);
        quote -= sign(e.side()) * paid;
        if (e.fill.fee_asset == Asset::kBase) base -= e.fill.fee;
        if (e.fill.fee_asset == Asset::kQuote) quote -= e.fill.fee;
      }
      Amount locked_base{0}, locked_quote{0};
      std::uint32_t open = 0;
      for (const Side own : {Side::kBuy, Side::kSell}) {
        OrderRow row = h.venue.book(0).first(own);
        for (; row != kNoRow; row = h.venue.order(row).next, ++open) {
          (own == Side::kBuy ? locked_quote : locked_base) += h.venue.order(row).reserved;
        }
      }
      const Wallet& w = h.venue.wallet(0);
      RC_ASSERT(w.base_free + w.base_locked == start.base_free + base);
      RC_ASSERT(w.quote_free + w.quote_locked == start.quote_free + quote);
      RC_ASSERT(w.position == base);
      RC_ASSERT(w.base_locked == locked_base && w.quote_locked == locked_quote);
      RC_ASSERT(open == h.venue.open_orders(0));
      RC_ASSERT(h.venue.counters().taker_fills == 0u);
    }
  }));
}

}  // namespace
}  // namespace mm::sim
