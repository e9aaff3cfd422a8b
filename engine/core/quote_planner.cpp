#include "engine/core/quote_planner.h"

#include <algorithm>
#include <cstdlib>
#include <limits>

#include "engine/core/divide.h"

namespace mm {
namespace {

constexpr std::int64_t kRequestWeight = std::int64_t{1} << 44;
constexpr std::int64_t kApartMax = std::int64_t{1} << 36;  // for all levels below one request
static_assert(kMaxLevelsPerSide * std::int64_t{std::numeric_limits<std::int32_t>::max()} <
              kApartMax);

std::int64_t apart(Ticks a, Ticks b) {
  const std::int64_t ticks = (a - b).v < 0 ? (b - a).v : (a - b).v;
  return std::min(ticks, kApartMax);
}

bool is_leaving(const Order& order) {
  return order.state == OrderState::kPendingCancel || order.cancel_wanted;
}
// Nothing can be sent for it now.
bool is_fixed(const Order& order) {
  const bool idle = is_resting(order.state) && order.in_flight == CommandKind::kNone;
  return !idle || order.cancel_wanted;
}
// Where it rests, or will when the request in flight succeeds.
Ticks price_to_be(const Order& order) {
  return order.state == OrderState::kPendingModify ? order.next_price : order.price;
}

// Less than `fraction` of `whole`?
bool below(Lots part, Ratio fraction, Lots whole) {
  return Int128{part.v} * kRatioScale < Int128{whole.v} * fraction.v;
}

}  // namespace

// In whole half ticks these decide like the exact fractions: what is compared is a whole number.
// All but the last fit in 64 bits, as no fraction is above 1.
PlanBounds plan_bounds(HalfTicks fair, const StrategyParams& params, int patience) {
  constexpr std::int64_t kNowhereNear = std::numeric_limits<std::int64_t>::min();
  const std::int64_t spread = params.min_spread.v;
  const std::int64_t near = spread - spread * params.min_spread_tolerance.v / kRatioScale;
  const Int128 keep = Int128{fair.v} * params.modify_threshold.v * patience;
  return {.near = near > 0 ? (fair.v * near + kRatioScale - 1) / kRatioScale : kNowhereNear,
          .far = fair.v * params.max_modify_deviation.v / kRatioScale,
          .keep = static_cast<std::int64_t>(divide(keep, kRatioScale))};
}

// refill_below is at most 1, so only the smaller of both sizes may be too small for the other.
bool QuotePlanner::has_size(const Order& order, const Quote& target) const {
  const Lots leaves = order.leaves();
  const Lots more = std::max(leaves, target.lots);
  return !below(std::min(leaves, target.lots), params_->refill_below, more);
}

// Sizes follow the price only loosely: an order is topped up when its leaves fall below
// refill_below of the target, and cut when the target falls below refill_below of its leaves.
QuotePlanner::Fit QuotePlanner::fit_size(const Order& order, const Quote& target) const {
  if (has_size(order, target)) return kStays;
  if (target.lots < order.leaves()) return {PlanStep::kResize, DecisionReason::kSizeChange};
  return {PlanStep::kMove,
          order.filled.v > 0 ? DecisionReason::kRefill : DecisionReason::kSizeChange};
}

// README, Amend first: rules 2 to 5 (rule 1 is applied before matching).
QuotePlanner::Fit QuotePlanner::fit_price(const Order& order, const Quote& target) const {
  const std::int64_t distance = (in_->fair.v - 2 * order.price.v) * sign(in_->side);
  const std::int64_t deviation = 2 * std::abs((order.price - target.price).v);
  if (deviation != 0 && distance < in_->bounds.near) {
    return {PlanStep::kMove, DecisionReason::kTooNear};
  }
  if (deviation > in_->bounds.far) return {PlanStep::kCancel, DecisionReason::kFarDeviation};
  if (deviation > in_->bounds.keep) return {PlanStep::kMove, DecisionReason::kDeviation};
  return fit_size(order, target);
}

QuotePlanner::Fit QuotePlanner::fit(const Order& order, const Quote& target) const {
  Fit result = fit_price(order, target);
  if (result.step == PlanStep::kMove && !amendable(order)) result.step = PlanStep::kCancel;
  return result;
}

// Without a modify in place, an order with fills is cancelled, and placed anew once its final
// executed quantity is known; any order where the venue replaces none.
bool QuotePlanner::amendable(const Order& order) const {
  return rules_->modify_in_place || (rules_->cancel_replace && order.filled.v == 0);
}

bool QuotePlanner::is_through(const Order& order) const {
  return (order.price - in_->opposite_best).v * sign(in_->side) >= 0;
}

// Keeps the candidates in price order.
void QuotePlanner::insert(const Candidate& candidate) {
  std::size_t i = candidate_count_++;
  for (; i > 0; --i) {
    if ((candidates_[i - 1].price - candidate.price).v * sign(in_->side) >= 0) break;
    candidates_[i] = candidates_[i - 1];
  }
  candidates_[i] = candidate;
}

void QuotePlanner::gather() {
  for (const std::uint16_t slot : in_->live) {
    const Order& order = table_->row(slot);
    // A leaving order with fills holds its level until its final quantity is known.
    if (is_leaving(order) && order.filled.v == 0) continue;
    const bool through = is_through(order);
    const bool fixed = is_fixed(order);
    const bool cancel = !fixed && (through || candidate_count_ == kOrdersMax);
    if (cancel) {
      const auto why = through ? DecisionReason::kThroughTouch : DecisionReason::kNoTarget;
      add({PlanStep::kCancel, why, -1, slot, {}});
      if (order.filled.v == 0) continue;
    }
    if (candidate_count_ == kOrdersMax) continue;
    insert({&order, price_to_be(order), fixed || cancel});
  }
}

// Cost of serving one target with one order where both are paired directly. A direct move wins
// over a rolled one (see roll) that costs the same, and the nearest over others.
std::int64_t QuotePlanner::pair_cost(std::size_t i, std::size_t j) const {
  const Candidate& candidate = candidates_[i];
  const Fit f = fits_[i][j];
  const std::int64_t distance = apart(candidate.price, in_->targets[j].price);
  if (f.step == PlanStep::kKeep) return distance;
  // No better than leaving both over; with fills the target waits for the order's end.
  if (f.step == PlanStep::kCancel && candidate.order->filled.v == 0) return 2 * kRequestWeight;
  return kRequestWeight - kApartMax + distance;
}

// Least-cost matching in price order, from the outermost pair inwards. An order left over and a
// target left over cost one request together (roll), so each costs half.
void QuotePlanner::match() {
  const std::size_t n = candidate_count_, m = in_->targets.size();
  cost_[n][m] = 0;
  for (std::size_t j = m; j-- > 0;) cost_[n][j] = cost_[n][j + 1] + kRequestWeight / 2;
  for (std::size_t i = n; i-- > 0;) {
    const Candidate& c = candidates_[i];
    const std::int64_t drop = c.fixed ? 0 : kRequestWeight / 2;
    cost_[i][m] = cost_[i + 1][m] + drop;
    for (std::size_t j = m; j-- > 0;) {
      fits_[i][j] = c.fixed ? kStays : fit(*c.order, in_->targets[j]);
      const std::int64_t pair = pair_cost(i, j) + cost_[i + 1][j + 1];
      cost_[i][j] = std::min({pair, cost_[i + 1][j] + drop, cost_[i][j + 1] + kRequestWeight / 2});
    }
  }
}

// Walks the cheapest matching. What must be cancelled comes out first; then the left-over orders
// roll to the left-over targets; then everything else, nearest level first.
void QuotePlanner::emit() {
  leftover_orders_.clear();
  kept_.clear();
  later_.clear();
  std::size_t i = 0, j = 0;
  const std::size_t n = candidate_count_, m = in_->targets.size();
  while (i < n || j < m) {
    const auto level = static_cast<std::int8_t>(j);
    const bool pairs = i < n && j < m && pair_cost(i, j) + cost_[i + 1][j + 1] == cost_[i][j];
    if (pairs) {
      emit_pair(i++, level);
      ++j;
      continue;
    }
    const std::int64_t drop = i < n && !candidates_[i].fixed ? kRequestWeight / 2 : 0;
    if (i < n && cost_[i][j] == cost_[i + 1][j] + drop) {
      if (drop != 0) leftover_orders_.add(candidates_[i].order->slot);
      ++i;
    } else {
      later_.add({PlanStep::kPlace, DecisionReason::kNewLevel, level, kNoSlot, in_->targets[j++]});
    }
  }
  roll_all();
  give_way();
  for (std::size_t k = 0; k < later_.size; ++k) {
    if (later_.items[k].step != PlanStep::kKeep) add(later_.items[k]);
  }
}

void QuotePlanner::emit_pair(std::size_t i, std::int8_t level) {
  const auto j = static_cast<std::size_t>(level);
  const Fit f = fits_[i][j];
  const PlanAction action{f.step, f.why, level, candidates_[i].order->slot, in_->targets[j]};
  if (f.step == PlanStep::kCancel) {
    add(action);
  } else if (f.step != PlanStep::kKeep) {
    later_.add(action);
  } else if (!candidates_[i].fixed) {
    kept_.add(action);
  }
}

// A left-over order goes to a left-over target with one request where an amend may reach it;
// otherwise it is cancelled and the target is placed.
void QuotePlanner::roll_all() {
  std::size_t next = 0, cancelled = 0, places = 0;
  for (std::size_t k = 0; k < leftover_orders_.size; ++k) {
    const std::uint16_t slot = leftover_orders_.items[k];
    if (!roll(table_->row(slot), next)) leftover_orders_.items[cancelled++] = slot;
  }
  for (std::size_t k = 0; k < later_.size; ++k) {
    if (later_.items[k].step == PlanStep::kPlace) ++places;
  }
  for (std::size_t k = 0; k < cancelled; ++k) {
    const auto why = k < places ? DecisionReason::kFarDeviation : DecisionReason::kNoTarget;
    add({PlanStep::kCancel, why, -1, leftover_orders_.items[k], {}});
  }
}

// Orders and targets left over both run from the touch outwards, so the search never goes back.
bool QuotePlanner::roll(const Order& order, std::size_t& next) {
  for (; next < later_.size; ++next) {
    PlanAction& level = later_.items[next];
    if (level.step != PlanStep::kPlace) continue;
    if (!amendable(order)) {
      add({PlanStep::kCancel, DecisionReason::kDeviation, level.level, order.slot, level.target});
      level.step = PlanStep::kKeep;
      return true;
    }
    const Fit f = fit_price(order, level.target);
    if (f.step != PlanStep::kCancel) {
      const bool near = f.why == DecisionReason::kTooNear;
      level.step = PlanStep::kMove;
      level.why = near ? DecisionReason::kTooNear : DecisionReason::kDeviation;
      level.slot = order.slot;
      return true;
    }
    const std::int64_t outwards = (order.price - level.target.price).v * sign(in_->side);
    if (outwards > 0) return false;
  }
  return false;
}

// A limit that follows the price shrinks by a few lots at every tick, and positions grow by fills:
// orders that could stay give way from the outermost inwards, no more of them than the excess
// takes. Every one cut to its target, the side is within the limit again.
void QuotePlanner::give_way() {
  Lots excess = in_->excess;
  if (excess.v <= 0) return;
  for (std::size_t k = 0; k < action_count_; ++k) {
    excess -= table_->row(actions_[k].slot).intended();
  }
  for (std::size_t k = 0; k < later_.size; ++k) {
    const PlanAction& a = later_.items[k];
    const bool amends = a.step == PlanStep::kMove || a.step == PlanStep::kResize;
    if (!amends) continue;
    const Lots leaves = table_->row(a.slot).intended();
    if (leaves > a.target.lots) excess -= leaves - a.target.lots;
  }
  for (std::size_t k = kept_.size; k-- > 0 && excess.v > 0;) {
    PlanAction action = kept_.items[k];
    const Lots leaves = table_->row(action.slot).leaves();
    action.target.lots = cut(leaves, action.target.lots);
    if (action.target.lots >= leaves) continue;
    action.step = PlanStep::kResize;
    action.why = DecisionReason::kSizeChange;
    excess -= leaves - action.target.lots;
    later_.add(action);
  }
}

// To its target, and by an eighth at least, so that the next ticks ask for nothing; but not so far
// that it would be topped up.
Lots QuotePlanner::cut(Lots leaves, Lots target) const {
  const Lots rest = leaves - Lots(std::max<std::int64_t>(leaves.v / 8, 1));
  return below(rest, params_->refill_below, target) ? target : std::min(rest, target);
}

// The first order at or after `i` that does not rest where and as its target wants it: rules 1 to 5
// in short, for what is nearly always so. Prices are signed so that a better one is greater.
std::size_t QuotePlanner::first_to_move(std::size_t i) const {
  const PlanInput& in = *in_;
  const std::int64_t side = sign(in.side), fair = in.fair.v * side;
  const std::int64_t opposite = in.opposite_best.v * side;
  const std::int64_t off_max = std::min(in.bounds.keep, in.bounds.far) / 2;
  const std::int64_t near = in.bounds.near;
  for (; i < in.live.size(); ++i) {
    const Order& order = table_->row(in.live[i]);
    const Quote& target = in.targets[i];
    const std::int64_t price = order.price.v * side, off = price - target.price.v * side;
    if (is_fixed(order) || price >= opposite || off > off_max || off < -off_max) break;
    if ((off != 0 && fair - 2 * price < near) || !has_size(order, target)) break;
  }
  return i;
}

// Nearly always every order may stay at its own level, or one must follow it: found without
// matching, as long as the orders are in price order. No other matching is as cheap then: it leaves
// over an order and a target, which cost a request that no distance outweighs. An order that is
// fixed costs nothing when left over, so it decides nothing here.
bool QuotePlanner::in_place() {
  const std::size_t n = in_->live.size();
  if (n != in_->targets.size() || in_->excess.v > 0) return false;
  const std::size_t first = first_to_move(0);
  return first == n || one_follows(first);
}

bool QuotePlanner::one_follows(std::size_t first) {
  const std::size_t n = in_->live.size();
  bool any_fixed = false;
  std::size_t wrong = n;  // the order that needs a request, if one does
  Fit request{};
  for (std::size_t i = first; i < n; i = first_to_move(i + 1)) {
    if ((i > 0 && !in_order(i - 1)) || (i + 1 < n && !in_order(i))) return false;
    const Order& order = table_->row(in_->live[i]);
    if (is_fixed(order)) {
      if (is_leaving(order) && order.filled.v == 0) return false;  // its level is free
      any_fixed = true;
      continue;
    }
    if (is_through(order) || wrong < i) return false;
    request = fit(order, in_->targets[i]);
    if (request.step == PlanStep::kCancel) return false;
    wrong = i;
  }
  if (wrong == n) return true;
  if (any_fixed) return false;
  add({request.step, request.why, static_cast<std::int8_t>(wrong), in_->live[wrong],
       in_->targets[wrong]});
  return true;
}

// Whether the i-th order will stand no farther out than the one behind it.
bool QuotePlanner::in_order(std::size_t i) const {
  const Ticks inner = price_to_be(table_->row(in_->live[i]));
  const Ticks outer = price_to_be(table_->row(in_->live[i + 1]));
  return (inner - outer).v * sign(in_->side) >= 0;
}

QuotePlanner::Actions QuotePlanner::plan(const PlanInput& in, const OrderTable& table,
                                         const StrategyParams& params, const VenueRules& rules) {
  in_ = &in;
  table_ = &table;
  params_ = &params;
  rules_ = &rules;
  candidate_count_ = action_count_ = 0;
  if (!in_place()) {
    gather();
    match();
    emit();
  }
  return {actions_.data(), action_count_};
}

}  // namespace mm
