// The order session and its connector against a scripted venue, over real sockets.
#include <gmock/gmock.h>

#include <chrono>
#include <optional>
#include <regex>
#include <set>
#include <thread>

#include "engine/runtime/sealed_scope.h"
#include "gateway/binance/order_connector.h"
#include "gateway/binance/order_session.h"
#include "gateway/order_gateway.h"
#include "tests/binance_instruments.h"
#include "tests/binance_order_venue.h"
#include "tests/certificates.h"
#include "tests/e2e_support.h"

namespace mm::binance::orders {
namespace {

using test::order_json;
using test::OrderVenue;
using test::VenueRequest;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

static_assert(mm::OrderSession<OrderSession>);

constexpr std::string_view kPem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEIIJEYWtGBrhACmb9Dvy+qa8WEf0lQOl1s4CLIAB9m89u\n"
    "-----END PRIVATE KEY-----\n";
constexpr const char* kApiKey = "an-api-key-nobody-may-see";

Credentials credentials_of(KeyType type) {
  Credentials c;
  c.api_key = SecretText(kApiKey);
  c.signer = type == KeyType::kHmac ? Signer::from_secret(SecretText("s3cr3t")).signer
                                    : Signer::from_pem(SecretText(kPem)).signer;
  return c;
}

class BinanceOrderSession : public testing::Test {
 protected:
  // Both halves on this thread, the venue on its own.
  struct Engine {
    Engine(const OrderSessionOptions& options, const Credentials& credentials,
           net::AddressLimits& limit)
        : link(static_cast<std::size_t>(options.connections), options.instruments.size()),
          session(options, credentials.api_key.view(), *credentials.signer, link, limit.requests),
          connector(
              options, credentials, link, limit, clock,
              [this](LogLevel level, std::string_view line) {
                lines += std::string(line) + "\n";
                if (level == LogLevel::kWarning) warnings += std::string(line) + "\n";
              },
              [this](std::string_view answer) { symbols.emplace_back(answer); }) {}

    Clock clock;
    SessionLink link;
    OrderSession session;
    OrderConnector connector;
    std::string lines, warnings;
    std::vector<std::string> symbols;  // answers to exchangeInfo
    std::vector<Event> events;
  };

  void start(KeyType type = KeyType::kEd25519) {
    options_.instruments = test::spot_instruments();
    options_.instruments.resize(1);
    if (options_.ws_api_url.empty()) options_.ws_api_url = venue_.url();
    options_.identity = {.instance = 1, .epoch = 7};
    options_.backoff_first = kMillisecond;
    options_.backoff_longest = 10 * kMillisecond;
    credentials_ = credentials_of(type);
    venue_.trust(kApiKey, credentials_.signer.get());
    if (!limit_) limit_.emplace(280, 300 * kSecond, 70);
    engine_ = std::make_unique<Engine>(options_, credentials_, *limit_);
  }
  void start_up(KeyType type = KeyType::kEd25519) {
    start(type);
    ASSERT_TRUE(run_until([this] { return is_up() && lanes_taken() == options_.connections; }))
        << engine_->lines;
    engine_->events.clear();
  }
  bool is_up() const { return engine_->session.state() == SessionState::kUp; }
  int lanes_taken() const {
    int taken = 0;
    for (auto& lane : engine_->link.lanes) taken += static_cast<int>(lane.taken.load());
    return taken;
  }

  void listen() {
    Event e;
    while (engine_->session.next(engine_->clock.now(), e)) engine_->events.push_back(e);
  }
  void turn() {
    engine_->connector.do_work();
    listen();
  }
  template <class Done>
  bool run_until(Done&& done) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (!done()) {
      if (std::chrono::steady_clock::now() > give_up) return false;
      turn();
      std::this_thread::yield();
    }
    return true;
  }
  std::size_t heard(EventKind kind) const {
    return static_cast<std::size_t>(std::ranges::count(engine_->events, kind, &Event::kind));
  }
  bool run_until_heard(EventKind kind, std::size_t times = 1) {
    return run_until([&] { return heard(kind) >= times; });
  }
  const Event& last(EventKind kind) const {
    const auto found =
        std::ranges::find(engine_->events.rbegin(), engine_->events.rend(), kind, &Event::kind);
    EXPECT_NE(found, engine_->events.rend());
    return *found;
  }
  std::vector<EventKind> kinds() const {
    std::vector<EventKind> all;
    for (const Event& e : engine_->events) {
      if (e.kind != EventKind::kRateUsage && e.kind != EventKind::kBalance) all.push_back(e.kind);
    }
    return all;
  }

  static ClientOrderId id(std::uint16_t slot, std::uint32_t generation = 1) {
    return make_order_id({1, 7, slot, generation});
  }
  static std::string text_of(ClientOrderId id) {
    const ClientIdText text = client_id_text(id);
    return {text.data(), text.size()};
  }
  Command command(CommandKind kind, ClientOrderId order, ClientOrderId new_id = {}) {
    Command c;
    c.time = engine_->clock.now();
    c.kind = kind;
    c.id = order;
    c.new_id = new_id;
    c.ticks = 2'341'610;
    c.lots = Lots(847);
    c.connection = static_cast<std::uint8_t>(parts(order).slot % 2);
    return c;
  }
  bool submit(CommandKind kind, ClientOrderId order, ClientOrderId new_id = {}) {
    return engine_->session.submit(command(kind, order, new_id), engine_->clock.now());
  }
  // Accepts every place and cancels every cancel, numbering the orders.
  void script_orders() {
    venue_.on("order.place", [this](const VenueRequest& r) {
      return std::vector{
          OrderVenue::ok(r, order_json(r.param("newClientOrderId"), ++number_, "NEW"))};
    });
    venue_.on("order.cancel", [](const VenueRequest& r) {
      return std::vector{
          OrderVenue::ok(r, order_json(r.param("origClientOrderId"), 1, "CANCELED"))};
    });
  }
  static std::string execution(const std::string& x, const std::string& status,
                               const std::string& client_id, std::uint64_t order,
                               const std::string& more = "") {
    return R"({"e":"executionReport","s":"BTCUSDT","c":")" + client_id +
           R"(","C":"","S":"BUY","q":"0.00847000","p":"23416.10000000","x":")" + x + R"(","X":")" +
           status + R"(","i":)" + std::to_string(order) + more + "}";
  }
  static std::string trade(std::uint64_t trade_id, const std::string& client_id,
                           std::uint64_t order, const std::string& lots = "0.00847000") {
    return execution("TRADE", "FILLED", client_id, order,
                     R"(,"t":)" + std::to_string(trade_id) + R"(,"l":")" + lots + R"(","z":")" +
                         lots + R"(","L":"23416.10000000","n":"0","N":null,"m":true)");
  }
  static std::string trade_row(std::uint64_t trade_id, std::uint64_t order,
                               const std::string& quantity = "0.00847000") {
    return R"({"symbol":"BTCUSDT","id":)" + std::to_string(trade_id) + R"(,"orderId":)" +
           std::to_string(order) + R"(,"price":"23416.10000000","qty":")" + quantity +
           R"(","commission":"0.00000847",)"
           R"("commissionAsset":"BTC","isBuyer":true,"isMaker":true})";
  }

  OrderVenue venue_;
  OrderSessionOptions options_;
  Credentials credentials_;
  std::optional<net::AddressLimits> limit_;
  std::uint64_t number_ = 100;
  std::uint32_t generation_ = 0;
  std::unique_ptr<Engine> engine_;  // before the venue goes
};

// --- coming up ------------------------------------------------------------------------------

TEST_F(BinanceOrderSession, LogsOnSubscribesAndReconcilesBeforeItIsUp) {
  start();
  ASSERT_TRUE(run_until([this] { return is_up(); })) << engine_->lines;
  std::vector<std::string> methods;
  for (const VenueRequest& r : venue_.requests()) {
    if (r.connection == 1 && r.method != "time") methods.push_back(r.method);
  }
  EXPECT_THAT(methods, ElementsAre("session.logon", "userDataStream.subscribe", "exchangeInfo",
                                   "openOrders.status", "myTrades", "account.status", "myTrades"));
  std::vector<SessionState> states;
  for (const Event& e : engine_->events) {
    if (e.kind == EventKind::kSessionStatus) states.push_back(e.session.state);
  }
  EXPECT_THAT(states,
              ElementsAre(SessionState::kDown, SessionState::kReconciling, SessionState::kUp));
  EXPECT_EQ(heard(EventKind::kBalance), 2u);
  EXPECT_LT(engine_->events.size(), 10u);
  EXPECT_EQ(venue_.problems(), "");
}

TEST_F(BinanceOrderSession, SignsEveryRequestWithAnHmacKey) {
  start_up(KeyType::kHmac);
  EXPECT_EQ(venue_.count("session.logon"), 0u);
  EXPECT_EQ(venue_.count("userDataStream.subscribe.signature"), 1u);
  script_orders();
  ASSERT_TRUE(submit(CommandKind::kPlace, id(0)));
  ASSERT_TRUE(run_until_heard(EventKind::kAccepted));
  EXPECT_EQ(venue_.problems(), "");
}

TEST_F(BinanceOrderSession, SendsNoKeyAndNoSignatureAfterALogon) {
  start_up();
  script_orders();
  ASSERT_TRUE(submit(CommandKind::kPlace, id(0)));
  ASSERT_TRUE(run_until_heard(EventKind::kAccepted));
  const std::string text = venue_.requests("order.place")[0].text;
  EXPECT_THAT(text, AllOf(Not(HasSubstr("apiKey")), Not(HasSubstr("signature"))));
}

TEST_F(BinanceOrderSession, AKeyThatIsRefusedIsNamedAndNotTriedAgainAtOnce) {
  start();
  venue_.error("session.logon", 401, -2015,
               std::string("Invalid API-key ") + kApiKey + ", IP, or permissions for action.");
  ASSERT_TRUE(run_until([this] { return engine_->link.connect_failures.load() >= 2; }));
  for (int i = 0; i < 200; ++i) turn();
  EXPECT_EQ(engine_->link.connect_failures.load(), 2u);  // one a lane
  EXPECT_THAT(engine_->connector.problem(), HasSubstr("-2015"));
  EXPECT_THAT(engine_->lines, HasSubstr("session.logon was refused"));
  EXPECT_THAT(engine_->lines, Not(HasSubstr(kApiKey)));
  EXPECT_EQ(last(EventKind::kSessionStatus).session.state, SessionState::kDown);
  EXPECT_FALSE(submit(CommandKind::kPlace, id(0)));
}

