#include <gtest/gtest.h>

#include <vector>

#include "feeds/binance/book_sync.h"

namespace mm::binance {
namespace {

using V = DiffVerdict;

struct RuleCase {
  const char* what;
  Venue venue;
  BookPosition at;
  DiffIds diff;
  V verdict;
};

// Snapshot or book at id 100; differences are {U, u, pu}.
const std::vector<RuleCase> kRules{
    {"spot: ends before the snapshot", Venue::kSpot, {100, true}, {90, 99, 0}, V::kDrop},
    {"spot: ends at the snapshot", Venue::kSpot, {100, true}, {90, 100, 0}, V::kDrop},
    {"spot: reaches across the snapshot", Venue::kSpot, {100, true}, {90, 105, 0}, V::kApply},
    {"spot: begins at the snapshot", Venue::kSpot, {100, true}, {100, 105, 0}, V::kApply},
    {"spot: begins right behind it", Venue::kSpot, {100, true}, {101, 105, 0}, V::kApply},
    {"spot: begins one too late", Venue::kSpot, {100, true}, {102, 105, 0}, V::kGap},
    {"spot: follows a difference", Venue::kSpot, {100, false}, {101, 101, 0}, V::kApply},
    {"spot: overlaps a difference", Venue::kSpot, {100, false}, {95, 101, 0}, V::kApply},
    {"spot: repeated", Venue::kSpot, {100, false}, {95, 100, 0}, V::kDrop},
    {"spot: misses one", Venue::kSpot, {100, false}, {102, 103, 0}, V::kGap},
    {"usdm: ends before the snapshot", Venue::kUsdm, {100, true}, {90, 99, 88}, V::kDrop},
    {"usdm: ends at the snapshot", Venue::kUsdm, {100, true}, {90, 100, 88}, V::kApply},
    {"usdm: reaches across the snapshot", Venue::kUsdm, {100, true}, {95, 110, 88}, V::kApply},
    {"usdm: begins at the snapshot", Venue::kUsdm, {100, true}, {100, 110, 99}, V::kApply},
    {"usdm: follows the snapshot itself", Venue::kUsdm, {100, true}, {105, 110, 100}, V::kApply},
    {"usdm: follows something unseen", Venue::kUsdm, {100, true}, {105, 110, 101}, V::kGap},
    {"usdm: follows the one before", Venue::kUsdm, {100, false}, {107, 110, 100}, V::kApply},
    {"usdm: U chains but pu does not", Venue::kUsdm, {100, false}, {101, 110, 99}, V::kGap},
    {"usdm: repeated", Venue::kUsdm, {100, false}, {95, 100, 90}, V::kDrop},
    {"usdm: misses one", Venue::kUsdm, {100, false}, {107, 110, 103}, V::kGap},
};

TEST(BinanceSyncRule, JudgesDifferencesAsTheVenueDoes) {
  for (const RuleCase& c : kRules) EXPECT_EQ(judge(c.venue, c.at, c.diff), c.verdict) << c.what;
}

BookMessage diff(std::uint64_t first, std::uint64_t last, std::uint64_t previous = 0) {
  BookMessage m;
  m.ids = {first, last, previous};
  return m;
}

TEST(BinanceBookSync, LetsGoWhatFollowsTheSnapshot) {
  BookSync sync(Venue::kSpot, 64, 64);
  EXPECT_TRUE(sync.keep(diff(90, 95)));
  EXPECT_TRUE(sync.keep(diff(96, 100)));
  EXPECT_TRUE(sync.keep(diff(101, 103)));
  EXPECT_FALSE(sync.keep(diff(101, 103))) << "repeated";
  ASSERT_EQ(sync.on_snapshot(97), SnapshotVerdict::kApply);
  EXPECT_EQ(sync.take_backlog(), V::kDrop);
  EXPECT_EQ(sync.take_backlog(), V::kApply);
  EXPECT_EQ(sync.take_backlog(), V::kApply);
  EXPECT_FALSE(sync.has_backlog());
  EXPECT_EQ(sync.id(), 103u);
}

TEST(BinanceBookSync, RefusesASnapshotOlderThanItsDifferences) {
  BookSync sync(Venue::kSpot, 64, 64);
  sync.keep(diff(90, 95));
  EXPECT_EQ(sync.on_snapshot(88), SnapshotVerdict::kStale);
  EXPECT_FALSE(sync.has_book());
  EXPECT_EQ(sync.on_snapshot(89), SnapshotVerdict::kApply);
}

TEST(BinanceBookSync, AHoleWhileWaitingForgetsWhatIsBeforeIt) {
  BookSync sync(Venue::kUsdm, 64, 64);
  sync.keep(diff(90, 95, 80));
  sync.keep(diff(110, 115, 105));
  EXPECT_EQ(sync.on_snapshot(93), SnapshotVerdict::kStale);
  EXPECT_EQ(sync.on_snapshot(106), SnapshotVerdict::kApply);
  EXPECT_EQ(sync.take_backlog(), V::kApply);
}

TEST(BinanceBookSync, AGapEndsTheBookUntilALaterSnapshot) {
  BookSync sync(Venue::kSpot, 64, 64);
  ASSERT_EQ(sync.on_snapshot(100), SnapshotVerdict::kApply);
  EXPECT_EQ(sync.on_diff(diff(101, 105)), V::kApply);
  EXPECT_EQ(sync.on_diff(diff(107, 108)), V::kGap);
  EXPECT_FALSE(sync.synced());
  EXPECT_TRUE(sync.keep(diff(109, 110)));
  EXPECT_EQ(sync.on_snapshot(105), SnapshotVerdict::kStale);
  ASSERT_EQ(sync.on_snapshot(108), SnapshotVerdict::kApply);
  EXPECT_EQ(sync.take_backlog(), V::kDrop) << "the difference of the gap was kept";
  EXPECT_EQ(sync.take_backlog(), V::kApply);
}

TEST(BinanceBookSync, ALaterSnapshotReplacesAWholeBookAnOlderOneDoesNot) {
  BookSync sync(Venue::kSpot, 64, 64);
  ASSERT_EQ(sync.on_snapshot(100), SnapshotVerdict::kApply);
  EXPECT_EQ(sync.on_snapshot(100), SnapshotVerdict::kOlder);
  EXPECT_EQ(sync.on_snapshot(120), SnapshotVerdict::kApply);
  EXPECT_EQ(sync.on_diff(diff(110, 119)), V::kDrop);
  EXPECT_EQ(sync.on_diff(diff(120, 125)), V::kApply);
}

TEST(BinanceBookSync, PartialBooksServeUntilThereIsAWholeOne) {
  BookSync sync(Venue::kSpot, 64, 64);
  EXPECT_EQ(sync.on_partial(100), SnapshotVerdict::kApply);
  EXPECT_EQ(sync.on_partial(99), SnapshotVerdict::kOlder);
  EXPECT_TRUE(sync.has_book());
  EXPECT_FALSE(sync.synced());
  EXPECT_TRUE(sync.keep(diff(101, 105)));
  ASSERT_EQ(sync.on_snapshot(100), SnapshotVerdict::kApply);
  EXPECT_EQ(sync.take_backlog(), V::kApply);
  EXPECT_EQ(sync.on_partial(106), SnapshotVerdict::kOlder);
}

TEST(BinanceDiffBuffer, ForgetsTheOldestAndKeepsEveryLevelOfTheRest) {
  DiffBuffer buffer(100, 16);
  std::vector<GridLevel> levels(10);
  std::uint64_t id = 0;
  for (int round = 0; round < 500; ++round) {
    ++id;
    BookMessage m = diff(id, id);
    const std::size_t count = 1 + static_cast<std::size_t>(round) % 9;
    for (std::size_t i = 0; i < count; ++i)
      levels[i] = {static_cast<std::int64_t>(id * 10 + i), static_cast<std::int32_t>(i)};
    const std::span<const GridLevel> all(levels.data(), count);
    m.bids = all.first(count / 2);
    m.asks = all.subspan(count / 2);
    ASSERT_TRUE(buffer.push(m));
    ASSERT_EQ(buffer.last_ids().last, id);
    if (round % 7 == 0) buffer.pop();
  }
  ASSERT_GT(buffer.size(), 2u);
  std::uint64_t expected = id - buffer.size() + 1;
  for (; !buffer.empty(); buffer.pop(), ++expected) {
    const BookMessage m = buffer.front();
    ASSERT_EQ(m.ids.last, expected);
    const std::size_t count = 1 + static_cast<std::size_t>(expected - 1) % 9;
    ASSERT_EQ(m.levels(), count);
    for (std::size_t i = 0; i < count; ++i) {
      const GridLevel& l = i < m.bids.size() ? m.bids[i] : m.asks[i - m.bids.size()];
      EXPECT_EQ(l.lots, static_cast<std::int64_t>(expected * 10 + i));
    }
  }
}

TEST(BinanceDiffBuffer, RefusesAMessageLargerThanHalfOfItself) {
  DiffBuffer buffer(10, 4);
  const std::vector<GridLevel> levels(6);
  BookMessage m = diff(1, 1);
  m.bids = levels;
  EXPECT_FALSE(buffer.push(m));
  EXPECT_TRUE(buffer.empty());
}

BookMessage diff_at(Nanos received, std::uint64_t first, std::uint64_t last) {
  BookMessage m = diff(first, last);
  m.received = received;
  return m;
}

class BookSyncOfTwins : public testing::Test {
 protected:
  BookSyncOfTwins() {
    sync_.set_gap_patience(Nanos(100));
    sync_.on_snapshot(10);
  }
  BookSync sync_{Venue::kSpot, 64, 64};
};

TEST_F(BookSyncOfTwins, AHoleIsFilledByTheOther) {
  EXPECT_EQ(sync_.on_diff(diff_at(Nanos(0), 12, 12)), V::kDrop) << "it waits";
  EXPECT_EQ(sync_.on_diff(diff_at(Nanos(10), 13, 14)), V::kDrop);
  EXPECT_FALSE(sync_.has_backlog());
  EXPECT_EQ(sync_.on_diff(diff_at(Nanos(20), 11, 11)), V::kApply);
  ASSERT_TRUE(sync_.has_backlog());
  EXPECT_EQ(sync_.take_backlog(), V::kApply);
  EXPECT_EQ(sync_.take_backlog(), V::kApply);
  EXPECT_FALSE(sync_.has_backlog());
  EXPECT_EQ(sync_.id(), 14u);
  EXPECT_EQ(sync_.on_diff(diff_at(Nanos(30), 12, 12)), V::kDrop) << "the other brings it too";
}

TEST_F(BookSyncOfTwins, TheBookMovesOnWhileSomethingWaits) {
  EXPECT_EQ(sync_.on_diff(diff_at(Nanos(0), 14, 15)), V::kDrop);
  EXPECT_EQ(sync_.on_diff(diff_at(Nanos(1), 11, 12)), V::kApply);
  EXPECT_FALSE(sync_.has_backlog()) << "13 is still missing";
  EXPECT_EQ(sync_.on_diff(diff_at(Nanos(2), 13, 16)), V::kApply) << "across the hole and beyond";
  ASSERT_TRUE(sync_.has_backlog());
  EXPECT_EQ(sync_.take_backlog(), V::kDrop);
  EXPECT_EQ(sync_.id(), 16u);
}

TEST_F(BookSyncOfTwins, PatienceEnds) {
  EXPECT_EQ(sync_.on_diff(diff_at(Nanos(0), 12, 12)), V::kDrop);
  EXPECT_EQ(sync_.on_diff(diff_at(Nanos(99), 13, 13)), V::kDrop);
  EXPECT_EQ(sync_.on_diff(diff_at(Nanos(100), 14, 14)), V::kGap);
  EXPECT_FALSE(sync_.has_book());
  EXPECT_EQ(sync_.on_snapshot(10), SnapshotVerdict::kStale);
  EXPECT_EQ(sync_.on_snapshot(12), SnapshotVerdict::kApply) << "what had waited is still there";
  EXPECT_EQ(sync_.take_backlog(), V::kDrop);
  EXPECT_EQ(sync_.take_backlog(), V::kApply);
}

TEST_F(BookSyncOfTwins, LeftAloneItKnowsTheGapAtOnce) {
  EXPECT_EQ(sync_.on_diff(diff_at(Nanos(0), 12, 12)), V::kDrop);
  sync_.set_gap_patience(Nanos{});
  EXPECT_EQ(sync_.on_diff(diff_at(Nanos(1), 13, 13)), V::kGap);
}

TEST_F(BookSyncOfTwins, ANewerSnapshotReachesBehindTheHole) {
  EXPECT_EQ(sync_.on_diff(diff_at(Nanos(0), 12, 13)), V::kDrop);
  EXPECT_EQ(sync_.on_snapshot(11), SnapshotVerdict::kApply);
  ASSERT_TRUE(sync_.has_backlog());
  EXPECT_EQ(sync_.take_backlog(), V::kApply);
}

TEST(BinanceBookSync, IsProvenByTheFirstDifferenceBehindTheSnapshot) {
  BookSync sync(Venue::kSpot, 64, 64);
  EXPECT_FALSE(sync.proven());
  sync.on_snapshot(10);
  EXPECT_FALSE(sync.proven());
  sync.on_diff(diff(11, 12));
  EXPECT_TRUE(sync.proven());
  sync.lose();
  EXPECT_FALSE(sync.proven());
  sync.on_partial(20);
  EXPECT_TRUE(sync.proven()) << "a partial book is news by itself";
  EXPECT_EQ(sync.on_partial(20), SnapshotVerdict::kOlder) << "the same from a twin";
}

}  // namespace
}  // namespace mm::binance
