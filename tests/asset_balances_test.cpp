#include "engine/core/asset_balances.h"

#include <gtest/gtest.h>

#include "tests/core_harness.h"

namespace mm::test {
namespace {

constexpr Nanos kNow = kSecond;

Instrument spot(std::string_view base, std::string_view quote) {
  Instrument i = eth_spot();
  i.base_text = i.quote_text = {};
  std::ranges::copy(base, i.base_text.begin());
  std::ranges::copy(quote, i.quote_text.begin());
  return i;
}

constexpr Amount units(std::int64_t n) {
  return Amount(n * kAmountScale);
}

// Instruments and their orders without a core around them.
class AssetBalancesTest : public testing::Test {
 protected:
  void trade(std::vector<Instrument> instruments) {
    instruments_ = std::move(instruments);
    for (const Instrument& i : instruments_) balances_.add(i);
  }
  void told(InstrumentId id, Asset asset, Amount free, Amount locked = Amount(0)) {
    balances_.on_balance(id, {free, locked, asset, {}});
  }
  Order& place(InstrumentId id, Side side, Ticks price, Lots lots) {
    Order& order = *table_.create(id, side, price, lots, kNow);
    changed(id);
    return order;
  }
  template <class Change>
  void update(Order& order, Change change) {
    table_.update(order, change);
    changed(order.instrument);
  }
  void changed(InstrumentId id) { balances_.on_orders(id, instruments_[id], table_); }

