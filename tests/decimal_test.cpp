#include "engine/core/decimal.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "engine/core/epoch.h"

namespace mm {
namespace {

std::int64_t value_of(std::string_view text) {
  const Decimal d = parse_decimal(text);
  EXPECT_EQ(d.error, DecimalError::kNone) << text;
  return d.value;
}
DecimalError error_of(std::string_view text) {
  return parse_decimal(text).error;
}

TEST(Decimal, ReadsWhatTheVenueWrites) {
  EXPECT_EQ(value_of("2683.80000000"), 268'380'000'000);
  EXPECT_EQ(value_of("0.00001000"), 1'000);
  EXPECT_EQ(value_of("0.0024"), 240'000);
  EXPECT_EQ(value_of("10"), 1'000'000'000);
  EXPECT_EQ(value_of("0"), 0);
  EXPECT_EQ(value_of("0.000"), 0);
  EXPECT_EQ(value_of("1.000000000000"), kAmountScale) << "more decimals, all zero";
  EXPECT_EQ(value_of("92233720367.99999999"), 9'223'372'036'799'999'999);
}

TEST(Decimal, RefusesWhatItCannotSayExactly) {
  EXPECT_EQ(error_of(""), DecimalError::kEmpty);
  EXPECT_EQ(error_of("-1"), DecimalError::kNegative);
  EXPECT_EQ(error_of("+1"), DecimalError::kBadCharacter);
  EXPECT_EQ(error_of(".5"), DecimalError::kBadCharacter);
  EXPECT_EQ(error_of("5."), DecimalError::kBadCharacter);
  EXPECT_EQ(error_of("1.2.3"), DecimalError::kBadCharacter);
  EXPECT_EQ(error_of("1e5"), DecimalError::kBadCharacter);
  EXPECT_EQ(error_of("1.5e-7"), DecimalError::kBadCharacter);
  EXPECT_EQ(error_of("NaN"), DecimalError::kBadCharacter);
  EXPECT_EQ(error_of(" 1"), DecimalError::kBadCharacter);
  EXPECT_EQ(error_of("1,5"), DecimalError::kBadCharacter);
  EXPECT_EQ(error_of("0.123456789"), DecimalError::kTooPrecise);
  EXPECT_EQ(error_of("92233720368"), DecimalError::kOutOfRange);
  EXPECT_EQ(error_of("99999999999999999999999999"), DecimalError::kOutOfRange);
}

TEST(Decimal, EightBytesThatAreNotAllDigitsAreNotReadAtOnce) {
  for (std::size_t i = 0; i < 8; ++i)
    for (const char bad : {'/', ':', ' ', '"', 'a', '\x80', '\xff'}) {
      std::string text = "1.12345678";
      text[2 + i] = bad;
      EXPECT_NE(error_of(text), DecimalError::kNone) << text;
    }
}

TEST(Decimal, PrefixStopsBehindTheNumber) {
  const std::string text = "25.35190000\",\"B\"";
  const char* p = text.data();
  const Decimal d = parse_decimal_prefix(p, text.data() + text.size());
  EXPECT_EQ(d.error, DecimalError::kNone);
  EXPECT_EQ(d.value, 2'535'190'000);
  EXPECT_EQ(*p, '"');
}

TEST(Decimal, WritesWithoutTrailingZeros) {
  EXPECT_EQ(decimal_text(268'380'000'000), "2683.8");
  EXPECT_EQ(decimal_text(10'000), "0.0001");
  EXPECT_EQ(decimal_text(1), "0.00000001");
  EXPECT_EQ(decimal_text(0), "0");
  EXPECT_EQ(decimal_text(kAmountScale * 100), "100");
  EXPECT_EQ(decimal_text(-150'000'000), "-1.5");
  EXPECT_EQ(decimal_text(std::numeric_limits<std::int64_t>::max()), "92233720368.54775807");
  EXPECT_EQ(decimal_text(std::numeric_limits<std::int64_t>::min()), "-92233720368.54775808");
}

RC_GTEST_PROP(Decimal, WhatIsWrittenIsReadBack, ()) {
  const auto whole = *rc::gen::inRange<std::int64_t>(0, 92'233'720'367);
  const auto fraction = *rc::gen::inRange<std::int64_t>(0, kAmountScale);
  const std::int64_t value = whole * kAmountScale + fraction;
  RC_ASSERT(value_of(decimal_text(value)) == value);
  const auto places = *rc::gen::inRange<int>(0, 9);
  std::string padded = decimal_text(value);
  if (padded.find('.') == std::string::npos) padded += ".0";
  padded.append(static_cast<std::size_t>(places), '0');
  RC_ASSERT(value_of(padded) == value);
}

RC_GTEST_PROP(Decimal, AnyTextIsANumberOrAnError, (const std::string& text)) {
  const Decimal d = parse_decimal(text);
  RC_ASSERT(d.error != DecimalError::kNone ||
            text.find_first_not_of("0123456789.") == std::string::npos);
}

TEST(ExactDivisor, KnowsMultiplesOfCommonTicks) {
  for (const std::int64_t d : {1, 2, 5, 10, 1'000, 2'500, 1'000'000, 100'000'000, 500'000'000}) {
    const ExactDivisor by(d);
    for (const std::int64_t k : {0LL, 1LL, 7LL, 268'380LL, 9'000'000'000LL}) {
      std::int64_t q = -1;
      EXPECT_TRUE(by.divide(k * d, q));
      EXPECT_EQ(q, k);
      if (d > 1) {
        EXPECT_FALSE(by.divide(k * d + 1, q)) << k << " * " << d << " + 1";
      }
    }
  }
}

TEST(ExactDivisor, ZeroDividesOnlyZero) {
  std::int64_t q = -1;
  EXPECT_TRUE(ExactDivisor(0).divide(0, q));
  EXPECT_EQ(q, 0);
  EXPECT_FALSE(ExactDivisor(0).divide(1, q));
  EXPECT_FALSE(ExactDivisor(0).divide(std::int64_t{1} << 40, q));
  EXPECT_FALSE(ExactDivisor(10).divide(-10, q));
}

RC_GTEST_PROP(ExactDivisor, AgreesWithDivision, ()) {
  const auto d = *rc::gen::inRange<std::int64_t>(
      1, *rc::gen::element<std::int64_t>(10, 1'000, 1'000'000'000'000));
  const auto n = *rc::gen::inRange<std::int64_t>(0, std::numeric_limits<std::int64_t>::max());
  for (const std::int64_t number : {n, n / d * d}) {
    std::int64_t q = -1;
    const bool exact = ExactDivisor(d).divide(number, q);
    RC_ASSERT(exact == (number % d == 0));
    if (exact) RC_ASSERT(q == number / d);
  }
}

TEST(UnitGrid, SaysWhyAPriceIsNotATick) {
  const UnitGrid grid(Amount(1'000'000), Amount(10'000));
  std::int32_t ticks = 0;
  std::int64_t lots = 0;
  EXPECT_EQ(grid.ticks(value_of("2683.80"), ticks), UnitError::kNone);
  EXPECT_EQ(ticks, 268'380);
  EXPECT_EQ(grid.ticks(value_of("2683.805"), ticks), UnitError::kOffGrid);
  EXPECT_EQ(grid.ticks(value_of("30000000"), ticks), UnitError::kOutOfRange);
  EXPECT_EQ(grid.lots(value_of("3.0292"), lots), UnitError::kNone);
  EXPECT_EQ(lots, 30'292);
  EXPECT_EQ(grid.lots(value_of("3.02921"), lots), UnitError::kOffGrid);
  EXPECT_EQ(UnitGrid(Amount(0), Amount(0)).ticks(5, ticks), UnitError::kOffGrid);
}

TEST(Epoch, TellsUnitsByMagnitude) {
  Nanos t;
  EXPECT_TRUE(parse_epoch("1723161254024", t));
  EXPECT_EQ(t.v, 1'723'161'254'024'000'000);
  EXPECT_TRUE(parse_epoch("1680652700423575", t));
  EXPECT_EQ(t.v, 1'680'652'700'423'575'000);
  EXPECT_TRUE(parse_epoch("1723161254024619568", t));
  EXPECT_EQ(t.v, 1'723'161'254'024'619'568);
}

TEST(Epoch, RefusesWhatIsNoTime) {
  Nanos t;
  for (const char* bad : {"", "1723161254", "1633998512.06", "-1723161254024", "abc1723161254024",
                          "9999999999999999999", "17231612540246195680", "1723161254024 "})
    EXPECT_FALSE(parse_epoch(bad, t)) << bad;
}

}  // namespace
}  // namespace mm
