// When to try again: pauses that grow from failure to failure and start small after a success.
//
// Pure: time comes in, randomness is seeded. One thread; O(1), no allocation. Pauses double from
// `first` to `longest`; each is drawn from the upper half of its range, so that what broke together
// does not come back together.
#pragma once

#include <algorithm>
#include <cstdint>
#include <random>

#include "engine/core/assert.h"
#include "engine/core/types.h"

namespace mm::net {

class RetrySchedule {
 public:
  struct Pauses {
    Nanos first, longest;
    Nanos steady;  // what worked for so long was a success, however it ended
  };
  RetrySchedule(const Pauses& pauses, std::uint64_t seed)
      : pauses_(pauses), range_(pauses.first), random_(seed) {
    MM_ASSERT(pauses.first > Nanos{} && pauses.first <= pauses.longest, "pauses grow");
  }

  bool is_due(Nanos now) const { return now >= next_; }
  Nanos next() const { return next_; }

  // An attempt failed; the other side may have asked for a pause of its own. Returns the pause.
  Nanos failed(Nanos now, Nanos asked = {}) {
    const Nanos pause = std::max(draw(), asked);
    next_ = now + pause;
    return pause;
  }
  // What an attempt had begun has ended: the pauses go on growing unless it was a success.
  Nanos ended(Nanos begun, Nanos now) {
    if (now - begun >= pauses_.steady) range_ = pauses_.first;
    return failed(now);
  }
  // It worked, and is to be done again.
  void succeeded(Nanos next) {
    range_ = pauses_.first;
    next_ = next;
  }
  // For another reason than a failure: not before then.
  void wait_until(Nanos at) { next_ = at; }

 private:
  Nanos draw() {
    const std::int64_t half = range_.v / 2;
    const auto drawn = random_() % static_cast<std::uint64_t>(range_.v - half + 1);
    const bool last = range_ > Nanos(pauses_.longest.v / 2);
    range_ = last ? pauses_.longest : Nanos(2 * range_.v);
    return Nanos(half + static_cast<std::int64_t>(drawn));
  }

  Pauses pauses_;
  Nanos range_, next_{};
  std::mt19937_64 random_;
};

}  // namespace mm::net
