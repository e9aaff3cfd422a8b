// Captures for tests of the binary: small ones made on the spot, the recorded ones where they are.
#pragma once

#include <fmt/format.h>

#include <string>
#include <vector>

#include "tests/feed_test_support.h"

namespace mm::test {

inline const char* const kSpotCapture = "binance-spot-ethusdt-20240808.gz";
inline const char* const kUsdmCapture = "binance-usdm-btcusdt-20230404.gz";

// 40 seconds of a market round 100.00 that steps up and down: a snapshot, a difference every
// 100 ms, and trades that reach 0.03 to either side. Lines without their ends.
inline std::vector<std::string> small_market(const std::string& symbol,
                                             std::int64_t begin_ns = 1'700'000'000'000'000'000) {
  std::vector<std::string> lines;
  std::int64_t now = begin_ns;
  const auto add = [&](const std::string& json) {
    lines.push_back(fmt::format("{} {}", now, json));
  };
  std::string bids, asks;
  for (int i = 1; i <= 20; ++i) {
    const char* comma = i == 1 ? "" : ",";
    bids += fmt::format("{}[\"{}.{:02}\",\"5.000\"]", comma, 99, 100 - i);
    asks += fmt::format("{}[\"{}.{:02}\",\"5.000\"]", comma, 100, i);
  }
  int id = 100, trade = 1;
  add(fmt::format(R"({{"e":"depthUpdate","E":1,"s":"{}","U":99,"u":{},"b":[],"a":[]}})", symbol,
                  id));
  add(fmt::format(R"({{"lastUpdateId":{},"bids":[{}],"asks":[{}]}})", id, bids, asks));
  for (int step = 0; step < 400; ++step) {
    now += 100'000'000;
    ++id;
    add(fmt::format(R"({{"e":"depthUpdate","E":1,"s":"{}","U":{},"u":{},"b":[["99.{}","{}.5"]],)"
                    R"("a":[["100.{:02}","{}.25"]]}})",
                    symbol, id, id, 99 - step % 7, 1 + step % 5, 1 + step % 9, 1 + step % 4));
    if (step % 4 != 0) continue;
    const bool up = step % 8 == 0;
    add(fmt::format(
        R"({{"e":"trade","E":1,"s":"{}","t":{},"p":"{}","q":"6.000","T":1,"m":{},"M":true}})",
        symbol, trade++, up ? "100.03" : "99.97", up ? "false" : "true"));
  }
  return lines;
}

inline std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

}  // namespace mm::test
