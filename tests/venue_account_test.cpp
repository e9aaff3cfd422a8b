// The account at the end of a live run, against a scripted HTTP venue.
#include "engine/app/venue/venue_account.h"

#include <gmock/gmock.h>

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>

#include "gateway/binance/reconciler.h"
#include "tests/binance_instruments.h"
#include "tests/core_harness.h"
#include "tests/net_server.h"

namespace mm::app {
namespace {

namespace orders = binance::orders;
using test::ServedRequest;
using test::ServedResponse;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr orders::Identity kSelf{.instance = 1, .epoch = 7};

ClientOrderId id(orders::Identity who, std::uint16_t slot) {
  return make_order_id({who.instance, who.epoch, slot, 1});
}
std::string id_text(orders::Identity who, std::uint16_t slot) {
  const auto text = orders::client_id_text(id(who, slot));
  return {text.data(), text.size()};
}

class VenueAccountTest : public testing::Test {
 protected:
  VenueAccountTest()
      : server_(test::serve_http([this](const ServedRequest& r) { return respond(r); })) {
    venue_.rest_url = "http://127.0.0.1:" + std::to_string(server_.port());
    credentials_.api_key = orders::SecretText("the-key");
    credentials_.signer = orders::Signer::from_secret(orders::SecretText("secret")).signer;
  }

  VenueAccount::Left cancel_all(VenueAccount::Closing closing) {
    closing.self = kSelf;
    return VenueAccount(venue_, credentials_, instruments_, pause_).cancel_all(closing);
  }

  // One symbol; what is open is in `open_` (client ids, the number is the place), cancels work
  // unless they are refused.
  ServedResponse respond(const ServedRequest& request) {
    std::unique_lock lock(mutex_);
    if (request.method == "DELETE" && together_ > 0) meet(lock);
    requests_.push_back(request.method + " " + request.target.substr(0, request.target.find('?')));
    asked_at_.push_back(std::chrono::steady_clock::now());
    if (down_) return {.status = 503, .body = "{}"};
    if (request.target == "/api/v3/time") return {.body = R"({"serverTime":1700000000000})"};
    if (!limited_.empty() && requests_.size() >= 2) {
      return {.status = std::exchange(limited_once_, 0) == 0 ? 429 : 418,
              .body = R"({"code":-1003,"msg":"Too many requests"})",
              .headers = {{"Retry-After", std::exchange(limited_, next_limit_)}}};
    }
    if (request.target.starts_with("/api/v3/openOrders")) return open_orders(request);
    if (request.method == "DELETE" && request.target.starts_with("/api/v3/order?")) {
      const auto at = request.target.find("orderId=") + 8;
      const int number = std::stoi(request.target.substr(at));
      canceled_.push_back(number);
      if (refused_) return {.status = 400, .body = R"({"code":-2011,"msg":"Unknown order"})"};
      open_.erase(number);
      return {.body = "{}"};
    }
    for (auto& [path, body] : answers_) {
      if (!request.target.starts_with(path)) continue;
      const auto later = later_answers_.find(path);
      return {.body = later == later_answers_.end() ? body : std::exchange(body, later->second)};
    }
    return {.status = 404, .body = "{}"};
  }
  // Answers nobody before as many ask at one time.
  void meet(std::unique_lock<std::mutex>& lock) {
    if (++met_ == together_) together_ = 0;
    met_all_.notify_all();
    met_all_.wait_for(lock, std::chrono::seconds(20), [this] { return together_ == 0; });
  }
  ServedResponse open_orders(const ServedRequest& request) {
    const bool of_one = request.target.find("symbol=") != std::string::npos;
    if (!of_one) ++asked_of_all_;
    if (of_one && request.target.find("BTCUSDT") == std::string::npos) return {.body = "[]"};
    std::string list;
    for (const auto& [number, id] : open_) {
      list += (list.empty() ? "" : ",") + (R"({"orderId":)" + std::to_string(number)) +
              R"(,"clientOrderId":")" + id + R"(","symbol":")" + symbols_[number] + R"("})";
    }
    if (request.method == "DELETE") open_.clear();
    // What was under way arrives after the first look.
    open_.merge(late_);
    return {.body = "[" + list + "]"};
  }