TEST_F(BinanceOrderSession, AsksForTheRulesOfOurSymbolsWithEveryUserDataConnection) {
  venue_.result("exchangeInfo", R"({"rateLimits":[],"symbols":[{"symbol":"BTCUSDT"}]})");
  start_up();
  ASSERT_EQ(venue_.count("exchangeInfo"), 1u) << "not on the second connection";
  const VenueRequest asked = venue_.requests("exchangeInfo")[0];
  EXPECT_THAT(asked.text,
              AllOf(HasSubstr(R"("symbols":["BTCUSDT"])"),
                    HasSubstr(R"("showPermissionSets":false)"), Not(HasSubstr("signature"))));
  EXPECT_THAT(engine_->symbols, ElementsAre(HasSubstr(R"("symbols":[{"symbol":"BTCUSDT"}])")));
  venue_.drop_all();
  ASSERT_TRUE(run_until([this] { return engine_->symbols.size() == 2; }));
  EXPECT_FALSE(engine_->link.symbols_wanted.load());
}

TEST_F(BinanceOrderSession, AsksForManySymbolsInAnswersThatFit) {
  start();
  const Instrument first = options_.instruments[0];
  for (int i = 1; i < 250; ++i) {
    Instrument next = first;
    std::ranges::copy("S" + std::to_string(i) + "USDT", next.symbol_text.begin());
    options_.instruments.push_back(next);
  }
  options_.connections = 1;
  engine_ = std::make_unique<Engine>(options_, credentials_, *limit_);
  ASSERT_TRUE(run_until([this] { return venue_.count("openOrders.status") > 0; }));
  const std::vector<VenueRequest> asked = venue_.requests("exchangeInfo");
  ASSERT_EQ(asked.size(), 3u);
  EXPECT_THAT(asked[0].text, AllOf(HasSubstr("\"BTCUSDT\""), HasSubstr("\"S99USDT\"")));
  EXPECT_THAT(asked[2].text, AllOf(HasSubstr("[\"S200USDT\""), HasSubstr("\"S249USDT\"]")));
}

TEST_F(BinanceOrderSession, RulesThatThisApiDoesNotTellAreAskedForByRest) {
  venue_.error("exchangeInfo", 400, -1020, "This operation is not supported.");
  start_up();
  EXPECT_TRUE(engine_->link.symbols_wanted.load());
  EXPECT_THAT(engine_->symbols, IsEmpty());
  EXPECT_THAT(engine_->lines, HasSubstr("exchangeInfo was refused: -1020"));
}

TEST_F(BinanceOrderSession, ALimitThatRulesWouldExceedIsWaitedOut) {
  options_.connections = 1;
  start();
  venue_.error("exchangeInfo", 418, -1003, "Way too much request weight used; IP banned.");
  ASSERT_TRUE(run_until([this] { return engine_->link.connect_failures.load() >= 1; }));
  for (int i = 0; i < 100; ++i) turn();
  EXPECT_EQ(venue_.connections(), 1);
  EXPECT_FALSE(is_up());
}

TEST_F(BinanceOrderSession, LimitsAnnouncedWithAConnectionHoldFromThenOn) {
  start_up();
  script_orders();
  venue_.result("exchangeInfo",
                R"({"rateLimits":[{"rateLimitType":"RAW_REQUESTS","interval":"MINUTE",)"
                R"("intervalNum":5,"limit":5}],"symbols":[]})");
  venue_.drop_all();
  ASSERT_TRUE(run_until([this] { return lanes_taken() >= 4 && is_up(); }));
  for (std::uint16_t i = 0; i < 5; ++i) {
    ASSERT_TRUE(submit(CommandKind::kPlace, id(i)));
    listen();
  }
  ASSERT_TRUE(run_until_heard(EventKind::kDenied));
  EXPECT_EQ(last(EventKind::kDenied).failure.reason, RejectReason::kRateLimit);
  EXPECT_LE(venue_.count("order.place"), 4u);
}

TEST_F(BinanceOrderSession, ALimitMetWhileConnectingIsWaitedOut) {
  options_.connections = 1;
  start();
  venue_.on("openOrders.status", [this](const VenueRequest& r) {
    const std::int64_t until = engine_->clock.now().v / kMillisecond.v + 600'000;
    return std::vector{OrderVenue::failed(r, 429, -1003, "Too much request weight used.",
                                          R"({"retryAfter":)" + std::to_string(until) + "}")};
  });
  ASSERT_TRUE(run_until([this] { return engine_->link.connect_failures.load() >= 1; }));
  for (int i = 0; i < 100; ++i) turn();
  EXPECT_EQ(venue_.connections(), 1);
  EXPECT_FALSE(is_up());
}

TEST_F(BinanceOrderSession, AWrongKeyIsFoundByTheVenueAndNeverShown) {
  start(KeyType::kHmac);
  const Credentials other = credentials_of(KeyType::kEd25519);
  venue_.trust("another-key", other.signer.get());
  ASSERT_TRUE(run_until([this] { return engine_->link.connect_failures.load() >= 1; }));
  EXPECT_THAT(engine_->lines, Not(HasSubstr(kApiKey)));
  EXPECT_THAT(engine_->lines, Not(HasSubstr("s3cr3t")));
}

TEST_F(BinanceOrderSession, FollowsAVenueWhoseClockIsAMinuteOff) {
  for (const std::int64_t ahead : {60'000, -60'000}) {
    venue_.set_clock_ahead_ms(ahead);
    start_up();
    script_orders();
    ASSERT_TRUE(submit(CommandKind::kPlace, id(0)));
    ASSERT_TRUE(run_until_heard(EventKind::kAccepted));
    EXPECT_EQ(venue_.problems(), "");
    const std::int64_t offset = engine_->session.clock().offset().v;
    EXPECT_LE(offset, ahead * kMillisecond.v + kSecond.v);  // to the low side
    EXPECT_GE(offset, ahead * kMillisecond.v - 3 * kSecond.v);
  }
}

TEST_F(BinanceOrderSession, MeasuresTheClockAgainWhenItIsRefused) {
  start_up();
  venue_.error("order.place", 400, -1021, "Timestamp for this request was 1000ms ahead.");
  const std::size_t asked = venue_.count("time");
  ASSERT_TRUE(submit(CommandKind::kPlace, id(0)));
  ASSERT_TRUE(run_until_heard(EventKind::kRejected));
  EXPECT_TRUE(run_until([&] { return venue_.count("time") > asked; }));
  EXPECT_EQ(engine_->session.counters().clock_errors, 1u);
}

// --- requests -------------------------------------------------------------------------------

// The core has one word for all of them.
TEST_F(BinanceOrderSession, SaysWhyTheVenueRefusesInItsOwnWords) {
  start_up();
  struct Case {
    int status, code;
    std::string words;
  };
  const std::vector<Case> cases{
      {400, -1021, "Timestamp for this request is outside of the recvWindow."},
      {400, -1013, "This symbol does not allow the specified self-trade prevention mode."},
      {400, -1013, "Filter failure: PERCENT_PRICE_BY_SIDE"},
      {400, -2010, "This action is disabled on this account."},
      {401, -2015, "Invalid API-key, IP, or permissions for action."},
      {500, -1006, "An unexpected response was received from the message bus."}};
  for (const auto& [status, code, words] : cases) {
    engine_->warnings.clear();
    venue_.error("order.place", status, code, words);
    const auto told = [&] {
      return heard(EventKind::kRejected) + heard(EventKind::kOutcomeUnknown);
    };
    const std::size_t before = told();
    const bool again = code == -1013 && words.starts_with("Filter");  // a kind that was just said
    ASSERT_TRUE(submit(CommandKind::kPlace, id(0, ++generation_)));
    ASSERT_TRUE(run_until([&] { return told() > before; }));
    turn();
    const std::string line = std::to_string(code) + " " + words;
    EXPECT_EQ(engine_->warnings.find(line) == std::string::npos, again) << line;
  }
  EXPECT_THAT(engine_->lines, HasSubstr("place of BTCUSDT was refused: -2015 Invalid API-key"));
  EXPECT_THAT(engine_->lines, HasSubstr("what became of it is not known: -1006"));
  engine_->lines.clear();
  venue_.error("order.place", 400, -2010, "Order would immediately match and take.");
  ASSERT_TRUE(submit(CommandKind::kPlace, id(0, ++generation_)));
  ASSERT_TRUE(run_until(
      [&] { return last(EventKind::kRejected).failure.reason == RejectReason::kWouldCross; }));
  turn();
  EXPECT_EQ(engine_->lines, "") << "every day's business";
}

TEST_F(BinanceOrderSession, AllRequestsOfAnOrderUseOneConnection) {
  start_up();
  script_orders();
  for (std::uint16_t slot = 0; slot < 4; ++slot) ASSERT_TRUE(submit(CommandKind::kPlace, id(slot)));
  ASSERT_TRUE(run_until_heard(EventKind::kAccepted, 4));
  for (std::uint16_t slot = 0; slot < 4; ++slot) {
    ASSERT_TRUE(submit(CommandKind::kCancel, id(slot)));
  }
  ASSERT_TRUE(run_until_heard(EventKind::kCanceled, 4));
  std::map<std::string, int> place, cancel;
  for (const auto& r : venue_.requests("order.place"))
    place[r.param("newClientOrderId")] = r.connection;
  for (const auto& r : venue_.requests("order.cancel"))
    cancel[r.param("origClientOrderId")] = r.connection;
  EXPECT_EQ(place, cancel);
  EXPECT_NE(place[text_of(id(0))], place[text_of(id(1))]);
  EXPECT_EQ(engine_->session.unanswered(), 0u);
}

