#include "engine/core/market.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <functional>
#include <map>
#include <optional>
#include <random>
#include <vector>

namespace {

using mm::Event;
using mm::EventKind;
using mm::Lots;
using mm::Market;
using mm::Nanos;
using mm::Side;
using mm::Ticks;
using mm::Touch;
using mm::UpdateId;

struct Level {
  Side side;
  std::int32_t price;
  std::int64_t lots;
};

// Writes the events a feed would, one message after the other, and hands them to a market.
class Feed {
 public:
  explicit Feed(const Market::Config& config = {}) : market(config) {}

  Event event(EventKind kind, std::uint8_t flags = 0) {
    Event e;
    e.kind = kind;
    e.flags = flags;
    e.time = now;
    e.sequence = sequence;
    return e;
  }
  std::vector<Event> message(std::uint64_t id, const std::vector<Level>& levels, bool snapshot) {
    Event begin = event(EventKind::kBookBegin, snapshot ? mm::kFlagSnapshot : std::uint8_t{0});
    begin.book = {UpdateId(id), UpdateId(id), Nanos(0), 0, 0};
    std::vector<Event> events{begin};
    for (const Level& level : levels) {
      const std::uint8_t flags = level.side == Side::kSell ? mm::kFlagSell : std::uint8_t{0};
      Event* last = &events.back();
      if (last->kind != EventKind::kBookLevels || last->flags != flags ||
          last->levels.count == mm::kLevelsPerEvent) {
        events.push_back(event(EventKind::kBookLevels, flags));
        last = &events.back();
        last->levels = {};
      }
      last->levels.ticks[last->levels.count] = level.price;
      last->levels.lots[last->levels.count] = level.lots;
      ++last->levels.count;
    }
    events.back().flags |= mm::kFlagLast;
    ++sequence;
    return events;
  }
  void send(const std::vector<Event>& events) {
    for (const Event& e : events) market.on(e);
  }
  void snapshot(std::uint64_t id, const std::vector<Level>& levels) {
    send(message(id, levels, true));
  }
  void diff(std::uint64_t id, const std::vector<Level>& levels) {
    send(message(id, levels, false));
  }
  void stale() {
    market.on(event(EventKind::kBookStale));
    ++sequence;
  }
  void ticker(std::uint64_t id, std::int32_t bid, std::int64_t bid_lots, std::int32_t ask,
              std::int64_t ask_lots) {
    Event e = event(EventKind::kBookTicker);
    e.ticker = {UpdateId(id), Lots(bid_lots), Lots(ask_lots), Nanos(0), bid, ask};
    market.on(e);
  }
  void trade(Side aggressor, std::int32_t price, std::int64_t lots) {
    Event e = event(EventKind::kTrade, aggressor == Side::kSell ? mm::kFlagSell : std::uint8_t{0});
    e.trade = {};
    e.trade.ticks = price;
    e.trade.lots = Lots(lots);
    market.on(e);
  }

  Market market;
  Nanos now = mm::kSecond;
  std::uint32_t sequence = 0xFFFFFFFE;  // wraps early in every test
};

Touch two_sided(int bid, int bid_lots, int ask, int ask_lots) {
  return {Ticks(bid), Ticks(ask), Lots(bid_lots), Lots(ask_lots), true, true};
}

const std::vector<Level> kBook = {{Side::kBuy, 100, 5},  {Side::kBuy, 99, 6},
                                  {Side::kBuy, 98, 7},   {Side::kBuy, 97, 8},
                                  {Side::kSell, 102, 9}, {Side::kSell, 103, 10}};

}  // namespace

