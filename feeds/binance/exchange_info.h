// Instruments out of an exchangeInfo body, as recorded in a file: plain, gzip, or cryptofeed's form
// `<url> -> <time>: <body>`. Spot and USD-M.
//
// Cold: read once at start, allocates freely. Ticks and lots are the venue's filters; where a
// filter is disabled (zero) the field stays at zero or its default, and the caller must know
// better.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engine/core/instrument.h"

namespace mm::binance {

struct ExchangeInfo {
  std::vector<Instrument> instruments;
  std::string error;  // empty if the file was understood

  // Null if there is none of that symbol and venue.
  const Instrument* find(std::string_view symbol, bool is_spot) const;
};

ExchangeInfo read_exchange_info(const std::string& path);
ExchangeInfo parse_exchange_info(std::string_view body);

}  // namespace mm::binance
