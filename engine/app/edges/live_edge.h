// The edge of live trading: the venue's market data and its order session.
//
// See venue_edge.h for threads. Three cold threads of its own: one connects for market data and
// one for orders, one has REST for orders while no connection is up. Whoever makes it has taken the
// account's lock and the ids' epoch.
#pragma once

#include <memory>
#include <span>

#include "engine/app/edges/venue_edge.h"
#include "gateway/binance/credentials.h"
#include "gateway/binance/response_parser.h"

namespace mm::app {

std::unique_ptr<VenueEdge> make_live_edge(const EdgeContext& context,
                                          const binance::orders::Credentials& credentials,
                                          std::span<const binance::orders::LimitUsage> limits,
                                          std::span<const std::uint64_t> last_trades);

}  // namespace mm::app
