// Short cuts of 128-bit division say what the long way says.
#include "engine/core/divide.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "engine/core/instrument.h"

namespace mm {
namespace {

Int128 any_number() {
  const auto high = *rc::gen::arbitrary<std::int64_t>();
  const auto low = *rc::gen::arbitrary<std::uint64_t>();
  const auto shift = *rc::gen::inRange(0, 127);  // small ones as well
  return (Int128{high} << 64 | Int128{low}) >> shift;
}

RC_GTEST_PROP(Divide, ByAConstantIsTheDivisionOnPaper, ()) {
  const Int128 n = any_number();
  const Quotient q = divide_by<1'000'000'000>(n);
  RC_ASSERT(q.whole == n / 1'000'000'000);
  RC_ASSERT(q.rest == n % 1'000'000'000);
  const Quotient most = divide_by<0xFFFF'FFFF>(n);
  RC_ASSERT(most.whole == n / 0xFFFF'FFFF);
  RC_ASSERT(most.rest == n % 0xFFFF'FFFF);
}

RC_GTEST_PROP(Divide, OfWhatFitsInSixtyFourBitsIsTheSame, ()) {
  const Int128 n = any_number();
  const auto by = *rc::gen::inRange<std::int64_t>(1, std::numeric_limits<std::int64_t>::max());
  RC_ASSERT(divide(n, by) == n / by);
}

TEST(Divide, RoundsTowardsZero) {
  EXPECT_EQ(divide_by<10>(-19).whole, -1);
  EXPECT_EQ(divide_by<10>(-19).rest, -9);
  EXPECT_EQ(divide_by<10>(0).whole, 0);
}

TEST(Divide, AFractionOfMoneyIsRoundedTowardsZero) {
  const Money price(Int128{123'456'789} * kMoneyScale + 1);
  EXPECT_EQ(scaled(price, Ratio(kRatioScale)), price);
  EXPECT_EQ(scaled(-price, Ratio(1'000'000)), -scaled(price, Ratio(1'000'000)));
  EXPECT_EQ(scaled(Money(1'999), Ratio(1'000'000)), Money(1));
  EXPECT_EQ(scaled(Money(999), Ratio(1'000'000)), Money(0));
}

}  // namespace
}  // namespace mm
