// What the engine did, as records for log and status: orders out, reports in, trades worth showing.
//
// Written by the driver's thread into an SPSC ring (a copy of two cache lines, never waits, drops
// when full and counts), read and put into words by a cold thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>

#include "engine/core/command.h"
#include "engine/core/core.h"
#include "engine/core/event.h"
#include "engine/runtime/spsc_ring.h"

namespace mm::app {

struct Activity {
  Event event{};      // kNone: it is a command
  Command command{};  // kNone: it is an event
};

using ActivityRing = SpscRing<Activity>;

// When the core did it, or took it up.
inline Nanos time_of(const Activity& a) {
  return a.command.kind != CommandKind::kNone ? a.command.time : a.event.time;
}

// One line for people, without the time; empty for records nobody wants to read.
std::string activity_text(const Activity& activity, std::span<const Instrument> instruments);

// Sits where the driver journals and sends: passes everything on, and copies what people want to
// read. Journal and Sink as the driver's concepts say.
template <class Journal, class Sink>
class ActivityTap {
 public:
  ActivityTap(const Core& core, Journal& journal, Sink& sink, ActivityRing* ring)
      : core_(core), journal_(journal), sink_(sink), ring_(ring) {}

  void append(const Event& e, std::uint64_t command_hash) {
    journal_.append(e, command_hash);
    if (ring_ != nullptr && wanted(e)) note({.event = e, .command = {}});
  }
  bool push(const Command& c) {
    const bool taken = sink_.push(c);
    if (ring_ != nullptr && taken) note({.event = {}, .command = c});
    return taken;
  }
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  bool wanted(const Event& e) const {
    if (e.kind == EventKind::kTrade) {
      return e.instrument < core_.instrument_count() &&
             core_.instrument(e.instrument).market.measures().last_trade_significant();
    }
    const bool of_order = is_execution(e.kind) && e.kind < EventKind::kBalance;
    return of_order || e.kind == EventKind::kAdopted || e.kind == EventKind::kControl;
  }
  void note(const Activity& a) {
    if (!ring_->try_push(a)) dropped_.fetch_add(1, std::memory_order_relaxed);
  }

  const Core& core_;
  Journal& journal_;
  Sink& sink_;
  ActivityRing* ring_;
  std::atomic<std::uint64_t> dropped_{0};
};

}  // namespace mm::app
