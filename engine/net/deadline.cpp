#include "engine/net/deadline.h"

#include <poll.h>

#include <algorithm>
#include <cerrno>

namespace mm::net {
namespace {

constexpr std::chrono::milliseconds kSlice{100};

}  // namespace

Deadline::Deadline(const DialOptions& options)
    : whole_(options.timeout), end_(Clock::now() + options.timeout), stop_(options.stop) {}

Deadline::Deadline(const Deadline& whole, std::chrono::nanoseconds share)
    : whole_(whole.whole_), end_(std::min(whole.end_, Clock::now() + share)), stop_(whole.stop_) {}

Deadline::Wait Deadline::wait(int fd, short events) const {
  while (true) {
    if (stopped()) return Wait::kStopped;
    if (left() == std::chrono::nanoseconds{0}) return Wait::kTimeout;
    pollfd waited{.fd = fd, .events = events, .revents = 0};
    const std::chrono::milliseconds slice = next_slice();
    const int ready = poll(&waited, 1, static_cast<int>(slice.count()));
    if (ready > 0 || (ready < 0 && errno != EINTR)) return Wait::kReady;
  }
}

bool Deadline::over() const {
  return stopped() || left() == std::chrono::nanoseconds{0};
}

std::chrono::nanoseconds Deadline::left() const {
  return std::max(std::chrono::nanoseconds{0}, std::chrono::nanoseconds(end_ - Clock::now()));
}

std::chrono::milliseconds Deadline::next_slice() const {
  return std::min(kSlice, std::chrono::ceil<std::chrono::milliseconds>(left()));
}

std::string Deadline::why() const {
  if (stopped()) return "stopped";
  const auto whole = std::chrono::duration_cast<std::chrono::milliseconds>(whole_);
  return "no answer within " + std::to_string(whole.count()) + " ms";
}

}  // namespace mm::net
