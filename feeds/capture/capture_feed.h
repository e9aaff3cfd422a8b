// Recorded Binance market data as a stream of events: captures read, merged, parsed, synchronised.
//
// Owned by one thread. Opening it scans all of the captures, so that an instrument that first
// appears late is known from the start, and allocates; next() does not allocate, except zlib's
// window at the first line and the text of the first problem of each kind. Spot and USD-M files may
// be mixed, each is read by its own venue's rules.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/core/instrument.h"
#include "feeds/binance/binance_feed.h"
#include "feeds/binance/exchange_info.h"
#include "feeds/capture/capture_merge.h"
#include "feeds/capture/capture_scan.h"
#include "feeds/event_batch.h"
#include "feeds/feed_problem.h"

namespace mm {

struct CaptureOptions {
  std::vector<std::string> files;
  std::string symbol;  // only this one; empty: all instruments of the captures
  // Fills in what is known of an instrument, by its symbol; a tick or lot it leaves zero is looked
  // up or inferred. May be empty.
  std::function<void(Instrument&)> configure = {};
  std::string exchange_info_file;  // optional
  // Whether an instrument is wanted by its name. One that is not is left out if it has no usable
  // book, or next to no messages, while another has. Empty: all are.
  std::function<bool(std::string_view)> named = {};
};

class CaptureFeed {
 public:
  struct Opened {
    std::unique_ptr<CaptureFeed> feed;  // null if there is an error
    std::string error;                  // one clear line
  };
  static Opened open(const CaptureOptions& options);

  // Index = InstrumentId of the events; units complete.
  std::span<const Instrument> instruments() const { return instruments_; }
  // Where the tick and lot of each came from: config, exchangeInfo or the capture; one line each.
  std::span<const std::string> units() const { return units_; }
  // What there is to say about the start: units that are not from the config, what did not fit.
  std::span<const std::string> notes() const { return notes_; }
  const CaptureScan& scan() const { return scan_; }

  // The next message that makes events; clears `out` first. False at the end.
  bool next(Nanos& at, EventBatch& out);

  binance::FeedCounters counters() const;
  std::uint64_t partials_applied() const;
  std::uint64_t lines() const { return lines_; }
  // Has any book been started so far?
  bool had_book() const;
  FeedProblems& problems() { return problems_; }
  const FeedProblems& problems() const { return problems_; }
  std::uint64_t bytes_read() const { return merge_.bytes_read(); }
  std::uint64_t bytes_total() const { return merge_.bytes_total(); }

 private:
  explicit CaptureFeed(const CaptureOptions& options);

  std::string start(const CaptureOptions& options);
  bool is_stray(const ScannedInstrument& scanned, const CaptureOptions& options);
  std::string choose_instruments(const CaptureOptions& options);
  void complete(Instrument& i, const ScannedInstrument& scanned, const binance::ExchangeInfo* info);
  const Instrument* fitting(const Instrument& i, const ScannedInstrument& scanned,
                            const binance::ExchangeInfo* info);
  void build_feeds();
  void note(FeedProblem p, std::string_view about);

  struct Source {
    binance::Venue venue{};
    InstrumentId nameless{};  // whose the snapshots without a symbol are
  };

  CaptureScan scan_;
  std::vector<const ScannedInstrument*> scanned_;  // of each instrument
  std::vector<Instrument> instruments_;
  std::vector<std::string> units_, notes_;
  std::vector<Source> sources_;                               // by file
  std::array<std::optional<binance::BinanceFeed>, 3> feeds_;  // by venue
  CaptureMerge merge_;
  binance::BinanceFeed* draining_ = nullptr;
  Nanos at_{};
  FeedProblems problems_;
  std::uint64_t lines_ = 0;
  bool told_up_ = false;  // kFeedStatus, with the first message
  bool all_symbols_;      // else other symbols are none of our business
};

}  // namespace mm
