// Why a side, or a level of it, is not quoted, and why each decision was made: two enums shown
// everywhere by name.
//
// Written by the core on every decision, read by status, summary, journal and explain.
#pragma once

#include <cstdint>

namespace mm {

// Why nothing, or not everything wanted, is quoted; which of both is said beside it. README, Risk.
enum class QuoteReason : std::uint8_t {
  kQuoting,
  kDisconnected,
  kReconciling,
  kStaleData,
  kOwnLag,
  kBookCrossed,
  kThinBook,
  kWarmUp,
  kPositionLimit,
  kOrderLimit,
  kInsufficientBalance,
  kBelowMinSize,
  kPriceCollar,
  kLossLimit,
  kVolatilityHalt,
  kPriceBand,
  kRateBudget,
  kFillPause,
  kPostOnlyBreaker,
  kCircuitBreaker,
  kSymbolHalted,
  kReset,
  kPaused,
  kHalted,
  kCount
};
const char* name(QuoteReason r);

// Why the planner did what it did to one order or level.
enum class DecisionReason : std::uint8_t {
  kNone,
  kNewLevel,      // no order served the level
  kRefill,        // partially filled below refill_below
  kThroughTouch,  // at or through the opposite best: cancel
  kTooNear,       // inside min_spread * (1 - tolerance)
  kFarDeviation,  // over max_modify_deviation: cancel and place
  kDeviation,     // over modify_threshold: amend
  kSizeChange,
  kNoTarget,  // more orders than levels
  kPulled,    // the side or all quotes are pulled
  kResetCancel,
  kRetry,
  kResolve,  // query for an Unknown order
  kShutdown,
  kStray,    // cancel of an order of ours that has no row
  kAdopted,  // placed by an earlier start; nothing was decided yet
  kCount
};
const char* name(DecisionReason r);

}  // namespace mm
