// The one merge point: everything the core consumes passes here, in the order it is journaled.
//
// Owned by the strategy's thread (StrategyAgent) or the only one (VirtualLoop); allocates nothing
// after construction; adds to the core's own cost one hash per command and one journal record per
// event. It stamps each event with core time, which never goes back, calls the core, journals the
// event with the hash of the commands, and hands the commands to the sink; what the core has to
// check and to measure comes after that. A command the sink has no room for comes back as a kDenied
// event, journaled like any other, before the next source is read. It is told the time and reads no
// clock.
#pragma once

#include <algorithm>
#include <atomic>
#include <concepts>
#include <cstdint>
#include <memory>

#include "engine/core/assert.h"
#include "engine/core/command.h"
#include "engine/core/denied.h"
#include "engine/core/event.h"
#include "engine/runtime/event_counter.h"
#include "engine/runtime/output_hash.h"
#include "engine/runtime/spsc_ring.h"

namespace mm {

template <class C>
concept CoreLike = requires(C& core, const C& same, const Event& event, CommandBuffer& commands) {
  core.on(event, commands);
  core.conclude(commands);
  { same.next_deadline() } -> std::same_as<Nanos>;
  { same.stopped() } -> std::convertible_to<bool>;
};
// Keeps what the core consumed. In virtual time it waits for space, in real time it counts gaps.
template <class J>
concept EventJournal = requires(J& journal, const Event& event, std::uint64_t command_hash) {
  journal.append(event, command_hash);
};
// Where commands go; false means there was no room and nothing was taken.
template <class S>
concept CommandSink = requires(S& sink, const Command& command) {
  { sink.push(command) } -> std::same_as<bool>;
};

// For runs without a journal, and tests.
struct NoJournal {
  void append(const Event&, std::uint64_t) {}
};

struct NothingToDo {
  void operator()() const {}
};

// Orders to the gateway's ring, resynchronisation requests to the feed's (none: nobody to ask).
struct CommandRouter {
  SpscRing<Command>& gateway;
  SpscRing<Command>* feed = nullptr;

  bool push(const Command& c) {
    if (c.kind != CommandKind::kResyncFeed) return gateway.try_push(c);
    return feed == nullptr || feed->try_push(c);
  }
};

template <CoreLike CoreT, EventJournal Journal, CommandSink Sink>
class Driver {
 public:
  static constexpr int kTimersPerTurn = 64;

  Driver(CoreT& core, Journal& journal, Sink& sink) : core_(core), journal_(journal), sink_(sink) {}

  // One event, which is stamped. Returns whether commands came out of it; `sent` is called when
  // these are on their way, before the core concludes.
  template <class Sent = NothingToDo>
  bool deliver(Event& e, Nanos now, Sent&& sent = {}) {
    time_ = std::max(time_, now);
    e.time = time_;
    commands_->clear();
    core_.on(e, *commands_);
    journal_.append(e, output_.add(commands_->items()));
    for (const Command& c : commands_->items()) route(c);
    const bool any = commands_->size() > 0;
    if (any) sent();
    core_.conclude(*commands_);
    events_.count(e.kind);
    batch_open_ = true;
    return any;
  }
  // One that is not the caller's to write to.
  template <class Sent = NothingToDo>
  bool deliver(const Event& event, Nanos now, Sent&& sent = {}) {
    Event e = event;
    return deliver(e, now, sent);
  }
  // What the sink had no room for, told to the core. Returns how many; call it once a turn.
  int deliver_denied(Nanos now) {
    const std::size_t count = denied_.size();
    Event e{};
    for (std::size_t i = 0; i < count && denied_.try_pop(e); ++i) deliver(e, now);
    return static_cast<int>(count);
  }
  // kTimer while the core's deadline has passed; the rest, if any, has to wait for the next turn.
  int deliver_timers(Nanos now) {
    int count = 0;
    Event timer{};
    timer.kind = EventKind::kTimer;
    timer.received = now;
    for (; count < kTimersPerTurn && core_.next_deadline() <= std::max(now, time_); ++count) {
      deliver(timer, now);
    }
    return count;
  }
  // kBatchEnd, if anything was delivered since the last one: only there quotes are decided. Never
  // between the events of one market message. Returns whether commands came out of it.
  template <class Sent = NothingToDo>
  bool end_batch(Nanos now, Sent&& sent = {}) {
    if (!batch_open_) return false;
    Event e{};
    e.kind = EventKind::kBatchEnd;
    e.received = now;
    const bool decided = deliver(e, now, sent);
    batch_open_ = false;
    return decided;
  }

  CoreT& core() { return core_; }
  const CoreT& core() const { return core_; }
  Nanos time() const { return time_; }
  // Of the last event that produced any: when its cause was received.
  Nanos cause_received() const { return cause_received_; }
  bool batch_open() const { return batch_open_; }  // something came after the last kBatchEnd
  OutputHash& output_hash() { return output_; }
  std::uint64_t commands_out() const { return commands_out_.load(std::memory_order_relaxed); }
  std::uint64_t events_in() const { return events_.read().total; }
  const EventCounter& events() const { return events_; }

 private:
  void route(const Command& c) {
    commands_out_.store(commands_out() + 1, std::memory_order_relaxed);
    cause_received_ = c.cause_received;
    if (sink_.push(c)) [[likely]] {
      return;
    }
    const bool kept = denied_.try_push(make_denied(c, RejectReason::kRingFull, time_));
    MM_ASSERT(kept, "deliver_denied is called before the core can fill its buffer twice");
  }

  CoreT& core_;
  Journal& journal_;
  Sink& sink_;
  Nanos time_{};
  Nanos cause_received_{};
  bool batch_open_ = false;
  OutputHash output_;
  EventCounter events_;
  std::atomic<std::uint64_t> commands_out_{0};
  std::unique_ptr<CommandBuffer> commands_ = std::make_unique<CommandBuffer>();
  SpscRing<Event> denied_{2 * CommandBuffer::kCapacity};
};

}  // namespace mm