TEST(Market, IsOutOfSyncUntilASnapshotIsComplete) {
  Feed feed;
  EXPECT_FALSE(feed.market.synced());
  EXPECT_FALSE(feed.market.take_resync_request());  // the feed starts by itself
  feed.diff(1, {{Side::kBuy, 100, 5}});
  EXPECT_FALSE(feed.market.synced());
  EXPECT_TRUE(feed.market.book().empty(Side::kBuy));
  EXPECT_EQ(feed.market.counters().ignored, 1U);

  const std::vector<Event> events = feed.message(2, kBook, true);
  ASSERT_GE(events.size(), 4U);
  for (const Event& e : events) {
    EXPECT_FALSE(feed.market.synced());
    feed.market.on(e);
    EXPECT_EQ(feed.market.in_message(), !e.last());
  }
  EXPECT_TRUE(feed.market.synced());
  EXPECT_EQ(feed.market.touch(), two_sided(100, 5, 102, 9));
  EXPECT_EQ(feed.market.update_id(), UpdateId(2));
  EXPECT_EQ(feed.market.last_book_time(), mm::kSecond);
  EXPECT_EQ(feed.market.counters().snapshots, 1U);
  EXPECT_EQ(feed.market.counters().sequence_breaks, 0U);
}

TEST(Market, ADiffChangesLevelsAndASnapshotReplacesAll) {
  Feed feed;
  feed.snapshot(1, kBook);
  feed.diff(2, {{Side::kBuy, 100, 0}, {Side::kSell, 101, 4}});
  EXPECT_EQ(feed.market.touch(), two_sided(99, 6, 101, 4));
  EXPECT_EQ(feed.market.counters().diffs, 1U);
  feed.now = 2 * mm::kSecond;
  feed.diff(3, {});  // a message without levels
  EXPECT_EQ(feed.market.update_id(), UpdateId(3));
  EXPECT_EQ(feed.market.last_book_time(), 2 * mm::kSecond);
  feed.snapshot(4, {{Side::kSell, 500, 1}});
  EXPECT_TRUE(feed.market.book().empty(Side::kBuy));
  EXPECT_FALSE(feed.market.touch().has_bid);
  EXPECT_TRUE(feed.market.touch().has_ask);
  EXPECT_EQ(feed.market.book().levels(Side::kSell), 1U);
}

TEST(Market, WhatIsShownIsWholeWhileAMessageIsOpen) {
  Feed feed;
  feed.snapshot(1, kBook);
  const std::vector<Event> events =
      feed.message(2, {{Side::kBuy, 50, 1}, {Side::kSell, 51, 1}}, true);
  ASSERT_EQ(events.size(), 3U);
  feed.market.on(events[0]);
  feed.market.on(events[1]);
  EXPECT_TRUE(feed.market.in_message());
  EXPECT_TRUE(feed.market.synced());
  EXPECT_EQ(feed.market.touch(), two_sided(100, 5, 102, 9));
  EXPECT_EQ(feed.market.update_id(), UpdateId(1));
  feed.market.on(events[2]);
  EXPECT_EQ(feed.market.touch(), two_sided(50, 1, 51, 1));
}

TEST(Market, AMissingMessageBreaksSyncUntilTheNextSnapshot) {
  Feed feed;
  feed.snapshot(1, kBook);
  feed.message(2, kBook, false);  // lost
  feed.diff(3, {{Side::kBuy, 101, 1}});
  EXPECT_FALSE(feed.market.synced());
  EXPECT_EQ(feed.market.book().best(Side::kBuy), Ticks(100));
  EXPECT_EQ(feed.market.counters().sequence_breaks, 1U);
  EXPECT_TRUE(feed.market.take_resync_request());
  EXPECT_FALSE(feed.market.take_resync_request());  // said once
  feed.diff(4, {{Side::kBuy, 101, 1}});
  EXPECT_EQ(feed.market.counters().sequence_breaks, 1U);  // in order again, and still waiting
  EXPECT_EQ(feed.market.counters().ignored, 2U);
  feed.snapshot(5, kBook);
  EXPECT_TRUE(feed.market.synced());
  EXPECT_FALSE(feed.market.take_resync_request());
}

TEST(Market, ASnapshotAfterAHoleHealsItByItself) {
  Feed feed;
  feed.snapshot(1, kBook);
  feed.message(2, kBook, false);  // lost
  feed.snapshot(3, kBook);
  EXPECT_TRUE(feed.market.synced());
  EXPECT_EQ(feed.market.counters().sequence_breaks, 1U);
  EXPECT_FALSE(feed.market.take_resync_request());
}

