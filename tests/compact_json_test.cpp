// What is read in one pass means the same to the real parser, which reads whatever is refused: a
// space in front is enough for that.
#include "feeds/binance/compact_json.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <string>

#include "feeds/binance/parser.h"
#include "tests/feed_test_support.h"

namespace mm::binance {
namespace {

using test::Padded;

constexpr std::array<std::string_view, 8> kMessages{
    R"({"stream":"ethusdt@depth@100ms","data":{"e":"depthUpdate","E":1723161255308,)"
    R"("s":"ETHUSDT","U":1,"u":9,"b":[["2683.80000000","3.02920000"],["2683.7","0.0"]],)"
    R"("a":[["2684.81","31.4"]]}})",
    R"({"stream":"btcusdt@depth20@100ms","data":{"lastUpdateId":160,"bids":[["0.0024","10"]],)"
    R"("asks":[["0.0026","100"],["0.003","1"]]}})",
    R"({"e":"depthUpdate","E":123456789,"T":123456788,"s":"BTCUSDT","ps":"BTCUSDT","st":1,)"
    R"("U":157,"u":160,"pu":149,"b":[["0.0024","10"]],"a":[]})",
    R"({"stream":"ethusdt@trade","data":{"e":"trade","E":1723161255612,"s":"ETHUSDT",)"
    R"("t":1520538925,"p":"2683.80000000","q":"0.00200000","T":1723161255611,"m":true,"M":true}})",
    R"({"e":"aggTrade","E":1672515782136,"s":"BNBBTC","a":12345,"p":"0.001","q":"100",)"
    R"("f":100,"l":105,"T":1672515782136,"m":false,"M":true})",
    R"({"u":400900217,"s":"BNBUSDT","b":"25.35190000","B":"31.21000000","a":"25.36520000",)"
    R"("A":"40.66000000"})",
    R"({"lastUpdateId":2731179239,"bids":[["0.01379900","3.43200000"]],"asks":[]})",
    R"({"code":-1121,"msg":"Invalid symbol."})"};

bool same(std::span<const PriceLevel> a, std::span<const PriceLevel> b) {
  return std::ranges::equal(a, b, [](const PriceLevel& x, const PriceLevel& y) {
    return x.price == y.price && x.quantity == y.quantity;
  });
}
bool is_trade(MessageKind k) {
  return k == MessageKind::kTrade || k == MessageKind::kAggTrade;
}
bool same(const Message& a, const Message& b) {
  return a.kind == b.kind && a.venue == b.venue && a.has_previous == b.has_previous &&
         (!is_trade(a.kind) || a.aggressor_sold == b.aggressor_sold) && a.symbol == b.symbol &&
         a.stream_symbol == b.stream_symbol && a.first_id == b.first_id && a.last_id == b.last_id &&
         a.previous_id == b.previous_id && a.trade_id == b.trade_id &&
         a.exchange_time == b.exchange_time && a.price == b.price && a.quantity == b.quantity &&
         same({&a.bid, 1}, {&b.bid, 1}) && same({&a.ask, 1}, {&b.ask, 1}) && same(a.bids, b.bids) &&
         same(a.asks, b.asks);
}

void expect_same_both_ways(const std::string& message, Parser& one, Parser& other) {
  const Padded text(message), spaced(" " + message);
  const FeedProblem problem = one.parse(text.text());
  const FeedProblem found = other.parse(spaced.text());
  RC_ASSERT(problem == found);
  RC_ASSERT(problem != FeedProblem::kNone || same(one.message(), other.message()));
}

RC_GTEST_PROP(CompactJson, BrokenInAnyPlaceMeansTheSameBothWays, ()) {
  static Parser one(1 << 16), other(1 << 16);
  std::string text(kMessages[*rc::gen::inRange<std::size_t>(0, kMessages.size())]);
  constexpr std::string_view kBytes = "\"\\[]{},:0123456789.-+eE truefalsn\xC3\xA9\t\n";
  const int changes = *rc::gen::inRange(0, 4);
  for (int i = 0; i < changes; ++i) {
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    const char byte = kBytes[*rc::gen::inRange<std::size_t>(0, kBytes.size())];
    switch (*rc::gen::inRange(0, 4)) {
      case 0:
        text[at] = byte;
        break;
      case 1:
        text.insert(at, 1, byte);
        break;
      case 2:
        text.erase(at, 1);
        break;
      default:
        text.resize(at + 1);
    }
  }
  expect_same_both_ways(text, one, other);
}

TEST(CompactJson, LevelsEndWhereTheirArrayDoes) {
  std::array<PriceLevel, 2> room{};
  std::size_t count = 0;
  const auto read = [&](std::string_view json) {
    const Padded text{std::string(json)};
    CompactCursor cursor(text.text());
    const bool understood = cursor.levels(room, count);
    return understood && cursor.at_end();
  };
  EXPECT_TRUE(read("[]"));
  EXPECT_EQ(count, 0u);
  EXPECT_TRUE(read(R"([["1.5","2"],["1.4","0.00000001"]])"));
  EXPECT_EQ(count, 2u);
  EXPECT_EQ(room[0].price, 150'000'000);
  EXPECT_EQ(room[1].quantity, 1);
  for (const std::string_view wrong :
       {"", "[", "[[", R"([["1","2"])", R"([["1","2"],)", R"([["1","2"],])", R"([["1","2")",
        R"([["1")", R"([["1","2","3"]])", R"([["1"]])", R"([[1,2]])", R"([["1", "2"]])",
        R"([["-1","2"]])", R"([["1","2.123456789"]])", R"([["1","2"],["1","2"],["1","2"]])"}) {
    EXPECT_FALSE(read(wrong)) << wrong;
  }
}

TEST(CompactJson, NumbersHaveNoLeadingZeroAndFit) {
  std::uint64_t number = 0;
  const auto read = [&](std::string_view json) {
    const Padded text{std::string(json)};
    CompactCursor cursor(text.text());
    return cursor.integer(number);
  };
  EXPECT_TRUE(read("0,"));
  EXPECT_TRUE(read("9999999999999999999}"));
  EXPECT_EQ(number, 9'999'999'999'999'999'999u);
  for (const std::string_view wrong :
       {"", "01,", "10000000000000000000,", "-1,", "1.0,", "1e3,", "1"}) {
    EXPECT_FALSE(read(wrong)) << wrong;
  }
}

}  // namespace
}  // namespace mm::binance
