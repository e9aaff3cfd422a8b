#include "sim/exchange.h"

#include <algorithm>

#include "engine/core/assert.h"
#include "engine/core/prefetch.h"

namespace mm::sim {

Exchange::Exchange(const ExchangeConfig& config, std::span<const Listing> listings,
                   std::uint64_t seed, ExchangeListener& listener)
    : config_(config),
      listings_(listings.begin(), listings.end()),
      seed_(seed),
      listener_(listener),
      orders_(config.open_orders_max, config.closed_orders_max),
      accounts_(config_, listings_),
      open_(config.accounts_max * listings.size()),
      executions_(config.accounts_max),
      due_(listings.size()) {
  markets_.reserve(listings_.size());
  for (std::size_t i = 0; i < listings_.size(); ++i) {
    markets_.emplace_back(config_, orders_);
    markets_.back().told = config.tells_observed;
  }
  for (Executions& ring : executions_) ring.items.resize(config.trades_per_account_max);
  // An order takes each external level at most once more often than there are orders.
  fills_.reserve(config.book_levels_max + 2 * std::size_t{config.open_orders_max});
  rows_.reserve(config.open_orders_max);
}

void Exchange::attach(InstrumentId i, const MarketConfig& config) {
  Market& market = markets_[i];
  MarketConfig bounded = config;
  const auto levels_max = static_cast<std::int32_t>(config_.book_levels_max / 2);
  bounded.depth_levels = std::clamp(config.depth_levels, 1, levels_max);
  market.generator.emplace(bounded, instrument(i), seed_ + 0x9E3779B97F4A7C15u * (i + 1u));
  market.book.become_truth();
  market.told = true;
  market.levels_max = static_cast<std::size_t>(bounded.depth_levels * 3 / 2);
  for (const Side side : kSides) {
    for (int k = 0; k < bounded.depth_levels; ++k) {
      const PriceLevel level = market.generator->initial_level(side, k);
      market.book.set_level(side, level.price, level.lots);
    }
  }
}

void Exchange::start(Nanos now) {
  now_ = now;
  for (InstrumentId i = 0; i < markets_.size(); ++i) {
    if (!generated(i)) continue;
    markets_[i].generator->start(now);
    renew_due(i);
    renew_touch(i);
  }
}

void Exchange::run_until(Nanos now) {
  while (next_time() <= now) step();
  set_time(now);
}

void Exchange::step() {
  MM_ASSERT(next_time() != kNever, "a step is taken when one is due");
  const InstrumentId i = next_instrument();
  set_time(next_time());
  Market& market = markets_[i];
  const MatchingBook& book = market.book;
  const bool has_bid = !book.empty(Side::kBuy), has_ask = !book.empty(Side::kSell);
  const Flow flow =
      market.generator->step({.bids = book.external(Side::kBuy),
                              .asks = book.external(Side::kSell),
                              .has_bid = has_bid,
                              .has_ask = has_ask,
                              .best_bid = has_bid ? book.best(Side::kBuy) : Ticks(0),
                              .best_ask = has_ask ? book.best(Side::kSell) : Ticks(0)});
  apply(i, market.on_grid ? on_grid(market, flow) : flow);
  renew_due(i);
  expect(next_instrument());
}

// The market of the next step comes from memory while what the last one led to is worked off: of
// many, each is left alone for longer than it stays in a near cache.
void Exchange::expect(InstrumentId next) const {
  if (markets_.size() == 1) return;
  const Market& market = markets_[next];
  prefetch_lines(&market.book, 5);  // both sides and the first orders
  prefetch_lines(&market.levels_max, 2);
  prefetch_lines(&market.generator, 4);
}

void Exchange::skip(Nanos until) {
  MM_ASSERT(next_time() != kNever, "what is left out is due some time");
  const InstrumentId i = next_instrument();
  markets_[i].generator->skip(until);
  renew_due(i);
}

void Exchange::renew_due(InstrumentId i) {
  const Market& market = markets_[i];
  const bool trades = market.generator && market.status == TradingStatus::kTrading;
  due_.set(i, trades ? market.generator->next_time() : kNever);
}

void Exchange::set_status(InstrumentId i, TradingStatus status) {
  Market& market = markets_[i];
  const bool resumes = market.status != TradingStatus::kTrading && generated(i);
  market.status = status;
  if (resumes) market.generator->skip(now_);
  renew_due(i);
}

void Exchange::shift_clock(Nanos by) {
  now_ += by;
  for (InstrumentId i = 0; i < markets_.size(); ++i) {
    if (!generated(i)) continue;
    markets_[i].generator->shift_clock(by);
    renew_due(i);
  }
}

void Exchange::follow_grid(InstrumentId i) {
  Market& market = markets_[i];
  market.on_grid = true;
  for (const Side side : kSides) {
    std::vector<PriceLevel> levels;
    for (const PriceLevel level : market.book.external(side)) levels.push_back(level);
    for (const PriceLevel& level : levels) {
      const bool stays = level.price.v % market.tick.v == 0;
      change_level(i, side, level.price, stays ? level.lots : Lots(0));
    }
  }
  finish(i);
}

// Away from the other side, and no less.
Flow Exchange::on_grid(const Market& market, Flow flow) {
  const std::int64_t tick = market.tick.v, lot = market.lot.v, beside = flow.price.v % tick;
  if (beside != 0) flow.price.v += flow.side == Side::kBuy ? -beside : tick - beside;
  flow.lots.v += (lot - flow.lots.v % lot) % lot;
  return flow;
}

void Exchange::apply(InstrumentId i, const Flow& flow) {
  const PriceLevels& levels = markets_[i].book.external(flow.side);
  switch (flow.kind) {
    case Flow::Kind::kNone:
      return;
    case Flow::Kind::kPublish:
      listener_.on_publish(i);
      return;
    case Flow::Kind::kTake:
      take_flow(i, flow);
      break;
    case Flow::Kind::kLimit: {
      const Lots rest = take_flow(i, flow);
      if (rest.v > 0) change_level(i, flow.side, flow.price, levels.lots_at(flow.price) + rest);
      if (levels.size() > markets_[i].levels_max) {
        change_level(i, flow.side, levels.worst_price(), Lots(0));
      }
      break;
    }
    case Flow::Kind::kCancel: {
      const Lots present = levels.lots_at(flow.price);
      change_level(i, flow.side, flow.price, present - std::min(present, flow.lots));
      break;
    }
  }
  finish(i);
}

Lots Exchange::take_flow(InstrumentId i, const Flow& flow) {
  return markets_[i].book.take(flow.side, flow.lots, flow.price,
                               [&](const Match& match) { trade(i, flow.side, match, kNoRow); });
}

void Exchange::observe(const Event& event) {
  MM_ASSERT(event.instrument < markets_.size(), "market data name an instrument of the exchange");
  Market& market = markets_[event.instrument];
  switch (event.kind) {
    case EventKind::kBookBegin:
      if ((event.flags & kFlagSnapshot) != 0) forget_levels(event.instrument);
      market.book.begin_message(event.book.last_id, (event.flags & kFlagSnapshot) != 0);
      break;
    case EventKind::kBookLevels:
      for (std::size_t k = 0; k < event.levels.count; ++k) {
        change_level(event.instrument, event.side(), Ticks(event.levels.ticks[k]),
                     Lots(event.levels.lots[k]));
      }
      break;
    case EventKind::kBookTicker:
      market.book.observe_touch(event.ticker);
      return;
    case EventKind::kTrade:
      observe_trade(event);
      return;
    default:
      return;
  }
  if (!event.last()) return;
  market.book.end_message();
  finish(event.instrument);
}

// A snapshot tells of what is there; what is not is news too.
void Exchange::forget_levels(InstrumentId i) {
  if (!markets_[i].told) return;
  for (const Side side : kSides) {
    for (const PriceLevel level : markets_[i].book.external(side)) {
      level_changed(i, side, level.price);
    }
  }
}

// The orders here that would have been in the trade get their part; the rest is somebody else's.
void Exchange::observe_trade(const Event& event) {
  const InstrumentId i = event.instrument;
  Market& market = markets_[i];
  const Ticks price(event.trade.ticks);
  Lots left = event.trade.lots;
  if (market.open_orders > 0 && market.status == TradingStatus::kTrading) {
    market.book.trade(event.side(), price, left, [&](const Match& match) {
      left -= match.lots;
      trade(i, event.side(), match, kNoRow);
    });
  }
  market.last_price = price;
  if (market.told && left.v > 0) {
    listener_.on_trade(i, {.trade_id = TradeId(++market.trade_id.v),
                           .price = price,
                           .lots = left,
                           .time = now_,
                           .aggressor = event.side()});
  }
  finish(i);
}

void Exchange::change_level(InstrumentId i, Side side, Ticks price, Lots lots) {
  if (markets_[i].on_grid) lots.v -= lots.v % markets_[i].lot.v;
  markets_[i].book.set_level(side, price, lots);
  level_changed(i, side, price);
}

void Exchange::level_changed(InstrumentId i, Side side, Ticks price) {
  Market& market = markets_[i];
  if (!market.told) return;
  ++market.update_id.v;
  listener_.on_level(i, side, price);
}

// True if the touch differs from what was told, or there was none.
bool Exchange::renew_touch(InstrumentId i) {
  Market& market = markets_[i];
  const MatchingBook& book = market.book;
  if (book.empty(Side::kBuy) || book.empty(Side::kSell)) return false;
  const PriceLevel bid = book.best_level(Side::kBuy), ask = book.best_level(Side::kSell);
  const BookTicker& old = market.touch;
  if (bid.price.v == old.bid_ticks && bid.lots == old.bid_lots && ask.price.v == old.ask_ticks &&
      ask.lots == old.ask_lots) {
    return false;
  }
  market.touch = {.update_id = market.update_id,
                  .bid_lots = bid.lots,
                  .ask_lots = ask.lots,
                  .exchange_time = instrument(i).is_spot ? Nanos(0) : now_,
                  .bid_ticks = static_cast<std::int32_t>(bid.price.v),
                  .ask_ticks = static_cast<std::int32_t>(ask.price.v)};
  return true;
}

void Exchange::finish(InstrumentId i) {
  accounts_.tell_changes([this](AccountId account, std::span<const BalanceUpdate> updates) {
    listener_.on_balances(account, updates);
  });
  if (markets_[i].told && renew_touch(i)) listener_.on_touch(i, markets_[i].touch);
}

}  // namespace mm::sim
