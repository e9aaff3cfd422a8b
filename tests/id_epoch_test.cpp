#include "engine/app/id_epoch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/e2e_support.h"

namespace mm::app {
namespace {

using test::Scratch;

TEST(IdEpoch, CountsUpWithEveryStartAndForEachInstanceAlone) {
  const Scratch folder;
  const std::string sessions = folder.path("sessions");
  EXPECT_EQ(next_id_epoch(sessions, 1).epoch, 1);
  EXPECT_EQ(next_id_epoch(sessions, 1).epoch, 2);
  EXPECT_EQ(next_id_epoch(sessions, 7).epoch, 1);
  EXPECT_EQ(next_id_epoch(sessions, 1).epoch, 3);
}

TEST(IdEpoch, BeginsAgainBehindTheLastOneThatFitsAnId) {
  const Scratch folder;
  folder.write("epoch.1", "65535\n");
  EXPECT_EQ(next_id_epoch(folder.path(""), 1).epoch, 1);
}

TEST(IdEpoch, RefusesAFileThatHoldsSomethingElseAndLeavesItAlone) {
  const Scratch folder;
  for (const std::string text : {"", "x", "12 13", "70000", "-1", "5\n\n"}) {
    const std::string path = folder.write("epoch.1", text);
    const IdEpoch next = next_id_epoch(folder.path(""), 1);
    EXPECT_EQ(next.epoch, 0) << text;
    EXPECT_THAT(next.error, testing::AllOf(testing::HasSubstr("epoch.1"),
                                           testing::HasSubstr("from 0 to 65535")))
        << text;
    EXPECT_EQ(test::read_file(path), text);
  }
}

TEST(IdEpoch, SaysWhereItCannotWrite) {
  const IdEpoch next = next_id_epoch("/proc/no_such_place", 1);
  EXPECT_EQ(next.epoch, 0);
  EXPECT_THAT(next.error, testing::HasSubstr("/proc/no_such_place/epoch.1"));
}

}  // namespace
}  // namespace mm::app
