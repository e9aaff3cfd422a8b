// What a live feed connects to and asks for: one struct for sockets, snapshots and polling.
//
// Plain values, filled from the configuration before start, constant afterwards. check() says what
// does not go together.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/types.h"

namespace mm::binance {

enum class DepthKind : std::uint8_t { kDiff, kTop5, kTop10, kTop20 };
enum class TradeKind : std::uint8_t { kNone, kTrade, kAggTrade };

struct LiveFeedOptions {
  // Scheme, host and port; connection i uses the one at i modulo their number.
  std::vector<std::string> stream_urls{"wss://stream.binance.com:9443"};
  std::string rest_url{"https://api.binance.com"};
  std::string ca_file;  // empty: the system's authorities

  DepthKind depth = DepthKind::kDiff;
  TradeKind trades = TradeKind::kTrade;
  bool tickers = true;
  std::int32_t update_ms = 100;  // 100 or 1000
  bool microseconds = true;      // times of the venue in us
  bool skip_superseded = true;   // whole books that a newer one follows, when behind
  bool combined = true;          // /stream; else /ws, which cannot carry partial books

  std::int32_t connections = 1;  // to the same streams; the first arrival is used
  std::int32_t streams_per_connection_max = 1024;
  std::int32_t url_streams_max = 100;              // more are subscribed after opening
  Nanos subscribe_interval{250 * kMillisecond.v};  // between messages we send: 5 a second at most

  std::int32_t snapshot_levels = 1000;  // of a REST snapshot: 100 cost 5, 1000 50, 5000 250
  Nanos poll_interval{kSecond};         // of the polling feed

  // Reconnecting.
  Nanos connect_timeout{5 * kSecond.v};
  Nanos backoff_first{250 * kMillisecond.v}, backoff_longest{30 * kSecond.v};
  std::int32_t attempts_max = 300;  // in attempts_window, over all connections
  Nanos attempts_window{300 * kSecond.v};
  std::int32_t attempts_made = 0;  // of these, before the first connection: a pre-flight's
  Nanos roll_over_after{(23 * 3600 + 50 * 60) * kSecond.v};
  Nanos overlap_max{30 * kSecond.v};  // old and new connection side by side, at most

  // Silence.
  Nanos ping_interval{kSecond};           // after so long without traffic we ask; 0: never
  Nanos silence_timeout{10 * kSecond.v};  // without any traffic
  Nanos stuck_timeout{10 * kSecond.v};    // without data while a twin connection has some
  Nanos data_timeout{60 * kSecond.v};     // without data at all: replaced, by make before break
  Nanos alive_interval{250 * kMillisecond.v};
  Nanos gap_patience{500 * kMillisecond.v};  // how long twins may fill each other's holes

  // Limits of what the venue may send, and of what we may ask.
  std::int32_t message_bytes_max = 4 << 20;
  std::int32_t weight_per_minute = 3000;  // our share of the address's budget (6000 at Binance)

  std::string check() const;  // empty, or what is wrong in one line
};

// Request weight of a depth snapshot.
constexpr std::int32_t depth_weight(std::int32_t levels) {
  return levels <= 100 ? 5 : levels <= 500 ? 25 : levels <= 1000 ? 50 : 250;
}

}  // namespace mm::binance
