// Faults between sockets and venue: what a client sees of each kind, and what it never sees.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <optional>
#include <thread>

#include "engine/net/http_client.h"
#include "engine/net/ws_connect.h"
#include "sim/server/faulty_frontend.h"
#include "sim/server/server.h"
#include "tests/local_venue.h"
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
                       .delay_max = kMillisecond * delay_ms_max,
                       .instrument = 0};
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
    const Params symbol{{"symbol", "BTCUSDT"}};
    return Json(venue.rest("GET", "/calm/api/v3/openOrders", symbol).body).size("");
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

TEST_F(VenueFaults, ByRestOnlyCancelsAreIgnoredToo) {
  fault(FaultKind::kCancelIgnored);
  open_window();
  const Params a{{"symbol", "BTCUSDT"}, {"origClientOrderId", "a"}};
  EXPECT_EQ(
      venue.rest("POST", "/api/v3/order", named(venue.maker(), "newClientOrderId", "a")).status,
      200);
  EXPECT_EQ(venue.rest("GET", "/api/v3/order", a).status, 200);
  EXPECT_NE(venue.rest("DELETE", "/api/v3/order", a).status, 200);
  EXPECT_EQ(open_orders(), 1u);
  EXPECT_EQ(count(FaultKind::kCancelIgnored), 1u);
}

TEST_F(VenueFaults, ByRestALateRequestIsCarriedOutAndAnsweredLater) {
  for (const FaultKind kind : {FaultKind::kRequestDelayed, FaultKind::kRequestReordered}) {
    VenueHarness::now = VenueHarness::kStart;
    fault(kind, 4000);
    venue.late.clear();
    open_window();
    const std::size_t before = venue.frontend.host().counters().orders;
    EXPECT_EQ(venue.rest("POST", "/api/v3/order", venue.maker()).status, VenueHarness::kLate);
    EXPECT_EQ(venue.frontend.host().counters().orders, before);
    pass(4100);
    ASSERT_THAT(venue.late, SizeIs(1)) << sim::name(kind);
    EXPECT_EQ(venue.late[0].status, 200);
    EXPECT_EQ(venue.frontend.host().counters().orders, before + 1);
    EXPECT_EQ(count(kind), 1u);
  }
}

