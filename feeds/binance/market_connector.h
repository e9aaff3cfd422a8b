// Opens what the live feed reads: WebSockets, subscriptions, REST snapshots. The cold half.
//
// One unpinned thread, polled through do_work(): at most one blocking step a call (a connection or
// a snapshot, each with its deadline), so the next call sees a fresh time. A line that loses its
// socket is reopened after a growing, jittered pause and within the venue's limit of attempts. A
// socket that gets old, or whose server says it will go, is replaced before it ends: the new one is
// opened beside it and the feed lets go of the old one itself.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <vector>

#include "engine/net/address_limits.h"
#include "engine/net/retry_schedule.h"
#include "engine/net/tls_context.h"
#include "engine/net/ws_buffers.h"
#include "feeds/binance/feed_channel.h"
#include "feeds/binance/live_options.h"
#include "feeds/binance/rest_market.h"
#include "feeds/binance/stream_plan.h"
#include "feeds/feed_log.h"

namespace mm::net {
struct WsOpened;
}

namespace mm::binance {

struct ConnectorCounters {
  std::uint64_t attempts = 0, opened = 0, failed = 0;
  std::uint64_t roll_overs = 0;  // begun
  std::uint64_t snapshots = 0, snapshots_failed = 0;
};

class MarketConnector {
 public:
  // All must outlive it; `log` and `stop` may be null. `seed` is that of the jitter.
  MarketConnector(const LiveFeedOptions& options, const StreamPlan& plan, FeedChannel& channel,
                  net::AddressLimits& limits, LogWriter* log, const std::atomic<bool>* stop,
                  std::uint64_t seed = 1);

  // Empty, or why nothing can ever be opened (an unreadable CA file, a bad URL).
  const std::string& error() const { return error_; }
  int do_work(Nanos now);
  std::string_view name() const { return "connector"; }

  const ConnectorCounters& counters() const { return counters_; }
  const RestMarket& rest() const { return rest_; }
  const net::WsBufferStore& buffers() const { return buffers_; }

 private:
  // A socket that lived so long was no failure: the next pause starts small again.
  static constexpr Nanos kSteady{10 * kSecond.v};

  struct Line {
    Line(std::size_t plan_index, const LiveFeedOptions& o, std::uint64_t seed)
        : index(plan_index), retry({o.backoff_first, o.backoff_longest, kSteady}, seed) {}

    std::size_t index;
    net::RetrySchedule retry;
    std::uint64_t serial = 0;  // of the newest socket offered
    bool wanted = true;        // a new socket is to be opened
    Nanos opened{};
    // Opened, and still to be subscribed and handed over.
    std::unique_ptr<LineSocket> fresh;
    std::size_t subscribed = 0;
    Nanos next_message{};
  };
  struct Snapshot {
    InstrumentId instrument{};
    std::string symbol;
    Nanos last{};
    net::RetrySchedule retry;
    bool wanted = false;
  };

  int take_requests(Nanos now);
  void reclaim(Line& line, Nanos now);
  bool open(Line& line, Nanos now);
  void failed(Line& line, const net::WsOpened& opened, Nanos now);
  bool hand_over(Line& line, Nanos now);
  void roll_over(Line& line, Nanos now);
  bool fetch(Nanos now);
  void deliver(Snapshot& s, std::string_view body);

  LiveFeedOptions options_;
  const StreamPlan& plan_;
  FeedChannel& channel_;
  FeedLog log_;
  const std::atomic<bool>* stop_;
  net::TlsContext tls_;
  std::string error_;
  RestMarket rest_;
  net::SharedConnectionLimit& limit_;
  net::WsBufferStore buffers_;
  std::vector<Line> lines_;
  std::vector<Snapshot> snapshots_;  // by place in the plan
  bool body_out_ = false;            // with the feed: one at a time
  std::size_t next_line_ = 0, next_snapshot_ = 0;
  ConnectorCounters counters_;
};

}  // namespace mm::binance
