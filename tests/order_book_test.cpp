#include "engine/core/order_book.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <random>
#include <vector>

namespace {

using mm::BookLevel;
using mm::Lots;
using mm::OrderBook;
using mm::Side;
using mm::Ticks;

constexpr Side kSides[] = {Side::kBuy, Side::kSell};

OrderBook small_book(std::uint32_t window = 64, std::uint32_t far = 8192) {
  return OrderBook({.window_ticks = window, .far_levels_max = far});
}

std::vector<BookLevel> top(const OrderBook& book, Side side, std::size_t count) {
  std::vector<BookLevel> out(count);
  out.resize(book.top(side, out));
  return out;
}

std::vector<BookLevel> levels(std::initializer_list<std::pair<int, int>> list) {
  std::vector<BookLevel> out;
  for (const auto& [price, lots] : list) out.push_back({Ticks(price), Lots(lots)});
  return out;
}

// What a book is, without a thought for speed.
class ReferenceBook {
 public:
  void clear() {
    for (auto& side : sides_) side.clear();
  }
  void set(Side side, Ticks price, Lots lots) {
    auto& map = sides_[mm::index(side)];
    if (lots.v == 0) {
      map.erase(price.v * mm::sign(side));
    } else {
      map[price.v * mm::sign(side)] = lots.v;
    }
  }
  std::vector<BookLevel> top(Side side, std::size_t count) const {
    std::vector<BookLevel> out;
    for (const auto& [key, lots] : sides_[mm::index(side)]) {
      if (out.size() == count) break;
      out.push_back({Ticks(key * mm::sign(side)), Lots(lots)});
    }
    return out;
  }
  std::size_t levels(Side side) const { return sides_[mm::index(side)].size(); }

 private:
  std::map<std::int64_t, std::int64_t, std::greater<>> sides_[2];
};

// Random book updates around a price that walks and now and then jumps.
class RandomUpdates {
 public:
  RandomUpdates(std::uint64_t seed, int spread_ticks, int jump_ticks, int jump_every)
      : random_(seed), spread_(spread_ticks), jump_(jump_ticks), jump_every_(jump_every) {}

  struct Update {
    Side side;
    Ticks price;
    Lots lots;
  };
  Update next() {
    touch_ += below(3) - 1;
    if (below(jump_every_) == 0) touch_ += below(2 * jump_ + 1) - jump_;
    touch_ = std::max(touch_, 1);
    const Side side = below(2) == 0 ? Side::kBuy : Side::kSell;
    // Mostly near the touch, sometimes anywhere in the spread, sometimes through the touch.
    const int depth = below(4) == 0 ? below(spread_) : below(12) - 2;
    const std::int64_t price = touch_ - mm::sign(side) * depth;
    return {side, Ticks(std::max<std::int64_t>(price, 1)), Lots(below(5) < 2 ? 0 : 1 + below(99))};
  }

 private:
  int below(int bound) { return static_cast<int>(random_() % static_cast<std::uint64_t>(bound)); }