TEST_F(VenueFaults, WhoComesLaterThanItsRecvWindowIsRefused) {
  fault(FaultKind::kRequestDelayed, 60'000);
  auto client = venue.connect(kApi);
  open_window();
  constexpr int kRequests = 30;
  int in_time = 0, refused = 0;
  const auto count_code = [&](bool done, std::int64_t code) {
    EXPECT_TRUE(done || code == -1021) << code;
    ++(done ? in_time : refused);
  };
  for (int i = 0; i < kRequests; ++i) {
    auto lonely = venue.connect(kApi);  // nothing waits behind another
    say(*lonely, "order.place", venue.maker());
    venue.rest("POST", "/api/v3/order", venue.maker());
  }
  pass(61'000);
  for (const HttpAnswer& answer : venue.late) {
    count_code(answer.status == 200, answer.status == 200 ? 0 : Json(answer.body).integer("/code"));
  }
  EXPECT_GT(refused, kRequests / 2);
  EXPECT_EQ(faulty_->orphans(), static_cast<std::uint64_t>(kRequests));
  EXPECT_LT(venue.frontend.host().counters().orders, kRequests) << "within 5 s of 60";
}

TEST_F(VenueFaults, ALateRequestOutlivesItsConnection) {
  fault(FaultKind::kRequestDelayed);
  auto client = listener();
  open_window();
  say(*client, "order.place", named(venue.maker(), "newClientOrderId", "a"));
  client.reset();
  EXPECT_EQ(open_orders(), 0u);
  close_window();
  EXPECT_EQ(open_orders(), 1u);
  EXPECT_EQ(faulty_->orphans(), 1u);
}

TEST_F(VenueFaults, ByRestARepeatedCancelMayBeAnsweredByItsSecond) {
  fault(FaultKind::kRequestRepeated);
  open_window();
  int done = 0, unknown = 0;
  for (int i = 0; i < 32; ++i) {
    venue.rest("POST", "/api/v3/order", named(venue.maker(), "newClientOrderId", "a"));
    const HttpAnswer answer =
        venue.rest("DELETE", "/api/v3/order", {{"symbol", "BTCUSDT"}, {"origClientOrderId", "a"}});
    ++(answer.status == 200 ? done : unknown);
    if (answer.status != 200) {
      EXPECT_EQ(Json(answer.body).integer("/code"), -2011);
    }
    EXPECT_EQ(open_orders(), 0u);
  }
  EXPECT_GT(done, 5);
  EXPECT_GT(unknown, 5);
  EXPECT_EQ(count(FaultKind::kRequestRepeated), 32u);
}

TEST_F(VenueFaults, ListsAreOfAMomentAgo) {
  fault(FaultKind::kListLag, 2000);
  auto client = venue.connect(kApi);
  const Params symbol{{"symbol", "BTCUSDT"}};
  const auto is_listed = [&](const char* method) {
    return venue.ask(*client, method, symbol).whole().find(R"("clientOrderId":"a")") !=
           std::string::npos;
  };
  const auto locked = [&] {
    return Json(venue.rest("GET", "/api/v3/account").body).text("/balances/1/locked");
  };
  const std::string before = locked();
  open_window();
  pass(2100);
  say(*client, "order.place", named(venue.maker(), "newClientOrderId", "a"));
  EXPECT_EQ(client->next().integer("/status"), 200);
  EXPECT_FALSE(is_listed("openOrders.status"));
  EXPECT_FALSE(is_listed("allOrders"));
  EXPECT_EQ(locked(), before);
  EXPECT_EQ(venue.ask(*client, "order.status", named(symbol, "origClientOrderId", "a"))
                .integer("/status"),
            200)
      << "an order itself is known at once";
  pass(2100);
  EXPECT_TRUE(is_listed("openOrders.status"));
  EXPECT_TRUE(is_listed("allOrders"));
  EXPECT_NE(locked(), before);
  say(*client, "order.cancel", named(symbol, "origClientOrderId", "a"));
  EXPECT_EQ(client->next().integer("/status"), 200);
  EXPECT_TRUE(is_listed("openOrders.status")) << "though it has gone";
  pass(2100);
  EXPECT_FALSE(is_listed("openOrders.status"));
  EXPECT_EQ(locked(), before);
}

TEST_F(VenueFaults, TradesAreOfAMomentAgoAndSoIsWhatTheOrderHasExecuted) {
  fault(FaultKind::kListLag, 2000);
  const Params symbol{{"symbol", "BTCUSDT"}};
  open_window();
  pass(2100);
  Params taker{{"symbol", "BTCUSDT"}, {"side", "BUY"}, {"type", "MARKET"}, {"quantity", "0.001"}};
  EXPECT_EQ(venue.rest("POST", "/api/v3/order", taker).status, 200);
  const auto trades = [&] {
    return Json(venue.rest("GET", "/api/v3/myTrades", symbol).body).size("");
  };
  EXPECT_EQ(trades(), 0u);
  pass(2100);
  EXPECT_GT(trades(), 0u);
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

Params replace_of(Params maker, const char* old, const char* renewed) {
  maker.emplace_back("cancelReplaceMode", "STOP_ON_FAILURE");
  maker.emplace_back("cancelOrigClientOrderId", old);
  maker.emplace_back("newClientOrderId", renewed);
  return maker;
}

TEST_F(VenueFaults, AStormFindsTheOldOrderOfAReplaceGone) {
  for (const auto& [kind, words] : {std::pair{FaultKind::kPostOnlyStorm, "immediately match"},
                                    std::pair{FaultKind::kNoBalance, "insufficient balance"}}) {
    VenueHarness::now = VenueHarness::kStart;
    fault(kind);
    auto client = venue.connect(kApi);
    say(*client, "order.place", named(venue.maker(), "newClientOrderId", "a"));
    client->take();
    open_window();
    say(*client, "order.cancelReplace", replace_of(venue.maker(), "a", "b"));
    const Json answer = client->next();
    EXPECT_EQ(answer.integer("/status"), 409);
    EXPECT_EQ(answer.integer("/error/code"), -2021);
    EXPECT_EQ(answer.text("/error/data/cancelResult"), "SUCCESS");
    EXPECT_EQ(answer.text("/error/data/newOrderResult"), "FAILURE");
    EXPECT_EQ(answer.integer("/error/data/newOrderResponse/code"), -2010);
    EXPECT_THAT(answer.text("/error/data/newOrderResponse/msg"), HasSubstr(words));
    EXPECT_EQ(open_orders(), 0u);
  }
}

TEST_F(VenueFaults, ARefusedAmendLeavesTheOrderAlsoWhereItIsAReplace) {
  fault(FaultKind::kAmendRefused);
  auto client = venue.connect(kApi);
  say(*client, "order.place", named(venue.maker(), "newClientOrderId", "a"));
  client->take();
  open_window();
  say(*client, "order.cancelReplace", replace_of(venue.maker(), "a", "b"));
  const Json answer = client->next();
  EXPECT_EQ(answer.integer("/status"), 400);
  EXPECT_EQ(answer.integer("/error/code"), -2022);
  EXPECT_EQ(answer.text("/error/data/cancelResult"), "FAILURE");
  EXPECT_EQ(answer.text("/error/data/newOrderResult"), "NOT_ATTEMPTED");
  EXPECT_EQ(open_orders(), 1u);
}

TEST_F(VenueFaults, AnUnknownStatusSaysNothingOfWhetherTheRequestWasCarriedOut) {
  fault(FaultKind::kStatusUnknown);
  auto client = venue.connect(kApi);
  open_window();
  for (int i = 0; i < 32; ++i) {
    say(*client, "order.place", named(venue.maker(), "newClientOrderId", "w" + std::to_string(i)));
    const Json answer = client->next();
    EXPECT_GE(answer.integer("/status"), 500);
    EXPECT_THAT(answer.integer("/error/code"), testing::AnyOf(-1006, -1007));
    EXPECT_GE(venue
                  .rest("POST", "/api/v3/order",
                        named(venue.maker(), "newClientOrderId", "r" + std::to_string(i)))
                  .status,
              500);
  }
  EXPECT_EQ(count(FaultKind::kStatusUnknown), 64u);
  EXPECT_GT(venue.frontend.host().counters().orders, 16u);
  EXPECT_LT(venue.frontend.host().counters().orders, 48u);
}

TEST_F(VenueFaults, ACancelIsSaidToBeDoneAndTheOrderLives) {
  fault(FaultKind::kCancelLie);
  auto client = listener();
  open_window();
  say(*client, "order.place", named(venue.maker(), "newClientOrderId", "a"));
  client->take();
  say(*client, "order.cancel", {{"symbol", "BTCUSDT"}, {"origClientOrderId", "a"}});
  const Json answer = client->next();
  EXPECT_EQ(answer.integer("/status"), 200);
  EXPECT_EQ(answer.text("/result/status"), "CANCELED");
  EXPECT_EQ(answer.text("/result/origClientOrderId"), "a");
  EXPECT_EQ(client->waiting(), 0u) << "the user data know nothing of it";
  EXPECT_EQ(open_orders(), 1u);
  close_window();
  say(*client, "order.cancel", {{"symbol", "BTCUSDT"}, {"origClientOrderId", "a"}});
  EXPECT_EQ(client->next().text("/result/status"), "CANCELED");
  EXPECT_EQ(open_orders(), 0u);
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
  auto [clear, struck] = messages_of(depth, FaultKind::kBookGapFound);
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

TEST_F(VenueFaults, AHaltedSymbolTakesNeitherOrdersNorCancelsAndSaysSo) {
  fault(FaultKind::kSymbolHalted);
  auto client = venue.connect(kApi);
  say(*client, "order.place", named(venue.maker(), "newClientOrderId", "a"));
  client->take();
  const auto status = [&] {
    return Json(venue.public_rest("GET", "/api/v3/exchangeInfo", "symbol=BTCUSDT").body)
        .text("/symbols/0/status");
  };
  EXPECT_EQ(status(), "TRADING");
  open_window();
  EXPECT_EQ(status(), "HALT");
  for (const auto& [method, params] :
       {std::pair{"order.place", venue.maker()},
        std::pair{"order.cancel", Params{{"symbol", "BTCUSDT"}, {"origClientOrderId", "a"}}}}) {
    say(*client, method, params);
    const Json refused = client->next();
    EXPECT_EQ(refused.integer("/error/code"), -2010) << refused.whole();
    EXPECT_EQ(refused.text("/error/msg"), "Market is closed.");
  }
  close_window();
  EXPECT_EQ(status(), "TRADING");
  EXPECT_EQ(open_orders(), 1u) << "what rested still does";
  say(*client, "order.place", venue.maker());
  EXPECT_EQ(client->next().integer("/status"), 200);
  EXPECT_EQ(count(FaultKind::kSymbolHalted), 1u);
}

// Whole numbers of `step` (in 1e-8) only, in each level of a book: element 0 its price, 1 its
// quantity.
void expect_multiples(const Json& book, const char* element, std::int64_t step) {
  for (const char* side : {"/bids/", "/asks/"}) {
    for (int i = 0; i < 20; ++i) {
      std::string text = book.text(side + std::to_string(i) + element);
      std::erase(text, '.');
      EXPECT_EQ(std::stoll(text) % step, 0) << text;
    }
  }
}

TEST_F(VenueFaults, ACoarserGridIsAnnouncedAskedForAndKept) {
  fault(FaultKind::kTickChanged);
  auto client = venue.connect(kApi);
  open_window();
  pass(500);
  const auto info = [&] {
    return Json(venue.public_rest("GET", "/api/v3/exchangeInfo", "symbol=BTCUSDT").body);
  };
  EXPECT_EQ(info().text("/symbols/0/filters/0/tickSize"), "0.10000000");
  EXPECT_EQ(info().text("/symbols/0/filters/1/stepSize"), "0.00001000");
  const auto book = [&] {
    return Json(venue.public_rest("GET", "/api/v3/depth", "symbol=BTCUSDT&limit=20").body);
  };
  expect_multiples(book(), "/0", kAmountScale / 10);
  Params beside = venue.maker();
  for (auto& [name, value] : beside) {
    if (name == "price") value = "50000.01";
  }
  say(*client, "order.place", beside);
  EXPECT_EQ(client->next().text("/error/msg"), "Filter failure: PRICE_FILTER");
  close_window();
  EXPECT_EQ(info().text("/symbols/0/filters/0/tickSize"), "0.10000000") << "it stays";
  expect_multiples(book(), "/0", kAmountScale / 10);

  VenueHarness::now = VenueHarness::kStart;
  fault(FaultKind::kLotChanged);
  open_window();
  pass(500);
  EXPECT_EQ(info().text("/symbols/0/filters/0/tickSize"), "0.10000000") << "both now";
  EXPECT_EQ(info().text("/symbols/0/filters/1/stepSize"), "0.00010000");
  EXPECT_EQ(info().text("/symbols/0/filters/1/minQty"), "0.00010000");
  expect_multiples(book(), "/1", kAmountScale / 10'000);
}

TEST_F(VenueFaults, TheClockJumpsBothWaysWhileTheMarketGoesOn) {
  for (const auto& [kind, ahead] :
       {std::pair{FaultKind::kClockBehind, 500}, std::pair{FaultKind::kClockAhead, -500}}) {
    VenueHarness fresh;
    faulty_.emplace(fresh.frontend,
                    sim::FaultPlan{{.kind = kind, .begin = kSecond, .end = 3 * kSecond}}, 1,
                    [] { return VenueHarness::now; });
    fresh.way_in = &*faulty_;
    const auto pass = [&](int milliseconds) {
      for (; milliseconds > 0; milliseconds -= 10) {
        fresh.pass(10);
        faulty_->advance();
        if (milliseconds % 100 == 0) fresh.frontend.publish(server::Rhythm::kFast);
      }
    };
    auto market = fresh.connect("/ws/btcusdt@depth@100ms");
    auto orders = fresh.connect(kApi);
    fresh.ask(*orders, "userDataStream.subscribe.signature");
    const auto off = [&](std::int64_t time) { return time - VenueHarness::milliseconds(); };
    const auto server_time = [&] {
      return Json(fresh.public_rest("GET", "/api/v3/time").body).integer("/serverTime");
    };
    EXPECT_EQ(off(server_time()), 0);
    pass(1000);
    market->take();
    pass(300);
    EXPECT_EQ(off(server_time()), ahead);
    ASSERT_GT(market->waiting(), 0u) << "a market that stands still would be another fault";
    std::int64_t event_time = 0;
    while (market->waiting() > 0) event_time = market->next().integer("/E");
    EXPECT_NEAR(static_cast<double>(off(event_time)), ahead, 100);
    say(*orders, "order.place", fresh.maker());
    EXPECT_EQ(off(orders->next().integer("/result/transactTime")), ahead);
    EXPECT_EQ(off(orders->next().integer("/event/T")), ahead);
    pass(2000);
    EXPECT_EQ(off(server_time()), 0);
    EXPECT_EQ(count(kind), 1u);
  }
}

TEST_F(VenueFaults, ATimestampOfAnotherClockIsRefusedInTheVenuesWords) {
  for (const auto& [kind, words] : {std::pair{FaultKind::kClockAhead, "1000ms ahead"},
                                    std::pair{FaultKind::kClockBehind, "outside of the recvW"}}) {
    VenueHarness::now = VenueHarness::kStart;
    VenueHarness fresh;
    faulty_.emplace(
        fresh.frontend,
        sim::FaultPlan{
            {.kind = kind, .begin = kMillisecond, .end = kSecond, .delay_max = 6 * kSecond}},
        1, [] { return VenueHarness::now; });
    fresh.way_in = &*faulty_;
    fresh.pass(1);
    faulty_->advance();
    auto client = fresh.connect(kApi);
    const Json refused = fresh.ask(*client, "order.place", fresh.maker());
    EXPECT_EQ(refused.integer("/error/code"), -1021);
    EXPECT_THAT(refused.text("/error/msg"), HasSubstr(words));
  }
}

TEST_F(VenueFaults, AnswersByRestAreLate) {
  fault(FaultKind::kAnswerDelayed);
  EXPECT_EQ(venue.public_rest("GET", "/api/v3/time").delay, Nanos(0));
  open_window();
  for (const char* path : {"/api/v3/time", "/api/v3/exchangeInfo", "/api/v3/depth"}) {
    const HttpAnswer late = venue.public_rest("GET", path, "symbol=BTCUSDT");
    EXPECT_GT(late.delay, Nanos(0)) << path;
    EXPECT_LE(late.delay, kMillisecond * 500) << path;
  }
}

TEST_F(VenueFaults, ConnectionsAreToldThatTheirTimeIsUpAndAreClosedLater) {
  fault(FaultKind::kServerShutdown);
  auto market = venue.connect("/stream?streams=btcusdt@trade");
  auto orders = venue.connect(kApi);
  market->take();
  open_window();
  EXPECT_EQ(Json(market->take().back()).text("/stream"), "!serverShutdown");
  EXPECT_EQ(orders->next().text("/event/e"), "serverShutdown");
  EXPECT_EQ(market->closed + orders->closed, "") << "not yet";
  auto young = venue.connect(kApi);
  close_window();
  EXPECT_EQ(market->closed, "server shutdown");
  EXPECT_EQ(orders->closed, "server shutdown");
  EXPECT_EQ(young->closed, "") << "it came later";
  EXPECT_EQ(count(FaultKind::kServerShutdown), 2u);
}

TEST_F(VenueFaults, ASlowVenueSlowsEveryConnectionForAWhile) {
  fault(FaultKind::kSlowVenue);
  auto before = venue.connect(kApi);
  open_window();
  auto after = venue.connect("/ws/btcusdt@trade");
  EXPECT_LT(before->rate, 10'000u);
  EXPECT_EQ(after->rate, before->rate);
  close_window();
  for (const auto* client : {&before, &after}) EXPECT_EQ((*client)->rate, Client::kAnyRate);
}

TEST_F(VenueFaults, ASlowVenueAnswersSlowlyByRestToo) {
  fault(FaultKind::kSlowVenue);
  const auto rate = [&] { return venue.public_rest("GET", "/api/v3/time").bytes_per_s; };
  EXPECT_EQ(rate(), Client::kAnyRate);
  open_window();
  EXPECT_LT(rate(), 10'000u);
  EXPECT_LT(venue.rest("GET", "/api/v3/account").bytes_per_s, 10'000u);
  close_window();
  EXPECT_EQ(rate(), Client::kAnyRate);
}

TEST_F(VenueFaults, OneSymbolOfAllHaltsIfNoneIsNamed) {
  faulty_.emplace(
      venue.frontend,
      sim::FaultPlan{{.kind = FaultKind::kSymbolHalted, .begin = kSecond, .end = 11 * kSecond}}, 1,
      [] { return VenueHarness::now; });
  venue.way_in = &*faulty_;
  const auto halted = [&] {
    int sum = 0;
    for (InstrumentId i = 0; i < 2; ++i) {
      sum += venue.frontend.host().exchange().status(i) == sim::TradingStatus::kHalted ? 1 : 0;
    }
    return sum;
  };
  EXPECT_EQ(halted(), 0);
  open_window();
  EXPECT_EQ(halted(), 1);
  close_window();
  EXPECT_EQ(halted(), 0);
}

TEST_F(VenueFaults, EventsOfOrdersThatAreSomebodyElsesCome) {
  fault(FaultKind::kForeignReport);
  auto client = listener();
  open_window();
  say(*client, "order.place", named(venue.maker(), "newClientOrderId", "ours"));
  const Json placed = client->next();
  std::size_t ours = 0, others = 0;
  while (client->waiting() > 0) {
    const Json event = client->next();
    if (event.text("/event/e") != "executionReport") continue;
    const bool is_ours = event.text("/event/c") == "ours";
    EXPECT_EQ(event.integer("/event/i") == placed.integer("/result/orderId"), is_ours);
    ++(is_ours ? ours : others);
  }
  EXPECT_EQ(ours, 1u);
  EXPECT_EQ(others, 1u);
  EXPECT_EQ(count(FaultKind::kForeignReport), 1u);
}

TEST_F(VenueFaults, BalancesAreUsedByTheirOwnerAndComeBack) {
  fault(FaultKind::kBalanceMoved);
  auto client = listener();
  client->take();
  const auto free = [&] {
    return Json(venue.rest("GET", "/api/v3/account").body).text("/balances/0/free");
  };
  const std::string before = free();
  open_window();
  EXPECT_NE(free(), before);
  ASSERT_GT(client->waiting(), 0u);
  EXPECT_EQ(client->next().text("/event/e"), "outboundAccountPosition");
  close_window();
  EXPECT_EQ(free(), before);
  EXPECT_EQ(count(FaultKind::kBalanceMoved), 1u);
}

TEST_F(VenueFaults, AFaultIsBegunByHand) {
  faulty_.emplace(venue.frontend, sim::FaultPlan{}, 1, [] { return VenueHarness::now; });
  venue.way_in = &*faulty_;
  const auto begin = [&](const char* query) {
    return venue.public_rest("POST", "/admin/fault", query);
  };
  EXPECT_EQ(begin("kind=banned&seconds=2").status, 200);
  EXPECT_EQ(venue.public_rest("GET", "/api/v3/time").status, 418);
  pass(2000);
  EXPECT_EQ(venue.public_rest("GET", "/api/v3/time").status, 200);
  EXPECT_THAT(begin("kind=lightning").body, HasSubstr("kind: must be one of request_lost, "));
  EXPECT_EQ(begin("kind=book_gap").status, 400) << "in process only";
  EXPECT_EQ(begin("kind=banned&seconds=0").status, 400);
  EXPECT_EQ(venue.public_rest("GET", "/admin/fault", "kind=banned").status, 404);
}

TEST_F(VenueFaults, WhatTheWireCannotDoIsLeftOut) {
  sim::FaultPlan plan;
  for (std::size_t k = 0; k < sim::kFaultKinds; ++k) {
    plan.push_back(
        {.kind = static_cast<FaultKind>(k), .begin = kSecond, .end = 2 * kSecond, .instrument = 0});
  }
  const sim::FaultPlan left = server::FaultyFrontend::on_the_wire(plan);
  EXPECT_EQ(left.size(), sim::wire_faults().count());
  for (const sim::Fault& f : left) {
    EXPECT_EQ(f.instrument == 0, f.kind == FaultKind::kSymbolHalted) << sim::name(f.kind);
    EXPECT_NE(f.kind, FaultKind::kBookGap);
  }
}

// --- on real sockets ------------------------------------------------------------------------

// One on which a fault is begun with /admin/fault.
class FaultyServer {
 public:
  FaultyServer() : venue_(config()) {
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
  net::HttpResponse send(const std::string& method, const std::string& target) const {
    net::HttpRequest request;
    request.target = target;
    request.method = method;
    net::HttpClient client(endpoint("/"), nullptr, {});
    return client.send(request);
  }
  void begin(FaultKind kind, int seconds = 1, const std::string& more = {}) const {
    const auto begun = send("POST", "/admin/fault?kind=" + std::string(sim::name(kind)) +
                                        "&seconds=" + std::to_string(seconds) + more);
    EXPECT_EQ(begun.status, 200) << begun.body << begun.error;
  }
  // Signed, of a client that waits no longer than that; status 0: it has given up.
  net::HttpResponse ask(const std::string& method, const std::string& path, const Params& params,
                        std::chrono::milliseconds patience = std::chrono::seconds(10)) const {
    set_time();
    net::HttpRequest request;
    request.target = path + "?" + VenueHarness::signed_query(params);
    request.method = method;
    request.headers = {{"X-MBX-APIKEY", server::default_account().api_key}};
    net::HttpClient client(endpoint("/"), nullptr, {.timeout = patience});
    return client.send(request);
  }
  // How often this stands in what is open, past all faults.
  std::size_t open(std::string_view text) const {
    return count_of(ask("GET", "/calm/api/v3/openOrders", {{"symbol", "BTCUSDT"}}).body, text);
  }
  static void set_time() {
    VenueHarness::now = Nanos(
        std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count());
  }
  static Params order(const std::string& id) {
    return {{"symbol", "BTCUSDT"}, {"side", "BUY"},    {"type", "LIMIT_MAKER"},
            {"quantity", "0.01"},  {"price", "58000"}, {"newClientOrderId", id}};
  }

 private:
  static server::ServerConfig config() {
    server::ServerConfig config = VenueHarness::default_config();
    config.port = 0;
    config.limits.weight_per_minute = config.limits.orders_per_10s = 1'000'000;
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

std::int64_t wall_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

// Until it holds of a message; false if the connection ends, or after 20 s.
bool read_until(net::WebSocket& socket, const std::function<bool(std::string_view)>& done) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (std::chrono::steady_clock::now() < give_up) {
    const net::WsMessage message = next_event(socket);
    if (message.event != net::WsEvent::kText) return false;
    if (done(message.payload)) return true;
  }
  return false;
}

// How far a message's own time is behind ours.
std::int64_t age_ms(std::string_view text) {
  const std::size_t at = text.find("\"E\":");
  return at == std::string_view::npos ? 0
                                      : wall_ms() - std::stoll(std::string(text.substr(at + 4)));
}

TEST(FaultyServer, AFrozenSocketSaysNothingMoreAndIsResetInTheEnd) {
  const FaultyServer server;
  const auto socket = connect(server, "/ws/btcusdt@depth20@100ms");
  server.begin(FaultKind::kConsumerStall);
  EXPECT_EQ(end_of(*socket), net::WsEvent::kFailed) << "no closing handshake: a reset";
}

TEST(FaultyServer, AHalfOpenOrderConnectionIsDeadWhileAllElseLives) {
  const FaultyServer server;
  const auto orders = connect(server, "/ws-api/v3");
  const auto market = connect(server, "/ws/btcusdt@depth20@100ms");
  server.begin(FaultKind::kHalfOpen, 2);
  ASSERT_TRUE(orders->send_text(R"({"id":1,"method":"time"})"));
  EXPECT_EQ(server.send("GET", "/api/v3/time").status, 200);
  EXPECT_EQ(next_event(*market).event, net::WsEvent::kText);
  const auto another = connect(server, "/ws-api/v3");
  ASSERT_TRUE(another->send_text(R"({"id":2,"method":"time"})"));
  EXPECT_EQ(next_event(*another).event, net::WsEvent::kText);
  EXPECT_EQ(next_event(*orders).event, net::WsEvent::kFailed) << "a reset, when it is over";
  EXPECT_TRUE(market->is_open() && another->is_open());
}

TEST(FaultyServer, ACutConnectionIsAReset) {
  const FaultyServer server;
  const auto socket = connect(server, "/ws/btcusdt@depth20@100ms");
  server.begin(FaultKind::kFeedDown);
  EXPECT_EQ(end_of(*socket), net::WsEvent::kFailed);
}

TEST(FaultyServer, ARequestWithoutAnAnswerEndsItsConnection) {
  const FaultyServer server;
  server.begin(FaultKind::kRequestLost, 60);
  int cut = 0, pages = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while ((cut == 0 || pages == 0) && std::chrono::steady_clock::now() < end) {
    const net::HttpResponse response = server.send("POST", "/api/v3/account");  // sent but once
    cut += response.error.empty() ? 0 : 1;
    pages += response.status == 502 ? 1 : 0;
  }
  EXPECT_GT(cut, 0);
  EXPECT_GT(pages, 0);
}

TEST(FaultyServer, ItsClockJumpsAheadAndBackAndEventsGoOn) {
  const FaultyServer server;
  const auto socket = connect(server, "/ws/btcusdt@depth@100ms");
  server.begin(FaultKind::kClockBehind, 2);
  const Json time(server.send("GET", "/api/v3/time").body);
  EXPECT_TRUE(read_until(*socket, [](std::string_view text) { return age_ms(text) < -2000; }));
  EXPECT_TRUE(read_until(*socket, [](std::string_view text) { return age_ms(text) > -1000; }));
  EXPECT_GT(time.integer("/serverTime"), wall_ms() - 60'000);
}

TEST(FaultyServer, ASlowOneFallsBehindAndCatchesUp) {
  const FaultyServer server;
  const auto socket =
      connect(server, "/ws/btcusdt@depth@100ms/btcusdt@depth20@100ms/ethusdt@depth20@100ms");
  server.begin(FaultKind::kSlowVenue, 3);
  EXPECT_TRUE(read_until(*socket, [](std::string_view text) { return age_ms(text) > 1000; }));
  EXPECT_TRUE(read_until(*socket, [](std::string_view text) {
    const std::int64_t age = age_ms(text);
    return age != 0 && age < 500;
  })) << "on the same connection";
}

TEST(FaultyServer, ALateAnswerComesAllTheSame) {
  const FaultyServer server;
  server.begin(FaultKind::kAnswerDelayed, 60);
  std::int64_t longest = 0;
  for (const std::int64_t begun = wall_ms(); longest < 200 && wall_ms() - begun < 60'000;) {
    const std::int64_t sent = wall_ms();
    EXPECT_EQ(server.send("GET", "/api/v3/time").status, 200);
    longest = std::max(longest, wall_ms() - sent);
  }
  EXPECT_GE(longest, 200);
}

TEST(FaultyServer, AConnectionWhoseTimeIsUpIsToldAndThenClosedInOrder) {
  const FaultyServer server;
  const auto socket = connect(server, "/ws/btcusdt@depth20@100ms");
  server.begin(FaultKind::kServerShutdown);
  EXPECT_TRUE(read_until(*socket, [](std::string_view text) {
    return text.find("serverShutdown") != std::string_view::npos;
  }));
  EXPECT_EQ(end_of(*socket), net::WsEvent::kClosed);
}

constexpr const char* kAlways = "&per_million=1000000&delay_ms=2000";
const Params kOrderA{{"symbol", "BTCUSDT"}, {"origClientOrderId", "a"}};

TEST(FaultyServer, WhatIsLateByRestIsCarriedOutWhenItsClientHasGivenUp) {
  for (const FaultKind kind : {FaultKind::kRequestDelayed, FaultKind::kRequestReordered}) {
    const FaultyServer server;
    server.begin(kind, 60, kAlways);
    int given_up = 0;
    for (const char* id : {"a", "b", "c", "d", "e", "f"}) {
      const auto response = server.ask("POST", "/api/v3/order", FaultyServer::order(id),
                                       std::chrono::milliseconds(100));
      given_up += response.status == 0 ? 1 : 0;
    }
    EXPECT_GT(given_up, 0) << sim::name(kind);
    EXPECT_LT(server.open("clientOrderId"), 6u) << "some are under way";
    EXPECT_TRUE(wait_until([&] { return server.open("clientOrderId") == 6; })) << sim::name(kind);
  }
}

TEST(FaultyServer, WhatIsLateOnAWebSocketIsCarriedOutWhenThatHasGone) {
  const FaultyServer server;
  server.begin(FaultKind::kRequestDelayed, 60, kAlways);
  FaultyServer::set_time();
  auto socket = connect(server, "/ws-api/v3");
  for (const char* id : {"a", "b", "c"}) {
    ASSERT_TRUE(
        socket->send_text(VenueHarness::signed_request("order.place", FaultyServer::order(id))));
  }
  socket.reset();
  EXPECT_TRUE(wait_until([&] { return server.open("clientOrderId") == 3; }));
}

TEST(FaultyServer, ACancelByRestIsIgnored) {
  const FaultyServer server;
  ASSERT_EQ(server.ask("POST", "/api/v3/order", FaultyServer::order("a")).status, 200);
  server.begin(FaultKind::kCancelIgnored, 60, kAlways);
  EXPECT_NE(server.ask("DELETE", "/api/v3/order", kOrderA).status, 200);
  EXPECT_EQ(server.open("\"a\""), 1u);
}

TEST(FaultyServer, ACancelByRestThatComesTwiceMayBeSaidToBeOfAnUnknownOrder) {
  const FaultyServer server;
  server.begin(FaultKind::kRequestRepeated, 60, kAlways);
  bool done = false, unknown = false;
  EXPECT_TRUE(wait_until([&] {
    EXPECT_EQ(server.ask("POST", "/api/v3/order", FaultyServer::order("a")).status, 200);
    const int status = server.ask("DELETE", "/api/v3/order", kOrderA).status;
    done |= status == 200;
    unknown |= status == 400;
    EXPECT_EQ(server.open("\"a\""), 0u);
    return done && unknown;
  }));
}

TEST(FaultyServer, AListByRestIsOfAMomentAgo) {
  const FaultyServer server;
  server.begin(FaultKind::kListLag, 60, kAlways);
  const auto listed = [&] {
    return count_of(server.ask("GET", "/api/v3/openOrders", {{"symbol", "BTCUSDT"}}).body, "\"a\"");
  };
  bool behind = false;
  EXPECT_TRUE(wait_until([&] {
    EXPECT_EQ(server.ask("POST", "/api/v3/order", FaultyServer::order("a")).status, 200);
    behind = listed() < server.open("\"a\"");
    EXPECT_EQ(server.ask("DELETE", "/api/v3/order", kOrderA).status, 200);
    return behind;
  }));
}

TEST(FaultyServer, AStreamLeavesOutDiffsSoThatItsChainBreaks) {
  const FaultyServer server;
  const auto socket = connect(server, "/ws/btcusdt@depth@100ms");
  std::int64_t last = 0;
  const auto breaks = [&last](std::string_view text) {
    const Json diff{std::string(text)};
    const bool broken = last != 0 && diff.integer("/U") != last + 1;
    last = diff.integer("/u");
    return broken;
  };
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(breaks(next_event(*socket).payload));
  server.begin(FaultKind::kBookGapFound, 60, "&per_million=300000");
  EXPECT_TRUE(read_until(*socket, breaks));
}

TEST(FaultyServer, AHaltAndAnotherGridAreInExchangeInfo) {
  const FaultyServer server;
  const auto info = [&] { return server.send("GET", "/api/v3/exchangeInfo").body; };
  EXPECT_THAT(info(), testing::Not(HasSubstr("HALT")));
  for (const FaultKind kind :
       {FaultKind::kSymbolHalted, FaultKind::kTickChanged, FaultKind::kLotChanged}) {
    server.begin(kind, 60);
  }
  EXPECT_THAT(info(), HasSubstr(R"("status":"HALT")"));
  EXPECT_THAT(info(), HasSubstr(R"("tickSize":"0.10000000")"));
  EXPECT_THAT(info(), HasSubstr(R"("stepSize":"0.00010000")"));
}

}  // namespace
}  // namespace mm::test
