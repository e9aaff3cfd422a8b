// The exchange: accounts trade with each other and with the market, and what they may not do.
#include "sim/exchange.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/exchange_harness.h"

namespace mm::sim {
namespace {

using test::exchange_config;
using test::ExchangeHarness;
using test::kBnb;
using test::kEth;
using test::kUsdt;
using test::two_listings;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr std::int64_t kMid = 300'000;  // 3000.00
constexpr AccountId kAnn = 0, kBob = 1;
constexpr auto kBuy = Side::kBuy;
constexpr auto kSell = Side::kSell;

NewOrder limit(Side side, std::int64_t ticks, std::int64_t lots,
               TimeInForce time_in_force = TimeInForce::kGtc) {
  return ExchangeHarness::order(side, ticks, lots, OrderType::kLimit, time_in_force);
}
NewOrder at_market(Side side, std::int64_t lots) {
  return ExchangeHarness::order(side, 0, lots, OrderType::kMarket);
}
NewOrder with(NewOrder order, SelfTrade self_trade) {
  order.self_trade = self_trade;
  return order;
}
NewOrder with(NewOrder order, ClientOrderId id) {
  order.id = id;
  return order;
}

TEST(Exchange, TwoAccountsTradeAtTheMakersPriceAndNothingIsLostButFees) {
  ExchangeHarness h;
  h.rest(kAnn, kSell, kMid, 1'000);
  const OrderAnswer taken = h.place(kBob, limit(kBuy, kMid + 100, 400));
  ASSERT_NE(taken.order, nullptr);
  EXPECT_EQ(taken.order->status, OrderStatusCode::kFilled);
  ASSERT_EQ(taken.fills.size(), 1u);
  EXPECT_EQ(taken.fills[0].price, Ticks(kMid));
  EXPECT_EQ(taken.fills[0].quote, Amount(120 * kAmountScale));
  EXPECT_EQ(taken.order->quote_filled, Amount(120 * kAmountScale));
  const Amount base_fee(4'000), quote_fee(12'000'000);  // 0.1 % of 0.04 and of 120
  EXPECT_EQ(taken.fills[0].fee, base_fee);
  EXPECT_EQ(taken.fills[0].fee_asset, Asset::kBase);
  EXPECT_EQ(h.total(kBob, kEth), ExchangeHarness::kStart + Amount(4'000'000) - base_fee);
  EXPECT_EQ(h.total(kAnn, kEth), ExchangeHarness::kStart - Amount(4'000'000));
  EXPECT_EQ(h.total(kAnn, kUsdt) + h.total(kBob, kUsdt) + quote_fee, Amount(20'000 * kAmountScale));
  EXPECT_EQ(h.exchange.accounts().funds(kBob, kUsdt).locked, Amount(0));
  EXPECT_EQ(h.exchange.accounts().position(kAnn, 0), Amount(-4'000'000));
  EXPECT_THAT(h.levels(kSell), ElementsAre(Pair(kMid, 600)));
}

TEST(Exchange, TellsWhatHappensInOrder) {
  ExchangeHarness h;
  h.rest(kAnn, kSell, kMid, 1'000);
  EXPECT_THAT(h.told.words, ElementsAre("new 1", "balances 0"));
  h.told.clear();
  h.place(kBob, limit(kBuy, kMid, 1'500));
  EXPECT_THAT(h.told.words,
              ElementsAre("new 2", "trade 1", "maker 1", "taker 2", "balances 0", "balances 1"));
  EXPECT_THAT(h.told.levels, ElementsAre(Pair(kSell, Ticks(kMid)), Pair(kBuy, Ticks(kMid))));
  EXPECT_EQ(h.told.trades[0].maker_id, VenueOrderId(1));
  EXPECT_EQ(h.told.trades[0].taker_id, VenueOrderId(2));
  EXPECT_EQ(h.told.trades[0].aggressor, kBuy);
  EXPECT_EQ(h.exchange.update_id(0), UpdateId(3));
  h.told.clear();
  h.exchange.cancel(kBob, VenueOrderId(2));
  EXPECT_THAT(h.told.words, ElementsAre("canceled 2", "balances 1"));
  const auto& [account, updates] = h.told.balances[0];
  ASSERT_EQ(updates.size(), 1u);  // only what changed
  EXPECT_EQ(updates[0].asset, kUsdt);
  EXPECT_EQ(updates[0].funds, h.exchange.accounts().funds(kBob, kUsdt));
}

TEST(Exchange, TellsTheTouchWhenItChanges) {
  ExchangeHarness h;
  h.rest(kAnn, kSell, kMid + 1, 1'000);
  EXPECT_TRUE(h.told.touches.empty());  // one side only
  h.rest(kAnn, kBuy, kMid, 1'000);
  ASSERT_EQ(h.told.touches.size(), 1u);
  h.rest(kAnn, kBuy, kMid - 1, 1'000);
  EXPECT_EQ(h.told.touches.size(), 1u);
  h.rest(kBob, kBuy, kMid, 500);
  ASSERT_EQ(h.told.touches.size(), 2u);
  EXPECT_EQ(h.told.touches[1].bid_lots, Lots(1'500));
  EXPECT_EQ(h.exchange.touch(0).bid_ticks, kMid);
}

TEST(Exchange, MatchesInPriceTimeOrderThroughAccountsAndTheMarket) {
  ExchangeHarness h;
  h.display(kSell, kMid, 100);
  h.rest(kAnn, kSell, kMid, 200);
  h.rest(kBob, kSell, kMid - 1, 300);
  h.display(kSell, kMid, 150);  // 50 more behind her
  h.told.clear();
  const AccountId third = h.exchange.open_account();
  h.exchange.deposit(third, kUsdt, Amount(10'000 * kAmountScale));
  h.place(third, limit(kBuy, kMid, 640));
  std::vector<std::tuple<std::int64_t, std::int64_t, std::uint64_t>> trades;
  for (const PublicTrade& t : h.told.trades) {
    trades.emplace_back(t.price.v, t.lots.v, t.maker_id.v);
  }
  using T = std::tuple<std::int64_t, std::int64_t, std::uint64_t>;
  EXPECT_THAT(trades,
              ElementsAre(T(kMid - 1, 300, 2), T(kMid, 100, 0), T(kMid, 200, 1), T(kMid, 40, 0)));
  EXPECT_THAT(h.levels(kSell), ElementsAre(Pair(kMid, 10)));
}

TEST(Exchange, WhatAnOrderTakesOfTheDisplayedStaysTaken) {
  ExchangeHarness h;
  h.display(kSell, kMid, 80);
  h.place(kAnn, limit(kBuy, kMid, 50, TimeInForce::kIoc));
  h.display(kSell, kMid, 80);  // the real market knows nothing of it
  EXPECT_THAT(h.levels(kSell), ElementsAre(Pair(kMid, 30)));
  h.display(kSell, kMid, 60);
  EXPECT_THAT(h.levels(kSell), ElementsAre(Pair(kMid, 10)));
  h.display(kSell, kMid, 70, true);  // a snapshot tells of the same orders
  EXPECT_THAT(h.levels(kSell), ElementsAre(Pair(kMid, 20)));
  const OrderAnswer rest = h.place(kBob, limit(kBuy, kMid, 50, TimeInForce::kIoc));
  EXPECT_EQ(rest.order->filled, Lots(20));
  h.display(kSell, kMid, 40);  // less than was taken
  EXPECT_THAT(h.levels(kSell), IsEmpty());
  h.display(kSell, kMid, 45);
  EXPECT_THAT(h.levels(kSell), ElementsAre(Pair(kMid, 5)));
  h.display(kSell, kMid, 0);
  h.display(kSell, kMid, 30);  // others than before
  EXPECT_THAT(h.levels(kSell), ElementsAre(Pair(kMid, 30)));
}

TEST(Exchange, ASnapshotWithoutALevelForgetsWhatWasTakenThere) {
  ExchangeHarness h;
  h.display(kSell, kMid, 80);
  h.place(kAnn, limit(kBuy, kMid, 80, TimeInForce::kIoc));
  h.told.clear();
  h.display(kSell, kMid + 1, 10, true);
  h.display(kSell, kMid, 30);
  EXPECT_THAT(h.levels(kSell), ElementsAre(Pair(kMid, 30), Pair(kMid + 1, 10)));
}

TEST(Exchange, ASnapshotTellsOfLevelsThatAreGone) {
  ExchangeHarness h;
  h.display(kSell, kMid, 80);
  h.told.clear();
  h.display(kSell, kMid + 1, 10, true);
  EXPECT_THAT(h.told.levels, ElementsAre(Pair(kSell, Ticks(kMid)), Pair(kSell, Ticks(kMid + 1))));
}

TEST(Exchange, ANewerTouchDecidesWhatThereIsToTake) {
  ExchangeHarness h;
  h.display(kBuy, kMid - 10, 100);
  h.display(kSell, kMid, 100);
  h.market_touch(kMid - 10, kMid + 2, 30);  // what stood at kMid is gone
  const OrderAnswer none = h.place(kAnn, limit(kBuy, kMid + 1, 50, TimeInForce::kIoc));
  EXPECT_EQ(none.order->filled, Lots(0));
  const OrderAnswer some = h.place(kAnn, limit(kBuy, kMid + 2, 50, TimeInForce::kIoc));
  EXPECT_EQ(some.order->filled, Lots(30));
  h.market_touch(kMid - 10, kMid + 2, 35);
  const OrderAnswer rest = h.place(kBob, limit(kBuy, kMid + 2, 50, TimeInForce::kIoc));
  EXPECT_EQ(rest.order->filled, Lots(5));
}

TEST(Exchange, ObservedTradesFillOrdersOfAllAccountsFromOneQuantity) {
  ExchangeHarness h;
  h.rest(kAnn, kBuy, kMid, 300);
  h.rest(kBob, kBuy, kMid - 1, 300);
  h.told.clear();
  h.market_trade(kSell, kMid - 1, 500);
  EXPECT_THAT(h.told.words,
              ElementsAre("trade 1", "maker 1", "trade 2", "maker 2", "balances 0", "balances 1"));
  EXPECT_EQ(h.told.fills[1].lots, Lots(200));
  h.market_trade(kSell, kMid - 1, 500);
  ASSERT_EQ(h.told.trades.size(), 4u);
  EXPECT_EQ(h.told.trades[3].lots, Lots(400));  // somebody else's, numbered without a hole
  EXPECT_EQ(h.told.trades[3].trade_id, TradeId(4));
  EXPECT_EQ(h.told.trades[3].maker_id, VenueOrderId(0));
}

TEST(Exchange, AnObservedMarketIsNotToldWhereItIsPassedOnItself) {
  ExchangeConfig config = exchange_config();
  config.tells_observed = false;
  ExchangeHarness h(config);
  h.display(kBuy, kMid - 1, 100);
  h.display(kSell, kMid, 100);
  h.rest(kAnn, kBuy, kMid - 1, 300);
  h.market_trade(kSell, kMid - 2, 500);
  EXPECT_THAT(h.told.words, ElementsAre("new 1", "balances 0", "maker 1", "balances 0"));
  EXPECT_TRUE(h.told.levels.empty() && h.told.touches.empty());
  EXPECT_EQ(h.told.fills[0].trade_id, TradeId(1));
}

TEST(Exchange, APostOnlyOrderThatWouldMatchIsRefused) {
  ExchangeHarness h;
  h.rest(kAnn, kSell, kMid, 100);
  EXPECT_EQ(h.rest(kBob, kBuy, kMid, 100).refusal.reason, RejectReason::kWouldCross);
  EXPECT_EQ(h.rest(kAnn, kBuy, kMid, 100).refusal.reason, RejectReason::kWouldCross);
  EXPECT_EQ(h.rest(kBob, kBuy, kMid - 1, 100).order->venue_id, VenueOrderId(2));
}

TEST(Exchange, ImmediateOrCancelTakesWhatThereIsAndExpires) {
  ExchangeHarness h;
  h.rest(kAnn, kSell, kMid, 100);
  const OrderAnswer answer = h.place(kBob, limit(kBuy, kMid, 150, TimeInForce::kIoc));
  EXPECT_EQ(answer.order->filled, Lots(100));
  EXPECT_EQ(answer.order->status, OrderStatusCode::kExpired);
  EXPECT_EQ(answer.order->expiry, Expiry::kUnfilledIoc);
  EXPECT_EQ(h.exchange.accounts().funds(kBob, kUsdt).locked, Amount(0));
  EXPECT_EQ(h.exchange.open_orders(), 0u);
  EXPECT_EQ(h.told.orders.back().first, OrderChange::kExpired);
}

TEST(Exchange, FillOrKillTakesAllOrNothing) {
  ExchangeHarness h;
  h.rest(kAnn, kSell, kMid, 100);
  h.display(kSell, kMid + 1, 100);
  const OrderAnswer killed = h.place(kBob, limit(kBuy, kMid + 1, 201, TimeInForce::kFok));
  EXPECT_EQ(killed.order->status, OrderStatusCode::kExpired);
  EXPECT_EQ(killed.order->expiry, Expiry::kUnfilledFok);
  EXPECT_TRUE(killed.fills.empty());
  EXPECT_EQ(h.place(kBob, limit(kBuy, kMid, 101, TimeInForce::kFok)).order->filled, Lots(0));
  const OrderAnswer filled = h.place(kBob, limit(kBuy, kMid + 1, 200, TimeInForce::kFok));
  EXPECT_EQ(filled.order->status, OrderStatusCode::kFilled);
  EXPECT_EQ(filled.fills.size(), 2u);
}

TEST(Exchange, FillOrKillDoesNotCountOrdersItMayNotTradeWith) {
  ExchangeHarness h;
  h.rest(kAnn, kSell, kMid, 100);
  h.rest(kBob, kSell, kMid + 1, 100);
  h.rest(kAnn, kSell, kMid + 2, 100);
  const NewOrder wanted = limit(kBuy, kMid + 2, 200, TimeInForce::kFok);
  EXPECT_EQ(h.place(kBob, with(wanted, SelfTrade::kExpireTaker)).order->filled, Lots(0));
  EXPECT_EQ(h.place(kBob, with(wanted, SelfTrade::kExpireMaker)).order->filled, Lots(200));
}

TEST(Exchange, AMarketOrderTakesAtAnyPriceAndPaysForWhatItTakes) {
  ExchangeHarness h;
  h.rest(kAnn, kSell, kMid, 100);
  h.rest(kAnn, kSell, kMid + 100, 100);
  const OrderAnswer bought = h.place(kBob, at_market(kBuy, 150));
  EXPECT_EQ(bought.order->status, OrderStatusCode::kFilled);
  EXPECT_EQ(bought.order->price, Ticks(0));
  EXPECT_EQ(bought.order->quote_filled, Amount(4'500'500'000));  // 30 + 15.005
  EXPECT_EQ(h.total(kBob, kUsdt), Amount(10'000 * kAmountScale - 4'500'500'000));
  const OrderAnswer rest = h.place(kBob, at_market(kBuy, 150));
  EXPECT_EQ(rest.order->filled, Lots(50));
  EXPECT_EQ(rest.order->expiry, Expiry::kLiquidity);
  EXPECT_EQ(h.exchange.accounts().funds(kBob, kUsdt).locked, Amount(0));
  h.rest(kAnn, kBuy, kMid - 100, 100);
  EXPECT_EQ(h.place(kBob, at_market(kSell, 100)).order->quote_filled, Amount(2'999'000'000));
}

TEST(Exchange, RefusesWhatTheBalanceDoesNotCover) {
  ExchangeHarness h;
  h.rest(kAnn, kSell, kMid, 50'000);  // 5 ETH, 15,000 USDT
  const auto reason = [&](const NewOrder& wanted) { return h.place(kBob, wanted).refusal.reason; };
  EXPECT_EQ(reason(limit(kBuy, kMid, 40'000)), RejectReason::kInsufficientBalance);
  EXPECT_EQ(reason(at_market(kBuy, 40'000)), RejectReason::kInsufficientBalance);
  EXPECT_EQ(reason(limit(kSell, kMid + 1, 100'001)), RejectReason::kInsufficientBalance);
  EXPECT_EQ(reason(at_market(kSell, 100'001)), RejectReason::kInsufficientBalance);
  EXPECT_EQ(reason(at_market(kBuy, 33'333)), RejectReason::kNone);
  EXPECT_EQ(h.total(kBob, kUsdt), Amount(10'000'000));  // 0.1 of 10,000
}

TEST(Exchange, InstrumentsShareTheBalanceOfTheirQuoteAsset) {
  ExchangeHarness h;
  NewOrder eth = limit(kBuy, kMid, 20'000);  // 6,000 USDT
  NewOrder btc = eth;
  btc.instrument = 1;
  ASSERT_NE(h.place(kAnn, eth).order, nullptr);
  EXPECT_EQ(h.place(kAnn, btc).refusal.reason, RejectReason::kInsufficientBalance);
  btc.lots = Lots(10'000);
  ASSERT_NE(h.place(kAnn, btc).order, nullptr);
  EXPECT_EQ(h.exchange.accounts().funds(kAnn, kUsdt).locked, Amount(9'000 * kAmountScale));
  EXPECT_EQ(h.exchange.open_orders(kAnn, 0), 1u);
  EXPECT_EQ(h.exchange.open_orders(kAnn, 1), 1u);
}

TEST(Exchange, MakersAndTakersPayTheirOwnRates) {
  std::vector<Listing> listings = two_listings();
  listings[0].instrument.fees = {Ratio(-100'000), Ratio(400'000), Asset::kQuote};
  listings[0].fee_from_received = false;
  ExchangeHarness h(exchange_config(), listings);
  h.rest(kAnn, kSell, kMid, 1'000);
  h.place(kBob, limit(kBuy, kMid, 1'000));
  EXPECT_EQ(h.total(kAnn, kUsdt), Amount(1'030'003'000'000));  // 300 USDT and 0.01 % of it
  EXPECT_EQ(h.total(kBob, kUsdt), Amount(969'988'000'000));    // 300 USDT and 0.04 % of it
  EXPECT_EQ(h.exchange.accounts().fees(kAnn, 0, Asset::kQuote), Amount(-3'000'000));
}

TEST(Exchange, FeesComeFromTheThirdAssetWhileThereIsEnoughOfIt) {
  std::vector<Listing> listings = two_listings();
  listings[0].instrument.fees.asset = Asset::kOther;
  listings[0].third = kBnb;
  ExchangeHarness h(exchange_config(), listings);
  h.exchange.deposit(kBob, kBnb, Amount(30'000));
  h.rest(kAnn, kSell, kMid, 1'000);
  const auto buy = [&] { return h.place(kBob, limit(kBuy, kMid, 400)).fills[0]; };
  const Execution first = buy();  // 0.12 USDT at 600 a BNB
  EXPECT_EQ(first.fee_asset_id, kBnb);
  EXPECT_EQ(first.fee, Amount(20'000));
  EXPECT_EQ(h.total(kBob, kBnb), Amount(10'000));
  const Execution second = buy();
  EXPECT_EQ(second.fee_asset_id, kEth);
  EXPECT_EQ(second.fee, Amount(4'000));
}

struct SelfTradeCase {
  SelfTrade choice;
  std::int64_t filled;  // of the taker: 100 of somebody else, 100 of its own, 100 of somebody else
  OrderStatusCode taker, maker;
};
class ExchangeSelfTrade : public testing::TestWithParam<SelfTradeCase> {};

TEST_P(ExchangeSelfTrade, TheTakersChoiceDecidesWhoExpires) {
  const SelfTradeCase& c = GetParam();
  ExchangeHarness h;
  h.rest(kAnn, kSell, kMid, 100);
  const VenueOrderId own = h.rest(kBob, kSell, kMid, 100).order->venue_id;
  h.rest(kAnn, kSell, kMid, 100);
  h.told.clear();
  const OrderAnswer taken = h.place(kBob, with(limit(kBuy, kMid, 250), c.choice));
  EXPECT_EQ(taken.order->filled, Lots(c.filled));
  EXPECT_EQ(taken.order->status, c.taker);
  const RestingOrder& maker = *h.exchange.find(kBob, own);
  EXPECT_EQ(maker.status, c.maker);
  for (const RestingOrder* order : {taken.order, &maker}) {
    const bool expired = order->status == OrderStatusCode::kExpired;
    EXPECT_EQ(order->expiry, expired ? Expiry::kSelfTrade : Expiry::kNone);
    EXPECT_EQ(order->prevented, expired ? order->leaves() : Lots(0));
    EXPECT_EQ(order->reserved.v != 0, order->status == OrderStatusCode::kOpen);
  }
}
INSTANTIATE_TEST_SUITE_P(
    Modes, ExchangeSelfTrade,
    testing::Values(SelfTradeCase{SelfTrade::kAllow, 250, OrderStatusCode::kFilled,
                                  OrderStatusCode::kFilled},
                    SelfTradeCase{SelfTrade::kExpireTaker, 100, OrderStatusCode::kExpired,
                                  OrderStatusCode::kOpen},
                    SelfTradeCase{SelfTrade::kExpireMaker, 200, OrderStatusCode::kOpen,
                                  OrderStatusCode::kExpired},
                    SelfTradeCase{SelfTrade::kExpireBoth, 100, OrderStatusCode::kExpired,
                                  OrderStatusCode::kExpired}));

class ExchangeFilters : public testing::Test {
 protected:
  ExchangeFilters() {
    Instrument instrument = test::sim_spot();
    instrument.price_min = Ticks(290'000);
    instrument.lots_min = Lots(20);
    instrument.lots_max = Lots(9'000);
    ExchangeConfig config = exchange_config();
    config.percent_price_up = Ratio(10'000'000);  // 1 %
    config.percent_price_down = Ratio(10'000'000);
    config.max_orders_per_symbol = 2;
    h_ = std::make_unique<ExchangeHarness>(config, two_listings(instrument));
    h_->display(kBuy, kMid - 1, 5'000);
    h_->display(kSell, kMid + 1, 5'000);
  }
  Filter broken(const NewOrder& wanted) {
    const Filter foretold = h_->exchange.check(kAnn, wanted).filter;
    const OrderAnswer answer = h_->place(kAnn, wanted);
    EXPECT_EQ(answer.refusal.before_matching(), answer.refusal.filter != Filter::kNone);
    EXPECT_EQ(foretold, answer.refusal.filter);
    return foretold;
  }
  std::unique_ptr<ExchangeHarness> h_;
};

TEST_F(ExchangeFilters, EachIsNamed) {
  EXPECT_EQ(broken(limit(kBuy, 289'999, 100)), Filter::kPrice);
  EXPECT_EQ(broken(limit(kBuy, 2'000'000'001, 100)), Filter::kPrice);
  EXPECT_EQ(broken(limit(kBuy, kMid - 1, 19)), Filter::kLotSize);
  EXPECT_EQ(broken(limit(kBuy, kMid - 1, 9'001)), Filter::kLotSize);
  EXPECT_EQ(broken(at_market(kBuy, 19)), Filter::kLotSize);
  EXPECT_EQ(broken(limit(kBuy, 297'000, 100)), Filter::kNone);
  EXPECT_EQ(broken(limit(kBuy, 296'999, 100)), Filter::kPercentPrice);
  EXPECT_EQ(broken(limit(kSell, 303'001, 100)), Filter::kPercentPrice);
  EXPECT_STREQ(name(Filter::kPrice), "PRICE_FILTER");
  EXPECT_STREQ(name(Filter::kLotSize), "LOT_SIZE");
  EXPECT_STREQ(name(Filter::kPercentPrice), "PERCENT_PRICE_BY_SIDE");
}

TEST(Exchange, AnOrderWorthTooLittleIsRefusedAtItsPriceOrTheMarkets) {
  ExchangeHarness h;                                                           // at least 5 USDT
  EXPECT_EQ(h.place(kAnn, at_market(kBuy, 1)).refusal.filter, Filter::kNone);  // no price known
  h.display(kBuy, kMid - 1, 5'000);
  h.display(kSell, kMid + 1, 5'000);
  EXPECT_EQ(h.place(kAnn, limit(kBuy, kMid - 1, 16)).refusal.filter, Filter::kNotional);
  EXPECT_EQ(h.place(kAnn, at_market(kBuy, 16)).refusal.filter, Filter::kNotional);
  EXPECT_EQ(h.place(kAnn, at_market(kBuy, 17)).refusal.filter, Filter::kNone);
  EXPECT_STREQ(name(Filter::kNotional), "NOTIONAL");
}

TEST_F(ExchangeFilters, TheNumberOfOpenOrdersIsEachAccountsAndInstrumentsOwn) {
  h_->rest(kAnn, kBuy, kMid - 1, 100);
  const VenueOrderId second = h_->rest(kAnn, kBuy, kMid - 1, 100).order->venue_id;
  EXPECT_EQ(broken(limit(kBuy, kMid - 1, 100)), Filter::kMaxNumOrders);
  EXPECT_STREQ(name(Filter::kMaxNumOrders), "MAX_NUM_ORDERS");
  EXPECT_NE(h_->rest(kBob, kBuy, kMid - 1, 100).order, nullptr);
  NewOrder other = limit(kBuy, kMid - 1, 100);
  other.instrument = 1;
  EXPECT_NE(h_->place(kAnn, other).order, nullptr);
  // Counted before the cancel: at the limit, one for one does not pass.
  const ReplaceAnswer replaced =
      h_->exchange.cancel_replace(kAnn, second, {}, {}, limit(kBuy, kMid - 2, 100));
  EXPECT_EQ(replaced.canceled, Half::kNotAttempted);
  EXPECT_EQ(replaced.place.refusal.filter, Filter::kMaxNumOrders);
  EXPECT_EQ(h_->exchange.find(kAnn, second)->status, OrderStatusCode::kOpen);
}

TEST(Exchange, AFullOrderTableRefusesAndRecovers) {
  ExchangeConfig config = exchange_config();
  config.open_orders_max = 2;
  ExchangeHarness h(config);
  const VenueOrderId first = h.rest(kAnn, kBuy, kMid, 100).order->venue_id;
  h.rest(kAnn, kBuy, kMid, 100);
  EXPECT_EQ(h.rest(kBob, kBuy, kMid, 100).refusal.reason, RejectReason::kMaxOrders);
  h.exchange.cancel(kAnn, first);
  EXPECT_NE(h.rest(kBob, kBuy, kMid, 100).order, nullptr);
}

TEST(Exchange, AnIdIsRefusedOnlyWhileAnOrderOfTheAccountHasIt) {
  ExchangeHarness h;
  const NewOrder wanted = with(limit(kBuy, kMid, 100), ClientOrderId(77));
  const VenueOrderId first = h.placed(kAnn, wanted);
  EXPECT_EQ(h.place(kAnn, wanted).refusal.reason, RejectReason::kDuplicateId);
  EXPECT_NE(h.placed(kBob, wanted), VenueOrderId(0));
  const ReplaceAnswer replaced = h.exchange.cancel_replace(kAnn, first, CancelRestriction::kNone,
                                                           ReplaceMode::kStopOnFailure, wanted);
  EXPECT_EQ(replaced.placed, Half::kSuccess);
  EXPECT_EQ(h.exchange.find(kAnn, ClientOrderId(77)), replaced.place.order);
  EXPECT_EQ(h.exchange.find(kAnn, first)->status, OrderStatusCode::kCanceled);
}

TEST(Exchange, AnAccountsOrdersAreUnknownToOthers) {
  ExchangeHarness h;
  const VenueOrderId id = h.rest(kAnn, kBuy, kMid, 100).order->venue_id;
  EXPECT_EQ(h.exchange.cancel(kBob, id).refusal.reason, RejectReason::kUnknownOrder);
  EXPECT_EQ(h.exchange.find(kBob, id), nullptr);
  EXPECT_EQ(h.exchange.amend_keep_priority(kBob, id, Lots(50)).refusal.reason,
            RejectReason::kUnknownOrder);
  EXPECT_THAT(h.exchange.cancel_all(kBob, 0), IsEmpty());
  EXPECT_EQ(h.exchange.find(kAnn, id)->status, OrderStatusCode::kOpen);
}

TEST(Exchange, CancelsWhereTheRestrictionAllows) {
  ExchangeHarness h;
  const VenueOrderId fresh = h.rest(kAnn, kBuy, kMid, 100).order->venue_id;
  const VenueOrderId partly = h.rest(kAnn, kSell, kMid + 1, 100).order->venue_id;
  h.place(kBob, limit(kBuy, kMid + 1, 30));
  const auto cancel = [&](VenueOrderId id, CancelRestriction restriction) {
    return h.exchange.cancel(kAnn, id, restriction).refusal.reason;
  };
  EXPECT_EQ(cancel(fresh, CancelRestriction::kOnlyPartiallyFilled), RejectReason::kRestricted);
  EXPECT_EQ(cancel(partly, CancelRestriction::kOnlyNew), RejectReason::kRestricted);
  EXPECT_EQ(cancel(fresh, CancelRestriction::kOnlyNew), RejectReason::kNone);
  EXPECT_EQ(cancel(partly, CancelRestriction::kOnlyPartiallyFilled), RejectReason::kNone);
  EXPECT_EQ(cancel(partly, CancelRestriction::kNone), RejectReason::kUnknownOrder);
  EXPECT_EQ(h.exchange.find(kAnn, partly)->filled, Lots(30));
  EXPECT_THAT(h.levels(kBuy), IsEmpty());
}

TEST(Exchange, ACancelThatComesAfterTheLastFillFindsNoOrder) {
  ExchangeHarness h;
  const VenueOrderId id = h.rest(kAnn, kBuy, kMid, 100).order->venue_id;
  h.place(kBob, limit(kSell, kMid, 100));
  h.told.clear();
  EXPECT_EQ(h.exchange.cancel(kAnn, id).refusal.reason, RejectReason::kUnknownOrder);
  EXPECT_EQ(h.exchange.find(kAnn, id)->status, OrderStatusCode::kFilled);
  const ReplaceAnswer replaced = h.exchange.cancel_replace(
      kAnn, id, CancelRestriction::kNone, ReplaceMode::kStopOnFailure, limit(kBuy, kMid, 100));
  EXPECT_EQ(replaced.canceled, Half::kFailure);
  EXPECT_THAT(h.told.words, IsEmpty());
}

TEST(Exchange, CancelsAllOrdersOfOneAccountOnOneInstrument) {
  ExchangeHarness h;
  h.rest(kAnn, kSell, kMid + 2, 100);
  h.rest(kAnn, kBuy, kMid, 100);
  h.rest(kBob, kBuy, kMid, 100);
  NewOrder other = limit(kBuy, kMid, 100);
  other.instrument = 1;
  h.place(kAnn, other);
  std::vector<std::uint64_t> canceled;
  for (const OrderRow row : h.exchange.cancel_all(kAnn, 0)) {
    canceled.push_back(h.exchange.order(row).venue_id.v);
  }
  EXPECT_THAT(canceled, ElementsAre(1, 2));
  EXPECT_EQ(h.exchange.open_orders(kAnn, 0), 0u);
  EXPECT_EQ(h.exchange.open_orders(kAnn, 1), 1u);
  EXPECT_THAT(h.levels(kBuy), ElementsAre(Pair(kMid, 100)));
}

struct ReplaceCase {
  ReplaceMode mode;
  bool cancelable, placeable;
  Half canceled, placed;
};
class ExchangeCancelReplace : public testing::TestWithParam<ReplaceCase> {};

TEST_P(ExchangeCancelReplace, AnswersEachHalf) {
  const ReplaceCase& c = GetParam();
  ExchangeHarness h;
  const VenueOrderId old = h.rest(kAnn, kBuy, kMid, 100).order->venue_id;
  h.rest(kBob, kSell, kMid + 1, 100);
  NewOrder wanted = limit(kBuy, c.placeable ? kMid - 1 : kMid + 1, 100);
  wanted.type = OrderType::kLimitMaker;
  wanted.id = ClientOrderId(50);
  const VenueOrderId id = c.cancelable ? old : VenueOrderId(99);
  const ReplaceAnswer answer =
      h.exchange.cancel_replace(kAnn, id, CancelRestriction::kOnlyNew, c.mode, wanted);
  EXPECT_EQ(answer.canceled, c.canceled);
  EXPECT_EQ(answer.placed, c.placed);
  EXPECT_EQ(answer.cancel.order != nullptr, c.canceled == Half::kSuccess);
  EXPECT_EQ(answer.place.order != nullptr, c.placed == Half::kSuccess);
  EXPECT_EQ(h.exchange.find(kAnn, old)->status,
            c.canceled == Half::kSuccess ? OrderStatusCode::kCanceled : OrderStatusCode::kOpen);
  if (c.placed == Half::kFailure) {
    EXPECT_EQ(answer.place.refusal.reason, RejectReason::kWouldCross);
  }
  if (c.canceled == Half::kFailure) {
    EXPECT_EQ(answer.cancel.refusal.reason, RejectReason::kUnknownOrder);
  }
}
INSTANTIATE_TEST_SUITE_P(
    Table, ExchangeCancelReplace,
    testing::Values(
        ReplaceCase{ReplaceMode::kStopOnFailure, true, true, Half::kSuccess, Half::kSuccess},
        ReplaceCase{ReplaceMode::kStopOnFailure, false, true, Half::kFailure, Half::kNotAttempted},
        ReplaceCase{ReplaceMode::kStopOnFailure, true, false, Half::kSuccess, Half::kFailure},
        ReplaceCase{ReplaceMode::kAllowFailure, true, true, Half::kSuccess, Half::kSuccess},
        ReplaceCase{ReplaceMode::kAllowFailure, false, false, Half::kFailure, Half::kFailure},
        ReplaceCase{ReplaceMode::kAllowFailure, false, true, Half::kFailure, Half::kSuccess},
        ReplaceCase{ReplaceMode::kAllowFailure, true, false, Half::kSuccess, Half::kFailure}));

TEST(Exchange, ACancelReplaceOutsideTheFiltersAttemptsNothing) {
  ExchangeHarness h;
  const VenueOrderId old = h.rest(kAnn, kBuy, kMid, 100).order->venue_id;
  for (const ReplaceMode mode : {ReplaceMode::kStopOnFailure, ReplaceMode::kAllowFailure}) {
    const ReplaceAnswer answer =
        h.exchange.cancel_replace(kAnn, old, CancelRestriction::kNone, mode, limit(kBuy, kMid, 1));
    EXPECT_EQ(answer.canceled, Half::kNotAttempted);
    EXPECT_EQ(answer.placed, Half::kNotAttempted);
    EXPECT_EQ(answer.place.refusal.filter, Filter::kNotional);
  }
  EXPECT_EQ(h.exchange.find(kAnn, old)->status, OrderStatusCode::kOpen);
}

TEST(Exchange, AnAmendKeepsThePlaceAndFreesWhatItNoLongerNeeds) {
  ExchangeHarness h;
  const VenueOrderId id = h.rest(kAnn, kBuy, kMid, 1'000).order->venue_id;
  h.rest(kBob, kBuy, kMid, 1'000);
  const auto amend = [&](std::int64_t lots) {
    return h.exchange.amend_keep_priority(kAnn, id, Lots(lots)).refusal;
  };
  EXPECT_EQ(amend(1'000).reason, RejectReason::kNoChange);
  EXPECT_EQ(amend(1'001).reason, RejectReason::kOther);
  EXPECT_EQ(amend(600).reason, RejectReason::kNone);
  EXPECT_EQ(h.told.orders.back().first, OrderChange::kAmended);
  EXPECT_EQ(h.exchange.accounts().funds(kAnn, kUsdt).locked, Amount(180 * kAmountScale));
  EXPECT_THAT(h.levels(kBuy), ElementsAre(Pair(kMid, 1'600)));
  const AccountId third = h.exchange.open_account();
  h.exchange.deposit(third, kEth, ExchangeHarness::kStart);
  h.place(third, limit(kSell, kMid, 500));
  EXPECT_EQ(h.exchange.find(kAnn, id)->filled, Lots(500));
  EXPECT_EQ(amend(500).reason, RejectReason::kOther);  // all of it is executed
  for (int i = 1; i <= 9; ++i) EXPECT_EQ(amend(600 - i).reason, RejectReason::kNone);
  const Refusal refusal = amend(550);
  EXPECT_EQ(refusal.reason, RejectReason::kMaxAmends);
  EXPECT_STREQ(name(refusal.filter), "MAX_NUM_ORDER_AMENDS");
}

TEST(Exchange, AFuturesModifyMovesTakesOrEndsTheOrder) {
  ExchangeHarness h(exchange_config(), two_listings(test::sim_usdm()));
  const VenueOrderId id = h.placed(kAnn, limit(kBuy, kMid, 1'000));
  h.rest(kBob, kSell, kMid + 5, 400);
  const OrderAnswer moved = h.exchange.modify(kAnn, id, Ticks(kMid + 1), Lots(1'000));
  EXPECT_EQ(moved.order->venue_id, id);
  EXPECT_THAT(h.levels(kBuy), ElementsAre(Pair(kMid + 1, 1'000)));
  const OrderAnswer took = h.exchange.modify(kAnn, id, Ticks(kMid + 5), Lots(1'000));
  EXPECT_EQ(took.fills.size(), 1u);
  EXPECT_EQ(took.order->filled, Lots(400));
  EXPECT_THAT(h.levels(kBuy), ElementsAre(Pair(kMid + 5, 600)));
  EXPECT_EQ(h.exchange.modify(kAnn, id, Ticks(kMid), Lots(400)).order->status,
            OrderStatusCode::kCanceled);
  const VenueOrderId post_only = h.rest(kAnn, kBuy, kMid, 100).order->venue_id;
  h.rest(kBob, kSell, kMid + 5, 400);
  const OrderAnswer expired = h.exchange.modify(kAnn, post_only, Ticks(kMid + 5), Lots(100));
  EXPECT_EQ(expired.order->status, OrderStatusCode::kExpired);
  EXPECT_EQ(expired.order->expiry, Expiry::kPostOnly);
  EXPECT_EQ(h.exchange.accounts().position(kAnn, 0), Amount(4'000'000));
}

TEST(Exchange, SpotRefusesAModify) {
  ExchangeHarness h;
  const VenueOrderId id = h.rest(kAnn, kBuy, kMid, 100).order->venue_id;
  EXPECT_EQ(h.exchange.modify(kAnn, id, Ticks(kMid - 1), Lots(100)).refusal.reason,
            RejectReason::kOther);
}

TEST(Exchange, AHaltedSymbolTakesNoOrdersAndTradesNothing) {
  ExchangeHarness h;
  const VenueOrderId id = h.rest(kAnn, kBuy, kMid, 100).order->venue_id;
  h.exchange.set_status(0, TradingStatus::kHalted);
  EXPECT_EQ(h.rest(kBob, kBuy, kMid, 100).refusal.reason, RejectReason::kMarketHalted);
  EXPECT_EQ(h.exchange.cancel(kAnn, id).refusal.reason, RejectReason::kMarketHalted);
  EXPECT_EQ(h.exchange.amend_keep_priority(kAnn, id, Lots(50)).refusal.reason,
            RejectReason::kMarketHalted);
  EXPECT_THAT(h.exchange.cancel_all(kAnn, 0), IsEmpty());
  h.market_trade(kSell, kMid - 1, 500);
  EXPECT_EQ(h.exchange.find(kAnn, id)->filled, Lots(0));
  NewOrder other = limit(kBuy, kMid, 100);
  other.instrument = 1;
  EXPECT_NE(h.place(kBob, other).order, nullptr);  // the other symbol goes on
  h.exchange.set_status(0, TradingStatus::kCancelOnly);
  EXPECT_EQ(h.rest(kBob, kBuy, kMid, 100).refusal.reason, RejectReason::kMarketHalted);
  EXPECT_EQ(h.exchange.cancel(kAnn, id).refusal.reason, RejectReason::kNone);
  h.exchange.set_status(0, TradingStatus::kTrading);
  EXPECT_NE(h.rest(kBob, kBuy, kMid, 100).order, nullptr);
}

TEST(Exchange, AGeneratedMarketStandsStillWhileHalted) {
  test::Recorder told;
  Exchange exchange(exchange_config(), two_listings(), 1, told);
  exchange.attach(0, MarketConfig{});
  exchange.start(test::kSimStart);
  exchange.run_until(test::kSimStart + kSecond);
  EXPECT_FALSE(told.trades.empty());
  EXPECT_FALSE(told.touches.empty());
  exchange.set_status(0, TradingStatus::kHalted);
  told.clear();
  exchange.run_until(test::kSimStart + Nanos(10 * kSecond.v));
  EXPECT_EQ(exchange.now(), test::kSimStart + Nanos(10 * kSecond.v));
  EXPECT_TRUE(told.words.empty() && told.levels.empty());
  exchange.set_status(0, TradingStatus::kTrading);
  EXPECT_GT(exchange.next_time(), exchange.now());
  exchange.run_until(exchange.now() + kSecond);
  EXPECT_FALSE(told.trades.empty());
}

TEST(Exchange, TakersOfAGeneratedMarketMoveIt) {
  test::Recorder told;
  ExchangeConfig config = exchange_config();
  config.book_levels_max = 1'024;
  Exchange exchange(config, two_listings(), 1, told);
  exchange.attach(0, MarketConfig{});
  exchange.start(test::kSimStart);
  const AccountId account = exchange.open_account();
  exchange.deposit(account, kUsdt, Amount(100'000 * kAmountScale));
  exchange.run_until(test::kSimStart + kSecond);
  told.clear();
  const BookTicker before = exchange.touch(0);
  const OrderAnswer answer =
      exchange.place(account, with(at_market(kBuy, before.ask_lots.v + 1), ClientOrderId(1)));
  EXPECT_EQ(answer.order->status, OrderStatusCode::kFilled);
  EXPECT_EQ(answer.fills[0].price, Ticks(before.ask_ticks));
  EXPECT_GT(exchange.touch(0).ask_ticks, before.ask_ticks);
  ASSERT_EQ(told.touches.size(), 1u);
  std::uint64_t trade = told.trades.front().trade_id.v;
  for (const PublicTrade& t : told.trades) EXPECT_EQ(t.trade_id.v, trade++);
}

TEST(Exchange, RemembersTheLastTradesOfEachAccount) {
  ExchangeHarness h;
  h.rest(kAnn, kSell, kMid, 1'000);
  for (int lots = 101; lots <= 106; ++lots) h.place(kBob, limit(kBuy, kMid, lots));
  const auto lots_of = [&](AccountId account) {
    std::vector<std::int64_t> lots;
    h.exchange.for_each_trade(account, [&](const Execution& e) { lots.push_back(e.lots.v); });
    return lots;
  };
  EXPECT_THAT(lots_of(kBob), ElementsAre(103, 104, 105, 106));
  EXPECT_THAT(lots_of(kAnn), ElementsAre(103, 104, 105, 106));
}

TEST(Exchange, ListsOpenOrdersOfAnAccountFromTheBest) {
  ExchangeHarness h;
  h.rest(kAnn, kBuy, kMid - 1, 100);
  h.rest(kBob, kBuy, kMid, 100);
  h.rest(kAnn, kBuy, kMid, 100);
  h.rest(kAnn, kSell, kMid + 1, 100);
  std::vector<std::uint64_t> ids;
  h.exchange.for_each_open(kAnn, 0, [&](const RestingOrder& o) { ids.push_back(o.venue_id.v); });
  EXPECT_THAT(ids, ElementsAre(3, 1, 4));
}

TEST(Exchange, HasRoomForSoManyAccounts) {
  ExchangeHarness h;
  EXPECT_FALSE(h.exchange.accounts_full());
  h.exchange.open_account();
  EXPECT_EQ(h.exchange.open_account(), AccountId{3});
  EXPECT_TRUE(h.exchange.accounts_full());
}

}  // namespace
}  // namespace mm::sim
