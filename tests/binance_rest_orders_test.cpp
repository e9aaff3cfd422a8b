// Orders by REST against a scripted HTTP server: what is sent, and what a session makes of it while
// its WebSocket is down.
#include <gmock/gmock.h>

#include <chrono>
#include <map>
#include <mutex>

#include "gateway/binance/order_connector.h"
#include "gateway/binance/order_session.h"
#include "gateway/binance/rest_worker.h"
#include "tests/binance_instruments.h"
#include "tests/binance_order_venue.h"
#include "tests/net_server.h"

namespace mm::binance::orders {
namespace {

using test::NetServer;
using test::order_json;
using test::OrderVenue;
using test::ServedRequest;
using test::ServedResponse;
using test::VenueRequest;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

const ClientOrderId kId = make_order_id({1, 7, 0, 1});

Command command(CommandKind kind) {
  Command c;
  c.kind = kind;
  if (kind == CommandKind::kQueryOrder) c.question = 7;
  c.id = kId;
  c.new_id = make_order_id({1, 7, 0, 2});
  c.ticks = 2'341'610;
  c.lots = Lots(847);
  return c;
}

std::string text_of(ClientOrderId id) {
  const ClientIdText text = client_id_text(id);
  return {text.data(), text.size()};
}

// An account by REST: answers by method and path, an empty one by default.
class RestAccount {
 public:
  RestAccount() : server_(test::serve_http([this](const ServedRequest& r) { return respond(r); })) {
    on("GET /api/v3/openOrders", {.body = "[]"});
    on("GET /api/v3/myTrades", {.body = "[]"});
    on("GET /api/v3/account", {.body = R"({"updateTime":1,"balances":[]})"});
  }
  void on(const std::string& what, ServedResponse answer) {
    const std::lock_guard lock(mutex_);
    answers_[what] = std::move(answer);
  }
  // Called on the server's thread, before the answer.
  void on_each(std::function<void(const ServedRequest&)> hook) {
    const std::lock_guard lock(mutex_);
    on_request_ = std::move(hook);
  }
  std::vector<ServedRequest> requests(std::string_view what = "") const {
    const std::lock_guard lock(mutex_);
    std::vector<ServedRequest> found;
    for (const ServedRequest& r : requests_) {
      if (name_of(r).starts_with(what)) found.push_back(r);
    }
    return found;
  }
  ServedRequest last() const { return requests().back(); }
  const NetServer& server() const { return server_; }

 private:
  static std::string name_of(const ServedRequest& r) {
    return r.method + " " + r.target.substr(0, r.target.find('?'));
  }
  ServedResponse respond(const ServedRequest& request) {
    const std::lock_guard lock(mutex_);
    requests_.push_back(request);
    if (on_request_) on_request_(request);
    if (request.target == "/api/v3/time") return {.body = R"({"serverTime":1700000000000})"};
    const auto found = answers_.find(name_of(request));
    return found == answers_.end() ? ServedResponse{.status = 500, .body = "{}"} : found->second;
  }

  mutable std::mutex mutex_;
  std::vector<ServedRequest> requests_;
  std::map<std::string, ServedResponse> answers_;
  std::function<void(const ServedRequest&)> on_request_;
  NetServer server_;
};

// --- what is sent ---------------------------------------------------------------------------

class BinanceRestOrders : public testing::Test {
 protected:
  RestCall ask(CommandKind kind, Purpose purpose = Purpose::kCommand) {
    RestCall call;
    call.request.command = command(kind);
    call.request.command.venue_id = VenueOrderId(4);
    call.request.purpose = purpose;
    orders_.carry_out(call);
    return call;
  }

