#include "engine/counters/metric.h"

namespace mm::counters {
namespace {

std::string pair(std::string_view label, std::string_view value) {
  return std::string(label) + "=\"" + std::string(value) + "\"";
}

}  // namespace

std::string label_text(MetricLabel label, std::size_t i) {
  constexpr auto kReasons = static_cast<std::size_t>(QuoteReason::kCount);
  switch (label) {
    case MetricLabel::kNone:
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
    case MetricLabel::kBudget:
      return pair("limit", kBudgets[i]);
  }
  return {};
}

}  // namespace mm::counters
