// What the venue says of our symbols while we trade: exchangeInfo once a minute, sooner on demand.
//
// Cold, one thread, polled through do_work(): one REST request (weight 20), blocking up to its time
// limit. What was understood is told; without an answer what was told before stays.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <vector>

#include "feeds/binance/exchange_info.h"
#include "feeds/binance/rest_market.h"
#include "feeds/feed_log.h"

namespace mm::binance {

class ExchangeWatch {
 public:
  static constexpr Nanos kInterval{60 * kSecond.v};
  static constexpr Nanos kIntervalMin{5 * kSecond.v};  // however often it is demanded

  using Tell = std::function<void(const ExchangeInfo&)>;

  // `wanted`, `log` and `stop` may be null; all must outlive it. Whoever sets `wanted` (an order
  // was refused because its symbol does not trade) is served soon.
  ExchangeWatch(const LiveFeedOptions& options, const net::TlsContext* tls,
                net::SharedRequestPause& pause, const std::vector<std::string>& symbols, Tell tell,
                std::atomic<bool>* wanted, LogWriter* log, const std::atomic<bool>* stop);

  // Asks if it is time to: 1 if it has asked.
  int do_work(Nanos now);

 private:
  RestMarket rest_;
  std::string target_;
  Tell tell_;
  std::atomic<bool>* wanted_;
  FeedLog log_;
  Nanos due_{}, due_min_{};
};

}  // namespace mm::binance
