// A point in time by which blocking work must be done, or sooner if somebody says stop.
//
// Cold threads only; waits in slices of at most 100 ms to see the stop flag in time.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>

namespace mm::net {

struct DialOptions {
  std::chrono::nanoseconds timeout = std::chrono::seconds(10);
  const std::atomic<bool>* stop = nullptr;  // may be null; set: give up within 100 ms
};

class Deadline {
 public:
  explicit Deadline(const DialOptions& options);
  // A part of another: ends `share` from now at the latest, and with the other.
  Deadline(const Deadline& whole, std::chrono::nanoseconds share);

  enum class Wait : std::uint8_t { kReady, kTimeout, kStopped };
  // Until one of poll(2)'s `events` is there (or the socket failed).
  Wait wait(int fd, short events) const;

  bool stopped() const { return stop_ != nullptr && stop_->load(std::memory_order_relaxed); }
  bool over() const;                              // stopped, or no time left
  std::chrono::nanoseconds left() const;          // 0 when past
  std::chrono::milliseconds next_slice() const;  // how long to sleep before looking again
  std::string why() const;                        // "stopped" or "no answer within 10000 ms"

 private:
  using Clock = std::chrono::steady_clock;

  std::chrono::nanoseconds whole_;
  Clock::time_point end_;
  const std::atomic<bool>* stop_;
};

}  // namespace mm::net
