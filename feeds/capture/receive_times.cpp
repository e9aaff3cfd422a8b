#include "feeds/capture/receive_times.h"

#include <algorithm>

namespace mm {

namespace {

// Whether most of what is behind a file's first lines is far behind, and not just because little
// happens in it.
bool is_far_before(std::span<const Nanos> window) {
  const auto is_gap = [](Nanos a, Nanos b) { return b - a > ReceiveTimes::kFar; };
  const auto near = static_cast<std::size_t>(
      std::ranges::count_if(window, [&](Nanos t) { return !is_gap(window.front(), t); }));
  return 2 * near < window.size() && std::ranges::adjacent_find(window, is_gap) != window.end();
}

}  // namespace

FeedProblem ReceiveTimes::settle(Nanos& at) {
  const bool is_back = before_ - at > kBackMax;
  before_ = at;
  at = latest_ = std::max(latest_, at);
  ++believed_;
  return is_back ? FeedProblem::kTimeBack : FeedProblem::kNone;
}

FeedProblem ReceiveTimes::settle(Nanos& at, std::span<const Nanos> window, bool ended) {
  if (!is_wrong(window, ended)) return settle(at);
  if (none_yet()) {
    do window = window.subspan(1);
    while (is_wrong(window, ended));  // the only one is not
    at = window.front();
  } else {
    at = latest_;
  }
  return FeedProblem::kWrongTime;
}

bool ReceiveTimes::is_wrong(std::span<const Nanos> window, bool ended) const {
  const Nanos first = window.front();
  const std::size_t others = window.size() - 1;
  const auto earlier = static_cast<std::size_t>(
      std::ranges::count_if(window, [&](Nanos t) { return first - t > kLeapMax; }));
  if (earlier != 0 && 2 * earlier >= others) return true;
  if (none_yet()) return is_far_before(window);
  return ended && window.size() <= std::min<std::uint64_t>(kWindow / 2, believed_) &&
         first - latest_ > kFar;
}

}  // namespace mm
