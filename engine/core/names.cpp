// Names of the core's enumerations, as shown in status, summary, journal dumps and errors.
#include <array>
#include <string_view>

#include "engine/core/command.h"
#include "engine/core/event.h"
#include "engine/core/order.h"
#include "engine/core/reason.h"

namespace mm {
namespace {

template <class E, std::size_t N>
const char* pick(const std::array<const char*, N>& names, E e) {
  static_assert(N == static_cast<std::size_t>(E::kCount));
  const auto i = static_cast<std::size_t>(e);
  return i < N ? names[i] : "?";
}

constexpr auto kEventNames = std::to_array<const char*>(
    {"none",         "book_begin",       "book_levels", "book_stale",     "trade",
     "book_ticker",  "feed_status",      "asset_price", "accepted",       "rejected",
     "replaced",     "replace_rejected", "amended",     "amend_rejected", "canceled",
     "expired",      "cancel_rejected",  "filled",      "denied",         "outcome_unknown",
     "order_status", "balance",          "rate_usage",  "session_status", "off_grid_fill",
     "timer",        "batch_end",        "control",     "adopted"});
constexpr auto kCommandNames =
    std::to_array<const char*>({"none", "place", "cancel", "replace", "modify", "reduce",
                                "query_order", "query_open_orders", "resync_feed", "cancel_all"});
constexpr auto kStateNames = std::to_array<const char*>(
    {"free", "pending_new", "active", "partially_filled", "pending_modify", "pending_cancel",
     "unknown", "filled", "cancelled", "rejected", "denied", "expired"});
constexpr auto kRejectNames = std::to_array<const char*>(
    {"none", "would_cross", "insufficient_balance", "duplicate_id", "unknown_order", "filter",
     "max_orders", "max_amends", "rate_limit", "restricted", "no_change", "market_halted",
     "ring_full", "too_old", "kill_latch", "disconnected", "self_trade", "other"});
constexpr auto kQuoteReasonNames = std::to_array<const char*>({"quoting",
                                                               "disconnected",
                                                               "reconciling",
                                                               "stale_data",
                                                               "own_lag",
                                                               "book_crossed",
                                                               "thin_book",
                                                               "warm_up",
                                                               "position_limit",
                                                               "order_limit",
                                                               "insufficient_balance",
                                                               "below_min_size",
                                                               "price_collar",
                                                               "loss_limit",
                                                               "volatility_halt",
                                                               "price_band",
                                                               "rate_budget",
                                                               "fill_pause",
                                                               "post_only_breaker",
                                                               "circuit_breaker",
                                                               "symbol_halted",
                                                               "reset",
                                                               "paused",
                                                               "halted"});
constexpr auto kDecisionNames =
    std::to_array<const char*>({"none", "new_level", "refill", "through_touch", "too_near",
                                "far_deviation", "deviation", "size_change", "no_target", "pulled",
                                "reset", "retry", "resolve", "shutdown", "stray", "adopted"});

}  // namespace

const char* name(EventKind k) {
  return pick(kEventNames, k);
}
const char* name(CommandKind k) {
  return pick(kCommandNames, k);
}
const char* name(OrderState s) {
  return pick(kStateNames, s);
}
const char* name(RejectReason r) {
  return pick(kRejectNames, r);
}
const char* name(QuoteReason r) {
  return pick(kQuoteReasonNames, r);
}
const char* name(DecisionReason r) {
  return pick(kDecisionNames, r);
}

}  // namespace mm