TEST(Market, LevelsWithoutABeginAreOneBreakHoweverMany) {
  Feed feed;
  feed.snapshot(1, kBook);
  std::vector<Event> events = feed.message(2, kBook, false);
  events.erase(events.begin());
  feed.send(events);
  EXPECT_FALSE(feed.market.synced());
  EXPECT_FALSE(feed.market.in_message());
  EXPECT_EQ(feed.market.counters().sequence_breaks, 1U);
  feed.diff(3, {});
  EXPECT_EQ(feed.market.counters().sequence_breaks, 1U);
  EXPECT_TRUE(feed.market.take_resync_request());
}

TEST(Market, ABeginInsideAMessageBreaksSync) {
  Feed feed;
  feed.snapshot(1, kBook);
  std::vector<Event> events = feed.message(2, {{Side::kBuy, 101, 1}}, false);
  events.pop_back();
  feed.send(events);
  feed.diff(3, {{Side::kBuy, 101, 1}});
  EXPECT_FALSE(feed.market.synced());
  EXPECT_EQ(feed.market.counters().sequence_breaks, 1U);
  EXPECT_EQ(feed.market.update_id(), UpdateId(1));
}

TEST(Market, LevelsOfAnotherMessageBreakSyncEvenInsideASnapshot) {
  Feed feed;
  feed.snapshot(1, kBook);
  std::vector<Event> events = feed.message(2, kBook, true);
  feed.market.on(events[0]);
  events[1].sequence += 7;
  feed.market.on(events[1]);
  EXPECT_FALSE(feed.market.synced());
  EXPECT_TRUE(feed.market.take_resync_request());
}

TEST(Market, AStaleFeedIsWaitedForNotAsked) {
  Feed feed;
  feed.snapshot(1, kBook);
  feed.stale();
  EXPECT_FALSE(feed.market.synced());
  EXPECT_FALSE(feed.market.take_resync_request());
  EXPECT_EQ(feed.market.counters().stale, 1U);
  EXPECT_EQ(feed.market.counters().sequence_breaks, 0U);
  feed.diff(2, kBook);
  EXPECT_FALSE(feed.market.synced());
  feed.snapshot(3, kBook);
  EXPECT_TRUE(feed.market.synced());
  EXPECT_EQ(feed.market.counters().sequence_breaks, 0U);
}

TEST(Market, AStaleFeedEndsAnOpenMessage) {
  Feed feed;
  feed.snapshot(1, kBook);
  feed.market.on(feed.message(2, kBook, true)[0]);
  feed.stale();
  EXPECT_FALSE(feed.market.in_message());
  EXPECT_FALSE(feed.market.synced());
}

