// An exchange of two instruments with one quote asset, driven by hand, and all it tells.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "sim/exchange.h"
#include "tests/sim_harness.h"

namespace mm::test {

inline constexpr sim::AssetId kEth = 0, kUsdt = 1, kBtc = 2, kBnb = 3;

inline std::vector<sim::Listing> two_listings(const Instrument& instrument = sim_spot()) {
  sim::Listing eth{.instrument = instrument,
                   .base = kEth,
                   .quote = kUsdt,
                   .fee_from_received = instrument.is_spot};
  sim::Listing btc = eth;
  btc.base = kBtc;
  return {eth, btc};
}

inline sim::ExchangeConfig exchange_config() {
  sim::ExchangeConfig config;
  config.accounts_max = 4;
  config.open_orders_max = 64;
  config.closed_orders_max = 64;
  config.book_levels_max = 64;
  config.trades_per_account_max = 4;
  config.tells_observed = true;
  return config;
}

// Keeps what it hears: each kind by itself, and a word for everything in order.
class Recorder final : public sim::ExchangeListener {
 public:
  std::vector<std::string> words;
  std::vector<std::pair<sim::OrderChange, sim::RestingOrder>> orders;
  std::vector<sim::Execution> fills;
  std::vector<sim::PublicTrade> trades;
  std::vector<std::pair<Side, Ticks>> levels;
  std::vector<BookTicker> touches;
  std::vector<std::pair<sim::AccountId, std::vector<sim::BalanceUpdate>>> balances;

  void clear() { *this = {}; }

 private:
  void on_order(sim::OrderChange change, const sim::RestingOrder& order) override {
    static constexpr const char* kWords[] = {"new", "canceled", "expired", "amended"};
    word(kWords[static_cast<std::size_t>(change)], order.venue_id.v);
    orders.emplace_back(change, order);
  }
  void on_fill(const sim::RestingOrder& order, const sim::Execution& execution) override {
    word(execution.maker ? "maker" : "taker", order.venue_id.v);
    fills.push_back(execution);
  }
  void on_balances(sim::AccountId account, std::span<const sim::BalanceUpdate> updates) override {
    word("balances", account);
    balances.emplace_back(account, std::vector(updates.begin(), updates.end()));
  }
  void on_trade(InstrumentId, const sim::PublicTrade& trade) override {
    word("trade", trade.trade_id.v);
    trades.push_back(trade);
  }
  void on_level(InstrumentId, Side side, Ticks price) override { levels.emplace_back(side, price); }
  void on_touch(InstrumentId, const BookTicker& touch) override { touches.push_back(touch); }

  void word(const char* what, std::uint64_t number) {
    words.push_back(what + (' ' + std::to_string(number)));
  }
};

class ExchangeHarness {
 public:
  explicit ExchangeHarness(const sim::ExchangeConfig& config = exchange_config(),
                           const std::vector<sim::Listing>& listings = two_listings())
      : exchange(config, listings, 1, told) {
    exchange.start(kSimStart);
    for (int k = 0; k < 2; ++k) {
      const sim::AccountId account = exchange.open_account();
      exchange.deposit(account, kEth, kStart);
      exchange.deposit(account, kUsdt, Amount(10'000 * kAmountScale));
    }
  }

  static constexpr Amount kStart{10 * kAmountScale};

  Recorder told;
  sim::Exchange exchange;

  static sim::NewOrder order(Side side, std::int64_t ticks, std::int64_t lots,
                             sim::OrderType type = sim::OrderType::kLimit,
                             sim::TimeInForce time_in_force = sim::TimeInForce::kGtc) {
    return {.side = side,
            .type = type,
            .time_in_force = time_in_force,
            .price = Ticks(ticks),
            .lots = Lots(lots)};
  }
  // With a number of its own.
  sim::OrderAnswer place(sim::AccountId account, sim::NewOrder wanted) {
    if (wanted.id.v == 0) wanted.id = ClientOrderId(++last_id_);
    return exchange.place(account, wanted);
  }
  VenueOrderId placed(sim::AccountId account, const sim::NewOrder& wanted) {
    const sim::OrderAnswer answer = place(account, wanted);
    return answer.order == nullptr ? VenueOrderId(0) : answer.order->venue_id;
  }
  sim::OrderAnswer rest(sim::AccountId account, Side side, std::int64_t ticks, std::int64_t lots) {
    return place(account, order(side, ticks, lots, sim::OrderType::kLimitMaker));
  }

  // The market displays this quantity at a price.
  void display(Side side, std::int64_t ticks, std::int64_t lots, bool snapshot = false) {
    Event begin;
    begin.kind = EventKind::kBookBegin;
    begin.flags = snapshot ? kFlagSnapshot : 0;
    begin.book.last_id = UpdateId(++update_id_);
    exchange.observe(begin);
    Event level;
    level.kind = EventKind::kBookLevels;
    level.flags = static_cast<std::uint8_t>(kFlagLast | (side == Side::kSell ? kFlagSell : 0));
    level.levels.count = 1;
    level.levels.ticks[0] = static_cast<std::int32_t>(ticks);
    level.levels.lots[0] = lots;
    exchange.observe(level);
  }
  void market_trade(Side aggressor, std::int64_t ticks, std::int64_t lots) {
    Event trade;
    trade.kind = EventKind::kTrade;
    trade.flags = aggressor == Side::kSell ? kFlagSell : 0;
    trade.trade.ticks = static_cast<std::int32_t>(ticks);
    trade.trade.lots = Lots(lots);
    exchange.observe(trade);
  }
  void market_touch(std::int64_t bid, std::int64_t ask, std::int64_t lots) {
    Event touch;
    touch.kind = EventKind::kBookTicker;
    touch.ticker = {UpdateId(++update_id_),
                    Lots(lots),
                    Lots(lots),
                    Nanos(0),
                    static_cast<std::int32_t>(bid),
                    static_cast<std::int32_t>(ask)};
    exchange.observe(touch);
  }

  Amount total(sim::AccountId account, sim::AssetId asset) const {
    const sim::Funds& funds = exchange.accounts().funds(account, asset);
    return funds.free + funds.locked;
  }
  // Prices and quantities from the best, all orders included.
  std::vector<std::pair<std::int64_t, std::int64_t>> levels(Side side) const {
    std::vector<std::pair<std::int64_t, std::int64_t>> levels;
    exchange.book(0).for_each_level(side, [&](Ticks price, Lots lots) {
      levels.emplace_back(price.v, lots.v);
      return true;
    });
    return levels;
  }

 private:
  std::uint64_t last_id_ = 0, update_id_ = 0;
};

}  // namespace mm::test
