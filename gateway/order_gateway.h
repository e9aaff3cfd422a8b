// The order gateway: the place between the core's decisions and a venue's order session.
//
// Commands come out of the command ring, pass the last checks and go to the session; what the
// session hears goes into the execution ring. Owned by the gateway's thread, or by the only one;
// allocates nothing. Two things are refused here and answered with kDenied, as never sent: a place,
// replace or modify that has waited too long to be still meant, and any of them while the kill
// latch is set. Cancels, reductions and queries always pass. After a stall, its own or another
// agent's, and after the guard has fired, the session is distrusted first: what it knows may be
// old, so it goes down and is reconciled. Execution reports are never dropped: when their ring is
// full nothing more is taken from the session, and no command is refused, until there is room.
//
// Real sessions (signing, encoding, rate budget, reconciliation) arrive as further Session types,
// one folder a venue; nothing here changes for them.
#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <string_view>

#include "engine/core/command.h"
#include "engine/core/denied.h"
#include "engine/core/event.h"
#include "engine/runtime/clock.h"
#include "engine/runtime/histogram.h"
#include "engine/runtime/kill_latch.h"

namespace mm {

template <class S>
concept OrderSession = requires(S& session, const Command& command, Event& event, Nanos now) {
  // False: definitely not sent.
  { session.submit(command, now) } -> std::same_as<bool>;
  // The next execution event heard by now.
  { session.next(now, event) } -> std::same_as<bool>;
};

struct GatewayConfig {
  Nanos command_age_max{};          // [engine] command_age_ms_max
  KillLatch* kill_latch = nullptr;  // set from anywhere; none: never set
  Nanos stall_max{kNever};          // between two turns; [guard] timeout_ms
  const Clock* clock = nullptr;     // to measure with; none, as in virtual time: nothing is
};

// Of commands that were sent, up to when the session had given them away: read when it rests.
struct GatewayTimes {
  Histogram send;  // one after the other: checked, encoded, encrypted, written
  // Of the first that goes out in a turn: those behind it wait for it as well.
  Histogram command_to_sent;  // from the turn that decided it
  Histogram tick_to_sent;     // from the receipt of what led to it
};

template <class CommandRing, class EventRing, OrderSession Session>
class OrderGateway {
 public:
  OrderGateway(const GatewayConfig& config, CommandRing& commands, EventRing& executions,
               Session& session)
      : config_(config), commands_(commands), executions_(executions), session_(session) {}

  // Only what waits to be sent: for the thread that has just made it, which has no time for a look
  // at the sockets now.
  int send_waiting(Nanos now) {
    if (config_.kill_latch != nullptr) watch_stalls(now);
    return send(now);
  }
  int do_work(Nanos now) {
    const int work = send_waiting(now);
    // What was sent took its time, and the first answers may be there already.
    const bool later = work > 0 && config_.clock != nullptr;
    return work + receive(later ? config_.clock->now() : now);
  }

  // Any thread.
  std::uint64_t sent() const { return sent_.load(std::memory_order_relaxed); }
  std::uint64_t denied() const { return denied_.load(std::memory_order_relaxed); }
  const GatewayTimes& times() const { return times_; }

 private:
  static void count(std::atomic<std::uint64_t>& counter) {
    counter.store(counter.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  RejectReason refusal(const Command& c, Nanos now) const {
    const bool quotes = c.kind == CommandKind::kPlace || c.kind == CommandKind::kReplace ||
                        c.kind == CommandKind::kModify;
    if (!quotes) return RejectReason::kNone;
    if (config_.kill_latch != nullptr && config_.kill_latch->is_set()) {
      return RejectReason::kKillLatch;
    }
    return now - c.time > config_.command_age_max ? RejectReason::kTooOld : RejectReason::kNone;
  }
  void watch_stalls(Nanos now) {
    KillLatch& latch = *config_.kill_latch;
    if (last_turn_ != Nanos{} && now - last_turn_ > config_.stall_max) {
      latch.set(KillLatch::kStalled);
    }
    last_turn_ = now;
    const bool guard = latch.is_set(KillLatch::kGuard);
    const bool stalled = latch.is_set(KillLatch::kStalled);
    if (stalled || (guard && !guard_seen_)) distrust();
    guard_seen_ = guard;
    // From here on the session itself refuses quotes.
    if (stalled) latch.clear(KillLatch::kStalled);
  }
  // A venue in this process stood still with us: there is nothing it could have missed.
  void distrust() {
    if constexpr (requires { session_.distrust(); }) session_.distrust();
  }
  // What is in the ring now; each command leaves it once it is sent or answered.
  int send(Nanos now) {
    int work = 0;
    Nanos begin = now;
    for (const Command& c : commands_.peek()) {
      // The one before may have taken its time, or stood still with all of us.
      if (work > 0 && config_.kill_latch != nullptr) watch_stalls(begin);
      Event* answer = executions_.try_claim();
      RejectReason reason = refusal(c, begin);
      if (reason != RejectReason::kNone && answer == nullptr) break;
      if (reason == RejectReason::kNone && !session_.submit(c, begin)) {
        reason = RejectReason::kDisconnected;
        if (answer == nullptr) break;
      }
      if (reason == RejectReason::kNone) {
        count(sent_);
        begin = measure(c, begin, begin == now);
      } else {
        *answer = make_denied(c, reason, begin);
        executions_.commit();
        count(denied_);
      }
      ++work;
    }
    commands_.consume(static_cast<std::size_t>(work));
    return work;
  }
  // Returns when the next one begins: the clock is read behind what it measures only.
  Nanos measure(const Command& c, Nanos begin, bool first) {
    if (config_.clock == nullptr) return begin;
    const Nanos sent = config_.clock->now();
    times_.send.record(sent - begin);
    if (!first) return sent;
    times_.command_to_sent.record(sent - c.time);
    if (c.cause_received > Nanos{}) times_.tick_to_sent.record(sent - c.cause_received);
    return sent;
  }
  int receive(Nanos now) {
    int work = 0;
    for (Event* slot = executions_.try_claim(); slot != nullptr && session_.next(now, *slot);
         slot = executions_.try_claim()) {
      executions_.commit();
      ++work;
    }
    return work;
  }

  GatewayConfig config_;
  CommandRing& commands_;
  EventRing& executions_;
  Session& session_;
  Nanos last_turn_{};
  bool guard_seen_ = false;
  std::atomic<std::uint64_t> sent_{0};
  std::atomic<std::uint64_t> denied_{0};
  GatewayTimes times_;
};

// The gateway as an agent of real time.
template <class Gateway, class ClockT>
class GatewayAgent {
 public:
  GatewayAgent(Gateway& gateway, const ClockT& clock) : gateway_(gateway), clock_(clock) {}
  int do_work() { return gateway_.do_work(clock_.now()); }
  std::string_view name() const { return "gateway"; }

 private:
  Gateway& gateway_;
  const ClockT& clock_;
};

}  // namespace mm