TEST_F(BinanceOrderSession, AnswersMayComeInAnyOrderTwiceOrNotAtAll) {
  options_.connections = 1;
  start_up();
  std::vector<VenueRequest> waiting;
  venue_.on("order.place", [&](const VenueRequest& r) {
    waiting.push_back(r);
    std::vector<std::string> messages;
    if (waiting.size() < 3) return messages;
    // The last first, twice; the first never.
    for (const std::size_t i : {2u, 1u, 2u}) {
      messages.push_back(OrderVenue::ok(
          waiting[i], order_json(waiting[i].param("newClientOrderId"), 200 + i, "NEW")));
    }
    return messages;
  });
  for (std::uint16_t slot = 0; slot < 3; ++slot) ASSERT_TRUE(submit(CommandKind::kPlace, id(slot)));
  ASSERT_TRUE(run_until_heard(EventKind::kAccepted, 2));
  ASSERT_TRUE(run_until([this] { return engine_->session.counters().stray_answers == 1; }));
  EXPECT_EQ(engine_->session.unanswered(), 1u);
  std::vector<ClientOrderId> accepted;
  for (const Event& e : engine_->events) {
    if (e.kind == EventKind::kAccepted) accepted.push_back(e.report.id);
  }
  EXPECT_THAT(accepted, ElementsAre(id(2), id(1)));
  // Time passes without the answer.
  Event e;
  const Nanos later = engine_->clock.now() + options_.answer_timeout + kSecond;
  while (engine_->session.next(later, e)) engine_->events.push_back(e);
  EXPECT_EQ(last(EventKind::kOutcomeUnknown).failure.id, id(0));
}

TEST_F(BinanceOrderSession, AFillMayOvertakeTheAnswerToItsPlace) {
  start_up();
  venue_.on("order.place", [&](const VenueRequest& r) {
    const std::string order = r.param("newClientOrderId");
    const std::string part = execution("TRADE", "PARTIALLY_FILLED", order, 300,
                                       R"(,"t":5,"l":"0.001","z":"0.001","L":"23416.10","m":true)");
    return std::vector{"{\"subscriptionId\":0,\"event\":" + part + "}",
                       OrderVenue::ok(r, order_json(order, 300, "PARTIALLY_FILLED", "0.001"))};
  });
  ASSERT_TRUE(submit(CommandKind::kPlace, id(0)));
  ASSERT_TRUE(run_until_heard(EventKind::kAccepted));
  EXPECT_THAT(kinds(), ElementsAre(EventKind::kFilled, EventKind::kAccepted));
}

TEST_F(BinanceOrderSession, ReplacesAndReduces) {
  start_up();
  script_orders();
  venue_.on("order.cancelReplace", [](const VenueRequest& r) {
    return std::vector{OrderVenue::ok(
        r, R"({"cancelResult":"SUCCESS","newOrderResult":"SUCCESS","cancelResponse":)" +
               order_json(r.param("cancelOrigClientOrderId"), 101, "CANCELED") +
               R"(,"newOrderResponse":)" + order_json(r.param("newClientOrderId"), 102, "NEW") +
               "}")};
  });
  venue_.on("order.amend.keepPriority", [](const VenueRequest& r) {
    return std::vector{
        OrderVenue::ok(r, R"({"amendedOrder":{"orderId":102,"origClientOrderId":")" +
                              r.param("origClientOrderId") + R"(","clientOrderId":")" +
                              r.param("newClientOrderId") + R"(","price":"23416.10","qty":")" +
                              r.param("newQty") + R"(","executedQty":"0","status":"NEW"}})")};
  });
  ASSERT_TRUE(submit(CommandKind::kPlace, id(0)));
  ASSERT_TRUE(run_until_heard(EventKind::kAccepted));
  ASSERT_TRUE(submit(CommandKind::kReplace, id(0), id(0, 2)));
  ASSERT_TRUE(run_until_heard(EventKind::kReplaced));
  Command reduce = command(CommandKind::kReduce, id(0, 2));
  reduce.lots = Lots(500);
  ASSERT_TRUE(engine_->session.submit(reduce, engine_->clock.now()));
  ASSERT_TRUE(run_until_heard(EventKind::kAmended));
  EXPECT_EQ(last(EventKind::kAmended).report.lots, Lots(500));
  EXPECT_EQ(last(EventKind::kAmended).report.id, id(0, 2));
}

TEST_F(BinanceOrderSession, AsksForTheTradesOfAnOrderWhoseFillsItMissed) {
  start_up();
  venue_.on("order.status", [](const VenueRequest& r) {
    return std::vector{
        OrderVenue::ok(r, order_json(r.param("origClientOrderId"), 300, "FILLED", "0.00847000"))};
  });
  venue_.result("myTrades", "[" + trade_row(9, 300) + "]");
  ASSERT_TRUE(submit(CommandKind::kQueryOrder, id(0)));
  ASSERT_TRUE(run_until_heard(EventKind::kFilled));
  EXPECT_EQ(venue_.requests("myTrades").back().param("orderId"), "300");
  EXPECT_EQ(last(EventKind::kFilled).fill.trade_id.v, 9u);
  EXPECT_EQ(last(EventKind::kFilled).fill.fee, Amount(847));
}

TEST_F(BinanceOrderSession, TellsAnOrderOfAnEarlierStartAndCancelsItWhenAsked) {
  const ClientOrderId stray = make_order_id({1, 6, 9, 1});
  start_up();
  script_orders();
  venue_.push(execution("NEW", "NEW", text_of(stray), 555));
  ASSERT_TRUE(run_until_heard(EventKind::kOrderStatus));
  const Event& open = last(EventKind::kOrderStatus);
  EXPECT_EQ(open.report.id, stray);
  EXPECT_EQ(heard(EventKind::kAccepted), 0u);
  EXPECT_EQ(venue_.count("order.cancel"), 0u) << "that is for the core to say";
  Command cancel = command(CommandKind::kCancel, open.report.id);
  cancel.venue_id = open.report.venue_id;
  ASSERT_TRUE(engine_->session.submit(cancel, engine_->clock.now()));
  ASSERT_TRUE(run_until_heard(EventKind::kCanceled));
  EXPECT_EQ(venue_.requests("order.cancel")[0].param("orderId"), "555");
}

// An order that nobody told of, as a place leaves that came after its start had ended.
TEST_F(BinanceOrderSession, SweepsForOpenOrdersNowAndThen) {
  options_.sweep_interval = 50 * kMillisecond;
  start_up();
  const std::size_t before = venue_.count("openOrders.status");
  ASSERT_TRUE(run_until([&] { return venue_.count("openOrders.status") >= before + 2; }));
  EXPECT_EQ(heard(EventKind::kOrderStatus), 0u);
  const ClientOrderId old = make_order_id({1, 6, 3, 1});
  venue_.result("openOrders.status", "[" + order_json("web_person", 71, "NEW") + "," +
                                         order_json(text_of(old), 72, "NEW") + "]");
  ASSERT_TRUE(run_until_heard(EventKind::kOrderStatus));
  EXPECT_EQ(last(EventKind::kOrderStatus).report.id, old) << "and nobody else's";
  EXPECT_EQ(last(EventKind::kOrderStatus).report.asked, 0);
  EXPECT_EQ(heard(EventKind::kOutcomeUnknown), 0u);
}

TEST_F(BinanceOrderSession, AConnectionThatWasReconciledBeforeAStandstillIsGivenUp) {
  start();
  std::atomic<int> asked{0};
  venue_.on("account.status", [&](const VenueRequest& r) {
    if (++asked == 1) engine_->link.era.fetch_add(1);  // as a standstill does
    return std::vector{OrderVenue::ok(r, R"({"updateTime":1,"balances":[]})")};
  });
  ASSERT_TRUE(run_until([&] { return is_up(); })) << engine_->lines;
  EXPECT_GE(asked, 2) << "looked again, after it";
}

// Its end was told to nobody: expired, cancelled by the venue, or the report was lost.
TEST_F(BinanceOrderSession, AnOrderThatIsNoLongerListedIsInDoubtOncePerList) {
  options_.sweep_interval = 200 * kMillisecond;
  start_up();
  script_orders();
  ASSERT_TRUE(engine_->session.submit(command(CommandKind::kPlace, id(0)), engine_->clock.now()));
  ASSERT_TRUE(engine_->session.submit(command(CommandKind::kPlace, id(1)), engine_->clock.now()));
  ASSERT_TRUE(run_until([&] { return heard(EventKind::kAccepted) == 2; }));
  venue_.result("openOrders.status", "[" + order_json(text_of(id(1)), 2, "NEW") + "]");
  const std::size_t before = venue_.count("openOrders.status");
  ASSERT_TRUE(run_until([&] { return venue_.count("openOrders.status") >= before + 2; }));
  EXPECT_EQ(heard(EventKind::kOutcomeUnknown), 0u) << "young orders may be missing in a list";
  ASSERT_TRUE(run_until_heard(EventKind::kOutcomeUnknown));
  const Event& doubt = last(EventKind::kOutcomeUnknown);
  EXPECT_EQ(doubt.failure.id, id(0));
  EXPECT_EQ(doubt.failure.command, static_cast<std::uint8_t>(CommandKind::kNone));
  const std::size_t lists = venue_.count("openOrders.status");
  EXPECT_LE(heard(EventKind::kOutcomeUnknown), lists - before);
  // The answer to the core's question settles it: no more doubt.
  venue_.on("order.status", [](const VenueRequest& r) {
    return std::vector{OrderVenue::ok(r, order_json(text_of(id(0)), 1, "EXPIRED"))};
  });
  Command question = command(CommandKind::kQueryOrder, id(0));
  ASSERT_TRUE(engine_->session.submit(question, engine_->clock.now()));
  ASSERT_TRUE(run_until([&] {
    return last(EventKind::kOrderStatus).report.id == id(0) &&
           last(EventKind::kOrderStatus).report.status ==
               static_cast<std::uint8_t>(OrderStatusCode::kExpired);
  }));
  const std::size_t doubts = heard(EventKind::kOutcomeUnknown);
  const std::size_t then = venue_.count("openOrders.status");
  ASSERT_TRUE(run_until([&] { return venue_.count("openOrders.status") >= then + 3; }));
  EXPECT_EQ(heard(EventKind::kOutcomeUnknown), doubts);
}