  std::mutex mutex_;
  std::condition_variable met_all_;
  int met_ = 0, together_ = 0;
  std::map<int, std::string> open_, late_;
  std::map<int, std::string> symbols_;  // of those; empty where that does not matter
  std::map<std::string, std::string> answers_, later_answers_;  // those from the second on
  std::vector<int> canceled_;
  std::vector<std::string> requests_;
  std::vector<std::chrono::steady_clock::time_point> asked_at_;
  std::string limited_, next_limit_;  // seconds to be silent for; empty: no longer
  int limited_once_ = 0, asked_of_all_ = 0;
  bool down_ = false, refused_ = false;
  net::SharedRequestPause pause_;
  test::NetServer server_;
  VenueConfig venue_;
  orders::Credentials credentials_;
  std::vector<Instrument> instruments_ = test::spot_instruments();
};

TEST_F(VenueAccountTest, ManySymbolsAreOneListOfWhichOnlyTheirOrdersGo) {
  const std::size_t few = instruments_.size();
  for (int n = 0; n < 12; ++n) {
    instruments_.push_back(test::spot_instrument("S" + std::to_string(n) + "USDT", "S",
                                                 Amount(1'000'000), Amount(1'000)));
  }
  ASSERT_EQ(instruments_.size(), few + 12);
  open_ = {{1, id_text(kSelf, 1)}, {2, id_text(kSelf, 2)}, {3, id_text(kSelf, 3)}};
  symbols_ = {{1, "S7USDT"}, {2, "ELSEWHERE"}, {3, "BTCUSDT"}};
  const auto left = cancel_all({.patience = kSecond * 5});
  EXPECT_EQ(left.error, "");
  EXPECT_EQ(left.canceled, 2);
  EXPECT_THAT(canceled_, testing::UnorderedElementsAre(1, 3));
  EXPECT_EQ(asked_of_all_, 2) << "and once more, to see that none is left";
}

TEST_F(VenueAccountTest, WhoIsInAHurryGivesADeadConnectionUpForAnother) {
  std::condition_variable asked_again;
  int lists = 0;
  bool in_time = false;
  const auto respond = [&](const ServedRequest& request) -> ServedResponse {
    if (!request.target.starts_with("/api/v3/openOrders")) {
      return {.body = R"({"serverTime":1700000000000})"};
    }
    std::unique_lock lock(mutex_);
    asked_again.notify_all();
    if (++lists > 1) return {.body = "[]"};
    const auto again = [&] { return lists > 1; };
    in_time = asked_again.wait_for(
        lock, std::chrono::nanoseconds(VenueAccount::kAnswerMax.v) * 3 / 4, again);
    return {.status = 500, .body = "too late"};
  };
  auto slow = std::make_unique<test::NetServer>(test::serve_http(respond));
  venue_.rest_url = "http://127.0.0.1:" + std::to_string(slow->port());
  VenueAccount account(venue_, credentials_, std::span(instruments_).first(1), pause_,
                       50 * kMillisecond);
  const auto left = account.cancel_all({.self = kSelf, .patience = kSecond * 20});
  EXPECT_EQ(left.error, "");
  slow.reset();  // it has answered everybody
  EXPECT_TRUE(in_time) << "the answer was waited for";
}

TEST_F(VenueAccountTest, FindsTheLatestStartAmongOpenAndRecentOrders) {
  const auto latest = [this](std::optional<std::uint16_t> found = {}) {
    EXPECT_EQ(VenueAccount(venue_, credentials_, instruments_, pause_)
                  .find_latest_start(kSelf.instance, found),
              "");
    return found;
  };
  answers_["/api/v3/allOrders"] = R"([{"orderId":9,"clientOrderId":"web_person"}])";
  EXPECT_EQ(latest(), std::nullopt);
  open_ = {{1, id_text({1, 6}, 5)}, {2, id_text({2, 90}, 6)}, {3, id_text({1, 3}, 5)}};
  EXPECT_EQ(latest(), 6);
  answers_["/api/v3/allOrders"] =
      R"([{"orderId":9,"clientOrderId":")" + id_text({1, 8}, 5) + R"("}])";
  EXPECT_EQ(latest(), 8);
  open_ = {{1, id_text({1, 65535}, 5)}};
  EXPECT_EQ(latest(), 8) << "numbers begin anew behind the last";
  EXPECT_EQ(asked_of_all_, 4) << "what rests on symbols traded no more counts too";
  down_ = true;
  std::optional<std::uint16_t> none;
  EXPECT_NE(VenueAccount(venue_, credentials_, instruments_, pause_).find_latest_start(1, none),
            "");
}

TEST_F(VenueAccountTest, CancelsWhatIsOursAndLeavesTheRest) {
  open_ = {{1, "web_person"},
           {2, id_text(kSelf, 4)},
           {3, id_text({1, 6}, 5)},
           {4, id_text({2, 7}, 6)},
           {5, id_text({1, 8}, 7)}};
  const VenueAccount::Left left = cancel_all({.patience = 10 * kSecond});
  EXPECT_EQ(left.error, "");
  EXPECT_THAT(left.client_ids, IsEmpty());
  EXPECT_EQ(left.canceled, 2);
  EXPECT_THAT(canceled_, ElementsAre(2, 3)) << "another engine's, a person's and a later start's";
}

// One answer after the other would be seconds, and a guard has two.
TEST_F(VenueAccountTest, ManyOrdersAreCancelledByConnectionsSideBySide) {
  constexpr int kOrders = 100;
  std::vector<int> all;
  for (int number = 1; number <= kOrders; ++number) {
    open_[number] = id_text(kSelf, static_cast<std::uint16_t>(number));
    all.push_back(number);
  }
  together_ = 4;
  const VenueAccount::Left left = cancel_all({.patience = 60 * kSecond});
  EXPECT_EQ(left.error, "");
  EXPECT_EQ(left.canceled, kOrders);
  EXPECT_EQ(left.canceled_on.at("BTCUSDT"), kOrders);
  EXPECT_THAT(canceled_, testing::UnorderedElementsAreArray(all)) << "each once";
  EXPECT_EQ(together_, 0) << "four were under way at one time";
}

TEST_F(VenueAccountTest, CancelsEverybodysOrdersWhereNobodyElseMayHaveAny) {
  open_ = {{1, "web_person"}, {2, id_text(kSelf, 4)}};
  const VenueAccount::Left left = cancel_all({.everybody = true, .patience = 10 * kSecond});
  EXPECT_EQ(left.error, "");
  EXPECT_THAT(left.client_ids, IsEmpty());
  EXPECT_EQ(left.canceled, 2);
  EXPECT_THAT(open_, IsEmpty());
  EXPECT_EQ(std::ranges::count(requests_, "DELETE /api/v3/openOrders"), 1);
}

TEST_F(VenueAccountTest, WhatCannotBeCancelledIsNamed) {
  open_ = {{2, id_text(kSelf, 4)}};
  refused_ = true;
  const VenueAccount::Left left = cancel_all({.patience = kSecond / 2});
  EXPECT_EQ(left.error, "");
  EXPECT_THAT(left.client_ids, ElementsAre(id_text(kSelf, 4)));
  EXPECT_GE(canceled_.size(), 2u) << "it was tried again";
}

TEST_F(VenueAccountTest, AVenueThatCannotBeAskedIsNoFlatAccount) {
  down_ = true;
  const VenueAccount::Left left = cancel_all({.patience = kSecond / 2});
  EXPECT_THAT(left.error, HasSubstr("503"));
}

TEST_F(VenueAccountTest, AnEmptyListSaysNothingWhileARequestMayStillArrive) {
  // Longer until the first list was asked for early enough, on a busy machine too.
  for (Nanos span = kSecond / 2; canceled_.empty() && span < kSecond * 40; span = span * 4) {
    open_.clear();
    late_ = {{9, id_text(kSelf, 4)}};
    const VenueAccount::Left left =
        cancel_all({.arrivals_until = Clock().now() + span, .patience = 10 * kSecond});
    EXPECT_EQ(left.error, "");
    EXPECT_THAT(left.client_ids, IsEmpty());
  }
  EXPECT_THAT(canceled_, ElementsAre(9));
}

TEST_F(VenueAccountTest, APauseTheVenueWantsIsKept) {
  open_ = {{2, id_text(kSelf, 4)}};
  limited_ = "1";
  const VenueAccount::Left left = cancel_all({.patience = 20 * kSecond});
  EXPECT_EQ(left.error, "");
  EXPECT_THAT(canceled_, ElementsAre(2));
  ASSERT_GE(requests_.size(), 3u);
  EXPECT_GE(asked_at_[2] - asked_at_[1], std::chrono::milliseconds(990));
}

TEST_F(VenueAccountTest, ABanLongerThanOurPatienceIsNotTestedAndIsNoFlatAccount) {
  open_ = {{2, id_text(kSelf, 4)}};
  limited_ = next_limit_ = "120";
  limited_once_ = 1;
  const auto begun = std::chrono::steady_clock::now();
  const VenueAccount::Left left = cancel_all({.patience = kSecond / 2});
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(60));
  EXPECT_THAT(left.error, HasSubstr("no request for another"));
  EXPECT_EQ(requests_.size(), 2u) << "the time, and what was refused";
}

TEST_F(VenueAccountTest, ABanThatEndsTooLateIsNotSatOut) {
  open_ = {{2, id_text(kSelf, 4)}};
  limited_ = next_limit_ = "7200";
  limited_once_ = 1;
  const auto begun = std::chrono::steady_clock::now();
  const VenueAccount::Left left = cancel_all({.patience = 600 * kSecond});
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(60));
  EXPECT_NE(left.error, "");
}

TEST_F(VenueAccountTest, ABanWhoseEndIsKnownIsWaitedForBeyondOurPatienceAndSaid) {
  open_ = {{2, id_text(kSelf, 4)}};
  limited_ = "2";
  limited_once_ = 1;
  std::string said;
  const VenueAccount::Left left = cancel_all(
      {.patience = kSecond, .pause_max = 30 * kSecond, .say = [&](std::string_view line) {
         said += std::string(line) + "\n";
       }});
  EXPECT_EQ(left.error, "");
  EXPECT_THAT(canceled_, ElementsAre(2));
  EXPECT_THAT(said, HasSubstr("the venue wants no request for another"));
  EXPECT_GE(asked_at_[2] - asked_at_[1], std::chrono::milliseconds(1990)) << "nor was it tested";
}

TEST_F(VenueAccountTest, WhoeverIsHurriedWaitsForNoBan) {
  open_ = {{2, id_text(kSelf, 4)}};
  limited_ = next_limit_ = "600";
  limited_once_ = 1;
  bool hurried = false;
  const auto begun = std::chrono::steady_clock::now();
  const VenueAccount::Left left = cancel_all({.patience = 10 * kSecond,
                                              .pause_max = 1000 * kSecond,
                                              .say = [&](std::string_view) { hurried = true; },
                                              .hurried = [&] { return hurried; }});
  EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::seconds(60));
  EXPECT_THAT(left.error, HasSubstr("no request for another"));
  EXPECT_EQ(requests_.size(), 2u) << "the time, and what was refused";
}

TEST_F(VenueAccountTest, ALookCancelsNothing) {
  open_ = {{1, "web_person"}, {2, id_text(kSelf, 4)}, {3, id_text({1, 8}, 7)}};
  const VenueAccount::Closing closing{.self = kSelf, .any_start = true, .patience = kSecond};
  const VenueAccount::Left left =
      VenueAccount(venue_, credentials_, instruments_, pause_).look(closing);
  EXPECT_THAT(left.client_ids, ElementsAre(id_text(kSelf, 4), id_text({1, 8}, 7)));
  EXPECT_THAT(canceled_, IsEmpty());
}

// An account that began with one coin of each and has traded nothing.
class VenueAccountBalance : public VenueAccountTest {
 protected:
  // With so many bitcoins by the first look and by the second.
  Summary compare(const std::string& first, const std::string& second) {
    CoreConfig config;
    for (const Instrument& i : instruments_) config.instruments.push_back({i, {}, {}});
    test::CoreHarness h(config);
    for (InstrumentId i = 0; i < instruments_.size(); ++i) {
      Event e = test::CoreHarness::event(EventKind::kBalance, i);
      e.balance.asset = Asset::kBase;
      e.balance.free = Amount(kAmountScale);
      h.deliver(e);
    }
    answers_ = {{"/api/v3/account", balances(first)}};
    later_answers_ = {{"/api/v3/account", balances(second)}};
    Summary summary;
    VenueAccount(venue_, credentials_, instruments_, pause_)
        .compare(h.core, {}, 0, summary, kMillisecond);
    return summary;
  }
  static std::string balances(const std::string& bitcoins) {
    return R"({"balances":[{"asset":"BTC","free":")" + bitcoins +
           R"(","locked":"0"},{"asset":"ETH","free":"0.25","locked":"0.75"}]})";
  }
  static std::int64_t differences(const Summary& summary) {
    for (const auto& [name, count] : summary.invariants) {
      if (name == "venue_position") return count;
    }
    return -1;
  }
};

