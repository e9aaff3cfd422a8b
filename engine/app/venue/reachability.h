// Pre-flight of what a venue is asked over WebSockets: do market data and order entry open?
//
// Cold, main thread; blocks on one connection to each address in use, a few seconds at most. The
// venue counts each among the connections of five minutes.
#pragma once

#include "engine/app/config/config.h"
#include "engine/app/venue/findings.h"
#include "engine/net/shared_request_pause.h"
#include "gateway/binance/credentials.h"

namespace mm::app {

// TLS and upgrade of every address that the feed would use; none where it polls.
// Both return the connections tried.
std::size_t check_streams(const Config& config, net::SharedRequestPause& pause, Findings& findings);
// The same, and what a connection must be able to do before it gets orders: with `key` (may be
// null) the venue answers, and accepts a logon. A warning where REST takes the orders instead.
std::size_t check_order_entry(const Config& config, const binance::orders::Credentials* key,
                              net::SharedRequestPause& pause, Findings& findings);

}  // namespace mm::app
