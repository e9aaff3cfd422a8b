// Generated markets: consistent books, named scenarios, determinism, and life for a naive maker.
#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>

#include "tests/sim_harness.h"

namespace mm::sim {
namespace {

using test::kSimStart;
using test::sim_spot;

// Drives a venue in virtual time and shows every event to a reaction.
class Session {
 public:
  Session(const SimulatorConfig& config, const MarketConfig& market, std::uint64_t seed,
          std::vector<Instrument> instruments = {sim_spot()})
      : venue(config, instruments, seed) {
    for (InstrumentId i = 0; i < instruments.size(); ++i) venue.attach(i, market);
    venue.start(kSimStart);
  }
  void run(Nanos duration, const std::function<void(const Event&)>& react) {
    const Nanos end = now + duration;
    Event e;
    while (venue.next_time() <= end) {
      now = std::max(now, venue.next_time());
      while (venue.next(now, e)) react(e);
    }
    now = end;
  }
  SimVenue venue;
  Nanos now{kSimStart};
};

// The book as an engine sees it, checked for its chain of messages and updates.
class ObservedBook {
 public:
  std::map<std::int64_t, std::int64_t> sides[2];
  std::uint32_t sequence = 0;
  std::uint64_t update_id = 0, messages = 0, breaks = 0, crossed = 0;

  void on(const Event& e) {
    if (e.kind == EventKind::kBookBegin) {
      const bool snapshot = (e.flags & kFlagSnapshot) != 0;
      if (snapshot) sides[0] = sides[1] = {};
      if (messages > 0 && e.sequence != sequence + 1) ++breaks;
      if (!snapshot && e.book.first_id.v != update_id + 1) ++breaks;
      sequence = e.sequence;
      update_id = e.book.last_id.v;
      ++messages;
      left_ = e.book.level_count;
    } else if (e.kind == EventKind::kBookLevels) {
      if (e.sequence != sequence) ++breaks;
      for (std::size_t k = 0; k < e.levels.count; ++k, --left_) {
        auto& side = sides[index(e.side())];
        side.erase(e.levels.ticks[k]);
        if (e.levels.lots[k] > 0) side[e.levels.ticks[k]] = e.levels.lots[k];
      }
      if (e.last() != (left_ == 0)) ++breaks;
      if (e.last() && bid() >= ask()) ++crossed;
    }
  }
  std::int64_t bid() const { return sides[0].empty() ? 0 : sides[0].rbegin()->first; }
  std::int64_t ask() const { return sides[1].empty() ? INT64_MAX : sides[1].begin()->first; }

 private:
  std::uint32_t left_ = 0;
};

// Quotes two sides from the touch: 0.2, 0.3 and 0.4 % away, moved when they are 0.3 % off.
class NaiveMaker {
 public:
  NaiveMaker(Session& session, InstrumentId instrument)
      : session_(session), instrument_(instrument) {}
  int moves = 0;

  void on(const Event& e) {
    if (e.instrument != instrument_) return;
    switch (e.kind) {
      case EventKind::kBookTicker:
        quote(e.ticker.bid_ticks + e.ticker.ask_ticks);
        break;
      case EventKind::kReplaced:
        ++moves;
        slot(e.report.new_id) = {e.report.new_id, e.report.ticks, false};
        break;
      case EventKind::kAccepted:
        slot(e.report.id).busy = false;
        break;
      case EventKind::kFilled:
        if (session_.venue.find(e.fill.id)->leaves().v == 0) slot(e.fill.id) = {};
        break;
      case EventKind::kRejected:
        slot(e.failure.id) = {};
        break;
      case EventKind::kReplaceRejected:
        slot(e.failure.id).busy = false;
        if (e.failure.old_canceled != 0 || e.failure.reason == RejectReason::kUnknownOrder) {
          slot(e.failure.id) = {};
        }
        break;
      case EventKind::kCanceled:
        slot(e.report.id) = {};
        break;
      default:
        break;
    }
  }

 private:
  struct Slot {
    ClientOrderId id{};
    std::int32_t ticks = 0;
    bool busy = false;
  };
  static constexpr int kSlots = 6;

