// One order of ours and the states it can be in.
//
// Rows live in the order table, owned by the core's thread; no allocation. The transition table is
// the only authority on which state may follow which; an illegal transition is counted and refused.
#pragma once

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
bool legal(OrderState from, OrderState to);

inline constexpr std::uint16_t kNoSlot = 0xFFFF;

struct Order {
  ClientOrderId id{};
  ClientOrderId next_id{};  // id of the replacement in flight, else 0
  VenueOrderId venue_id{};
  Ticks price{}, next_price{};  // next_*: what a modify in flight asks for
  Lots lots{}, filled{}, next_lots{};
  Nanos created{}, updated{};  // first request; last state change
  Nanos deadline{kNever};      // when the request in flight times out, or the next query is due
  InstrumentId instrument{};
  std::uint16_t slot{kNoSlot};
  Side side{Side::kBuy};
  OrderState state{OrderState::kFree};
  CommandKind in_flight{CommandKind::kNone};
  DecisionReason why{DecisionReason::kNone};
  std::uint8_t connection{};
  std::uint8_t failures{};  // consecutive failed requests: backoff, then cancel
  std::uint16_t amends{};   // of the venue's per-order amend limit
  bool acknowledged{};      // the venue has confirmed this order existed
  bool cancel_wanted{};     // a cancel must follow as soon as nothing is in flight
  std::int8_t level{-1};    // ladder level it serves

  Lots leaves() const { return lots - filled; }
  // The most this order may still add to the position on its side, whatever happens to the
  // request in flight (SEMANTICS: exposure while amending; both amend kinds we use are ONLY_NEW or
  // counted including fills, so the larger of both sizes bounds it).
  Lots exposure() const;
  // The price nearest the other side that it may rest at.
  Ticks aggressive_price() const;
};

}  // namespace mm