TEST_F(BinanceOrderSession, ASweepThatIsRefusedOrLostIsNoNewsToTheCore) {
  options_.sweep_interval = 20 * kMillisecond;
  options_.answer_timeout = 50 * kMillisecond;
  start_up();
  venue_.error("openOrders.status", 500, -1000, "An unknown error");
  const std::size_t before = venue_.count("openOrders.status");
  ASSERT_TRUE(run_until([&] { return venue_.count("openOrders.status") >= before + 2; }));
  venue_.on("openOrders.status", [](const VenueRequest&) { return std::vector<std::string>{}; });
  ASSERT_TRUE(run_until([&] { return engine_->session.counters().lost >= 1; }));
  EXPECT_TRUE(is_up());
  EXPECT_EQ(heard(EventKind::kOutcomeUnknown) + heard(EventKind::kOrderStatus), 0u);
}

// The list of a reconciliation may be of the moment before an order went; no other comes by itself.
TEST_F(BinanceOrderSession, AnOrderThatWentWhileWeWereAwayIsFoundThoughListsLag) {
  options_.sweep_interval = Nanos(0);
  start_up();
  script_orders();
  ASSERT_TRUE(submit(CommandKind::kPlace, id(0)));
  ASSERT_TRUE(run_until_heard(EventKind::kAccepted));
  const std::string open = "[" + order_json(text_of(id(0)), 101, "NEW") + "]";
  venue_.result("openOrders.status", open);
  engine_->events.clear();
  venue_.drop(1);
  ASSERT_TRUE(run_until([this] { return heard(EventKind::kOrderStatus) > 0 && is_up(); }));
  EXPECT_EQ(heard(EventKind::kOutcomeUnknown), 0u) << "it is listed";
  const std::size_t looks = venue_.count("openOrders.status");
  venue_.result("openOrders.status", "[]");
  ASSERT_TRUE(run_until_heard(EventKind::kOutcomeUnknown));
  EXPECT_EQ(last(EventKind::kOutcomeUnknown).failure.id, id(0));
  EXPECT_EQ(venue_.count("openOrders.status"), looks + 1);
  EXPECT_EQ(engine_->session.counters().sweeps, 1u);
}

TEST_F(BinanceOrderSession, WithAnIntervalOfZeroOnlyAReconciliationIsLookedAtAgain) {
  options_.sweep_interval = Nanos(0);
  start_up();
  EXPECT_EQ(engine_->session.counters().sweeps, 0u);
  ASSERT_TRUE(run_until([this] { return engine_->session.counters().sweeps == 1u; }));
}

// --- limits ---------------------------------------------------------------------------------

std::string limits(int orders, int weight) {
  return R"(,"rateLimits":[{"rateLimitType":"ORDERS","interval":"DAY","intervalNum":1,"limit":50,)"
         R"("count":)" +
         std::to_string(orders) +
         R"(},{"rateLimitType":"REQUEST_WEIGHT","interval":"DAY","intervalNum":1,"limit":1000,)"
         R"("count":)" +
         std::to_string(weight) + "}]}";
}

TEST_F(BinanceOrderSession, StopsQuotingShortOfTheVenuesLimitsAndKeepsCancelling) {
  start_up();
  script_orders();
  venue_.on("order.place", [](const VenueRequest& r) {
    return std::vector{"{\"id\":" + r.id + ",\"status\":200,\"result\":" +
                       order_json(r.param("newClientOrderId"), 1, "NEW") + limits(45, 10)};
  });
  ASSERT_TRUE(submit(CommandKind::kPlace, id(0)));
  ASSERT_TRUE(run_until_heard(EventKind::kAccepted));
  ASSERT_TRUE(submit(CommandKind::kPlace, id(1)));  // taken, and answered here
  ASSERT_TRUE(run_until_heard(EventKind::kDenied));
  EXPECT_EQ(last(EventKind::kDenied).failure.reason, RejectReason::kRateLimit);
  EXPECT_GT(last(EventKind::kDenied).failure.retry_after, engine_->clock.now());
  ASSERT_TRUE(submit(CommandKind::kCancel, id(0)));
  ASSERT_TRUE(run_until_heard(EventKind::kCanceled));
  EXPECT_EQ(venue_.count("order.place"), 1u);
  ASSERT_TRUE(run_until_heard(EventKind::kRateUsage));
  EXPECT_EQ(last(EventKind::kRateUsage).rate.orders_limit, 50u);
}

TEST_F(BinanceOrderSession, WhatTheStartHasUsedIsKnownBeforeTheFirstOrder) {
  options_.connections = 1;
  for (const char* method : {"openOrders.status", "myTrades", "account.status"}) {
    const std::string result =
        method == std::string("account.status") ? R"({"balances":[]})" : "[]";
    venue_.on(method, [result](const VenueRequest& r) {
      return std::vector{"{\"id\":" + r.id + ",\"status\":200,\"result\":" + result +
                         limits(1, 990)};
    });
  }
  start_up();
  ASSERT_TRUE(submit(CommandKind::kPlace, id(0)));
  ASSERT_TRUE(run_until_heard(EventKind::kDenied));
  EXPECT_EQ(last(EventKind::kDenied).failure.reason, RejectReason::kRateLimit);
  EXPECT_EQ(venue_.count("order.place"), 0u);
  EXPECT_THAT(engine_->lines, HasSubstr("place of BTCUSDT is held back for "));
}

TEST_F(BinanceOrderSession, KeepsWeightForCancelsAndQuestions) {
  start_up();
  script_orders();
  venue_.on("order.place", [](const VenueRequest& r) {
    return std::vector{"{\"id\":" + r.id + ",\"status\":200,\"result\":" +
                       order_json(r.param("newClientOrderId"), 1, "NEW") + limits(1, 850)};
  });
  ASSERT_TRUE(submit(CommandKind::kPlace, id(0)));
  ASSERT_TRUE(run_until_heard(EventKind::kAccepted));
  ASSERT_TRUE(submit(CommandKind::kReduce, id(0)));
  ASSERT_TRUE(submit(CommandKind::kPlace, id(1)));
  ASSERT_TRUE(run_until_heard(EventKind::kDenied, 2));
  ASSERT_TRUE(submit(CommandKind::kQueryOrder, id(0)));
  ASSERT_TRUE(run_until([this] { return venue_.count("order.status") == 1; }));
}

TEST_F(BinanceOrderSession, TellsWhichSymbolsAreHaltedAndLooksWhenAnOrderIsRefused) {
  start_up();
  venue_.error("order.place", 400, -2010, "Market is closed.");
  ASSERT_TRUE(submit(CommandKind::kPlace, id(0)));
  ASSERT_TRUE(run_until_heard(EventKind::kRejected));
  EXPECT_EQ(last(EventKind::kRejected).failure.reason, RejectReason::kMarketHalted);
  EXPECT_TRUE(engine_->link.symbols_wanted.exchange(false));
  venue_.error("order.place", 400, -1013, "Filter failure: PRICE_FILTER");
  ASSERT_TRUE(submit(CommandKind::kPlace, id(1)));
  ASSERT_TRUE(run_until_heard(EventKind::kRejected, 2));
  EXPECT_TRUE(engine_->link.symbols_wanted.load()) << "its tick may be another now";
  for (const bool halted : {true, false}) {
    engine_->events.clear();
    engine_->link.halted[0] = halted;
    ++engine_->link.halted_news;
    ASSERT_TRUE(run_until_heard(EventKind::kSessionStatus));
    EXPECT_EQ(last(EventKind::kSessionStatus).session.state, SessionState::kUp);
    EXPECT_EQ(last(EventKind::kSessionStatus).session.symbol_trading, halted ? 0 : 1);
    ++engine_->link.halted_news;  // nothing new
    for (int i = 0; i < 20; ++i) turn();
    EXPECT_EQ(heard(EventKind::kSessionStatus), 1u);
  }
}

TEST_F(BinanceOrderSession, RespectsAPauseAndABan) {
  start_up();
  script_orders();
  const std::int64_t until = engine_->clock.now().v / kMillisecond.v + 600'000;
  const std::string data = R"({"serverTime":1,"retryAfter":)" + std::to_string(until) + "}";
  venue_.on("order.place", [&](const VenueRequest& r) {
    return std::vector{OrderVenue::failed(r, 429, -1003, "Too much request weight used.", data)};
  });
  ASSERT_TRUE(submit(CommandKind::kPlace, id(0)));
  ASSERT_TRUE(run_until_heard(EventKind::kRejected));
  EXPECT_EQ(last(EventKind::kRejected).failure.reason, RejectReason::kRateLimit);
  EXPECT_NEAR(static_cast<double>(last(EventKind::kRejected).failure.retry_after.v),
              static_cast<double>(until * kMillisecond.v), 3e9);
  ASSERT_TRUE(submit(CommandKind::kPlace, id(1)));
  ASSERT_TRUE(run_until_heard(EventKind::kDenied));
  ASSERT_TRUE(submit(CommandKind::kCancel, id(0)));  // passes
  ASSERT_TRUE(run_until_heard(EventKind::kCanceled));
  venue_.on("order.cancel", [&](const VenueRequest& r) {
    return std::vector{OrderVenue::failed(r, 418, -1003, "IP banned.", data)};
  });
  ASSERT_TRUE(submit(CommandKind::kCancel, id(1)));
  ASSERT_TRUE(run_until_heard(EventKind::kCancelRejected));
  const std::size_t sent = venue_.requests().size();
  for (const auto kind : {CommandKind::kCancel, CommandKind::kQueryOrder, CommandKind::kPlace}) {
    ASSERT_TRUE(submit(kind, id(1)));
  }
  ASSERT_TRUE(run_until_heard(EventKind::kDenied, 4));
  EXPECT_EQ(venue_.requests().size(), sent);
  // When it is over everything goes again.
  const Nanos later(until * kMillisecond.v + 5 * kSecond.v);
  EXPECT_TRUE(engine_->session.submit(command(CommandKind::kCancel, id(1)), later));
  EXPECT_TRUE(run_until([&] { return venue_.count("order.cancel") == 3; }));
}

// --- trouble --------------------------------------------------------------------------------

