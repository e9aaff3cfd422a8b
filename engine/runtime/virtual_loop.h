// The driver in virtual time: everything on one thread, as fast as it can, the same every time.
//
// The loop goes from one point in time at which something happens to the next. There it gives the
// venue the captured messages of that time, then delivers, in this order, what the venue has for
// us (its own order: time, execution before market, sequence), the timers, and one BatchEnd; then
// the gateway sends, and what it refuses is delivered in a batch of its own. No clock decides
// anything. Nothing is allocated after construction.
#pragma once

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstdint>
#include <span>

#include "engine/runtime/clock.h"
#include "engine/runtime/driver.h"
#include "engine/runtime/histogram.h"

namespace mm {

// A venue in process, as sim::SimVenue.
template <class V>
concept VirtualVenue = requires(V& venue, const V& same, Nanos now, Event& e, const Command& c,
                                std::span<const Event> events) {
  { same.next_time() } -> std::same_as<Nanos>;  // kNever: nothing will happen by itself
  { venue.next(now, e) } -> std::same_as<bool>;
  venue.submit(c, now);
  venue.on_market(events, now);
};
// Captured messages in order of time; `events` stay valid until the next call. False at the end.
template <class S>
concept MarketSource = requires(S& source, Nanos& at, std::span<const Event>& events) {
  { source.next(at, events) } -> std::same_as<bool>;
};
struct NoSource {
  bool next(Nanos&, std::span<const Event>&) { return false; }
};

// The gateway's session when the venue is in process: answers come from the venue itself.
template <VirtualVenue Venue>
struct DirectSession {
  Venue& venue;

  bool submit(const Command& c, Nanos now) {
    venue.submit(c, now);
    return true;
  }
  bool next(Nanos, Event&) { return false; }
};

template <class DriverT, class Gateway, VirtualVenue Venue, MarketSource Source = NoSource>
class VirtualLoop {
 public:
  static constexpr Nanos kShutdownMax{60 * kSecond.v};
  static constexpr Nanos kAfterSource{kSecond.v};  // what is under way still arrives

  // `executions` is the ring into which `gateway` puts its events. Without a source the venue makes
  // its own market and the run has no end but the one given to advance().
  VirtualLoop(DriverT& driver, Gateway& gateway, SpscRing<Event>& executions, Venue& venue,
              Nanos start)
      : driver_(driver), gateway_(gateway), executions_(executions), venue_(venue), now_(start) {}
  VirtualLoop(DriverT& driver, Gateway& gateway, SpscRing<Event>& executions, Venue& venue,
              Source& source)
      : driver_(driver),
        gateway_(gateway),
        executions_(executions),
        venue_(venue),
        source_(&source),
        source_end_(Nanos::min()) {
    take_source();
    if (source_at_ != kNever) now_ = source_at_;
  }

  // Runs to `until`, or to the end of the source. May be called again with a later time, so a
  // caller can look in between. False when there is nothing to go on for: source ended or stop
  // requested. `interrupted` is asked now and then: true ends it early, with the same answer as if
  // `until` had come.
  template <class Interrupted>
  bool advance(Nanos until, const Interrupted& interrupted) {
    step_begin_ = clock_.now();
    for (int steps = 1; !stop_.load(std::memory_order_relaxed); ++steps) {
      if (steps % kStepsPerLook == 0 && interrupted()) return true;
      const Nanos end = source_at_ == kNever ? std::min(until, source_end_) : until;
      const Nanos next = next_time();
      if (next > end || next == kNever) {
        if (end != kNever) now_ = std::max(now_, end);
        return end == until && next != kNever;
      }
      step(next);
    }
    return false;
  }
  bool advance(Nanos until) {
    return advance(until, [] { return false; });
  }
  // Between two steps, as from a control socket.
  void control(ControlCode code) { control({.code = code, .scope = PauseScope::kAll, .pad = {}}); }
  void control(const Control& control) {
    Event e{};
    e.kind = EventKind::kControl;
    e.received = now_;
    e.control = control;
    driver_.deliver(e, now_);
    finish_step();
  }
  // Tells the core to shut down and runs on until none of its orders is live. False if that took
  // longer than kShutdownMax.
  bool shut_down() {
    control(ControlCode::kShutdown);
    source_at_ = kNever;
    const Nanos end = now_ + kShutdownMax;
    while (!driver_.core().stopped() && next_time() <= end) step(next_time());
    return driver_.core().stopped();
  }
  // From any thread or a signal handler.
  void request_stop() { stop_.store(true, std::memory_order_relaxed); }
  Nanos now() const { return now_; }
  // Wall time, for the record only: a turn goes from one visit to the core to the next, and so has
  // reading, parsing and the venue in it; event_to_command is its part up to the commands.
  const Histogram& event_to_command() const { return event_to_command_; }
  const Histogram& turn() const { return turn_; }

