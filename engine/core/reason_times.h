// How long a side stood for each reason: what is behind the quote uptime.
//
// Owned by the core's thread; O(1), no allocation. A reason holds from one update to the next.
#pragma once

#include <array>
#include <cstddef>

#include "engine/core/reason.h"
#include "engine/core/types.h"

namespace mm {

class ReasonTimes {
 public:
  void update(Nanos now, QuoteReason reason) {
    if (last_ != kNever) spent_[static_cast<std::size_t>(reason_)] += now - last_;
    last_ = now;
    reason_ = reason;
  }
  // Up to the last update.
  Nanos spent(QuoteReason reason) const { return spent_[static_cast<std::size_t>(reason)]; }

 private:
  std::array<Nanos, static_cast<std::size_t>(QuoteReason::kCount)> spent_{};
  Nanos last_{kNever};
  QuoteReason reason_{QuoteReason::kQuoting};
};

}  // namespace mm
