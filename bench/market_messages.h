// The market messages that benchmarks parse, as Binance sends them over a combined stream.
//
// Cold; strings with the room behind them that the parser wants.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "feeds/binance/parser.h"

namespace mm::bench {

// A text, and bytes behind it that may be read.
class Message {
 public:
  explicit Message(std::string text) : bytes_(std::move(text)), size_(bytes_.size()) {
    bytes_.append(binance::Parser::kPadding, '\0');
  }
  std::string_view text() const { return {bytes_.data(), size_}; }
  // Behind the id of a book_of_20().
  char* id_end() { return bytes_.data() + bytes_.find(R"(,"bids")"); }

 private:
  std::string bytes_;
  std::size_t size_;
};

// `count` levels from `first` on, a cent apart, away from the other side.
inline std::string levels(int count, int first_cents, int step_cents) {
  std::string all;
  for (int i = 0; i < count; ++i) {
    const int cents = first_cents + i * step_cents;
    all += fmt::format("{}[\"{}.{:02}000000\",\"{}.{:04}0000\"]", i == 0 ? "" : ",", cents / 100,
                       cents % 100, 3 + i, 292 + i);
  }
  return all;
}

// The 20 best levels a side; the id has ten digits, the first a 1, so that it can be counted up in
// place.
inline std::string book_of_20(std::uint64_t id, int bid_cents,
                              std::string_view symbol = "ethusdt") {
  return fmt::format(
      R"({{"stream":"{}@depth20@100ms","data":{{"lastUpdateId":1{:09},"bids":[{}],"asks":[{}]}}}})",
      symbol, id, levels(20, bid_cents, -1), levels(20, bid_cents + 1, 1));
}

// The last nine digits of such an id, written where they stand.
inline void write_id(std::uint64_t id, char* end) {
  for (int digit = 0; digit < 9; ++digit, id /= 10) *--end = static_cast<char>('0' + id % 10);
}

inline std::string book_ticker() {
  return R"({"stream":"ethusdt@bookTicker","data":{"u":35346513501,"s":"ETHUSDT",)"
         R"("b":"2683.80000000","B":"3.02920000","a":"2683.81000000","A":"31.43950000"}})";
}

inline std::string trade() {
  return R"({"stream":"ethusdt@trade","data":{"e":"trade","E":1723161255612,"s":"ETHUSDT",)"
         R"("t":1520538925,"p":"2683.80000000","q":"0.00200000","T":1723161255611,)"
         R"("m":true,"M":true}})";
}

}  // namespace mm::bench
