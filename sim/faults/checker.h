// What must hold between the venue's truth and the core's belief, checked from outside at every
// decision: the named checkers of DESIGN 5.
//
// Sees each event once the core has consumed it, and each command as it leaves; reads core and
// venue, changes nothing. Orders are judged anew where the core was told or has sent anything, or
// the venue has done something, since they were last. On the core's thread; some hundred
// nanoseconds an instrument and decision; allocates in the constructor and in offer() only. Keeps
// the first violation and the last events before it.
//
// Parameters may change on the way. What rests may have been asked for under those before: limits
// of exposure and order count are the widest of all since the oldest order that is open, and those
// in force alone once faults are over and time to heal has passed.
#pragma once

#include <fmt/core.h>

#include <array>
#include <cstdint>
#include <deque>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/core/core.h"
#include "engine/core/rate_budget.h"
#include "engine/core/risk.h"
#include "sim/faults/faulty_venue.h"
#include "sim/faults/person_watch.h"
#include "sim/faults/quoting_watch.h"
#include "sim/faults/risk_watch.h"

namespace mm::sim {

enum class Check : std::uint8_t {
  kExposure,       // the venue's position and open orders stay within the limit
  kStrayOrder,     // no order lives at the venue that the core believes dead
  kGhostOrder,     // nor is one believed to rest, long after, that is gone
  kDoubleFill,     // the core has counted no more fills than there were
  kPosition,       // position, fills and fees agree once everything has been told
  kPostOnly,       // no taker fill, nor a quote at a price where the core sees a taker
  kOwnCross,       // no request that would match our own other side
  kStaleQuote,     // no quote is sent, nor left, on a book that is broken or silent
  kSessionQuote,   // nor while the session is not up, or the symbol halted
  kStopped,        // nor on a side that a person has stopped
  kLossLimit,      // nor after a loss beyond the limit, until a person resumes
  kPriceMove,      // nor for a cool-down after a move beyond max_price_change
  kPreTrade,       // no order out of bounds: price, distance, size, a market too wide
  kRateLimit,      // no more requests than the account's own limit
  kRetryAfter,     // none before the time the venue has named
  kFunds,          // nothing is sent, faults apart, that the balance cannot pay
  kBounded,        // order count and table
  kCoreInvariant,  // those the core checks itself
  kConverged,      // some time after the last fault nothing is in doubt any more
  kQuoting,        // and soon after any fault quotes stand, or a wait is named
  kReset,          // a reset ends with the last order from before it, but for Unknown ones
  kFlat,           // after a shutdown no order is left
  kReplay,         // the journal, replayed, gives the same commands (soak_seed.cpp)
  kCount
};
inline constexpr std::size_t kChecks = static_cast<std::size_t>(Check::kCount);
std::string_view name(Check check);

struct Violation {
  Check check;
  std::uint64_t step;  // events the core had consumed
  Nanos time;
  InstrumentId instrument;
  std::array<char, 120> text;
};

// An event as the core consumed it, or a command as it left.
struct Trace {
  Event event;
  Command command;
};

class Checker {
 public:
  static constexpr std::size_t kTraces = 50;

  Checker(const Core& core, const FaultyVenue& faults, const CoreConfig& config);

  // Before the first event: it was `before` that watched the engine that has died, and what the
  // venue has filled by now is in the core's opening.
  void go_on_from(const Checker& before);
  // Cold, before the kReload event that brings it.
  void offer(const CoreConfig& next);
  void on_event(const Event& event);
  void on_command(const Command& command);
  // When the core says that it has stopped.
  void at_stop();
  // After the shutdown, when everything under way has arrived.
  void at_end(bool flat);

  bool violated() const { return violations_ > 0; }
  std::uint64_t violations() const { return violations_; }
  std::uint64_t violations(Check check) const { return by_check_[static_cast<std::size_t>(check)]; }
  const Violation& first() const { return first_; }
  const QuotingTimes& quoting() const { return quoting_.times(); }
  // What position and open orders of a side may come to: the most that the limit has been when what
  // rests may have been decided on.
  Amount limit(InstrumentId i) const;
  // Up to the first violation, oldest first. Market data are left out.
  std::vector<Trace> traces() const;

