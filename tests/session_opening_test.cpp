// What a session goes on from, as text in its journal's header.
#include "engine/journal/session_opening.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/journal_test_support.h"

namespace mm {
namespace {

using testing::HasSubstr;

SessionOpening sample_opening() {
  SessionOpening opening;
  SymbolOpening& eth = opening.symbols.emplace_back();
  eth.symbol_text = {"ETHUSDT"};
  eth.position = Amount(-123'456'789);
  eth.balance = Amount(10'000'000'000);
  eth.profit_today = Amount(-5);
  eth.tick = Amount(1'000'000);
  eth.mark = HalfTicks(550'001);
  eth.trade_id = 18'000'000'000'000'000'000u;
  opening.symbols.emplace_back().symbol_text = {"BTCUSDT"};
  RecoveredFill& fill = opening.fills.emplace_back();
  fill.symbol_text = {"ETHUSDT"};
  fill.sell = true;
  fill.fill = {};
  fill.fill.id = ClientOrderId(0x0100070000000001);
  fill.fill.trade_id = TradeId(77);
  fill.fill.lots = Lots(12);
  fill.fill.fee = Amount(-3);
  fill.fill.ticks = 275'000;
  fill.fill.fee_asset = Asset::kOther;
  return opening;
}

TEST(SessionOpening, ComesBackAsItWas) {
  const std::string text = opening_text(sample_opening());
  SessionOpening read;
  ASSERT_EQ(parse_opening(text, read), "");
  EXPECT_EQ(opening_text(read), text);
  ASSERT_EQ(read.symbols.size(), 2u);
  EXPECT_EQ(read.find("ETHUSDT")->position, Amount(-123'456'789));
  EXPECT_EQ(read.find("ETHUSDT")->trade_id, 18'000'000'000'000'000'000u);
  EXPECT_EQ(read.find("ETHUSDT")->mark, HalfTicks(550'001));
  EXPECT_EQ(read.find("SOLUSDT"), nullptr);
  ASSERT_EQ(read.fills.size(), 1u);
  EXPECT_TRUE(read.fills[0].sell);
  EXPECT_EQ(read.fills[0].fill.fee, Amount(-3));
  EXPECT_EQ(read.fills[0].fill.fee_asset, Asset::kOther);
}

TEST(SessionOpening, NothingIsNothing) {
  SessionOpening read = sample_opening();
  EXPECT_EQ(parse_opening("", read), "");
  EXPECT_TRUE(read.symbols.empty() && read.fills.empty());
  EXPECT_EQ(opening_text({}), "");
}

TEST(SessionOpening, NonsenseIsAnErrorThatNamesTheKey) {
  const std::string good = opening_text(sample_opening());
  const auto error_of = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    SessionOpening read;
    return parse_opening(text, read);
  };
  EXPECT_THAT(error_of("position=-123456789", "position=x"), HasSubstr("position"));
  EXPECT_THAT(error_of("trade_id=18000", "trade_id=-18000"), HasSubstr("trade_id"));
  EXPECT_THAT(error_of("fee_asset=2", "fee_asset=9"), HasSubstr("fee_asset"));
  EXPECT_THAT(error_of("sell=1", "sell=2"), HasSubstr("sell"));
  EXPECT_THAT(error_of("tick=", "kcit="), HasSubstr("tick"));
  EXPECT_THAT(error_of("fee_asset=2", "fee_asset=2 more=1"), HasSubstr("more=1"));
}

TEST(SessionOpening, IsPartOfTheJournalsHeader) {
  const test::TemporaryFolder folder;
  JournalHeader header = test::sample_header();
  header.opening = opening_text(sample_opening());
  JournalWriter writer;
  ASSERT_EQ(writer.open(folder / "journal.bin", header), "");
  ASSERT_EQ(writer.end({}), "");
  EXPECT_EQ(test::read_journal(folder / "journal.bin").header.opening, header.opening);
}

}  // namespace
}  // namespace mm
