// Quote uptime: the share of time after warm-up with an active order on each side in reach.
//
// Beside it, a side at a time, the time that ought to be quoted and is.
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

// How long a side had no reason not to be quoted, and how long of that an order in reach stood.
class DueTime {
 public:
  // What holds from `now` on.
  void update(Nanos now, bool due, bool stands) {
    if (due_) total_ += now - last_;
    if (due_ && stands_) stood_ += now - last_;
    last_ = now;
    due_ = due;
    stands_ = stands;
  }
  Nanos total() const { return total_; }
  Nanos stood() const { return stood_; }

 private:
  Nanos total_{}, stood_{}, last_{};
  bool due_ = false, stands_ = false;
};

}  // namespace mm
