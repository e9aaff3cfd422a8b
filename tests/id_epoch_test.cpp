#include "engine/app/session/id_epoch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace mm::app
