// The account at the end of a live run, against a scripted HTTP venue.
#include "engine/app/venue_account.h"

#include <gmock/gmock.h>

#include <map>
#include <mutex>

#include "tests/binance_instruments.h"
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

std::string id_text(orders::Identity who, std::uint16_t slot) {
  const auto text = orders::client_id_text(make_order_id({who.instance, who.epoch, slot, 1}));
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

  // One symbol; what is open is in `open_` (client ids, the number is the place), cancels work
  // unless they are refused.
  ServedResponse respond(const ServedRequest& request) {
    const std::lock_guard lock(mutex_);
    if (down_) return {.status = 503, .body = "{}"};
    if (request.target == "/api/v3/time") return {.body = R"({"serverTime":1700000000000})"};
    if (request.target.starts_with("/api/v3/openOrders")) {
      if (request.target.find("BTCUSDT") == std::string::npos) return {.body = "[]"};
      std::string list;
      for (const auto& [number, id] : open_) {
        list += (list.empty() ? "" : ",") + (R"({"orderId":)" + std::to_string(number)) +
                R"(,"clientOrderId":")" + id + R"("})";
      }
      return {.body = "[" + list + "]"};
    }
    if (request.method == "DELETE" && request.target.starts_with("/api/v3/order?")) {
      const auto at = request.target.find("orderId=") + 8;
      const int number = std::stoi(request.target.substr(at));
      canceled_.push_back(number);
      if (refused_) return {.status = 400, .body = R"({"code":-2011,"msg":"Unknown order"})"};
      open_.erase(number);
      return {.body = "{}"};
    }
    return {.status = 404, .body = "{}"};
  }

  std::mutex mutex_;
  std::map<int, std::string> open_;
  std::vector<int> canceled_;
  bool down_ = false, refused_ = false;
  test::NetServer server_;
  VenueConfig venue_;
  orders::Credentials credentials_;
  std::vector<Instrument> instruments_ = test::spot_instruments();
};

TEST_F(VenueAccountTest, CancelsWhatIsOursAndLeavesTheRest) {
  open_ = {{1, "web_person"},
           {2, id_text(kSelf, 4)},
           {3, id_text({1, 6}, 5)},
           {4, id_text({2, 7}, 6)},
           {5, id_text({1, 8}, 7)}};
  VenueAccount account(venue_, credentials_, instruments_);
  const VenueAccount::Left left = account.cancel_all_ours(kSelf, 10 * kSecond);
  EXPECT_EQ(left.error, "");
  EXPECT_THAT(left.client_ids, IsEmpty());
  EXPECT_EQ(left.canceled, 2);
  EXPECT_THAT(canceled_, ElementsAre(2, 3)) << "another engine's, a person's and a later start's";
}

TEST_F(VenueAccountTest, WhatCannotBeCancelledIsNamed) {
  open_ = {{2, id_text(kSelf, 4)}};
  refused_ = true;
  VenueAccount account(venue_, credentials_, instruments_);
  const VenueAccount::Left left = account.cancel_all_ours(kSelf, kSecond / 2);
  EXPECT_EQ(left.error, "");
  EXPECT_THAT(left.client_ids, ElementsAre(id_text(kSelf, 4)));
  EXPECT_GE(canceled_.size(), 2u) << "it was tried again";
}

TEST_F(VenueAccountTest, AVenueThatCannotBeAskedIsNoFlatAccount) {
  down_ = true;
  VenueAccount account(venue_, credentials_, instruments_);
  const VenueAccount::Left left = account.cancel_all_ours(kSelf, kSecond / 2);
  EXPECT_THAT(left.error, HasSubstr("HTTP 503"));
}

}  // namespace
}  // namespace mm::app
