// Orders by REST, against a scripted HTTP server, alone and behind a session without WebSocket.
#include <gmock/gmock.h>

#include <chrono>
#include <deque>
#include <mutex>

#include "gateway/binance/order_connector.h"
#include "gateway/binance/order_session.h"
#include "tests/binance_instruments.h"
#include "tests/net_server.h"

namespace mm::binance::orders {
namespace {

using test::NetServer;
using test::ServedRequest;
using test::ServedResponse;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const ClientOrderId kId = make_order_id({1, 7, 0, 1});

class BinanceRestOrders : public testing::Test {
 protected:
  BinanceRestOrders()
      : server_(test::serve_http([this](const ServedRequest& r) { return respond(r); })) {}

  ServedResponse respond(const ServedRequest& request) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    if (request.target == "/api/v3/time") return {.body = R"({"serverTime":1700000000000})"};
    if (answers_.empty()) return {.status = 500, .body = "{}"};
    ServedResponse next = answers_.front();
    answers_.pop_front();
    return next;
  }
  void start() {
    rest_ = std::make_unique<RestOrders>(RestOrders::Setup{.endpoint = server_.endpoint(),
                                                           .clock = clock_,
                                                           .api_key = "the-key",
                                                           .signer = *signer_,
                                                           .self_trade_prevention = "EXPIRE_MAKER",
                                                           .identity = {.instance = 1, .epoch = 7},
                                                           .timeout = std::chrono::seconds(10),
                                                           .pause = pause_},
                                         instruments_, answers_out_);
  }
  static Command command(CommandKind kind) {
    Command c;
    c.kind = kind;
    if (kind == CommandKind::kQueryOrder) c.question = 7;
    c.id = kId;
    c.new_id = make_order_id({1, 7, 0, 2});
    c.ticks = 2'341'610;
    c.lots = Lots(847);
    return c;
  }
  // Carries out one command and returns what it said.
  std::vector<Event> ask(CommandKind kind, ServedResponse answer) {
    answers_.push_back(std::move(answer));
    rest_->carry_out(command(kind));
    std::vector<Event> all;
    Event e;
    while (answers_out_.try_pop(e)) all.push_back(e);
    return all;
  }
  ServedRequest last_request() {
    const std::lock_guard lock(mutex_);
    return requests_.back();
  }

  std::mutex mutex_;
  std::vector<ServedRequest> requests_;
  std::deque<ServedResponse> answers_;
  NetServer server_;
  Clock clock_;
  net::SharedRequestPause pause_;
  std::unique_ptr<Signer> signer_ = Signer::from_secret(SecretText("secret")).signer;
  InstrumentMap instruments_{test::spot_instruments()};
  SpscRing<Event> answers_out_{8192};
  std::unique_ptr<RestOrders> rest_;
};

TEST_F(BinanceRestOrders, CancelsWithASignatureOverWhatIsSent) {
  start();
  const auto events =
      ask(CommandKind::kCancel,
          {.body = R"({"symbol":"BTCUSDT","origClientOrderId":"mm0100070000000001","orderId":4,)"
                   R"("clientOrderId":"x","executedQty":"0.00001000","status":"CANCELED"})"});
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, EventKind::kCanceled);
  EXPECT_EQ(events[0].report.lots, Lots(1));
  const ServedRequest request = last_request();
  EXPECT_EQ(request.method, "DELETE");
  EXPECT_THAT(request.target, StartsWith("/api/v3/order?symbol=BTCUSDT&origClientOrderId=mm"));
  EXPECT_EQ(request.header("X-MBX-APIKEY"), "the-key");
  EXPECT_THAT(request.target, Not(HasSubstr("the-key")));
  const std::size_t query = request.target.find('?') + 1;
  const std::size_t mark = request.target.find("&signature=");
  std::array<char, Signer::kTextMax> text;
  EXPECT_EQ(request.target.substr(mark + 11),
            signer_->sign(request.target.substr(query, mark - query), text));
}

TEST_F(BinanceRestOrders, StampsRequestsWithTheVenuesTime) {
  start();
  ask(CommandKind::kQueryOrder, {.status = 400, .body = R"({"code":-2013,"msg":"x"})"});
  EXPECT_THAT(last_request().target, HasSubstr("timestamp=17000000000"));
}

