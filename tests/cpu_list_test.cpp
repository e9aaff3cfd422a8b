#include "engine/runtime/cpu_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mm {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(CpuList, IsReadAndWrittenAsTheKernelDoes) {
  EXPECT_THAT(parse_cpu_list("0-2,5,7-8"), ElementsAre(0, 1, 2, 5, 7, 8));
  EXPECT_THAT(parse_cpu_list("3,1,3"), ElementsAre(1, 3));
  EXPECT_THAT(parse_cpu_list(""), IsEmpty());
  EXPECT_THAT(parse_cpu_list("(null)"), IsEmpty());
  EXPECT_THAT(parse_cpu_list("1-x"), IsEmpty());
  EXPECT_THAT(parse_cpu_list("2147483647"), IsEmpty());
  EXPECT_EQ(parse_cpu_list("0-2147483647").size(), 4096u);
  EXPECT_EQ(cpu_list({0, 1, 2, 5, 7, 8}), "0-2,5,7-8");
  EXPECT_EQ(cpu_list({}), "");
}

TEST(CpuList, MasksHaveGroupsOfThirtyTwo) {
  EXPECT_THAT(parse_cpu_mask("f"), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(parse_cpu_mask("1,00000000,00000003"), ElementsAre(0, 1, 64));
  EXPECT_THAT(parse_cpu_mask("x"), IsEmpty());
  EXPECT_EQ(cpu_mask({}), "0");
  EXPECT_EQ(cpu_mask({0, 1, 5}), "23");
  EXPECT_EQ(cpu_mask({31}), "80000000");
  EXPECT_EQ(cpu_mask({0, 1, 64}), "1,00000000,00000003");
}

TEST(CpuList, AreComparedAsSets) {
  EXPECT_THAT(cpus_without({0, 1, 2}, {1, 3}), ElementsAre(0, 2));
  EXPECT_THAT(cpus_of_both({0, 1, 2}, {1, 3}), ElementsAre(1));
  EXPECT_THAT(cpus_of_either({0, 1, 2}, {1, 3}), ElementsAre(0, 1, 2, 3));
}

}  // namespace
}  // namespace mm
