#include "sim/server/minute_bars.h"

#include <algorithm>

namespace mm::server {
namespace {

constexpr std::int64_t minute_of(Nanos time) {
  return time.v / (60 * kSecond.v);
}
std::size_t place_of(std::int64_t minute) {
  return static_cast<std::size_t>(minute % MinuteBars::kMinutes);
}

}  // namespace

void TradeBar::add(const TradeBar& later) {
  if (later.flow.trades == 0) return;
  if (flow.trades == 0) {
    *this = later;
    return;
  }
  high = std::max(high, later.high);
  low = std::min(low, later.low);
  close = later.close;
  last_id = later.last_id;
  last_lots = later.last_lots;
  flow.add(later.flow);
}

void MinuteBars::add(const sim::PublicTrade& trade) {
  TradeBar one{.minute = minute_of(trade.time),
               .open = trade.price,
               .high = trade.price,
               .low = trade.price,
               .close = trade.price,
               .first_id = trade.trade_id,
               .last_id = trade.trade_id,
               .last_lots = trade.lots,
               .flow = {}};
  one.flow.add(trade.price, trade.lots);
  TradeBar& bar = bars_[place_of(one.minute)];
  if (bar.minute != one.minute) bar = {};
  bar.add(one);
}

TradeBar MinuteBars::last(std::int64_t minutes, Nanos now) const {
  const std::int64_t newest = minute_of(now);
  TradeBar all;
  for (std::int64_t m = std::max<std::int64_t>(0, newest - minutes + 1); m <= newest; ++m) {
    const TradeBar& bar = bars_[place_of(m)];
    if (bar.minute == m) all.add(bar);
  }
  return all;
}

}  // namespace mm::server
