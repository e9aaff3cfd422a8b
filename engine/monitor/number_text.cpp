#include "engine/monitor/number_text.h"

#include <fmt/format.h>

#include "engine/core/decimal_text.h"
#include "engine/monitor/text_page.h"

namespace mm::monitor {
namespace {

Int128 power_of_ten(int exponent) {
  Int128 power = 1;
  for (int i = 0; i < exponent; ++i) power *= 10;
  return power;
}

// value / 10^from, cut to `to` decimals, all of which are written.
std::string fixed_text(Int128 value, int from, int to) {
  const Int128 cut = value / power_of_ten(from - to), one = power_of_ten(to);
  const Int128 size = cut < 0 ? -cut : cut;
  const std::string whole = DecimalText(size / one, 0).str();
  const std::string sign = cut < 0 ? "-" : "";
  if (to == 0) return sign + whole;
  const std::string part = DecimalText(size % one, 0).str();
  return fmt::format("{}{}.{:0>{}}", sign, whole, part, to);
}

// Of a step in 1e-8.
int decimals_of(Amount step) {
  int decimals = 8;
  for (std::int64_t v = step.v; decimals > 0 && v != 0 && v % 10 == 0; v /= 10) --decimals;
  return decimals;
}

}  // namespace

std::string price_column(const counters::Scale& scale, Ticks price) {
  return fixed_text(Int128{price.v} * scale.tick.v, 8, decimals_of(scale.tick));
}
std::string price_column(const counters::Scale& scale, HalfTicks price) {
  return fixed_text(Int128{price.v} * scale.tick.v * 5, 9, decimals_of(scale.tick) + 1);
}
std::string lots_column(const counters::Scale& scale, Lots lots) {
  return fixed_text(Int128{lots.v} * scale.lot.v, 8, decimals_of(scale.lot));
}
std::string lots_column(const counters::Scale& scale, Lots lots, std::size_t columns) {
  constexpr std::string_view kUnits = "kMGTPE";
  std::string text = lots_column(scale, lots);
  if (text.size() <= columns) return text;
  Int128 tenths = Int128{lots.v} * scale.lot.v / (kAmountScale / 10);
  if (tenths < 10'000 && tenths > -10'000) return text.substr(0, columns - 1) + Line::kCut;
  for (const char unit : kUnits) {
    tenths /= 1000;
    text = fixed_text(tenths, 1, 1) + unit;
    if (tenths < 10'000 && tenths > -10'000 && text.size() <= columns) return text;
  }
  return text.substr(0, columns - 1) + Line::kCut;
}
std::string money_column(Money m) {
  return fixed_text(m.v, 18, 2);
}
std::string signed_money(Money m) {
  return (m.v < 0 ? "" : "+") + money_column(m);
}

std::string duration_text(Nanos duration) {
  struct Step {
    Nanos one;
    const char* text;
  };
  constexpr Step kSteps[] = {{kSecond, "s"}, {kMillisecond, "ms"}, {kMicrosecond, "us"}};
  for (const Step& step : kSteps) {
    if (duration < step.one) continue;
    const std::int64_t hundredths = duration.v / (step.one.v / 100);
    const int decimals = hundredths < 1000 ? 2 : hundredths < 10'000 ? 1 : 0;
    return fixed_text(hundredths, 2, decimals) + step.text;
  }
  return fmt::format("{}ns", duration.v);
}

std::string clock_text(Nanos time) {
  const std::int64_t s = time.v / kSecond.v;
  return fmt::format("{:02}:{:02}:{:02}", s / 3600 % 24, s / 60 % 60, s % 60);
}

std::string span_text(Nanos duration) {
  const std::int64_t days = duration.v / (kSecond.v * 86'400);
  return (days > 0 ? fmt::format("{}d ", days) : std::string()) + clock_text(duration);
}

}  // namespace mm::monitor
