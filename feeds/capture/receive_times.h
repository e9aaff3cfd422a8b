// Which receive times of one capture are believed, and at what time the other lines are used.
//
// Owned by the capture's reader. A time that leaps ahead is judged by the lines behind it: where
// half of them or more lie before it, it is wrong; where they go on from it, the recording has a
// gap. At the ends of a file nothing contradicts a leap: there a few lines far from the others are
// wrong. A line whose time is wrong is used at the last time believed, at the start the first.
// Times never go back: after one that does, time stands still. A line costs two comparisons; no
// allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/core/types.h"
#include "feeds/feed_problem.h"

namespace mm {

class ReceiveTimes {
 public:
  static constexpr std::size_t kWindow = 128;  // lines: a time in doubt and what is behind it
  static constexpr Nanos kLeapMax{10 * kSecond.v};
  static constexpr Nanos kFar{3'600 * kSecond.v};  // at the ends
  static constexpr Nanos kBackMax{kSecond};

  // Whether a time must be judged with those behind it.
  bool in_doubt(Nanos at) const { return none_yet() || at - latest_ > kLeapMax; }

  // `at` becomes the time the line is used at: of one that is not in doubt, ...
  FeedProblem settle(Nanos& at);
  // ... or of one that is, the first of `window`. `ended`: nothing comes behind the window.
  FeedProblem settle(Nanos& at, std::span<const Nanos> window, bool ended);

 private:
  bool none_yet() const { return latest_ == Nanos{}; }
  bool is_wrong(std::span<const Nanos> window, bool ended) const;

  Nanos latest_{};  // that was believed
  Nanos before_{};  // of the line before, as it is written
  std::uint64_t believed_ = 0;
};

}  // namespace mm
