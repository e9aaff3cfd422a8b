// The venue's time, from its answers to how late it is.
//
// Owned by one thread; O(1), no allocation. The venue refuses a request stamped more than a second
// ahead of it, and one older than recvWindow: so of the possible offsets the lowest is taken (as if
// the answer had come back at once), from the quickest of the last exchanges.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "engine/core/types.h"

namespace mm::binance::orders {

class VenueClock {
 public:
  // A time that the venue could say; others would not go into Nanos.
  static bool is_possible(std::int64_t server_time_ms) {
    return server_time_ms > 0 && server_time_ms < kLatestMs;
  }
  void observe(Nanos sent, Nanos received, std::int64_t server_time_ms) {
    if (!is_possible(server_time_ms) || received < sent) return;
    samples_[next_] = {received - sent, kMillisecond * server_time_ms - received};
    next_ = (next_ + 1) % samples_.size();
    if (count_ < samples_.size()) ++count_;
    best_ = samples_[0];
    for (std::size_t i = 1; i < count_; ++i) {
      if (samples_[i].round_trip < best_.round_trip) best_ = samples_[i];
    }
  }
  // Forgets what it knew: the clock was refused.
  void reset() { count_ = next_ = 0; }

  bool known() const { return count_ > 0; }
  Nanos offset() const { return best_.offset; }  // venue minus local
  Nanos round_trip() const { return best_.round_trip; }
  Nanos venue(Nanos local) const { return local + best_.offset; }
  Nanos local(Nanos venue) const { return venue - best_.offset; }
  std::uint64_t timestamp_ms(Nanos now) const {
    return static_cast<std::uint64_t>(venue(now).v / kMillisecond.v);
  }

 private:
  static constexpr std::int64_t kLatestMs = 4'102'444'800'000;  // the year 2100
  struct Sample {
    Nanos round_trip{}, offset{};
  };
  std::array<Sample, 8> samples_{};
  std::size_t count_ = 0, next_ = 0;
  Sample best_{};  // kept over a reset, until something better is known
};

}  // namespace mm::binance::orders
