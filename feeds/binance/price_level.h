// One level of a book as a venue writes it, before anything is known of ticks and lots.
//
// A plain value, for any thread.
#pragma once

#include <cstdint>

namespace mm::binance {

struct PriceLevel {
  std::int64_t price;     // 1e-8
  std::int64_t quantity;  // 1e-8; 0 removes the level
};

}  // namespace mm::binance
