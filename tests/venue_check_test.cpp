// The pre-flight against a scripted REST venue: what it says of refusals, and what it still asks.
#include "engine/app/venue/venue_check.h"

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <mutex>

#include "tests/binance_order_venue.h"
#include "tests/certificates.h"
#include "tests/e2e_support.h"
#include "tests/net_server.h"

namespace mm::app {
namespace {

namespace orders = binance::orders;
using test::ServedRequest;
using test::ServedResponse;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kTime = "/api/v3/time";
constexpr const char* kInfo = "/api/v3/exchangeInfo";
constexpr const char* kTicker = "/api/v3/ticker/bookTicker";
constexpr const char* kAccount = "/api/v3/account";
constexpr const char* kRights = "/sapi/v1/account/apiRestrictions";

test::NetServer::Handler silent_websocket() {
  return test::serve_websocket([](test::WsPeer& peer) { peer.peer().wait_for_end(); });
}

class VenueCheck : public testing::Test {
 protected:
  VenueCheck() : server_(test::serve_http([this](const ServedRequest& r) { return respond(r); })) {
    config_.venue.rest_url = "http://127.0.0.1:" + std::to_string(server_.port());
    config_.venue.stream_url = "ws://127.0.0.1:" + std::to_string(streams_.port());
    config_.venue.ws_api_url = orders_.url();
    config_.venue.allow_live = true;
    key_.api_key = orders::SecretText("the-key");
    key_.signer = orders::Signer::from_secret(orders::SecretText("secret")).signer;
  }

  ServedResponse respond(const ServedRequest& request) {
    const std::lock_guard lock(mutex_);
    const std::string path = request.target.substr(0, request.target.find('?'));
    asked_.push_back(path);
    if (path == refusing_) return refusal_;
    if (path == kTime) {
      const auto now = std::chrono::system_clock::now().time_since_epoch();
      return {.body = "{\"serverTime\":" +
                      std::to_string(
                          std::chrono::duration_cast<std::chrono::milliseconds>(now).count()) +
                      "}"};
    }
    if (path == kInfo) {
      return {.body = R"({"rateLimits":[],"symbols":[{"symbol":"ETHUSDT","status":"TRADING",)"
                      R"("baseAsset":"ETH","quoteAsset":"USDT","filters":[{"filterType":)"
                      R"("PRICE_FILTER","tickSize":"0.01"},{"filterType":"LOT_SIZE","stepSize":)"
                      R"("0.0001"},{"filterType":"NOTIONAL","minNotional":"5"}])" +
                      symbol_more_ + "}]}"};
    }
    if (path == kTicker) return {.body = R"([{"symbol":"ETHUSDT","bidPrice":"3000.00"}])"};
    return {.body = R"({"canTrade":true,"balances":[]})"};
  }

  // All that is said.
  std::string check(const std::string& refusing = "", const ServedResponse& refusal = {}) {
    refusing_ = refusing;
    refusal_ = refusal;
    asked_.clear();
    testing::internal::CaptureStdout();
    Findings findings;
    check_account(config_, key_, findings);
    return testing::internal::GetCapturedStdout();
  }

