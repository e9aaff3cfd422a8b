// One order of ours and the states it can be in.
//
// Rows live in the order table, owned by the core's thread; no allocation. The transition table is
// the only authority on which state may follow which; an illegal transition is counted and refused.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/core/command.h"
#include "engine/core/event.h"
#include "engine/core/reason.h"
#include "engine/core/types.h"

namespace mm {

enum class OrderState : std::uint8_t {
  kFree,  // the row is not in use
  kPendingNew,
  kActive,
  kPartiallyFilled,
  kPendingModify,  // replace, modify or reduce in flight
  kPendingCancel,
  kUnknown,  // the outcome of the last request is not known; counted as live, being asked for
  kFilled,
  kCanceled,
  kRejected,
  kDenied,
  kExpired,
  kCount
};
const char* name(OrderState s);

constexpr bool is_terminal(OrderState s) {
  return s >= OrderState::kFilled;
}
// May rest at the venue now or soon: counts in exposure, in the order count, against own-crossing.
constexpr bool may_be_live(OrderState s) {
  return s > OrderState::kFree && s < OrderState::kFilled;
}
constexpr bool is_resting(OrderState s) {
  return s == OrderState::kActive || s == OrderState::kPartiallyFilled;
}
// Whether a row may go from one state to another; a state never follows itself.
bool legal(OrderState from, OrderState to);

inline constexpr std::uint16_t kNoSlot = 0xFFFF;

// What orders take of the asset that pays for them: lots of sells, lots x ticks of buys.
constexpr Int128 payment(Side side, Ticks price, Lots lots) {
  return side == Side::kSell ? Int128{lots.v} : Int128{price.v} * lots.v;
}
struct Payment {
  Int128 locked{};     // by the venue, for what it has acknowledged
  Int128 in_flight{};  // what may come on top with the requests in flight

  Payment& operator+=(const Payment& o) {
    locked += o.locked;
    in_flight += o.in_flight;
    return *this;
  }
  Payment& operator-=(const Payment& o) {
    locked -= o.locked;
    in_flight -= o.in_flight;
    return *this;
  }
  bool operator==(const Payment&) const = default;
};

// The first cache line has all that is looked at while the order stays as it is.
struct alignas(kCacheLine) Order {
  ClientOrderId id{};
  ClientOrderId next_id{};             // id of the replacement in flight, else 0
  Ticks price{}, next_price{};         // next_*: what an amend not yet answered asks for;
  Lots lots{}, filled{}, next_lots{};  // next_lots is 0 when there is none
  Side side{Side::kBuy};
  OrderState state{OrderState::kFree};
  // Set once the venue has ended `id`, while fills it reported or the answer to a replace are
  // missing: the terminal state to take then. `lots` is from there on the executed quantity.
  OrderState end_state{OrderState::kFree};
  CommandKind in_flight{CommandKind::kNone};  // unanswered; kept while the state is kUnknown
  bool acknowledged{};                        // the venue has confirmed that `id` existed
  bool cancel_wanted{};   // a cancel must follow as soon as nothing is in flight
  std::int8_t level{-1};  // ladder level it serves
  DecisionReason why{DecisionReason::kNone};

  VenueOrderId venue_id{};
  Nanos created{}, updated{};  // first request; last state change
  Nanos news{};            // last word of it from the venue, or the request that may have made it
  Nanos deadline{kNever};  // time-out, next question, wanted cancel or release
  Nanos retry_at{};        // no amend before this (back-off)
  InstrumentId instrument{};
  std::uint16_t slot{kNoSlot};
  std::uint16_t amends{};  // of the venue's per-order amend limit
  std::uint8_t connection{};
  std::uint8_t failures{};       // consecutive failed requests: back-off, then cancel
  std::uint8_t asks{};           // questions since the order became Unknown
  std::uint8_t question{};       // number of the last one, in this row's whole life; wraps, never 0
  std::uint8_t early{};          // up to this one they were too early for "not found" to be a proof
  std::uint8_t short_answers{};  // answers since then that told of fills we have not got
  bool cancel_missed{};          // a cancel found no such order: ask before the next
  bool presumed_gone{};          // ended by "not found" alone
  bool amend_untold{};           // ended before the answer to its modify came

  Lots leaves() const { return filled < lots ? lots - filled : Lots(0); }
  // The most this order may still add to the position on its side, whatever happens to the
  // request in flight. The larger of both sizes bounds it: a modify counts what is executed, and a
  // replacement exists only after an untouched order was cancelled (ONLY_NEW), never beside it.
  Lots exposure() const;
  Payment payment() const;
  // A cancel is under way, or must wait for an answer that comes first.
  bool is_leaving() const {
    return state == OrderState::kPendingCancel || cancel_wanted || state == OrderState::kUnknown;
  }
  // What is meant to be left of it: 0 if it is leaving, else its size when the amend in flight, if
  // any, has succeeded.
  Lots intended() const;
  // The price nearest the other side that it may rest at.
  Ticks aggressive_price() const;
};
static_assert(sizeof(Order) == 2 * kCacheLine && offsetof(Order, venue_id) == kCacheLine);

}  // namespace mm
