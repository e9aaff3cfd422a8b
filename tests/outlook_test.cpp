// What a plan says against what the session's own engine then does.
#include "engine/app/reload/outlook.h"

#include <gmock/gmock.h>

#include "engine/app/config/core_setup.h"
#include "engine/app/config/sim_setup.h"
#include "engine/app/session/session_record.h"
#include "engine/app/soak/virtual_run.h"
#include "tests/e2e_support.h"

namespace mm::app {
namespace {

using test::Scratch;
using testing::HasSubstr;

constexpr Nanos kStart{1'704'067'200 * kSecond.v};

// A session in virtual time that goes on, its journal as another process finds it.
class OutlookTest : public testing::Test {
 protected:
  void begin(int seconds, std::vector<std::string> sets = {}) {
    sets_ = std::move(sets);
    sets_.push_back("execution.modify_rate_limit=100");
    const Config config = with({});
    instruments_ = simulated_instruments(config);
    venue_ = make_sim_venue(config, instruments_);
    ASSERT_EQ(record_.open(config, here_.path("s"), "sim", instruments_, kStart), "");
    run_.emplace(config, instruments_, *venue_, record_.journal());
    run_->begin(kStart);
    run_->advance(kStart + kSecond * seconds);
    record_.journal().flush();
  }
  Config with(std::vector<std::string> more) const {
    std::vector<std::string> all = sets_;
    all.insert(all.end(), more.begin(), more.end());
    const ConfigLoad load = parse_config("", "test", all);
    EXPECT_EQ(load.error, "");
    return load.config;
  }
  Outlook look(const Config& next) const {
    Outlook outlook = look_ahead(SessionFolder(here_.path("s")), next);
    EXPECT_EQ(outlook.error, "");
    return outlook;
  }
  std::int64_t sent(CommandKind kind) const { return run_->core().requests().total().count(kind); }

  const Scratch here_;
  std::vector<std::string> sets_;
  std::vector<Instrument> instruments_;
  std::unique_ptr<sim::SimVenue> venue_;
  SessionRecord record_;
  std::optional<VirtualRun<NoSource>> run_;
};

TEST_F(OutlookTest, OrdersMoveAsItSays) {
  ASSERT_NO_FATAL_FAILURE(begin(60));
  const Config next = with({"strategy.min_spread=0.008", "strategy.max_spread=0.0095"});
  const InstrumentOutlook outlook = look(next).instruments.at(0);
  EXPECT_EQ(outlook.resting, 6);
  const std::int64_t amends = sent(CommandKind::kReplace), cancels = sent(CommandKind::kCancel),
                     places = sent(CommandKind::kPlace);
  run_->reload(make_core_config(next, instruments_));
  EXPECT_EQ(sent(CommandKind::kReplace) - amends, outlook.amended);
  EXPECT_EQ(sent(CommandKind::kCancel) - cancels, outlook.cancelled);
  run_->advance(run_->now() + kSecond);
  EXPECT_EQ(sent(CommandKind::kPlace) - places, outlook.placed);
  EXPECT_GT(outlook.amended, 0);
}

TEST_F(OutlookTest, ExposureIsThatOfTheOrdersAndOfTheLadder) {
  ASSERT_NO_FATAL_FAILURE(begin(60));
  const Config next = with({"strategy.target_orders_per_side=1", "strategy.order_notional=300",
                            "risk.max_position_notional=6000"});
  const InstrumentOutlook outlook = look(next).instruments.at(0);
  const auto worth = [&](Amount a) { return value(outlook.instrument, a, outlook.fair); };
  const Amount bought = outlook.before.all_bought - outlook.position;
  EXPECT_LE(worth(bought), Money(3100 * kMoneyScale));
  EXPECT_GT(worth(bought), Money(2900 * kMoneyScale));
  EXPECT_LE(worth(outlook.after.all_bought - outlook.position), Money(310 * kMoneyScale));
  EXPECT_GT(worth(outlook.after.all_bought - outlook.position), Money(290 * kMoneyScale));
  EXPECT_LE(worth(outlook.after.limit), Money(6000 * kMoneyScale));
  EXPECT_GT(worth(outlook.before.limit), Money(9900 * kMoneyScale));
  EXPECT_EQ(outlook.cancelled, 4);
}

// Sizes follow loosely: what a reload leaves where it is counts as it rests, not as it is wanted.
TEST_F(OutlookTest, ExposureAfterIsWhatThenRests) {
  ASSERT_NO_FATAL_FAILURE(begin(60, {"market.scenario=calm"}));
  const auto rests = [&](Side side) {
    Lots sum{};
    for (const std::uint16_t slot : run_->core().orders().live(0, side)) {
      sum += run_->core().orders().row(slot).leaves();
    }
    return base_amount(instruments_[0], sum);
  };
  const auto reload = [&](std::vector<std::string> sets) {
    const Config next = with(std::move(sets));
    record_.journal().flush();
    const InstrumentOutlook outlook = look(next).instruments.at(0);
    EXPECT_EQ(outlook.before.all_bought, outlook.position + rests(Side::kBuy));
    record_.journal().config(effective_text(next));
    run_->reload(make_core_config(next, instruments_));
    run_->advance(run_->now() + kMillisecond * 100);  // for the answers
    EXPECT_EQ(outlook.after.all_bought, outlook.position + rests(Side::kBuy));
    EXPECT_EQ(outlook.after.all_sold, outlook.position - rests(Side::kSell));
    return outlook;
  };
  const InstrumentOutlook smaller = reload({"strategy.order_notional=600"});
  EXPECT_EQ(smaller.amended + smaller.cancelled + smaller.placed, 0) << "refill_below leaves them";
  EXPECT_EQ(smaller.before.all_bought, smaller.after.all_bought);
  const InstrumentOutlook much_smaller = reload({"strategy.order_notional=200"});
  EXPECT_EQ(much_smaller.amended, 6);
  EXPECT_LT(much_smaller.after.all_bought, much_smaller.before.all_bought);
  const InstrumentOutlook fewer = reload({"strategy.target_orders_per_side=1"});
  EXPECT_EQ(fewer.cancelled, 4);
}

TEST_F(OutlookTest, RequestsFollowTheMarketThatWas) {
  ASSERT_NO_FATAL_FAILURE(begin(300));
  const Outlook same = look(with({}));
  EXPECT_GE(same.watched, kSecond * 269);
  const InstrumentOutlook& as_it_is = same.instruments.at(0);
  EXPECT_EQ(as_it_is.requests_before, as_it_is.requests_after);
  EXPECT_EQ(as_it_is.amended + as_it_is.cancelled, 0);
  const std::int64_t sent = run_->core().requests().total().sent.raw;
  EXPECT_GT(2 * as_it_is.requests_before, sent / 2) << "about what the session itself has sent";
  EXPECT_LT(as_it_is.requests_before, 2 * sent);
  EXPECT_LE(as_it_is.requests_sent, sent);
  EXPECT_GT(as_it_is.requests_sent, sent * 8 / 10) << "of 270 s in 300";
  const Outlook eager = look(with({"strategy.modify_threshold=0.0001"}));
  EXPECT_EQ(eager.instruments.at(0).requests_before, as_it_is.requests_before);
  EXPECT_GT(eager.instruments.at(0).requests_after, 2 * as_it_is.requests_before);
}

TEST_F(OutlookTest, AFewLinesForEachInstrument) {
  ASSERT_NO_FATAL_FAILURE(begin(60, {"venue.symbols=ETHUSDT BTCUSDT"}));
  const std::string text = outlook_text(look(with({"strategy.target_orders_per_side=2"})));
  EXPECT_THAT(text, HasSubstr("ETHUSDT\n  orders     6 rest: 0 amended, 2 cancelled, 4 left; 0"));
  EXPECT_THAT(text, HasSubstr("BTCUSDT\n  orders     6 rest"));
  EXPECT_THAT(text, HasSubstr("  if bought  "));
  EXPECT_THAT(text, HasSubstr(" a minute by this forecast on the market of the last 29 s; "));
  EXPECT_EQ(test::count_of(text, "\n"), 14u);
}

TEST_F(OutlookTest, WhatStopsQuotingIsNamed) {
  ASSERT_NO_FATAL_FAILURE(begin(60));
  EXPECT_THAT(outlook_text(look(with({"strategy.warmup_s=3600"}))),
              HasSubstr("bid: warm_up\n             ask: warm_up\n"));
}

TEST_F(OutlookTest, WithoutAJournalThereIsNone) {
  EXPECT_THAT(look_ahead(SessionFolder(here_.path("none")), with({})).error,
              HasSubstr("none/journal.bin"));
}

}  // namespace
}  // namespace mm::app
