// What a thread does when its agents found nothing to do: spin, yield, or back off to short sleeps.
//
// One object a thread, owned by it; no allocation. Spinning answers soonest and needs a CPU of its
// own; yielding shares one at about 0.4 us a turn; backing off costs next to nothing when quiet and
// answers up to the longest sleep late.
#pragma once

#include <immintrin.h>
#include <sched.h>
#include <time.h>

#include <algorithm>
#include <cstdint>

#include "engine/core/types.h"

namespace mm {

enum class IdleKind : std::uint8_t { kSpin, kYield, kBackoff };
constexpr const char* name(IdleKind k) {
  return k == IdleKind::kSpin ? "spin" : k == IdleKind::kYield ? "yield" : "backoff";
}

class IdleStrategy {
 public:
  static constexpr int kSpins = 10;
  static constexpr int kYields = 20;
  static constexpr Nanos kSleepMin{1'000};

  explicit IdleStrategy(IdleKind kind, Nanos sleep_max = kMillisecond)
      : kind_(kind), sleep_max_(sleep_max) {}

  // After each turn, with the work it did; any work starts the back-off anew.
  void idle(int work_count) {
    if (work_count > 0) {
      idle_turns_ = 0;
      sleep_ = kSleepMin;
    } else if (kind_ == IdleKind::kSpin) {
      _mm_pause();
    } else if (kind_ == IdleKind::kYield) {
      sched_yield();
    } else {
      back_off();
    }
  }
  // How long the next back-off would sleep; zero while it spins or yields.
  Nanos next_sleep() const { return idle_turns_ < kSpins + kYields ? Nanos{} : sleep_; }

 private:
  void back_off() {
    if (idle_turns_ < kSpins + kYields) {
      if (idle_turns_++ < kSpins) {
        _mm_pause();
      } else {
        sched_yield();
      }
      return;
    }
    const timespec duration{0, sleep_.v};
    nanosleep(&duration, nullptr);
    sleep_ = std::min(sleep_ * 2, sleep_max_);
  }

  IdleKind kind_;
  int idle_turns_ = 0;
  Nanos sleep_max_;  // below one second
  Nanos sleep_ = kSleepMin;
};

}  // namespace mm
