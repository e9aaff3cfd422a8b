// Quote uptime: the share of time after warm-up with an active order on each side in reach.
//
// Owned by the core's thread; O(1), no allocation. The state holds from one update to the next.
#pragma once

#include "engine/core/types.h"

namespace mm {

class QuoteUptime {
 public:
  // `measuring` from the first end of warm-up on; `two_sided` is what holds from `now` on.
  void update(Nanos now, bool measuring, bool two_sided) {
    if (last_ != kNever) {
      measured_ += now - last_;
      if (two_sided_) quoted_ += now - last_;
      last_ = now;
    } else if (measuring) {
      last_ = now;
    }
    two_sided_ = two_sided;
  }
  Nanos measured() const { return measured_; }
  Nanos quoted() const { return quoted_; }

 private:
  Nanos measured_{}, quoted_{}, last_{kNever};
  bool two_sided_ = false;
};

}  // namespace mm
