// The limits that a venue announces at start (exchangeInfo, rateLimits) instead of constants.
//
// Cold, main thread, pure.
#pragma once

#include <vector>

#include "engine/app/config/config.h"
#include "feeds/binance/exchange_info.h"
#include "gateway/binance/response_parser.h"

namespace mm::app {

// Lowers what the configuration would use to what there is: connection attempts, the feed's weight
// (half of the address's), the core's requests a second, open orders on all symbols, and positions
// (MAX_POSITION). What it leaves is in the session's config.ini, so a replay has the same.
void obey_limits(const binance::ExchangeInfo& info, Config& config);

// As the order session counts them.
std::vector<binance::orders::LimitUsage> order_limits(const binance::ExchangeInfo& info);

}  // namespace mm::app
