// How long a side stood for each reason: what is behind the quote uptime.
//
// Owned by the core's thread; O(1), no allocation. A reason holds from one update to the next.
#pragma once

#include <array>
#include <cstddef>
#include <numeric>

#include "engine/core/reason.h"
#include "engine/core/types.h"

namespace mm {

class ReasonTimes {
 public:
  // `quoted`: something is, if not all that is wanted.
  void update(Nanos now, QuoteReason reason, bool quoted) {
    if (last_ != kNever) time_[quoted_][static_cast<std::size_t>(reason_)] += now - last_;
    last_ = now;
    reason_ = reason;
    quoted_ = quoted;
  }
  // Up to the last update: without any quote for that reason; kQuoting: with quotes.
  Nanos spent(QuoteReason reason) const {
    if (reason != QuoteReason::kQuoting) return time_[false][static_cast<std::size_t>(reason)];
    return std::accumulate(time_[true].begin(), time_[true].end(), Nanos{});
  }
  // With quotes, but not all that were wanted, for that reason; kQuoting: with all.
  Nanos fell_short(QuoteReason reason) const {
    return time_[true][static_cast<std::size_t>(reason)];
  }

 private:
  using ByReason = std::array<Nanos, static_cast<std::size_t>(QuoteReason::kCount)>;
  std::array<ByReason, 2> time_{};  // without and with quotes
  Nanos last_{kNever};
  QuoteReason reason_{QuoteReason::kQuoting};
  bool quoted_ = false;
};

}  // namespace mm
