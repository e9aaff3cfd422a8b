// Pre-flight of a real venue: is it there, is our clock right, do symbols, key, balances and limits
// allow what the configuration wants?
//
// Cold, main thread; a handful of REST requests, each with a deadline.
#pragma once

#include "engine/app/config/config.h"
#include "engine/app/venue/findings.h"
#include "gateway/binance/credentials.h"

namespace mm::app {

// What market data need. Both return the connections tried: the venue counts them.
std::size_t check_market(const Config& config, Findings& findings);
// That, and what orders need of the account.
std::size_t check_account(const Config& config, const binance::orders::Credentials& key,
                          Findings& findings);

}  // namespace mm::app
