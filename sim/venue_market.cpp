// SimVenue's generated markets: flow in, trades, touch and book updates out.
#include <algorithm>

#include "sim/make_event.h"
#include "sim/venue.h"

namespace mm::sim {
namespace {

constexpr std::size_t kEventsPerOwnOrder = 5;  // print, fill, two balances, rate usage

}  // namespace

// The most one piece of flow can cause: a book update before it and one after, and every level and
// order traded.
std::size_t SimVenue::generator_room(const Market& market, std::uint32_t open_orders) const {
  return 2 * market.dirty.capacity() + 2 * market.levels_max +
         kEventsPerOwnOrder * (open_orders + 1u);
}

void SimVenue::run_generator() {
  const InstrumentId i = next_generator_instrument_;
  Market& market = markets_[i];
  if (deliveries_.room() < generator_room(market, market.open_orders)) {
    ++counters_.generator_skips;
    market.generator->skip(std::max(clock_, deliveries_.next_time()));
    find_next_generator();
    return;
  }
  const MatchingBook& book = market.book;
  const bool has_bid = !book.empty(Side::kBuy), has_ask = !book.empty(Side::kSell);
  const Flow flow =
      market.generator->step({.bids = book.external(Side::kBuy),
                              .asks = book.external(Side::kSell),
                              .has_bid = has_bid,
                              .has_ask = has_ask,
                              .best_bid = has_bid ? book.best(Side::kBuy) : Ticks(0),
                              .best_ask = has_ask ? book.best(Side::kSell) : Ticks(0)});
  apply(i, flow);
  find_next_generator();
}

void SimVenue::find_next_generator() {
  next_generator_ = kNever;
  for (InstrumentId i = 0; i < markets_.size(); ++i) {
    if (markets_[i].generator == nullptr) continue;
    const Nanos time = markets_[i].generator->next_time();
    if (time >= next_generator_) continue;
    next_generator_ = time;
    next_generator_instrument_ = i;
  }
}

void SimVenue::apply(InstrumentId i, const Flow& flow) {
  MatchingBook& book = markets_[i].book;
  switch (flow.kind) {
    case Flow::Kind::kNone:
      return;
    case Flow::Kind::kPublish:
      publish_book(i);
      return;
    case Flow::Kind::kTake:
      take(i, flow.side, flow.lots, flow.price);
      break;
    case Flow::Kind::kLimit: {
      const Lots rest = take(i, flow.side, flow.lots, flow.price);
      const PriceLevels& levels = book.external(flow.side);
      if (rest.v > 0) change_level(i, flow.side, flow.price, levels.lots_at(flow.price) + rest);
      if (levels.size() > markets_[i].levels_max) {
        change_level(i, flow.side, levels.worst().price, Lots(0));
      }
      break;
    }
    case Flow::Kind::kCancel: {
      const Lots present = book.external(flow.side).lots_at(flow.price);
      change_level(i, flow.side, flow.price, present - std::min(present, flow.lots));
      break;
    }
  }
  publish_ticker(i);
}

Lots SimVenue::take(InstrumentId i, Side aggressor, Lots lots, Ticks limit) {
  const std::uint64_t fills = counters_.fills;
  const Lots rest = markets_[i].book.take(
      aggressor, lots, limit, [&](const Match& match) { print_trade(i, aggressor, match); });
  if (counters_.fills != fills) report_balances(i, false);
  return rest;
}

void SimVenue::print_trade(InstrumentId i, Side aggressor, const Match& match) {
  Market& market = markets_[i];
  ++counters_.trades;
  ++market.trade_id.v;
  market.last_trade = match.price;
  mark_changed(i, opposite(aggressor), match.price);
  Event event = make_event(EventKind::kTrade, i, market.sequence);
  if (aggressor == Side::kSell) event.flags = kFlagSell;
  event.trade = {.trade_id = market.trade_id,
                 .lots = match.lots,
                 .exchange_time = clock_,
                 .ticks = static_cast<std::int32_t>(match.price.v),
                 .pad = {}};
  deliver_market(i, event);
  if (match.row != kNoRow) fill_order(match, market.trade_id);
}

void SimVenue::change_level(InstrumentId i, Side side, Ticks price, Lots lots) {
  markets_[i].book.set_level(side, price, lots);
  mark_changed(i, side, price);
}

// The published book counts one update for every change; a full list is published early.
void SimVenue::mark_changed(InstrumentId i, Side side, Ticks price) {
  Market& market = markets_[i];
  if (market.generator == nullptr) return;
  ++market.update_id.v;
  if (!market.dirty.empty() && market.dirty.back() == Dirty{price, side}) return;
  if (market.dirty.size() == market.dirty.capacity()) publish_book(i);
  if (market.dirty.size() == market.dirty.capacity()) market.snapshot_due = true;
  if (!market.snapshot_due) market.dirty.push_back({price, side});
}

void SimVenue::publish_ticker(InstrumentId i) {
  Market& market = markets_[i];
  const MatchingBook& book = market.book;
  if (market.generator == nullptr || book.empty(Side::kBuy) || book.empty(Side::kSell)) return;
  const Ticks bid = book.best(Side::kBuy), ask = book.best(Side::kSell);
  const BookTicker& old = market.ticker;
  const BookTicker ticker{.update_id = market.update_id,
                          .bid_lots = book.lots_at(Side::kBuy, bid),
                          .ask_lots = book.lots_at(Side::kSell, ask),
                          .exchange_time = instruments_[i].is_spot ? Nanos(0) : clock_,
                          .bid_ticks = static_cast<std::int32_t>(bid.v),
                          .ask_ticks = static_cast<std::int32_t>(ask.v)};
  if (ticker.bid_ticks == old.bid_ticks && ticker.bid_lots == old.bid_lots &&
      ticker.ask_ticks == old.ask_ticks && ticker.ask_lots == old.ask_lots) {
    return;
  }
  if (deliveries_.room() == 0) return;
  market.ticker = ticker;
  Event event = make_event(EventKind::kBookTicker, i, market.sequence);
  event.ticker = ticker;
  deliver_market(i, event);
}

void SimVenue::publish_book(InstrumentId i) {
  Market& market = markets_[i];
  if (market.snapshot_due) {
    market.dirty.clear();
    for (const Side side : {Side::kBuy, Side::kSell}) {
      for (const PriceLevel& level : market.book.external(side).levels()) {
        market.dirty.push_back({level.price, side});
      }
      for (OrderRow row = market.book.first(side); row != kNoRow; row = orders_[row].next) {
        market.dirty.push_back({orders_[row].price, side});
      }
    }
  }
  std::sort(market.dirty.begin(), market.dirty.end());
  market.dirty.erase(std::unique(market.dirty.begin(), market.dirty.end()), market.dirty.end());
  if (market.dirty.empty() || deliveries_.room() < market.dirty.size() + 2) return;
  publish_levels(i);
  market.dirty.clear();
  market.snapshot_due = false;
  market.published_id = market.update_id;
}

// One message: its beginning, then the changed levels, three of one side to an event.
void SimVenue::publish_levels(InstrumentId i) {
  Market& market = markets_[i];
  Event begin = make_event(EventKind::kBookBegin, i, ++market.sequence);
  if (market.snapshot_due) begin.flags = kFlagSnapshot;
  begin.book = {
      .first_id = market.snapshot_due ? market.update_id : UpdateId(market.published_id.v + 1),
      .last_id = market.update_id,
      .exchange_time = clock_,
      .level_count = static_cast<std::uint32_t>(market.dirty.size()),
      .pad = 0};
  deliver_market(i, begin);
  Event event = make_event(EventKind::kBookLevels, i, market.sequence);
  for (std::size_t k = 0; k < market.dirty.size(); ++k) {
    const auto [price, side] = market.dirty[k];
    const int n = event.levels.count++;
    event.levels.ticks[n] = static_cast<std::int32_t>(price.v);
    event.levels.lots[n] = market.book.lots_at(side, price).v;
    const bool last = k + 1 == market.dirty.size();
    if (!last && market.dirty[k + 1].side == side && n + 1 < kLevelsPerEvent) continue;
    event.flags =
        static_cast<std::uint8_t>((side == Side::kSell ? kFlagSell : 0) | (last ? kFlagLast : 0));
    deliver_market(i, event);
    event.levels = {};
  }
}

}  // namespace mm::sim