TEST(Market, ImpossibleNumbersAreCountedAndTheRestIsUsed) {
  Feed feed(Market::Config{.price_max = Ticks(1'000)});
  feed.snapshot(1, {{Side::kBuy, 0, 1},
                    {Side::kBuy, -3, 1},
                    {Side::kBuy, 1'000, 1},
                    {Side::kSell, 1'001, 1},
                    {Side::kSell, 1'000, -1},
                    {Side::kSell, 1'000, INT64_MAX}});
  EXPECT_TRUE(feed.market.synced());
  EXPECT_EQ(feed.market.book().levels(Side::kBuy), 1U);
  EXPECT_TRUE(feed.market.book().empty(Side::kSell));
  EXPECT_EQ(feed.market.counters().out_of_range, 5U);
  feed.trade(Side::kBuy, 0, 1);
  feed.trade(Side::kBuy, 1'001, 1);
  feed.trade(Side::kBuy, 5, 0);
  feed.trade(Side::kBuy, 5, -1);
  EXPECT_FALSE(feed.market.has_last_trade());
  EXPECT_EQ(feed.market.counters().out_of_range, 9U);
  feed.ticker(9, 0, 1, 5, 1);
  feed.ticker(9, 5, 1, 1'001, 1);
  feed.ticker(9, 5, -1, 6, 1);
  feed.ticker(9, 6, 1, 6, 1);  // crossed
  EXPECT_EQ(feed.market.counters().out_of_range, 13U);
  EXPECT_EQ(feed.market.counters().tickers, 0U);
  EXPECT_EQ(feed.market.touch().bid, Ticks(1'000));
}

TEST(Market, ANewerTickerOverridesTheTouchUntilTheBookReachesIt) {
  Feed feed;
  feed.snapshot(10, kBook);
  feed.ticker(12, 98, 1, 104, 2);  // better levels of the book are gone
  EXPECT_EQ(feed.market.touch(), two_sided(98, 1, 104, 2));
  EXPECT_EQ(feed.market.book().best(Side::kBuy), Ticks(100));
  feed.diff(11, {{Side::kBuy, 100, 0}});
  EXPECT_EQ(feed.market.touch(), two_sided(98, 1, 104, 2));
  feed.diff(12, {{Side::kBuy, 99, 0}});
  EXPECT_EQ(feed.market.touch(), two_sided(98, 7, 102, 9));
}

TEST(Market, AnOldTickerChangesNothing) {
  Feed feed;
  feed.snapshot(10, kBook);
  feed.ticker(10, 50, 1, 60, 1);
  feed.ticker(9, 50, 1, 60, 1);
  EXPECT_EQ(feed.market.touch(), two_sided(100, 5, 102, 9));
  feed.ticker(20, 101, 1, 102, 2);
  feed.ticker(15, 50, 1, 60, 1);  // overtaken by a newer one
  EXPECT_EQ(feed.market.touch(), two_sided(101, 1, 102, 2));
  EXPECT_EQ(feed.market.counters().tickers, 4U);
}

TEST(Market, ATickerWithoutQuantityOnASideShowsNoneThere) {
  Feed feed;
  feed.snapshot(10, kBook);
  feed.ticker(11, 0, 0, 102, 2);
  EXPECT_FALSE(feed.market.touch().has_bid);
  EXPECT_EQ(feed.market.touch().ask_lots, Lots(2));
}

TEST(Market, ASnapshotFromBeforeEndsATickerOfTheOldNumbering) {
  Feed feed;
  feed.snapshot(1'000, kBook);
  feed.ticker(2'000, 50, 1, 60, 1);
  feed.snapshot(3, kBook);
  EXPECT_EQ(feed.market.touch(), two_sided(100, 5, 102, 9));
  feed.ticker(4, 99, 1, 102, 1);
  EXPECT_EQ(feed.market.touch(), two_sided(99, 1, 102, 1));
}

TEST(Market, ACrossedBookIsSeenAtTheEndOfItsMessageAndKeptFromTheMeasures) {
  Feed feed;
  feed.snapshot(1, kBook);
  feed.diff(2, {{Side::kSell, 99, 1}, {Side::kBuy, 100, 0}, {Side::kBuy, 99, 0}});
  EXPECT_FALSE(feed.market.crossed());  // crossed only on the way
  const auto before = feed.market.measures().volatility().half_ticks_q10;
  feed.diff(3, {{Side::kBuy, 99, 1}});
  EXPECT_TRUE(feed.market.crossed());
  EXPECT_EQ(feed.market.counters().crossed, 1U);
  EXPECT_EQ(feed.market.measures().volatility().half_ticks_q10, before);
  feed.diff(4, {{Side::kBuy, 99, 0}});
  EXPECT_FALSE(feed.market.crossed());
}

TEST(Market, TradesKeepTheLastPriceAndFeedTheFlow) {
  Feed feed;
  feed.now = 5 * mm::kSecond;
  feed.trade(Side::kSell, 101, 3);  // trades need no book
  feed.now = 6 * mm::kSecond;
  feed.trade(Side::kBuy, 103, 2);
  EXPECT_EQ(feed.market.last_trade_price(), Ticks(103));
  EXPECT_EQ(feed.market.last_trade_time(), 6 * mm::kSecond);
  EXPECT_EQ(feed.market.counters().trades, 2U);
  const mm::MarketSummary summary = feed.market.measures().summary(feed.now);
  EXPECT_EQ(summary.buy_1min.lots, Lots(2));
  EXPECT_EQ(summary.sell_1min.tick_lots, 303);
}

TEST(Market, MeasuresFollowTheMidOfBookAndTicker) {
  Feed feed(Market::Config{.measures = {.volatility_window = 3}});
  feed.snapshot(1, kBook);               // 202 half ticks
  feed.diff(2, {{Side::kBuy, 101, 1}});  // 203
  feed.ticker(3, 101, 1, 105, 1);        // 206
  EXPECT_EQ(feed.market.measures().volatility().half_ticks_q10, (1 + 3) * 1024 / 3);
  feed.ticker(4, 0, 0, 105, 1);  // no mid, no sample
  EXPECT_EQ(feed.market.measures().volatility().half_ticks_q10, (1 + 3) * 1024 / 3);
}

TEST(Market, OtherEventsAreNotItsBusiness) {
  Feed feed;
  feed.snapshot(1, kBook);
  for (int k = 0; k < static_cast<int>(EventKind::kCount); ++k) {
    const auto kind = static_cast<EventKind>(k);
    if (kind >= EventKind::kBookBegin && kind <= EventKind::kBookTicker) continue;
    feed.market.on(feed.event(kind));
  }
  EXPECT_TRUE(feed.market.synced());
  EXPECT_EQ(feed.market.touch(), two_sided(100, 5, 102, 9));
}

// Random messages, some lost or cut: while in sync, the book is exactly what the messages say.
RC_GTEST_PROP(Market, IsRightWheneverItSaysItIsInSync, ()) {
  Feed feed;
  std::map<std::int64_t, std::int64_t> reference[2];  // by key: best last
  bool chain_whole = false;
  std::uint64_t breaks = 0;
  const auto count = *rc::gen::inRange(1, 80);
  for (int i = 1; i <= count; ++i) {
    const bool snapshot = *rc::gen::inRange(0, 6) == 0;
    std::vector<Level> levels;
    const auto size = *rc::gen::inRange(0, 12);
    for (int n = 0; n < size; ++n) {
      const Side side = *rc::gen::element(Side::kBuy, Side::kSell);
      levels.push_back({side, *rc::gen::inRange(90, 110), *rc::gen::inRange(0, 3)});
    }
    std::vector<Event> events = feed.message(static_cast<std::uint64_t>(i), levels, snapshot);
    const auto damage = *rc::gen::inRange(0, 12);
    if (damage == 0) {  // lost whole
      chain_whole = false;
      continue;
    }
    const bool cut = damage == 1 && events.size() > 1;  // lost from somewhere on
    if (cut) events.resize(1);
    feed.send(events);
    if (cut) {
      chain_whole = false;
      feed.stale();  // the feed noticed
      ++breaks;      // and so did the market
      continue;
    }
    if (snapshot) {
      chain_whole = true;
      for (auto& side : reference) side.clear();
    }
    for (const Level& level : levels) {
      auto& side = reference[mm::index(level.side)];
      const std::int64_t key = level.price * mm::sign(level.side);
      if (level.lots == 0) {
        side.erase(key);
      } else {
        side[key] = level.lots;
      }
    }
    RC_ASSERT(feed.market.synced() == chain_whole);
    RC_ASSERT(!feed.market.in_message());
    if (!chain_whole) continue;
    RC_ASSERT(feed.market.update_id() == UpdateId(static_cast<std::uint64_t>(i)));
    for (Side side : {Side::kBuy, Side::kSell}) {
      const auto& want = reference[mm::index(side)];
      RC_ASSERT(feed.market.book().levels(side) == want.size());
      for (const auto& [key, lots] : want) {
        RC_ASSERT(feed.market.book().lots_at(side, Ticks(key * mm::sign(side))) == Lots(lots));
      }
      const Touch& touch = feed.market.touch();
      RC_ASSERT((side == Side::kBuy ? touch.has_bid : touch.has_ask) == !want.empty());
      if (want.empty()) continue;
      const Ticks best = side == Side::kBuy ? touch.bid : touch.ask;
      RC_ASSERT(best == Ticks(want.rbegin()->first * mm::sign(side)));
    }
  }
  RC_ASSERT(feed.market.counters().sequence_breaks >= breaks);
}