  std::mt19937_64 random_;
  int spread_, jump_, jump_every_;
  int touch_ = 100'000;
};

void expect_same(const OrderBook& book, const ReferenceBook& reference, std::size_t depth) {
  for (Side side : kSides) {
    const auto want = reference.top(side, depth);
    ASSERT_EQ(top(book, side, depth), want);
    ASSERT_EQ(book.levels(side), reference.levels(side));
    ASSERT_EQ(book.empty(side), want.empty());
    if (!want.empty()) {
      ASSERT_EQ(book.best(side), want[0].price);
    }
    for (const BookLevel& level : want) ASSERT_EQ(book.lots_at(side, level.price), level.lots);
  }
}

void run_against_reference(std::uint64_t seed, OrderBook& book, int steps, int spread, int jump) {
  ReferenceBook reference;
  RandomUpdates market(seed, spread, jump, 50);
  for (int i = 0; i < steps; ++i) {
    const auto [side, price, lots] = market.next();
    book.set(side, price, lots);
    reference.set(side, price, lots);
    ASSERT_EQ(book.lots_at(side, price), lots);
    ASSERT_NO_FATAL_FAILURE(expect_same(book, reference, 20)) << "seed " << seed << " step " << i;
  }
  // And at the end the whole depth.
  ASSERT_NO_FATAL_FAILURE(expect_same(book, reference, 100'000)) << "seed " << seed;
  ASSERT_EQ(book.far_dropped(), 0U);
}

}  // namespace

TEST(OrderBook, StartsEmpty) {
  const OrderBook book{{}};
  for (Side side : kSides) {
    EXPECT_TRUE(book.empty(side));
    EXPECT_EQ(book.levels(side), 0U);
    EXPECT_TRUE(top(book, side, 20).empty());
    EXPECT_EQ(book.lots_at(side, Ticks(1)), Lots(0));
  }
}

TEST(OrderBook, TheBestBidIsTheHighestAndTheBestAskTheLowest) {
  OrderBook book = small_book();
  for (int price : {99, 100, 98}) book.set(Side::kBuy, Ticks(price), Lots(price));
  for (int price : {103, 101, 102}) book.set(Side::kSell, Ticks(price), Lots(price));
  EXPECT_EQ(book.best(Side::kBuy), Ticks(100));
  EXPECT_EQ(book.best(Side::kSell), Ticks(101));
  EXPECT_EQ(top(book, Side::kBuy, 2), levels({{100, 100}, {99, 99}}));
  EXPECT_EQ(top(book, Side::kSell, 9), levels({{101, 101}, {102, 102}, {103, 103}}));
}

TEST(OrderBook, AQuantityReplacesTheOneBefore) {
  OrderBook book = small_book();
  book.set(Side::kBuy, Ticks(100), Lots(7));
  book.set(Side::kBuy, Ticks(100), Lots(5));
  EXPECT_EQ(top(book, Side::kBuy, 20), levels({{100, 5}}));
  EXPECT_EQ(book.levels(Side::kBuy), 1U);
}

TEST(OrderBook, ZeroRemovesALevelAndIsNothingForAnUnknownOne) {
  OrderBook book = small_book();
  book.set(Side::kSell, Ticks(100), Lots(0));
  EXPECT_TRUE(book.empty(Side::kSell));
  book.set(Side::kSell, Ticks(100), Lots(7));
  book.set(Side::kSell, Ticks(101), Lots(0));        // in the window
  book.set(Side::kSell, Ticks(1), Lots(0));          // above it: better
  book.set(Side::kSell, Ticks(1'000'000), Lots(0));  // beyond it
  EXPECT_EQ(top(book, Side::kSell, 20), levels({{100, 7}}));
  book.set(Side::kSell, Ticks(100), Lots(0));
  EXPECT_TRUE(book.empty(Side::kSell));
  EXPECT_EQ(book.levels(Side::kSell), 0U);
}

TEST(OrderBook, ALevelBeyondTheWindowIsShownAfterThoseInIt) {
  OrderBook book = small_book();
  book.set(Side::kBuy, Ticks(10'000), Lots(1));
  book.set(Side::kBuy, Ticks(5'000), Lots(3));
  book.set(Side::kBuy, Ticks(9'000), Lots(2));
  book.set(Side::kBuy, Ticks(9'999), Lots(4));
  EXPECT_EQ(top(book, Side::kBuy, 3), levels({{10'000, 1}, {9'999, 4}, {9'000, 2}}));
  EXPECT_EQ(book.lots_at(Side::kBuy, Ticks(5'000)), Lots(3));
  EXPECT_EQ(book.lots_at(Side::kBuy, Ticks(5'001)), Lots(0));
  book.set(Side::kBuy, Ticks(9'000), Lots(0));
  book.set(Side::kBuy, Ticks(5'000), Lots(8));
  EXPECT_EQ(top(book, Side::kBuy, 9), levels({{10'000, 1}, {9'999, 4}, {5'000, 8}}));
  EXPECT_EQ(book.levels(Side::kBuy), 3U);
}

TEST(OrderBook, FarLevelsComeBackWhenTheTouchRetreatsToThem) {
  OrderBook book = small_book();
  book.set(Side::kSell, Ticks(100), Lots(1));
  book.set(Side::kSell, Ticks(900), Lots(2));
  book.set(Side::kSell, Ticks(901), Lots(3));
  book.set(Side::kSell, Ticks(100), Lots(0));
  EXPECT_EQ(book.best(Side::kSell), Ticks(900));
  EXPECT_EQ(top(book, Side::kSell, 20), levels({{900, 2}, {901, 3}}));
  book.set(Side::kSell, Ticks(900), Lots(0));
  EXPECT_EQ(book.best(Side::kSell), Ticks(901));
}

TEST(OrderBook, APriceJumpOutOfTheWindowLosesNoLevel) {
  OrderBook book = small_book();
  for (int price = 100; price > 80; --price) book.set(Side::kBuy, Ticks(price), Lots(price));
  book.set(Side::kBuy, Ticks(1'000'000), Lots(5));
  EXPECT_EQ(book.best(Side::kBuy), Ticks(1'000'000));
  EXPECT_EQ(book.levels(Side::kBuy), 21U);
  EXPECT_EQ(top(book, Side::kBuy, 3), levels({{1'000'000, 5}, {100, 100}, {99, 99}}));
  book.set(Side::kBuy, Ticks(1'000'000), Lots(0));
  EXPECT_EQ(book.best(Side::kBuy), Ticks(100));
  EXPECT_EQ(top(book, Side::kBuy, 50).back(), (BookLevel{Ticks(81), Lots(81)}));
  EXPECT_GE(book.recentres(), 3U);
  EXPECT_EQ(book.far_dropped(), 0U);
}

TEST(OrderBook, AnEmptiedSideTakesALevelAtAnyPrice) {
  OrderBook book = small_book();
  for (int price : {100, 2'000'000'000, 1, 77'777}) {
    for (Side side : kSides) {
      book.set(side, Ticks(price), Lots(1));
      EXPECT_EQ(book.best(side), Ticks(price));
      book.set(side, Ticks(price), Lots(0));
      EXPECT_TRUE(book.empty(side));
    }
  }
}

TEST(OrderBook, AFullFarStoreDropsTheFarthestAndCountsIt) {
  OrderBook book = small_book(64, 3);
  book.set(Side::kBuy, Ticks(10'000), Lots(1));
  for (int price : {5'000, 3'000, 4'000}) book.set(Side::kBuy, Ticks(price), Lots(1));
  book.set(Side::kBuy, Ticks(2'000), Lots(1));  // is itself the farthest
  EXPECT_EQ(book.far_dropped(), 1U);
  EXPECT_EQ(book.lots_at(Side::kBuy, Ticks(2'000)), Lots(0));
  book.set(Side::kBuy, Ticks(4'500), Lots(1));  // drops 3000
  EXPECT_EQ(book.far_dropped(), 2U);
  EXPECT_EQ(top(book, Side::kBuy, 9), levels({{10'000, 1}, {5'000, 1}, {4'500, 1}, {4'000, 1}}));
  book.set(Side::kBuy, Ticks(4'500), Lots(2));  // known: nothing to drop
  EXPECT_EQ(book.far_dropped(), 2U);
}

TEST(OrderBook, AWindowMovedOutDropsWhatTheFarStoreCannotHold) {
  OrderBook book = small_book(64, 4);
  book.set(Side::kSell, Ticks(60'000), Lots(9));
  for (int price = 50'000; price < 50'006; ++price) book.set(Side::kSell, Ticks(price), Lots(1));
  book.set(Side::kSell, Ticks(100), Lots(1));  // six levels and the far one, room for four
  EXPECT_EQ(book.far_dropped(), 3U);
  EXPECT_EQ(top(book, Side::kSell, 9),
            levels({{100, 1}, {50'000, 1}, {50'001, 1}, {50'002, 1}, {50'003, 1}}));
}

TEST(OrderBook, ASnapshotWiderThanTheWindowIsExactInAnyOrderOfArrival) {
  for (int stride : {1, 7, 100, 1'000}) {
    for (bool best_first : {true, false}) {
      OrderBook book{{.window_ticks = 1024}};
      ReferenceBook reference;
      for (int i = 0; i < 1'000; ++i) {
        const int distance = stride * (best_first ? i : 999 - i);
        for (Side side : kSides) {
          const Ticks price(6'500'000 - mm::sign(side) * (1 + distance));
          book.set(side, price, Lots(i + 1));
          reference.set(side, price, Lots(i + 1));
        }
      }
      ASSERT_NO_FATAL_FAILURE(expect_same(book, reference, 1'000)) << stride << best_first;
    }
  }
}

TEST(OrderBook, ClearForgetsEverythingNearAndFar) {
  OrderBook book = small_book();
  for (int i = 0; i < 100; ++i) book.set(Side::kBuy, Ticks(10'000 - 20 * i), Lots(1));
  book.clear();
  EXPECT_TRUE(book.empty(Side::kBuy));
  EXPECT_EQ(book.levels(Side::kBuy), 0U);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(book.lots_at(Side::kBuy, Ticks(10'000 - 20 * i)), Lots(0));
  }
  book.set(Side::kBuy, Ticks(9'999), Lots(2));
  EXPECT_EQ(top(book, Side::kBuy, 20), levels({{9'999, 2}}));
}

TEST(OrderBook, SidesDoNotKnowEachOther) {
  OrderBook book = small_book();
  book.set(Side::kBuy, Ticks(100), Lots(1));
  book.set(Side::kSell, Ticks(100), Lots(2));
  book.set(Side::kSell, Ticks(100), Lots(0));
  EXPECT_EQ(book.lots_at(Side::kBuy, Ticks(100)), Lots(1));
  EXPECT_TRUE(book.empty(Side::kSell));
}

RC_GTEST_PROP(OrderBook, EqualsAMapOnAnySequenceOfUpdates, ()) {
  const auto window = *rc::gen::element(64U, 128U, 4096U, 8192U);
  OrderBook book = small_book(window);
  ReferenceBook reference;
  const auto count = *rc::gen::inRange(1, 200);
  const auto range = *rc::gen::element(20, 200, 5'000, 100'000);
  for (int i = 0; i < count; ++i) {
    const Side side = *rc::gen::element(Side::kBuy, Side::kSell);
    const Ticks price(*rc::gen::inRange(1, range));
    const Lots lots(*rc::gen::element(0, 1, 2));
    book.set(side, price, lots);
    reference.set(side, price, lots);
    for (Side s : kSides) {
      RC_ASSERT(top(book, s, 1'000) == reference.top(s, 1'000));
      RC_ASSERT(book.levels(s) == reference.levels(s));
    }
    RC_ASSERT(book.lots_at(side, price) == lots);
  }
}

TEST(OrderBook, EqualsAMapOnLongWalksWithJumps) {
  struct Case {
    std::uint32_t window;
    int spread, jump;
  };
  for (const Case c :
       {Case{64, 40, 30}, Case{64, 500, 300}, Case{128, 3'000, 5'000}, Case{1024, 3'000, 90'000},
        Case{4096, 100'000, 3'000}, Case{16384, 60'000, 40'000}}) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      OrderBook book = small_book(c.window);
      ASSERT_NO_FATAL_FAILURE(run_against_reference(seed, book, 8'000, c.spread, c.jump));
    }
  }
}

TEST(OrderBook, WithAFullFarStoreShowsOnlyTrueLevelsAndAnExactTop) {
  OrderBook book = small_book(128, 200);
  ReferenceBook reference;
  RandomUpdates market(5, 4'000, 20, 50);
  for (int i = 0; i < 30'000; ++i) {
    const auto [side, price, lots] = market.next();
    book.set(side, price, lots);
    reference.set(side, price, lots);
    for (Side s : kSides) ASSERT_EQ(top(book, s, 20), reference.top(s, 20));
  }
  EXPECT_GT(book.far_dropped(), 1'000U);
  for (Side s : kSides) {
    EXPECT_LE(book.levels(s), 328U);
    const auto all = reference.top(s, 100'000);
    for (const BookLevel& level : top(book, s, 1'000)) {
      EXPECT_NE(std::ranges::find(all, level), all.end());
    }
  }
}

TEST(OrderBookDeathTest, SaysWhatTheCallerShouldHaveGuaranteed) {
  const OrderBook empty = small_book();
  EXPECT_DEATH(static_cast<void>(empty.best(Side::kBuy)), "a side that has levels");
  OrderBook book = small_book();
  EXPECT_DEATH(book.set(Side::kBuy, Ticks(1), Lots(-1)), "zero or more");
  EXPECT_DEATH(small_book(100), "power of two");
  EXPECT_DEATH(small_book(32), "power of two");
}
