#include "engine/net/endpoint.h"

#include <gtest/gtest.h>

namespace mm::net {
namespace {

struct Good {
  const char* url;
  const char* host;
  int port;
  bool tls;
  const char* target;
  const char* authority;
};

class GoodUrl : public testing::TestWithParam<Good> {};

TEST_P(GoodUrl, IsTakenApart) {
  const auto [endpoint, error] = parse_url(GetParam().url);
  EXPECT_EQ(error, "");
  EXPECT_EQ(endpoint.host, GetParam().host);
  EXPECT_EQ(endpoint.port, GetParam().port);
  EXPECT_EQ(endpoint.tls, GetParam().tls);
  EXPECT_EQ(endpoint.target, GetParam().target);
  EXPECT_EQ(endpoint.authority(), GetParam().authority);
}

INSTANTIATE_TEST_SUITE_P(
    Endpoint, GoodUrl,
    testing::Values(
        Good{"wss://fstream.binance.com/stream?streams=a@depth/b@trade", "fstream.binance.com", 443,
             true, "/stream?streams=a@depth/b@trade", "fstream.binance.com"},
        Good{"wss://stream.binance.com:9443", "stream.binance.com", 9443, true, "/",
             "stream.binance.com:9443"},
        Good{"https://localhost:443/a", "localhost", 443, true, "/a", "localhost"},
        Good{"http://127.0.0.1:8080?x=1", "127.0.0.1", 8080, false, "/?x=1", "127.0.0.1:8080"},
        Good{"ws://[::1]:9/p#part", "::1", 9, false, "/p", "[::1]:9"},
        Good{"ws://[::1]", "::1", 80, false, "/", "[::1]"}));

class BadUrl : public testing::TestWithParam<const char*> {};

TEST_P(BadUrl, IsRefusedWithAReason) {
  const ParsedUrl parsed = parse_url(GetParam());
  EXPECT_NE(parsed.error, "") << GetParam();
}

INSTANTIATE_TEST_SUITE_P(Endpoint, BadUrl,
                         testing::Values("", "binance.com", "ftp://host/", "wss://", "wss:///path",
                                         "wss://:443/", "wss://host:", "wss://host:0/",
                                         "wss://host:65536/", "wss://host:12x/", "wss://host:-1",
                                         "wss://host:1:2/", "ws://[::1", "ws://[]/", "ws://[::1]9",
                                         "ws://user@host/", "ws://ho st/", "ws://host/a b",
                                         "ws://host/a\r\nX: 1"));

TEST(Endpoint, AnErrorDoesNotShowTheQuery) {
  const ParsedUrl parsed = parse_url("wss://host:0/path?listenKey=secret");
  EXPECT_EQ(parsed.error, "'wss://host:0/path': the port is not 1 to 65535");
}

}  // namespace
}  // namespace mm::net
