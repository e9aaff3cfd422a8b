// One Binance market-data message, from JSON to plain numbers.
//
// Owned by one thread; allocates at construction only. Reads each field once, in whatever order it
// comes: in one pass where the text is as Binance writes it (compact_json.h), about 12 ns a price
// level and 60 ns a trade or ticker; in any other form, and whatever is wrong, with simdjson
// on-demand at about twice that. It knows the words of the protocol but neither instruments nor
// book state; numbers stay in 1e-8 units, and text (symbol, stream) points into the message.
// Unknown keys are ignored; errors are values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "engine/core/types.h"
#include "feeds/binance/price_level.h"
#include "feeds/binance/sync_rule.h"
#include "feeds/feed_problem.h"

namespace mm::binance {

enum class MessageKind : std::uint8_t {
  kIgnored,  // known, of no use here: markPrice, kline, subscription answers
  kDepthDiff,
  kPartialDepth,  // the whole top of the book, each time
  kSnapshot,      // REST body in line
  kTrade,
  kAggTrade,
  kBookTicker,
  kServerShutdown  // the connection will be closed soon
};

struct Message {
  MessageKind kind{MessageKind::kIgnored};
  Venue venue{Venue::kUnknown};  // what only one of the venues writes
  bool aggressor_sold = false;
  bool has_previous = false;
  std::string_view symbol;         // upper case; empty where the payload has none
  std::string_view stream_symbol;  // of the stream's name, lower case
  std::uint64_t first_id = 0, last_id = 0, previous_id = 0;  // U, u or lastUpdateId, pu
  std::uint64_t trade_id = 0;                                // or aggregate trade id
  Nanos exchange_time{};                                     // 0 where there is none
  std::int64_t price = 0, quantity = 0;                      // trades
  PriceLevel bid{}, ask{};                                   // bookTicker
  std::span<const PriceLevel> bids, asks;

  // Cheaper than assigning a fresh one, which costs as much as several fields.
  void clear() {
    kind = MessageKind::kIgnored;
    venue = Venue::kUnknown;
    has_previous = false;
    symbol = stream_symbol = {};
    first_id = last_id = previous_id = trade_id = 0;
    price = quantity = 0;
    bid = ask = {};
    bids = asks = {};
  }
};

class Parser {
 public:
  static constexpr std::size_t kLevelsMax = 8192;  // a side
  static constexpr std::size_t kPadding = 64;      // readable bytes behind the text

  explicit Parser(std::size_t message_bytes_max = std::size_t{4} << 20);
  ~Parser();
  Parser(Parser&&) noexcept;
  Parser& operator=(Parser&&) noexcept;

  // kNone: message() is valid until the next call, as long as the text is.
  FeedProblem parse(std::string_view text);
  const Message& message() const;
  // A word about the last problem: the field or kind it was about.
  std::string_view detail() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mm::binance
