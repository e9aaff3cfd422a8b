#include "engine/app/venue/feed_setup.h"

#include <fmt/format.h>

#include "engine/net/tls_context.h"
#include "engine/runtime/clock.h"
#include "feeds/binance/rest_market.h"

namespace mm::app {
namespace {

VenueUrls environment_urls(Environment environment) {
  switch (environment) {
    case Environment::kProduction:
      return {{"wss://stream.binance.com:9443", "wss://stream.binance.com:443"},
              "https://api.binance.com",
              "wss://ws-api.binance.com:443/ws-api/v3"};
    case Environment::kTestnet:
      return {{"wss://stream.testnet.binance.vision", "wss://stream.testnet.binance.vision:9443"},
              "https://testnet.binance.vision",
              "wss://ws-api.testnet.binance.vision/ws-api/v3"};
    case Environment::kDemo:
      return {{"wss://demo-stream.binance.com", "wss://demo-stream.binance.com:9443"},
              "https://demo-api.binance.com",
              "wss://demo-ws-api.binance.com/ws-api/v3"};
    case Environment::kLocal:
      break;
  }
  return {{"wss://127.0.0.1:9443"}, "https://127.0.0.1:9443", "wss://127.0.0.1:9443/ws-api/v3"};
}

}  // namespace

VenueUrls venue_urls(const VenueConfig& venue) {
  VenueUrls urls = environment_urls(venue.environment);
  if (!venue.stream_url.empty()) urls.streams = {venue.stream_url};
  if (!venue.rest_url.empty()) urls.rest = venue.rest_url;
  if (!venue.ws_api_url.empty()) urls.ws_api = venue.ws_api_url;
  return urls;
}

binance::LiveFeedOptions feed_options(const Config& config) {
  binance::LiveFeedOptions options = config.feed.options;
  const VenueUrls urls = venue_urls(config.venue);
  options.stream_urls = urls.streams;
  options.rest_url = urls.rest;
  options.ca_file = config.venue.ca_file;
  return options;
}

VenueInstruments fetch_instruments(const Config& config, net::SharedRequestPause& pause) {
  VenueInstruments found;
  const binance::LiveFeedOptions options = feed_options(config);
  const net::TlsContext tls = net::TlsContext::client(options.ca_file);
  found.error = tls.error();
  if (!found.error.empty()) return found;
  binance::RestMarket rest(options, &tls, pause, nullptr);
  const std::string target = binance::exchange_info_target(config.venue.symbols);
  const binance::RestAnswer answer = rest.get(target, binance::kExchangeInfoWeight, Clock().now());
  if (!answer.error.empty()) {
    found.error = fmt::format("{}: {}", fmt::join(config.venue.symbols, ", "), answer.error);
    return found;
  }
  found.info = binance::parse_exchange_info(answer.body);
  if (!found.info.error.empty()) {
    found.error = fmt::format("{}: {}", options.rest_url, found.info.error);
    return found;
  }
  for (const std::string& symbol : config.venue.symbols) {
    const Instrument* const known = found.info.find(symbol, true);
    if (known == nullptr || known->tick.v <= 0 || known->lot.v <= 0) {
      found.error = fmt::format("{}: {}: {}", options.rest_url, symbol,
                                known == nullptr ? "unknown symbol" : "no tick or lot size");
      return found;
    }
    found.instruments.push_back(*known);
    found.instruments.back().fees = config.fees.rates;
  }
  return found;
}

std::vector<binance::FeedInstrument> feed_instruments(std::span<const Instrument> instruments) {
  std::vector<binance::FeedInstrument> all;
  for (const Instrument& i : instruments)
    all.push_back({.id = static_cast<InstrumentId>(all.size()), .spec = i, .price_about = {}});
  return all;
}

}  // namespace mm::app
