// Which streams run over which connection, and how to ask for them.
//
// Built once at start from options and instruments, then only read. The streams of many instruments
// are cut into shards that fit one connection; every shard has as many lines as there are
// connections, all with the same streams. Names go into the URL where they are few, else into
// SUBSCRIBE messages.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "feeds/binance/binance_feed.h"
#include "feeds/binance/live_options.h"

namespace mm::binance {

struct StreamLine {
  std::size_t shard = 0;
  std::size_t connection = 0;  // which of the twins
  std::string url;
  std::vector<std::string> subscribe;  // messages to send after opening
  std::string place;                   // for the log: host and number, no secrets
};

struct StreamShard {
  std::size_t first = 0, count = 0;  // of the instruments
};

struct StreamPlan {
  std::vector<StreamShard> shards;
  std::vector<StreamLine> lines;
  std::vector<FeedInstrument> instruments;
};

StreamPlan plan_streams(const LiveFeedOptions& options,
                        std::span<const FeedInstrument> instruments);

// btcusdt, for stream names; only ASCII letters have cases here.
std::string lower_case(std::string_view symbol);

}  // namespace mm::binance