  RestAccount account_;
  Clock clock_;
  net::SharedRequestPause pause_;
  std::unique_ptr<Signer> signer_ = Signer::from_secret(SecretText("secret")).signer;
  InstrumentMap instruments_{test::spot_instruments()};
  SignedRest rest_{account_.server().endpoint(), nullptr, {}, clock_, pause_, 5000};
  std::atomic<bool> too_late_{false};
  RestOrders orders_{
      {rest_,
       {"the-key", *signer_},
       clock_,
       pause_,
       "EXPIRE_MAKER",
       [this](const RestCall&) { return too_late_ ? RejectReason::kTooOld : RejectReason::kNone; },
       750},
      instruments_};
};

TEST_F(BinanceRestOrders, CancelWithASignatureOverWhatIsSent) {
  account_.on("DELETE /api/v3/order", {.body = R"({"status":"CANCELED"})"});
  const RestCall call = ask(CommandKind::kCancel);
  EXPECT_EQ(call.outcome, RestCall::Outcome::kAnswered);
  EXPECT_EQ(call.status, 200);
  EXPECT_EQ(call.body, R"({"status":"CANCELED"})");
  const ServedRequest request = account_.last();
  EXPECT_THAT(request.target, StartsWith("/api/v3/order?symbol=BTCUSDT&origClientOrderId=mm"));
  EXPECT_EQ(request.header("X-MBX-APIKEY"), "the-key");
  EXPECT_THAT(request.target, Not(HasSubstr("the-key")));
  const std::size_t query = request.target.find('?') + 1;
  const std::size_t mark = request.target.find("&signature=");
  std::array<char, Signer::kTextMax> text;
  EXPECT_EQ(request.target.substr(mark + 11),
            signer_->sign(request.target.substr(query, mark - query), text));
}

TEST_F(BinanceRestOrders, StampWithTheVenuesTimeAndMeasureItAgainWhenItIsRefused) {
  account_.on("GET /api/v3/order", {.status = 400, .body = R"({"code":-1021,"msg":"x"})"});
  ask(CommandKind::kQueryOrder);
  EXPECT_THAT(account_.last().target, HasSubstr("timestamp=17000000000"));
  ask(CommandKind::kQueryOrder);
  EXPECT_EQ(account_.requests("GET /api/v3/time").size(), 2u);
}

TEST_F(BinanceRestOrders, JudgeOnceMoreWhenTheClockHasBeenAsked) {
  account_.on_each([this](const ServedRequest& r) {
    if (r.target == "/api/v3/time") too_late_ = true;  // while it was being asked
  });
  const RestCall call = ask(CommandKind::kPlace);
  EXPECT_EQ(call.outcome, RestCall::Outcome::kNotSent);
  EXPECT_EQ(call.reason, RejectReason::kTooOld);
  EXPECT_THAT(account_.requests("POST"), IsEmpty());
}

TEST_F(BinanceRestOrders, AQuoteIsRefusedByTheVenueWhenItComesLateACancelIsNot) {
  ask(CommandKind::kPlace);
  EXPECT_THAT(account_.last().target, HasSubstr("&recvWindow=750&"));
  ask(CommandKind::kReplace);
  EXPECT_THAT(account_.last().target, HasSubstr("&recvWindow=750&"));
  ask(CommandKind::kCancel);
  EXPECT_THAT(account_.last().target, HasSubstr("&recvWindow=5000&"));
}

TEST_F(BinanceRestOrders, TellWhatIsUsedOfTheVenuesLimits) {
  account_.on("POST /api/v3/order", {.body = "{}",
                                     .headers = {{"X-MBX-ORDER-COUNT-10S", "17"},
                                                 {"X-MBX-ORDER-COUNT-1D", "400"},
                                                 {"X-MBX-USED-WEIGHT-1M", "31"}}});
  const RestCall call = ask(CommandKind::kPlace);
  ASSERT_EQ(call.used.count, 3u);
  EXPECT_EQ(call.used.rows[0].used, 17u);
  EXPECT_EQ(call.used.rows[2].type, LimitType::kWeight);
}

TEST_F(BinanceRestOrders, KnowAllRequests) {
  ask(CommandKind::kPlace);
  EXPECT_EQ(account_.last().method, "POST");
  EXPECT_THAT(account_.last().target,
              HasSubstr("type=LIMIT_MAKER&quantity=0.00847&price=23416.10"));
  ask(CommandKind::kReplace);
  EXPECT_THAT(account_.last().target, StartsWith("/api/v3/order/cancelReplace?"));
  EXPECT_THAT(account_.last().target,
              HasSubstr("cancelReplaceMode=STOP_ON_FAILURE&cancelRestrictions=ONLY_NEW&"
                        "orderRateLimitExceededMode=CANCEL_ONLY"));
  ask(CommandKind::kReduce);
  EXPECT_EQ(account_.last().method, "PUT");
  EXPECT_THAT(account_.last().target, HasSubstr("newQty=0.00847"));
  ask(CommandKind::kQueryOpenOrders);
  EXPECT_THAT(account_.last().target, StartsWith("/api/v3/openOrders?symbol=BTCUSDT&"));
  ask(CommandKind::kQueryOrder, Purpose::kTrades);
  EXPECT_THAT(account_.last().target, StartsWith("/api/v3/myTrades?symbol=BTCUSDT&orderId=4&"));
  EXPECT_EQ(ask(CommandKind::kResyncFeed).outcome, RestCall::Outcome::kNotSent);
}

TEST_F(BinanceRestOrders, TooMuchWeightPausesAllButCancelsABanPausesThemToo) {
  account_.on(
      "DELETE /api/v3/order",
      {.status = 429, .body = R"({"code":-1003,"msg":"x"})", .headers = {{"Retry-After", "30"}}});
  const RestCall limited = ask(CommandKind::kCancel);
  EXPECT_EQ(limited.outcome, RestCall::Outcome::kAnswered);
  EXPECT_GT(limited.retry_at, clock_.now() + 20 * kSecond);
  EXPECT_GT(pause_.next(net::RequestUse::kOther, clock_.now()), clock_.now() + 20 * kSecond);
  const std::size_t before = account_.requests().size();
  const RestCall question = ask(CommandKind::kQueryOrder);
  EXPECT_EQ(question.outcome, RestCall::Outcome::kNotSent);
  EXPECT_EQ(question.reason, RejectReason::kRateLimit);
  EXPECT_GT(question.retry_at, clock_.now() + 20 * kSecond);
  EXPECT_EQ(account_.requests().size(), before);
  EXPECT_EQ(ask(CommandKind::kCancel).outcome, RestCall::Outcome::kAnswered);
  pause_.on_status(418, Nanos(0), clock_.now());
  EXPECT_EQ(ask(CommandKind::kCancel).outcome, RestCall::Outcome::kNotSent);
}

TEST_F(BinanceRestOrders, TooManyOrdersPauseNobodyElse) {
  account_.on("POST /api/v3/order", {.status = 429,
                                     .body = R"({"code":-1015,"msg":"Too many new orders"})",
                                     .headers = {{"Retry-After", "8"}}});
  EXPECT_GT(ask(CommandKind::kPlace).retry_at, clock_.now() + 5 * kSecond);
  const Nanos now = clock_.now();
  EXPECT_EQ(pause_.next(net::RequestUse::kOther, now), now);
}

TEST_F(BinanceRestOrders, ThatDidNotLeaveAreNotSentThatWereNotAnsweredAreUnknown) {
  const auto outcome_at = [&](const NetServer& server, bool measured) {
    SignedRest rest(server.endpoint(), nullptr, {}, clock_, pause_, 5000);
    if (measured) {
      EXPECT_EQ(rest.measure_clock(), "");
    }
    const auto never = [](const RestCall&) { return RejectReason::kNone; };
    RestOrders orders({rest, {"the-key", *signer_}, clock_, pause_, "NONE", never, 750},
                      instruments_);
    RestCall call;
    call.request.command = command(CommandKind::kPlace);
    orders.carry_out(call);
    return call.outcome;
  };
  const NetServer refuses([](test::Peer& peer) { peer.reset(); });
  EXPECT_EQ(outcome_at(refuses, false), RestCall::Outcome::kNotSent);
  const NetServer hangs_up([](test::Peer& peer) {
    peer.read_until("\r\n\r\n");
    peer.write("HTTP/1.1 200 OK\r\nContent-Length: 28\r\n\r\n{\"serverTime\":1700000000000}");
    peer.read_until("\r\n\r\n");  // and no answer
  });
  EXPECT_EQ(outcome_at(hangs_up, true), RestCall::Outcome::kUnknown);
}

// --- what a session makes of it -------------------------------------------------------------

// Session, connector and worker on this thread, in turns; the venues on theirs.
class BinanceRestFallback : public testing::Test {
 protected:
  void start(RestFallback fallback, Nanos after = {}) {
    options_.instruments = test::spot_instruments();
    options_.instruments.resize(1);
    options_.ws_api_url = venue_.url();
    options_.rest_url = "http://127.0.0.1:" + std::to_string(account_.server().port());
    options_.identity = {.instance = 1, .epoch = 7};
    options_.connections = 1;
    options_.backoff_first = options_.backoff_longest = kMillisecond;
    options_.rest_fallback = fallback;
    options_.rest_fallback_after = after;
    options_.command_age_max = 60 * kSecond;
    credentials_.api_key = SecretText("the-key");
    credentials_.signer = Signer::from_secret(SecretText("secret")).signer;
    venue_.trust("the-key", credentials_.signer.get());
    session_ = std::make_unique<OrderSession>(options_, "the-key", *credentials_.signer, link_,
                                              limits_.requests);
    const auto say = [this](LogLevel, std::string_view line) {
      lines_ += std::string(line) + "\n";
    };
    connector_ =
        std::make_unique<OrderConnector>(options_, credentials_, link_, limits_, clock_, say);
    worker_ =
        std::make_unique<RestWorker>(options_, credentials_, link_, latch_, limits_, clock_, say);
    ASSERT_EQ(worker_->error(), "");
  }
  void listen() {
    Event e;
    while (session_->next(clock_.now(), e)) events_.push_back(e);
  }
  void turn() {
    if (websocket_) connector_->do_work();
    listen();
    if (rest_works_) worker_->do_work();
    listen();
  }
  bool until(const std::function<bool()>& holds) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!holds()) {
      if (std::chrono::steady_clock::now() > give_up) return false;
      turn();
    }
    return true;
  }
  bool until_state(SessionState state) {
    return until([&] { return session_->state() == state; });
  }
  bool submit(CommandKind kind) {
    Command c = command(kind);
    c.time = clock_.now();
    return session_->submit(c, clock_.now());
  }
  std::size_t heard(EventKind kind) const {
    return static_cast<std::size_t>(
        std::ranges::count_if(events_, [&](const Event& e) { return e.kind == kind; }));
  }
  bool until_heard(EventKind kind) {
    return until([&] { return heard(kind) > 0; });
  }
  Event last(EventKind kind) const {
    for (auto e = events_.rbegin(); e != events_.rend(); ++e) {
      if (e->kind == kind) return *e;
    }
    return {};
  }
  static std::string trade(std::uint64_t id) {
    return R"([{"symbol":"BTCUSDT","id":)" + std::to_string(id) +
           R"(,"orderId":4,"price":"23416.10","qty":"0.00847","commission":"0",)"
           R"("commissionAsset":"BTC","isBuyer":true,"isMaker":true}])";
  }