TEST_F(BinanceRestOrders, KnowsAllRequests) {
  start();
  const std::string order =
      R"({"symbol":"BTCUSDT","orderId":4,"clientOrderId":"mm0100070000000001","status":"NEW",)"
      R"("price":"23416.10","origQty":"0.00847","executedQty":"0"})";
  EXPECT_EQ(ask(CommandKind::kPlace, {.body = order})[0].kind, EventKind::kAccepted);
  EXPECT_THAT(last_request().target, HasSubstr("type=LIMIT_MAKER&quantity=0.00847&price=23416.10"));
  EXPECT_EQ(last_request().method, "POST");
  EXPECT_EQ(ask(CommandKind::kQueryOrder, {.body = order})[0].kind, EventKind::kOrderStatus);
  EXPECT_EQ(ask(CommandKind::kQueryOpenOrders, {.body = "[" + order + "]"})[0].kind,
            EventKind::kOrderStatus);
  const auto replaced = ask(
      CommandKind::kReplace,
      {.status = 409,
       .body = R"({"code":-2021,"msg":"x","data":{"cancelResult":"SUCCESS",)"
               R"("newOrderResult":"FAILURE","cancelResponse":{"orderId":4,"status":"CANCELED"},)"
               R"("newOrderResponse":{"code":-2010,"msg":"Order would immediately match"}}})"});
  ASSERT_EQ(replaced.size(), 1u);
  EXPECT_EQ(replaced[0].kind, EventKind::kReplaceRejected);
  EXPECT_EQ(replaced[0].failure.old_canceled, 1);
  EXPECT_EQ(ask(CommandKind::kReduce, {.body = R"({"amendedOrder":{"orderId":4,"qty":"0.005",)"
                                               R"("price":"23416.10","status":"NEW"}})"})[0]
                .kind,
            EventKind::kAmended);
  EXPECT_EQ(last_request().method, "PUT");
}

TEST_F(BinanceRestOrders, TellsTheFillsOfAnOrderBeforeTheAnswerAboutIt) {
  start();
  answers_.push_back({.body =
                          R"({"symbol":"BTCUSDT","orderId":4,"clientOrderId":"mm0100070000000001",)"
                          R"("status":"FILLED","price":"23416.10","origQty":"0.00847",)"
                          R"("executedQty":"0.00847"})"});
  const auto events =
      ask(CommandKind::kQueryOrder,
          {.body = R"([{"symbol":"BTCUSDT","id":11,"orderId":4,"price":"23416.10","qty":"0.00847",)"
                   R"("commission":"0","commissionAsset":"BTC","isBuyer":true,"isMaker":true}])"});
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].kind, EventKind::kFilled);
  EXPECT_EQ(events[0].fill.id, kId);
  EXPECT_EQ(events[1].kind, EventKind::kOrderStatus);
  EXPECT_EQ(events[1].report.asked, 7);
  EXPECT_THAT(last_request().target, StartsWith("/api/v3/myTrades?symbol=BTCUSDT&orderId=4&"));
}

TEST_F(BinanceRestOrders, AServerInTroubleOrAnAnswerThatIsNoJsonLeavesTheOutcomeOpen) {
  start();
  for (const ServedResponse& answer :
       {ServedResponse{.status = 502, .body = "<html>Bad gateway</html>"},
        ServedResponse{.status = 200, .body = "<html>hello</html>"},
        ServedResponse{.status = 400, .body = R"({"code":-1007,"msg":"Timeout"})"}}) {
    const auto events = ask(CommandKind::kCancel, answer);
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].kind, EventKind::kOutcomeUnknown);
  }
  const auto refused = ask(CommandKind::kCancel, {.status = 403, .body = "<html>no</html>"});
  ASSERT_EQ(refused.size(), 1u);
  EXPECT_EQ(refused[0].kind, EventKind::kCancelRejected);
}

TEST_F(BinanceRestOrders, PausesWhenAskedTo) {
  start();
  const auto limited = ask(
      CommandKind::kCancel,
      {.status = 429, .body = R"({"code":-1003,"msg":"x"})", .headers = {{"Retry-After", "30"}}});
  EXPECT_EQ(limited[0].failure.reason, RejectReason::kRateLimit);
  EXPECT_GT(pause_.next(net::RequestUse::kOther, clock_.now()), clock_.now() + 20 * kSecond);
  const std::size_t before = requests_.size();
  const auto denied = ask(CommandKind::kQueryOrder, {.body = "{}"});
  ASSERT_EQ(denied.size(), 1u);
  EXPECT_EQ(denied[0].kind, EventKind::kDenied);
  EXPECT_EQ(requests_.size(), before);
}

