// Stops asking for what is refused again and again: opens after the same reject some times in a
// row, for a pause that doubles each time it opens. A success begins the row anew; the pause is
// short again after as long as it may last at most without another: one level may be refused for
// ever while its neighbours succeed.
//
// One for each instrument, side and kind of reject, in the order lifecycle; O(1), no allocation.
#pragma once

#include <algorithm>

#include "engine/core/event.h"
#include "engine/core/types.h"

namespace mm {

struct CircuitBreakerConfig {
  int rejects = 3;  // same reason in a row
  Nanos cooldown{kSecond};
  Nanos cooldown_max{60 * kSecond.v};
};

class CircuitBreaker {
 public:
  // Returns whether this reject opened it.
  bool reject(const CircuitBreakerConfig& config, RejectReason reason, Nanos now) {
    rejects_ = reason == reason_ ? std::min(rejects_ + 1, config.rejects) : 1;
    reason_ = reason;
    if (rejects_ < config.rejects || open(now)) return false;
    if (now - config.cooldown_max > open_until_) cooldown_ = Nanos{};
    cooldown_ = cooldown_.v == 0 ? config.cooldown : std::min(cooldown_ * 2, config.cooldown_max);
    open_until_ = now + cooldown_;
    return true;
  }
  void success() { rejects_ = 0; }
  bool open(Nanos now) const { return now < open_until_; }

 private:
  RejectReason reason_{RejectReason::kNone};
  int rejects_ = 0;
  Nanos cooldown_{0};  // of the last opening
  Nanos open_until_{Nanos::min()};
};

}  // namespace mm
