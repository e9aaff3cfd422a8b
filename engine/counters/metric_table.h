// Every number the engine publishes, defined once: layout, name, unit and help follow from here.
//
// Compile-time data. A new metric is one line here and one where it is set (core_publisher.cpp,
// quote_publisher.cpp); a name that is in no table does not compile. Readers built from another
// table refuse the file.
#pragma once

#include <array>

#include "engine/core/params.h"
#include "engine/counters/metric.h"

namespace mm::counters {

// One value an engine.
inline constexpr auto kEngineMetrics = [] {
  using enum MetricType;
  using U = MetricUnit;
  using L = MetricLabel;
  return std::to_array<Metric>({
      {"core_timestamp_seconds", kGauge, U::kNanos, L::kNone, "Core time of these numbers"},
      {"feed_up", kGauge, U::kFlag, L::kNone, "1 while market data come"},
      {"events_total", kCounter, U::kCount, L::kEvent, "Events that the core consumed"},
      {"requests_total", kCounter, U::kCount, L::kCommand, "Requests sent, by kind"},
      {"requests_sent_total", kCounter, U::kCount, L::kBudget,
       "What the requests sent took of each of the venue's limits"},
      {"requests_equivalent_total", kCounter, U::kCount, L::kBudget,
       "What plain cancel and place would have taken of it"},
      {"live_orders", kGauge, U::kCount, L::kNone,
       "Orders that may be live, unknown ones included"},
      {"trip", kGauge, U::kReason, L::kNone, "Why everything stands still; quoting: it does not"},
      {"invariants_broken_total", kCounter, U::kCount, L::kInvariant,
       "How often an invariant was seen broken"},
      {"rate_window_used", kGauge, U::kCount, L::kWindow,
       "Requests, orders or weight of a limit's window that are used"},
      {"rate_window_limit", kGauge, U::kCount, L::kWindow, "What may be used of it; 0: not known"},
      {"rate_tightest_ratio", kGauge, U::kPercent, L::kNone,
       "Used of the venue's window that is nearest full"},
      {"stopped", kGauge, U::kFlag, L::kNone, "1 after a shutdown has left no live order"},
      {"hot_path_allocations_total", kCounter, U::kCount, L::kNone,
       "Allocations inside turns of hot agents: none is right"},
      {"journal_lost_total", kCounter, U::kCount, L::kNone,
       "Records that the journal lacks: the disk, or its thread, did not take them"},
  });
}();

// Of the strategy's thread; once a second.
inline constexpr auto kLatencyMetrics = [] {
  using enum MetricType;
  using U = MetricUnit;
  using L = MetricLabel;
  return std::to_array<Metric>({
      {"event_to_command_seconds", kHistogram, U::kNanos, L::kBound,
       "From the receipt of an event to its commands being on their way"},
      {"event_to_command_quantile_seconds", kGauge, U::kNanos, L::kQuantile,
       "The same: what that share of all did not exceed"},
      {"turn_seconds", kHistogram, U::kNanos, L::kBound, "Turns of the strategy that found work"},
      {"turn_quantile_seconds", kGauge, U::kNanos, L::kQuantile,
       "The same: what that share of all did not exceed"},
  });
}();

// One value an instrument.
inline constexpr auto kInstrumentMetrics = [] {
  using enum MetricType;
  using U = MetricUnit;
  using L = MetricLabel;
  return std::to_array<Metric>({
      {"instrument_events_total", kCounter, U::kCount, L::kNone, "Events of the instrument"},
      {"best_bid_price", kGauge, U::kTicks, L::kNone, "Best bid without our own; 0: none"},
      {"best_ask_price", kGauge, U::kTicks, L::kNone, "Best ask without our own; 0: none"},
      {"fair_value_price", kGauge, U::kHalfTicks, L::kNone, "Fair value of the last decision"},
      {"mark_price", kGauge, U::kHalfTicks, L::kNone, "Market mid that values the position"},
      {"order_session", kGauge, U::kSession, L::kNone, "Whether orders can be sent and asked for"},
      {"quote_reason", kGauge, U::kReason, L::kSide,
       "Why a side has no order; quoting: it has one, or is about to"},
      {"quote_shortfall", kGauge, U::kReason, L::kSide,
       "Why a side with orders lacks one, or has one not where wanted; quoting: it does not"},
      {"quote_reason_seconds_total", kCounter, U::kNanos, L::kSideReason,
       "How long a side had no order for each reason; quoting: it had"},
      {"quote_shortfall_seconds_total", kCounter, U::kNanos, L::kSideReason,
       "How long a side with orders fell short for each reason; quoting: it did not"},
      {"quote_due_seconds_total", kCounter, U::kNanos, L::kSide,
       "How long a side was quoted, or had no reason not to be, after the warm-up"},
      {"quote_stood_seconds_total", kCounter, U::kNanos, L::kSide,
       "How long of that an order within max_spread stood"},
      {"position_base", kGauge, U::kAmount, L::kNone, "Position in the base asset"},
      {"position_opening_base", kGauge, U::kAmount, L::kNone, "Position before the first fill"},
      {"pnl_total_quote", kGauge, U::kMoney, L::kNone, "Profit at the last mark, fees deducted"},
      {"pnl_today_quote", kGauge, U::kMoney, L::kNone,
       "Profit of the trading day, earlier sessions included"},
      {"account_pnl_total_quote", kGauge, U::kMoney, L::kQuote,
       "The same of all instruments of its quote asset together"},
      {"pnl_realized_quote", kGauge, U::kMoney, L::kNone, "Realised profit at average cost"},
      {"pnl_unrealized_quote", kGauge, U::kMoney, L::kNone, "Profit of the open position at mid"},
      {"pnl_spread_capture_quote", kGauge, U::kMoney, L::kNone,
       "Profit of fills against the mid of their moment"},
      {"pnl_adverse_selection_quote", kGauge, U::kMoney, L::kNone,
       "Profit of fills by the mid's move in the 10 s after them"},
      {"pnl_inventory_quote", kGauge, U::kMoney, L::kNone, "Profit of what is held longer"},
      {"fees_quote", kGauge, U::kMoney, L::kNone, "Fees charged; negative is a rebate"},
      {"fills_total", kCounter, U::kCount, L::kNone, "Fills"},
      {"orders_total", kCounter, U::kCount, L::kOutcome, "Orders by what happened to them"},
      {"orders_live", kGauge, U::kCount, L::kSide, "Orders that may be live"},
      {"orders_by_state", kGauge, U::kCount, L::kOrderState, "Of those, by state"},
      {"orders_unknown", kGauge, U::kCount, L::kNone, "Orders whose state is in doubt"},
      {"amends_pending", kGauge, U::kCount, L::kNone, "Amends under way"},
      {"resets_total", kCounter, U::kCount, L::kNone, "Timed resets"},
      {"reset_naked_seconds_total", kCounter, U::kNanos, L::kNone,
       "Time without quotes because of resets"},
      {"next_reset_timestamp_seconds", kGauge, U::kNanos, L::kNone, "When the next reset is due"},
      {"quote_levels", kGauge, U::kCount, L::kSide, "Levels that are wanted now"},
      {"quoted_seconds_total", kCounter, U::kNanos, L::kNone, "Time quoted on both sides"},
      {"quotable_seconds_total", kCounter, U::kNanos, L::kNone, "Time since the warm-up"},
  });
}();

// Book levels of an instrument, best first: bid and ask side by side; lots 0: no such level.
inline constexpr std::size_t kBookRowsMax = 20;
inline constexpr auto kBookRow = [] {
  using enum MetricType;
  using U = MetricUnit;
  using L = MetricLabel;
  return std::to_array<Metric>({
      {"book_bid_price", kGauge, U::kTicks, L::kNone, "Price of the n-th best bid"},
      {"book_bid_quantity", kGauge, U::kLots, L::kNone, "All that is bid there"},
      {"book_ask_price", kGauge, U::kTicks, L::kNone, "Price of the n-th best ask"},
      {"book_ask_quantity", kGauge, U::kLots, L::kNone, "All that is asked there"},
  });
}();

// Orders of ours that may be live, each side best price first.
inline constexpr std::size_t kOrderRowsMax = 64;
inline constexpr auto kOrderRow = [] {
  using enum MetricType;
  using U = MetricUnit;
  using L = MetricLabel;
  return std::to_array<Metric>({
      {"order_id", kGauge, U::kId, L::kNone, "Client order id"},
      {"order_side", kGauge, U::kSide, L::kNone, "Its side"},
      {"order_state", kGauge, U::kOrderState, L::kNone, "Its state"},
      {"order_request", kGauge, U::kCommand, L::kNone, "The request that is under way; none"},
      {"order_decision", kGauge, U::kDecision, L::kNone, "Why the last request was made"},
      {"order_level", kGauge, U::kCount, L::kNone, "Ladder level that it serves; -1: none"},
      {"order_price", kGauge, U::kTicks, L::kNone, "Price at which it rests, or is to"},
      {"order_next_price", kGauge, U::kTicks, L::kNone, "Price that is asked for; 0: none"},
      {"order_quantity", kGauge, U::kLots, L::kNone, "Its size"},
      {"order_filled", kGauge, U::kLots, L::kNone, "Executed of it"},
      {"order_queue_ahead", kGauge, U::kLots, L::kNone,
       "At most so much stands before it at its price; -1: it does not rest"},
      {"order_price_quantity", kGauge, U::kLots, L::kNone, "All that the book shows at its price"},
      {"order_created_seconds", kGauge, U::kNanos, L::kNone, "Core time of its first request"},
  });
}();

// Levels of the ladder as last decided, each side nearest first, those left out included.
inline constexpr std::size_t kLevelRowsMax = 2 * kMaxLevelsPerSide;
inline constexpr auto kLevelRow = [] {
  using enum MetricType;
  using U = MetricUnit;
  using L = MetricLabel;
  return std::to_array<Metric>({
      {"level_side", kGauge, U::kSide, L::kNone, "Its side"},
      {"level_index", kGauge, U::kCount, L::kNone, "0 is the nearest"},
      {"level_price", kGauge, U::kTicks, L::kNone, "Price that is wanted; 0: not quoted now"},
      {"level_quantity", kGauge, U::kLots, L::kNone, "Size that is wanted"},
      {"level_reason", kGauge, U::kReason, L::kNone,
       "Why no order rests for it; quoting: one does, or is about to, or it is not wanted"},
      {"level_order_state", kGauge, U::kOrderState, L::kNone, "Of its order; free: it has none"},
      {"level_order_id", kGauge, U::kId, L::kNone, "Client order id; 0: it has none"},
  });
}();

template <std::size_t N>
constexpr std::size_t words_of(const std::array<Metric, N>& table) {
  std::size_t words = 0;
  for (const Metric& m : table) words += m.words();
  return words;
}

// Of everything that decides where a number stands and what it means, the names behind its labels
// and enums too.
std::uint64_t table_hash();

}  // namespace mm::counters
