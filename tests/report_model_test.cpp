// What a report sees of a session beside the core: quoting against the core's own uptime, lives of
// orders, samples over time, and the page around it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <simdjson.h>

#include "engine/report/distribution.h"
#include "engine/report/report_page.h"
#include "tests/core_harness.h"

namespace mm {
namespace {

using test::CoreHarness;
using testing::HasSubstr;
using testing::Not;

// A core driven by hand whose model hears of everything.
class Watched : public CoreHarness {
 public:
  explicit Watched(const CoreConfig& config = test::one_instrument())
      : CoreHarness(config), model(core) {}

  SessionModel model;

  void tell(Event e) {
    deliver(e);
    e.time = now;
    model.on_event(e, commands);
  }
  void decide() {
    Event e;
    e.kind = EventKind::kBatchEnd;
    tell(e);
  }
  void quote(Ticks bid, Ticks ask) {
    send_book(0, true, {{bid, Lots(100'000)}}, {{ask, Lots(100'000)}});
    Event e;
    e.kind = EventKind::kTimer;
    tell(e);
    decide();
  }
  // A market that says nothing but that it is there, and timers as they come due.
  void wait(int seconds) {
    for (int i = 0; i < seconds; ++i) {
      const Nanos until = now + kSecond;
      Event alive;
      alive.kind = EventKind::kFeedStatus;
      alive.feed.up = 1;
      tell(alive);
      while (core.next_deadline() <= until) {
        now = std::max(now, core.next_deadline());
        Event e;
        e.kind = EventKind::kTimer;
        tell(e);
        decide();
      }
      now = until;
    }
  }
  void accept(const Command& c) {
    Event e;
    e.kind = EventKind::kAccepted;
    e.report.id = c.id;
    e.report.lots = c.lots;
    e.report.ticks = c.ticks;
    tell(e);
  }
  void fill(const Command& c, std::uint64_t trade, Lots lots) {
    Event e;
    e.kind = EventKind::kFilled;
    e.flags = static_cast<std::uint8_t>(kFlagMaker | (c.side == Side::kSell ? kFlagSell : 0));
    e.fill.id = c.id;
    e.fill.trade_id = TradeId(trade);
    e.fill.lots = lots;
    e.fill.ticks = c.ticks;
    e.fill.fee_asset = Asset::kQuote;
    tell(e);
  }
  void shut_down() {
    Event e;
    e.kind = EventKind::kControl;
    e.control.code = ControlCode::kShutdown;
    tell(e);
    decide();
    model.finish();
  }
  InstrumentModel& seen() { return model.instrument(0); }
};

// Quotes stand for 20 s of 30, then the market runs away from them.
TEST(ReportModel, WithinMaxSpreadIsTheCoresUptime) {
  Watched w;
  w.quote(Ticks(300'000), Ticks(300'010));
  w.wait(7);
  for (const Command& c : w.take(CommandKind::kPlace)) w.accept(c);
  w.decide();
  w.wait(20);
  w.quote(Ticks(303'000), Ticks(303'010));
  w.wait(10);
  w.shut_down();
  const QuoteUptime& core = w.core.instrument(0).uptime;
  const auto full = std::ranges::find(Compliance::kDistances, 100) - Compliance::kDistances.begin();
  const QuoteUptime& both = w.seen().compliance.within(static_cast<std::size_t>(full)).both;
  EXPECT_GT(core.quoted().v, 0);
  EXPECT_LT(core.quoted(), core.measured());
  EXPECT_EQ(both.quoted(), core.quoted());
  EXPECT_EQ(both.measured(), core.measured());
  EXPECT_EQ(w.seen().compliance.within(0).both.quoted(), Nanos(0)) << "nearer than min_spread";
  EXPECT_GT(w.seen().compliance.deep(3).quoted().v, 0) << "90 % of the configured size";
  EXPECT_GT(w.seen().compliance.spread_mean().v, ratio_ppm(3'900).v);
  EXPECT_GT(w.seen().compliance.depth_mean().v, 2'900 * kAmountScale);
}

TEST(ReportModel, AnOrdersLifeIsItsQueueItsWaitAndItsEnd) {
  Watched w;
  w.quote(Ticks(300'000), Ticks(300'010));
  w.wait(7);
  const std::vector<Command> placed = w.take(CommandKind::kPlace);
  ASSERT_EQ(placed.size(), 6u);
  for (const Command& c : placed) w.accept(c);
  w.accept(placed[0]);  // told twice
  w.now += kSecond * 2;
  w.fill(placed[0], 1, Lots(placed[0].lots.v - 1));
  w.now += kSecond;
  w.fill(placed[0], 2, Lots(1));
  w.fill(placed[0], 2, Lots(1));  // told twice
  w.shut_down();
  OrderLives& nearest = w.seen().lives.by_level()[{placed[0].side, 0}];
  EXPECT_EQ(nearest.joined, 1);
  EXPECT_EQ(nearest.filled, 1);
  EXPECT_EQ(nearest.rested, kSecond * 3);
  EXPECT_EQ(nearest.fill_wait.percentile(50), kSecond.v * 2);
  EXPECT_EQ(nearest.ahead.percentile(50), 0) << "the book had nothing at that price";
  std::int64_t joined = 0, ended = 0;
  for (const auto& [key, lives] : w.seen().lives.by_level()) {
    joined += lives.joined;
    ended += lives.filled + lives.amended + lives.cancelled;
  }
  EXPECT_EQ(joined, 6);
  EXPECT_EQ(ended, 6);
  ASSERT_EQ(w.seen().fills.rows().size(), 2u);
  EXPECT_EQ(w.seen().fills.rows()[1].level, 0);
  EXPECT_EQ(w.seen().fills.rows()[1].position, w.core.instrument(0).position.base());
}

// As top has it: not the level that it was placed for, when the market has moved on.
TEST(ReportModel, AFillIsOfTheLevelThatItsOrderServedThen) {
  Watched w;
  w.quote(Ticks(300'000), Ticks(300'010));
  w.wait(7);
  const std::vector<Command> placed = w.take(CommandKind::kPlace);
  ASSERT_EQ(placed.size(), 6u);
  for (const Command& c : placed) w.accept(c);
  const std::int64_t apart = placed[0].ticks - placed[1].ticks;
  Ticks bid(300'000);
  std::uint64_t trade = 0;
  int moved = 0;
  for (int move = 0; move < 12; ++move) {
    bid += Ticks(apart * (move % 3 == 2 ? -4 : 1));
    w.quote(bid, bid + Ticks(10));
    for (int round = 0; round < 4; ++round) w.answer_all();
    const std::vector<Order> bids = w.live(Side::kBuy);
    for (std::size_t i = 0; i < bids.size(); ++i) {
      Command of;
      of.id = bids[i].id;
      of.side = Side::kBuy;
      of.ticks = static_cast<std::int32_t>(bids[i].price.v);
      w.fill(of, ++trade, Lots(1));
      ASSERT_EQ(w.seen().fills.rows().size(), trade);
      EXPECT_EQ(w.seen().fills.rows().back().level, static_cast<int>(i)) << move;
      moved += bids[i].level != static_cast<int>(i) ? 1 : 0;
    }
  }
  EXPECT_GT(moved, 0) << "else they are where they were placed";
}

TEST(ReportModel, SamplesAreThinnedAndTheLastIsTheEnd) {
  Watched w;
  for (int i = 0; i < 5'000; ++i) {
    w.quote(Ticks(300'000 + i % 5), Ticks(300'010 + i % 5));
    w.now += kMillisecond * 150;
  }
  w.shut_down();
  const EquitySeries& equity = w.model.equity();
  EXPECT_GT(equity.times().size(), 900u);
  EXPECT_LE(equity.times().size(), 2'048u);
  EXPECT_EQ(equity.times().back(), w.core.now());
  EXPECT_TRUE(std::ranges::is_sorted(equity.times()));
  EXPECT_EQ(equity.at(equity.times().size() - 1, 0).mark, w.core.instrument(0).mark);
}

TEST(ReportModel, PercentilesAreExact) {
  Distribution d;
  EXPECT_EQ(d.percentile(50), 0);
  for (const int value : {5, 1, 4, 2, 3}) d.add(value);
  EXPECT_EQ(d.percentile(0), 1);
  EXPECT_EQ(d.percentile(50), 3);
  EXPECT_EQ(d.percentile(90), 5);
  d.add(0);
  EXPECT_EQ(d.percentile(50), 2);
}

TEST(ReportPage, HoldsEverythingAndEndsNoScriptEarly) {
  Watched w;
  w.quote(Ticks(300'000), Ticks(300'010));
  w.shut_down();
  const ReportInput input{.session = "s</script><b>",
                          .mode = "sim",
                          .build = "b",
                          .summary_json = "{\"notes\": [\"<!-- </script>\"]}",
                          .config = "[strategy]\nmin_spread = 1\n",
                          .warnings = {"a & <b>"}};
  const std::string json = report_json(input, w.core, w.model);
  simdjson::dom::parser parser;
  simdjson::dom::element data;
  ASSERT_EQ(parser.parse(json).get(data), simdjson::SUCCESS) << json;
  EXPECT_EQ(data["session"].get_string().value(), input.session);
  EXPECT_EQ(data.at_pointer("/instruments/0/symbol").get_string().value(), "ETHUSDT");
  const std::string page = report_page(json);
  EXPECT_TRUE(page.starts_with(report_beginning()));
  EXPECT_THAT(std::string(report_beginning()), HasSubstr("mm_logic report"));
  EXPECT_THAT(page, HasSubstr("uPlot"));
  EXPECT_THAT(page, Not(HasSubstr("{{")));
  EXPECT_THAT(page, Not(HasSubstr("s</script>")));
  EXPECT_THAT(page, Not(HasSubstr("src=\"http")));
}

}  // namespace
}  // namespace mm
