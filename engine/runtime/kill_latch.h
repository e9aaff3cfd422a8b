// The kill latch: while any reason is set, no quote leaves the gateway.
//
// A cache line of its own, in memory that another process may have mapped: set by the engine's
// threads or by the guard, read by the gateway before every place, replace and modify (one acquire
// load of a line that hardly ever changes). All zero is a latch that is not set.
#pragma once

#include <atomic>
#include <cstdint>

#include "engine/core/types.h"

namespace mm {

class alignas(kCacheLine) KillLatch {
 public:
  enum Why : std::uint32_t {
    kShutdown = 1,  // this run ends
    kKilled = 2,    // a person, or a limit, until `resume`
    kGuard = 4,     // the guard took us for hung or dead, until `resume`
    kStalled = 8    // an agent stood still for too long; until the session is reconciled anew
  };

  void set(Why why) { bits_.fetch_or(why, std::memory_order_acq_rel); }
  void clear(Why why) { bits_.fetch_and(~std::uint32_t{why}, std::memory_order_acq_rel); }
  bool is_set() const { return bits_.load(std::memory_order_acquire) != 0; }
  bool is_set(Why why) const { return (bits_.load(std::memory_order_acquire) & why) != 0; }

 private:
  std::atomic<std::uint32_t> bits_{0};
  static_assert(std::atomic<std::uint32_t>::is_always_lock_free, "works between processes");
};
static_assert(sizeof(KillLatch) == kCacheLine);

}  // namespace mm
