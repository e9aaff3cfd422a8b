#include "engine/core/market.h"

#include "engine/core/assert.h"
#include "engine/core/prefetch.h"

namespace mm {

Market::Market(const Config& config)
    : book_(config.book), price_max_(config.price_max), measures_(config.measures) {}

void Market::on(const Event& event) {
  switch (event.kind) {
    case EventKind::kBookLevels:
      return on_levels(event);
    case EventKind::kBookBegin:
      return on_begin(event);
    case EventKind::kBookStale:
      return on_stale(event);
    case EventKind::kTrade:
      return on_trade(event);
    case EventKind::kBookTicker:
      return on_ticker(event);
    default:
      return;
  }
}

void Market::expect(const Event& event) const {
  if (event.kind == EventKind::kBookLevels) {
    for (const std::int32_t ticks : event.levels.ticks) book_.prefetch(event.side(), Ticks(ticks));
    return;
  }
  // All but the rings of the measures.
  prefetch_lines(this, (sizeof(OrderBook) + 512) / kCacheLine);
}

// Quantities are bounded so that sums of them stay in 64 bits; no token's supply comes near.
bool Market::possible(std::int64_t ticks, std::int64_t lots) const {
  constexpr std::int64_t kLotsMax = 1'000'000'000'000'000;
  return ticks > 0 && ticks <= price_max_.v && lots >= 0 && lots <= kLotsMax;
}

bool Market::take_resync_request() {
  const bool wanted = resync_wanted_;
  resync_wanted_ = false;
  return wanted;
}

void Market::lose_sync() {
  ++counters_.sequence_breaks;
  synced_ = false;
  applying_ = false;
  resync_wanted_ = true;
}

// A new message: nothing may be open, and its sequence must follow the last one's.
void Market::expect_next(const Event& event) {
  if (in_message_ || (any_message_ && event.sequence != sequence_ + 1)) lose_sync();
  any_message_ = true;
  sequence_ = event.sequence;
}

void Market::on_begin(const Event& event) {
  expect_next(event);
  in_message_ = true;
  is_snapshot_ = (event.flags & kFlagSnapshot) != 0;
  applying_ = is_snapshot_ || synced_;
  message_id_ = event.book.last_id;
  if (is_snapshot_) book_.clear();
  if (!applying_) ++counters_.ignored;
  if (event.last()) complete_message(event.time);
}

void Market::on_levels(const Event& event) {
  if (!in_message_ || event.sequence != sequence_) {
    // The begin of this message was lost: one break, then the rest of the message is passed over.
    lose_sync();
    in_message_ = any_message_ = true;
    sequence_ = event.sequence;
  }
  if (applying_) apply(event);
  if (event.last()) complete_message(event.time);
}

void Market::on_stale(const Event& event) {
  expect_next(event);
  ++counters_.stale;
  in_message_ = applying_ = synced_ = false;
  resync_wanted_ = false;  // whatever was wrong, the feed is at it
}

void Market::apply(const Event& event) {
  const BookLevels& levels = event.levels;
  MM_ASSERT(levels.count <= kLevelsPerEvent, "put no more levels into an event than it holds");
  for (std::size_t i = 0; i < levels.count; ++i) {
    if (possible(levels.ticks[i], levels.lots[i])) {
      book_.set(event.side(), Ticks(levels.ticks[i]), Lots(levels.lots[i]));
    } else {
      ++counters_.out_of_range;
    }
  }
}

void Market::complete_message(Nanos now) {
  in_message_ = false;
  if (!applying_) return;
  applying_ = false;
  if (is_snapshot_) {
    ++counters_.snapshots;
    synced_ = true;
    resync_wanted_ = false;
    // The venue numbers its updates anew: an old ticker would look newer than all to come.
    if (message_id_ < update_id_) ticker_id_ = UpdateId{};
  } else {
    ++counters_.diffs;
  }
  update_id_ = message_id_;
  last_book_time_ = now;
  const Touch own = book_touch();
  crossed_ = own.has_bid && own.has_ask && own.bid >= own.ask;
  if (crossed_) ++counters_.crossed;
  show(ticker_id_ > update_id_ ? ticker_touch_ : own, now);
}

Touch Market::book_touch() const {
  Touch t;
  t.has_bid = !book_.empty(Side::kBuy);
  t.has_ask = !book_.empty(Side::kSell);
  if (t.has_bid) {
    t.bid = book_.best(Side::kBuy);
    t.bid_lots = book_.lots_at(Side::kBuy, t.bid);
  }
  if (t.has_ask) {
    t.ask = book_.best(Side::kSell);
    t.ask_lots = book_.lots_at(Side::kSell, t.ask);
  }
  return t;
}

// The measures see uncrossed two-sided markets only.
void Market::show(const Touch& touch, Nanos now) {
  touch_ = touch;
  if (touch.has_bid && touch.has_ask && touch.bid < touch.ask) {
    measures_.on_mid(mid(touch.bid, touch.ask), now);
  }
}

void Market::on_trade(const Event& event) {
  const TradeTick& trade = event.trade;
  if (trade.lots.v == 0 || !possible(trade.ticks, trade.lots.v)) {
    ++counters_.out_of_range;
    return;
  }
  ++counters_.trades;
  last_trade_price_ = Ticks(trade.ticks);
  last_trade_time_ = event.time;
  measures_.on_trade(event.side(), last_trade_price_, trade.lots, event.time);
}

// What a bookTicker says; a side without quantity is a side without orders.
Touch Market::ticker_touch(const BookTicker& ticker) {
  Touch t;
  t.has_bid = ticker.bid_lots.v != 0;
  t.has_ask = ticker.ask_lots.v != 0;
  if (t.has_bid) {
    t.bid = Ticks(ticker.bid_ticks);
    t.bid_lots = ticker.bid_lots;
  }
  if (t.has_ask) {
    t.ask = Ticks(ticker.ask_ticks);
    t.ask_lots = ticker.ask_lots;
  }
  return t;
}

bool Market::possible(const Touch& t) const {
  if (t.has_bid && !possible(t.bid.v, t.bid_lots.v)) return false;
  if (t.has_ask && !possible(t.ask.v, t.ask_lots.v)) return false;
  return !t.has_bid || !t.has_ask || t.bid < t.ask;
}

void Market::on_ticker(const Event& event) {
  const Touch t = ticker_touch(event.ticker);
  if (!possible(t)) {
    ++counters_.out_of_range;
    return;
  }
  ++counters_.tickers;
  const UpdateId id = event.ticker.update_id;
  if (id <= update_id_ || id < ticker_id_) return;
  ticker_id_ = id;
  ticker_touch_ = t;
  show(t, event.time);
}

}  // namespace mm