TEST_F(BinanceOrderSession, WhatIsUnansweredWhenAConnectionEndsIsUnknown) {
  options_.connections = 1;
  start_up();
  ASSERT_TRUE(submit(CommandKind::kPlace, id(0)));
  ASSERT_TRUE(submit(CommandKind::kReplace, id(1), id(1, 2)));
  ASSERT_TRUE(submit(CommandKind::kCancel, id(2)));
  ASSERT_TRUE(run_until([this] { return venue_.count("order.cancel") == 1; }));
  venue_.drop_all();
  ASSERT_TRUE(run_until_heard(EventKind::kOutcomeUnknown, 3));
  EXPECT_EQ(engine_->session.unanswered(), 0u);
  ASSERT_TRUE(run_until([this] { return is_up(); }));
  std::vector<SessionState> states;
  for (const Event& e : engine_->events) {
    if (e.kind == EventKind::kSessionStatus) states.push_back(e.session.state);
  }
  EXPECT_THAT(states,
              ElementsAre(SessionState::kDown, SessionState::kReconciling, SessionState::kUp));
  EXPECT_EQ(heard(EventKind::kOutcomeUnknown), 3u);
}

TEST_F(BinanceOrderSession, TakesNoQuoteAfterAStallBeforeItHasReconciledAnew) {
  start_up();
  script_orders();
  const std::uint64_t before = engine_->link.reconciliations.load();
  ASSERT_TRUE(submit(CommandKind::kPlace, id(0)));
  engine_->session.distrust();
  EXPECT_FALSE(submit(CommandKind::kPlace, id(1))) << "from that moment on";
  EXPECT_TRUE(submit(CommandKind::kCancel, id(0)));
  listen();
  EXPECT_FALSE(is_up());
  EXPECT_FALSE(submit(CommandKind::kPlace, id(1)));
  ASSERT_TRUE(run_until([this] { return is_up(); }));
  EXPECT_GT(engine_->link.reconciliations.load(), before);
  EXPECT_EQ(engine_->session.counters().connections_lost, 2u);
  ASSERT_TRUE(run_until([this] { return submit(CommandKind::kPlace, id(1)); }));
}

TEST_F(BinanceOrderSession, AReconnectTellsTheFillsThatHappenedMeanwhileOnce) {
  venue_.result("myTrades", "[" + trade_row(40, 7) + "]");  // before us: not ours to count
  options_.connections = 1;
  start_up();
  script_orders();
  ASSERT_TRUE(submit(CommandKind::kPlace, id(0)));
  ASSERT_TRUE(submit(CommandKind::kPlace, id(1)));
  ASSERT_TRUE(run_until_heard(EventKind::kAccepted, 2));
  const VenueOrderId first = engine_->events[0].report.venue_id;
  venue_.push(trade(41, text_of(id(0)), first.v));
  ASSERT_TRUE(run_until_heard(EventKind::kFilled));
  std::string from;
  venue_.on("myTrades", [&](const VenueRequest& r) {
    from = r.param("fromId");
    // 42 is ours, by number; 43 a person's.
    return std::vector{
        OrderVenue::ok(r, "[" + trade_row(42, first.v + 1) + "," + trade_row(43, 77777) + "]")};
  });
  venue_.error("order.status", 400, -2013, "Order does not exist.");
  venue_.drop_all();
  ASSERT_TRUE(run_until_heard(EventKind::kFilled, 2));
  ASSERT_TRUE(run_until([this] { return is_up(); }));
  EXPECT_EQ(from, "42");
  EXPECT_EQ(last(EventKind::kFilled).fill.id, id(1));
  EXPECT_EQ(last(EventKind::kFilled).fill.trade_id.v, 42u);
  EXPECT_EQ(heard(EventKind::kFilled), 2u);
  // Told before the session is up.
  const auto position = [this](auto&& matches) {
    return std::ranges::find_if(engine_->events.rbegin(), engine_->events.rend(), matches);
  };
  EXPECT_GT(position([](const Event& e) { return e.kind == EventKind::kFilled; }),
            position([](const Event& e) {
              return e.kind == EventKind::kSessionStatus && e.session.state == SessionState::kUp;
            }));
}

TEST_F(BinanceOrderSession, AFirstTradeDuringAnInterruptionIsNotTakenForOldNews) {
  options_.connections = 1;
  start_up();  // no trade on the symbol so far
  script_orders();
  ASSERT_TRUE(submit(CommandKind::kPlace, id(0)));
  ASSERT_TRUE(run_until_heard(EventKind::kAccepted));
  venue_.result("myTrades", "[" + trade_row(1, engine_->events[0].report.venue_id.v) + "]");
  venue_.drop_all();
  ASSERT_TRUE(run_until_heard(EventKind::kFilled));
  EXPECT_EQ(last(EventKind::kFilled).fill.id, id(0));
}

TEST_F(BinanceOrderSession, TellsBalancesThenFillsThenOpenOrdersBeforeItIsUp) {
  options_.connections = 1;
  start_up();  // no trade on the symbol so far
  script_orders();
  ASSERT_TRUE(submit(CommandKind::kPlace, id(0)));
  ASSERT_TRUE(run_until_heard(EventKind::kAccepted));
  const VenueOrderId order = engine_->events[0].report.venue_id;
  venue_.result("myTrades", "[" + trade_row(1, order.v) + "]");
  venue_.result("openOrders.status",
                "[" + order_json(text_of(id(0)), order.v, "PARTIALLY_FILLED", "0.00847000") + "]");
  venue_.drop_all();
  ASSERT_TRUE(run_until([this] { return !is_up(); }));
  engine_->events.clear();
  ASSERT_TRUE(run_until([this] { return is_up(); }));
  std::vector<EventKind> told;
  for (const Event& e : engine_->events) {
    if (e.kind == EventKind::kRateUsage) continue;
    if (told.empty() || told.back() != e.kind) told.push_back(e.kind);
  }
  EXPECT_THAT(told, ElementsAre(EventKind::kSessionStatus, EventKind::kBalance, EventKind::kFilled,
                                EventKind::kOrderStatus, EventKind::kSessionStatus));
  EXPECT_EQ(last(EventKind::kOrderStatus).report.asked, 0);
  const std::size_t asked = venue_.count("myTrades");
  for (int i = 0; i < 50; ++i) turn();
  EXPECT_EQ(venue_.count("myTrades"), asked) << "nothing is missing";
}

TEST_F(BinanceOrderSession, FillsThatAreInTheFirstBalanceAreNotTold) {
  options_.connections = 1;
  start();
  const std::string old = text_of(make_order_id({1, 6, 0, 1}));
  venue_.on("myTrades", [&](const VenueRequest& r) {
    return std::vector{"{\"subscriptionId\":0,\"event\":" + trade(8, old, 300) + "}",
                       OrderVenue::ok(r, "[" + trade_row(8, 300) + "]")};
  });
  ASSERT_TRUE(run_until([this] { return is_up(); }));
  EXPECT_EQ(heard(EventKind::kFilled), 0u);
  EXPECT_EQ(heard(EventKind::kBalance), 2u);
  venue_.push(trade(9, old, 300));
  ASSERT_TRUE(run_until_heard(EventKind::kFilled));
}

TEST_F(BinanceOrderSession, TheFirstBalanceAndTheLastTradeAreOfOneInstant) {
  options_.connections = 1;
  start();
  // A trade of ours between the first look at the trades and the balance.
  const std::string old = text_of(make_order_id({1, 6, 0, 1}));
  venue_.result("order.status", order_json(old, 300, "PARTIALLY_FILLED"));
  int looked = 0;
  venue_.on("myTrades", [&](const VenueRequest& r) {
    const std::uint64_t newest = ++looked == 1 ? 40 : 41;
    return std::vector{OrderVenue::ok(r, "[" + trade_row(newest, 300) + "]")};
  });
  ASSERT_TRUE(run_until([this] { return is_up(); }));
  EXPECT_EQ(venue_.count("account.status"), 2u);
  EXPECT_EQ(heard(EventKind::kBalance), 2u) << "only the last one was told";
  venue_.push(trade(41, old, 300));
  venue_.push(trade(42, old, 300));
  ASSERT_TRUE(run_until_heard(EventKind::kFilled));
  EXPECT_EQ(last(EventKind::kFilled).fill.trade_id.v, 42u) << "41 is in the balance";
}

// A person on the account trades more often than we can look.
TEST_F(BinanceOrderSession, TradesOfOthersDoNotKeepTheSessionDown) {
  for (const bool known : {false, true}) {
    options_.connections = 1;
    options_.last_trade_ids.clear();
    if (known) options_.last_trade_ids = {40};
    std::uint64_t newest = 40;
    venue_.on("myTrades", [&](const VenueRequest& r) {
      ++newest;
      return std::vector{OrderVenue::ok(r, "[" + trade_row(newest, 500) + "]")};
    });
    venue_.result("order.status", order_json("web_person", 500, "PARTIALLY_FILLED"));
    const std::size_t asked = venue_.count("account.status");
    start();
    ASSERT_TRUE(run_until([this] { return is_up(); })) << engine_->lines;
    EXPECT_EQ(venue_.count("account.status"), asked + 1) << "at once";
    EXPECT_EQ(heard(EventKind::kFilled), 0u);
    EXPECT_EQ(engine_->warnings, "");
  }
}

TEST_F(BinanceOrderSession, WhatCannotBeAdoptedForTooLongIsCancelled) {
  const std::string old = text_of(make_order_id({1, 6, 0, 1}));
  options_.connections = 1;
  options_.adopted_max = 10;
  options_.adoption_patience = kMillisecond;
  std::atomic<bool> canceled = false;
  venue_.on("openOrders.status", [&](const VenueRequest& r) {
    return std::vector{OrderVenue::ok(r, canceled ? "[]" : "[" + order_json(old, 72, "NEW") + "]")};
  });
  venue_.on("order.cancel", [&](const VenueRequest& r) {
    canceled = true;
    return std::vector{OrderVenue::ok(r, order_json(old, 72, "CANCELED"))};
  });
  venue_.error("account.status", 500, -1001, "Internal error");
  start();
  ASSERT_TRUE(run_until([&] { return canceled.load(); })) << engine_->lines;
  ASSERT_TRUE(
      run_until([this] { return engine_->warnings.find("none goes on") != std::string::npos; }));
  EXPECT_EQ(heard(EventKind::kAdopted), 0u);
  venue_.forget("account.status");
  ASSERT_TRUE(run_until([this] { return is_up(); })) << engine_->lines;
  EXPECT_EQ(heard(EventKind::kAdopted), 0u);
}