  Slot& slot(ClientOrderId id) { return slots_[id.v % kSlots]; }
  void quote(std::int64_t twice_mid) {
    if (session_.now < kSimStart + Nanos(5 * kSecond.v)) return;
    for (int k = 0; k < kSlots; ++k) {
      Slot& s = slots_[k];
      const Side side = k < kSlots / 2 ? Side::kBuy : Side::kSell;
      const std::int64_t distance = 2 + k % (kSlots / 2);  // in 0.1 %
      const auto target =
          static_cast<std::int32_t>(twice_mid * (1000 - sign(side) * distance) / 2000);
      const bool resting = s.id.v != 0;
      if (s.busy || (resting && std::abs(target - s.ticks) * 2000 < twice_mid * 3)) continue;
      if (!token()) return;
      const ClientOrderId id(++generation_ * kSlots + static_cast<std::uint64_t>(k));
      Command c = test::SimHarness::command(CommandKind::kPlace, id.v, side, target, 3'333);
      c.instrument = instrument_;
      if (resting) {
        c.kind =
            session_.venue.find(s.id)->filled.v > 0 ? CommandKind::kCancel : CommandKind::kReplace;
        c.new_id = id;
        c.id = s.id;
      } else {
        s.id = id;
        s.ticks = target;
      }
      s.busy = true;
      session_.venue.submit(c, session_.now);
    }
  }
  // Five places and amends in any second.
  bool token() {
    while (!sent_.empty() && sent_.front() <= session_.now - kSecond) sent_.pop_front();
    if (sent_.size() >= 5) return false;
    sent_.push_back(session_.now);
    return true;
  }

  Session& session_;
  InstrumentId instrument_;
  Slot slots_[kSlots];
  std::uint64_t generation_ = 0;
  std::deque<Nanos> sent_;
};

std::uint64_t mixed(std::uint64_t hash, const Event& e) {
  const auto* words = reinterpret_cast<const std::uint64_t*>(&e);
  for (std::size_t i = 0; i < sizeof e / 8; ++i) {
    hash = (hash ^ words[i]) * 0x9E3779B97F4A7C15u;
    hash ^= hash >> 29;
  }
  return hash;
}

std::uint64_t hash_of(const MarketConfig& market, std::uint64_t seed,
                      const SimulatorConfig& config = {}) {
  Session session(config, market, seed, {sim_spot(), sim_spot()});
  NaiveMaker first(session, 0), second(session, 1);
  std::uint64_t hash = 1;
  session.run(Nanos(10 * kSecond.v), [&](const Event& e) {
    hash = mixed(hash, e);
    first.on(e);
    second.on(e);
  });
  return hash;
}

TEST(SimMarket, PublishesOneUnbrokenBookThatIsTheTruthWithOurOrdersInIt) {
  SimulatorConfig config = test::no_latency();
  config.order_entry.base = kMicrosecond;  // so that nothing of ours changes it on the way out
  Session session(config, MarketConfig{}, 3);
  NaiveMaker maker(session, 0);
  ObservedBook book;
  session.run(Nanos(20 * kSecond.v), [&](const Event& e) {
    book.on(e);
    maker.on(e);
    if (e.kind != EventKind::kBookLevels || !e.last()) return;
    const MatchingBook& truth = session.venue.book(0);
    for (const Side side : {Side::kBuy, Side::kSell}) {
      for (const PriceLevel level : truth.external(side)) {
        const auto seen = book.sides[index(side)].find(level.price.v);
        ASSERT_TRUE(seen != book.sides[index(side)].end());
        ASSERT_EQ(seen->second, truth.lots_at(side, level.price).v);
      }
      OrderRow row = truth.first(side);
      for (; row != kNoRow; row = session.venue.order(row).next) {
        const Ticks price = session.venue.order(row).price;
        ASSERT_EQ(book.sides[index(side)][price.v], truth.lots_at(side, price).v);
      }
    }
  });
  EXPECT_EQ(book.breaks, 0u);
  EXPECT_EQ(book.crossed, 0u);
  EXPECT_GT(book.messages, 900u);
  EXPECT_GT(session.venue.counters().fills, 0u);
}

TEST(SimMarket, TradesPrintAtThePriceTheAggressorFinds) {
  Session session(test::no_latency(), MarketConfig{}, 4);
  std::int64_t bid = 0, ask = 0, trades = 0;
  std::uint64_t last_id = 0;
  session.run(Nanos(5 * kSecond.v), [&](const Event& e) {
    if (e.kind == EventKind::kBookTicker) {
      bid = e.ticker.bid_ticks;
      ask = e.ticker.ask_ticks;
      EXPECT_LT(bid, ask);
    } else if (e.kind == EventKind::kTrade) {
      ++trades;
      EXPECT_EQ(e.trade.trade_id.v, ++last_id);
      // No better than the touch before it, which it may walk through.
      EXPECT_TRUE(e.side() == Side::kSell ? e.trade.ticks <= bid : e.trade.ticks >= ask);
    }
  });
  EXPECT_GT(trades, 100);
}

TEST(SimMarket, AFillOfOursIsPrintedAsOneTradeOfTheSameId) {
  Session session(test::no_latency(), MarketConfig{}, 5);
  NaiveMaker maker(session, 0);
  std::map<std::uint64_t, Event> prints;
  int fills = 0;
  std::vector<Event> own;
  session.run(Nanos(20 * kSecond.v), [&](const Event& e) {
    maker.on(e);
    if (e.kind == EventKind::kTrade) prints[e.trade.trade_id.v] = e;
    if (e.kind == EventKind::kFilled) own.push_back(e);
  });
  for (const Event& e : own) {
    const Event& print = prints.at(e.fill.trade_id.v);
    EXPECT_EQ(print.trade.lots, e.fill.lots);
    EXPECT_EQ(print.trade.ticks, e.fill.ticks);
    EXPECT_NE(print.side(), e.side());
    ++fills;
  }
  EXPECT_GT(fills, 0);
  EXPECT_EQ(session.venue.counters().taker_fills, 0u);
}

// What a first run promises: life in every 20 seconds, and no volatility halt (2 % in 60 s).
TEST(SimMarket, GivesANaiveMakerFillsAndMovesForAnySeedWithinABoundedRange) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    Session session(SimulatorConfig{}, MarketConfig{}, seed);
    NaiveMaker maker(session, 0);
    std::uint64_t fills = 0;
    std::int64_t low = INT64_MAX, high = 0;
    const auto watch = [&](const Event& e) {
      maker.on(e);
      fills += e.kind == EventKind::kFilled ? 1 : 0;
      if (e.kind != EventKind::kBookTicker) return;
      low = std::min<std::int64_t>(low, e.ticker.bid_ticks);
      high = std::max<std::int64_t>(high, e.ticker.ask_ticks);
    };
    session.run(Nanos(20 * kSecond.v), watch);
    EXPECT_GE(fills, 10u) << "seed " << seed;
    EXPECT_GE(maker.moves, 20) << "seed " << seed;
    session.run(Nanos(40 * kSecond.v), watch);
    EXPECT_LT((high - low) * 1000, low * 18) << "seed " << seed;
    EXPECT_EQ(session.venue.counters().taker_fills, 0u);
  }
}

TEST(SimMarket, EveryScenarioHasAnOpenUncrossedBook) {
  for (const std::string_view name : scenario_names()) {
    bool known = false;
    const MarketConfig market = scenario(name, known);
    ASSERT_TRUE(known) << name;
    Session session(SimulatorConfig{}, market, 11);
    ObservedBook book;
    Nanos last = kSimStart, longest{};
    session.run(Nanos(30 * kSecond.v), [&](const Event& e) {
      book.on(e);
      longest = std::max(longest, e.received - last);
      last = e.received;
    });
    EXPECT_EQ(book.breaks + book.crossed, 0u) << name;
    EXPECT_LT(longest, kSecond) << name;  // never silent
    EXPECT_GT(book.sides[0].size(), 100u) << name;
    EXPECT_GT(book.sides[1].size(), 100u) << name;
  }
  bool known = true;
  scenario("no such market", known);
  EXPECT_FALSE(known);
}

TEST(SimMarket, ScenariosDifferAsTheirNamesSay) {
  const auto range_of = [](std::string_view name) {
    bool known = false;
    Session session(SimulatorConfig{}, scenario(name, known), 2);
    std::int64_t low = INT64_MAX, high = 0;
    session.run(Nanos(60 * kSecond.v), [&](const Event& e) {
      if (e.kind != EventKind::kBookTicker) return;
      low = std::min<std::int64_t>(low, e.ticker.bid_ticks);
      high = std::max<std::int64_t>(high, e.ticker.ask_ticks);
    });
    return high - low;
  };
  EXPECT_LT(range_of("quiet") * 2, range_of("lively"));
  EXPECT_LT(range_of("calm") * 2, range_of("lively"));
  EXPECT_GT(range_of("volatile"), range_of("lively"));
}

TEST(SimMarket, TheSameSeedGivesTheSameEventsAndAnotherDoesNot) {
  EXPECT_EQ(hash_of({}, 1), hash_of({}, 1));
  EXPECT_NE(hash_of({}, 1), hash_of({}, 2));
}

// Committed: a change here changes every simulated session, and must be meant.
TEST(SimMarket, GoldenStreams) {
  EXPECT_EQ(hash_of({}, 42), 876432934411094120u);
  SimulatorConfig config;
  config.queue_model = QueueModel::kPowerProb;
  config.order_entry = {
      LatencyKind::kDistribution, kMillisecond, Nanos(4 * kMillisecond.v), {}, {}};
  bool known = false;
  EXPECT_EQ(hash_of(scenario("volatile", known), 42, config), 17345861119876118261u);
}

TEST(SimMarket, StopsGeneratingWhileNobodyTakesDeliveries) {
  SimulatorConfig config = test::no_latency();
  config.open_orders_max = 64;
  config.feed.base = Nanos(100 * kSecond.v);  // all of it is on the way
  config.pending_events_max = 4'096;
  Session session(config, MarketConfig{}, 1);
  session.run(Nanos(60 * kSecond.v), [](const Event&) {});
  EXPECT_GT(session.venue.counters().generator_skips, 0u);
  EXPECT_LE(session.venue.pending_events(), 4'096u);
  ObservedBook book;
  session.run(Nanos(60 * kSecond.v), [&](const Event& e) { book.on(e); });
  EXPECT_GT(book.messages, 0u);
  EXPECT_EQ(book.breaks + book.crossed, 0u);
}

TEST(SimMarket, AQueueTooSmallForOneStepIsMadeLargeEnough) {
  SimulatorConfig config = test::no_latency();
  config.open_orders_max = config.pending_events_max = 1;
  Session session(config, MarketConfig{}, 1);
  int trades = 0;
  session.run(kSecond, [&](const Event& e) { trades += e.kind == EventKind::kTrade ? 1 : 0; });
  EXPECT_GT(trades, 10);
}

TEST(SimMarket, ImpossibleMarketsAreHarmless) {
  MarketConfig market;
  market.start_price = Amount(0);
  market.updates_per_s = market.trades_per_s = market.orders_per_s = 0;
  market.depth_levels = market.spread_ticks = 0;
  market.level_size = market.trade_size = Amount(0);
  market.swing_time_min = Nanos(0);
  market.swing_time_max = Nanos(-1);
  Session session(test::no_latency(), market, 1);
  ObservedBook book;
  session.run(kSecond, [&](const Event& e) { book.on(e); });
  EXPECT_EQ(book.breaks + book.crossed, 0u);
}

TEST(SimMarket, AResynchronisedFeedGetsASnapshot) {
  Session session(test::no_latency(), MarketConfig{}, 1);
  int snapshots = 0;
  ObservedBook book;
  const auto count = [&](const Event& e) {
    book.on(e);
    const bool snapshot = (e.flags & kFlagSnapshot) != 0;
    snapshots += e.kind == EventKind::kBookBegin && snapshot ? 1 : 0;
  };
  session.run(kSecond, count);
  EXPECT_EQ(snapshots, 1);
  session.venue.submit(test::SimHarness::command(CommandKind::kResyncFeed, 0), session.now);
  session.run(kSecond, count);
  EXPECT_EQ(snapshots, 2);
  EXPECT_EQ(book.breaks, 0u);
}

}  // namespace
}  // namespace mm::sim