  RestAccount account_;
  OrderVenue venue_;
  OrderSessionOptions options_;
  Credentials credentials_;
  SessionLink link_{1, 1};
  net::AddressLimits limits_{280, 300 * kSecond, 70};
  Clock clock_;
  std::string lines_;
  std::unique_ptr<OrderSession> session_;
  std::unique_ptr<OrderConnector> connector_;
  std::unique_ptr<RestWorker> worker_;
  KillLatch latch_;
  bool websocket_ = false, rest_works_ = true;
  std::vector<Event> events_;
};

TEST_F(BinanceRestFallback, CancelsAndAsksButDoesNotQuote) {
  start(RestFallback::kCancel);
  EXPECT_FALSE(submit(CommandKind::kCancel)) << "nothing is known yet";
  ASSERT_TRUE(until_state(SessionState::kReconciling)) << lines_;
  EXPECT_FALSE(submit(CommandKind::kPlace));
  EXPECT_FALSE(submit(CommandKind::kReduce));
  account_.on("DELETE /api/v3/order", {.body = order_json(text_of(kId), 4, "CANCELED")});
  ASSERT_TRUE(submit(CommandKind::kCancel));
  ASSERT_TRUE(until_heard(EventKind::kCanceled));
  account_.on("GET /api/v3/order", {.status = 400, .body = R"({"code":-2013,"msg":"no"})"});
  ASSERT_TRUE(submit(CommandKind::kQueryOrder));
  ASSERT_TRUE(until_heard(EventKind::kOrderStatus));
  EXPECT_EQ(last(EventKind::kOrderStatus).report.asked, 7);
  EXPECT_EQ(session_->counters().by_rest, 2u);
  EXPECT_EQ(session_->state(), SessionState::kReconciling);
  EXPECT_THAT(lines_, Not(HasSubstr("the-key")));
}