TEST_F(VenueAccountBalance, OneThatMayLagIsLookedAtAgain) {
  EXPECT_EQ(differences(compare("1.5", "1")), 0);
}

TEST_F(VenueAccountBalance, OneThatStaysOtherThanOursIsADifference) {
  EXPECT_EQ(differences(compare("1.5", "1.5")), 1);
}

// Fills and ends that nobody told.
class VenueAccountLast : public VenueAccountTest {
 protected:
  std::vector<Event> run_last(const std::vector<orders::Reconciler::UnsettledOrder>& unsettled,
                              std::string& error) {
    VenueAccount account(venue_, credentials_, instruments_, pause_);
    const orders::InstrumentMap map(instruments_);
    orders::Reconciler last(map, kSelf, 0, link_);
    std::vector<Event> found;
    error = last.run_last(account.questions(), unsettled, found);
    return found;
  }
  static std::string order(const std::string& client_id, const std::string& status,
                           const std::string& executed) {
    return R"({"symbol":"BTCUSDT","orderId":42,"clientOrderId":")" + client_id +
           R"(","price":"20000.00","origQty":"0.01000000","executedQty":")" + executed +
           R"(","status":")" + status + R"(","side":"BUY"})";
  }
  static std::string trade(int number, int order) {
    return R"({"symbol":"BTCUSDT","id":)" + std::to_string(number) + R"(,"orderId":)" +
           std::to_string(order) +
           R"(,"price":"20000.00","qty":"0.00400000","commission":"0","commissionAsset":"BNB",)" +
           R"("isBuyer":true,"isMaker":true})";
  }

  orders::SessionLink link_{1, 2};
};

