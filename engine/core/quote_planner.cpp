#include "engine/core/quote_planner.h"

#include <algorithm>

namespace mm {
namespace {

constexpr std::int64_t kRequestWeight = std::int64_t{1} << 44;

// |a - b| / fair > limit, without division.
bool deviates(std::int64_t half_ticks_apart, HalfTicks fair, Ratio limit) {
  const Int128 apart = half_ticks_apart < 0 ? -half_ticks_apart : half_ticks_apart;
  return apart * kRatioScale > Int128{fair.v} * limit.v;
}

std::int64_t apart(Ticks a, Ticks b) {
  const std::int64_t ticks = (a - b).v < 0 ? (b - a).v : (a - b).v;
  return std::min(ticks, std::int64_t{1} << 36);
}

// Less than `fraction` of `whole`?
bool below(Lots part, Ratio fraction, Lots whole) {
  return Int128{part.v} * kRatioScale < Int128{whole.v} * fraction.v;
}

}  // namespace

// Sizes follow the price only loosely: an order is topped up when its leaves fall below
// refill_below of the target, and cut when the target falls below refill_below of its leaves, or
// at once when the exposure must shrink.
QuotePlanner::Fit QuotePlanner::fit_size(const Order& order, const Quote& target) const {
  const Lots leaves = order.leaves();
  const bool cut = leaves > target.lots &&
                   (in_->shrink || below(target.lots, params_->refill_below, leaves));
  if (cut) return {PlanStep::kResize, DecisionReason::kSizeChange, 1};
  if (!below(leaves, params_->refill_below, target.lots)) {
    return {PlanStep::kKeep, DecisionReason::kNone, 0};
  }
  const DecisionReason why =
      order.filled.v > 0 ? DecisionReason::kRefill : DecisionReason::kSizeChange;
  return {PlanStep::kMove, why, 1};
}

// SEMANTICS, Keep, amend, cancel: rules 2 to 5 (rule 1 is applied before matching).
QuotePlanner::Fit QuotePlanner::fit(const Candidate& candidate, const Quote& target) const {
  if (candidate.fixed) return {PlanStep::kKeep, DecisionReason::kNone, 0};
  const Order& order = *candidate.order;
  const HalfTicks fair = in_->fair;
  const std::int64_t deviation = 2 * (order.price - target.price).v;
  const std::int64_t distance = (fair.v - 2 * order.price.v) * sign(in_->side);
  const Ratio near(params_->min_spread.v -
                   static_cast<std::int64_t>(Int128{params_->min_spread.v} *
                                             params_->min_spread_tolerance.v / kRatioScale));
  Fit moved{PlanStep::kMove, DecisionReason::kNone, 1};
  // One tick of grace: a target rounded to the tick grid is never itself too near.
  const bool too_near = near.v > 0 && order.price != target.price &&
                        Int128{distance + 2} * kRatioScale < Int128{fair.v} * near.v;
  if (too_near) moved.why = DecisionReason::kTooNear;
  if (deviates(deviation, fair, params_->max_modify_deviation)) {
    return {PlanStep::kCancel, DecisionReason::kFarDeviation, 2};
  }
  if (moved.why == DecisionReason::kNone &&
      deviates(deviation, fair, params_->modify_threshold)) {
    moved.why = DecisionReason::kDeviation;
  }
  Fit result = moved.why != DecisionReason::kNone ? moved : fit_size(order, target);
  // Without a modify in place, an order with fills is cancelled, and placed anew once its final
  // executed quantity is known.
  if (result.step == PlanStep::kMove && order.filled.v > 0 && !rules_->modify_in_place) {
    result.step = PlanStep::kCancel;
    result.requests = 2;
  }
  return result;
}

void QuotePlanner::gather(const PlanInput& in, const OrderTable& table) {
  for (const std::uint16_t slot : in.live) {
    const Order& order = table.row(slot);
    const bool idle = is_resting(order.state) && order.in_flight == CommandKind::kNone;
    const bool leaving = order.state == OrderState::kPendingCancel || order.cancel_wanted;
    // A leaving order with fills holds its level until its final quantity is known.
    if (leaving && order.filled.v == 0) continue;
    const bool through = (order.price - in.opposite_best).v * sign(in.side) >= 0;
    if (idle && !leaving && (through || candidate_count_ == kOrdersMax)) {
      const auto why = through ? DecisionReason::kThroughTouch : DecisionReason::kNoTarget;
      add({PlanStep::kCancel, why, -1, slot, {}});
      continue;
    }
    if (candidate_count_ == kOrdersMax) continue;
    const bool moving = order.state == OrderState::kPendingModify;
    candidates_[candidate_count_++] = {&order, moving ? order.next_price : order.price,
                                       !idle || leaving};
  }
}

// Least-cost matching in price order, from the outermost pair inwards.
void QuotePlanner::match() {
  const std::size_t n = candidate_count_, m = in_->targets.size();
  cost_[n][m] = 0;
  for (std::size_t j = m; j-- > 0;) cost_[n][j] = cost_[n][j + 1] + kRequestWeight;
  for (std::size_t i = n; i-- > 0;) {
    const Candidate& c = candidates_[i];
    const std::int64_t drop = c.fixed ? 0 : kRequestWeight;
    cost_[i][m] = cost_[i + 1][m] + drop;
    for (std::size_t j = m; j-- > 0;) {
      const Quote& target = in_->targets[j];
      const std::int64_t pair = fit(c, target).requests * kRequestWeight +
                                apart(c.price, target.price) + cost_[i + 1][j + 1];
      cost_[i][j] =
          std::min({pair, cost_[i + 1][j] + drop, cost_[i][j + 1] + kRequestWeight});
    }
  }
}

// Walks the cheapest matching; cancels of unmatched orders come out before everything else.
void QuotePlanner::emit(const PlanInput& in) {
  std::array<PlanAction, kOrdersMax + kMaxLevelsPerSide> later;
  std::size_t later_count = 0, i = 0, j = 0;
  while (i < candidate_count_ || j < in.targets.size()) {
    const bool more_orders = i < candidate_count_, more_targets = j < in.targets.size();
    const auto level = static_cast<std::int8_t>(j);
    if (more_orders && more_targets) {
      const Candidate& c = candidates_[i];
      const Fit f = fit(c, in.targets[j]);
      const std::int64_t pair = f.requests * kRequestWeight +
                                apart(c.price, in.targets[j].price) + cost_[i + 1][j + 1];
      if (pair == cost_[i][j]) {
        const PlanAction action{f.step, f.why, level, c.order->slot, in.targets[j]};
        if (f.step == PlanStep::kCancel) {
          add(action);
          // An order without fills makes room at once; one with fills first reports its total.
          if (c.order->filled.v == 0) {
            later[later_count++] = {PlanStep::kPlace, f.why, level, kNoSlot, in.targets[j]};
          }
        } else if (f.step != PlanStep::kKeep) {
          later[later_count++] = action;
        }
        ++i, ++j;
        continue;
      }
    }
    const std::int64_t drop = more_orders && !candidates_[i].fixed ? kRequestWeight : 0;
    if (more_orders && cost_[i][j] == cost_[i + 1][j] + drop) {
      if (drop != 0) {
        add({PlanStep::kCancel, DecisionReason::kNoTarget, -1, candidates_[i].order->slot, {}});
      }
      ++i;
    } else {
      later[later_count++] = {PlanStep::kPlace, DecisionReason::kNewLevel, level, kNoSlot,
                              in.targets[j]};
      ++j;
    }
  }
  for (std::size_t k = 0; k < later_count; ++k) add(later[k]);
}

QuotePlanner::Actions QuotePlanner::plan(const PlanInput& in, const OrderTable& table,
                                         const StrategyParams& params, const VenueRules& rules) {
  in_ = &in;
  params_ = &params;
  rules_ = &rules;
  candidate_count_ = action_count_ = 0;
  gather(in, table);
  match();
  emit(in);
  return {actions_.data(), action_count_};
}

}  // namespace mm
