// The pre-flight against a scripted REST venue: what it says of refusals, and what it still asks.
#include "engine/app/venue/venue_check.h"

#include <gmock/gmock.h>

#include <chrono>
#include <mutex>

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

class VenueCheck : public testing::Test {
 protected:
  VenueCheck() : server_(test::serve_http([this](const ServedRequest& r) { return respond(r); })) {
    config_.venue.rest_url = "http://127.0.0.1:" + std::to_string(server_.port());
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
                      R"("0.0001"},{"filterType":"NOTIONAL","minNotional":"5"}]}]})"};
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
  std::vector<std::string> asked_;
  test::NetServer server_;
  Config config_;
  orders::Credentials key_;
};

TEST_F(VenueCheck, AVenueWithoutFaultHasNoFail) {
  EXPECT_THAT(check(), AllOf(Not(HasSubstr("fail")), HasSubstr("ok    symbol    ETHUSDT TRADING"),
                             HasSubstr("whether the key may trade spot: unknown")));
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
