// Market data of a real venue, ready to use: the feed that the config names, hot and cold half.
//
// For paper, live, record and watch alike. Made and stopped by the main thread; feed() turns on a
// hot thread, connecting and REST on a cold one of its own. With source rest all the work is the
// cold thread's and feed() has nothing to do. When the cold thread is idle it may also watch what
// the venue says of the symbols.
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "engine/app/config/config.h"
#include "engine/app/edges/venue_edge.h"
#include "engine/net/address_limits.h"
#include "engine/runtime/agent.h"
#include "engine/runtime/clock.h"
#include "engine/runtime/log.h"
#include "engine/runtime/spsc_ring.h"
#include "feeds/binance/exchange_watch.h"
#include "feeds/binance/live_feed.h"
#include "feeds/binance/market_connector.h"
#include "feeds/binance/rest_feed.h"

namespace mm::app {

// Outlives the market.
struct LiveMarketContext {
  const Config& config;
  std::span<const Instrument> instruments;  // as the venue knows them, see fetch_instruments
  SpscRing<Event>& market;
  SpscRing<Command>* requests;  // to resynchronise; may be null
  const Clock& clock;
  Log& log;
  net::AddressLimits& limits;
  binance::RawTap* tap;  // may be null; called on the thread that does the work
  // What the venue says of the symbols, told now and then on the cold thread; may be empty.
  binance::ExchangeWatch::Tell tell_symbols = {};
  std::atomic<bool>* symbols_wanted = nullptr;  // soon, please; may be null
};

class LiveMarket {
 public:
  explicit LiveMarket(const LiveMarketContext& context);
  ~LiveMarket() { stop(); }
  LiveMarket(const LiveMarket&) = delete;
  LiveMarket& operator=(const LiveMarket&) = delete;

  // Empty, or why it could never work; then it must not be started.
  const std::string& error() const { return error_; }
  std::string describe() const;
  std::vector<ConnectionState> connections() const;  // any thread
  AgentRef feed() { return AgentRef(hot_); }
  void start();
  void stop();  // the cold half; before it, whoever turns feed() has stopped

  // By message; null where there is no feed on a hot thread.
  const binance::LiveFeedTimes* times() const { return feed_ ? &feed_->times() : nullptr; }

  // One line of what happened, for the end; after stop().
  std::string report() const;

 private:
  struct Hot {
    binance::LiveFeed* feed;
    const Clock& clock;
    int do_work() { return feed == nullptr ? 0 : feed->do_work(clock.now()); }
    std::string_view name() const { return "feed"; }
  };
  struct Cold {
    LiveMarket& market;
    int do_work();
    std::string_view name() const { return "market data"; }
  };
  std::string twins_text() const;

  const Clock& clock_;
  binance::LiveFeedOptions options_;
  binance::StreamPlan plan_;
  binance::FeedChannel channel_;
  std::atomic<bool> stopping_{false};
  LogWriter hot_log_, cold_log_;
  std::optional<binance::LiveFeed> feed_;
  std::optional<binance::MarketConnector> connector_;
  std::optional<binance::RestFeed> rest_;
  net::TlsContext watch_tls_;
  std::optional<binance::ExchangeWatch> watch_;
  std::string error_;
  Hot hot_;
  Cold cold_{*this};
  AgentRunner<Cold> thread_;
};

// The limits of a whole process, as configured; orders keep a quarter of the connections.
net::AddressLimits make_address_limits(const Config& config);

}  // namespace mm::app
