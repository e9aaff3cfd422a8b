// What one published number is: its name, what its integer means, and its help.
//
// Compile-time data, no state. A metric has one value, or one for each member of its label; a value
// is a 64-bit integer, or two words where it is Money. Whoever shows numbers (status, Prometheus,
// web) takes names, units and help from the tables in metric_table.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/core/command.h"
#include "engine/core/event.h"
#include "engine/core/invariants.h"
#include "engine/core/reason.h"
#include "engine/core/types.h"

namespace mm::counters {

enum class MetricType : std::uint8_t {
  kCounter,  // never goes back while the engine lives
  kGauge
};

enum class MetricUnit : std::uint8_t {
  kCount,      // as it is
  kFlag,       // 0 or 1
  kNanos,      // shown in seconds
  kAmount,     // 1e-8 of the base asset
  kMoney,      // 1e-18 of the quote asset, two words: low, high
  kTicks,      // a price in ticks of the instrument
  kHalfTicks,  // a price in half ticks
  kReason      // a QuoteReason
};

enum class MetricLabel : std::uint8_t {
  kNone,
  kSide,
  kSideReason,
  kEvent,
  kCommand,
  kInvariant,
  kOutcome,  // of orders: placed, amended, cancelled, rejected, denied, filled
  kBudget    // of the venue's limits: raw, weight, orders
};

inline constexpr std::string_view kOutcomes[] = {"placed",   "amended", "cancelled",
                                                 "rejected", "denied",  "filled"};
inline constexpr std::string_view kBudgets[] = {"raw", "weight", "orders"};

constexpr std::size_t values_of(MetricLabel label) {
  const auto reasons = static_cast<std::size_t>(QuoteReason::kCount);
  switch (label) {
    case MetricLabel::kNone:
      return 1;
    case MetricLabel::kSide:
      return std::size(kSides);
    case MetricLabel::kSideReason:
      return std::size(kSides) * reasons;
    case MetricLabel::kEvent:
      return static_cast<std::size_t>(EventKind::kCount);
    case MetricLabel::kCommand:
      return static_cast<std::size_t>(CommandKind::kCount);
    case MetricLabel::kInvariant:
      return static_cast<std::size_t>(Invariant::kCount);
    case MetricLabel::kOutcome:
      return std::size(kOutcomes);
    case MetricLabel::kBudget:
      return std::size(kBudgets);
  }
  return 0;
}
constexpr std::size_t side_reason(Side side, QuoteReason reason) {
  return index(side) * static_cast<std::size_t>(QuoteReason::kCount) +
         static_cast<std::size_t>(reason);
}

struct Metric {
  std::string_view name;  // without the prefix mm_
  MetricType type;
  MetricUnit unit;
  MetricLabel label;
  std::string_view help;

  constexpr std::size_t words_each() const { return unit == MetricUnit::kMoney ? 2 : 1; }
  constexpr std::size_t words() const { return values_of(label) * words_each(); }
};

// The label of the i-th value: `side="buy",reason="paused"`; empty where a metric has one value.
std::string label_text(MetricLabel label, std::size_t i);

}  // namespace mm::counters
