#include "engine/core/level_match.h"

#include <algorithm>
#include <cstdlib>

namespace mm {

void LevelMatch::match(const OrderTable& table, const InstrumentState& s, Side side,
                       const Order* also) {
  const LadderSide& ladder = s.ladder.side(side);
  const auto meant = static_cast<std::size_t>(s.config.strategy.target_orders_per_side);
  levels_ = std::min(std::max(meant, ladder.size()), order_of_.size());
  order_of_.fill(nullptr);
  gather(table, ladder, s.id, side, also);
  std::size_t level = 0;
  for (std::size_t i = 0; i < count_; ++i, ++level) {
    const auto away = [&](std::size_t at) {
      return at < ladder.size() ? std::abs(ladder[at].price.v - candidates_[i]->price.v)
                                : Ticks::max().v;
    };
    while (level + count_ - i < levels_ && away(level + 1) < away(level)) ++level;
    order_of_[level] = candidates_[i];
  }
}

void LevelMatch::gather(const OrderTable& table, const LadderSide& ladder, InstrumentId id,
                        Side side, const Order* also) {
  count_ = 0;
  const auto add = [this](const Order* order) {
    if (count_ < levels_) candidates_[count_++] = order;
  };
  bool gone = also != nullptr && !may_be_live(also->state);  // from the table's list
  for (const std::uint16_t slot : table.live(id, side)) {
    const Order* const order = &table.row(slot);
    if (gone && (also->price - order->price).v * sign(side) >= 0) {
      add(also);
      gone = false;
    }
    if (order == also || ladder.size() == 0 || !order->is_leaving()) add(order);
  }
  if (gone) add(also);
}

int LevelMatch::level_of(const Order& order) const {
  const auto at = std::ranges::find(order_of_, &order);
  return at == order_of_.end() ? -1 : static_cast<int>(at - order_of_.begin());
}

int level_served(const OrderTable& table, const InstrumentState& s, const Order& order) {
  LevelMatch match;
  match.match(table, s, order.side, &order);
  return match.level_of(order);
}

}  // namespace mm
