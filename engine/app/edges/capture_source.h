// A capture feed as the virtual loop's source of messages.
//
// One thread, the loop's; the batch grows to the largest message and stays.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <string>
#include <vector>

#include "engine/app/config/config.h"
#include "engine/core/decimal_text.h"
#include "engine/core/market.h"
#include "feeds/capture/capture_feed.h"

namespace mm::app {

inline bool is_named(const Config& config, std::string_view symbol) {
  const auto& names = config.venue.symbols;
  return std::ranges::find(names, symbol) != names.end() ||
         std::ranges::find(config.overrides, symbol, &SymbolConfig::name) != config.overrides.end();
}

// Every instrument of the captures, with what the config says of it; `config` must outlive the
// opening of the feed.
inline CaptureOptions capture_options(const Config& config, const std::vector<std::string>& files) {
  return {.files = files,
          .symbol = {},
          .configure = [&config](Instrument& i) { i = make_instrument(config, i.symbol()); },
          .exchange_info_file = config.venue.exchange_info,
          .named = [&config](std::string_view symbol) { return is_named(config, symbol); }};
}

// The feed may follow a book whose prices and quantities the core cannot hold.
inline bool has_book(const Market& market) {
  return market.counters().snapshots != 0 && (market.touch().has_bid || market.touch().has_ask);
}

// Why nothing came of the captures.
inline std::string no_book_text(const CaptureFeed& feed) {
  if (!feed.had_book()) {
    return "no usable book in the capture: it needs a snapshot that the diffs follow on, or "
           "depth5/10/20 messages";
  }
  const Instrument& first = feed.instruments().front();
  return fmt::format(
      "no usable book in the capture: it is complete, but the engine can hold none of it: prices "
      "of "
      "{} may be {} ticks of {} at most; is that its tick?",
      first.symbol(), first.price_max.v, decimal_text(first.tick).view());
}

class CaptureSource {
 public:
  explicit CaptureSource(CaptureFeed& feed) : feed_(feed) {}
  bool next(Nanos& at, std::span<const Event>& events) {
    if (!feed_.next(at, batch_)) return false;
    events = batch_.events();
    return true;
  }

 private:
  CaptureFeed& feed_;
  EventBatch batch_;
};

}  // namespace mm::app
