// Two spot instruments as the tests of the order gateway trade them.
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "engine/core/instrument.h"

namespace mm::test {

inline Instrument spot_instrument(std::string_view symbol, std::string_view base, Amount tick,
                                  Amount lot) {
  Instrument i;
  std::ranges::copy(symbol, i.symbol_text.begin());
  std::ranges::copy(base, i.base_text.begin());
  std::ranges::copy(std::string_view("USDT"), i.quote_text.begin());
  i.tick = tick;
  i.lot = lot;
  return i;
}

// BTCUSDT in ticks of 0.01 and lots of 0.00001, ETHUSDT in ticks of 0.01 and lots of 0.0001.
inline std::vector<Instrument> spot_instruments() {
  return {spot_instrument("BTCUSDT", "BTC", Amount(1'000'000), Amount(1'000)),
          spot_instrument("ETHUSDT", "ETH", Amount(1'000'000), Amount(10'000))};
}

}  // namespace mm::test
