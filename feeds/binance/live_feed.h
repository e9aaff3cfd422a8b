// Live market data of Binance spot: polls the open WebSockets and fills the core's market ring.
//
// The hot half of the feed; MarketConnector is the cold one, FeedChannel between them. One thread,
// polled through do_work(): no blocking, no lock, no allocation after construction, no system call
// but the sockets' own. A message enters the ring whole or not at all; where it does not fit, the
// book is declared stale and starts anew from a snapshot. Up (kFeedStatus) means that a connection
// is open and a book has moved on from its snapshot; down, as at the start, that none is open.
// Every line of the plan may hold two sockets: its own and, for a while, the one that takes over,
// both read, so that a roll-over leaves no gap. Twins of a line work the same way all the time.
// A feed that is behind skips whole books that a newer one of their stream already follows, 32 in a
// row of each stream at most, and counts them; differences, trades and tickers never.
// Only data is a sign of life to the core: a server that answers pings may have a frozen stream.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "engine/core/command.h"
#include "engine/core/event.h"
#include "engine/runtime/clock.h"
#include "engine/runtime/histogram.h"
#include "engine/runtime/log.h"
#include "engine/runtime/spsc_ring.h"
#include "feeds/binance/arrival_rank.h"
#include "feeds/binance/binance_feed.h"
#include "feeds/binance/feed_channel.h"
#include "feeds/binance/live_options.h"
#include "feeds/binance/raw_tap.h"
#include "feeds/binance/skip_runs.h"
#include "feeds/binance/stream_plan.h"
#include "feeds/event_batch.h"
#include "feeds/feed_log.h"

namespace mm::binance {

struct LiveFeedRings {
  SpscRing<Event>& market;
  SpscRing<Command>* commands = nullptr;  // kResyncFeed; none: nobody asks
};

// Of one text message in so many: read when the feed rests.
struct LiveFeedTimes {
  Histogram receive;  // read, decrypted and unframed; from when the one before was done with
  Histogram parse;    // its events are in the market ring

  void record(Nanos begin, Nanos received, Nanos parsed) {
    receive.record(received - begin);
    parse.record(parsed - received);
  }
};

struct LiveFeedCounters {
  std::uint64_t sockets_taken = 0, sockets_ended = 0, roll_overs = 0;
  std::uint64_t messages_dropped = 0;  // no room in the market ring
  std::uint64_t books_superseded = 0;
  std::uint64_t snapshots_asked = 0, snapshots_stale = 0;
  std::uint64_t went_up = 0, went_down = 0;
};

class LiveFeed {
 public:
  // `log` and `tap` may be null. All but those must outlive the feed.
  LiveFeed(const LiveFeedOptions& options, const StreamPlan& plan, FeedChannel& channel,
           const LiveFeedRings& rings, LogWriter* log, RawTap* tap = nullptr);
  // Sockets still held are destroyed; the thread that polled it has ended.
  ~LiveFeed();
  LiveFeed(const LiveFeed&) = delete;
  LiveFeed& operator=(const LiveFeed&) = delete;

  // From now on every text is stamped by this clock, which do_work()'s time is of: it is received
  // when the one before was done with, or the turn began.
  void measure_with(const Clock& clock) { clock_ = &clock; }
  const LiveFeedTimes& times() const { return times_; }

  int do_work(Nanos now);
  std::string_view name() const { return "feed"; }

  bool is_up() const { return up_; }
  std::size_t open_sockets() const { return open_; }
  const LiveFeedCounters& counters() const { return counters_; }
  const FeedCounters& feed_counters() const { return feed_.counters(); }
  const ArrivalRank& ranking() const { return rank_; }
  const FeedProblems& problems() const { return log_.problems(); }

 private:
  // A socket in use. A joining one is read, but the streams are not yet known to follow on from
  // what the others brought.
  struct Slot {
    LineSocket* held = nullptr;
    bool open = false;  // else waiting to be given back
    bool joining = false;
    bool replace = false, replace_asked = false;
    std::uint16_t line = 0;
    std::size_t met_count = 0;
    std::vector<std::uint8_t> met;  // by instrument of the shard: has caught up with the book
    std::vector<Nanos> owed;        // likewise: since when another has brought news it has not
    Nanos taken{}, last_traffic{}, last_data{}, last_ping{};
    std::uint64_t bytes_seen = 0;
  };
  static constexpr std::size_t kSlotsPerLine = 2;
  static constexpr int kMessagesPerTurn = 32;
  static constexpr int kSkipsPerTurn = 32;
  static constexpr int kBehind = 4;  // messages of one turn that say that we are
  static constexpr int kLookAhead = 32;
  static constexpr unsigned kTextsPerSample = 7;  // no stride in which streams take turns
  static constexpr Nanos kLookInterval{5 * kMillisecond.v};

  const StreamLine& line_of(const Slot& s) const { return plan_.lines[s.line]; }
  const StreamShard& shard_of(const Slot& s) const { return plan_.shards[line_of(s).shard]; }
  std::span<Slot> slots_of(std::size_t line) {
    return std::span(slots_).subspan(line * kSlotsPerLine, kSlotsPerLine);
  }
  std::size_t place_of(InstrumentId id) const;

  int take_sockets(Nanos now);
  void take(Slot& s, LineSocket* held, Nanos now);
  int take_snapshot(Nanos now);
  int serve_commands();
  int read(Slot& s);
  Nanos stamp();
  bool is_superseded(const Slot& s, std::string_view text);
  void on_text(Slot& s, Nanos now, std::string_view text);
  void on_arrival(Slot& s, const Arrival& a, Nanos now);
  void meet(Slot& s, const Arrival& a);
  void owe(const Slot& from, const Arrival& a, Nanos now);
  void judge_overlap(Slot& s, Nanos now);
  void joined(Slot& s, Nanos now);
  void end(Slot& s, Nanos now, std::string_view why);
  void give_back(Slot& s);
  void count_open();

  void publish(Nanos now);
  void lose(std::size_t place);
  void send_stale(Nanos now);
  void look_after(Nanos now);
  void look_after(Slot& s, Nanos now);
  void ask_snapshots();
  void report_status(Nanos now);
  bool send_status(Nanos now, bool up);
  void note(FeedProblem p, std::string_view place, std::string_view text, Nanos now);

  LiveFeedOptions options_;
  const StreamPlan& plan_;
  FeedChannel& channel_;
  LiveFeedRings rings_;
  FeedLog log_;
  RawTap* tap_;

  BinanceFeed feed_;
  EventBatch batch_;
  ArrivalRank rank_;
  std::vector<Slot> slots_;  // two to a line
  SkipRuns skip_runs_;
  std::size_t open_ = 0, first_read_ = 0;
  std::vector<std::size_t> place_by_id_;
  struct Book {
    bool diff_seen = false;  // since its chain was lost: a snapshot fetched now is not too old
    bool asked = false;      // for a snapshot
    bool stale_due = false;  // the reader is to be told
  };
  std::vector<Book> books_;  // by place in the plan
  bool any_stale_due_ = false;
  bool up_ = false, status_told_ = false;  // what the core was told
  Nanos next_look_{}, last_sent_{}, last_data_{};
  const Clock* clock_ = nullptr;
  unsigned texts_ = 0;
  Nanos stamped_{};  // when the last text was done with, or the turn began
  LiveFeedTimes times_;
  LiveFeedCounters counters_;
};

}  // namespace mm::binance