TEST_F(VenueAccountLast, FillsThatWereNotToldComeBeforeTheEndsOfTheirOrders) {
  link_.last_trades[0] = 100;
  const std::string ours = id_text(kSelf, 4);
  answers_ = {{"/api/v3/myTrades?symbol=BTCUSDT", "[" + trade(101, 42) + "]"},
              {"/api/v3/myTrades?symbol=ETHUSDT", "[]"},
              {"/api/v3/order?", order(ours, "CANCELED", "0.00400000")}};
  std::string error;
  const auto found = run_last({{0, Side::kBuy, id(kSelf, 4)}}, error);
  EXPECT_EQ(error, "");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].kind, EventKind::kFilled);
  EXPECT_EQ(found[0].fill.id, id(kSelf, 4));
  EXPECT_EQ(found[0].fill.trade_id.v, 101u);
  EXPECT_EQ(found[0].fill.lots, Lots(400));
  EXPECT_EQ(found[1].kind, EventKind::kOrderStatus);
  EXPECT_EQ(found[1].report.id, id(kSelf, 4));
  EXPECT_EQ(found[1].report.status, static_cast<std::uint8_t>(OrderStatusCode::kCanceled));
  EXPECT_EQ(found[1].report.lots, Lots(400));
}

TEST_F(VenueAccountLast, WhatTheVenueCannotSayIsSaid) {
  link_.last_trades[0] = 100;
  std::string error;
  EXPECT_THAT(run_last({}, error), IsEmpty());
  EXPECT_THAT(error, HasSubstr("404"));
}

}  // namespace
}  // namespace mm::app
