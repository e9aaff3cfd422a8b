#include "engine/app/explain/standing.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "engine/app/explain/decision.h"
#include "engine/app/explain/words.h"
#include "engine/core/decimal_text.h"
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

std::vector<const Order*> serving_orders(const Core& core, const InstrumentState& s, Side side) {
  const auto quotes = s.ladder.side(side).quotes();
  const auto slots = core.orders().live(s.id, side);
  const std::size_t n = slots.size(), m = quotes.size();
  const auto row = [&](std::size_t i) { return &core.orders().row(slots[i]); };
  constexpr std::int64_t kUnpaired = std::int64_t{1} << 40;
  // cost[i][j]: least sum of distances of orders i.. from levels j.., each unpaired one kUnpaired.
  std::vector<std::vector<std::int64_t>> cost(n + 1, std::vector<std::int64_t>(m + 1));
  const auto pair = [&](std::size_t i, std::size_t j) {
    const Order& order = *row(i);
    const bool moves = order.state == OrderState::kPendingModify;
    const std::int64_t off = ((moves ? order.next_price : order.price) - quotes[j].price).v;
    return cost[i + 1][j + 1] + std::min(off < 0 ? -off : off, kUnpaired);
  };
  for (std::size_t i = n + 1; i-- > 0;) {
    for (std::size_t j = m + 1; j-- > 0;) {
      if (i == n || j == m) {
        cost[i][j] = kUnpaired * static_cast<std::int64_t>(n - i + m - j);
      } else {
        cost[i][j] = std::min({pair(i, j), cost[i + 1][j] + kUnpaired, cost[i][j + 1] + kUnpaired});
      }
    }
  }
  std::vector<const Order*> serving(m, nullptr);
  for (std::size_t i = 0, j = 0; i < n && j < m;) {
    if (cost[i][j] == pair(i, j)) {
      serving[j++] = row(i++);
    } else if (cost[i][j] == cost[i + 1][j] + kUnpaired) {
      ++i;
    } else {
      ++j;
    }
  }
  return serving;
}

const Order* order_at(const Core& core, const InstrumentState& s, Level level) {
  const auto serving = serving_orders(core, s, level.side);
  const auto index = static_cast<std::size_t>(level.index);
  return index < serving.size() ? serving[index] : nullptr;
}

std::string level_line(const Core& core, const InstrumentState& s, Level level) {
  const auto quotes = s.ladder.side(level.side).quotes();
  const bool wanted = static_cast<std::size_t>(level.index) < quotes.size();
  const Order* order = order_at(core, s, level);
  std::string text = level_text(level.side, level.index);
  if (wanted) {
    const Quote& q = quotes[static_cast<std::size_t>(level.index)];
    text += fmt::format(" wants {}", quote_text(s.config.instrument, q.price, q.lots));
    if (order != nullptr) {
      return text + fmt::format(": {}, {} of fair value off (modify_threshold {})",
                                order_line(s, *order),
                                decimal_text(deviation(s.fair, order->price, q.price)).view(),
                                decimal_text(s.config.strategy.modify_threshold).view());
    }
    return text + fmt::format(": no order, {}", absence(core, s, level));
  }
  const QuoteReason reason = s.absence(level.side, static_cast<std::size_t>(level.index));
  if (reason == QuoteReason::kQuoting) return text + ": the strategy does not want so many levels";
  const bool left_out = s.ladder.side(level.side).against(static_cast<std::size_t>(level.index)) !=
                        QuoteReason::kQuoting;
  return text + fmt::format(": {}, {}", left_out ? "left out" : "not quoted",
                            core.stopping() ? kStopping : words(reason));
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
    const auto serving = serving_orders(core, s, side);
    for (const std::uint16_t slot : core.orders().live(s.id, side)) {
      const Order& order = core.orders().row(slot);
      const bool serves = std::ranges::find(serving, &order) != serving.end();
      if (!only && !serves) text += "    besides: " + order_line(s, order) + "\n";
    }
  }
  return text;
}

}  // namespace mm::app