  std::vector<Instrument> instruments_;
  OrderTable table_{{.capacity = 16, .instruments = 3}};
  AssetBalances balances_;
};

TEST_F(AssetBalancesTest, OneBalanceIsKnownToEveryInstrumentOfItsAsset) {
  trade({spot("ETH", "USDT"), spot("BTC", "USDT"), spot("ETH", "BTC")});
  told(0, Asset::kQuote, units(1000));
  EXPECT_EQ(balances_.available(1, Side::kBuy, kNow), units(1000));
  EXPECT_FALSE(balances_.known(2, Side::kBuy));
  told(1, Asset::kBase, units(2), units(3));
  EXPECT_EQ(balances_.available(2, Side::kBuy, kNow), units(2));  // buys of ETHBTC are paid in BTC
  EXPECT_EQ(balances_.base_held(1), units(5));
  EXPECT_FALSE(balances_.known(0, Side::kSell));
  EXPECT_TRUE(balances_.pay_alike(1, Side::kSell, 2, Side::kBuy));
  EXPECT_FALSE(balances_.pay_alike(0, Side::kBuy, 2, Side::kBuy));
}

TEST_F(AssetBalancesTest, AWalletOfItsOwnIsSharedWithNobody) {
  Instrument own = spot("ETH", "USDT");
  own.own_wallet = true;
  trade({own, own, spot("BTC", "USDT")});
  told(0, Asset::kQuote, units(1000));
  EXPECT_FALSE(balances_.known(1, Side::kBuy));
  EXPECT_FALSE(balances_.known(2, Side::kBuy));
  place(1, Side::kBuy, Ticks(300'000), Lots(1000));
  EXPECT_EQ(balances_.available(0, Side::kBuy, kNow), units(1000));
}

TEST_F(AssetBalancesTest, AFuturesWalletIsNotTheSpotAccounts) {
  Instrument future = spot("ETH", "USDT");
  future.is_spot = false;
  trade({spot("ETH", "USDT"), future});
  told(1, Asset::kQuote, units(1000));
  EXPECT_FALSE(balances_.known(0, Side::kBuy));
}

TEST_F(AssetBalancesTest, AssetsWithoutANameAreNotTheSame) {
  trade({spot("", ""), spot("", "")});
  told(0, Asset::kQuote, units(1000));
  EXPECT_FALSE(balances_.known(1, Side::kBuy));
  EXPECT_FALSE(balances_.known(0, Side::kSell));
}

TEST_F(AssetBalancesTest, AThirdAssetsBalancePaysForNothing) {
  trade({spot("ETH", "USDT")});
  told(0, Asset::kOther, units(1000));
  EXPECT_FALSE(balances_.known(0, Side::kBuy));
  EXPECT_FALSE(balances_.known(0, Side::kSell));
}

TEST_F(AssetBalancesTest, ABuyOnItsWayIsTakenFromTheOthersUntilItIsAcknowledged) {
  trade({spot("ETH", "USDT"), spot("BTC", "USDT")});
  told(0, Asset::kQuote, units(1000));
  Order& order = place(0, Side::kBuy, Ticks(300'000), Lots(1000));   // 3000.00 x 0.1
  EXPECT_EQ(balances_.available(0, Side::kBuy, kNow), units(1000));  // its own ladder has it
  EXPECT_EQ(balances_.available(1, Side::kBuy, kNow), units(700));
  update(order, [](Order& o) { o.acknowledged = true; });
  EXPECT_EQ(balances_.available(1, Side::kBuy, kNow),
            units(1000));  // the venue's word counts again
}

TEST_F(AssetBalancesTest, WhatIsAcknowledgedIsTakenUntilABalanceIsTold) {
  trade({spot("ETH", "USDT"), spot("BTC", "USDT")});
  told(0, Asset::kQuote, units(1000));
  Order& order = place(0, Side::kBuy, Ticks(300'000), Lots(1000));  // 3000.00 x 0.1
  update(order, [](Order& o) { o.acknowledged = true; });
  balances_.on_acknowledged(0, instruments_[0], order, kNow);
  for (InstrumentId id = 0; id < 2; ++id) {
    EXPECT_EQ(balances_.available(id, Side::kBuy, kNow), units(700));
  }
  told(1, Asset::kQuote, units(700), units(300));
  EXPECT_EQ(balances_.available(0, Side::kBuy, kNow), units(700));
}

TEST_F(AssetBalancesTest, AFeeIsTakenUntilABalanceIsTold) {
  trade({spot("ETH", "USDT")});
  told(0, Asset::kQuote, units(1000));
  told(0, Asset::kBase, units(10));
  balances_.on_fee(0, units(2), Asset::kQuote, kNow);
  balances_.on_fee(0, units(1), Asset::kBase, kNow);
  balances_.on_fee(0, units(1), Asset::kOther, kNow);
  balances_.on_fee(0, units(-1), Asset::kBase, kNow);  // a rebate may come later than the fill
  EXPECT_EQ(balances_.available(0, Side::kBuy, kNow), units(998));
  EXPECT_EQ(balances_.available(0, Side::kSell, kNow), units(9));
  told(0, Asset::kQuote, units(998));
  EXPECT_EQ(balances_.available(0, Side::kBuy, kNow), units(998));
}

TEST_F(AssetBalancesTest, ABalanceThatCameBeforeTheAcknowledgementIsBelievedAfterASecond) {
  trade({spot("ETH", "USDT")});
  Order& order = place(0, Side::kBuy, Ticks(300'000), Lots(1000));
  told(0, Asset::kQuote, units(700), units(300));
  update(order, [](Order& o) { o.acknowledged = true; });
  balances_.on_acknowledged(0, instruments_[0], order, kNow);
  EXPECT_EQ(balances_.available(0, Side::kBuy, kNow + kSecond - Nanos(1)), units(400));
  EXPECT_EQ(balances_.available(0, Side::kBuy, kNow + kSecond), units(700));
}

TEST_F(AssetBalancesTest, AnAmendOnItsWayTakesWhatItAdds) {
  trade({spot("ETH", "USDT"), spot("BTC", "USDT")});
  told(0, Asset::kQuote, units(1000));
  Order& order = place(0, Side::kBuy, Ticks(300'000), Lots(1000));
  update(order, [](Order& o) {
    o.acknowledged = true;
    o.next_price = Ticks(310'000);
    o.next_lots = Lots(2000);
  });
  EXPECT_EQ(balances_.available(1, Side::kBuy, kNow), units(1000 - 620 + 300));
}

TEST_F(AssetBalancesTest, SellsShareTheirBaseAndBuysThatArePaidWithIt) {
  trade({spot("BTC", "USDT"), spot("BTC", "FDUSD"), spot("ETH", "BTC")});
  told(1, Asset::kBase, units(2));
  place(0, Side::kSell, Ticks(300'000), Lots(5000));  // 0.5
  EXPECT_EQ(balances_.available(0, Side::kSell, kNow), units(2));
  EXPECT_EQ(balances_.available(1, Side::kSell, kNow), Amount(150'000'000));
  EXPECT_EQ(balances_.available(2, Side::kBuy, kNow), Amount(150'000'000));
  place(2, Side::kBuy, Ticks(1), Lots(1));  // a millionth: rounded up to whole Amounts
  EXPECT_EQ(balances_.available(1, Side::kSell, kNow), Amount(150'000'000 - 100));
  EXPECT_EQ(balances_.available(0, Side::kSell, kNow), units(2) - Amount(100));
}

TEST_F(AssetBalancesTest, WhatIsTakenTwiceLeavesNothingNotLess) {
  trade({spot("ETH", "USDT"), spot("BTC", "USDT")});
  told(0, Asset::kQuote, units(100));
  place(0, Side::kBuy, Ticks(300'000), Lots(1000));
  EXPECT_EQ(balances_.available(1, Side::kBuy, kNow), Amount(0));
}

// --- in the core ------------------------------------------------------------------------------

Event balance(InstrumentId id, Asset asset, Amount free, Amount locked = Amount(0)) {
  Event e = CoreHarness::event(EventKind::kBalance, id);
  e.balance.asset = asset;
  e.balance.free = free;
  e.balance.locked = locked;
  return e;
}

// ETH and BTC against USDT, three levels of 1000 USDT a side.
CoreConfig two_on_one_quote(bool own_wallets) {
  CoreConfig c = one_instrument();
  c.instruments.push_back(c.instruments[0]);
  c.instruments[1].instrument.base_text = spot("BTC", "").base_text;
  for (InstrumentConfig& i : c.instruments) {
    i.instrument.own_wallet = own_wallets;
    i.risk.max_data_age = kSecond * 3600;
  }
  return c;
}

Money worth(const std::vector<Command>& places, Side side) {
  Money sum{};
  for (const Command& c : places) {
    if (c.side == side) sum += notional(eth_spot(), Ticks(c.ticks), c.lots);
  }
  return sum;
}

// Both books come, the warm-up ends for both at once, and both decide at one BatchEnd.
std::vector<Command> first_quotes(CoreHarness& h) {
  for (InstrumentId id = 0; id < 2; ++id) {
    h.send_book(id, true, {{Ticks(299'999), Lots(100'000)}}, {{Ticks(300'001), Lots(100'000)}});
  }
  h.batch_end();
  h.advance(kSecond * 5);
  return h.take(CommandKind::kPlace);
}

TEST(CoreBalances, TwoInstrumentsDoNotSpendOneQuoteAssetTwice) {
  CoreHarness h(two_on_one_quote(false));
  h.deliver(balance(0, Asset::kQuote, units(4000)));
  const std::vector<Command> places = first_quotes(h);
  EXPECT_LE(worth(places, Side::kBuy), money(units(4000)));
  EXPECT_GT(worth(places, Side::kBuy), money(units(3900)));
  EXPECT_GT(worth(places, Side::kSell), money(units(5900)));  // no base balance was told
  EXPECT_EQ(h.side(Side::kBuy, 0).reason, QuoteReason::kQuoting);
  EXPECT_EQ(h.side(Side::kBuy, 1).reason, QuoteReason::kInsufficientBalance);
}

TEST(CoreBalances, SimulatedWalletsAreEachInstrumentsOwn) {
  CoreHarness h(two_on_one_quote(true));
  for (InstrumentId id = 0; id < 2; ++id) h.deliver(balance(id, Asset::kQuote, units(4000)));
  EXPECT_GT(worth(first_quotes(h), Side::kBuy), money(units(5900)));
}

TEST(CoreBalances, WhoWaitsForMoneyDecidesWhenItIsTold) {
  CoreHarness h(two_on_one_quote(false));
  h.deliver(balance(0, Asset::kQuote, units(3000)));
  first_quotes(h);
  ASSERT_EQ(h.side(Side::kBuy, 1).reason, QuoteReason::kInsufficientBalance);
  h.deliver(balance(0, Asset::kQuote, units(7000)));  // of instrument 0, but the same asset
  h.batch_end();
  std::vector<Command> places = h.take(CommandKind::kPlace);
  ASSERT_EQ(places.size(), 3u);
  for (const Command& c : places) EXPECT_EQ(c.instrument, 1);
}

// One instrument whose first quotes stand: three levels of 1000 USDT a side.
class FundsOfOne : public testing::Test {
 protected:
  static CoreConfig config(Asset fee_asset) {
    CoreConfig c = one_instrument();
    c.instruments[0].risk.max_data_age = kSecond * 3600;
    c.instruments[0].risk.max_price_change = Ratio(0);
    c.instruments[0].instrument.fees.asset = fee_asset;
    return c;
  }
  void quote(CoreHarness& h) {
    h.send_book(0, true, {{Ticks(299'999), Lots(100'000)}}, {{Ticks(300'001), Lots(100'000)}});
    h.batch_end();
    h.advance(kSecond * 5);
    places_ = h.take(CommandKind::kPlace);
  }
  std::vector<Command> of(Side side) const {
    std::vector<Command> found;
    std::ranges::copy_if(places_, std::back_inserter(found),
                         [side](const Command& c) { return c.side == side; });
    return found;
  }
  std::vector<Command> places_;
};

TEST_F(FundsOfOne, ALevelIsNotSentWhileALeavingOrderLocksItsMoney) {
  CoreHarness h(config(Asset::kBase));
  h.deliver(balance(0, Asset::kQuote, units(3000)));
  quote(h);
  ASSERT_EQ(of(Side::kBuy).size(), 3u);
  for (const Command& c : of(Side::kBuy)) h.accept(c);
  h.deliver(balance(0, Asset::kQuote, units(1), units(2999)));
  h.batch_end();
  h.take();
  // The market leaves the bids so far behind that they are cancelled, not moved.
  h.send_book(0, true, {{Ticks(309'999), Lots(100'000)}}, {{Ticks(310'001), Lots(100'000)}});
  h.batch_end();
  EXPECT_EQ(worth(h.take(CommandKind::kPlace), Side::kBuy), Money(0));
  EXPECT_EQ(h.side(Side::kBuy).reason, QuoteReason::kInsufficientBalance);
}

TEST_F(FundsOfOne, FeesInQuoteAreLeftAside) {
  CoreHarness h(config(Asset::kQuote));
  h.deliver(balance(0, Asset::kQuote, units(1000)));
  quote(h);
  const Money sent = worth(of(Side::kBuy), Side::kBuy);
  EXPECT_LE(sent + scaled(sent, FeeRates{}.maker), money(units(1000)));
  EXPECT_GT(sent, money(units(990)));
}

TEST_F(FundsOfOne, FeesInBaseTakeNothingOfTheQuote) {
  CoreHarness h(config(Asset::kBase));
  h.deliver(balance(0, Asset::kQuote, units(1000)));
  quote(h);
  EXPECT_GT(worth(of(Side::kBuy), Side::kBuy), money(units(999)));
}

TEST_F(FundsOfOne, AFullPositionIsNotCalledALackOfBalance) {
  CoreConfig c = config(Asset::kQuote);
  c.instruments[0].risk.max_position = Amount(kAmountScale / 10'000);  // nothing worth an order
  CoreHarness h(c);
  h.deliver(balance(0, Asset::kBase, units(1000)));
  quote(h);
  EXPECT_TRUE(of(Side::kSell).empty());
  EXPECT_EQ(h.side(Side::kSell).reason, QuoteReason::kPositionLimit);
}

TEST_F(FundsOfOne, SellsThatTheBalanceDoesNotCoverAreCalledSo) {
  CoreHarness h(config(Asset::kQuote));
  h.deliver(balance(0, Asset::kBase, Amount(1000)));
  quote(h);
  EXPECT_TRUE(of(Side::kSell).empty());
  EXPECT_EQ(h.side(Side::kSell).reason, QuoteReason::kInsufficientBalance);
}

TEST(CoreBalances, ADeniedPlaceGivesItsMoneyBack) {
  CoreHarness h(two_on_one_quote(false));
  h.deliver(balance(0, Asset::kQuote, units(3000)));
  for (const Command& c : first_quotes(h)) {
    if (c.side == Side::kBuy) h.fail(EventKind::kDenied, c, RejectReason::kTooOld);
  }
  h.deliver(balance(1, Asset::kQuote, units(3000)));
  h.control(ControlCode::kPause, PauseScope::kSell);  // any decision
  EXPECT_GT(worth(h.take(CommandKind::kPlace), Side::kBuy), money(units(2900)));
}

}  // namespace
}  // namespace mm::test
