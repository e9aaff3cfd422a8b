#include "engine/app/explain/decision.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "engine/app/explain/words.h"
#include "engine/core/decimal_text.h"
#include "engine/ledger/ledger.h"

namespace mm::app {
namespace {

std::string_view kind_text(FairValueKind kind) {
  switch (kind) {
    case FairValueKind::kMid:
      return "mid";
    case FairValueKind::kLast:
      return "last trade";
    case FairValueKind::kWeightedMid:
      return "weighted mid";
    case FairValueKind::kMicroPrice:
      return "micro price";
  }
  return {};
}

std::string touch_text(const InstrumentState& s) {
  const Instrument& i = s.config.instrument;
  const Touch& t = s.touch;
  return fmt::format("{} / {}", t.has_bid ? price_text(i, t.bid).str() : "no bid",
                     t.has_ask ? price_text(i, t.ask).str() : "no ask");
}

std::string_view pressure_text(BudgetPressure pressure) {
  switch (pressure) {
    case BudgetPressure::kNone:
      return "";
    case BudgetPressure::kSaving:
      return "; the venue's limits are more than 60 % used: orders stand twice as far off";
    case BudgetPressure::kScarce:
      return "; the venue's limits are more than 80 % used: only levels near the touch move";
  }
  return {};
}

// An order's price moves because it is too far off, too near, or behind the touch.
std::string price_rule(const Core& core, const InstrumentState& s, const Command& c,
                       const Order* row) {
  const StrategyParams& p = s.config.strategy;
  const Instrument& i = s.config.instrument;
  switch (static_cast<DecisionReason>(c.why)) {
    case DecisionReason::kThroughTouch:
      return fmt::format("its price is at or through the other side's best ({})", touch_text(s));
    case DecisionReason::kTooNear:
      return fmt::format(
          "it stands nearer to fair value {} than min_spread {} with min_spread_tolerance {} "
          "allows",
          price_text(i, s.fair).view(), decimal_text(p.min_spread).view(),
          decimal_text(p.min_spread_tolerance).view());
    case DecisionReason::kFarDeviation:
      return fmt::format(
          "it is {} of fair value off the nearest level, and no amend reaches further than "
          "max_modify_deviation {}: cancelled, its level placed anew",
          decimal_text(row == nullptr ? Ratio(0) : deviation_from_ladder(s, *row)).view(),
          decimal_text(p.max_modify_deviation).view());
    default:
      break;
  }
  const bool saving = core.budget().pressure(core.now()) != BudgetPressure::kNone;
  return fmt::format(
      "its price is {} of fair value off what its level wants: more than "
      "modify_threshold {}{}",
      decimal_text(row == nullptr                   ? Ratio(0)
                   : c.kind == CommandKind::kCancel ? deviation_from_ladder(s, *row)
                                                    : deviation(s.fair, row->price, Ticks(c.ticks)))
          .view(),
      decimal_text(p.modify_threshold).view(), saving ? ", widened while requests are scarce" : "");
}

// Sizes follow loosely, but not beyond what the side may still add.
std::string size_rule(const InstrumentState& s, const Command& c, const Order* row) {
  const Instrument& i = s.config.instrument;
  if (row == nullptr || c.kind == CommandKind::kCancel) {
    return "what rests on its side is more than the limits allow";
  }
  const bool total = c.kind == CommandKind::kReduce || c.kind == CommandKind::kModify;
  const Lots has = row->leaves();
  const Lots wanted = total ? c.lots - row->filled : c.lots;
  const auto far = [&s](Lots part, Lots whole) {
    return Int128{part.v} * kRatioScale < Int128{whole.v} * s.config.strategy.refill_below.v;
  };
  const std::string both =
      fmt::format("{} of it is left, {} is wanted", quantity_text(i, has).view(),
                  quantity_text(i, wanted).view());
  if (far(has, wanted) || far(wanted, has)) {
    return fmt::format("{}: one is less than refill_below {} of the other", both,
                       decimal_text(s.config.strategy.refill_below).view());
  }
  return both + ": the orders of its side together must fit the position's limit";
}

std::string pull_rule(const Core& core, const InstrumentState& s, const Command& c) {
  if (core.stopping()) return std::string(kStopping);
  const QuoteReason reason =
      core.trip() != QuoteReason::kQuoting ? core.trip() : s.side(c.side).reason;
  return fmt::format("the {} side may not be quoted: {}", name(c.side), words(reason));
}

}  // namespace

const Order* find_row(const Core& core, ClientOrderId id) {
  const auto rows = core.orders().rows();
  const auto row = std::ranges::find_if(rows, [id](const Order& o) {
    return o.state != OrderState::kFree && (o.id == id || o.next_id == id);
  });
  return row == rows.end() ? nullptr : &*row;
}

std::string level_text(Side side, int level) {
  if (level < 0) return "no level";
  return fmt::format("{}:{}", side == Side::kBuy ? "bid" : "ask", level + 1);
}

std::string quote_text(const Instrument& instrument, Ticks price, Lots lots) {
  return fmt::format("{} at {}", quantity_text(instrument, lots).view(),
                     price_text(instrument, price).view());
}

Ratio deviation(HalfTicks fair, Ticks a, Ticks b) {
  const std::int64_t off = a > b ? (a - b).v : (b - a).v;
  if (fair.v <= 0) return {};
  return Ratio(static_cast<std::int64_t>(Int128{2} * off * kRatioScale / fair.v));
}

Ratio deviation_from_ladder(const InstrumentState& s, const Order& order) {
  Ratio least = Ratio::max();
  for (const Quote& q : s.ladder.side(order.side).quotes()) {
    least = std::min(least, deviation(s.fair, q.price, order.price));
  }
  return least == Ratio::max() ? Ratio(0) : least;
}

std::string_view why_not_moved(const Core& core, const InstrumentState& s, const Order& order) {
  if (core.stopping()) return kStopping;
  if (!is_resting(order.state) || order.in_flight != CommandKind::kNone) {
    return "a request for it is under way";
  }
  if (const QuoteReason reason = s.side(order.side).reason; reason != QuoteReason::kQuoting) {
    return words(reason);
  }
  if (order.retry_at > core.now()) return "it was tried a moment ago, and refused";
  if (core.budget().pressure(core.now()) != BudgetPressure::kNone) {
    return "orders may stand farther off while the venue's limits are short";
  }
  for (const std::uint16_t slot : core.orders().live(s.id, order.side)) {
    const Order& other = core.orders().row(slot);
    const bool busy = other.is_leaving() || other.in_flight != CommandKind::kNone;
    if (&other != &order && busy) return "a request for another order of its side is under way";
  }
  if (core.orders().pending_modifications(s.id) > 0) return "amends of other orders are under way";
  return "the next decision does it";
}

std::string request_text(const Core& core, const Command& c) {
  const InstrumentState& s = core.instrument(c.instrument);
  const Instrument& i = s.config.instrument;
  const Order* row = find_row(core, c.id);
  const std::string level = level_text(c.side, row == nullptr ? -1 : row->level);
  const std::string quote = quote_text(i, Ticks(c.ticks), c.lots);
  switch (c.kind) {
    case CommandKind::kPlace:
      return fmt::format("place {} for {}", quote, level);
    case CommandKind::kReplace:
      return fmt::format("replace by {}, {} for {}", order_id_text(c.new_id), quote, level);
    case CommandKind::kModify:
      return fmt::format("amend to {} for {}", quote, level);
    case CommandKind::kReduce:
      return fmt::format("reduce to {}, keeping its place in the queue",
                         quantity_text(i, c.lots).view());
    case CommandKind::kCancel:
      return "cancel";
    case CommandKind::kQueryOrder:
      return "ask the venue for it";
    default:
      return name(c.kind);
  }
}

std::string rule_text(const Core& core, const Command& c) {
  const InstrumentState& s = core.instrument(c.instrument);
  const Order* row = find_row(core, c.id);
  switch (static_cast<DecisionReason>(c.why)) {
    case DecisionReason::kNewLevel:
      return fmt::format("no order served {}",
                         level_text(c.side, row == nullptr ? -1 : row->level));
    case DecisionReason::kRefill:
      return fmt::format("fills have left less than refill_below {} of what its level wants",
                         decimal_text(s.config.strategy.refill_below).view());
    case DecisionReason::kThroughTouch:
    case DecisionReason::kTooNear:
    case DecisionReason::kFarDeviation:
    case DecisionReason::kDeviation:
      return price_rule(core, s, c, row);
    case DecisionReason::kSizeChange:
      return size_rule(s, c, row);
    case DecisionReason::kNoTarget:
      return fmt::format("{} levels are wanted on its side, and other orders serve them",
                         s.ladder.side(c.side).size());
    case DecisionReason::kPulled:
      return pull_rule(core, s, c);
    case DecisionReason::kResetCancel:
      return fmt::format("timed reset {}: all orders go, then quotes afresh", s.reset.count());
    case DecisionReason::kRetry:
      return fmt::format("{} requests in a row failed: tried once more",
                         row == nullptr ? 0 : row->failures);
    case DecisionReason::kResolve:
      return "whether it rests is in doubt, and only the venue can say";
    case DecisionReason::kShutdown:
      return std::string(kStopping);
    case DecisionReason::kStray:
      return "it is an order of ours that this session did not place";
    case DecisionReason::kAdopted:
      return "it was placed by an earlier start";
    case DecisionReason::kNone:
    case DecisionReason::kCount:
      break;
  }
  return "what was sent before asks for it";
}

std::string inputs_text(const Core& core, const InstrumentState& s, Nanos now) {
  const Instrument& i = s.config.instrument;
  const StrategyParams& p = s.config.strategy;
  std::string text;
  const auto out = std::back_inserter(text);
  fmt::format_to(out, "    fair value  {} ({}), touch without our own {}\n",
                 price_text(i, s.fair).view(), kind_text(p.fair_value), touch_text(s));
  const Amount limit = s.position_limit.at(s.fair);
  const Int128 held = Int128{s.position.base().v} - p.target_position.v;
  const Int128 full = std::clamp<Int128>(held * kRatioScale / std::max<std::int64_t>(limit.v, 1),
                                         -kRatioScale, kRatioScale);
  fmt::format_to(out, "    position    {} of {} either way; profit of the day {}\n",
                 decimal_text(s.position.base()).view(), decimal_text(limit).view(),
                 decimal_text(s.today()).view());
  const Ratio volatility = s.market.measures().volatility().ratio;
  const auto product = [](Ratio a, Ratio b) {
    return Ratio(static_cast<std::int64_t>(Int128{a.v} * b.v / kRatioScale));
  };
  const Ratio held_ratio(static_cast<std::int64_t>(full));
  fmt::format_to(out, "    spread      {} to {}; volatility {} widens it by {}\n",
                 decimal_text(p.min_spread).view(), decimal_text(p.max_spread).view(),
                 decimal_text(volatility).view(),
                 decimal_text(product(volatility, p.volatility_spread_factor)).view());
  fmt::format_to(
      out, "    skew        {} full: prices move by {}, the side that adds shrinks by {}\n",
      decimal_text(held_ratio).view(),
      decimal_text(Ratio(-product(p.skew_price, held_ratio).v)).view(),
      decimal_text(product(p.skew_size, Ratio(held_ratio.v < 0 ? -held_ratio.v : held_ratio.v)))
          .view());
  RateBudget budget = core.budget();  // looking refills it
  fmt::format_to(out, "    budget      {} of {} requests left of this second after it{}\n",
                 budget.available(now), budget.capacity(), pressure_text(budget.pressure(now)));
  return text;
}

}  // namespace mm::app
