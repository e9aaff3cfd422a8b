// The heartbeat of one hot thread, for the agents that turn on it.
//
// Owned by that thread: now and then it reads the clock and stores the time for whoever watches
// (the guard); no allocation, some nanoseconds a turn. A thread that finds it has stood still for
// longer than the guard waits says so in the latch: nothing may be sent until the session has been
// reconciled.
#pragma once

#include <vector>

#include "engine/counters/counters_file.h"

namespace mm::counters {

class Pulse {
 public:
  Pulse(Layout& layout, std::vector<HotAgent> agents, Nanos stall_max)
      : layout_(layout), agents_(std::move(agents)), stall_max_(stall_max) {}

  // Each turn.
  void turn() {
    if (++turns_ < kTurnsPerLook) return;
    turns_ = 0;
    beat(monotonic_now());
  }
  void beat(Nanos now) {
    if (last_ != Nanos{} && now - last_ > stall_max_) layout_.latch.set(KillLatch::kStalled);
    last_ = now;
    if (now < due_) return;
    due_ = now + kInterval;
    for (const HotAgent agent : agents_) {
      layout_.beats[static_cast<std::size_t>(agent)].at.store(now.v, std::memory_order_release);
    }
  }

 private:
  static constexpr Nanos kInterval{10 * kMillisecond.v};
  static constexpr int kTurnsPerLook = 16;  // an idle turn may sleep a millisecond

  Layout& layout_;
  std::vector<HotAgent> agents_;
  Nanos stall_max_, last_{}, due_{};
  int turns_ = 0;
};

}  // namespace mm::counters