TEST_F(BinanceOrderSession, ATradeThatWasFoundIsKnownOnlyOnceItWasTold) {
  venue_.result("myTrades", "[" + trade_row(40, 7) + "]");
  options_.connections = 1;
  start_up();
  script_orders();
  ASSERT_TRUE(submit(CommandKind::kPlace, id(0)));
  ASSERT_TRUE(run_until_heard(EventKind::kAccepted));
  const std::uint64_t order = engine_->events[0].report.venue_id.v;
  venue_.result("myTrades", "[" + trade_row(41, order) + "," + trade_row(42, order) + "]");
  venue_.drop_all();
  // One event at a time, as if the run could end after any.
  const auto known = [this] { return engine_->link.last_trades[0].load(); };
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (heard(EventKind::kFilled) < 2) {
    ASSERT_LT(std::chrono::steady_clock::now(), give_up);
    ASSERT_EQ(known(), 40u) << "what was not told would be skipped";
    engine_->connector.do_work();
    Event e;
    if (engine_->session.next(engine_->clock.now(), e)) engine_->events.push_back(e);
  }
  ASSERT_TRUE(run_until([this] { return is_up(); }));
  EXPECT_EQ(known(), 42u);
}

TEST_F(BinanceOrderSession, UserDataHeardWhileReconcilingAreToldAfterwards) {
  const ClientOrderId earlier = make_order_id({1, 6, 0, 1});
  options_.connections = 1;
  start();
  venue_.on("account.status", [&](const VenueRequest& r) {
    return std::vector{"{\"subscriptionId\":0,\"event\":" + trade(8, text_of(earlier), 300) + "}",
                       OrderVenue::ok(r, R"({"balances":[]})")};
  });
  ASSERT_TRUE(run_until([this] { return is_up(); }));
  EXPECT_EQ(heard(EventKind::kFilled), 1u);
  EXPECT_EQ(heard(EventKind::kBalance), 2u) << "what the venue does not list is nothing";
  EXPECT_EQ(engine_->events.back().kind, EventKind::kSessionStatus);
}

TEST_F(BinanceOrderSession, OrdersOfAnEarlierStartAreCancelledAndForeignOnesSurvive) {
  const std::string old = text_of(make_order_id({1, 6, 0, 1}));
  const std::string other_engine = text_of(make_order_id({2, 6, 0, 1}));
  bool canceled = false;
  venue_.on("openOrders.status", [&](const VenueRequest& r) {
    std::string orders =
        order_json("web_person", 70, "NEW") + "," + order_json(other_engine, 71, "NEW");
    if (!canceled) orders += "," + order_json(old, 72, "NEW");
    return std::vector{OrderVenue::ok(r, "[" + orders + "]")};
  });
  venue_.on("order.cancel", [&](const VenueRequest& r) {
    canceled = true;
    return std::vector{OrderVenue::ok(r, order_json(old, 72, "CANCELED"))};
  });
  start_up();
  const auto cancels = venue_.requests("order.cancel");
  ASSERT_EQ(cancels.size(), 1u);
  EXPECT_EQ(cancels[0].param("orderId"), "72");
  EXPECT_EQ(cancels[0].param("origClientOrderId"), old);
  EXPECT_EQ(venue_.count("openOrders.status"), 2u);  // verified
  EXPECT_EQ(venue_.count("openOrders.cancelAll"), 0u);
  EXPECT_EQ(engine_->link.foreign_orders.load(), 2u);
  EXPECT_EQ(engine_->link.old_orders_canceled.load(), 1u);
}

// --- orders of an earlier start that go on ----------------------------------------------------

// What is traded while we look is told once, and the executed quantity is what was told with it.
TEST_F(BinanceOrderSession, AdoptsOrdersOfAnEarlierStartAfterTheirFills) {
  const std::string old = text_of(make_order_id({1, 6, 0, 1}));
  const std::string untouched = text_of(make_order_id({1, 6, 1, 1}));
  options_.connections = 1;
  options_.adopted_max = 10;
  options_.last_trade_ids = {40};
  venue_.on("openOrders.status", [&](const VenueRequest& r) {
    return std::vector{OrderVenue::ok(r, "[" + order_json("web_person", 70, "NEW") + "," +
                                             order_json(old, 72, "PARTIALLY_FILLED", "0.00500000") +
                                             "," + order_json(untouched, 73, "NEW") + "]")};
  });
  venue_.on("myTrades", [&](const VenueRequest& r) {
    if (!r.param("orderId").empty()) {  // 39 was counted by the start before; 42 comes by itself
      EXPECT_EQ(r.param("orderId"), "72");
      return std::vector{OrderVenue::ok(r, "[" + trade_row(39, 72, "0.00200000") + "," +
                                               trade_row(41, 72, "0.00100000") + "," +
                                               trade_row(42, 72, "0.00200000") + "]")};
    }
    const bool since = r.param("fromId") == "41";
    return std::vector{
        OrderVenue::ok(r, since ? "[" + trade_row(41, 72, "0.00100000") + "]" : "[]")};
  });
  start();
  ASSERT_TRUE(run_until([this] { return is_up(); })) << engine_->lines;
  std::vector<EventKind> told;
  for (const Event& e : engine_->events) {
    if (e.kind != EventKind::kRateUsage && e.kind != EventKind::kSessionStatus) {
      told.push_back(e.kind);
    }
  }
  told.resize(std::min<std::size_t>(told.size(), 7));  // 42 may be here already
  EXPECT_THAT(told, ElementsAre(EventKind::kFilled, EventKind::kBalance, EventKind::kBalance,
                                EventKind::kAdopted, EventKind::kAdopted, EventKind::kOrderStatus,
                                EventKind::kOrderStatus));
  const auto adopted = std::ranges::find(engine_->events, EventKind::kAdopted, &Event::kind);
  EXPECT_EQ(adopted->adoption.id, make_order_id({1, 6, 0, 1}));
  EXPECT_EQ(adopted->adoption.executed, Lots(300)) << "39 and 41";
  EXPECT_EQ(last(EventKind::kAdopted).adoption.executed, Lots(0));
  EXPECT_EQ(venue_.count("order.cancel"), 0u);
  EXPECT_EQ(engine_->link.foreign_orders.load(), 1u);
  // 42 was in the list, and nobody has told it: it is asked for.
  ASSERT_TRUE(run_until_heard(EventKind::kFilled, 2));
  EXPECT_EQ(last(EventKind::kFilled).fill.trade_id.v, 42u);
}

TEST_F(BinanceOrderSession, AnAdoptedOrderIsAmendedAndCancelledByItsOwnId) {
  const ClientOrderId old = make_order_id({1, 6, 0, 1});
  options_.adopted_max = 10;
  venue_.result("openOrders.status", "[" + order_json(text_of(old), 72, "NEW") + "]");
  start();
  ASSERT_TRUE(run_until([this] { return is_up(); })) << engine_->lines;
  EXPECT_EQ(heard(EventKind::kAdopted), 1u);
  venue_.on("order.cancelReplace", [](const VenueRequest& r) {
    return std::vector{OrderVenue::ok(
        r, R"({"cancelResult":"SUCCESS","newOrderResult":"SUCCESS","cancelResponse":)" +
               order_json(r.param("cancelOrigClientOrderId"), 72, "CANCELED") +
               R"(,"newOrderResponse":)" + order_json(r.param("newClientOrderId"), 80, "NEW") +
               "}")};
  });
  Command replace = command(CommandKind::kReplace, old, id(5));
  replace.venue_id = VenueOrderId(72);
  ASSERT_TRUE(engine_->session.submit(replace, engine_->clock.now()));
  ASSERT_TRUE(run_until_heard(EventKind::kReplaced));
  EXPECT_EQ(last(EventKind::kReplaced).report.id, old);
  EXPECT_EQ(last(EventKind::kReplaced).report.new_id, id(5));
  const VenueRequest sent = venue_.requests("order.cancelReplace")[0];
  EXPECT_EQ(sent.param("cancelOrigClientOrderId"), text_of(old));
  EXPECT_EQ(sent.param("cancelOrderId"), "72");
}

TEST_F(BinanceOrderSession, AReconnectLeavesAdoptedOrdersAndAdoptsNoMore) {
  const std::string old = text_of(make_order_id({1, 6, 0, 1}));
  const std::string late = text_of(make_order_id({1, 6, 9, 1}));
  options_.connections = 1;
  options_.adopted_max = 10;
  venue_.result("openOrders.status", "[" + order_json(old, 72, "NEW") + "]");
  start();
  ASSERT_TRUE(run_until([this] { return is_up(); })) << engine_->lines;
  venue_.result("openOrders.status",
                "[" + order_json(old, 72, "NEW") + "," + order_json(late, 73, "NEW") + "]");
  venue_.drop_all();
  ASSERT_TRUE(run_until([this] { return !is_up(); }));
  engine_->events.clear();
  ASSERT_TRUE(run_until([this] { return is_up(); })) << engine_->lines;
  EXPECT_EQ(heard(EventKind::kAdopted), 0u);
  EXPECT_EQ(heard(EventKind::kOrderStatus), 2u) << "the core cancels the one it does not know";
  EXPECT_EQ(venue_.count("order.cancel"), 0u);
  EXPECT_EQ(engine_->session.event_counters().strays, 1u);
}

// Those that are not whole ticks and lots any more, and those that are too many.
TEST_F(BinanceOrderSession, WhatCannotGoOnIsCancelled) {
  const std::string off_grid = text_of(make_order_id({1, 6, 0, 1}));
  const std::string first = text_of(make_order_id({1, 6, 1, 1}));
  const std::string second = text_of(make_order_id({1, 6, 2, 1}));
  options_.adopted_max = 1;
  std::set<std::string> canceled;
  venue_.on("openOrders.status", [&](const VenueRequest& r) {
    std::string orders = order_json("web_person", 70, "NEW");
    const auto add = [&](const std::string& id, const std::string& order) {
      if (!canceled.contains(id)) orders += "," + order;
    };
    add(off_grid, std::regex_replace(order_json(off_grid, 71, "NEW"), std::regex("23416.10000000"),
                                     "23416.10500000"));
    add(first, order_json(first, 72, "NEW"));
    add(second, order_json(second, 73, "NEW"));
    return std::vector{OrderVenue::ok(r, "[" + orders + "]")};
  });
  venue_.on("order.cancel", [&](const VenueRequest& r) {
    canceled.insert(r.param("origClientOrderId"));
    return std::vector{OrderVenue::ok(r, order_json(r.param("origClientOrderId"), 1, "CANCELED"))};
  });
  start();
  ASSERT_TRUE(run_until([this] { return is_up(); })) << engine_->lines;
  EXPECT_EQ(canceled, (std::set{off_grid, second}));
  EXPECT_EQ(heard(EventKind::kAdopted), 1u);
  EXPECT_EQ(last(EventKind::kAdopted).adoption.id, make_order_id({1, 6, 1, 1}));
}

