// What the live status says, from pictures of the core made by hand.
#include "engine/app/status/status_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <memory>

#include "engine/app/status/activity.h"
#include "engine/app/status/progress.h"
#include "tests/core_harness.h"

namespace mm::app {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr Screen kTerminal{.redraws = true, .colours = true};
constexpr Nanos kStart{1'704'067'200 * kSecond.v};  // midnight

// One instrument with two orders, 61 s after the start.
class StatusPage : public testing::Test {
 protected:
  void SetUp() override {
    snapshot_.time = kStart + kSecond * 61;
    snapshot_.instrument_count = 1;
    snapshot_.requests_sent = 25;
    snapshot_.requests_equivalent = 100;
    snapshot_.saved_pct_hundredths = 7'550;
    InstrumentView& v = view();
    v.bids[0] = {Ticks(299'990), Lots(15'000)};
    v.asks[0] = {Ticks(300'010), Lots(20'000)};
    v.bid_levels = v.ask_levels = 1;
    v.position = Amount(-50'000'000);
    v.realized = Money(kMoneyScale * 5 / 2);
    v.total = Money(kMoneyScale * 3 / 2);
    v.fees = Money(kMoneyScale);
    v.counts.placed = 11;
    v.counts.amended = 7;
    v.fills = 3;
    v.resets = 2;
    v.live_orders = 2;
    v.pending_amends = 1;
    v.next_reset = snapshot_.time + kMillisecond * 12'400;
    v.last_reset = snapshot_.time - kMillisecond * 7'600;
    v.reasons = {QuoteReason::kQuoting, QuoteReason::kQuoting};
    add_order(Side::kBuy, 299'400, OrderState::kActive);
    add_order(Side::kSell, 300'600, OrderState::kPendingModify);
    counts_.total = 5'000;
    rates_.total = 80;
  }
  InstrumentView& view() { return snapshot_.instruments[0]; }
  void add_order(Side side, std::int32_t ticks, OrderState state) {
    OrderView& o = view().orders[view().order_count++];
    o = {};
    o.side = side;
    o.price = Ticks(ticks);
    o.lots = Lots(3'333);
    o.filled = Lots(100);
    o.created = snapshot_.time - kSecond * 9;
    o.state = state;
  }
  ViewInput input(Nanos until = kNever) const {
    return {snapshot_, counts_, rates_, kStart, until, "simulated market"};
  }
  static StatusView make(ViewKind kind, Screen screen = {}) {
    return StatusView(kind, screen, {test::eth_spot()});
  }
  std::string page(ViewKind kind) const { return make(kind).page(input()); }

  std::unique_ptr<StatusSnapshot> storage_ = std::make_unique<StatusSnapshot>();
  StatusSnapshot& snapshot_ = *storage_;
  EventCounts counts_, rates_;
};

TEST_F(StatusPage, ShowsTimeMarketPositionAndRequests) {
  const std::string text = page(ViewKind::kStatus);
  EXPECT_THAT(text, HasSubstr("MM_Logic 00:01:01 UTC, running 61 s\nsimulated market\n"));
  EXPECT_THAT(text, HasSubstr("events 5000 (80/s)"));
  EXPECT_THAT(text, HasSubstr("requests 25, by cancel and place 100 (saved 75.5 %)"));
  EXPECT_THAT(text, HasSubstr("invariants clean"));
  EXPECT_THAT(text, HasSubstr("ETHUSDT  quoting\n"));
  EXPECT_THAT(text, HasSubstr("1.5 x 2999.9  |  3000.1 x 2\n"));
  EXPECT_THAT(text, HasSubstr("position  -0.5 ETH   profit 1.5 (realised 2.5, open 0, fees 1)"));
  EXPECT_THAT(text, HasSubstr("2 live   placed 11, amended 7,"));
  EXPECT_THAT(text, HasSubstr("; 3 fills\n"));
  EXPECT_THAT(text, Not(HasSubstr("next reset"))) << "that is the orders' view";
  EXPECT_THAT(make(ViewKind::kStatus).page(input(kStart + kSecond * 100)),
              HasSubstr("running 61 s, 39 s left\n"));
}

TEST_F(StatusPage, ShowsTheOrdersFromTheHighestPriceDown) {
  const std::string text = page(ViewKind::kOrders);
  EXPECT_THAT(text,
              HasSubstr("next reset in 13 s (2 so far, the last 7 s ago)   amends under way 1\n"));
  const std::size_t sell =
      text.find("  sell          3006       0.3333         0.01 pending_modify");
  const std::size_t buy = text.find("  buy           2994       0.3333         0.01 active");
  EXPECT_NE(sell, std::string::npos) << text;
  EXPECT_NE(buy, std::string::npos) << text;
  EXPECT_LT(sell, buy);
  EXPECT_THAT(text, HasSubstr("      9s\n"));
}

TEST_F(StatusPage, ACountdownNeverGoesBelowZeroAndMayBeOff) {
  view().next_reset = snapshot_.time - kSecond;
  EXPECT_THAT(page(ViewKind::kOrders), HasSubstr("next reset in 0 s"));
  view().next_reset = kNever;
  EXPECT_THAT(page(ViewKind::kOrders), HasSubstr("next reset off"));
}

TEST_F(StatusPage, SaysWhatIsWrong) {
  view().reasons = {QuoteReason::kPositionLimit, QuoteReason::kQuoting};
  view().bid_levels = 0;
  snapshot_.trip = QuoteReason::kLossLimit;
  snapshot_.violations = 1;
  const std::string text = page(ViewKind::kStatus);
  EXPECT_THAT(text, HasSubstr("ETHUSDT  buy position_limit, sell quoting\n"));
  EXPECT_THAT(text, HasSubstr("market    no book\n"));
  EXPECT_THAT(text, HasSubstr("stopped: loss_limit\n"));
  EXPECT_THAT(text, HasSubstr("INVARIANT BROKEN"));
  EXPECT_THAT(make(ViewKind::kStatus, kTerminal).page(input()),
              HasSubstr("\x1b[31mINVARIANT BROKEN"));
  EXPECT_EQ(text.find('\x1b'), std::string::npos) << "colours only on a terminal";
}

TEST_F(StatusPage, AWarningStandsInItsHead) {
  ViewInput in = input();
  in.warning = "JOURNAL NOT WRITTEN";
  EXPECT_THAT(make(ViewKind::kStatus).page(in), HasSubstr("\nJOURNAL NOT WRITTEN\n"));
  EXPECT_THAT(make(ViewKind::kStatus, kTerminal).page(in),
              HasSubstr("\x1b[31mJOURNAL NOT WRITTEN"));
}

TEST_F(StatusPage, InstrumentsBeyondTheRoomAreCounted) {
  snapshot_.instrument_count = 50;
  snapshot_.total.quoting = 50;
  const StatusView view(ViewKind::kStatus, {}, std::vector<Instrument>(50, test::eth_spot()));
  const std::string text = view.page(input());
  EXPECT_THAT(text, HasSubstr("... and 42 more instruments\n50 of 50 instruments quoting: "));
}

TEST_F(StatusPage, ALineOfManyInstrumentsSaysWhatTheyComeToAndWhichDoNotQuote) {
  std::vector<Instrument> instruments;
  for (const char* symbol : {"AUSDT", "BUSDT", "CUSDT"}) {
    instruments.push_back(test::eth_spot());
    std::strcpy(instruments.back().symbol_text.data(), symbol);
  }
  snapshot_.instrument_count = 3;
  snapshot_.total = {.quoting = 1,
                     .live_orders = 9,
                     .fills = 3,
                     .amended = 7,
                     .resets = 2,
                     .profit = Money(kMoneyScale * 3 / 2)};
  snapshot_.idle[0] = {0, {QuoteReason::kStaleData, QuoteReason::kStaleData}};
  snapshot_.idle[1] = {2, {QuoteReason::kPositionLimit, QuoteReason::kQuoting}};
  EXPECT_EQ(StatusView(ViewKind::kStatus, {}, instruments).line(input()),
            "00:01:01 80 events/s, 1 of 3 instruments quoting: profit 1.5 USDT, 9 live orders, "
            "3 fills, 7 amends, 2 resets; not quoting: AUSDT (stale_data), CUSDT (buy "
            "position_limit, sell quoting)");
  std::strcpy(instruments[1].quote_text.data(), "BTC");
  EXPECT_THAT(StatusView(ViewKind::kStatus, {}, instruments).line(input()),
              HasSubstr("quoting: 9 live orders"))
      << "profits in two assets do not add up";
}

TEST_F(StatusPage, ALineOfFiftyInstrumentsIsBounded) {
  snapshot_.instrument_count = 50;
  const StatusView view(ViewKind::kStatus, {}, std::vector<Instrument>(50, test::eth_spot()));
  const std::string text = view.line(input());
  EXPECT_THAT(text, testing::EndsWith(" and 42 more"));
  EXPECT_EQ(text.find('\n'), std::string::npos);
  snapshot_.total.quoting = 50;
  EXPECT_THAT(view.line(input()), Not(HasSubstr("not quoting")));
}

TEST_F(StatusPage, ALineHoldsTheEssentials) {
  EXPECT_EQ(make(ViewKind::kStatus).line(input()),
            "00:01:01 ETHUSDT quoting: position -0.5, profit 1.5, 2 live orders, 3 fills, "
            "7 amends, 2 resets, 80 events/s");
}

TEST_F(StatusPage, TheLogKeepsTheLastLinesWithTheirTime) {
  StatusView view = make(ViewKind::kOrders);
  for (int i = 0; i < 100; ++i) view.log(kStart + kSecond * i, "line " + std::to_string(i));
  const std::string text = view.page(input());
  EXPECT_THAT(text, testing::EndsWith("  00:01:38  line 98\n  00:01:39  line 99\n"));
  EXPECT_THAT(text, Not(HasSubstr("line 80\n")));
}

TEST_F(StatusPage, OnATerminalItIsDrawnInPlaceAndTheCursorComesBack) {
  StatusView view = make(ViewKind::kStatus, kTerminal);
  testing::internal::CaptureStdout();
  view.show(input());
  view.show(input());
  view.close();
  view.close();
  const std::string text = testing::internal::GetCapturedStdout();
  EXPECT_THAT(text, testing::StartsWith("\x1b[?25l\x1b[?7l\x1b[2J\x1b[H"));
  EXPECT_THAT(text, testing::EndsWith("\x1b[J\x1b[?25h\x1b[?7h\n"));
  EXPECT_EQ(text.find("\x1b[?25h"), text.rfind("\x1b[?25h")) << "closed once";
  EXPECT_EQ(text.find("\x1b[?25l"), text.rfind("\x1b[?25l")) << "opened once";
}

TEST_F(StatusPage, WithoutATerminalItIsALineAndTheOrders) {
  StatusView view = make(ViewKind::kOrders);
  view.log(kStart, "something");
  testing::internal::CaptureStdout();
  view.show(input());
  view.show(input());
  view.close();
  const std::string text = testing::internal::GetCapturedStdout();
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_THAT(text, HasSubstr("next reset in 13 s"));
  EXPECT_EQ(text.find("something"), text.rfind("something")) << "each line of the log once";
}

TEST_F(StatusPage, WithoutATerminalTheOrdersOfEachInstrumentAreShown) {
  snapshot_.instrument_count = 2;
  snapshot_.total.quoting = 2;
  snapshot_.instruments[1] = snapshot_.instruments[0];
  std::vector<Instrument> instruments(2, test::eth_spot());
  std::strcpy(instruments[1].symbol_text.data(), "BTCUSDT");
  StatusView view(ViewKind::kOrders, {}, instruments);
  testing::internal::CaptureStdout();
  view.show(input());
  EXPECT_THAT(
      testing::internal::GetCapturedStdout(),
      testing::AllOf(HasSubstr("\nETHUSDT\n  next reset"), HasSubstr("\nBTCUSDT\n  next reset")));
}

TEST_F(StatusPage, APageIsDrawnInPlaceWithoutColoursToo) {
  StatusView view = make(ViewKind::kStatus, {.redraws = true});
  testing::internal::CaptureStdout();
  view.show(input());
  view.close();
  const std::string text = testing::internal::GetCapturedStdout();
  EXPECT_THAT(text, testing::StartsWith("\x1b[?25l\x1b[?7l\x1b[2J\x1b[H"));
  EXPECT_THAT(text, HasSubstr("\x1b[HMM_Logic 00:01:01"));
}

TEST(StatusBoard, APictureAddsUpAllInstrumentsAndNamesTheFirstThatDoNotQuote) {
  CoreConfig config;
  config.orders.modify_rate_limit = 1'000;
  config.account.max_order_count = 100;
  for (int i = 0; i < 12; ++i) config.instruments.push_back({test::eth_spot(), {}, {}});
  test::CoreHarness engine(config);
  engine.book(Ticks(299'990), Ticks(300'010), 3);
  engine.advance(kSecond * 2);
  engine.book(Ticks(299'990), Ticks(300'010), 3);
  const auto picture = std::make_unique<StatusSnapshot>();
  for (int i = 0; i < 2; ++i) take_snapshot(engine.core, *picture);
  EXPECT_EQ(picture->instrument_count, 12u);
  EXPECT_EQ(picture->total.quoting, 0u) << "warming up, or without a book";
  EXPECT_EQ(picture->idle[3].instrument, 3);
  EXPECT_EQ(picture->idle[3].reasons[0], engine.core.instrument(3).side(Side::kBuy).reason);
}

TEST(StatusBoard, ThereIsNoPictureOfACoreThatHasSeenNothing) {
  const Core core(test::one_instrument());
  StatusAgent::Ring ring(4);
  const Clock clock;
  StatusAgent agent(core, ring, clock);
  for (int i = 0; i < 1'000; ++i) agent.do_work();
  const auto picture = std::make_unique<StatusSnapshot>();
  EXPECT_FALSE(ring.try_pop(*picture));
}

std::string said(const Activity& activity) {
  const std::vector<Instrument> instruments{test::eth_spot()};
  return activity_text(activity, instruments);
}

TEST(ActivityText, PutsCommandsIntoWords) {
  Activity a;
  a.command.kind = CommandKind::kPlace;
  a.command.side = Side::kSell;
  a.command.ticks = 300'600;
  a.command.lots = Lots(3'333);
  a.command.id = ClientOrderId(0xAB);
  a.command.why = static_cast<std::uint8_t>(DecisionReason::kNewLevel);
  EXPECT_EQ(said(a), "ETHUSDT place sell 0.3333 @ 3006 (new_level) [ab]");
  for (const CommandKind kind :
       {CommandKind::kReplace, CommandKind::kModify, CommandKind::kReduce}) {
    a.command.kind = kind;
    EXPECT_EQ(said(a), "ETHUSDT order_modify sell to 0.3333 @ 3006 (new_level) [ab]");
  }
  a.command.kind = CommandKind::kCancel;
  EXPECT_EQ(said(a), "ETHUSDT cancel sell (new_level) [ab]");
  a.command.kind = CommandKind::kResyncFeed;
  EXPECT_EQ(said(a), "ETHUSDT feed asked to resynchronise");
  a.command.kind = CommandKind::kQueryOrder;
  EXPECT_EQ(said(a), std::string("ETHUSDT ") + name(CommandKind::kQueryOrder) + " [ab]");
  a.command.instrument = 1;
  EXPECT_EQ(said(a), "") << "of an instrument nobody knows";
}

TEST(ActivityText, PutsEventsIntoWords) {
  Activity a;
  a.event.kind = EventKind::kFilled;
  a.event.fill.ticks = 299'400;
  a.event.fill.lots = Lots(100);
  a.event.fill.id = ClientOrderId(0xCD);
  EXPECT_EQ(said(a), "ETHUSDT FILLED buy 0.01 @ 2994 [cd]");

  a.event = {};
  a.event.kind = EventKind::kRejected;
  a.event.failure.id = ClientOrderId(0xEF);
  EXPECT_THAT(said(a), testing::MatchesRegex("ETHUSDT rejected: .* \\[ef\\]"));

  a.event = {};
  a.event.kind = EventKind::kAccepted;
  a.event.report.id = ClientOrderId(1);
  EXPECT_EQ(said(a), "ETHUSDT accepted [1]");

  a.event = {};
  a.event.kind = EventKind::kTrade;
  a.event.trade.ticks = 300'000;
  a.event.trade.lots = Lots(10'000);
  EXPECT_EQ(said(a), "ETHUSDT trade, buy aggressor, 1 @ 3000");

  a.event = {};
  a.event.kind = EventKind::kControl;
  a.event.control.code = ControlCode::kShutdown;
  EXPECT_EQ(said(a), "shutting down: cancelling all orders");
  a.event.control.code = ControlCode::kKill;
  EXPECT_EQ(said(a), "KILL: cancelling all orders");
}

TEST(Progress, IsSilentWhereNobodyWouldSeeIt) {
  testing::internal::CaptureStderr();
  {
    Progress progress("walking", false);
    progress.show(1, 2, 3);
  }
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "") << "stderr is no terminal here";
}

}  // namespace
}  // namespace mm::app
