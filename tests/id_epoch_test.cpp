#include "engine/app/session/id_epoch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "tests/e2e_support.h"

namespace mm::app {
namespace {

using test::Scratch;

TEST(IdEpoch, CountsUpWithEveryStartInAFileOfItsOwn) {
  const Scratch folder;
  EXPECT_EQ(next_id_epoch(folder.path("state/one.epoch")).epoch, 1);
  EXPECT_EQ(next_id_epoch(folder.path("state/one.epoch")).epoch, 2);
  EXPECT_EQ(next_id_epoch(folder.path("state/two.epoch")).epoch, 1);
  EXPECT_EQ(next_id_epoch(folder.path("state/one.epoch")).epoch, 3);
}

TEST(IdEpoch, BeginsAgainBehindTheLastOneThatFitsAnId) {
  const Scratch folder;
  EXPECT_EQ(next_id_epoch(folder.write("one.epoch", "65535\n")).epoch, 1);
}

TEST(IdEpoch, GoesOnBehindWhatTheVenueHasSeen) {
  const Scratch folder;
  const auto next = [&](const char* text, std::uint16_t seen) {
    return next_id_epoch(folder.write("one.epoch", text), seen);
  };
  EXPECT_EQ(next("5\n", 4).epoch, 6);
  EXPECT_EQ(next("5\n", 5).epoch, 6);
  EXPECT_FALSE(next("5\n", 5).behind);
  EXPECT_EQ(next("5\n", 9).epoch, 10);
  EXPECT_TRUE(next("5\n", 9).behind);
  EXPECT_EQ(test::read_file(folder.path("one.epoch")), "10\n");
  EXPECT_EQ(next("5\n", 65535).epoch, 6) << "of before the numbers began anew";
  EXPECT_EQ(next("65535\n", 3).epoch, 4);
  EXPECT_EQ(next("5\n", 0x8000).epoch, 0x8001);
}

TEST(IdEpoch, IsBehindWithoutItsFileIfTheVenueHasSeenAnything) {
  const Scratch folder;
  const IdEpoch next = next_id_epoch(folder.path("one.epoch"), 65535);
  EXPECT_EQ(next.epoch, 1);
  EXPECT_TRUE(next.behind);
  EXPECT_FALSE(next_id_epoch(folder.path("two.epoch")).behind);
  EXPECT_EQ(next_id_epoch(folder.path("three.epoch"), 40000).epoch, 40001);
}

TEST(IdEpoch, RefusesAFileThatHoldsSomethingElseAndLeavesItAlone) {
  const Scratch folder;
  for (const std::string text : {"", "x", "12 13", "70000", "-1", "5\n\n"}) {
    const std::string path = folder.write("one.epoch", text);
    const IdEpoch next = next_id_epoch(path);
    EXPECT_EQ(next.epoch, 0) << text;
    EXPECT_THAT(next.error, testing::AllOf(testing::HasSubstr("one.epoch"),
                                           testing::HasSubstr("from 0 to 65535")))
        << text;
    EXPECT_EQ(test::read_file(path), text);
  }
}

TEST(IdEpoch, SaysWhereItCannotWrite) {
  const IdEpoch next = next_id_epoch("/proc/no_such_place/one.epoch");
  EXPECT_EQ(next.epoch, 0);
  EXPECT_THAT(next.error, testing::HasSubstr("/proc/no_such_place/one.epoch"));
}

TEST(IdNonce, IsAnotherOneEachTimeAndFitsTheIds) {
  std::set<std::int32_t> drawn;
  for (int i = 0; i < 100; ++i) drawn.insert(draw_id_nonce());
  EXPECT_GT(drawn.size(), 90u);
  EXPECT_GE(*drawn.begin(), 1);
  EXPECT_LT(*drawn.rbegin(), 1 << 24);
}

}  // namespace
}  // namespace mm::app
