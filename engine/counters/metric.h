// What one published number is: its name, what its integer means, and its help.
//
// Compile-time data, no state. A metric has one value, or one for each member of its label; a value
// is a 64-bit integer, or two words where it is Money. Whoever shows numbers (top, Prometheus, web)
// takes names, units and help from the tables in metric_table.h.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/core/command.h"
#include "engine/core/event.h"
#include "engine/core/invariants.h"
#include "engine/core/order.h"
#include "engine/core/reason.h"
#include "engine/core/types.h"

namespace mm::counters {

enum class MetricType : std::uint8_t {
  kCounter,  // never goes back while the engine lives
  kGauge,
  kHistogram  // a count up to each bound, of all of them, and their sum behind
};

enum class MetricUnit : std::uint8_t {
  kCount,      // as it is
  kFlag,       // 0 or 1
  kPercent,    // shown as a fraction
  kNanos,      // shown in seconds
  kAmount,     // 1e-8 of the base asset
  kMoney,      // 1e-18 of the quote asset, two words: low, high
  kTicks,      // a price in ticks of the instrument
  kHalfTicks,  // a price in half ticks
  kLots,       // a quantity in lots of the instrument
  kId,         // of an order, as the journal writes it
  // One of an enum, shown by its name.
  kSide,
  kReason,      // QuoteReason
  kDecision,    // DecisionReason
  kOrderState,  // OrderState
  kCommand,     // CommandKind
  kSession      // SessionState
};

enum class MetricLabel : std::uint8_t {
  kNone,
  kSide,
  kSideReason,
  kEvent,
  kCommand,
  kInvariant,
  kOutcome,     // of orders: placed, amended, cancelled, rejected, denied, filled
  kOrderState,  // of orders that may be live
  kBudget,      // of the venue's limits: raw, weight, orders
  kWindow,      // of limits in time: our own of places and amends, the venue's
  kBound,       // of a histogram: seconds that its values do not exceed
  kQuantile,
  kQuote  // none of its own: all instruments of one quote asset have the same value
};

inline constexpr std::string_view kOutcomes[] = {"placed",   "amended", "cancelled",
                                                 "rejected", "denied",  "filled"};
inline constexpr std::string_view kBudgets[] = {"raw", "weight", "orders"};
enum class Window : std::uint8_t { kOwn, kOrders, kWeight };
inline constexpr std::string_view kWindows[] = {"own", "orders", "weight"};

// Whoever reads percentiles off the bounds errs by a factor of 2.5 at most.
inline constexpr auto kLatencyBounds = [] {
  std::array<Nanos, 25> bounds{};
  std::size_t n = 0;
  for (Nanos decade(100); n + 1 < bounds.size(); decade = decade * 10) {
    for (const std::int64_t step : {1, 2, 5}) bounds[n++] = decade * step;
  }
  bounds[n] = kSecond * 10;
  return bounds;
}();
static_assert(kLatencyBounds.front() == Nanos(100) && kLatencyBounds[23] == kSecond * 5);

struct Quantile {
  std::uint32_t ppm;
  std::string_view text;
};
inline constexpr Quantile kQuantiles[] = {
    {500'000, "0.5"}, {900'000, "0.9"}, {990'000, "0.99"}, {999'000, "0.999"}, {1'000'000, "1"}};

constexpr std::size_t kLiveStates =
    static_cast<std::size_t>(OrderState::kFilled) - static_cast<std::size_t>(OrderState::kFree) - 1;
constexpr std::size_t live_state(OrderState s) {
  return static_cast<std::size_t>(s) - static_cast<std::size_t>(OrderState::kFree) - 1;
}

constexpr std::size_t values_of(MetricLabel label) {
  const auto reasons = static_cast<std::size_t>(QuoteReason::kCount);
  switch (label) {
    case MetricLabel::kNone:
    case MetricLabel::kQuote:
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
    case MetricLabel::kOrderState:
      return kLiveStates;
    case MetricLabel::kBudget:
      return std::size(kBudgets);
    case MetricLabel::kWindow:
      return std::size(kWindows);
    case MetricLabel::kBound:
      return kLatencyBounds.size() + 1;
    case MetricLabel::kQuantile:
      return std::size(kQuantiles);
  }
  return 0;
}
constexpr bool has_members(MetricLabel label) {
  return label != MetricLabel::kNone && label != MetricLabel::kQuote;
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
  constexpr std::size_t words() const {
    return values_of(label) * words_each() + (type == MetricType::kHistogram ? 1 : 0);
  }
};

// The label of the i-th value: `side="buy",reason="paused"`; empty where a metric has one value.
std::string label_text(MetricLabel label, std::size_t i);

// What ticks and lots are worth.
struct Scale {
  Amount tick{}, lot{};
};
// As people write it: decimals in the unit's own asset, seconds, the name of an enum's member.
std::string value_text(MetricUnit unit, const Scale& scale, std::int64_t low, std::int64_t high);
// The label under which an enum's member is told; empty for numbers.
std::string_view enum_label(MetricUnit unit);
// The member's name; `?` for one that there is not. Of an enum only.
const char* enum_name(MetricUnit unit, std::int64_t value);

}  // namespace mm::counters
