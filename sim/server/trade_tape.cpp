#include "sim/server/trade_tape.h"

#include <utility>

namespace mm::server {
namespace {

// Keeps between one and two sizes, so that making room costs little on average.
template <class T>
void append(std::vector<T>& tape, const T& item) {
  if (tape.size() >= 2 * TradeTape::kSize) {
    tape.erase(tape.begin(), tape.end() - TradeTape::kSize);
  }
  tape.push_back(item);
}

bool joins(const sim::PublicTrade& open, const sim::PublicTrade& trade) {
  return open.price == trade.price && open.aggressor == trade.aggressor &&
         open.time == trade.time && open.taker_id == trade.taker_id;
}

}  // namespace

std::optional<AggregateTrade> TradeTape::add(const sim::PublicTrade& trade) {
  append(trades_, trade);
  if (open_ && joins(open_->trade, trade)) {
    open_->trade.lots += trade.lots;
    open_->last_id = trade.trade_id;
    return std::nullopt;
  }
  const auto ended = flush();
  open_ = AggregateTrade{++aggregate_id_, trade, trade.trade_id};
  return ended;
}

std::optional<AggregateTrade> TradeTape::flush() {
  if (open_) append(aggregates_, *open_);
  return std::exchange(open_, std::nullopt);
}

}  // namespace mm::server