// The account had never traded when its start looked; a trade since then is no old news.
TEST_F(BinanceOrderSession, WhatWasTradedSinceTheStartLookedIsTold) {
  options_.connections = 1;
  options_.last_trade_ids = {0};
  const std::string old = text_of(make_order_id({1, 6, 0, 1}));
  venue_.on("myTrades", [&](const VenueRequest& r) {
    return std::vector{
        OrderVenue::ok(r, r.param("fromId") == "1" ? "[" + trade_row(1, 72) + "]" : "[]")};
  });
  venue_.result("order.status", order_json(old, 72, "FILLED", "0.00847000"));
  start();
  ASSERT_TRUE(run_until([this] { return is_up(); })) << engine_->lines;
  EXPECT_EQ(heard(EventKind::kFilled), 1u);
  EXPECT_EQ(last(EventKind::kFilled).fill.id, make_order_id({1, 6, 0, 1}));
}

TEST_F(BinanceOrderSession, CancelsButDoesNotQuoteOnceAnOrderOfALaterStartIsFound) {
  options_.connections = 1;
  const ClientOrderId later = make_order_id({1, 8, 0, 1});
  venue_.result("openOrders.status", "[" + order_json(text_of(later), 72, "NEW") + "]");
  script_orders();
  start_up();
  EXPECT_EQ(engine_->link.rival.load(), later.v);
  EXPECT_EQ(venue_.count("order.cancel"), 0u) << "it is not ours";
  EXPECT_FALSE(submit(CommandKind::kPlace, id(0)));
  EXPECT_TRUE(submit(CommandKind::kCancel, id(1)));
  engine_->link.rival.store(0);  // whoever halts us knows
  EXPECT_TRUE(submit(CommandKind::kPlace, id(0)));
}

TEST_F(BinanceOrderSession, DoesNotQuoteOnceTheUserDataTellOfARival) {
  options_.connections = 1;
  script_orders();
  start_up();
  ASSERT_TRUE(submit(CommandKind::kPlace, id(0)));
  ASSERT_TRUE(run_until_heard(EventKind::kAccepted));
  const ClientOrderId never_sent = id(0, 2);
  venue_.push(execution("NEW", "NEW", text_of(never_sent), 900));
  ASSERT_TRUE(run_until([&] { return engine_->link.rival.load() != 0; }));
  EXPECT_EQ(engine_->link.rival.load(), never_sent.v);
  EXPECT_FALSE(submit(CommandKind::kPlace, id(1)));
}

TEST_F(BinanceOrderSession, IsNotUpWhileAnOldOrderCannotBeCancelled) {
  const std::string old = text_of(make_order_id({1, 6, 0, 1}));
  venue_.result("openOrders.status", "[" + order_json(old, 72, "NEW") + "]");
  venue_.error("order.cancel", 400, -2011, "Unknown order sent.");
  start();
  ASSERT_TRUE(run_until([this] { return engine_->link.connect_failures.load() >= 1; }));
  EXPECT_FALSE(is_up());
  EXPECT_THAT(engine_->lines, HasSubstr("orders of an earlier start are still open"));
  EXPECT_FALSE(submit(CommandKind::kPlace, id(0)));
}

TEST_F(BinanceOrderSession, ARevokedKeyEndsTheSession) {
  options_.connections = 1;
  start_up();
  venue_.error("session.logon", 401, -2015, "Invalid API-key, IP, or permissions for action.");
  venue_.send_to(1, R"({"id":null,"status":401,"error":{"code":-2015,"msg":"Invalid API-key."}})");
  ASSERT_TRUE(run_until([this] { return !is_up(); }));
  EXPECT_EQ(engine_->session.counters().session_errors, 1u);
  for (int i = 0; i < 100; ++i) turn();
  EXPECT_THAT(engine_->lines, HasSubstr("no longer accepts the API key"));
  EXPECT_THAT(engine_->warnings, HasSubstr("order connection 0: an error about no request of ours: "
                                           "-2015 Invalid API-key. (status 401)"));
  EXPECT_EQ(venue_.connections(), 1);  // no hurry
}

