// The public book of an instrument level by level: external quantity and resting orders added up.
//
// Reads the exchange's book; O(levels asked for), no allocation.
#pragma once

#include <cstddef>

#include "sim/exchange.h"

namespace mm::server {

// use(price, lots) for up to `count` levels of a side, from the best.
template <class Use>
void for_each_level(const sim::Exchange& exchange, InstrumentId i, Side side, std::size_t count,
                    Use&& use) {
  const sim::MatchingBook& book = exchange.book(i);
  sim::PriceLevels::Walk level = book.external(side).begin();
  const auto end = book.external(side).end();
  sim::OrderRow row = book.first(side);
  for (std::size_t k = 0; k < count && (level != end || row != sim::kNoRow); ++k) {
    Ticks price = level != end ? (*level).price : exchange.order(row).price;
    if (row != sim::kNoRow && !book.external(side).better(price, exchange.order(row).price)) {
      price = exchange.order(row).price;
    }
    Lots lots{};
    if (level != end && (*level).price == price) {
      lots += (*level).lots;
      ++level;
    }
    for (; row != sim::kNoRow && exchange.order(row).price == price;
         row = exchange.order(row).next) {
      lots += exchange.order(row).leaves();
    }
    use(price, lots);
  }
}

constexpr Amount price_amount(const Instrument& i, Ticks price) {
  return Amount(price.v * i.tick.v);
}

}  // namespace mm::server
