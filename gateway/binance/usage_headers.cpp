#include "gateway/binance/usage_headers.h"

#include <charconv>

#include "engine/net/header_text.h"

namespace mm::binance::orders {
namespace {

struct Kind {
  std::string_view prefix;
  LimitType type;
};
constexpr Kind kKinds[] = {{"X-MBX-ORDER-COUNT-", LimitType::kOrders},
                           {"X-MBX-USED-WEIGHT-", LimitType::kWeight}};

Nanos unit_of(std::string_view letter) {
  if (letter == "S" || letter == "s") return kSecond;
  if (letter == "M" || letter == "m") return 60 * kSecond;
  if (letter == "H" || letter == "h") return 3600 * kSecond;
  return letter == "D" || letter == "d" ? 86'400 * kSecond : Nanos(0);
}

// A number at the beginning, which goes; 0 if there is none, or it is too large.
std::uint32_t take_number(std::string_view& text) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return 0;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

}  // namespace

LimitsUsed limits_used(const net::HttpHeaders& headers) {
  constexpr std::uint32_t kCountMax = 1000;
  LimitsUsed all;
  for (const auto& [name, value] : headers) {
    for (const Kind& kind : kKinds) {
      const std::string_view start = std::string_view(name).substr(0, kind.prefix.size());
      if (!net::same_ignoring_case(start, kind.prefix)) continue;
      std::string_view interval = std::string_view(name).substr(kind.prefix.size());
      std::string_view count = value;
      const std::uint32_t number = take_number(interval);
      const Nanos window = unit_of(interval) * static_cast<std::int64_t>(number);
      const std::uint32_t used = take_number(count);
      if (number == 0 || number > kCountMax || window == Nanos{} || !count.empty()) continue;
      all.add({.type = kind.type, .window = window, .limit = 0, .used = used});
    }
  }
  return all;
}

}  // namespace mm::binance::orders
