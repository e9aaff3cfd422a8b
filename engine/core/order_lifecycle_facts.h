// What an order or a report of it says by itself: of use to all parts of OrderLifecycle.
//
// Pure but for the two that write the row they are given; a few instructions, no allocation.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>

#include "engine/core/command.h"
#include "engine/core/event.h"
#include "engine/core/order.h"

namespace mm {

// Executed as far as the order can be, whichever of its possible sizes is true.
inline bool is_complete(const Order& row) {
  const Lots next = row.next_id.v != 0 ? Lots(0) : row.next_lots;
  return row.filled >= std::max(row.lots, next);
}

// A modify or reduce whose outcome the venue has not told.
inline bool has_doubtful_terms(const Order& row) {
  return row.next_lots.v != 0 && row.next_id.v == 0;
}

constexpr OrderStatusCode status_of(const OrderReport& report) {
  return static_cast<OrderStatusCode>(report.status);
}

// The report says that the order it names rests.
inline bool reports_life(const Event& e) {
  return e.kind == EventKind::kAccepted || e.kind == EventKind::kReplaced ||
         (e.kind == EventKind::kOrderStatus && status_of(e.report) == OrderStatusCode::kOpen);
}

// Ended without the venue's definitive word: it may live after all.
inline bool was_given_up(const Order& row) {
  return row.state == OrderState::kRejected || row.state == OrderState::kDenied ||
         (is_terminal(row.state) && row.presumed_gone);
}

inline bool is_full(const CommandBuffer& out) {
  return out.size() == CommandBuffer::kCapacity;
}

inline void want_cancel_again(Order& row) {
  row.cancel_wanted = true;
  row.why = DecisionReason::kRetry;
}

inline void count_up(std::uint8_t& counter) {
  if (counter != std::numeric_limits<std::uint8_t>::max()) ++counter;
}

}  // namespace mm
