// The pages of `mm_logic top`: what they say, and that they fit whatever terminal there is.
#include "engine/monitor/top_page.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include "engine/monitor/book_ladder.h"
#include "engine/monitor/log_tail.h"
#include "engine/monitor/number_text.h"
#include "engine/monitor/panels.h"
#include "tests/published_core.h"

namespace mm::monitor {
namespace {

using test::PublishedCore;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const EventCounts kNoRates;

std::string text_of(const EngineView& view, Tab tab, PageSize size = {24, 80},
                    std::span<const std::string> log = {}) {
  return page_text(
      top_page({.view = view, .rates = kNoRates, .log = log, .instrument = 0, .tab = tab}, size),
      false);
}

TEST(TopPage, TheMarketIsSeenAtEightyByTwentyFour) {
  PublishedCore engine;
  engine.harness.start_quoting();
  engine.connect("orders 1", false);
  engine.turn.record(Nanos(1'250));
  const EngineView view = engine.look();
  const std::vector<std::string> log{"a line of the log"};
  const std::string text = text_of(view, Tab::kMarket, {24, 80}, log);
  EXPECT_EQ(test::count_of(text, "\n"), 24u);
  for (const char* part :
       {"ETHUSDT 1/1", "live testnet", "running", "buy quoting", "sell quoting", "invariants clean",
        "position", "0 ETH", "profit", "6 active", "reset in", "own 6/100", "3000.00", "2994",
        "buy 1", "sell 3", "1 connections, 1 DOWN", "a line of the log", "k kill"}) {
    EXPECT_THAT(text, HasSubstr(part)) << text;
  }
}

// Bids of others on that many prices, from the touch on.
void fill_book(PublishedCore& engine, int prices) {
  std::vector<Quote> bids;
  for (int i = 0; i < prices; ++i) bids.push_back({Ticks(299'999 - i), Lots(10)});
  engine.harness.send_book(0, false, bids, {});
  engine.harness.batch_end();
}

TEST(TopPage, OurOrdersAreInTheLadderHoweverFarTheyStand) {
  PublishedCore engine;
  engine.harness.start_quoting();
  fill_book(engine, 40);
  const EngineView view = engine.look();
  const std::vector<LadderRow> rows = ladder_rows(view.instruments[0], Side::kBuy, 7);
  ASSERT_EQ(rows.size(), 7u);
  EXPECT_EQ(rows[0].price, Ticks(299'999)) << "the market's best";
  std::size_t own = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    own += rows[i].own.v > 0 ? 1u : 0u;
    if (i > 0) {
      EXPECT_LT(rows[i].price, rows[i - 1].price);
    }
  }
  EXPECT_EQ(own, 3u);
  const std::vector<LadderRow> few = ladder_rows(view.instruments[0], Side::kBuy, 2);
  ASSERT_EQ(few.size(), 2u);
  EXPECT_EQ(few[0].own.v, 0) << "market and best order";
  EXPECT_GT(few[1].own.v, 0);
  EXPECT_THAT(ladder_rows(view.instruments[0], Side::kBuy, 0), IsEmpty());
}

TEST(TopPage, ALevelThatIsNotQuotedHasItsReason) {
  PublishedCore engine;
  engine.harness.start_quoting();
  engine.harness.control(ControlCode::kPause, PauseScope::kSell);
  engine.harness.answer_all();
  const std::string text = text_of(engine.look(), Tab::kMarket);
  EXPECT_THAT(text, HasSubstr("sell paused"));
  EXPECT_THAT(text, HasSubstr("sell 1-3 paused")) << text;
  engine.harness.control(ControlCode::kKill);
  engine.harness.answer_all();
  EXPECT_THAT(text_of(engine.look(), Tab::kMarket), HasSubstr("tripped: halted"));
}

TEST(TopPage, WhatHasBecomeOfTheEngineIsSaid) {
  PublishedCore engine;
  engine.harness.start_quoting();
  engine.ours.layout().latch.set(KillLatch::kGuard);
  EXPECT_THAT(text_of(engine.look(), Tab::kMarket), HasSubstr("kill latch set"));
  engine.ours.layout().identity.process.start_ticks ^= 1;
  EXPECT_THAT(text_of(engine.look(), Tab::kMarket), HasSubstr("died"));
  engine.ours.layout().phase = counters::Phase::kEnded;
  EXPECT_THAT(text_of(engine.look(), Tab::kMarket), HasSubstr("ended"));
}

TEST(TopPage, TabsShowOrdersEngineLogAndHelp) {
  PublishedCore engine;
  engine.harness.start_quoting();
  const EngineView view = engine.look();
  const std::string orders = text_of(view, Tab::kOrders);
  EXPECT_EQ(test::count_of(orders, "active"), 12u) << "six orders, six levels\n" << orders;
  const std::string engine_text = text_of(view, Tab::kEngine, {60, 100});
  for (const char* part : {"mm_logic 1.2.3", "0000000000abcdef", "event to command", "weight",
                           "none: the venue is simulated", "place"}) {
    EXPECT_THAT(engine_text, HasSubstr(part)) << engine_text;
  }
  const std::vector<std::string> log{"first", "second\x1b[2J", "third"};
  const std::string log_text = text_of(view, Tab::kLog, {5, 80}, log);
  EXPECT_THAT(log_text, HasSubstr("second?[2J\nthird")) << "the last that fit, and no more colours";
  EXPECT_THAT(log_text, Not(HasSubstr("first")));
  EXPECT_THAT(text_of(view, Tab::kHelp), HasSubstr("asks first"));
}

TEST(TopPage, WhatHasNoRoomIsCounted) {
  CoreConfig config = test::one_instrument();
  config.instruments[0].strategy.target_orders_per_side = 12;
  config.instruments[0].strategy.order_notional = Money(500 * kMoneyScale);
  PublishedCore engine(config);
  engine.harness.start_quoting();
  const EngineView view = engine.look();
  const std::string market = text_of(view, Tab::kMarket), orders = text_of(view, Tab::kOrders);
  EXPECT_EQ(test::count_of(market, " more prices of ours"), 2u) << market;
  EXPECT_EQ(test::count_of(market, " more lines"), 1u) << market;
  // 24 orders, 24 levels, a head, an empty line.
  EXPECT_THAT(orders, HasSubstr("\n+30 more lines\n")) << orders;
  EXPECT_THAT(text_of(view, Tab::kOrders, {60, 80}), Not(HasSubstr(" more "))) << orders;
}

TEST(TopPage, MoreOrdersThanArePublishedAreCounted) {
  PublishedCore engine;
  engine.harness.start_quoting();
  EngineView view = engine.look();
  EXPECT_THAT(text_of(view, Tab::kOrders), Not(HasSubstr(" more ")));
  counters::OrderBlock::Update(engine.ours.instruments()[0].orders).set_rows(2);
  counters::CountersFile theirs;
  ASSERT_EQ(theirs.attach(engine.here.path("session"), counters::CountersFile::Use::kLook), "");
  ASSERT_TRUE(look(theirs, view));
  EXPECT_THAT(text_of(view, Tab::kOrders), HasSubstr("+4 more orders\n"));
}

TEST(TopPage, AGapInTheLadderIsMarked) {
  PublishedCore engine;
  engine.harness.start_quoting();
  fill_book(engine, 30);
  const EngineView view = engine.look();
  const std::vector<LadderRow> rows = ladder_rows(view.instruments[0], Side::kBuy, 7);
  ASSERT_EQ(rows.size(), 7u);
  EXPECT_EQ(own_prices(view.instruments[0], Side::kBuy), 3u);
  for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(rows[i].gap, rows[i].own.v > 0) << i;
  // One level of the market, and that is all there is.
  for (const LadderRow& row : ladder_rows(view.instruments[0], Side::kSell, 7)) {
    EXPECT_FALSE(row.gap);
  }
  EXPECT_THAT(text_of(view, Tab::kMarket), HasSubstr(":  2994.00")) << text_of(view, Tab::kMarket);
}

TEST(TopPage, AMessageTakesThePlaceOfTheKeys) {
  PublishedCore engine;
  const EngineView view = engine.look();
  const std::string text = page_text(
      top_page({.view = view, .rates = kNoRates, .log = {}, .message = "told"}, {24, 80}), false);
  EXPECT_THAT(text, HasSubstr("told\n"));
  EXPECT_THAT(text, Not(HasSubstr("k kill")));
}

TEST(TopPage, AnEngineWithoutInstrumentsIsNoTrouble) {
  const EngineView nothing;
  EXPECT_THAT(text_of(nothing, Tab::kMarket), HasSubstr("no instruments"));
  EXPECT_FALSE(
      page_text(whole_page({.view = nothing, .rates = kNoRates, .log = {}}, 80), false).empty());
}

RC_GTEST_PROP(TopPageProperty, FitsEveryTerminal, ()) {
  static const EngineView view = [] {
    CoreConfig config = test::one_instrument();
    config.instruments[0].strategy.target_orders_per_side = 32;
    static PublishedCore engine(config);
    engine.harness.start_quoting();
    return engine.look();
  }();
  static const std::vector<std::string> log(300, std::string(300, 'x'));
  const auto tab = static_cast<Tab>(*rc::gen::inRange(0, static_cast<int>(Tab::kCount)));
  const PageSize size{*rc::gen::inRange<std::size_t>(1, 120),
                      *rc::gen::inRange<std::size_t>(1, 250)};
  const Page page = top_page({.view = view, .rates = kNoRates, .log = log, .tab = tab}, size);
  RC_ASSERT(page.size() == size.rows);
  for (const Line& line : page) {
    RC_ASSERT(line.width() <= size.columns);
    std::size_t width = 0;
    for (const Piece& piece : line.pieces()) width += piece.text.size();
    RC_ASSERT(width == line.width());
  }
}

// A coin worth a hundred-thousandth: long prices, and sizes of millions.
TEST(TopPage, NoNumberIsCutWithoutAMark) {
  CoreConfig config = test::one_instrument();
  Instrument& coin = config.instruments[0].instrument;
  coin.tick = Amount(1);
  coin.lot = Amount(kAmountScale);
  PublishedCore engine(config);
  std::vector<Quote> bids{{Ticks(1'234), Lots(87'654'321)}, {Ticks(1'230), Lots(1'987'654'321)}},
      asks{{Ticks(1'236), Lots(12'345'678)}, {Ticks(1'240), Lots(123'456'789)}};
  engine.harness.send_book(0, true, bids, asks);
  engine.harness.batch_end();
  const EngineView view = engine.look();
  for (const std::size_t columns : {76u, 80u, 120u}) {
    const std::string text = text_of(view, Tab::kMarket, {24, columns});
    for (const char* part : {"0.00001234 87654321", "0.00001230     1.9G", "0.00001236 12345678",
                             "0.00001240   123.4M"}) {
      EXPECT_THAT(text, HasSubstr(part)) << text;
    }
  }
}

// What is no blank, followed by what is none, is marked: numbers are whole or end in ~.
RC_GTEST_PROP(TextPageProperty, ACutWordSaysSo, ()) {
  const std::string text =
      *rc::gen::container<std::string>(rc::gen::elementOf(std::string("12 .")));
  const std::size_t columns = *rc::gen::inRange<std::size_t>(1, 12);
  Line line(text.substr(0, text.size() / 2));
  line.add(text.substr(text.size() / 2), Style::kBold).fit(columns);
  std::string shown;
  for (const Piece& piece : line.pieces()) shown += piece.text;
  const bool inside = text.size() > columns && text[columns - 1] != ' ' && text[columns] != ' ';
  std::string expected = text.substr(0, columns) + std::string(columns, ' ');
  expected.resize(columns);
  if (inside) expected.back() = Line::kCut;
  RC_ASSERT(shown == expected);
}

TEST(NumberText, ColumnsLineUpAndTimesFit) {
  const counters::Scale scale{Amount(kAmountScale / 100), Amount(kAmountScale / 1000)};
  EXPECT_EQ(price_column(scale, Ticks(300'010)), "3000.10");
  EXPECT_EQ(price_column(scale, HalfTicks(600'021)), "3000.105");
  EXPECT_EQ(lots_column(scale, Lots(-1)), "-0.001");
  EXPECT_EQ(price_column({Amount(kAmountScale), {}}, Ticks(7)), "7");
  EXPECT_EQ(signed_money(Money(kMoneyScale * 3 / 2)), "+1.50");
  EXPECT_EQ(money_column(Money(-kMoneyScale / 100)), "-0.01");
  EXPECT_EQ(duration_text(Nanos(999)), "999ns");
  EXPECT_EQ(duration_text(Nanos(1'250)), "1.25us");
  EXPECT_EQ(duration_text(Nanos(12'500'000)), "12.5ms");
  EXPECT_EQ(duration_text(kSecond * 125), "125s");
  EXPECT_EQ(clock_text(kSecond * 3'723), "01:02:03");
  EXPECT_EQ(span_text(kSecond * 3'723), "01:02:03");
  EXPECT_EQ(span_text(kSecond * (3 * 86'400 + 7'200)), "3d 02:00:00");
  const counters::Scale whole{Amount(1), Amount(kAmountScale)}, fine{Amount(1), Amount(1)};
  EXPECT_EQ(lots_column(whole, Lots(12'345'678), 8), "12345678");
  EXPECT_EQ(lots_column(whole, Lots(123'456'789), 8), "123.4M");
  EXPECT_EQ(lots_column(whole, Lots(-123'456'789), 8), "-123.4M");
  EXPECT_EQ(lots_column(fine, Lots(1'234'567'890), 8), "12.3456~");
  EXPECT_EQ(lots_column(fine, Lots(123'456'789'012'345), 8), "1.2M");
  EXPECT_EQ(lots_column(whole, Lots(std::numeric_limits<std::int64_t>::max() / kAmountScale), 8),
            "92.2G");
}

TEST(LogTail, IsTheEndOfTheFile) {
  const test::Scratch here;
  EXPECT_THAT(log_tail(here.path("missing"), 3), IsEmpty());
  std::string text;
  for (int i = 0; i < 1'000; ++i) text += "line " + std::to_string(i) + "\n";
  const std::string path = here.write("log.txt", text + "half of o");
  EXPECT_THAT(log_tail(path, 2), testing::ElementsAre("line 998", "line 999"));
  EXPECT_EQ(log_tail(path, 100'000).size(), 1'000u);
}

TEST(Fitted, WhatMattersLeastGoesFirst) {
  const auto text = [](std::size_t rows) {
    return page_text(fitted({{"a", 0}, {"b", 2}, {"c", 1}, {"d", 2}}, rows), false);
  };
  EXPECT_EQ(text(9), "a\nb\nc\nd\n");
  EXPECT_EQ(text(4), "a\nb\nc\nd\n");
  EXPECT_EQ(text(3), "a\nc\n+2 more lines\n");
  EXPECT_EQ(text(2), "a\n+3 more lines\n");
  EXPECT_EQ(text(0), "");
}

// Two instruments, a fill, a paused side, an order in doubt: everything `top` has to say.
class TopGolden : public testing::Test {
 protected:
  TopGolden() : engine_(config()) {
    test::CoreHarness& h = engine_.harness;
    h.start_quoting();
    h.fill(h.live(Side::kBuy)[0], Lots(1'000), 1);
    h.control(ControlCode::kPause, PauseScope::kSell);
    h.answer_all();
    engine_.connect("orders 1", true);
    engine_.connect("market 1", false);
    for (const std::int64_t ns : {900, 1'250, 48'000}) engine_.turn.record(Nanos(ns));
    for (const std::int64_t ns : {3'007, 15'615}) engine_.event_to_command.record(Nanos(ns));
    view_ = engine_.look();
    view_.session = "sessions/20260101T000000.000Z";
    view_.pid = 4711;
    rates_.total = 1'234;
    rates_.by_kind[static_cast<std::size_t>(EventKind::kBookLevels)] = 1'200;
    rates_.by_kind[static_cast<std::size_t>(EventKind::kFilled)] = 34;
  }
  static CoreConfig config() {
    CoreConfig c = test::one_instrument();
    c.instruments.push_back(c.instruments[0]);
    Instrument& other = c.instruments[1].instrument;
    constexpr std::string_view kSymbol = "BTCUSDT";
    other.symbol_text = {};
    kSymbol.copy(other.symbol_text.data(), kSymbol.size());
    return c;
  }
  TopInput input(Tab tab) const {
    return {.view = view_, .rates = rates_, .log = kLog, .instrument = 0, .tab = tab};
  }
  std::string all() const {
    std::string text;
    for (const std::size_t columns : {80u, 130u}) {
      text += fmt::format("=== --once, {} columns\n", columns);
      text += page_text(whole_page(input(Tab::kMarket), columns), false);
    }
    for (const PageSize size : {PageSize{24, 80}, PageSize{50, 130}}) {
      for (int tab = 0; tab < static_cast<int>(Tab::kCount); ++tab) {
        text += fmt::format("=== tab {} at {} x {}\n", tab + 1, size.columns, size.rows);
        text += page_text(top_page(input(static_cast<Tab>(tab)), size), false);
      }
    }
    return text;
  }

  inline static const std::vector<std::string> kLog{"08:15:01.000 INFO one line of the log",
                                                    "08:15:02.000 WARN and another"};
  PublishedCore engine_;
  EngineView view_;
  EventCounts rates_;
};

TEST_F(TopGolden, EveryPageIsTheCommittedOne) {
  const std::string path = test::kRoot + "/tests/golden/top.txt";
  if (std::getenv("MM_REGOLDEN") != nullptr) {
    std::ofstream(path) << all();
    return;
  }
  EXPECT_EQ(all(), test::read_file(path)) << "If this change is meant: scripts/regolden";
}

}  // namespace
}  // namespace mm::monitor
