// The guard: watches an engine from another process, and cancels its orders when it cannot.
//
// Cold, one thread but for the HALT file; no disk and no output holds it up. It looks at the
// engine's counters: heartbeats, phase, process. When a heartbeat is older than the time-out, in an
// end as well, or the process is gone before it is over, it fires: first the kill latch (an engine
// that wakes up again sends no quote), then HALT, and beside that, on the thread, it cancels our
// orders by id over its own connection, again and again until none is left and none can arrive any
// more. That is written down, so that the next guard does not do it again, unless the disk has not
// taken HALT: the next guard sees to that.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/types.h"
#include "engine/counters/counters_file.h"
#include "engine/runtime/errands.h"
#include "gateway/dead_mans_switch.h"
#include "gateway/switch_renewal.h"

namespace mm {

// How the guard reaches the venue; blocks.
class OrderSweeper {
 public:
  struct Left {
    std::vector<std::string> client_ids;  // of orders of ours that are still open
    int canceled = 0;
    std::string error;  // not empty: it could not be asked, there may be others
    bool none() const { return error.empty() && client_ids.empty(); }
  };

  virtual ~OrderSweeper() = default;
  // Cancels all orders of the engine by id until a list shows none, or for `patience`.
  virtual Left cancel_all(Nanos patience) = 0;
};

class Guard {
 public:
  struct Setup {
    counters::CountersFile& engine;
    OrderSweeper& venue;
    DeadMansSwitch* dead_mans_switch = nullptr;  // none: the venue has none
    Nanos timeout{}, interval{};                 // [guard]
    Nanos arrival_max{};  // how long a request that was sent may still take effect
    // Writes the HALT file, however long that takes; false: it could not.
    std::function<bool(std::string_view)> halt;
    std::function<void(std::string_view)> say;  // a line for people; returns at once
    std::function<bool()> stopped;              // by a person
    Nanos halt_patience{5 * kSecond.v};         // for HALT, once no order is left
  };
  enum class Sight : std::uint8_t {
    kWell,   // or not trading yet, or dealt with
    kEnded,  // in an orderly way, before it traded, or dead and dealt with
    kHung,
    kDead
  };
  enum class Outcome : std::uint8_t {
    kEngineEnded,
    kNothingLeft,  // of an engine that has died
    kStopped,
    kFired,
    kFiredNotFlat
  };

  explicit Guard(const Setup& setup);

  // Until the engine ends, a person stops it, or it has fired. Then it goes on until no order of
  // ours is left; kFiredNotFlat if a person stops that. Who is stopped looks once more, and cancels
  // once: the engine may have been killed just before, by whoever stops both.
  Outcome watch();

  // Whether `halt` is over, within `patience`. The destructor waits for it however long it takes.
  bool has_halted(Nanos patience) { return halting_.wait(patience); }

  // One look at `now` (CLOCK_MONOTONIC); `why()` says more about kHung and kDead.
  Sight look(Nanos now);
  const std::string& why() const { return why_; }

 private:
  Outcome fire(Nanos noticed);
  void settle();
  Sight judge_beats(Nanos now);
  Sight judge_end(Nanos now);
  bool is_silent(const counters::Heartbeat& beat, std::string_view whose, Nanos now);
  void renew_switch(Nanos now);
  void pause(Nanos duration) const;

  Setup setup_;
  std::string why_;
  Nanos phase_since_{};
  counters::Phase phase_ = counters::Phase::kStarting;
  std::unique_ptr<SwitchRenewal> switch_;  // none: the venue has none
  Nanos switch_due_{};
  std::atomic<bool> halted_{false};  // HALT is written
  Errands halting_;
};

}  // namespace mm
