// Faults between sockets and venue: what a client sees of each kind, and what it never sees.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <thread>

#include "engine/net/http_client.h"
#include "engine/net/ws_connect.h"
#include "sim/server/faulty_frontend.h"
#include "sim/server/server.h"
#include "tests/net_client.h"
#include "tests/venue_harness.h"

namespace mm::test {
namespace {

using server::HttpAnswer;
using sim::FaultKind;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kApi = "/ws-api/v3";

class VenueFaults : public testing::Test {
 protected:
  // One window, open from one second after the start to eleven.
  void fault(FaultKind kind, std::int64_t delay_ms_max = 500) {
    const sim::Fault f{.kind = kind,
                       .begin = kSecond,
                       .end = 11 * kSecond,
                       .delay_max = kMillisecond * delay_ms_max};
    faulty_.emplace(venue.frontend, sim::FaultPlan{f}, 1, [] { return VenueHarness::now; });
    venue.way_in = &*faulty_;
  }
  void pass(std::int64_t milliseconds) {
    for (; milliseconds > 0; milliseconds -= 10) {
      venue.pass(10);
      faulty_->advance();
    }
  }
  void open_window() { pass(1000); }
  void close_window() { pass(10'000); }
  std::uint64_t count(FaultKind kind) const {
    return faulty_->counts()[static_cast<std::size_t>(kind)];
  }
  // A conversation that hears of its account's orders.
  std::unique_ptr<Client> listener() {
    auto client = venue.connect(kApi);
    venue.ask(*client, "userDataStream.subscribe.signature");
    return client;
  }
  void say(Client& client, const std::string& method, const Params& params) {
    client.take();
    client.say(VenueHarness::signed_request(method, params));
  }
  Params named(Params params, const char* key, const std::string& id) {
    params.emplace_back(key, id);
    return params;
  }
  std::size_t open_orders() {
    return Json(venue.rest("GET", "/api/v3/openOrders", {{"symbol", "BTCUSDT"}}).body).size("");
  }

  VenueHarness venue;
  std::optional<server::FaultyFrontend> faulty_;
};

TEST_F(VenueFaults, NothingFailsOutsideOfAWindow) {
  fault(FaultKind::kRequestLost);
  auto client = venue.connect(kApi);
  say(*client, "order.place", venue.maker());
  EXPECT_EQ(client->next().integer("/status"), 200);
  open_window();
  close_window();
  say(*client, "order.place", venue.maker());
  EXPECT_EQ(client->next().integer("/status"), 200);
  EXPECT_EQ(count(FaultKind::kRequestLost), 0u);
}

TEST_F(VenueFaults, ALostRequestIsNotCarriedOutAndALostAnswerIs) {
  for (const auto& [kind, carried_out] :
       {std::pair{FaultKind::kRequestLost, 0u}, std::pair{FaultKind::kAnswerLost, 1u}}) {
    fault(kind);
    auto client = venue.connect(kApi);
    open_window();
    const std::size_t before = venue.frontend.host().counters().orders;
    say(*client, "order.place", venue.maker());
    EXPECT_EQ(client->waiting(), 0u);
    EXPECT_EQ(venue.frontend.host().counters().orders - before, carried_out);
    EXPECT_EQ(count(kind), 1u);
  }
}

TEST_F(VenueFaults, OnlyCancelsAreIgnored) {
  fault(FaultKind::kCancelIgnored);
  auto client = venue.connect(kApi);
  open_window();
  say(*client, "order.place", named(venue.maker(), "newClientOrderId", "a"));
  EXPECT_EQ(client->waiting(), 1u);
  say(*client, "order.cancel", {{"symbol", "BTCUSDT"}, {"origClientOrderId", "a"}});
  EXPECT_EQ(client->waiting(), 0u);
  close_window();
  EXPECT_EQ(open_orders(), 1u);
}

TEST_F(VenueFaults, RequestsBehindALateOneWait) {
  fault(FaultKind::kRequestDelayed);
  auto client = venue.connect(kApi);
  open_window();
  for (const char* id : {"a", "b", "c"}) {
    client->say(
        VenueHarness::signed_request("order.place", named(venue.maker(), "newClientOrderId", id)));
  }
  EXPECT_EQ(client->waiting(), 0u);
  pass(2000);
  std::vector<std::string> ids;
  while (client->waiting() > 0) ids.push_back(client->next().text("/result/clientOrderId"));
  EXPECT_THAT(ids, ElementsAre("a", "b", "c"));
}

TEST_F(VenueFaults, RequestsAreOvertaken) {
  fault(FaultKind::kRequestReordered);
  auto client = venue.connect(kApi);
  open_window();
  std::vector<std::string> sent, ids;
  for (int i = 0; i < 8; ++i) {
    sent.push_back("r" + std::to_string(i));
    client->say(VenueHarness::signed_request(
        "order.place", named(venue.maker(), "newClientOrderId", sent.back())));
  }
  pass(1000);
  while (client->waiting() > 0) ids.push_back(client->next().text("/result/clientOrderId"));
  EXPECT_THAT(ids, testing::UnorderedElementsAreArray(sent));
  EXPECT_NE(ids, sent);
}

TEST_F(VenueFaults, ARepeatedCancelIsAnsweredTwice) {
  fault(FaultKind::kRequestRepeated);
  auto client = venue.connect(kApi);
  open_window();
  say(*client, "order.place", named(venue.maker(), "newClientOrderId", "a"));
  EXPECT_EQ(client->waiting(), 1u) << "a place that came twice would be two orders";
  say(*client, "order.cancel", {{"symbol", "BTCUSDT"}, {"origClientOrderId", "a"}});
  ASSERT_EQ(client->waiting(), 2u);
  EXPECT_EQ(client->next().integer("/status"), 200);
  EXPECT_EQ(client->next().integer("/error/code"), -2011);
}

TEST_F(VenueFaults, EventsGoPastALateAnswer) {
  fault(FaultKind::kAnswerDelayed);
  auto client = listener();
  open_window();
  say(*client, "order.place", venue.maker());
  ASSERT_GE(client->waiting(), 1u);
  EXPECT_EQ(client->next().text("/event/e"), "executionReport");
  client->take();
  pass(600);
  ASSERT_EQ(client->waiting(), 1u);
  EXPECT_EQ(client->next().integer("/status"), 200);
}

TEST_F(VenueFaults, EventsComeTwice) {
  fault(FaultKind::kReportRepeated);
  auto client = listener();
  open_window();
  say(*client, "order.place", venue.maker());
  const std::vector<std::string> first = client->take();
  pass(600);
  EXPECT_THAT(client->take(), testing::UnorderedElementsAreArray(first.begin() + 1, first.end()));
}

TEST_F(VenueFaults, NotFoundIsOnlySaidOfYoungOrders) {
  fault(FaultKind::kNotFoundLie);
  auto client = venue.connect(kApi);
  say(*client, "order.place", named(venue.maker(), "newClientOrderId", "old"));
  open_window();
  pass(100);
  say(*client, "order.place", named(venue.maker(), "newClientOrderId", "young"));
  const auto asked = [&](const char* id) {
    return venue.ask(*client, "order.status", {{"symbol", "BTCUSDT"}, {"origClientOrderId", id}})
        .integer("/status");
  };
  EXPECT_EQ(asked("old"), 200);
  EXPECT_EQ(asked("young"), 400);
  EXPECT_EQ(
      venue.rest("GET", "/api/v3/order", {{"symbol", "BTCUSDT"}, {"origClientOrderId", "young"}})
          .status,
      400);
  pass(1100);
  EXPECT_EQ(asked("young"), 200);
}

TEST_F(VenueFaults, ASilentStreamTellsNothingNowNorLater) {
  fault(FaultKind::kStreamSilent);
  auto client = listener();
  open_window();
  say(*client, "order.place", venue.maker());
  EXPECT_THAT(client->take(), SizeIs(1)) << "the answer alone";
  close_window();
  EXPECT_THAT(client->take(), IsEmpty());
  EXPECT_EQ(client->closed, "");
  say(*client, "order.place", venue.maker());
  EXPECT_GT(client->waiting(), 1u);
}

TEST_F(VenueFaults, OrderConnectionsAreCutAndRefusedWhileTheMarketGoesOn) {
  fault(FaultKind::kSessionDown);
  auto orders = venue.connect(kApi);
  auto market = venue.connect("/ws/btcusdt@depth20@100ms");
  open_window();
  EXPECT_EQ(orders->closed, "aborted");
  EXPECT_EQ(market->closed, "");
  EXPECT_EQ(venue.connect(kApi), nullptr);
  EXPECT_EQ(venue.refusal.status, 503);
  EXPECT_THAT(venue.refusal.body, HasSubstr("<html>"));
  EXPECT_NE(venue.connect("/ws/btcusdt@trade"), nullptr);
  close_window();
  EXPECT_NE(venue.connect(kApi), nullptr);
}

TEST_F(VenueFaults, LimitsSayUntilWhenAndLetCancelsThrough) {
  for (const auto& [kind, status, cancels] : {std::tuple{FaultKind::kRateLimited, 429, true},
                                              std::tuple{FaultKind::kBanned, 418, false}}) {
    VenueHarness::now = VenueHarness::kStart;
    fault(kind);
    auto client = venue.connect(kApi);
    say(*client, "order.place", named(venue.maker(), "newClientOrderId", "a"));
    client->take();
    open_window();
    say(*client, "order.place", venue.maker());
    const Json refused = client->next();
    EXPECT_EQ(refused.integer("/status"), status);
    EXPECT_EQ(refused.integer("/error/code"), -1003);
    EXPECT_GT(refused.integer("/error/data/retryAfter"), VenueHarness::milliseconds());
    say(*client, "order.cancel", {{"symbol", "BTCUSDT"}, {"origClientOrderId", "a"}});
    EXPECT_EQ(client->next().integer("/status"), cancels ? 200 : status);
    const HttpAnswer rest = venue.rest("GET", "/api/v3/account");
    EXPECT_EQ(rest.status, status);
    EXPECT_NE(header(rest, "Retry-After"), "");
  }
}

TEST_F(VenueFaults, OrdersAreRefusedInTheVenuesWords) {
  for (const auto& [kind, code, words] :
       {std::tuple{FaultKind::kPostOnlyStorm, -2010, "would immediately match"},
        std::tuple{FaultKind::kNoBalance, -2010, "insufficient balance"},
        std::tuple{FaultKind::kTimestampRefused, -1021, "recvWindow"}}) {
    VenueHarness::now = VenueHarness::kStart;
    fault(kind);
    auto client = venue.connect(kApi);
    open_window();
    say(*client, "order.place", venue.maker());
    const Json refused = client->next();
    EXPECT_EQ(refused.integer("/error/code"), code);
    EXPECT_THAT(refused.text("/error/msg"), HasSubstr(words));
  }
}

// Messages of a book stream while its window is open: [seen by a client without faults, with].
std::pair<std::size_t, std::size_t> messages_of(const char* stream, FaultKind kind) {
  VenueHarness venue;
  auto clear = venue.connect(std::string("/ws/") + stream);
  server::FaultyFrontend faulty(venue.frontend,
                                {{.kind = kind, .begin = kSecond, .end = 11 * kSecond}}, 1,
                                [] { return VenueHarness::now; });
  venue.way_in = &faulty;
  auto struck = venue.connect(std::string("/ws/") + stream);
  for (int i = 0; i < 10; ++i) {
    venue.pass(100);
    faulty.advance();
  }
  clear->take();
  struck->take();
  for (int i = 0; i < 90; ++i) {
    venue.pass(100);
    faulty.advance();
  }
  return {clear->waiting(), struck->waiting()};
}

TEST_F(VenueFaults, BooksAreLostRepeatedFrozenOrSilent) {
  const char* const depth = "btcusdt@depth@100ms";
  auto [clear, struck] = messages_of(depth, FaultKind::kBookGap);
  EXPECT_GT(clear, 50u);
  EXPECT_EQ(struck, 0u);
  std::tie(clear, struck) = messages_of(depth, FaultKind::kBookRepeated);
  EXPECT_EQ(struck, 2 * clear);
  std::tie(clear, struck) = messages_of(depth, FaultKind::kBookStaleDiff);
  EXPECT_GT(struck, clear);
  std::tie(clear, struck) = messages_of(depth, FaultKind::kDepthFrozen);
  EXPECT_EQ(struck, 0u);
  std::tie(clear, struck) = messages_of("btcusdt@trade", FaultKind::kDepthFrozen);
  EXPECT_EQ(struck, clear) << "everything else goes on";
  std::tie(clear, struck) = messages_of("btcusdt@trade", FaultKind::kMarketSilent);
  EXPECT_EQ(struck, 0u);
}

TEST_F(VenueFaults, ASnapshotIsOlderThanTheStream) {
  fault(FaultKind::kSnapshotTwice);
  const auto id = [&] {
    return Json(venue.public_rest("GET", "/api/v3/depth", "symbol=BTCUSDT").body)
        .integer("/lastUpdateId");
  };
  const std::int64_t old = id();
  open_window();
  EXPECT_EQ(id(), old);
  EXPECT_GT(id(), old);
}

TEST_F(VenueFaults, WhatTheWireCannotDoIsLeftOut) {
  sim::FaultPlan plan;
  for (std::size_t k = 0; k < sim::kFaultKinds; ++k) {
    plan.push_back(
        {.kind = static_cast<FaultKind>(k), .begin = kSecond, .end = 2 * kSecond, .instrument = 0});
  }
  const sim::FaultPlan left = server::FaultyFrontend::on_the_wire(plan);
  EXPECT_EQ(left.size(), 26u);
  for (const sim::Fault& f : left) EXPECT_EQ(f.instrument, sim::kEveryInstrument);
  for (const sim::Fault& f : left) EXPECT_NE(f.kind, FaultKind::kClockAhead);
}

// --- on real sockets ------------------------------------------------------------------------

class FaultyServer {
 public:
  explicit FaultyServer(FaultKind kind) : venue_(config(kind)) {
    EXPECT_EQ(venue_.open(), "");
    thread_ = std::thread([this] { venue_.run([this] { return stop_.load(); }); });
  }
  ~FaultyServer() {
    stop_ = true;
    thread_.join();
  }
  net::Endpoint endpoint(const std::string& target) const {
    return {.host = "127.0.0.1", .port = venue_.port(), .tls = false, .target = target};
  }

 private:
  // Soon after the start, and for long.
  static server::ServerConfig config(FaultKind kind) {
    server::ServerConfig config = VenueHarness::default_config();
    config.port = 0;
    config.fault_plan = {{.kind = kind, .begin = kMillisecond * 300, .end = kMillisecond * 900}};
    return config;
  }
  server::VenueServer venue_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

std::unique_ptr<net::WebSocket> connect(const FaultyServer& server, const std::string& target) {
  net::WsOpened opened = net::open_websocket(server.endpoint(target), nullptr,
                                             {.timeout = std::chrono::seconds(10)}, {});
  EXPECT_TRUE(opened.socket) << opened.error;
  return std::move(opened.socket);
}

// Reads on until the connection has ended; how it ended.
net::WsEvent end_of(net::WebSocket& socket) {
  while (true) {
    const net::WsEvent event = next_event(socket).event;
    if (event != net::WsEvent::kText) return event;
  }
}

TEST(FaultyServer, AFrozenSocketSaysNothingMoreAndIsResetInTheEnd) {
  const FaultyServer server(FaultKind::kConsumerStall);
  const auto socket = connect(server, "/ws/btcusdt@depth20@100ms");
  EXPECT_EQ(end_of(*socket), net::WsEvent::kFailed) << "no closing handshake: a reset";
}

TEST(FaultyServer, ACutConnectionIsAReset) {
  const FaultyServer server(FaultKind::kFeedDown);
  const auto socket = connect(server, "/ws/btcusdt@depth20@100ms");
  EXPECT_EQ(end_of(*socket), net::WsEvent::kFailed);
}

TEST(FaultyServer, ARequestWithoutAnAnswerEndsItsConnection) {
  const FaultyServer server(FaultKind::kRequestLost);
  net::HttpClient client(server.endpoint("/"), nullptr, {});
  int cut = 0, pages = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while ((cut == 0 || pages == 0) && std::chrono::steady_clock::now() < end) {
    net::HttpRequest request;
    request.target = "/api/v3/account";
    request.method = "POST";  // such as are not repeated
    const net::HttpResponse response = client.send(request);
    cut += response.error.empty() ? 0 : 1;
    pages += response.status == 502 ? 1 : 0;
  }
  EXPECT_GT(cut, 0);
  EXPECT_GT(pages, 0);
}

}  // namespace
}  // namespace mm::test