  std::mutex mutex_;
  std::string refusing_;
  ServedResponse refusal_;
  std::string symbol_more_;  // members of the symbol's exchangeInfo
  std::vector<std::string> asked_;
  test::NetServer server_;
  test::NetServer streams_{silent_websocket()};
  test::OrderVenue orders_;
  Config config_;
  orders::Credentials key_;
};

TEST_F(VenueCheck, AVenueWithoutFaultHasNoFail) {
  EXPECT_THAT(check(), AllOf(Not(HasSubstr("fail")), HasSubstr("ok    symbol    ETHUSDT TRADING"),
                             HasSubstr("whether the key may trade spot: unknown"),
                             HasSubstr("ok    streams   " + config_.venue.stream_url + " opens in"),
                             HasSubstr("ok    orders    " + orders_.url() + " opens in")));
  EXPECT_EQ(orders_.count("time"), 1u);
}

TEST_F(VenueCheck, ASymbolThatForbidsOurSelfTradePreventionIsAFail) {
  symbol_more_ = R"(,"allowedSelfTradePreventionModes":["NONE","EXPIRE_TAKER"])";
  EXPECT_THAT(check(), HasSubstr(": takes no orders with self-trade prevention EXPIRE_MAKER, only "
                                 "NONE, EXPIRE_TAKER"));
  symbol_more_ = R"(,"allowedSelfTradePreventionModes":["NONE","EXPIRE_MAKER"])";
  EXPECT_THAT(check(), Not(HasSubstr("fail")));
}

TEST_F(VenueCheck, MarketDataThatCannotBeReachedAreAFail) {
  config_.venue.stream_url = "ws://127.0.0.1:1";
  EXPECT_THAT(check(), HasSubstr("fail  streams   127.0.0.1:1: "));
  config_.feed.source = FeedSource::kRest;
  EXPECT_THAT(check(), AllOf(Not(HasSubstr("streams")), Not(HasSubstr("fail"))));
}

TEST_F(VenueCheck, OneDroppedConnectionIsNoFinding) {
  std::atomic<int> connections{0};
  test::NetServer dropping([&](test::Peer& peer) {
    if (connections++ > 0) silent_websocket()(peer);
  });
  config_.venue.stream_url = "ws://127.0.0.1:" + std::to_string(dropping.port());
  EXPECT_THAT(check(), AllOf(Not(HasSubstr("fail")), HasSubstr("ok    streams   ")));
  EXPECT_EQ(connections, 2);
}

TEST_F(VenueCheck, AStreamHostWithAnExpiredCertificateIsAFail) {
  using std::chrono::hours;
  const test::Scratch scratch;
  const test::CertificateAuthority authority;
  test::NetServer expired(silent_websocket(),
                          {authority.issue({.valid_from = -hours(2), .valid_until = -hours(1)})});
  config_.venue.ca_file = scratch.write("ca.pem", authority.pem());
  config_.venue.stream_url = "wss://127.0.0.1:" + std::to_string(expired.port());
  const std::string said = check();
  EXPECT_THAT(said, HasSubstr("fail  streams   127.0.0.1:"));
  EXPECT_THAT(said, HasSubstr("expired"));
}

TEST_F(VenueCheck, OrderEntryThatCannotBeReachedIsAFailUnlessRestTrades) {
  config_.venue.ws_api_url = "ws://127.0.0.1:1/ws-api/v3";
  EXPECT_THAT(check(), HasSubstr("fail  orders    127.0.0.1:1: "));
  config_.venue.rest_fallback = orders::RestFallback::kTrade;
  EXPECT_THAT(check(), AllOf(Not(HasSubstr("fail")), HasSubstr("warn  orders    127.0.0.1:1: "),
                             HasSubstr(": orders go by REST")));
}

TEST_F(VenueCheck, AnEd25519KeyHasToLogOn) {
  constexpr const char* kPem =
      "-----BEGIN PRIVATE KEY-----\n"
      "MC4CAQAwBQYDK2VwBCIEIIJEYWtGBrhACmb9Dvy+qa8WEf0lQOl1s4CLIAB9m89u\n"
      "-----END PRIVATE KEY-----\n";
  key_.signer = orders::Signer::from_pem(orders::SecretText(kPem)).signer;
  EXPECT_THAT(check(), HasSubstr(", the key logs on\n"));
  EXPECT_EQ(orders_.count("session.logon"), 1u);
  orders_.error("session.logon", 400, -1022, "Signature for this request is not valid.");
  EXPECT_THAT(check(), HasSubstr("fail  orders    session.logon was refused: -1022 "));
  // What the venue refuses by REST it is not shown again.
  EXPECT_THAT(check(kAccount, {.status = 401, .body = R"({"code":-2015,"msg":"Invalid."})"}),
              HasSubstr("ok    orders    "));
  EXPECT_EQ(orders_.count("session.logon"), 2u);
}

TEST_F(VenueCheck, NoConnectionIsOpenedInABan) {
  const std::string said = check(kTicker, {.status = 418, .body = "{}"});
  for (const char* subject : {"streams", "orders "}) {
    EXPECT_THAT(said, testing::ContainsRegex("fail  " + std::string(subject) +
                                             "   127.0.0.1:[0-9]+: not asked: the venue wants "
                                             "nothing for another"));
  }
  EXPECT_EQ(streams_.accepted() + orders_.connections(), 0);
}

TEST_F(VenueCheck, EveryQuestionSaysTheSameOfARefusal) {
  struct Refusal {
    int status;
    std::string words;
  };
  for (const char* path : {kTime, kInfo, kTicker, kAccount, kRights}) {
    for (const auto& [status, words] :
         {Refusal{403, "HTTP 403: refused by the venue's firewall, nothing more for 30 s: <html>"},
          Refusal{451, "HTTP 451: the venue does not serve this location, nothing more for 30 s"},
          Refusal{429, "HTTP 429: too many requests, nothing more for 30 s: <html>"},
          Refusal{418, "HTTP 418: this address is banned for too many requests, nothing more for"},
          Refusal{503, "HTTP 503: the venue has a problem, nothing more for 30 s: <html>"},
          Refusal{200, "not JSON: <html>"}}) {
      const ServedResponse page{
          .status = status, .body = "<html>\n<p>", .headers = {{"Retry-After", "30"}}};
      EXPECT_THAT(check(path, page), HasSubstr(std::string(path) + ": " + words)) << status;
    }
  }
}

TEST_F(VenueCheck, TheVenuesOwnWordsFollowAndNeverShowTheKey) {
  const ServedResponse refusal{.status = 429,
                               .body = R"({"code":-1003,"msg":"Too much by the-key."})",
                               .headers = {{"Retry-After", "7"}}};
  EXPECT_THAT(check(kAccount, refusal),
              HasSubstr("HTTP 429: too many requests, nothing more for 7 s: -1003 Too much by "
                        "***."));
  const ServedResponse page{.status = 403, .body = "<html>the-key</html>"};
  EXPECT_THAT(check(kAccount, page),
              HasSubstr("HTTP 403: refused by the venue's firewall: <html>***</html>"));
}

TEST_F(VenueCheck, AsksNothingMoreOfAVenueThatWantsSilence) {
  for (const int status : {429, 418}) {
    const std::string said =
        check(kInfo, {.status = status, .body = "{}", .headers = {{"Retry-After", "60"}}});
    EXPECT_THAT(asked_, testing::ElementsAre(kTime, kInfo)) << said;
    EXPECT_THAT(said, HasSubstr("fail  key       127.0.0.1/api/v3/account: not asked: the venue "
                                "wants no request for another "));
  }
}

TEST_F(VenueCheck, WithoutAPriceWhatOrdersAreWorthIsLeftOpen) {
  config_.common.strategy.order_size = Amount(kAmountScale / 1000);  // 3 USDT
  EXPECT_THAT(check(), HasSubstr("fail  size      ETHUSDT: [strategy] order_size = 0.001: 0.001 "
                                 "ETH at 3000 are worth 3 USDT: NOTIONAL takes 5 USDT at least"));
  for (const char* body : {"[]", "{}", R"([{"symbol":"ETHUSDT","bidPrice":"0.00000000"}])",
                           R"([{"symbol":"ETHUSDT","bidPrice":"x"}])"}) {
    EXPECT_THAT(check(kTicker, {.body = body}), Not(HasSubstr("fail"))) << body;
  }
}

}  // namespace
}  // namespace mm::app