TEST_F(BinanceRestOrders, CarryCancelsWhileTheWebSocketApiIsDown) {
  const NetServer dead([](test::Peer& peer) { peer.reset(); });
  OrderSessionOptions options;
  options.instruments = test::spot_instruments();
  options.ws_api_url = "ws://127.0.0.1:" + std::to_string(dead.port()) + "/";
  options.rest_url = "http://127.0.0.1:" + std::to_string(server_.port());
  options.identity = {.instance = 1, .epoch = 7};
  options.connections = 1;
  options.backoff_first = options.backoff_longest = kMillisecond;
  Credentials credentials;
  credentials.api_key = SecretText("the-key");
  credentials.signer = Signer::from_secret(SecretText("secret")).signer;
  SessionLink link(1, 2);
  net::AddressLimits limit(280, 300 * kSecond, 70);
  OrderSession session(options, "the-key", *credentials.signer, link, limit.requests);
  std::string lines;
  OrderConnector connector(options, credentials, link, limit, clock_,
                           [&](std::string_view line) { lines += line; });
  ASSERT_EQ(connector.error(), "");
  answers_.push_back({.body = R"({"orderId":4,"executedQty":"0","status":"CANCELED"})"});
  EXPECT_FALSE(session.submit(command(CommandKind::kCancel), clock_.now()));
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!link.rest_ready.load() && std::chrono::steady_clock::now() < give_up) {
    connector.do_work();
  }
  std::vector<EventKind> kinds;
  Event e;
  while (session.next(clock_.now(), e)) kinds.push_back(e.kind);
  EXPECT_EQ(session.state(), SessionState::kReconciling);
  EXPECT_FALSE(session.submit(command(CommandKind::kPlace), clock_.now()));
  ASSERT_TRUE(session.submit(command(CommandKind::kCancel), clock_.now()));
  connector.do_work();
  while (session.next(clock_.now(), e)) kinds.push_back(e.kind);
  EXPECT_THAT(kinds, testing::Contains(EventKind::kCanceled));
  EXPECT_EQ(session.counters().by_rest, 1u);
  EXPECT_THAT(lines, Not(HasSubstr("the-key")));
}

TEST(BinanceOrderConnector, DoesNotConnectWhileTheAddressHasToPause) {
  std::atomic<int> dialed{0};
  const NetServer server([&](test::Peer& peer) {
    ++dialed;
    peer.reset();
  });
  OrderSessionOptions options;
  options.instruments = test::spot_instruments();
  options.ws_api_url = "ws://127.0.0.1:" + std::to_string(server.port()) + "/";
  Credentials credentials;
  credentials.api_key = SecretText("k");
  credentials.signer = Signer::from_secret(SecretText("secret")).signer;
  SessionLink link(1, 2);
  net::AddressLimits limits(280, 300 * kSecond, 70);
  const Clock clock;
  limits.requests.on_status(429, clock.now() + 600 * kSecond, clock.now());
  OrderConnector connector(options, credentials, link, limits, clock, [](std::string_view) {});
  for (int i = 0; i < 10; ++i) EXPECT_EQ(connector.do_work(), 0);
  EXPECT_EQ(link.connect_failures.load(), 0u);
  EXPECT_EQ(dialed.load(), 0);
}

TEST(BinanceOrderConnector, RefusesAddressesItCannotUse) {
  OrderSessionOptions options;
  options.instruments = test::spot_instruments();
  options.ws_api_url = "nonsense";
  Credentials credentials;
  credentials.api_key = SecretText("k");
  credentials.signer = Signer::from_secret(SecretText("secret")).signer;
  SessionLink link(1, 2);
  net::AddressLimits limit(280, 300 * kSecond, 70);
  const Clock clock;
  OrderConnector connector(options, credentials, link, limit, clock, [](std::string_view) {});
  EXPECT_NE(connector.error(), "");
  EXPECT_EQ(connector.do_work(), 0);
}

}  // namespace
}  // namespace mm::binance::orders
