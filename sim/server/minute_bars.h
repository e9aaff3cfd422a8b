// What was traded of an instrument in each minute of the last day, for averages and tickers.
//
// The server's thread; a ring of fixed size. A bar costs nothing until its minute has a trade.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/core/market_measures.h"
#include "sim/exchange_listener.h"

namespace mm::server {

// Trades that follow each other; flow.trades == 0: none.
struct TradeBar {
  std::int64_t minute = -1;
  Ticks open{}, high{}, low{}, close{};
  TradeId first_id{}, last_id{};
  Lots last_lots{};
  Flow flow{};

  void add(const TradeBar& later);
};

class MinuteBars {
 public:
  static constexpr std::int64_t kMinutes = 24 * 60;

  MinuteBars() : bars_(kMinutes) {}

  void add(const sim::PublicTrade& trade);
  // The minute of `now` and those before it, `minutes` in all.
  TradeBar last(std::int64_t minutes, Nanos now) const;

 private:
  std::vector<TradeBar> bars_;
};

}  // namespace mm::server
