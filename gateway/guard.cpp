#include "gateway/guard.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <thread>

namespace mm {
namespace {

// An end that lives waits for a ban, cancels, verifies and writes its files: all of that is
// bounded, and by less.
constexpr Nanos kEndingPatience{150 * kSecond.v};
constexpr Nanos kSweepPatience{10 * kSecond.v};
constexpr Nanos kBetweenSweeps{kSecond.v};
constexpr Nanos kSwitchCountdown{10 * kSecond.v};

std::int64_t ms(Nanos n) {
  return n.v / kMillisecond.v;
}

}  // namespace

Guard::Guard(const Setup& setup) : setup_(setup) {
  if (setup.dead_mans_switch == nullptr) return;
  switch_ = std::make_unique<SwitchRenewal>(*setup.dead_mans_switch, setup.say);
}

Guard::Sight Guard::look(Nanos now) {
  const counters::Layout& engine = setup_.engine.layout();
  // Before its phase is read: what it last wrote, it wrote while it lived.
  const bool alive = setup_.engine.engine_alive();
  const counters::Phase phase = engine.phase.load(std::memory_order_acquire);
  if (phase != phase_ || phase_since_ == Nanos{}) phase_since_ = now;
  phase_ = phase;
  if (phase == counters::Phase::kEnded) return Sight::kEnded;
  if (!alive) {
    if (phase == counters::Phase::kStarting || engine.settled()) return Sight::kEnded;
    why_ = fmt::format("the engine, process {}, died", engine.identity.process.pid);
    return Sight::kDead;
  }
  if (engine.settled() || phase == counters::Phase::kStarting) return Sight::kWell;
  return phase == counters::Phase::kRunning ? judge_beats(now) : judge_end(now);
}

Guard::Sight Guard::judge_beats(Nanos now) {
  for (std::size_t i = 0; i < kHotAgents; ++i) {
    const std::string_view agent = mm::name(static_cast<HotAgent>(i));
    if (is_silent(setup_.engine.layout().beats[i], agent, now)) return Sight::kHung;
  }
  return Sight::kWell;
}

// The agents have stopped, one after the other: another thread shows that it lives.
Guard::Sight Guard::judge_end(Nanos now) {
  if (is_silent(setup_.engine.layout().steering, "end", now)) return Sight::kHung;
  if (now - phase_since_ <= kEndingPatience + setup_.arrival_max) return Sight::kWell;
  why_ = fmt::format("the engine has not come to its end for {} ms", ms(now - phase_since_));
  return Sight::kHung;
}

// One that has not beaten yet counts from when the phase began.
bool Guard::is_silent(const counters::Heartbeat& beat, std::string_view whose, Nanos now) {
  const Nanos at(beat.at.load(std::memory_order_acquire));
  const Nanos silent = now - (at != Nanos{} ? at : phase_since_);
  if (silent <= setup_.timeout) return false;
  why_ = fmt::format("the engine's {} gave no sign of life for {} ms", whose, ms(silent));
  return true;
}

Guard::Outcome Guard::watch() {
  counters::GuardLine& line = setup_.engine.layout().guard;
  line.pid.store(getpid(), std::memory_order_release);
  for (bool stopped = false;;) {
    const Nanos now = counters::monotonic_now();
    line.beat.store(now.v, std::memory_order_release);
    const Sight sight = look(now);
    if (sight == Sight::kHung || sight == Sight::kDead) return fire(now);
    if (sight == Sight::kEnded) {
      if (switch_) switch_->disarm();
      return phase_ == counters::Phase::kEnded ? Outcome::kEngineEnded : Outcome::kNothingLeft;
    }
    if (stopped) break;
    renew_switch(now);
    pause(setup_.interval);
    stopped = setup_.stopped();
  }
  line.beat.store(0, std::memory_order_release);
  return Outcome::kStopped;
}

Guard::Outcome Guard::fire(Nanos noticed) {
  counters::Layout& engine = setup_.engine.layout();
  engine.guard.settled.store(0, std::memory_order_release);
  engine.latch.set(KillLatch::kGuard);
  setup_.say(why_ + ": kill latch set, cancelling its orders");
  // Beside the cancels, which wait for no disk: one that stands still may be what it hangs in.
  halting_.hand_over([this, reason = "guard: " + why_] { halted_ = setup_.halt(reason); });
  int canceled = 0;
  std::string told;
  Nanos flat_since = kNever;
  for (;;) {
    const Nanos asked = counters::monotonic_now();
    const OrderSweeper::Left left = setup_.venue.cancel_all(kSweepPatience);
    canceled += left.canceled;
    const Nanos now = counters::monotonic_now();
    if (!left.none()) {
      flat_since = kNever;
      const std::string problem =
          left.error.empty() ? fmt::format("still open: {}", fmt::join(left.client_ids, " "))
                             : "the venue could not be asked: " + left.error;
      if (problem != told) setup_.say(problem);
      told = problem;
    } else if (flat_since == kNever) {
      flat_since = now;
      setup_.say(fmt::format("{} orders cancelled, none left {} ms after it was noticed", canceled,
                             ms(now - noticed)));
    }
    if (left.none() && asked - noticed > setup_.arrival_max) {
      setup_.say(
          fmt::format("{} orders cancelled; none is left, and none can arrive any more", canceled));
      settle();
      return Outcome::kFired;
    }
    const bool resumed = setup_.engine.engine_alive() && !engine.latch.is_set(KillLatch::kGuard);
    if (resumed) {
      setup_.say("resumed by a person: what the engine places now is its own");
      return Outcome::kFired;
    }
    if (setup_.stopped()) return Outcome::kFiredNotFlat;
    pause(kBetweenSweeps);
  }
}

void Guard::settle() {
  const bool answered = has_halted(setup_.halt_patience);
  if (answered && halted_) return setup_.engine.settle();
  setup_.say(answered ? "HALT is not written: the next guard sees to it"
                      : "HALT is not written, the disk does not answer: the next guard sees to it");
}

void Guard::renew_switch(Nanos now) {
  if (!switch_ || now < switch_due_) return;
  switch_due_ = now + kSwitchCountdown / 3;
  switch_->renew(kSwitchCountdown);
}

void Guard::pause(Nanos duration) const {
  std::this_thread::sleep_for(std::chrono::nanoseconds(duration.v));
}

}  // namespace mm
