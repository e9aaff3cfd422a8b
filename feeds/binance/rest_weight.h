// How much request weight may still be spent: the venue's minute, and our share of it.
//
// Pure: time comes in. Cold threads; O(1), no allocation. The venue counts in minutes of the clock
// and over everything that comes from this address, so what it says replaces what we counted.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "engine/core/types.h"

namespace mm::binance {

class RestWeight {
 public:
  explicit RestWeight(std::int32_t per_minute) : per_minute_(per_minute) {}

  // When a request of that weight may be sent: `now` if it may be already.
  Nanos next(Nanos now, std::int32_t weight) const {
    if (now < blocked_until_) return blocked_until_;
    return used(now) + weight <= per_minute_ ? now : Nanos((minute_of(now) + 1) * kMinute.v);
  }
  void on_sent(Nanos now, std::int32_t weight) {
    used_ = used(now) + weight;
    minute_ = minute_of(now);
  }
  // `venue_used` is what the response says (X-MBX-USED-WEIGHT-1M).
  void on_answer(Nanos now, std::optional<std::int32_t> venue_used) {
    if (!venue_used.has_value()) return;
    const std::int32_t said = std::clamp(*venue_used, 0, kMost);
    used_ = minute_of(now) == minute_ ? std::max(used_, said) : said;
    minute_ = minute_of(now);
  }
  // Refused for another reason: silence until then.
  void block(Nanos until) { blocked_until_ = std::max(blocked_until_, until); }

  std::int32_t used(Nanos now) const { return minute_of(now) == minute_ ? used_ : 0; }

 private:
  static constexpr Nanos kMinute{60 * kSecond.v};
  static constexpr std::int32_t kMost = 1'000'000'000;  // whatever the venue says: sums still hold
  static std::int64_t minute_of(Nanos now) { return now.v / kMinute.v; }

  std::int32_t per_minute_;
  std::int64_t minute_ = -1;
  std::int32_t used_ = 0;
  Nanos blocked_until_{};
};

}  // namespace mm::binance
