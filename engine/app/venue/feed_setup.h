// What the live feed needs before it can start: options from the config, units from the venue.
//
// Cold, main thread; fetch_instruments blocks on one REST request.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "engine/app/config/config.h"
#include "engine/net/shared_request_pause.h"
#include "feeds/binance/binance_feed.h"
#include "feeds/binance/exchange_info.h"
#include "feeds/binance/live_options.h"

namespace mm::app {

// The venue's addresses: those configured, else the environment's.
struct VenueUrls {
  std::vector<std::string> streams;
  std::string rest, ws_api;
};
VenueUrls venue_urls(const VenueConfig& venue);

binance::LiveFeedOptions feed_options(const Config& config);

struct VenueInstruments {
  std::vector<Instrument> instruments;  // as the venue has them; fees as configured
  binance::ExchangeInfo info;
  std::string error;  // one line
};
// Asks the venue for the exchangeInfo of [venue] symbols. A pause that it wants is told whoever
// shares `pause`.
VenueInstruments fetch_instruments(const Config& config, net::SharedRequestPause& pause);

std::vector<binance::FeedInstrument> feed_instruments(std::span<const Instrument> instruments);

}  // namespace mm::app
