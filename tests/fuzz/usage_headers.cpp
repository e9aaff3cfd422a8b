// What REST answers say in headers of the venue's limits: windows and counts that can be, or
// nothing.
//
// Input: a header a line, `NAME: VALUE`.
#include "gateway/binance/usage_headers.h"

#include "gateway/binance/rate_guard.h"
#include "tests/fuzz/fuzz_target.h"

MM_FUZZ_TARGET(usage_headers) {
  using namespace mm;
  namespace orders = mm::binance::orders;
  net::HttpHeaders headers;
  for (std::string_view rest = input, line; mm::test::next_line(rest, line);) {
    const std::size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    std::string_view value = line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    headers.emplace_back(std::string(line.substr(0, colon)), std::string(value));
  }
  const orders::LimitsUsed used = orders::limits_used(headers);
  for (const orders::LimitUsage& limit : used.all()) {
    MM_ASSERT(limit.window >= kSecond && limit.window <= 1000 * 86'400 * kSecond,
              "a window is of whole seconds to days");
    MM_ASSERT(limit.limit == 0, "a header tells no limit");
  }
  // Whatever they say, the guard of the limits lets a cancel go and ends each pause.
  net::SharedRequestPause pause;
  orders::RateGuard guard(pause);
  const Nanos now{1'700'000'000 * kSecond.v};
  guard.update(used.all(), orders::VenueClock{}, now);
  MM_ASSERT(guard.refused_until(CommandKind::kCancel, 0, now) == kNever, "a cancel goes");
  const Nanos until = guard.refused_until(CommandKind::kPlace, 0, now);
  MM_ASSERT(until == kNever || until > now, "what waits, waits for something to come");
}
