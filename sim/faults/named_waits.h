// Whether a wait that the core names for a side without an order is one, judged from outside.
//
// By the venue's book, wallet, orders and windows, by the configuration that the engine was given
// (not by what it has made of it), by what the venue and a person have told it; where the venue
// knows nothing of the cause, a wait that goes on for longer than it can is not believed. In doubt
// it is: what is judged is a side that stands bare for seconds, not a moment.
// On the core's thread; an event costs some nanoseconds, a judgement some tens; allocates in the
// constructor only.
#pragma once

#include <array>
#include <vector>

#include "engine/core/core.h"
#include "sim/faults/faulty_venue.h"
#include "sim/faults/person_watch.h"

namespace mm::sim {

class NamedWaits {
 public:
  // All outlive it.
  NamedWaits(const Core& core, const FaultyVenue& faults, const CoreConfig& config);

  void on_event(const Event& event);
  void take_up_reload(const CoreConfig& next, Nanos now);
  void update(Nanos now);  // at every decision
  // Of a side of which the venue has no order, that names `reason` without a break since `since`.
  bool is_true(InstrumentId i, Side side, QuoteReason reason, Nanos since);

 private:
  struct SideWatch {
    Nanos filled_at{};
  };
  struct Watch {
    std::array<SideWatch, 2> sides;
    // The last refusals that count for a breaker.
    Nanos would_cross_at{}, refused_at{};
    Money peak{};
    // Of the market's mid since it moved more than half of what halts.
    HalfTicks mid{}, lowest{}, highest{};
    Nanos still_since{};
  };

  bool holds(InstrumentId i, Side side, QuoteReason reason, Nanos since);
  bool lacks_room(InstrumentId i, Side side) const;
  bool lacks_funds(InstrumentId i, Side side) const;
  bool lacks_orders(InstrumentId i) const;
  bool is_thin(InstrumentId i) const;
  bool is_out_of_bounds(InstrumentId i, Side side) const;
  bool is_skewed_away(InstrumentId i, Side side) const;
  bool is_paused(InstrumentId i, Side side) const;
  bool lacks_budget(Nanos since);
  void follow_mid(InstrumentId i);
  bool has_moved(InstrumentId i, Nanos since);
  bool is_under_way(InstrumentId i, Side side) const;
  void follow_losses();

  const Core& core_;
  const FaultyVenue& faults_;
  const CoreConfig* config_;  // in force
  const CoreConfig* before_;
  Nanos reloaded_{};
  PersonWatch person_;
  std::vector<Watch> watches_;
  Nanos quiet_until_{}, window_full_at_{};
  bool lost_ = false;  // as much as a limit allows, now or before
  Nanos now_{};
};

}  // namespace mm::sim