 private:
  // The book's chain as the core was told it, judged anew.
  struct Watch {
    std::uint32_t sequence = 0;
    bool started = false, in_message = false, snapshot = false, whole = false;
    SessionState session{SessionState::kUp};
    bool trading = true;
    Nanos unfit_since{kNever};  // broken, crossed, late or cut off
    HalfTicks fair_lowest{0}, fair_lowest_before{0};
    Nanos fair_since{};               // when the first of these began
    std::array<Lots, 2> lies_over{};  // of what has been lied about, what makes no difference now
    Nanos differs_since{kNever};
    bool resetting = false;
    Money earned{};  // before the core's first event
  };

  // Which parameters were in force when the order of a slot was asked for, and the one before it.
  struct Asked {
    struct Order {
      ClientOrderId id{};
      std::size_t under = 0;  // index in configs_
      std::size_t added = 0;  // the same of the order that it replaced, if it did
    };
    Order now, before;
  };

  const CoreConfig& in_force() const { return configs_[in_force_]; }
  void take_up_reload();
  void find_limits();
  void note_order(const Command& command);
  Asked::Order asked_as(ClientOrderId id) const;
  // The oldest parameters that an order open there was asked for under, or was added.
  std::size_t oldest(InstrumentId i, std::size_t Asked::Order::*under) const;
  bool is_reload_over() const;
  void follow_book(const Event& event);
  void check_state();
  bool take_order_changes();
  void follow_faults(Nanos now);
  void follow_fair(InstrumentId i, Nanos now);
  void check_rests(Nanos now);
  void check_rest(InstrumentId i, Side side, Nanos since, Check check, Nanos now);
  Nanos unquotable_since(InstrumentId i, Nanos now) const;
  void check_exposure(InstrumentId i);
  void check_venue_orders(InstrumentId i);
  void check_passive(const Command& command);
  void check_limits(const Command& command);
  void check_reset(InstrumentId i);
  void check_account();
  void check_core_invariants();
  void check_healed(Nanos now);
  void check_belief(InstrumentId i, Nanos now);
  void check_quoting(Nanos now);
  void check_ghosts(Nanos now);
  const Order* live_row(ClientOrderId id) const;
  Amount venue_position(InstrumentId i) const;
  Lots lied(InstrumentId i, Side side) const;
  HalfTicks fair_lowest(InstrumentId i) const;
  void check_order_count();
  // As limit(): of the account, and of an instrument.
  std::int32_t orders_max() const;
  std::int32_t orders_max(InstrumentId i) const;
  // Remembers the first that does not hold, in words.
  template <class... Values>
  void expect(bool holds, Check check, InstrumentId i, fmt::format_string<Values...> format,
              Values&&... values) {
    if (holds) return;
    ++by_check_[static_cast<std::size_t>(check)];
    if (++violations_ > 1) return;
    first_ = {.check = check, .step = steps_, .time = core_.now(), .instrument = i, .text = {}};
    fmt::format_to_n(first_.text.data(), first_.text.size() - 1, format,
                     std::forward<Values>(values)...);
  }

  const Core& core_;
  const FaultyVenue& faults_;
  std::deque<CoreConfig> configs_;  // in turn; they stay where they are
  std::size_t in_force_ = 0;
  Nanos reloaded_{};
  std::vector<Asked> asked_;  // by slot
  RateBudget budget_;
  std::vector<Watch> watches_;
  std::vector<Nanos> ghost_since_;  // by slot
  QuotingWatch quoting_;
  RiskWatch risk_;
  std::vector<PositionLimit> limits_;  // those in force
  PersonWatch person_;
  bool feed_up_ = false;
  // Since orders were judged last: news of them, or a request; and what the venue has done by then.
  bool orders_changed_ = true;
  std::uint64_t venue_changes_ = 0;
  Nanos begun_{kNever}, cancels_pass_since_{kNever};
  Nanos doubted_at_{};          // when an order was in doubt last
  Nanos data_age_min_{kNever};  // the least max_data_age of any instrument
  Nanos lag_{};                 // with which the last market data came
  Nanos last_market_{kNever}, quiet_until_{}, healed_at_{kNever}, doubt_since_{kNever};
  std::uint64_t core_broken_ = 0;
  std::uint64_t self_trades_ = 0;  // that the core could not foresee
  std::uint64_t fills_before_ = 0;
  std::uint64_t steps_ = 0, violations_ = 0;
  std::array<std::uint64_t, kChecks> by_check_{};
  bool stopping_ = false;
  Violation first_{};
  std::array<Trace, kTraces> traces_{};
  std::size_t traced_ = 0;
};

}  // namespace mm::sim
