// A venue in process as one more agent of real time, joined by rings in place of both sockets.
//
// VenueAgent turns on the feed's thread: requests go from a ring into the venue, what is due comes
// out of it into the market ring (a message whole or not at all) and the ring of the order session.
// When one of them is full the venue waits: a simulation loses nothing and shows its lag instead.
// RingSession is the other end, the gateway's session. Allocates in the constructor only.
#pragma once

#include <string_view>
#include <vector>

#include "engine/core/assert.h"
#include "engine/core/command.h"
#include "engine/core/event.h"
#include "engine/runtime/spsc_ring.h"

namespace mm {

struct RingSession {
  SpscRing<Command>& requests;
  SpscRing<Event>& answers;

  bool submit(const Command& c, Nanos) { return requests.try_push(c); }
  bool next(Nanos, Event& e) { return answers.try_pop(e); }
};

struct VenueRings {
  SpscRing<Command>& requests;                 // from RingSession
  SpscRing<Event>& answers;                    // to RingSession
  SpscRing<Event>& market;                     // to the core; holds the largest message
  SpscRing<Command>* feed_requests = nullptr;  // from the core, where market data may be lost
};

template <class Venue, class ClockT>
class VenueAgent {
 public:
  VenueAgent(Venue& venue, const VenueRings& rings, const ClockT& clock)
      : venue_(venue), rings_(rings), clock_(clock) {
    message_.reserve(rings.market.capacity());
  }

  int do_work() {
    const Nanos now = clock_.now();
    int work = submit_all(rings_.requests, now);
    if (rings_.feed_requests != nullptr) work += submit_all(*rings_.feed_requests, now);
    Event e{};
    while (work < kWorkPerTurn && deliver_message() && rings_.answers.free_slots() > 0 &&
           venue_.next(now, e)) {
      take(e);
      ++work;
    }
    deliver_message();
    return work;
  }
  std::string_view name() const { return "venue"; }

 private:
  static constexpr int kWorkPerTurn = 4096;

  // What is in the ring.
  int submit_all(SpscRing<Command>& ring, Nanos now) {
    const int work_max = static_cast<int>(ring.capacity());
    int work = 0;
    for (Command c{}; work < work_max && ring.try_pop(c); ++work) venue_.submit(c, now);
    return work;
  }
  void take(const Event& e) {
    if (!is_market(e.kind)) {
      rings_.answers.try_push(e);  // there is room: this agent alone fills the ring
      return;
    }
    MM_ASSERT(message_.size() < message_.capacity(), "the market ring holds the largest message");
    message_.push_back(e);
    const bool book = e.kind == EventKind::kBookBegin || e.kind == EventKind::kBookLevels;
    complete_ = !book || e.last();
  }
  // False while a finished message waits for room.
  bool deliver_message() {
    if (!complete_) return true;
    if (!rings_.market.try_push_all(message_)) return false;
    message_.clear();
    complete_ = false;
    return true;
  }

  Venue& venue_;
  VenueRings rings_;
  const ClockT& clock_;
  std::vector<Event> message_;  // being taken from the venue
  bool complete_ = false;
};

}  // namespace mm