TEST_F(BinanceRestFallback, OffMeansOff) {
  start(RestFallback::kOff);
  for (int i = 0; i < 20; ++i) turn();
  EXPECT_EQ(session_->state(), SessionState::kDown);
  EXPECT_FALSE(submit(CommandKind::kCancel));
  EXPECT_THAT(account_.requests(), IsEmpty());
}

TEST_F(BinanceRestFallback, WaitsAsLongAsConfigured) {
  start(RestFallback::kTrade, 3600 * kSecond);
  const Nanos begun = clock_.now();
  Event e;
  while (session_->next(begun, e)) continue;
  while (session_->next(begun + 3599 * kSecond, e)) continue;
  EXPECT_FALSE(link_.rest.wanted.load());
  while (session_->next(begun + 3600 * kSecond, e)) continue;
  EXPECT_TRUE(link_.rest.wanted.load());
}

TEST_F(BinanceRestFallback, DoesNotWaitOnceMoreForAConnectionThatWasSilentForLonger) {
  options_.silence = 3600 * kSecond;
  websocket_ = true;
  start(RestFallback::kCancel, 3600 * kSecond);
  ASSERT_TRUE(until_state(SessionState::kUp)) << lines_;
  const Nanos begun = clock_.now();
  const auto listen_at = [&](std::int64_t seconds) {
    Event e;
    while (session_->next(begun + seconds * kSecond, e)) continue;
  };
  venue_.hang(1);
  listen_at(1801);
  listen_at(3602);
  EXPECT_EQ(session_->state(), SessionState::kDown);
  listen_at(3602);
  EXPECT_TRUE(link_.rest.wanted.load());
}

TEST_F(BinanceRestFallback, CancelsWhatIsOpenWhenTheConnectionIsHalfOpen) {
  options_.silence = 200 * kMillisecond;
  websocket_ = true;
  start(RestFallback::kCancel);
  ASSERT_TRUE(until_state(SessionState::kUp)) << lines_;
  account_.on("DELETE /api/v3/order", {.body = order_json(text_of(kId), 4, "CANCELED")});
  venue_.hang(1);
  websocket_ = false;  // nor is there another
  ASSERT_TRUE(submit(CommandKind::kCancel));
  ASSERT_TRUE(until_heard(EventKind::kOutcomeUnknown)) << lines_;
  ASSERT_TRUE(until([this] { return submit(CommandKind::kCancel); }));
  ASSERT_TRUE(until_heard(EventKind::kCanceled));
  EXPECT_EQ(account_.requests("DELETE").size(), 1u);
}