 private:
  static constexpr int kRoundsPerStep = 16;
  static constexpr int kStepsPerLook = 1 << 12;  // some ms
  static constexpr int kStepsAtOneTime = 1 << 20;

  Nanos next_time() const {
    return std::min({source_at_, venue_.next_time(), driver_.core().next_deadline()});
  }
  void step(Nanos at) {
    MM_ASSERT(++steps_at_one_time_ < kStepsAtOneTime, "venue and core let time go on");
    if (at > now_) {
      now_ = at;
      steps_at_one_time_ = 0;
    }
    while (source_at_ <= now_) {
      venue_.on_market(source_events_, source_at_);
      take_source();
    }
    Event e{};
    while (venue_.next(now_, e)) {
      expect_next();
      driver_.deliver(e, now_);
    }
    if (!finish_step()) return;
    const Nanos end = clock_.now();
    turn_.record(end - step_begin_);
    step_begin_ = end;
  }
  // What the core will need for the event after this one comes from memory meanwhile: of many
  // instruments, each is left alone for longer than it stays in a near cache.
  void expect_next() const {
    if constexpr (requires { driver_.core().instrument(0).market.expect(*venue_.upcoming()); }) {
      const auto& core = driver_.core();
      if (core.instrument_count() == 1) return;
      const Event* next = venue_.upcoming();
      if (next == nullptr || !is_market(next->kind)) return;
      core.instrument(next->instrument).market.expect(*next);
    }
  }
  // Timers, decision, gateway, and the refusals that come straight back. False if the core had
  // nothing to do: the venue alone took something in.
  bool finish_step() {
    for (int round = 0; round < kRoundsPerStep; ++round) {
      driver_.deliver_timers(now_);
      if (!driver_.batch_open()) return false;
      driver_.end_batch(now_, [this] { event_to_command_.record(clock_.now() - step_begin_); });
      gateway_.do_work(now_);
      driver_.deliver_denied(now_);
      Event e{};
      while (executions_.try_pop(e)) driver_.deliver(e, now_);
      if (!driver_.batch_open()) break;
    }
    return true;
  }
  void take_source() {
    Nanos at{};
    if (source_->next(at, source_events_)) {
      source_at_ = at;
      source_end_ = std::max(at, now_) + kAfterSource;  // receive times may go back
    } else {
      source_at_ = kNever;
    }
  }

  DriverT& driver_;
  Gateway& gateway_;
  SpscRing<Event>& executions_;
  Venue& venue_;
  Source* source_ = nullptr;
  Nanos now_;
  Nanos source_at_{kNever};
  Nanos source_end_{kNever};  // where the run ends if the source does now
  std::span<const Event> source_events_;
  int steps_at_one_time_ = 0;
  const Clock clock_;
  Nanos step_begin_ = clock_.now();
  Histogram event_to_command_;
  Histogram turn_;
  std::atomic<bool> stop_{false};
};

}  // namespace mm
