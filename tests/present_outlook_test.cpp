// What a plan says by an engine's published numbers alone, against what its core then does.
#include "engine/app/reload/present_outlook.h"

#include <gmock/gmock.h>

#include "engine/app/config/core_setup.h"
#include "engine/journal/instrument_text.h"
#include "tests/published_core.h"

namespace mm::app {
namespace {

using test::PublishedCore;

Config config_with(std::vector<std::string> sets) {
  sets.push_back("execution.modify_rate_limit=100");
  const ConfigLoad load = parse_config("", "test", sets);
  EXPECT_EQ(load.error, "");
  return load.config;
}

class PresentOutlookTest : public testing::Test {
 protected:
  PresentOutlookTest() { engine_.harness.start_quoting(); }

  Outlook look(const Config& next) {
    JournalHeader header;
    header.segment = 3;
    header.instruments = instrument_lines(instruments_);
    return look_at_present(header, engine_.look(), running_, next);
  }
  void reload(const Config& next) {
    next_ = make_core_config(next, instruments_);
    engine_.harness.core.offer(next_);
    engine_.harness.control(ControlCode::kReload);
    for (int round = 0; round < 3; ++round) engine_.harness.answer_all();
  }
  Amount rests(Side side) const {
    Lots sum{};
    for (const Order& o : engine_.harness.live(side)) sum += o.leaves();
    return base_amount(instruments_[0], sum);
  }

  const std::vector<Instrument> instruments_{test::eth_spot()};
  const Config running_ = config_with({});
  CoreConfig next_;
  PublishedCore engine_{make_core_config(running_, instruments_)};
};

TEST_F(PresentOutlookTest, OrdersAndExposureAreThoseThatFollow) {
  for (const char* set : {"strategy.order_notional=600", "strategy.order_notional=200",
                          "strategy.max_spread=0.008", "strategy.target_orders_per_side=1"}) {
    const Config next = config_with({set});
    const Outlook outlook = look(next);
    ASSERT_EQ(outlook.error, "");
    const InstrumentOutlook& o = outlook.instruments.at(0);
    EXPECT_EQ(o.resting, static_cast<std::int64_t>(engine_.harness.core.orders().live_count()));
    EXPECT_EQ(o.before.all_bought, o.position + rests(Side::kBuy)) << set;
    EXPECT_EQ(o.before.all_sold, o.position - rests(Side::kSell)) << set;
    reload(next);
    EXPECT_EQ(o.after.all_bought, o.position + rests(Side::kBuy)) << set;
    EXPECT_EQ(o.after.all_sold, o.position - rests(Side::kSell)) << set;
    EXPECT_EQ(o.resting - o.cancelled + o.placed,
              static_cast<std::int64_t>(engine_.harness.core.orders().live_count()))
        << set;
  }
}

TEST_F(PresentOutlookTest, AFillAndAPauseAreInIt) {
  const Order bid = engine_.harness.live(Side::kBuy)[0];
  engine_.harness.fill(bid, Lots(bid.lots.v / 2), 1);
  engine_.harness.control(ControlCode::kPause, PauseScope::kSell);
  engine_.harness.answer_all();
  const Outlook outlook = look(config_with({"strategy.order_notional=600"}));
  ASSERT_EQ(outlook.error, "");
  const InstrumentOutlook& o = outlook.instruments.at(0);
  EXPECT_EQ(o.position, engine_.harness.core.instrument(0).position.base());
  EXPECT_GT(o.position, Amount(0));
  EXPECT_EQ(o.bare[index(Side::kSell)], QuoteReason::kPaused);
  EXPECT_EQ(o.after.all_sold, o.position);
  const std::int64_t sent = engine_.harness.core.requests().total().sent.raw;
  EXPECT_EQ(outlook.requests_sent, sent);
  EXPECT_GE(sent, 6);
  Outlook then;
  then.requests_sent = 30;
  then.session = kSecond * 90;
  EXPECT_EQ(outlook_text(then), "in all\n  requests   20 a minute were sent so far -> not known\n");
}

TEST_F(PresentOutlookTest, AHaltedEngineQuotesNothingWhateverIsChanged) {
  engine_.harness.control(ControlCode::kKill);
  engine_.harness.answer_all();
  const Outlook outlook = look(config_with({"strategy.order_notional=600"}));
  ASSERT_EQ(outlook.error, "");
  const InstrumentOutlook& o = outlook.instruments.at(0);
  EXPECT_EQ(o.resting + o.placed + o.amended + o.cancelled, 0);
  for (const Side side : kSides) EXPECT_EQ(o.bare[index(side)], QuoteReason::kHalted);
  EXPECT_EQ(o.after.all_bought, o.position);
  EXPECT_THAT(outlook_text(outlook),
              testing::HasSubstr("             bid: halted\n             ask: halted\n"));
}

TEST_F(PresentOutlookTest, AJournalOfAnotherEngineIsRefused) {
  JournalHeader header;
  EXPECT_THAT(look_at_present(header, engine_.look(), running_, running_).error,
              testing::HasSubstr("not the same instruments"));
}

}  // namespace
}  // namespace mm::app
