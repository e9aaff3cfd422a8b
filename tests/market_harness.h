// A market driven by hand: whole messages in one call.
#pragma once

#include <vector>

#include "engine/core/ladder.h"
#include "engine/core/market.h"

namespace mm::test {

class MarketHarness {
 public:
  MarketHarness() : market(Market::Config{}) {}

  Market market;
  Nanos now{1'700'000'000 * kSecond.v};

  void snapshot(const std::vector<Quote>& bids, const std::vector<Quote>& asks) {
    Event begin = event(EventKind::kBookBegin);
    begin.sequence = ++sequence_;
    begin.flags = kFlagSnapshot;
    begin.book.last_id = begin.book.first_id = UpdateId(sequence_);
    std::vector<Event> message{begin};
    for (const Side side : {Side::kBuy, Side::kSell}) {
      for (const Quote& q : side == Side::kBuy ? bids : asks) {
        Event level = event(EventKind::kBookLevels);
        level.sequence = sequence_;
        level.flags = side == Side::kSell ? kFlagSell : std::uint8_t{0};
        level.levels.count = 1;
        level.levels.ticks[0] = static_cast<std::int32_t>(q.price.v);
        level.levels.lots[0] = q.lots.v;
        message.push_back(level);
      }
    }
    message.back().flags |= kFlagLast;
    for (const Event& e : message) market.on(e);
  }
  void trade(Ticks price) {
    Event e = event(EventKind::kTrade);
    e.trade.lots = Lots(1);
    e.trade.ticks = static_cast<std::int32_t>(price.v);
    market.on(e);
  }
  void ticker(Quote bid, Quote ask) {
    Event e = event(EventKind::kBookTicker);
    e.ticker.update_id = UpdateId(sequence_ + 1'000'000);
    e.ticker.bid_lots = bid.lots;
    e.ticker.ask_lots = ask.lots;
    e.ticker.bid_ticks = static_cast<std::int32_t>(bid.price.v);
    e.ticker.ask_ticks = static_cast<std::int32_t>(ask.price.v);
    market.on(e);
  }

 private:
  Event event(EventKind kind) {
    now += kMillisecond;
    Event e;
    e.kind = kind;
    e.time = e.received = now;
    return e;
  }

  std::uint32_t sequence_ = 0;
};

}  // namespace mm::test