TEST_F(BinanceOrderSession, SurvivesMessagesItDoesNotUnderstand) {
  start_up();
  script_orders();
  for (const char* text : {"", "{", "[]", "null", "<html>", R"({"id":1,"result":{"price":"x"}})",
                           R"({"id":99999,"status":200,"result":{}})"}) {
    venue_.send_to(2, text);
  }
  venue_.send_to(2, R"({"id":7,"result":)" + std::string(50'000, '['));
  ASSERT_TRUE(run_until([this] { return engine_->session.counters().bad_messages >= 7; }));
  EXPECT_TRUE(is_up());
  turn();
  const std::string& said = engine_->warnings;
  const std::string not_understood = "order connection 1: a message was not understood (";
  EXPECT_THAT(said, HasSubstr(not_understood));
  EXPECT_EQ(said.find(not_understood), said.rfind(not_understood)) << "once: " << said;
  EXPECT_THAT(engine_->lines, HasSubstr("an answer to nothing that is waited for: status 200"));
  ASSERT_TRUE(submit(CommandKind::kPlace, id(0)));
  ASSERT_TRUE(submit(CommandKind::kPlace, id(1)));
  ASSERT_TRUE(run_until_heard(EventKind::kAccepted, 2));
}

TEST_F(BinanceOrderSession, ReconcilesAfterAUserEventItDoesNotUnderstand) {
  start_up();
  const std::uint64_t before = engine_->link.reconciliations.load();
  venue_.push(R"({"e":"executionReport","z":"not a number"})");
  ASSERT_TRUE(run_until([&] { return engine_->link.reconciliations.load() > before; }));
  ASSERT_TRUE(run_until([this] { return is_up(); }));
  EXPECT_THAT(engine_->warnings,
              HasSubstr("order connection 0 ended: an event of the user data was not understood"));
  EXPECT_THAT(engine_->warnings, Not(HasSubstr("is ready")));
}

TEST_F(BinanceOrderSession, SaysWhyUserDataEndedAndWhatItCouldNotOpenAnew) {
  options_.connections = 1;
  start_up();
  venue_.error("session.logon", 403, -1000, "not today");
  venue_.push(R"({"e":"eventStreamTerminated","E":1728973001334})");
  ASSERT_TRUE(run_until([this] { return engine_->link.connect_failures.load() > 0; }));
  EXPECT_THAT(engine_->warnings,
              HasSubstr("order connection 0 ended: the venue has terminated the user data\n"));
  EXPECT_THAT(engine_->warnings, HasSubstr("session.logon was refused: -1000 not today"));
}

TEST_F(BinanceOrderSession, AnOversizedMessageEndsTheConnectionNotTheEngine) {
  options_.message_bytes_max = 100'000;
  start_up();
  venue_.send_to(1, "{\"id\":1,\"x\":\"" + std::string(200'000, 'x') + "\"}");
  ASSERT_TRUE(run_until([this] { return engine_->session.counters().connections_lost >= 1; }));
  ASSERT_TRUE(run_until([this] { return is_up(); }));
}

TEST_F(BinanceOrderSession, AnAnnouncedShutdownIsMetByANewConnectionFirst) {
  options_.connections = 1;
  start_up();
  venue_.send_to(1, R"({"event":{"e":"serverShutdown","E":1770123456789}})");
  ASSERT_TRUE(run_until([this] { return engine_->session.counters().renewals == 1; }));
  for (int i = 0; i < 50; ++i) turn();
  EXPECT_TRUE(is_up());
  for (const Event& e : engine_->events) EXPECT_NE(e.kind, EventKind::kSessionStatus);
  venue_.send_to(1, R"({"event":{"e":"serverShutdown","E":1770123456790}})");
  const auto heard_it = [this] { return engine_->session.counters().user_events == 2; };
  ASSERT_TRUE(run_until(heard_it));
  for (int i = 0; i < 50; ++i) turn();
  EXPECT_EQ(venue_.connections(), 2) << "the old one has its successor";
  EXPECT_EQ(engine_->connector.buffers().taken(), 2u);
  EXPECT_EQ(engine_->connector.buffers().sets(), 2u) << "enough for both, and there from the start";
  venue_.drop(1);
  for (int i = 0; i < 50; ++i) turn();
  EXPECT_TRUE(is_up());
  EXPECT_EQ(engine_->session.counters().connections_lost, 0u);
  EXPECT_THAT(engine_->lines, HasSubstr("order connection 0 ended: replaced by a newer one"));
  EXPECT_EQ(engine_->warnings, "") << "all as it should be";
  script_orders();
  ASSERT_TRUE(submit(CommandKind::kPlace, id(0)));
  ASSERT_TRUE(run_until_heard(EventKind::kAccepted));
  EXPECT_EQ(venue_.requests("order.place")[0].connection, 2);
}

TEST_F(BinanceOrderSession, RenewsAConnectionBeforeTheVenueHangsUp) {
  options_.connections = 1;
  start_up();
  Event e;
  const Nanos tomorrow = engine_->clock.now() + options_.renew_after + 2 * kSecond;
  while (engine_->session.next(tomorrow, e)) continue;
  ASSERT_TRUE(run_until([this] { return engine_->session.counters().renewals == 1; }));
  EXPECT_TRUE(is_up());
}

TEST_F(BinanceOrderSession, ASecondLaneIsServedByTheFirstWhileItIsDown) {
  limit_.emplace(3, 300 * kSecond, 2);
  ASSERT_TRUE(limit_->connections.take(net::ConnectionUse::kMarket, Clock().now()));
  start_up();  // none is left for a reconnect
  script_orders();
  venue_.drop(2);
  ASSERT_TRUE(run_until([this] { return engine_->session.counters().connections_lost == 1; }));
  EXPECT_TRUE(is_up());
  ASSERT_TRUE(submit(CommandKind::kPlace, id(1)));
  ASSERT_TRUE(run_until_heard(EventKind::kAccepted));
  EXPECT_EQ(venue_.requests("order.place")[0].connection, 1);
  const std::string held = "order connection 1: as many attempts were made as the venue allows; ";
  ASSERT_TRUE(run_until([&] { return engine_->warnings.find(held) != std::string::npos; }));
  for (int i = 0; i < 100; ++i) turn();
  EXPECT_EQ(venue_.connections(), 2);                                 // the limit is kept
  EXPECT_THAT(engine_->warnings, HasSubstr(held + "the next in 2"));  // 29x,xxx ms
  EXPECT_EQ(engine_->warnings.find(held), engine_->warnings.rfind(held)) << engine_->warnings;
}

// As when the engine stands still again and again: each time both connections end.
TEST_F(BinanceOrderSession, ManyStandstillsStayWithinTheVenuesAttemptsAndKeepSomeForCancels) {
  constexpr std::size_t kAttempts = 20, kReserved = 12;  // the last 4 for one beside none
  limit_.emplace(kAttempts, 300 * kSecond, kReserved);
  start_up();
  const auto waits = [this](std::size_t lane) {
    return engine_->link.lanes[lane].waits_until.load() != 0;
  };
  while (!waits(0) || !waits(1)) {
    const auto taken = lanes_taken();
    engine_->session.distrust();
    turn();
    // The last of all may be the second, taken before the first has asked: it is what is kept.
    const auto rests = [&] { return waits(0) && (waits(1) || lanes_taken() > taken); };
    ASSERT_TRUE(run_until([&] { return is_up() || rests(); })) << engine_->lines;
  }
  EXPECT_EQ(engine_->link.connects.load(), kAttempts);
  EXPECT_LE(venue_.connections(), static_cast<int>(kAttempts)) << "the venue saw no more";
  EXPECT_THAT(engine_->warnings, HasSubstr("order connection 1: as many attempts were made"));
  EXPECT_THAT(engine_->warnings, HasSubstr("order connection 0: as many attempts were made"));
}

TEST_F(BinanceOrderSession, TheHotPathAllocatesNothing) {
  start_up(KeyType::kHmac);
  script_orders();
  ASSERT_TRUE(submit(CommandKind::kPlace, id(0)));  // once, for what the libraries set up
  ASSERT_TRUE(run_until_heard(EventKind::kAccepted));
  engine_->events.reserve(1000);
  const std::uint64_t before = thread_hot_path_allocations();
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  {
    const SealedScope sealed;
    for (std::uint16_t slot = 1; slot < 5; ++slot) submit(CommandKind::kPlace, id(slot));
    while (heard(EventKind::kAccepted) < 5 && std::chrono::steady_clock::now() < give_up) listen();
  }
  EXPECT_EQ(heard(EventKind::kAccepted), 5u);
  EXPECT_EQ(thread_hot_path_allocations(), before);
}

// --- silence --------------------------------------------------------------------------------

class SilentOrderSession : public BinanceOrderSession {
 protected:
  // One connection, on which time goes as the test says.
  void start_up_alone() {
    options_.connections = 1;
    options_.silence = 3600 * kSecond;
    options_.answer_timeout = 86'400 * kSecond;
    start_up();
    begun_ = engine_->clock.now();
  }
  void listen_at(std::int64_t seconds) {
    Event e;
    while (engine_->session.next(begun_ + seconds * kSecond, e)) engine_->events.push_back(e);
  }
  Nanos begun_{};
};

TEST_F(SilentOrderSession, AHalfOpenConnectionIsEndedAndItsRequestsAreInDoubt) {
  start_up_alone();
  venue_.hang(1);
  ASSERT_TRUE(submit(CommandKind::kPlace, id(0)));
  listen_at(1801);  // asked for a life sign
  EXPECT_TRUE(is_up());
  listen_at(3600);
  EXPECT_TRUE(is_up());
  listen_at(3602);
  EXPECT_FALSE(is_up());
  EXPECT_EQ(last(EventKind::kOutcomeUnknown).failure.id, id(0));
  EXPECT_EQ(engine_->session.counters().connections_lost, 1u);
  ASSERT_TRUE(run_until([this] { return is_up(); })) << engine_->lines;
  EXPECT_THAT(engine_->lines, HasSubstr("order connection 0 ended: silent"));
  EXPECT_EQ(venue_.connections(), 2);
}

// So that one at least was asked twice.
TEST_F(SilentOrderSession, AQuietConnectionThatAnswersAPingStays) {
  options_.connections = 1;
  options_.silence = 200 * kMillisecond;
  options_.clock_interval = 86'400 * kSecond;
  options_.sweep_interval = Nanos(0);
  start_up();
  EXPECT_TRUE(run_until([this] { return venue_.pings() >= venue_.connections() + 2; }));
}

TEST_F(SilentOrderSession, AStandstillOfOursIsNoSilenceOfTheVenue) {
  start_up_alone();
  listen_at(80'000);
  EXPECT_TRUE(is_up()) << "it is asked first";
  EXPECT_EQ(engine_->session.counters().connections_lost, 0u);
}

// Lane 0 carries the user data: the other goes on cancelling, and a new one quotes.
TEST_F(SilentOrderSession, AnOrderWhoseLaneIsHalfOpenIsCancelledOnTheOther) {
  options_.silence = 400 * kMillisecond;
  start_up();
  script_orders();
  ASSERT_TRUE(submit(CommandKind::kPlace, id(0)));
  ASSERT_TRUE(run_until_heard(EventKind::kAccepted));
  venue_.hang(1);
  ASSERT_TRUE(submit(CommandKind::kCancel, id(0)));
  ASSERT_TRUE(run_until_heard(EventKind::kOutcomeUnknown)) << "long before answer_timeout";
  // Again after each uncertain outcome: a stall of this host may cost the other lane as well.
  std::size_t uncertain = 0;
  ASSERT_TRUE(run_until([&] {
    const std::size_t now = heard(EventKind::kOutcomeUnknown);
    if (now > uncertain && submit(CommandKind::kCancel, id(0))) uncertain = now;
    return heard(EventKind::kCanceled) > 0;
  }));
  ASSERT_TRUE(run_until([this] { return is_up() && submit(CommandKind::kPlace, id(2)); }));
  ASSERT_TRUE(run_until_heard(EventKind::kAccepted, 2));
}

TEST_F(SilentOrderSession, AskingForALifeSignAllocatesNothing) {
  start_up_alone();
  engine_->events.reserve(1000);
  const std::uint64_t before = thread_hot_path_allocations();
  {
    const SealedScope sealed;
    listen_at(1801);
  }
  EXPECT_EQ(thread_hot_path_allocations(), before);
  EXPECT_TRUE(run_until([this] { return venue_.pings() == 1; }));
}

// The same over TLS: the authority in a file of its own.
class BinanceOrderSessionTls : public testing::Test {
 protected:
  BinanceOrderSessionTls() {
    options_.instruments = test::spot_instruments();
    options_.ws_api_url = venue_.url();
    options_.identity = {.instance = 1, .epoch = 7};
    options_.connections = 1;
    options_.backoff_first = options_.backoff_longest = kMillisecond;
  }
  test::Scratch scratch_;
  test::CertificateAuthority authority_;
  test::NetServer::Tls tls_{authority_.issue()};
  OrderVenue venue_{&tls_};
  OrderSessionOptions options_;
  Credentials credentials_ = credentials_of(KeyType::kHmac);
  SessionLink link_{1, 2};
  net::AddressLimits limit_{280, 300 * kSecond, 70};
  Clock clock_;
  std::string lines_;
};

TEST_F(BinanceOrderSessionTls, PlacesOrders) {
  options_.ca_file = scratch_.write("ca.pem", authority_.pem());
  venue_.on("order.place", [](const VenueRequest& r) {
    return std::vector{OrderVenue::ok(r, order_json(r.param("newClientOrderId"), 1, "NEW"))};
  });
  OrderSession session(options_, kApiKey, *credentials_.signer, link_, limit_.requests);
  OrderConnector connector(options_, credentials_, link_, limit_, clock_,
                           [this](LogLevel, std::string_view line) { lines_ += line; });
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  Event e;
  while (session.state() != SessionState::kUp && std::chrono::steady_clock::now() < give_up) {
    connector.do_work();
    while (session.next(clock_.now(), e)) continue;
  }
  ASSERT_EQ(session.state(), SessionState::kUp) << lines_;
  Command c;
  c.kind = CommandKind::kPlace;
  c.ticks = 2'341'610;
  c.lots = Lots(847);
  int accepted = 0;
  for (std::uint32_t n = 1; n <= 4; ++n) {
    c.id = make_order_id({1, 7, 0, n});
    session.submit(c, clock_.now());
    while (accepted < static_cast<int>(n) && std::chrono::steady_clock::now() < give_up) {
      while (session.next(clock_.now(), e)) accepted += e.kind == EventKind::kAccepted ? 1 : 0;
    }
  }
  EXPECT_EQ(accepted, 4);
  EXPECT_EQ(venue_.problems(), "");
}

TEST_F(BinanceOrderSessionTls, AnAuthorityItDoesNotKnowIsNamedAndNothingIsSent) {
  const test::CertificateAuthority other("another authority");
  options_.ca_file = scratch_.write("ca.pem", other.pem());
  OrderSession session(options_, kApiKey, *credentials_.signer, link_, limit_.requests);
  OrderConnector connector(options_, credentials_, link_, limit_, clock_,
                           [this](LogLevel, std::string_view line) { lines_ += line; });
  connector.do_work();
  EXPECT_EQ(link_.connect_failures.load(), 1u);
  EXPECT_THAT(lines_, HasSubstr("certificate"));
  EXPECT_THAT(lines_, Not(HasSubstr(kApiKey)));
  EXPECT_THAT(venue_.requests(), IsEmpty());
}

}  // namespace
}  // namespace mm::binance::orders
