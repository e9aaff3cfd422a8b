// From ladder to requests: one side's plan carried out within limits and budget.
#include <algorithm>

#include "engine/core/core.h"

namespace mm {
namespace {

// Tolerance widens before the wall: each step of pressure doubles it.
int patience(BudgetPressure pressure) {
  return pressure == BudgetPressure::kScarce ? 4 : pressure == BudgetPressure::kSaving ? 2 : 1;
}

// Where requests are scarce the outer half of the ladder stays as it is, unless it must give way.
bool may_wait(const PlanAction& action, std::size_t levels) {
  const bool adds = action.step == PlanStep::kPlace || action.step == PlanStep::kMove;
  const bool outer = 2 * static_cast<std::size_t>(action.level) >= levels;
  return adds && outer && action.why != DecisionReason::kTooNear;
}

// What a request takes of the asset that pays, less what the order it replaces sets free.
Int128 cost(Side side, const Quote& quote, const Order* freed) {
  const Int128 taken = payment(side, quote.price, quote.lots);
  return freed == nullptr ? taken : taken - payment(side, freed->price, freed->leaves());
}

}  // namespace

void Core::pull(InstrumentState& s, Side side, DecisionReason why, CommandBuffer& out) {
  for (std::size_t i = table_.live(s.id, side).size(); i-- > 0;) {
    lifecycle_.request_cancel(table_.row(table_.live(s.id, side)[i]), why, now_, out);
  }
}

// Once, after our own have been cancelled by id; again if it is refused, or when somebody answers.
void Core::cancel_all(InstrumentState& s, CommandBuffer& out) {
  if (now_ < s.cancel_all_at || lifecycle_.session(s.id) == SessionState::kDown) return;
  s.cancel_all_at = kNever;
  Command command;
  command.kind = CommandKind::kCancelAll;
  send(s, command, out);
}

// What the orders that will rest hold beyond the room. They hold no more than what may be live.
Lots Core::excess(const InstrumentState& s, Side side) const {
  const Lots room = s.side(side).room;
  if (table_.exposure(s.id, side) <= room) return Lots(0);
  Lots intended{};
  for (const std::uint16_t slot : table_.live(s.id, side)) intended += table_.row(slot).intended();
  return std::max(Lots(0), intended - room);
}

void Core::work_side(InstrumentState& s, Side side, CommandBuffer& out) {
  SideState& state = s.side(side);
  const Instrument& instrument = s.config.instrument;
  const BudgetPressure pressure = budget_.pressure(now_);
  const Lots allowed = state.room;
  PlanInput input{.side = side,
                  .live = table_.live(s.id, side),
                  .targets = s.ladder.side(side).quotes(),
                  .fair = s.fair,
                  .opposite_best = side == Side::kBuy ? s.touch.ask : s.touch.bid,
                  .bounds = turn_.bounds,
                  .excess = excess(s, side)};
  const auto plan = [&] {
    return planner_.plan(input, table_, s.config.strategy, instrument.rules);
  };
  QuotePlanner::Actions actions = plan();
  if (pressure != BudgetPressure::kNone) {
    const std::size_t wanted = actions.size();
    input.bounds = plan_bounds(s.fair, s.config.strategy, patience(pressure));
    actions = plan();
    if (state.gate == Gate::kOpen && actions.size() < wanted) {
      state.reason = QuoteReason::kRateBudget;
    }
  }
  bool in_line = false;  // the rest waits with one that has no token
  for (const PlanAction& action : actions) {
    if (action.step != PlanStep::kCancel && state.gate != Gate::kOpen) continue;
    if (in_line) {
      hold(s, side, action, QuoteReason::kRateBudget);
    } else if (pressure == BudgetPressure::kScarce && may_wait(action, input.targets.size())) {
      hold(s, side, action, QuoteReason::kRateBudget);
      s.retry_at = std::min(s.retry_at, budget_.pressure_end());
    } else if (!act(s, side, action, out)) {
      hold(s, side, action, QuoteReason::kRateBudget);
      in_line = true;
    }
  }
  trim(s, side, allowed, out);
  if (is_in_doubt(s, side)) hold_all(s, side, QuoteReason::kReconciling);
}

// Why it is not carried out: of its side, and of the level that would have an order by it.
void Core::hold(InstrumentState& s, Side side, const PlanAction& action, QuoteReason why) {
  s.side(side).reason = why;
  if (action.step == PlanStep::kPlace) {
    s.ladder.side(side).hold(static_cast<std::size_t>(action.level), why);
  }
}

// All levels that nothing else stands against.
void Core::hold_all(InstrumentState& s, Side side, QuoteReason why) {
  SideState& state = s.side(side);
  if (state.reason == QuoteReason::kQuoting) state.reason = why;
  LadderSide& levels = s.ladder.side(side);
  for (std::size_t i = 0; i < levels.size(); ++i) {
    if (levels.against(i) == QuoteReason::kQuoting) levels.hold(i, why);
  }
}

// Orders in doubt hold their levels: nothing is placed beside them before they are settled. Does
// the side have no others?
bool Core::is_in_doubt(const InstrumentState& s, Side side) const {
  if (table_.unknown_count() == 0 || table_.live(s.id, side).empty()) return false;
  return std::ranges::all_of(table_.live(s.id, side), [this](std::uint16_t slot) {
    return table_.row(slot).state == OrderState::kUnknown;
  });
}

// What no reduction has brought within the limit is cancelled, outermost first: a cancel needs
// no budget. So is what is one too many since a reload allows fewer orders.
void Core::trim(InstrumentState& s, Side side, Lots allowed, CommandBuffer& out) {
  const std::span<const std::uint16_t> live = table_.live(s.id, side);
  if (table_.exposure(s.id, side) > allowed) {
    Lots kept{};
    for (const std::uint16_t slot : live) {
      Order& order = table_.row(slot);
      if (kept + order.intended() > allowed) {
        lifecycle_.request_cancel(order, DecisionReason::kSizeChange, now_, out);
      } else {
        kept += order.intended();
      }
    }
  }
  const auto most = static_cast<std::size_t>(config_.account.max_order_count);
  const auto most_here = static_cast<std::size_t>(s.config.risk.max_order_count);
  if (table_.live_count() <= most && table_.live_count(s.id) <= most_here) return;
  std::size_t staying = 0, staying_here = 0;
  for (const Order& order : table_.rows()) {
    if (!may_be_live(order.state) || order.is_leaving()) continue;
    ++staying;
    staying_here += order.instrument == s.id ? 1 : 0;
  }
  for (std::size_t i = live.size(); i-- > 0 && (staying > most || staying_here > most_here);) {
    Order& order = table_.row(live[i]);
    if (order.is_leaving()) continue;
    lifecycle_.request_cancel(order, DecisionReason::kNoTarget, now_, out);
    --staying;
    --staying_here;
  }
}

// A token for one place or amend. Without one the instrument waits its turn.
bool Core::may_request(InstrumentState& s, Side side) {
  const bool first = table_.live(s.id, side).empty();
  if (!waiting_.is_next(s.id, first) || !budget_.has_token(now_)) {
    waiting_.wait(s.id, first);
    turn_.blocked = true;
    return false;
  }
  return true;
}

namespace {

// Is what has been shrunk to fit still worth a request? Where an order is to change for its size
// only if that brings it to what the planner asks for: with less it would be asked for again.
bool gains(const Order* replaced, const PlanAction& action, Ratio refill_below,
           const Quote& quote) {
  if (replaced == nullptr) return true;
  const bool for_size =
      action.why == DecisionReason::kRefill || action.why == DecisionReason::kSizeChange;
  const Int128 least = Int128{action.target.lots.v} * refill_below.v;
  if (for_size) return Int128{quote.lots.v} * kRatioScale >= least;
  return quote.price != replaced->price || quote.lots > replaced->leaves();
}

}  // namespace

// Shrinks what would be sent only to be rejected: orders that stay or leave may lock more than
// their levels. `freed` is the order it replaces. False if nothing worth sending is left.
bool Core::fit_balance(const InstrumentState& s, Side side, const Order* freed,
                       const PlanAction& action, Quote& quote) const {
  const Funds& funds = funds_[index(side)];
  if (!funds.bounded) return true;
  const Int128 most = std::max<Int128>(0, funds.spare), more = cost(side, quote, freed);
  if (more <= most) [[likely]]
    return true;
  const Instrument& instrument = s.config.instrument;
  const Int128 left = payment(side, quote.price, quote.lots) - (more - most);
  quote.lots = side == Side::kSell ? Lots(static_cast<std::int64_t>(left))
                                   : lots_worth(instrument, quote.price, left);
  return gains(freed, action, s.config.strategy.refill_below, quote) &&
         is_large_enough(quote, instrument);
}

// A request has been sent: the next one may ask for what is left. What it may set free is not.
void Core::spend(Side side, const Quote& quote, const Order* freed) {
  Funds& funds = funds_[index(side)];
  if (funds.bounded) funds.spare -= std::max<Int128>(0, cost(side, quote, freed));
}

namespace {

// Orders that stay may be larger than their levels, so that the room left is less than the ladder
// was fitted to: `most`, and no less than what the order it replaces has. False if nothing worth
// sending is left.
bool fit_room(Lots most, const Order* replaced, const PlanAction& action,
              const InstrumentConfig& config, Quote& quote) {
  if (replaced != nullptr) most = std::max(most, replaced->exposure());
  if (quote.lots <= most) [[likely]]
    return true;
  quote.lots = most;
  return gains(replaced, action, config.strategy.refill_below, quote) &&
         is_large_enough(quote, config.instrument);
}

}  // namespace

// What risk denies. Room taken by an order that is leaving comes back by itself; anything else is a
// denial. Our own other side is most often in the way where one of its orders is in doubt.
void Core::refuse(InstrumentState& s, Side side, const PlanAction& action, const Quote& quote,
                  QuoteReason denied) {
  const bool in_doubt = denied == QuoteReason::kBookCrossed && table_.unknown_count() > 0;
  const QuoteReason reason = in_doubt ? QuoteReason::kReconciling : denied;
  hold(s, side, action, reason);
  if (denied == QuoteReason::kPositionLimit) return;
  // Orders of other instruments may end at any time, and nothing here tells of it.
  const auto orders_max = static_cast<std::size_t>(config_.account.max_order_count);
  const bool full = denied == QuoteReason::kOrderLimit && table_.live_count() >= orders_max;
  if (full) s.retry_at = std::min(s.retry_at, now_ + kSecond);
  // What stands against it at decision after decision is one denial.
  SideState& state = s.side(side);
  if (state.denied != reason && state.denied_before != reason) {
    deny(s, {s.id, side, name(denied), quote.price, quote.lots, {}});
  }
  state.denied = reason;
}

// Carries out one planned action if risk and budget allow. False: no token, nor for what follows.
bool Core::act(InstrumentState& s, Side side, const PlanAction& action, CommandBuffer& out) {
  Order* order = action.slot == kNoSlot ? nullptr : &table_.row(action.slot);
  if (action.step == PlanStep::kCancel) {
    lifecycle_.request_cancel(*order, action.why, now_, out);
    return true;
  }
  const Instrument& instrument = s.config.instrument;
  const bool place = action.step == PlanStep::kPlace;
  const auto pending_max = static_cast<std::size_t>(config_.orders.max_pending_modifications);
  if (!place &&
      (!lifecycle_.may_amend(*order, now_) || table_.pending_modifications(s.id) >= pending_max)) {
    if (order->retry_at > now_) s.retry_at = std::min(s.retry_at, order->retry_at);
    return true;  // the newest target waits
  }
  const bool resize = action.step == PlanStep::kResize;
  Quote quote = action.target;
  if (resize) {
    quote.price = order->price;
  } else if (!fit_balance(s, side, order, action, quote)) {
    hold(s, side, action, QuoteReason::kInsufficientBalance);
    return true;
  }
  const Lots freed = place ? Lots(0) : order->exposure();
  const Lots taken = table_.exposure(s.id, side) - freed;
  const Lots room = std::max(Lots(0), s.side(side).room - taken);
  if (!resize && !fit_room(room - turn_.margin, order, action, s.config, quote)) {
    hold(s, side, action, QuoteReason::kPositionLimit);
    return true;
  }
  const bool opposite = table_.has_live(s.id, mm::opposite(side));
  const OrderCheck check{
      .side = side,
      .quote = quote,
      .fair = s.fair,
      .room = resize ? Lots::max() : room,
      .adds_order = place,
      .account_orders = static_cast<int>(table_.live_count()),
      .instrument_orders = static_cast<int>(table_.live_count(s.id)),
      .own_opposite = opposite,
      .own_opposite_at = opposite ? table_.most_aggressive(s.id, mm::opposite(side)) : Ticks(0)};
  const QuoteReason denied =
      check_order(check, s.config.risk, config_.account.max_order_count, instrument);
  if (denied != QuoteReason::kQuoting) {
    refuse(s, side, action, quote, denied);
    return true;
  }
  if (!may_request(s, side)) return false;
  bool sent = false;
  s.side(side).added |= place || quote.lots > freed;
  if (place) {
    sent = lifecycle_.place({s.id, side, quote.price, quote.lots, action.why, action.level}, now_,
                            out) != nullptr;
    s.counts.placed += sent ? 1 : 0;
  } else {
    sent = amend(s, *order, quote, action, out);
  }
  if (!sent && place) {  // no row, or no room in the batch: that may change at any time
    hold(s, side, action, QuoteReason::kOrderLimit);
    s.retry_at = std::min(s.retry_at, now_ + kSecond);
  }
  if (!sent) return true;
  turn_.spent = budget_.take(now_);
  s.served = side;
  spend(side, quote, order);
  return true;
}

// The venue's way to change this order: modify in place, shrink keeping priority, or replace.
bool Core::amend(InstrumentState& s, Order& order, const Quote& quote, const PlanAction& action,
                 CommandBuffer& out) {
  const VenueRules& rules = s.config.instrument.rules;
  order.level = action.level;
  if (rules.modify_in_place) {
    // A partially filled order that need not be topped up keeps its size, unless that is more than
    // is wanted: risk has judged what is.
    const bool sized = action.step == PlanStep::kResize || order.filled.v == 0 ||
                       action.why == DecisionReason::kRefill || quote.lots < order.leaves();
    const Lots total = sized ? order.filled + quote.lots : order.lots;
    return lifecycle_.request_modify(order, quote.price, total, action.why, now_, out);
  }
  const bool reduce = action.step == PlanStep::kResize && rules.keep_priority_reduce &&
                      order.amends < rules.amends_per_order_max;
  if (reduce) {
    return lifecycle_.request_reduce(order, order.filled + quote.lots, action.why, now_, out);
  }
  if (order.filled.v > 0 || !rules.cancel_replace) {
    return lifecycle_.request_cancel(order, action.why, now_, out);
  }
  return lifecycle_.request_replace(order, quote.price, quote.lots, action.why, now_, out);
}

void Core::send(InstrumentState& s, Command command, CommandBuffer& out) {
  command.time = now_;
  command.cause_received = cause_;
  command.instrument = s.id;
  if (!invariants_.check(Invariant::kBounded, out.push(command))) trip(QuoteReason::kHalted);
}

}  // namespace mm
