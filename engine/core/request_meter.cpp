#include "engine/core/request_meter.h"

#include <algorithm>
#include <cstddef>

#include "engine/core/assert.h"
#include "engine/core/request_cost.h"

namespace mm {
namespace {

constexpr std::int64_t kWhole = 10'000;  // 100 % in hundredths of a percent
void add(RequestTotals& totals, const RequestCost& c, std::int64_t times) {
  totals.raw += c.raw * times;
  totals.weight += c.weight * times;
  totals.orders += c.orders * times;
}

constexpr bool amends(CommandKind k) {
  return k == CommandKind::kReplace || k == CommandKind::kModify || k == CommandKind::kReduce;
}

// A cancel that only makes room for the same order at another price or size.
constexpr bool moves(DecisionReason why) {
  return why == DecisionReason::kTooNear || why == DecisionReason::kFarDeviation ||
         why == DecisionReason::kDeviation || why == DecisionReason::kSizeChange ||
         why == DecisionReason::kRefill;
}

constexpr std::int64_t ratio(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0 : part * kWhole / whole;
}

}  // namespace

RequestMeter::RequestMeter(std::span<const VenueRules> rules)
    : rules_(rules.begin(), rules.end()),
      shadows_(rules.size() * 2),
      by_instrument_(rules.size()) {}

void RequestMeter::on_sent(const Command& command) {
  count(command.instrument, command.kind, 1);
  const auto why = static_cast<DecisionReason>(command.why);
  if (command.kind == CommandKind::kCancel && moves(why)) {
    ++total_.replaced;
    ++by_instrument_[command.instrument].replaced;
  }
}

void RequestMeter::on_denied(InstrumentId instrument, CommandKind kind) {
  count(instrument, kind, -1);
}

void RequestMeter::count(InstrumentId instrument, CommandKind kind, std::int64_t times) {
  const RequestCost price = request_cost(rules_[instrument], kind);
  for (RequestUsage* usage : {&total_, &by_instrument_[instrument]}) {
    usage->counts[static_cast<std::size_t>(kind)] += times;
    add(usage->sent, price, times);
    if (amends(kind)) usage->amended += times;
  }
}

void RequestMeter::shadow_requests(InstrumentId instrument, std::int64_t cancels,
                                   std::int64_t places) {
  for (RequestUsage* usage : {&total_, &by_instrument_[instrument]}) {
    add(usage->cancel_place_equivalent, rules_[instrument].cancel, cancels);
    add(usage->cancel_place_equivalent, rules_[instrument].place, places);
  }
}

void RequestMeter::on_desired(InstrumentId instrument, Side side, std::span<const Quote> ladder,
                              Nanos now) {
  MM_ASSERT(ladder.size() <= kMaxLevelsPerSide, "a ladder of at most kMaxLevelsPerSide levels");
  ShadowLadder& shadows = shadows_[std::size_t{instrument} * 2 + index(side)];
  std::int64_t cancels = 0, places = 0;
  for (std::size_t level = 0; level < std::max(ladder.size(), shadows.used); ++level) {
    Shadow& shadow = shadows.levels[level];
    const bool wanted = level < ladder.size();
    if (!wanted && !shadow.live) continue;
    if (wanted && shadow.live && shadow.price == ladder[level].price &&
        shadow.lots == ladder[level].lots) {
      continue;
    }
    if (shadow.touched && now - shadow.changed < kShadowInterval) continue;
    cancels += shadow.live;
    places += wanted;
    shadow = {.changed = now, .live = wanted, .touched = true};
    if (wanted) {
      shadow.price = ladder[level].price;
      shadow.lots = ladder[level].lots;
    }
  }
  shadows.used = std::max(shadows.used, ladder.size());
  if (cancels + places > 0) shadow_requests(instrument, cancels, places);
}

void RequestMeter::on_reset(InstrumentId instrument, Nanos now) {
  std::int64_t orders = 0;
  for (const Side side : kSides) {
    for (Shadow& shadow : shadows_[std::size_t{instrument} * 2 + index(side)].levels) {
      if (!shadow.live) continue;
      shadow.changed = now;
      ++orders;
    }
  }
  shadow_requests(instrument, orders, orders);
}

std::int64_t RequestUsage::saved_pct_hundredths() const {
  return cancel_place_equivalent.raw == 0 ? 0
                                          : kWhole - ratio(sent.raw, cancel_place_equivalent.raw);
}

std::int64_t RequestUsage::amend_saved_pct_hundredths() const {
  const std::int64_t changes = amended + replaced;
  return changes == 0 ? 0 : kWhole - ratio(amended + 2 * replaced, 2 * changes);
}

RequestTotals RequestUsage::sent_per_equivalent_hundredths() const {
  return {ratio(sent.raw, cancel_place_equivalent.raw),
          ratio(sent.weight, cancel_place_equivalent.weight),
          ratio(sent.orders, cancel_place_equivalent.orders)};
}

}  // namespace mm
