// Decimals: read as a slow reader would, and printed so that they read the same.
#include "engine/core/decimal.h"

#include "engine/core/decimal_text.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using mm::Decimal;
using mm::DecimalError;

// Digit by digit in 128 bits; false for whatever is no decimal of ours.
bool read_slowly(std::string_view text, std::int64_t& out) {
  const std::size_t point = std::min(text.find('.'), text.size());
  const bool bare_point = point + 1 == text.size();
  if (point == 0 || bare_point) return false;
  mm::Int128 value = 0;
  for (std::size_t i = 0; i < std::max(text.size(), point + 9); ++i) {
    if (i == point) continue;
    const char digit = i < text.size() ? text[i] : '0';
    if (digit < '0' || digit > '9') return false;
    if (i > point + 8 && digit != '0') return false;
    if (i > point + 8) continue;
    value = value * 10 + (digit - '0');
    if (value > mm::Int128{1} << 100) return false;
  }
  out = static_cast<std::int64_t>(value);
  return value / mm::kAmountScale <= std::int64_t{mm::kWholeMax};
}

}  // namespace

MM_FUZZ_TARGET(decimal) {
  const Decimal d = mm::parse_decimal(input);
  std::int64_t slow = 0;
  const bool good = d.error == DecimalError::kNone;
  MM_ASSERT(good == read_slowly(input, slow), "both readers agree on what is a decimal");
  if (!good) return;
  MM_ASSERT(d.value == slow, "both readers agree on its value");
  MM_ASSERT(mm::parse_decimal(mm::decimal_text(d.value)).value == d.value, "it prints as it reads");
  MM_ASSERT(mm::decimal_text(mm::Amount(d.value)).view() == mm::decimal_text(d.value),
            "both printers agree");
  std::int64_t quotient = 0;
  for (const std::int64_t divisor : {1'000'000, 1'000, 30, 7, 1}) {
    const bool whole = mm::ExactDivisor(divisor).divide(d.value, quotient);
    MM_ASSERT(whole == (d.value % divisor == 0), "what divides is known");
    MM_ASSERT(!whole || quotient == d.value / divisor, "and divided right");
  }
}
