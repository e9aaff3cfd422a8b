// Market data streams: subscriptions, shapes, and a book rebuilt by a client.
#include <gtest/gtest.h>

#include <map>

#include "engine/core/decimal.h"
#include "sim/server/book_levels.h"
#include "tests/venue_harness.h"

namespace mm::test {
namespace {

class VenueStream : public testing::Test {
 protected:
  VenueHarness venue;

  static Json say(Client& client, std::string_view text) {
    client.take();
    client.say(text);
    return client.next();
  }
  static void expect_error(Client& client, std::string_view text, int code,
                           const std::string& message) {
    const Json answer = say(client, text);
    EXPECT_EQ(answer.integer("/code"), code) << text;
    EXPECT_EQ(answer.text("/msg"), message) << text;
  }
  // The first message of this stream after some time; fails the test if there is none.
  Json first(Client& client, const std::string& stream, std::int64_t milliseconds = 3000) {
    venue.pass(milliseconds);
    for (std::string& text : client.take()) {
      if (text.starts_with("{\"stream\":\"" + stream + "\"")) return Json(std::move(text));
    }
    ADD_FAILURE() << "nothing on " << stream;
    return Json(R"({"data":{}})");
  }
};

TEST_F(VenueStream, SubscribesListsAndUnsubscribes) {
  auto client = venue.connect("/ws");
  const Json done =
      say(*client, R"({"method":"SUBSCRIBE","params":["btcusdt@trade","x@y"],"id":1})");
  EXPECT_EQ(done.keys(), "result id");
  EXPECT_TRUE(done.is_null("/result"));
  EXPECT_EQ(done.integer("/id"), 1);
  const Json list = say(*client, R"({"method":"LIST_SUBSCRIPTIONS","id":"three"})");
  EXPECT_EQ(list.size("/result"), 2u);
  EXPECT_EQ(list.text("/result/0"), "btcusdt@trade");
  EXPECT_EQ(list.text("/id"), "three");
  say(*client, R"({"method":"UNSUBSCRIBE","params":["btcusdt@trade","never@there"],"id":312})");
  EXPECT_EQ(say(*client, R"({"method":"LIST_SUBSCRIPTIONS","id":3})").size("/result"), 1u);
}

TEST_F(VenueStream, StreamsMayStandInTheAddress) {
  for (const char* target : {"/ws/btcusdt@trade", "/ws/btcusdt%40trade", "/ws/", "/stream",
                             "/stream?streams=", "/stream?streams=btcusdt@trade",
                             "/stream?streams=btcusdt%40trade/ethusdt%40trade"}) {
    auto client = venue.connect(target);
    ASSERT_NE(client, nullptr) << target;
    const bool none = std::string_view(target).find("trade") == std::string_view::npos;
    const bool two = std::string_view(target).find("eth") != std::string_view::npos;
    EXPECT_EQ(say(*client, R"({"method":"LIST_SUBSCRIPTIONS","id":3})").size("/result"), none  ? 0u
                                                                                         : two ? 2u
                                                                                               : 1u)
        << target;
  }
  EXPECT_EQ(venue.connect("/ws/%zz"), nullptr);
  EXPECT_EQ(venue.connect("/wsx"), nullptr);
}

TEST_F(VenueStream, CombinedIsAProperty) {
  auto raw = venue.connect("/ws");
  auto combined = venue.connect("/stream");
  constexpr const char* kAsk = R"({"method":"GET_PROPERTY","params":["combined"],"id":2})";
  EXPECT_FALSE(say(*raw, kAsk).flag("/result"));
  EXPECT_TRUE(say(*combined, kAsk).flag("/result"));
  say(*raw, R"({"method":"SET_PROPERTY","params":["combined",true],"id":5})");
  EXPECT_TRUE(say(*raw, kAsk).flag("/result"));
}

TEST_F(VenueStream, WhatCannotBeReadIsAnsweredInTheVenuesWords) {
  auto client = venue.connect("/ws");
  expect_error(*client, "nonsense", 3, "Invalid JSON: expected value at line 1 column 1");
  expect_error(*client, R"({"id":1})", 2,
               "Invalid request: missing field `method` at line 1 column 8");
  expect_error(*client, R"({"method":"BUY","id":1})", 2,
               "Invalid request: unknown variant `BUY`, expected one of `SUBSCRIBE`, "
               "`UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`, `SET_PROPERTY`, `GET_PROPERTY` at line 1 "
               "column 23");
  expect_error(*client, R"({"method":"GET_PROPERTY","params":["a","b"],"id":1})", 2,
               "Invalid request: too many parameters");
  expect_error(*client, R"({"method":"GET_PROPERTY","params":[1],"id":1})", 2,
               "Invalid request: property name must be a string");
  expect_error(*client, R"({"method":"SET_PROPERTY","params":["combined",1],"id":1})", 1,
               "Invalid value type: expected Boolean");
  expect_error(*client, R"({"method":"SUBSCRIBE","params":[1],"id":1})", 1,
               "Invalid value type: expected String");
  expect_error(*client, R"({"method":"SUBSCRIBE","id":1})", 2,
               "Invalid request: missing field `params` at line 1 column 29");
  expect_error(*client, R"({"method":"SUBSCRIBE","params":[],"id":1.5})", 2,
               "Invalid request: request ID must be an unsigned integer");
  const Json unknown = say(*client, R"({"method":"GET_PROPERTY","params":["a"],"id":4})");
  EXPECT_EQ(unknown.keys(), "code msg id");
  EXPECT_EQ(unknown.text("/msg"), "Unknown property");
  EXPECT_EQ(say(*client, std::string(10'000, '[')).integer("/code"), 3);
}

TEST_F(VenueStream, ThereIsALimitOfStreams) {
  server::ServerConfig config = VenueHarness::default_config();
  config.limits.streams_per_connection = 2;
  VenueHarness other(config);
  auto client = other.connect("/ws");
  expect_error(*client, R"({"method":"SUBSCRIBE","params":["a@b","b@c","c@d"],"id":1})", 2,
               "Invalid request: too many parameters");
  auto greedy = other.connect("/stream?streams=a@b/b@c/c@d");
  ASSERT_NE(greedy, nullptr);
  EXPECT_EQ(greedy->closed, "too many streams");
}

TEST_F(VenueStream, MessagesHaveTheDocumentedShapes) {
  auto client = venue.connect(
      "/stream?streams=btcusdt@trade/btcusdt@aggTrade/btcusdt@bookTicker/btcusdt@depth5@100ms/"
      "btcusdt@depth@100ms/btcusdt@depth/btcusdt@depth20");
  const Json trade = first(*client, "btcusdt@trade");
  EXPECT_EQ(trade.keys(), "stream data");
  EXPECT_EQ(trade.keys("/data"), "e E s t p q T m M");
  EXPECT_EQ(trade.text("/data/s"), "BTCUSDT");
  EXPECT_EQ(first(*client, "btcusdt@aggTrade").keys("/data"), "e E s a p q f l T m M");
  EXPECT_EQ(first(*client, "btcusdt@bookTicker").keys("/data"), "u s b B a A");
  const Json partial = first(*client, "btcusdt@depth5@100ms");
  EXPECT_EQ(partial.keys("/data"), "lastUpdateId bids asks");
  EXPECT_EQ(partial.size("/data/bids"), 5u);
  EXPECT_EQ(first(*client, "btcusdt@depth20").size("/data/asks"), 20u);
  const Json diff = first(*client, "btcusdt@depth@100ms");
  EXPECT_EQ(diff.keys("/data"), "e E s U u b a");
  EXPECT_EQ(diff.text("/data/e"), "depthUpdate");
  EXPECT_EQ(first(*client, "btcusdt@depth").keys("/data"), "e E s U u b a");
}

TEST_F(VenueStream, RawMessagesAreNotWrappedAndTimesFollowTheUnit) {
  auto milli = venue.connect("/ws/btcusdt@trade");
  auto micro = venue.connect("/ws/btcusdt@trade?timeUnit=MICROSECOND");
  venue.pass(2000);
  const Json in_ms = milli->next(), in_us = micro->next();
  EXPECT_EQ(in_ms.text("/e"), "trade");
  EXPECT_EQ(in_ms.integer("/T"), in_us.integer("/T") / 1000);
  EXPECT_EQ(in_ms.integer("/t"), in_us.integer("/t"));
}

TEST_F(VenueStream, OwnOrdersAreInTheBookAndTheirTradesInTheStream) {
  auto market = venue.connect("/stream?streams=btcusdt@bookTicker/btcusdt@trade");
  auto trader = venue.connect("/ws-api/v3");
  const std::string price = venue.price(Side::kBuy, -1);
  Params order = venue.maker();
  order[3].second = price;
  venue.ask(*trader, "order.place", order);
  const Json ticker = market->next();
  EXPECT_EQ(ticker.text("/stream"), "btcusdt@bookTicker");
  EXPECT_EQ(ticker.text("/data/b"), price);
  EXPECT_EQ(ticker.text("/data/B"), "0.01000000");
  venue.ask(*trader, "order.place",
            {{"symbol", "BTCUSDT"}, {"side", "SELL"}, {"type", "MARKET"}, {"quantity", "0.01"}}, 1);
  const Json trade = market->next();
  EXPECT_EQ(trade.text("/data/p"), price);
  EXPECT_TRUE(trade.flag("/data/m")) << "the seller was the aggressor";
}

TEST_F(VenueStream, GoesWhenTheServerGoes) {
  auto raw = venue.connect("/ws");
  auto combined = venue.connect("/stream");
  auto api = venue.connect("/ws-api/v3");
  for (Client* client : {raw.get(), combined.get(), api.get()}) client->conversation->on_shutdown();
  EXPECT_EQ(raw->next().text("/e"), "serverShutdown");
  EXPECT_EQ(combined->next().text("/stream"), "!serverShutdown");
  EXPECT_EQ(api->next().keys(), "event");
}

// The documented procedure: buffer diffs, fetch a snapshot, drop what it has, then only the chain.
class RebuiltBook {
 public:
  using SideLevels = std::map<std::int64_t, std::int64_t>;

  void take_snapshot(const Json& snapshot) {
    id_ = snapshot.integer("/lastUpdateId");
    apply(snapshot, "/bids", bids_);
    apply(snapshot, "/asks", asks_);
  }
  void take_diff(const Json& diff) {
    if (diff.integer("/u") <= id_) return;
    EXPECT_LE(diff.integer("/U"), id_ + 1) << "a hole in the chain";
    apply(diff, "/b", bids_);
    apply(diff, "/a", asks_);
    id_ = diff.integer("/u");
  }
  const SideLevels& side(Side side) const { return side == Side::kBuy ? bids_ : asks_; }
  std::int64_t id() const { return id_; }

 private:
  static void apply(const Json& message, const std::string& pointer, SideLevels& levels) {
    for (std::size_t i = 0; i < message.size(pointer); ++i) {
      const std::string level = pointer + "/" + std::to_string(i);
      const std::int64_t price = parse_decimal(message.text(level + "/0")).value;
      const std::int64_t quantity = parse_decimal(message.text(level + "/1")).value;
      if (quantity == 0) {
        levels.erase(price);
      } else {
        levels[price] = quantity;
      }
    }
  }
  std::int64_t id_ = 0;
  SideLevels bids_, asks_;
};

void expect_same(const RebuiltBook& rebuilt, const sim::Exchange& exchange) {
  EXPECT_EQ(rebuilt.id(), static_cast<std::int64_t>(exchange.update_id(0).v));
  for (const Side side : {Side::kBuy, Side::kSell}) {
    RebuiltBook::SideLevels levels;
    const Instrument& instrument = exchange.instrument(0);
    server::for_each_level(exchange, 0, side, SIZE_MAX, [&](Ticks price, Lots lots) {
      levels[server::price_amount(instrument, price).v] = base_amount(instrument, lots).v;
    });
    EXPECT_EQ(rebuilt.side(side), levels) << name(side);
  }
}

TEST_F(VenueStream, ABookRebuiltFromDiffsEqualsTheVenues) {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    server::ServerConfig config = VenueHarness::default_config();
    config.seed = seed;
    config.limits.orders_per_10s = 1'000'000;
    VenueHarness other(config);
    auto market = other.connect("/ws/btcusdt@depth@100ms");
    auto trader = other.connect("/ws-api/v3");
    sim::Random random(seed);
    RebuiltBook rebuilt;
    other.pass(static_cast<std::int64_t>(random.below(500)));
    rebuilt.take_snapshot(
        Json(other.public_rest("GET", "/api/v3/depth", "symbol=BTCUSDT&limit=5000").body));
    for (int i = 0; i < 60; ++i) {
      Params order = other.maker(random.below(2) == 0 ? Side::kBuy : Side::kSell);
      order[3].second =
          other.price(order[1].second == "BUY" ? Side::kBuy : Side::kSell, random.below(50));
      other.ask(*trader, "order.place", order);
      if (i % 5 == 4) other.ask(*trader, "openOrders.cancelAll", {{"symbol", "BTCUSDT"}});
      other.pass(100);
    }
    for (std::string& text : market->take()) rebuilt.take_diff(Json(std::move(text)));
    other.frontend.publish(server::Rhythm::kFast);
    for (std::string& text : market->take()) rebuilt.take_diff(Json(std::move(text)));
    expect_same(rebuilt, other.frontend.host().exchange());
  }
}

TEST_F(VenueStream, TheSlowRhythmHasAChainOfItsOwn) {
  auto market = venue.connect("/ws/btcusdt@depth");
  venue.pass(5000);
  std::int64_t last = 0;
  int heard = 0;
  for (std::string& text : market->take()) {
    const Json diff(std::move(text));
    EXPECT_EQ(diff.integer("/U"), last == 0 ? diff.integer("/U") : last + 1);
    last = diff.integer("/u");
    ++heard;
  }
  EXPECT_EQ(heard, 5);
}

TEST_F(VenueStream, APreparedUpdateLeavesWhenItIsReleased) {
  auto stays = venue.connect("/ws/btcusdt@depth20@100ms");
  auto goes = venue.connect("/ws/btcusdt@depth20@100ms");
  venue.pass(99);  // the market moves, nothing is published
  stays->take();
  goes->take();
  server::StreamHub& streams = venue.frontend.streams();
  streams.prepare(server::Rhythm::kFast);
  EXPECT_EQ(stays->waiting(), 0u);
  goes->conversation.reset();  // between the two
  streams.release();
  ASSERT_EQ(stays->waiting(), 1u);
  EXPECT_EQ(stays->next().size("/bids"), 20u);
  EXPECT_EQ(goes->waiting(), 0u);
  streams.release();
  EXPECT_EQ(stays->waiting(), 0u);
}

}  // namespace
}  // namespace mm::test
