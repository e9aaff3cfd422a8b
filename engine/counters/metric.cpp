#include "engine/counters/metric.h"

#include "engine/core/decimal_text.h"

namespace mm::counters {
namespace {

std::string pair(std::string_view label, std::string_view value) {
  return std::string(label) + "=\"" + std::string(value) + "\"";
}

std::string bound_text(std::size_t i) {
  return i < kLatencyBounds.size() ? DecimalText(kLatencyBounds[i].v, 9).str() : "+Inf";
}

// Read from a file: it may be anything.
template <class E>
const char* name_of(std::int64_t value, E end) {
  const bool is_one = value >= 0 && value < static_cast<std::int64_t>(end);
  return is_one ? name(static_cast<E>(value)) : "?";
}

}  // namespace

std::string label_text(MetricLabel label, std::size_t i) {
  constexpr auto kReasons = static_cast<std::size_t>(QuoteReason::kCount);
  switch (label) {
    case MetricLabel::kNone:
    case MetricLabel::kQuote:
      return {};
    case MetricLabel::kSide:
      return pair("side", name(static_cast<Side>(i)));
    case MetricLabel::kSideReason:
      return pair("side", name(static_cast<Side>(i / kReasons))) + "," +
             pair("reason", name(static_cast<QuoteReason>(i % kReasons)));
    case MetricLabel::kEvent:
      return pair("kind", name(static_cast<EventKind>(i)));
    case MetricLabel::kCommand:
      return pair("kind", name(static_cast<CommandKind>(i)));
    case MetricLabel::kInvariant:
      return pair("invariant", name(static_cast<Invariant>(i)));
    case MetricLabel::kOutcome:
      return pair("outcome", kOutcomes[i]);
    case MetricLabel::kOrderState:
      return pair("state", name(static_cast<OrderState>(i + 1)));
    case MetricLabel::kBudget:
      return pair("limit", kBudgets[i]);
    case MetricLabel::kWindow:
      return pair("window", kWindows[i]);
    case MetricLabel::kBound:
      return pair("le", bound_text(i));
    case MetricLabel::kQuantile:
      return pair("q", kQuantiles[i].text);  // `quantile` is for summaries
  }
  return {};
}

std::string_view enum_label(MetricUnit unit) {
  switch (unit) {
    case MetricUnit::kSide:
      return "side";
    case MetricUnit::kReason:
    case MetricUnit::kDecision:
      return "reason";
    case MetricUnit::kOrderState:
    case MetricUnit::kSession:
      return "state";
    case MetricUnit::kCommand:
      return "kind";
    default:
      return {};
  }
}

const char* enum_name(MetricUnit unit, std::int64_t value) {
  switch (unit) {
    case MetricUnit::kSide:
      return value == 0 || value == 1 ? name(static_cast<Side>(value)) : "?";
    case MetricUnit::kReason:
      return name_of(value, QuoteReason::kCount);
    case MetricUnit::kDecision:
      return name_of(value, DecisionReason::kCount);
    case MetricUnit::kOrderState:
      return name_of(value, OrderState::kCount);
    case MetricUnit::kCommand:
      return name_of(value, CommandKind::kCount);
    case MetricUnit::kSession: {
      constexpr const char* kStates[] = {"down", "up", "reconciling"};
      return value >= 0 && value < 3 ? kStates[value] : "?";
    }
    default:
      return "?";
  }
}

std::string value_text(MetricUnit unit, const Scale& scale, std::int64_t low, std::int64_t high) {
  switch (unit) {
    case MetricUnit::kPercent:
      return DecimalText(low, 2).str();
    case MetricUnit::kNanos:
      return DecimalText(low, 9).str();
    case MetricUnit::kAmount:
      return DecimalText(low, 8).str();
    case MetricUnit::kMoney:
      return DecimalText((Int128{high} << 64) | static_cast<std::uint64_t>(low), 18).str();
    case MetricUnit::kTicks:
      return DecimalText(Int128{low} * scale.tick.v, 8).str();
    case MetricUnit::kHalfTicks:
      return DecimalText(Int128{low} * scale.tick.v * 5, 9).str();
    case MetricUnit::kLots:
      return DecimalText(Int128{low} * scale.lot.v, 8).str();
    case MetricUnit::kId:
      return DecimalText(static_cast<std::uint64_t>(low), 0).str();
    case MetricUnit::kCount:
    case MetricUnit::kFlag:
      return DecimalText(low, 0).str();
    default:
      return enum_name(unit, low);
  }
}

}  // namespace mm::counters
