#include "engine/app/config/decimal.h"

#include <algorithm>

namespace mm::app {
namespace {

constexpr int kDigitsMax = 36;  // 10^36 and its double fit in 128 bits

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

}  // namespace

std::optional<Int128> parse_decimal(std::string_view text, int digits) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view fraction =
      point == std::string_view::npos ? std::string_view{} : text.substr(point + 1);
  if (whole.empty() || (point != std::string_view::npos && fraction.empty())) return {};
  if (!std::ranges::all_of(whole, is_digit) || !std::ranges::all_of(fraction, is_digit)) return {};
  const auto missing = digits - static_cast<int>(fraction.size());
  if (missing < 0) return {};
  const std::size_t zeros = std::min(whole.find_first_not_of('0'), whole.size());
  if (static_cast<int>(whole.size() - zeros) + digits > kDigitsMax) return {};

  Int128 value = 0;
  for (const char c : whole) value = value * 10 + (c - '0');
  for (const char c : fraction) value = value * 10 + (c - '0');
  for (int i = 0; i < missing; ++i) value *= 10;
  return negative ? -value : value;
}

}  // namespace mm::app
