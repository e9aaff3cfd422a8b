#include "engine/runtime/histogram.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <limits>
#include <vector>

namespace {

using mm::Histogram;
using mm::Nanos;

TEST(Histogram, AnEmptyOneAnswersZero) {
  const Histogram h;
  EXPECT_EQ(h.count(), 0u);
  EXPECT_EQ(h.max(), Nanos{});
  EXPECT_EQ(h.p50(), Nanos{});
  EXPECT_EQ(h.mean(), Nanos{});
  EXPECT_NE(h.to_hgrm().find("Total count    =            0]"), std::string::npos);
}

TEST(Histogram, KnowsSmallValuesExactly) {
  Histogram h;
  for (int i = 1; i <= 60; ++i) h.record(Nanos(i));
  EXPECT_EQ(h.p50(), Nanos(30));
  EXPECT_EQ(h.p90(), Nanos(54));
  EXPECT_EQ(h.percentile(0), Nanos(1));
  EXPECT_EQ(h.percentile(1'000'000), Nanos(60));
  EXPECT_EQ(h.mean(), Nanos(30));
}

TEST(Histogram, TakesTheExtremesOfTime) {
  Histogram h;
  h.record(Nanos::max());
  h.record(Nanos(-5));
  EXPECT_EQ(h.count(), 2u);
  EXPECT_EQ(h.p50(), Nanos{});
  EXPECT_EQ(h.percentile(1'000'000), Nanos::max());
}

TEST(Histogram, NeverAnswersMoreThanTheMaximum) {
  Histogram h;
  h.record(Nanos(1'000'001));
  EXPECT_EQ(h.p999(), Nanos(1'000'001));
}

TEST(Histogram, ClearForgetsEverything) {
  Histogram h;
  h.record(Nanos(7));
  h.clear();
  EXPECT_EQ(h.count(), 0u);
  EXPECT_EQ(h.p50(), Nanos{});
}

// Against the sorted values: never below the true percentile, at most one part in 32 above.
TEST(Histogram, PercentilesAgreeWithSortedValues) {
  ASSERT_TRUE(rc::check([](const std::vector<std::int64_t>& raw, std::uint8_t shift) {
    Histogram h;
    std::vector<std::int64_t> values;
    for (const std::int64_t r : raw) {
      values.push_back((r & std::numeric_limits<std::int64_t>::max()) >> (shift % 62));
      h.record(Nanos(values.back()));
    }
    if (values.empty()) return;
    std::sort(values.begin(), values.end());
    for (const std::uint32_t ppm : {1u, 500'000u, 900'000u, 990'000u, 999'000u, 1'000'000u}) {
      const std::size_t rank = (values.size() * ppm + 999'999) / 1'000'000;
      const std::int64_t exact = values[rank - 1];
      RC_ASSERT(h.percentile(ppm).v >= exact);
      RC_ASSERT(h.percentile(ppm).v - exact <= exact / 32);
    }
    RC_ASSERT(h.max().v == values.back());
  }));
}

TEST(Histogram, MergingEqualsRecordingEverythingInOne) {
  ASSERT_TRUE(
      rc::check([](const std::vector<std::uint32_t>& a, const std::vector<std::uint32_t>& b) {
        Histogram left, right, both;
        for (const auto v : a) {
          left.record(Nanos(v));
          both.record(Nanos(v));
        }
        for (const auto v : b) {
          right.record(Nanos(v));
          both.record(Nanos(v));
        }
        left.merge(right);
        RC_ASSERT(left.to_hgrm() == both.to_hgrm());
      }));
}

TEST(Histogram, ExportsTheHgrmText) {
  Histogram h;
  for (int i = 1; i <= 4; ++i) h.record(Nanos(10 * i));
  EXPECT_EQ(h.to_hgrm(),
            "       Value     Percentile TotalCount 1/(1-Percentile)\n"
            "\n"
            "      10.000 0.000000000000          1           1.00\n"
            "      10.000 0.100000000000          1           1.11\n"
            "      10.000 0.200000000000          1           1.25\n"
            "      20.000 0.300000000000          2           1.42\n"
            "      20.000 0.400000000000          2           1.66\n"
            "      20.000 0.500000000000          2           2.00\n"
            "      30.000 0.550000000000          3           2.22\n"
            "      30.000 0.600000000000          3           2.50\n"
            "      30.000 0.650000000000          3           2.85\n"
            "      30.000 0.700000000000          3           3.33\n"
            "      30.000 0.750000000000          3           4.00\n"
            "      40.000 1.000000000000          4\n"
            "#[Mean    =       25.000, StdDeviation   =       11.000]\n"
            "#[Max     =       40.000, Total count    =            4]\n"
            "#[Buckets =           59, SubBuckets     =           32]\n");
}

}  // namespace