TEST_F(BinanceRestFallback, TradesOnceTheAccountWasSeen) {
  start(RestFallback::kTrade);
  ASSERT_TRUE(until_state(SessionState::kUp)) << lines_;
  EXPECT_EQ(account_.requests("GET /api/v3/account").size(), 1u);
  account_.on("POST /api/v3/order", {.body = order_json(text_of(kId), 4, "NEW")});
  ASSERT_TRUE(submit(CommandKind::kPlace));
  ASSERT_TRUE(until_heard(EventKind::kAccepted));
  EXPECT_EQ(last(EventKind::kAccepted).report.id, kId);
  account_.on("POST /api/v3/order/cancelReplace",
              {.status = 409,
               .body = R"({"code":-2021,"msg":"x","data":{"cancelResult":"SUCCESS",)"
                       R"("newOrderResult":"FAILURE","cancelResponse":{"orderId":4,)"
                       R"("status":"CANCELED"},"newOrderResponse":{"code":-2010,)"
                       R"("msg":"Order would immediately match"}}})"});
  ASSERT_TRUE(submit(CommandKind::kReplace));
  ASSERT_TRUE(until_heard(EventKind::kReplaceRejected));
  EXPECT_EQ(last(EventKind::kReplaceRejected).failure.old_canceled, 1);
}

