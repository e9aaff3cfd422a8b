// Binance market data of one venue (spot or USD-M): messages in, events for the core out.
//
// Owned by the feed's thread; allocates at construction only. A trade or ticker costs about 200 ns,
// depth about 30 ns a level. Books are synchronised here (book_sync.h) but live in the core: what
// leaves is a snapshot first, then differences that follow it without a hole, each numbered per
// instrument from 1 without a hole; a lost chain is a kBookStale. A message that does not fit the
// batch, or holds one bad number, is dropped whole; a quantity that is no whole number of lots is
// rounded down, but never to nothing, since what rests there is there.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/decimal.h"
#include "engine/core/instrument.h"
#include "feeds/binance/book_sync.h"
#include "feeds/binance/parser.h"
#include "feeds/event_batch.h"
#include "feeds/feed_problem.h"

namespace mm::binance {

// Whose a snapshot is that names no symbol, where it is not known to be a certain instrument's.
inline constexpr InstrumentId kOnlyInstrument =
    0xFFFF;                                       // the only one of the feed, or the best fit
inline constexpr InstrumentId kBestFit = 0xFFFE;  // the one whose price and ids fit
inline constexpr InstrumentId kNotOurs = 0xFFFD;  // of a symbol that is not in the feed

struct FeedInstrument {
  InstrumentId id{};
  Instrument spec;
  Amount price_about{};  // where known: helps to place snapshots that name no symbol
};

struct FeedOptions {
  Venue venue{Venue::kSpot};
  std::size_t message_bytes_max = std::size_t{4} << 20;
  std::size_t buffered_levels = std::size_t{1} << 16;  // per instrument, waiting for a snapshot
  std::size_t buffered_diffs = std::size_t{1} << 12;
  bool tickers_once = false;  // the same ones come over several connections: use the first
};

struct FeedCounters {
  std::uint64_t messages = 0, ignored = 0;
  std::uint64_t diffs = 0, diffs_applied = 0;
  std::uint64_t partials = 0, partials_applied = 0;
  std::uint64_t snapshots = 0, snapshots_applied = 0;
  std::uint64_t gaps = 0, resyncs = 0;  // chains lost, and found again
  std::uint64_t trades = 0, trades_repeated = 0;
  std::uint64_t tickers = 0, tickers_repeated = 0;

  FeedCounters& operator+=(const FeedCounters& o);
};

// What a message was about: enough to tell the same news when it comes again.
struct Arrival {
  InstrumentId instrument{kNotOurs};
  MessageKind kind{MessageKind::kIgnored};
  std::uint64_t id = 0;  // update id, or trade id
};

class BinanceFeed {
 public:
  BinanceFeed(std::span<const FeedInstrument> instruments, const FeedOptions& options);

  // Parses one message received at `received` and appends its events to `out` (none while its book
  // waits for a snapshot). kOffGrid of a message that made events: a quantity was rounded.
  // Parser::kPadding bytes behind `text` must be readable. `nameless` says whose a snapshot is that
  // names no symbol.
  FeedProblem on_message(Nanos received, std::string_view text, EventBatch& out,
                         InstrumentId nameless = kOnlyInstrument);
  const Arrival& arrival() const { return arrival_; }  // of the last message

  // The same streams come over several connections: a hole in the differences is given this long
  // to be filled by another one. And whether the connection read next has just joined the others:
  // trades it brings ahead of them are left to them, or those in between would be lost.
  void set_gap_patience(Nanos patience);
  void set_joining(bool joining) { joining_ = joining; }

  // Differences kept for a snapshot that has come may not all fit one batch: call until false.
  bool has_backlog() const { return backlog_ != nullptr; }
  void drain(EventBatch& out);

  // Whoever reads the events lost some: the book starts anew at the next snapshot. The second also
  // says so to the reader.
  void resync(InstrumentId id);
  void lose(InstrumentId id, Nanos now, EventBatch& out);
  bool needs_snapshot(InstrumentId id) const;
  // The book has moved on from its snapshot, so its stream is seen to reach us.
  bool is_proven(InstrumentId id) const;
  std::uint64_t book_id(InstrumentId id) const;
  // Every connection is gone: what comes next may be numbered anew.
  void forget_ids();

  const FeedCounters& counters() const { return counters_; }
  // What the last problem was about; may point into the message's text.
  std::string_view detail() const { return detail_; }

 private:
  struct Book {
    InstrumentId id;
    UnitGrid grid;
    Amount lot;
    BookSync sync;
    std::uint32_t sequence = 0;
    bool lost = false;  // a chain was lost and not yet found again
    MessageKind trade_kind{MessageKind::kIgnored};
    std::uint64_t trade_id = 0, ticker_id = 0;
    std::uint64_t seen_id = 0;  // update id and price last seen anywhere, to place snapshots
    std::int64_t seen_price = 0;
  };

  FeedProblem fail(FeedProblem p, std::string_view about) {
    detail_ = about;
    return p;
  }
  FeedProblem dispatch(Nanos received, const Message& m, EventBatch& out, InstrumentId nameless);
  Book* find(std::string_view symbol);
  Book* find_id(InstrumentId id);
  const Book* find_id(InstrumentId id) const;
  Book* find_for(const Message& m, InstrumentId nameless);
  Book* fit(const Message& m);
  void see(Book& b, const Message& m);

  UnitError resting_lots(const Book& b, std::int64_t quantity, std::int64_t& lots);
  FeedProblem to_grid(const Book& b, std::span<const PriceLevel> in, std::vector<GridLevel>& out);
  FeedProblem to_grid(const Book& b, Nanos received, const Message& m, BookMessage& out);
  FeedProblem on_trade(Book& b, Nanos received, const Message& m, EventBatch& out);
  FeedProblem on_ticker(Book& b, Nanos received, const Message& m, EventBatch& out);
  FeedProblem on_diff(Book& b, const BookMessage& m, EventBatch& out);
  FeedProblem on_snapshot(Book& b, const BookMessage& m, EventBatch& out);
  FeedProblem on_partial(Book& b, const BookMessage& m, EventBatch& out);

  // Takes one verdict on one difference to its end.
  FeedProblem settle(Book& b, DiffVerdict verdict, const BookMessage& m, EventBatch& out);
  FeedProblem emit(Book& b, const BookMessage& m, std::uint8_t flags, EventBatch& out);
  void emit_stale(Book& b, Nanos received, EventBatch& out);
  void found_again(Book& b);

  Venue venue_;
  bool tickers_once_;
  Parser parser_;
  std::vector<Book> books_;
  std::vector<std::pair<std::string, std::uint32_t>> symbols_;  // sorted
  std::uint32_t found_ = 0;                                     // of symbols_, the last one asked
  std::vector<GridLevel> bids_, asks_;
  Book* backlog_ = nullptr;  // the book being drained
  bool joining_ = false;
  bool rounded_ = false;  // a quantity of this message
  Arrival arrival_;
  FeedCounters counters_;
  std::string_view detail_;
  std::array<char, sizeof(Instrument::symbol_text)> upper_{};
};

}  // namespace mm::binance
