#include "engine/app/venue/feed_setup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mm::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Config parsed(std::string_view text) {
  const ConfigLoad load = parse_config(text, "test.ini");
  EXPECT_EQ(load.error, "");
  return load.config;
}
std::string error_of(std::string_view text) {
  return parse_config(text, "test.ini").error;
}

TEST(FeedSetup, EveryEnvironmentHasItsAddresses) {
  const VenueUrls local = venue_urls(parsed("").venue);
  EXPECT_THAT(local.streams, ElementsAre("wss://127.0.0.1:9443"));
  EXPECT_EQ(local.rest, "https://127.0.0.1:9443");
  const VenueUrls real = venue_urls(parsed("[venue]\nenvironment = production\n").venue);
  EXPECT_EQ(real.streams.front(), "wss://stream.binance.com:9443");
  EXPECT_EQ(real.rest, "https://api.binance.com");
  EXPECT_EQ(real.ws_api, "wss://ws-api.binance.com:443/ws-api/v3");
  const VenueUrls testnet = venue_urls(parsed("[venue]\nenvironment = testnet\n").venue);
  EXPECT_EQ(testnet.rest, "https://testnet.binance.vision");
  const VenueUrls demo = venue_urls(parsed("[venue]\nenvironment = demo\n").venue);
  EXPECT_EQ(demo.streams.front(), "wss://demo-stream.binance.com");
}

TEST(FeedSetup, AConfiguredAddressWins) {
  const Config c = parsed(
      "[venue]\nenvironment = production\nstream_url = ws://10.0.0.1:80\nca_file = own.pem\n");
  const binance::LiveFeedOptions o = feed_options(c);
  EXPECT_THAT(o.stream_urls, ElementsAre("ws://10.0.0.1:80"));
  EXPECT_EQ(o.rest_url, "https://api.binance.com");
  EXPECT_EQ(o.ca_file, "own.pem");
}

TEST(FeedSetup, StreamsAreRawOrCombinedAndNamedInTheAddressOrSubscribedTo) {
  EXPECT_TRUE(feed_options(parsed("")).combined);
  const binance::LiveFeedOptions o =
      feed_options(parsed("[feed]\nstreams = raw\nurl_streams_max = 0\n"));
  EXPECT_FALSE(o.combined);
  EXPECT_EQ(o.url_streams_max, 0);
  EXPECT_EQ(o.check(), "");
  EXPECT_THAT(error_of("[feed]\nstreams = raw\ndepth = 20\n"),
              HasSubstr("must be combined: raw messages of [feed] depth 5, 10 and 20"));
}

TEST(FeedSetup, TheDefaultsFitTogether) {
  EXPECT_EQ(feed_options(parsed("")).check(), "");
}

TEST(FeedSetup, KeysAreCheckedWithEachOther) {
  EXPECT_THAT(error_of("[feed]\nconnections = 9\n"), HasSubstr("a whole number from 1 to 8"));
  EXPECT_THAT(error_of("[feed]\nupdate_ms = 250\n"), HasSubstr("100 | 1000"));
  EXPECT_THAT(error_of("[venue]\nrest_url = wss://x\n"), HasSubstr("https:// or http://"));
  EXPECT_THAT(error_of("[venue]\nstream_url = wss://\n"), HasSubstr("stream_url"));
  EXPECT_THAT(error_of("[feed]\nweight_per_minute = 49\n"),
              HasSubstr("must allow a snapshot, which weighs 50"));
  EXPECT_THAT(error_of("[feed]\nreconnect_first_ms = 60000\n"), HasSubstr("reconnect_longest_s"));
  EXPECT_THAT(error_of("[engine]\nmarket_ring_slots = 256\n"),
              HasSubstr("must hold a snapshot of [feed] snapshot_levels"));
}

}  // namespace
}  // namespace mm::app