// Another client of the account has used most of them.
TEST_F(BinanceRestFallback, KeepsTheLimitsThatTheAnswersTellOf) {
  options_.limits = {{LimitType::kOrders, 86'400 * kSecond, 20, 0},
                     {LimitType::kWeight, 86'400 * kSecond, 6000, 0}};
  start(RestFallback::kTrade);
  ASSERT_TRUE(until_state(SessionState::kUp)) << lines_;
  account_.on("POST /api/v3/order", {.body = order_json(text_of(kId), 4, "NEW"),
                                     .headers = {{"X-MBX-ORDER-COUNT-1D", "18"}}});
  ASSERT_TRUE(submit(CommandKind::kPlace));
  ASSERT_TRUE(until_heard(EventKind::kAccepted));
  ASSERT_TRUE(submit(CommandKind::kReplace));
  ASSERT_TRUE(until_heard(EventKind::kDenied));
  EXPECT_EQ(last(EventKind::kDenied).failure.reason, RejectReason::kRateLimit);
  EXPECT_THAT(account_.requests("POST /api/v3/order/cancelReplace"), IsEmpty());
  EXPECT_TRUE(until([&] { return last(EventKind::kRateUsage).rate.orders_used == 18; }));
}

TEST_F(BinanceRestFallback, KnowsTheWeightThatItsLookAtTheAccountHasCost) {
  options_.limits = {{LimitType::kWeight, 86'400 * kSecond, 400, 0}};
  const test::HeaderList used{{"X-MBX-USED-WEIGHT-1D", "390"}};
  account_.on("GET /api/v3/openOrders", {.body = "[]", .headers = used});
  account_.on("GET /api/v3/myTrades", {.body = "[]", .headers = used});
  account_.on("GET /api/v3/account",
              {.body = R"({"updateTime":1,"balances":[]})", .headers = used});
  start(RestFallback::kTrade);
  ASSERT_TRUE(until_state(SessionState::kUp)) << lines_;
  ASSERT_TRUE(submit(CommandKind::kPlace));
  ASSERT_TRUE(until_heard(EventKind::kDenied));
  EXPECT_EQ(last(EventKind::kDenied).failure.reason, RejectReason::kRateLimit);
  EXPECT_THAT(account_.requests("POST"), IsEmpty());
}

TEST_F(BinanceRestFallback, TellsFillsWithoutUserDataEachOnce) {
  start(RestFallback::kTrade);
  ASSERT_TRUE(until_state(SessionState::kUp)) << lines_;
  account_.on("POST /api/v3/order", {.body = order_json(text_of(kId), 4, "NEW")});
  ASSERT_TRUE(submit(CommandKind::kPlace));
  ASSERT_TRUE(until_heard(EventKind::kAccepted));
  account_.on("GET /api/v3/myTrades", {.body = trade(11)});
  ASSERT_TRUE(until_heard(EventKind::kFilled)) << lines_;
  EXPECT_EQ(last(EventKind::kFilled).fill.id, kId);
  EXPECT_EQ(last(EventKind::kFilled).fill.trade_id, TradeId(11));
  EXPECT_EQ(link_.last_trades[0].load(), 11u) << "the next look begins behind it";
  account_.on("GET /api/v3/myTrades", {.body = "[]"});
  account_.on("GET /api/v3/order", {.body = order_json(text_of(kId), 4, "FILLED", "0.00847")});
  ASSERT_TRUE(submit(CommandKind::kQueryOrder));
  ASSERT_TRUE(until_heard(EventKind::kOrderStatus));
  EXPECT_EQ(heard(EventKind::kFilled), 1u);
}

TEST_F(BinanceRestFallback, TellsTheFillsOfAnOrderBeforeTheAnswerAboutIt) {
  start(RestFallback::kCancel);
  ASSERT_TRUE(until_state(SessionState::kReconciling)) << lines_;
  account_.on("GET /api/v3/order", {.body = order_json(text_of(kId), 4, "FILLED", "0.00847")});
  account_.on("GET /api/v3/myTrades", {.body = trade(11)});
  link_.last_trades[0] = 20;  // so that it is not a look that finds it
  ASSERT_TRUE(submit(CommandKind::kQueryOrder));
  ASSERT_TRUE(until_heard(EventKind::kOrderStatus));
  std::vector<EventKind> kinds;
  for (const Event& e : events_) {
    if (e.kind == EventKind::kFilled || e.kind == EventKind::kOrderStatus) kinds.push_back(e.kind);
  }
  EXPECT_THAT(kinds, ElementsAre(EventKind::kFilled, EventKind::kOrderStatus));
}

TEST_F(BinanceRestFallback, WhatTheVenueDoesNotSayForSureIsUnknown) {
  start(RestFallback::kCancel);
  ASSERT_TRUE(until_state(SessionState::kReconciling)) << lines_;
  for (const ServedResponse& answer :
       {ServedResponse{.status = 502, .body = "<html>Bad gateway</html>"},
        ServedResponse{.status = 200, .body = "<html>hello</html>"},
        ServedResponse{.status = 400, .body = R"({"code":-1007,"msg":"Timeout"})"}}) {
    events_.clear();
    account_.on("DELETE /api/v3/order", answer);
    ASSERT_TRUE(submit(CommandKind::kCancel));
    ASSERT_TRUE(until_heard(EventKind::kOutcomeUnknown)) << answer.body;
  }
  account_.on("DELETE /api/v3/order", {.status = 403, .body = "<html>no</html>"});
  ASSERT_TRUE(submit(CommandKind::kCancel));
  ASSERT_TRUE(until_heard(EventKind::kCancelRejected));
}

TEST_F(BinanceRestFallback, StopsQuotingWhenTheAccountCannotBeSeen) {
  start(RestFallback::kTrade);
  ASSERT_TRUE(until_state(SessionState::kUp)) << lines_;
  account_.on("GET /api/v3/myTrades", {.status = 500, .body = "{}"});
  ASSERT_TRUE(until_state(SessionState::kReconciling)) << lines_;
  EXPECT_FALSE(submit(CommandKind::kPlace));
  account_.on("GET /api/v3/myTrades", {.body = "[]"});
  ASSERT_TRUE(until_state(SessionState::kUp)) << lines_;
}

TEST_F(BinanceRestFallback, AfterAStandstillTheAccountIsLookedAtAgainBeforeAnythingIsQuoted) {
  start(RestFallback::kTrade);
  ASSERT_TRUE(until_state(SessionState::kUp)) << lines_;
  const std::size_t looks = account_.requests("GET /api/v3/account").size();
  session_->distrust();
  EXPECT_FALSE(submit(CommandKind::kPlace));
  listen();
  EXPECT_EQ(session_->state(), SessionState::kReconciling);
  ASSERT_TRUE(until_state(SessionState::kUp)) << lines_;
  EXPECT_GT(account_.requests("GET /api/v3/account").size(), looks);
}

TEST_F(BinanceRestFallback, AQuoteThatWaitedTooLongIsNotSent) {
  start(RestFallback::kTrade);
  ASSERT_TRUE(until_state(SessionState::kUp)) << lines_;
  Command c = command(CommandKind::kPlace);
  c.time = clock_.now() - 61 * kSecond;
  ASSERT_TRUE(session_->submit(c, clock_.now()));
  ASSERT_TRUE(until_heard(EventKind::kDenied));
  EXPECT_EQ(last(EventKind::kDenied).failure.reason, RejectReason::kTooOld);
  EXPECT_THAT(account_.requests("POST"), IsEmpty());
}

TEST_F(BinanceRestFallback, AQuoteThatWaitedWhileTheKillLatchWasSetIsNotSent) {
  start(RestFallback::kTrade);
  ASSERT_TRUE(until_state(SessionState::kUp)) << lines_;
  rest_works_ = false;
  ASSERT_TRUE(submit(CommandKind::kPlace));
  latch_.set(KillLatch::kKilled);
  rest_works_ = true;
  ASSERT_TRUE(until_heard(EventKind::kDenied));
  EXPECT_EQ(last(EventKind::kDenied).failure.reason, RejectReason::kKillLatch);
  EXPECT_THAT(account_.requests("POST"), IsEmpty());
  account_.on("DELETE /api/v3/order", {.body = order_json(text_of(kId), 4, "CANCELED")});
  ASSERT_TRUE(submit(CommandKind::kCancel));
  EXPECT_TRUE(until_heard(EventKind::kCanceled)) << "a cancel passes";
}

TEST_F(BinanceRestFallback, AQuoteThatWaitedThroughAStandstillIsNotSent) {
  start(RestFallback::kTrade);
  ASSERT_TRUE(until_state(SessionState::kUp)) << lines_;
  rest_works_ = false;
  ASSERT_TRUE(submit(CommandKind::kPlace));
  session_->distrust();
  listen();
  rest_works_ = true;
  ASSERT_TRUE(until_heard(EventKind::kDenied));
  EXPECT_THAT(account_.requests("POST"), IsEmpty());
}

TEST_F(BinanceRestFallback, ALookThatBeganBeforeAStandstillDoesNotCountAfterIt) {
  start(RestFallback::kTrade);
  account_.on_each([this](const ServedRequest& r) {
    if (r.target.starts_with("/api/v3/account")) link_.era.fetch_add(1);  // as a standstill does
  });
  ASSERT_TRUE(until([&] { return account_.requests("GET /api/v3/account").size() >= 2; }));
  for (int i = 0; i < 100; ++i) turn();
  EXPECT_EQ(session_->state(), SessionState::kReconciling);
  account_.on_each({});
  EXPECT_TRUE(until_state(SessionState::kUp)) << lines_;
}

TEST_F(BinanceRestFallback, AnOrderThatTheAccountNoLongerShowsIsInDoubt) {
  start(RestFallback::kTrade);
  ASSERT_TRUE(until_state(SessionState::kUp)) << lines_;
  account_.on("POST /api/v3/order", {.body = order_json(text_of(kId), 4, "NEW")});
  account_.on("GET /api/v3/openOrders", {.body = "[" + order_json(text_of(kId), 4, "NEW") + "]"});
  ASSERT_TRUE(submit(CommandKind::kPlace));
  ASSERT_TRUE(until_heard(EventKind::kAccepted));
  const auto looks = [&] { return account_.requests("GET /api/v3/account").size(); };
  const std::size_t before = looks();
  ASSERT_TRUE(until([&] { return looks() >= before + 2; }));
  EXPECT_EQ(heard(EventKind::kOutcomeUnknown), 0u);
  account_.on("GET /api/v3/openOrders", {.body = "[]"});  // expired, or cancelled by the venue
  ASSERT_TRUE(until_heard(EventKind::kOutcomeUnknown));
  EXPECT_EQ(last(EventKind::kOutcomeUnknown).failure.id, kId);
}

TEST_F(BinanceRestFallback, AnOrderOfAnEarlierStartGoesOnWithoutAWebSocketToo) {
  const ClientOrderId old = make_order_id({1, 6, 2, 1});
  options_.adopted_max = 5;
  account_.on("GET /api/v3/openOrders", {.body = "[" + order_json(text_of(old), 4, "NEW") + "]"});
  start(RestFallback::kTrade);
  ASSERT_TRUE(until_state(SessionState::kUp)) << lines_;
  const auto looks = [&] { return account_.requests("GET /api/v3/account").size(); };
  const std::size_t before = looks();
  ASSERT_TRUE(until([&] { return looks() >= before + 2; }));
  EXPECT_EQ(heard(EventKind::kAdopted), 1u) << "once, however often it is looked";
  EXPECT_EQ(last(EventKind::kAdopted).adoption.id, old);
  EXPECT_EQ(session_->event_counters().strays, 0u);
  EXPECT_EQ(account_.requests("DELETE /api/v3/order").size(), 0u);
  account_.on("GET /api/v3/openOrders", {.body = "[]"});
  ASSERT_TRUE(until_heard(EventKind::kOutcomeUnknown));
  EXPECT_EQ(last(EventKind::kOutcomeUnknown).failure.id, old);
}

TEST_F(BinanceRestFallback, AnOrdersRequestsNeverRunBothWaysAtOnce) {
  start(RestFallback::kCancel);
  ASSERT_TRUE(until_state(SessionState::kReconciling)) << lines_;
  account_.on("DELETE /api/v3/order", {.body = order_json(text_of(kId), 4, "CANCELED")});
  ASSERT_TRUE(submit(CommandKind::kCancel));
  websocket_ = true;
  rest_works_ = false;  // busy with something
  ASSERT_TRUE(until_state(SessionState::kUp)) << lines_;
  EXPECT_FALSE(submit(CommandKind::kQueryOrder));
  EXPECT_EQ(venue_.count("order.status"), 0u);
  Command other = command(CommandKind::kCancel);
  other.id = make_order_id({1, 7, 0, 9});
  EXPECT_TRUE(session_->submit(other, clock_.now())) << "others are free to go";
  rest_works_ = true;
  ASSERT_TRUE(until_heard(EventKind::kDenied)) << "it is no longer wanted there";
  EXPECT_THAT(account_.requests("DELETE"), IsEmpty());
  EXPECT_TRUE(submit(CommandKind::kQueryOrder));
  ASSERT_TRUE(until([&] { return venue_.count("order.status") == 1; }));
  EXPECT_THAT(lines_, HasSubstr("REST was in use"));
}

TEST_F(BinanceRestFallback, TheWebSocketTakesOverAndGivesBack) {
  start(RestFallback::kTrade);
  ASSERT_TRUE(until_state(SessionState::kUp)) << lines_;
  websocket_ = true;
  ASSERT_TRUE(until([&] { return venue_.connections() > 0; }));
  ASSERT_TRUE(until([&] { return !link_.rest.wanted.load(); }));
  ASSERT_TRUE(until_state(SessionState::kUp)) << lines_;
  std::vector<SessionState> states;
  for (const Event& e : events_) {
    if (e.kind == EventKind::kSessionStatus) states.push_back(e.session.state);
  }
  EXPECT_THAT(states, ElementsAre(SessionState::kDown, SessionState::kReconciling,
                                  SessionState::kUp, SessionState::kReconciling, SessionState::kUp))
      << "orders are asked for at every change";
  websocket_ = false;
  venue_.drop_all();
  ASSERT_TRUE(until([&] { return link_.rest.wanted.load(); }));
  ASSERT_TRUE(until_state(SessionState::kUp)) << lines_;
}

// --- the connector --------------------------------------------------------------------------

class BinanceOrderConnector : public testing::Test {
 protected:
  BinanceOrderConnector() {
    options_.instruments = test::spot_instruments();
    credentials_.api_key = SecretText("k");
    credentials_.signer = Signer::from_secret(SecretText("secret")).signer;
  }
  std::unique_ptr<OrderConnector> connector(const std::string& url) {
    options_.ws_api_url = url;
    return std::make_unique<OrderConnector>(options_, credentials_, link_, limits_, clock_,
                                            [this](LogLevel level, std::string_view line) {
                                              said_ += line;
                                              if (level == LogLevel::kWarning) ++warnings_;
                                            });
  }
  static std::string url_of(const NetServer& server) {
    return "ws://127.0.0.1:" + std::to_string(server.port()) + "/";
  }

  OrderSessionOptions options_;
  Credentials credentials_;
  SessionLink link_{1, 2};
  net::AddressLimits limits_{280, 300 * kSecond, 70};
  const Clock clock_;
  std::string said_;
  int warnings_ = 0;
};

TEST_F(BinanceOrderConnector, DoesNotConnectWhileTheAddressHasToPause) {
  const NetServer server([](test::Peer& peer) { peer.reset(); });
  limits_.requests.on_status(429, clock_.now() + 600 * kSecond, clock_.now());
  const auto connector = this->connector(url_of(server));
  for (int i = 0; i < 10; ++i) EXPECT_EQ(connector->do_work(), 0);
  EXPECT_EQ(link_.connect_failures.load(), 0u);
  EXPECT_EQ(server.accepted(), 0);
}

TEST_F(BinanceOrderConnector, ARefusalSaysWhoAndWhyAndIsNotAskedForAgainAtOnce) {
  for (const int status : {403, 404, 451, 503}) {
    said_.clear();
    warnings_ = 0;
    const NetServer server(test::serve_http([&](const ServedRequest&) {
      return ServedResponse{.status = status,
                            .body = "<html>" + std::string(100'000, 'x') + "</html>",
                            .headers = {{"Retry-After", "3600"}}};
    }));
    const auto connector = this->connector(url_of(server));
    for (int i = 0; i < 100; ++i) connector->do_work();
    EXPECT_EQ(server.accepted(), 1) << status;
    EXPECT_THAT(said_, HasSubstr("127.0.0.1:" + std::to_string(server.port())));
    EXPECT_THAT(said_, HasSubstr("HTTP " + std::to_string(status)));
    EXPECT_THAT(said_, HasSubstr("next attempt in 3600000 ms"));
    EXPECT_LT(said_.size(), 200u);
    EXPECT_EQ(warnings_, 1);
  }
}

TEST_F(BinanceOrderConnector, RefusesAddressesItCannotUse) {
  const auto connector = this->connector("nonsense");
  EXPECT_NE(connector->error(), "");
  EXPECT_EQ(connector->do_work(), 0);
}

}  // namespace
}  // namespace mm::binance::orders
