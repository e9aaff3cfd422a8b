// Queue position, price-time order and liquidity: the venue's matching against slow models of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <functional>
#include <list>
#include <map>
#include <set>

#include "sim/due_times.h"
#include "sim/fixed_math.h"
#include "sim/matching_book.h"
#include "sim/queue_model.h"
#include "sim/random.h"
#include "tests/sim_harness.h"

namespace mm::sim {
namespace {

using test::SimHarness;

constexpr std::int32_t kMid = 300'000;

// Bids and asks of 100 lots at the five ticks nearest to the middle, on each side.
void five_levels(SimHarness& h) {
  test::Levels bids{Side::kBuy, {}}, asks{Side::kSell, {}};
  for (std::int32_t i = 1; i <= 5; ++i) {
    bids.levels.emplace_back(kMid - i, 100);
    asks.levels.emplace_back(kMid + i, 100);
  }
  h.book(true, {bids, asks});
}

SimHarness with_book(const SimulatorConfig& config = test::no_latency()) {
  SimHarness h(config);
  five_levels(h);
  return h;
}

TEST(SimMatching, ATradeThroughOurPriceFillsWhateverStoodAhead) {
  SimHarness h = with_book();
  h.place(1, Side::kBuy, kMid - 2, 50);
  h.trade(Side::kSell, kMid - 3, 80);
  EXPECT_EQ(h.filled(1), 50);
  h.place(2, Side::kSell, kMid + 2, 50);
  h.trade(Side::kBuy, kMid + 3, 80);
  EXPECT_EQ(h.filled(2), 50);
}

TEST(SimMatching, ATradeAtOurPriceFirstConsumesTheQueueAhead) {
  SimHarness h = with_book();
  h.place(1, Side::kBuy, kMid - 1, 50);
  h.trade(Side::kSell, kMid - 1, 90);
  EXPECT_EQ(h.filled(1), 0);
  h.trade(Side::kSell, kMid - 1, 30);  // 10 are ahead
  EXPECT_EQ(h.filled(1), 20);
  h.trade(Side::kSell, kMid - 1, 100);
  EXPECT_EQ(h.filled(1), 50);
}

TEST(SimMatching, AnAggressorOnOurOwnSideOrABetterPriceDoesNotFill) {
  SimHarness h = with_book();
  h.place(1, Side::kBuy, kMid - 3, 50);
  h.trade(Side::kBuy, kMid - 4, 500);   // a buyer
  h.trade(Side::kSell, kMid - 2, 500);  // sold to somebody who pays more
  EXPECT_EQ(h.filled(1), 0);
}

TEST(SimMatching, ACrossedBookWithoutATradeDoesNotFill) {
  SimHarness h = with_book();
  h.place(1, Side::kSell, kMid + 1, 50);
  h.book(false, {{Side::kBuy, {{kMid + 3, 100}}}});
  EXPECT_EQ(h.filled(1), 0);
}

TEST(SimMatching, OneTradeFillsOurOrdersInPriceTimeOrderFromOneQuantity) {
  SimHarness h = with_book();
  h.place(1, Side::kBuy, kMid - 3, 50);
  h.place(2, Side::kBuy, kMid - 2, 50);
  h.place(3, Side::kBuy, kMid - 2, 50);
  h.trade(Side::kSell, kMid - 4, 70);
  EXPECT_EQ(h.filled(2), 50);  // better price, first in time
  EXPECT_EQ(h.filled(3), 20);  // what is left
  EXPECT_EQ(h.filled(1), 0);
}

TEST(SimMatching, CancelsDoNotShortenTheQueueOfTheRiskAverseModel) {
  SimHarness h = with_book();
  h.place(1, Side::kBuy, kMid - 1, 50);
  h.book(false, {{Side::kBuy, {{kMid - 1, 10}}}});
  h.trade(Side::kSell, kMid - 1, 60);
  EXPECT_EQ(h.filled(1), 0);  // still 40 ahead
}

TEST(SimMatching, ProbabilisticModelsTakePartOfACancelFromAhead) {
  for (const QueueModel model : {QueueModel::kPowerProb, QueueModel::kLogProb}) {
    SimulatorConfig config = test::no_latency();
    config.queue_model = model;
    SimHarness h = with_book(config);
    h.place(1, Side::kBuy, kMid - 1, 50);
    h.book(false, {{Side::kBuy, {{kMid - 1, 300}}}});  // 100 ahead, 200 behind
    h.book(false, {{Side::kBuy, {{kMid - 1, 150}}}});
    const std::int64_t ahead = h.venue.find(ClientOrderId(1))->ahead.v;
    EXPECT_LT(ahead, 100);
    EXPECT_GT(ahead, 0);
    h.book(false, {{Side::kBuy, {{kMid - 1, 5}}}});  // no more can be ahead than there is
    EXPECT_LE(h.venue.find(ClientOrderId(1))->ahead.v, 5);
  }
}

TEST(SimMatching, ALevelThatShrankByTradingIsNotTakenForCancelled) {
  SimulatorConfig config = test::no_latency();
  config.queue_model = QueueModel::kPowerProb;
  SimHarness h = with_book(config);
  h.place(1, Side::kBuy, kMid - 1, 50);
  h.book(false, {{Side::kBuy, {{kMid - 1, 200}}}});
  h.trade(Side::kSell, kMid - 1, 40);
  h.book(false, {{Side::kBuy, {{kMid - 1, 160}}}});  // the trade, seen in the book
  EXPECT_EQ(h.venue.find(ClientOrderId(1))->ahead.v, 60);
}

TEST(SimMatching, ASnapshotKeepsTheQueueOfLevelsItDoesNotReach) {
  SimulatorConfig config = test::no_latency();
  config.queue_model = QueueModel::kPowerProb;
  SimHarness h = with_book(config);
  h.place(1, Side::kBuy, kMid - 5, 50);
  h.place(2, Side::kBuy, kMid - 1, 50);
  h.book(true, {{Side::kBuy, {{kMid - 1, 30}}}, {Side::kSell, {{kMid + 1, 100}}}});
  EXPECT_EQ(h.venue.find(ClientOrderId(1))->ahead.v, 100);
  EXPECT_EQ(h.venue.find(ClientOrderId(2))->ahead.v, 30);
}

TEST(SimQueueModel, AllOfACancelIsAheadWhenNobodyIsBehind) {
  for (const QueueModel model : {QueueModel::kPowerProb, QueueModel::kLogProb}) {
    EXPECT_EQ(cancelled_ahead(model, 3000, Lots(40), Lots(100), Lots(0)), Lots(40));
    EXPECT_EQ(cancelled_ahead(model, 3000, Lots(40), Lots(0), Lots(100)), Lots(0));
  }
  EXPECT_EQ(cancelled_ahead(QueueModel::kRiskAverse, 3000, Lots(40), Lots(100), Lots(0)), Lots(0));
}

TEST(SimQueueModel, PowersSplitByTheRatioOfPowers) {
  const auto part = [](QueueModel model, int exponent_milli, int cancelled, int ahead, int behind) {
    return cancelled_ahead(model, exponent_milli, Lots(cancelled), Lots(ahead), Lots(behind)).v;
  };
  const auto about = [](std::int64_t n) {
    return testing::AllOf(testing::Ge(n - 1), testing::Le(n));
  };
  // Equal queues: half. Twice as much behind: 1 / (1 + 2^n).
  EXPECT_THAT(part(QueueModel::kPowerProb, 3000, 9'000, 9'000, 9'000), about(4'500));
  EXPECT_THAT(part(QueueModel::kPowerProb, 3000, 9'000, 9'000, 18'000), about(1'000));
  EXPECT_THAT(part(QueueModel::kPowerProb, 1000, 9'000, 9'000, 18'000), about(3'000));
  // log2(1 + 255) against log2(1 + 65535): 8 / (8 + 16).
  EXPECT_THAT(part(QueueModel::kLogProb, 0, 240, 255, 65'535), about(80));
}

TEST(SimQueueModel, ExtremeRatiosStayInRange) {
  ASSERT_TRUE(rc::check("0 <= ahead part <= min(cancelled, ahead)", [] {
    const auto model = *rc::gen::element(QueueModel::kPowerProb, QueueModel::kLogProb);
    const auto exponent = *rc::gen::element(1, 500, 1000, 3000, 20'000);
    const std::int64_t most = std::int64_t{1} << *rc::gen::inRange(1, 60);
    const Lots ahead(*rc::gen::inRange<std::int64_t>(0, most));
    const Lots behind(*rc::gen::inRange<std::int64_t>(0, most));
    const Lots cancelled(*rc::gen::inRange<std::int64_t>(0, most));
    const Lots part = cancelled_ahead(model, exponent, cancelled, ahead, behind);
    RC_ASSERT(part.v >= 0);
    RC_ASSERT(part <= ahead);
    RC_ASSERT(part <= cancelled);
  }));
}

// Lot by lot: what the rules say, without arithmetic.
struct SlowOrder {
  std::int64_t price, leaves, ahead, filled = 0;
};
void slow_sell_trade(std::vector<SlowOrder>& bids, std::int64_t price, std::int64_t lots) {
  for (SlowOrder& o : bids) {
    if (o.price > price) o.ahead = 0;
  }
  for (std::int64_t lot = 0; lot < lots; ++lot) {
    SlowOrder* first = nullptr;  // best price, then oldest (the vector is in order of arrival)
    for (SlowOrder& o : bids) {
      if (o.leaves > 0 && o.price >= price && (first == nullptr || o.price > first->price)) {
        first = &o;
      }
    }
    if (first == nullptr) return;
    if (first->ahead == 0) {
      --first->leaves;
      ++first->filled;
      continue;
    }
    for (SlowOrder& o : bids) {
      if (o.price == price && o.ahead > 0) --o.ahead;
    }
  }
}

TEST(SimMatching, ObservedTradesFillLikeALotByLotModel) {
  ASSERT_TRUE(rc::check("fills and queue positions agree", [] {
    SimHarness h = with_book();
    std::vector<SlowOrder> slow;
    const auto steps = *rc::gen::inRange(1, 40);
    for (int step = 0; step < steps; ++step) {
      const auto ticks = static_cast<std::int32_t>(kMid - *rc::gen::inRange(1, 6));
      const auto lots = *rc::gen::inRange<std::int64_t>(20, 150);
      switch (*rc::gen::inRange(0, 3)) {
        case 0:
          slow.push_back(
              {ticks, lots, h.venue.book(0).external(Side::kBuy).lots_at(Ticks(ticks)).v});
          h.place(slow.size(), Side::kBuy, ticks, lots);
          break;
        case 1:
          h.book(false, {{Side::kBuy, {{ticks, lots}}}});
          break;
        default: {
          const std::uint64_t before = h.venue.counters().fills;
          h.take();
          slow_sell_trade(slow, ticks, lots);
          h.trade(Side::kSell, ticks, lots);
          std::int64_t sum = 0;
          for (const Event& e : h.take(EventKind::kFilled)) sum += e.fill.lots.v;
          RC_ASSERT(sum <= lots);
          RC_ASSERT(h.venue.counters().fills >= before);
        }
      }
      for (std::size_t i = 0; i < slow.size(); ++i) {
        const RestingOrder& order = *h.venue.find(ClientOrderId(i + 1));
        RC_ASSERT(order.filled.v == slow[i].filled);
        RC_ASSERT(order.leaves().v == 0 || order.ahead.v == slow[i].ahead);
      }
    }
  }));
}

// A market by order: each level a list in time order, ours and others'. Others cancel from the
// back.
class SlowMarket {
 public:
  struct Entry {
    OrderRow row;  // kNoRow: somebody else's
    std::int64_t lots;
  };
  std::map<std::int64_t, std::list<Entry>> asks;
  std::map<OrderRow, std::int64_t> filled;

  void add(std::int64_t price, Entry entry) { asks[price].push_back(entry); }
  std::int64_t others(std::int64_t price) {
    std::int64_t sum = 0;
    for (const Entry& e : asks[price]) sum += e.row == kNoRow ? e.lots : 0;
    return sum;
  }
  void cancel_others(std::int64_t price, std::int64_t lots) {
    auto& level = asks[price];
    for (auto it = level.rbegin(); it != level.rend() && lots > 0; ++it) {
      if (it->row != kNoRow) continue;
      const std::int64_t part = std::min(lots, it->lots);
      it->lots -= part;
      lots -= part;
    }
  }
  std::int64_t buy(std::int64_t lots, std::int64_t limit) {
    for (auto& [price, level] : asks) {
      if (price > limit) break;
      for (Entry& e : level) {
        const std::int64_t part = std::min(lots, e.lots);
        e.lots -= part;
        lots -= part;
        if (e.row != kNoRow && part > 0) filled[e.row] += part;
      }
      level.remove_if([](const Entry& e) { return e.lots == 0; });
    }
    return lots;
  }
};

TEST(SimMatching, AGeneratedMarketMatchesLikeAMarketByOrder) {
  ASSERT_TRUE(rc::check("fills, levels and rest agree; nothing is made or lost", [] {
    SimulatorConfig config;
    OrderStore orders(256, 256);
    MatchingBook book(config, orders);
    book.become_truth();
    SlowMarket slow;
    std::map<OrderRow, std::int64_t> filled;
    std::uint64_t next_id = 0;
    const auto steps = *rc::gen::inRange(1, 60);
    for (int step = 0; step < steps; ++step) {
      const Ticks price(*rc::gen::inRange(100, 106));
      const Lots lots(*rc::gen::inRange(1, 50));
      const PriceLevels& asks = book.external(Side::kSell);
      switch (*rc::gen::inRange(0, 4)) {
        case 0:
          book.set_level(Side::kSell, price, asks.lots_at(price) + lots);
          slow.add(price.v, {kNoRow, lots.v});
          break;
        case 1: {
          const Lots gone = std::min(lots, asks.lots_at(price));
          book.set_level(Side::kSell, price, asks.lots_at(price) - gone);
          slow.cancel_others(price.v, gone.v);
          break;
        }
        case 2: {
          const OrderRow row = orders.open(ClientOrderId(++next_id));
          orders[row].side = Side::kSell;
          orders[row].price = price;
          orders[row].lots = lots;
          book.add(row);
          slow.add(price.v, {row, lots.v});
          break;
        }
        default: {
          std::int64_t matched = 0;
          const Lots rest = book.take(Side::kBuy, lots, price, [&](const Match& match) {
            matched += match.lots.v;
            if (match.row != kNoRow) filled[match.row] += match.lots.v;
          });
          RC_ASSERT(matched + rest.v == lots.v);
          RC_ASSERT(rest.v == slow.buy(lots.v, price.v));
        }
      }
      RC_ASSERT(filled == slow.filled);
      for (std::int64_t p = 100; p < 106; ++p) {
        RC_ASSERT(asks.lots_at(Ticks(p)).v == slow.others(p));
      }
    }
  }));
}

TEST(SimPriceLevels, KeepsTheBestWhenFull) {
  PriceLevels bids(Side::kBuy, 3);
  for (const int price : {10, 30, 20, 40}) bids.set(Ticks(price), Lots(price));
  EXPECT_EQ(bids.size(), 3u);
  EXPECT_EQ(bids.best().price, Ticks(40));
  EXPECT_EQ(bids.worst_price(), Ticks(20));
  bids.set(Ticks(5), Lots(1));  // farther than all: not kept
  EXPECT_EQ(bids.lots_at(Ticks(5)), Lots(0));
  bids.set(Ticks(40), Lots(0));
  EXPECT_EQ(bids.best().price, Ticks(30));
}

// A map, with the best level first.
using SlowLevels =
    std::map<std::int64_t, std::int64_t, std::function<bool(std::int64_t, std::int64_t)>>;

void expect_equal(const PriceLevels& levels, const SlowLevels& slow) {
  RC_ASSERT(levels.size() == slow.size());
  RC_ASSERT(levels.empty() == slow.empty());
  std::size_t k = 0;
  auto expected = slow.begin();
  for (const PriceLevel level : levels) {
    RC_ASSERT(expected != slow.end());
    RC_ASSERT(level.price.v == expected->first);
    RC_ASSERT(level.lots.v == expected->second);
    RC_ASSERT(levels.lots_at(level.price) == level.lots);
    RC_ASSERT(levels.nth_from_worst(slow.size() - ++k).price == level.price);
    ++expected;
  }
  RC_ASSERT(expected == slow.end());
  if (slow.empty()) return;
  RC_ASSERT(levels.best().price.v == slow.begin()->first);
  RC_ASSERT(levels.best().lots.v == slow.begin()->second);
  RC_ASSERT(levels.worst_price().v == slow.rbegin()->first);
}

// Near the touch, and so far away that the window has to follow there and back.
TEST(SimPriceLevels, AgreesWithAMap) {
  ASSERT_TRUE(rc::check([] {
    const Side side = *rc::gen::element(Side::kBuy, Side::kSell);
    const std::size_t capacity = *rc::gen::element<std::size_t>(20, 1000);
    PriceLevels levels(side, capacity);
    SlowLevels slow([side](auto a, auto b) { return side == Side::kBuy ? a > b : a < b; });
    const auto steps = *rc::gen::inRange(1, 200);
    std::int64_t centre = 10'000;
    for (int i = 0; i < steps; ++i) {
      if (*rc::gen::inRange(0, 10) == 0) centre = *rc::gen::inRange(1, 20'000);
      const std::int64_t spread = *rc::gen::element(20, 300, 5'000);
      const std::int64_t price =
          std::max<std::int64_t>(1, centre + *rc::gen::inRange(-spread, spread));
      const std::int64_t lots = *rc::gen::inRange(-1, 3);
      const auto found = slow.find(price);
      const std::int64_t before = found == slow.end() ? 0 : found->second;
      RC_ASSERT(levels.lots_at(Ticks(price)).v == before);
      RC_ASSERT(levels.set(Ticks(price), Lots(lots)).v == before);
      slow.erase(price);
      if (lots > 0) slow[price] = lots;
      if (slow.size() > capacity) slow.erase(std::prev(slow.end()));
      if (!slow.empty() && *rc::gen::inRange(0, 4) == 0) {
        const std::int64_t taken = *rc::gen::inRange(1, 4);
        levels.take_from_best(Lots(taken));
        if ((slow.begin()->second -= taken) <= 0) slow.erase(slow.begin());
      }
      if (*rc::gen::inRange(0, 100) == 0) {
        levels.clear();
        slow.clear();
      }
      expect_equal(levels, slow);
    }
  }));
}

TEST(SimOrderStore, FindsOpenAndRecentlyClosedOrdersAndReusesTheOldest) {
  OrderStore store(2, 2);
  for (std::uint64_t id = 1; id <= 10; ++id) {
    const OrderRow row = store.open(ClientOrderId(id));
    EXPECT_EQ(store.find_open(ClientOrderId(id)), row);
    store.close(row, OrderStatusCode::kCanceled);
    EXPECT_EQ(store.find_open(ClientOrderId(id)), kNoRow);
    EXPECT_EQ(store.find(ClientOrderId(id)), row);
    if (id > 4) {
      EXPECT_EQ(store.find(ClientOrderId(id - 4)), kNoRow);
    }
  }
  const OrderRow again = store.open(ClientOrderId(10));  // an id may come back once it is closed
  EXPECT_EQ(store.find(ClientOrderId(10)), again);
  store.open(ClientOrderId(11));
  EXPECT_TRUE(store.full());
  EXPECT_EQ(store.open_count(), 2u);
}

TEST(SimOrderStore, AgreesWithAMap) {
  ASSERT_TRUE(rc::check([] {
    OrderStore store(16, 8);
    std::map<std::uint64_t, OrderRow> open;
    const auto steps = *rc::gen::inRange(1, 300);
    for (int i = 0; i < steps; ++i) {
      const std::uint64_t id = *rc::gen::inRange<std::uint64_t>(1, 40);
      if (const auto it = open.find(id); it != open.end()) {
        store.close(it->second, OrderStatusCode::kFilled);
        open.erase(it);
      } else if (!store.full()) {
        open[id] = store.open(ClientOrderId(id));
      }
      for (std::uint64_t k = 1; k < 40; ++k) {
        const auto it = open.find(k);
        RC_ASSERT(store.find_open(ClientOrderId(k)) == (it == open.end() ? kNoRow : it->second));
      }
    }
  }));
}

TEST(SimFixedMath, LogarithmAndExponentialAreExactWhereTheyMustBe) {
  for (int bit = 0; bit < 63; ++bit) {
    EXPECT_EQ(log2_q32(std::uint64_t{1} << bit), std::int64_t{bit} << 32);
    const std::uint64_t x = exp2_q32(std::int64_t{bit} << 32);
    EXPECT_EQ(log2_q32(x), std::int64_t{bit} << 32);
    EXPECT_GT(log2_q32(x + 1), std::int64_t{bit} << 32);
  }
  EXPECT_NEAR(static_cast<double>(log2_q32(3)) / 4294967296.0, 1.5849625007, 3e-6);
  EXPECT_NEAR(static_cast<double>(log2_q32(1'000'003)) / 4294967296.0, 19.9315729, 3e-6);
  for (std::uint64_t root : {0ull, 1ull, 2ull, 65'535ull, 4'294'967'295ull}) {
    EXPECT_EQ(square_root(root * root), root);
    EXPECT_EQ(square_root(root * root + root), root);
  }
}

TEST(SimRandom, HasTheMomentsItClaims) {
  Random random(7);
  std::int64_t sum = 0, gaussian = 0, squares = 0;
  constexpr int kDraws = 100'000;
  for (int i = 0; i < kDraws; ++i) {
    sum += random.exponential(1'000'000);
    const std::int64_t g = random.gaussian_q16();
    gaussian += g;
    squares += g * g;
    const std::int64_t n = random.between(-3, 3);
    EXPECT_TRUE(n >= -3 && n <= 3);
  }
  EXPECT_NEAR(static_cast<double>(sum) / kDraws, 1e6, 2e4);
  EXPECT_NEAR(static_cast<double>(gaussian) / kDraws, 0, 1e3);
  EXPECT_NEAR(static_cast<double>(squares) / kDraws, 65'536.0 * 65'536.0, 1e8);
}

TEST(SimTimedQueue, PopsByTimeThenRankThenInsertion) {
  ASSERT_TRUE(rc::check([] {
    TimedQueue<int> queue(64);
    std::vector<std::tuple<std::int64_t, int, int>> slow;
    const auto count = *rc::gen::inRange(0, 64);
    for (int i = 0; i < count; ++i) {
      const auto time = *rc::gen::inRange<std::int64_t>(0, 8);
      const auto rank = *rc::gen::inRange(0, 2);
      queue.push(Nanos(time), static_cast<std::uint8_t>(rank), i);
      slow.emplace_back(time, rank, i);
    }
    std::ranges::sort(slow);
    for (const auto& [time, rank, item] : slow) {
      RC_ASSERT(queue.next_time() == Nanos(time));
      RC_ASSERT(queue.top() == item);
      queue.pop();
    }
    RC_ASSERT(queue.empty());
    RC_ASSERT(queue.next_time() == kNever);
    RC_ASSERT(queue.room() == 64u);
  }));
}

TEST(SimTimedQueue, KeepsItsOrderWhileItemsComeAndGo) {
  ASSERT_TRUE(rc::check([] {
    TimedQueue<int> queue(16);
    std::set<std::tuple<std::int64_t, int, int>> slow;
    for (int i = 0; i < 200; ++i) {
      if (queue.room() > 0 && (slow.empty() || *rc::gen::inRange(0, 5) > 1)) {
        const auto time = *rc::gen::inRange<std::int64_t>(0, 4) + i / 2;
        const auto rank = *rc::gen::inRange(0, 2);
        queue.push(Nanos(time), static_cast<std::uint8_t>(rank), i);
        slow.emplace(time, rank, i);
      } else {
        RC_ASSERT(queue.top() == std::get<2>(*slow.begin()));
        queue.pop();
        slow.erase(slow.begin());
      }
      RC_ASSERT(queue.size() == slow.size());
      RC_ASSERT(queue.room() == 16u - slow.size());
    }
  }));
}

TEST(SimDueTimes, TheEarliestIsFirstAndOfEqualOnesTheLowest) {
  ASSERT_TRUE(rc::check([] {
    std::vector<Nanos> slow(static_cast<std::size_t>(*rc::gen::inRange(1, 20)), kNever);
    DueTimes due(slow.size());
    for (int i = 0; i < 100; ++i) {
      const auto which = *rc::gen::inRange<std::size_t>(0, slow.size());
      slow[which] = *rc::gen::inRange(0, 8) == 0 ? kNever : Nanos(*rc::gen::inRange(0, 9));
      due.set(which, slow[which]);
      const auto first = std::ranges::min_element(slow);
      RC_ASSERT(due.first_time() == *first);
      RC_ASSERT(due.first() == static_cast<std::size_t>(first - slow.begin()));
    }
  }));
}

}  // namespace
}  // namespace mm::sim
