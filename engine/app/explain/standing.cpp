#include "engine/app/explain/standing.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "engine/app/explain/decision.h"
#include "engine/app/explain/words.h"
#include "engine/core/decimal_text.h"
#include "engine/core/level_match.h"
#include "engine/ledger/ledger.h"

namespace mm::app {
namespace {

std::string order_line(const InstrumentState& s, const Order& o) {
  const Instrument& i = s.config.instrument;
  std::string text = fmt::format("{} {}, {}", order_id_text(o.id),
                                 quote_text(i, o.price, o.leaves()), name(o.state));
  if (o.state == OrderState::kPendingModify) {
    text += fmt::format(" to {}", quote_text(i, o.next_price, o.next_lots));
  }
  if (o.cancel_wanted) text += ", to be cancelled";
  return text;
}

// How far it is off the price that its level wants, and if that is too far, what keeps it there.
std::string off_text(const Core& core, const InstrumentState& s, const Order& order, Ticks wanted) {
  const Ratio off = deviation(s.fair, order.price, wanted);
  const Ratio threshold = s.config.strategy.modify_threshold;
  std::string text = fmt::format(", {} of fair value off (modify_threshold {})",
                                 decimal_text(off).view(), decimal_text(threshold).view());
  if (off <= threshold) return text;
  const bool near_another = deviation_from_ladder(s, order) <= threshold;
  return text + fmt::format("; not moved: {}", near_another ? "it is near enough to another level"
                                                            : why_not_moved(core, s, order));
}

// Why nothing serves a level that is wanted.
std::string_view absence(const Core& core, const InstrumentState& s, Level level) {
  const QuoteReason reason = s.absence(level.side, static_cast<std::size_t>(level.index));
  if (core.stopping()) return kStopping;
  if (reason != QuoteReason::kQuoting) return words(reason);
  for (const std::uint16_t slot : core.orders().live(s.id, level.side)) {
    if (core.orders().row(slot).is_leaving()) return "an order that leaves still holds its place";
  }
  return "its request has not been made yet";
}

// Whether the side is quoted, and in full.
std::string side_line(const SideState& side) {
  const auto said = [](QuoteReason r) { return fmt::format("{} ({})", words(r), name(r)); };
  if (side.bare() != QuoteReason::kQuoting) return said(side.bare());
  if (side.shortfall() == QuoteReason::kQuoting) return "quoting";
  return "quoting, but not all that is wanted: " + said(side.shortfall());
}

}  // namespace

std::optional<Level> parse_level(const std::string& text) {
  const bool bid = text.starts_with("bid:");
  if (!bid && !text.starts_with("ask:")) return {};
  int number = 0;
  const char* const stop = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data() + 4, stop, number);
  if (error != std::errc() || end != stop || number < 1 || number > kMaxLevelsPerSide) return {};
  return Level{bid ? Side::kBuy : Side::kSell, number - 1};
}

const Order* order_at(const Core& core, const InstrumentState& s, Level level) {
  LevelMatch match;
  match.match(core.orders(), s, level.side);
  const auto index = static_cast<std::size_t>(level.index);
  return index < match.levels() ? match.order_of(index) : nullptr;
}

std::string level_line(const Core& core, const InstrumentState& s, Level level) {
  const auto index = static_cast<std::size_t>(level.index);
  const auto quotes = s.ladder.side(level.side).quotes();
  const Order* order = order_at(core, s, level);
  std::string text = level_text(level.side, level.index);
  if (index < quotes.size()) {
    const Quote& q = quotes[index];
    text += fmt::format(" wants {}", quote_text(s.config.instrument, q.price, q.lots));
    if (order == nullptr) return text + fmt::format(": no order, {}", absence(core, s, level));
    return text + ": " + order_line(s, *order) + off_text(core, s, *order, q.price);
  }
  const QuoteReason reason = s.absence(level.side, index);
  const bool left_out = s.ladder.side(level.side).against(index) != QuoteReason::kQuoting;
  text += reason == QuoteReason::kQuoting
              ? ": the strategy does not want so many levels"
              : fmt::format(": {}, {}", left_out ? "left out" : "not quoted",
                            core.stopping() ? kStopping : words(reason));
  return order == nullptr ? text : text + "; still there is " + order_line(s, *order);
}

std::string standing_text(const Core& core, const InstrumentState& s, Nanos now,
                          const std::optional<Level>& only) {
  std::string text = inputs_text(core, s, now);
  for (const Side side : kSides) {
    if (only && only->side != side) continue;
    text += fmt::format("  {}: {}\n", name(side), side_line(s.side(side)));
    const int levels = std::max(static_cast<int>(s.ladder.side(side).size()),
                                static_cast<int>(s.config.strategy.target_orders_per_side));
    for (int i = 0; i < levels; ++i) {
      if (only && only->index != i) continue;
      text += "    " + level_line(core, s, {side, i}) + "\n";
    }
    LevelMatch match;
    match.match(core.orders(), s, side);
    for (const std::uint16_t slot : core.orders().live(s.id, side)) {
      const Order& order = core.orders().row(slot);
      if (!only && match.level_of(order) < 0) text += "    besides: " + order_line(s, order) + "\n";
    }
  }
  return text;
}

}  // namespace mm::app
