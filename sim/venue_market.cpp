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
std::size_t SimVenue::generator_room(InstrumentId i, std::uint32_t open_orders) const {
  return 2 * markets_[i].dirty.capacity() + 2 * exchange_.levels_max(i) +
         kEventsPerOwnOrder * (open_orders + 1u);
}

void SimVenue::run_generator() {
  const InstrumentId i = exchange_.next_instrument();
  if (deliveries_.room() < generator_room(i, open_orders(i))) {
    ++counters_.generator_skips;
    exchange_.skip(std::max(clock(), deliveries_.next_time()));
    return;
  }
  exchange_.step();
}

void SimVenue::on_trade(InstrumentId i, const PublicTrade& trade) {
  ++counters_.trades;
  Event event = make_event(EventKind::kTrade, i, markets_[i].sequence);
  if (trade.aggressor == Side::kSell) event.flags = kFlagSell;
  event.trade = {.trade_id = trade.trade_id,
                 .lots = trade.lots,
                 .exchange_time = trade.time,
                 .ticks = static_cast<std::int32_t>(trade.price.v),
                 .pad = {}};
  deliver_market(event);
}

// A full list of changes is published early.
void SimVenue::on_level(InstrumentId i, Side side, Ticks price) {
  Market& market = markets_[i];
  if (!market.dirty.empty() && market.dirty.back() == Dirty{price, side}) return;
  if (market.dirty.size() == market.dirty.capacity()) publish_book(i);
  if (market.dirty.size() == market.dirty.capacity()) market.snapshot_due = true;
  if (!market.snapshot_due) market.dirty.push_back({price, side});
}

void SimVenue::on_touch(InstrumentId i, const BookTicker& touch) {
  if (deliveries_.room() == 0) return;
  Event event = make_event(EventKind::kBookTicker, i, markets_[i].sequence);
  event.ticker = touch;
  deliver_market(event);
}

void SimVenue::publish_book(InstrumentId i) {
  Market& market = markets_[i];
  if (market.snapshot_due) {
    market.dirty.clear();
    for (const Side side : kSides) {
      book(i).for_each_level(side, [&](Ticks price, Lots) {
        market.dirty.push_back({price, side});
        return true;
      });
    }
  }
  for (const auto& [price, side] : market.dirty) book(i).external(side).prefetch(price);
  std::sort(market.dirty.begin(), market.dirty.end());
  market.dirty.erase(std::unique(market.dirty.begin(), market.dirty.end()), market.dirty.end());
  if (market.dirty.empty() || deliveries_.room() < market.dirty.size() + 2) return;
  publish_levels(i);
  market.dirty.clear();
  market.snapshot_due = false;
  market.published_id = exchange_.update_id(i);
}

// One message: its beginning, then the changed levels, three of one side to an event.
void SimVenue::publish_levels(InstrumentId i) {
  Market& market = markets_[i];
  const UpdateId last_id = exchange_.update_id(i);
  Event begin = make_event(EventKind::kBookBegin, i, ++market.sequence);
  if (market.snapshot_due) begin.flags = kFlagSnapshot;
  begin.book = {.first_id = market.snapshot_due ? last_id : UpdateId(market.published_id.v + 1),
                .last_id = last_id,
                .exchange_time = clock(),
                .level_count = static_cast<std::uint32_t>(market.dirty.size()),
                .pad = 0};
  deliver_market(begin);
  Event event = make_event(EventKind::kBookLevels, i, market.sequence);
  for (std::size_t k = 0; k < market.dirty.size(); ++k) {
    const auto [price, side] = market.dirty[k];
    const int n = event.levels.count++;
    event.levels.ticks[n] = static_cast<std::int32_t>(price.v);
    event.levels.lots[n] = book(i).lots_at(side, price).v;
    const bool last = k + 1 == market.dirty.size();
    if (!last && market.dirty[k + 1].side == side && n + 1 < kLevelsPerEvent) continue;
    event.flags =
        static_cast<std::uint8_t>((side == Side::kSell ? kFlagSell : 0) | (last ? kFlagLast : 0));
    deliver_market(event);
    event.levels = {};
  }
}

}  // namespace mm::sim
