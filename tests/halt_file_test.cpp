#include "engine/ledger/halt_file.h"

#include <gmock/gmock.h>

#include "tests/e2e_support.h"

namespace mm {
namespace {

using test::Scratch;
using testing::HasSubstr;
using testing::StartsWith;

TEST(HaltFile, StandsWithItsReasonsUntilItIsCleared) {
  const Scratch here;
  const std::string sessions = here.path("new/sessions");
  EXPECT_EQ(read_halt(sessions), "");
  ASSERT_EQ(add_halt(sessions, Nanos(0), "loss_limit"), "");
  ASSERT_EQ(add_halt(sessions, kSecond, "guard:\nhung"), "");
  EXPECT_EQ(read_halt(sessions),
            "19700101T000000.000Z loss_limit\n19700101T000001.000Z guard: hung\n");
  ASSERT_EQ(clear_halt(sessions), "");
  EXPECT_EQ(read_halt(sessions), "");
  EXPECT_EQ(clear_halt(sessions), "") << "there is none any more, as wanted";
}

TEST(HaltFile, AnEmptyOrStrangeOneHaltsAsWell) {
  const Scratch here;
  here.write("HALT", "");
  EXPECT_THAT(read_halt(here.path("")), StartsWith("for a reason"));
  std::filesystem::remove(here.path("HALT"));
  std::filesystem::create_symlink("nowhere", here.path("HALT"));
  EXPECT_THAT(read_halt(here.path("")), StartsWith("for a reason"));
}

TEST(HaltFile, DoesNotGrowWithoutEnd) {
  const Scratch here;
  here.write("HALT", std::string(100'000, 'x') + "\n");
  ASSERT_EQ(add_halt(here.path(""), Nanos(0), "again"), "");
  EXPECT_EQ(read_halt(here.path("")).size(), 100'001u);
}

TEST(HaltFile, SaysWhatCannotBeWrittenOrRemoved) {
  const Scratch here;
  here.write("file", "");
  EXPECT_THAT(add_halt(here.path("file"), Nanos(0), "x"), HasSubstr("cannot be opened"));
  std::filesystem::create_directories(here.path("HALT"));
  EXPECT_THAT(clear_halt(here.path("")), HasSubstr("cannot be removed"));
  EXPECT_NE(read_halt(here.path("")), "");
}

}  // namespace
}  // namespace mm
