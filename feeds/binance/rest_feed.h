// Market data of Binance spot by asking for it: the fetch mode, where WebSockets are not to be had.
//
// One cold thread, polled through do_work(): one request a call at most (blocking, with its
// deadline), round-robin over books and trades of the instruments, each once an interval as far as
// the weight allows. It fills the same ring with the same events as LiveFeed: every book is the
// whole top, sent when its update id has changed; every trade once. Up means that answers come.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/event.h"
#include "engine/net/tls_context.h"
#include "engine/runtime/spsc_ring.h"
#include "feeds/binance/binance_feed.h"
#include "feeds/binance/live_options.h"
#include "feeds/binance/raw_tap.h"
#include "feeds/binance/rest_market.h"
#include "feeds/event_batch.h"
#include "feeds/feed_log.h"

namespace mm::binance {

struct RestFeedCounters {
  std::uint64_t polls = 0, failed = 0;
  std::uint64_t messages_dropped = 0;  // no room in the market ring
};

class RestFeed {
 public:
  // `log`, `tap` and `stop` may be null; all must outlive the feed.
  RestFeed(const LiveFeedOptions& options, std::span<const FeedInstrument> instruments,
           SpscRing<Event>& market, net::SharedRequestPause& pause, LogWriter* log,
           const std::atomic<bool>* stop, RawTap* tap = nullptr);

  // Empty, or why nothing can ever be asked.
  const std::string& error() const { return error_; }
  int do_work(Nanos now);
  std::string_view name() const { return "rest feed"; }

  bool is_up() const { return up_; }
  const RestFeedCounters& counters() const { return counters_; }
  const FeedCounters& feed_counters() const { return feed_.counters(); }
  const RestMarket& rest() const { return rest_; }

 private:
  enum class What : std::uint8_t { kBook, kTrades };
  struct Poll {
    InstrumentId instrument{};
    std::string symbol, target;
    What what{};
    std::int32_t weight = 0;
    Nanos due{};
  };

  void make_polls(std::span<const FeedInstrument> instruments);
  void ask(Poll& p, Nanos now);
  void on_book(const Poll& p, std::string_view body, Nanos now);
  void on_trades(const Poll& p, std::string_view body, Nanos now);
  void on_message(const Poll& p, Nanos now);
  void report(bool up, Nanos now);

  LiveFeedOptions options_;
  SpscRing<Event>& market_;
  FeedLog log_;
  RawTap* tap_;
  net::TlsContext tls_;
  RestMarket rest_;
  std::string error_;
  BinanceFeed feed_;
  EventBatch batch_;
  InstrumentId first_{};  // for events that are about none
  std::vector<Poll> polls_;
  std::size_t next_ = 0;
  std::string text_;                // the message being made
  int failures_ = 0;                // in a row
  bool up_ = false, told_ = false;  // what the core was told
  Nanos last_sent_{};
  RestFeedCounters counters_;
};

}  // namespace mm::binance
