// Lists of orders, trades and balances are read from a store that follows the venue's matching:
// what has just come may be missing in them, and what has just gone may still be there.
//
// A constant. An order's own answers and reports do not come from there.
#pragma once

#include "engine/core/types.h"

namespace mm::binance::orders {

inline constexpr Nanos kReadLagMax{2 * kSecond.v};

}  // namespace mm::binance::orders
