// The timed reset of one instrument: cancel all of ours, verify, clear, quote afresh.
//
// Owned by the core's thread; O(1), no allocation. The cycle only keeps the schedule and the
// phase; the core cancels and looks. Symbols are staggered over the interval.
#pragma once

#include <cstdint>

#include "engine/core/types.h"

namespace mm {

class ResetCycle {
 public:
  // interval 0 = never. The i-th of n instruments starts i + 1 n-ths of an interval in.
  void start(Nanos now, Nanos interval, std::size_t i, std::size_t n) {
    interval_ = interval;
    due_ = kNever;
    if (interval.v > 0) {
      const auto share =
          static_cast<std::int64_t>(i + 1) * (interval.v / static_cast<std::int64_t>(n));
      due_ = Nanos(now.v + share);
    }
  }

  Nanos due() const { return due_; }
  bool canceling() const { return phase_ == Phase::kCanceling; }
  Nanos began() const { return began_; }

  void begin(Nanos now) {
    phase_ = Phase::kCanceling;
    began_ = now;
    if (naked_since_ == kNever) naked_since_ = now;
    schedule(now);
    ++count_;
  }
  void finish() { phase_ = Phase::kIdle; }
  // Nothing to do at the due time (not quoting): wait for the next one.
  void skip(Nanos now) { schedule(now); }
  // Each side stands again, or does not for another reason: the naked time ends.
  void quoted(Nanos now) {
    if (phase_ == Phase::kIdle && naked_since_ != kNever) {
      naked_ += now - naked_since_;
      naked_since_ = kNever;
    }
  }

  std::uint64_t count() const { return count_; }
  Nanos naked() const { return naked_; }

 private:
  enum class Phase : std::uint8_t { kIdle, kCanceling };
  void schedule(Nanos now) {
    if (due_ <= now) due_ += interval_ * ((now - due_).v / interval_.v + 1);
  }

  Nanos interval_{}, due_{kNever}, began_{}, naked_since_{kNever}, naked_{};
  std::uint64_t count_ = 0;
  Phase phase_ = Phase::kIdle;
};

}  // namespace mm
