#include "engine/core/request_meter.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

namespace mm {
namespace {

constexpr Nanos at(std::int64_t milliseconds) {
  return Nanos(milliseconds * kMillisecond.v);
}

Command command(CommandKind kind, DecisionReason why = DecisionReason::kNone) {
  Command c;
  c.kind = kind;
  c.why = static_cast<std::uint8_t>(why);
  return c;
}

std::vector<Quote> ladder(std::initializer_list<int> prices, int lots = 5) {
  std::vector<Quote> result;
  for (const int p : prices) result.push_back({Ticks(p), Lots(lots)});
  return result;
}

class RequestMeterTest : public testing::Test {
 protected:
  void desire(std::initializer_list<int> prices, std::int64_t ms, int lots = 5) {
    meter_.on_desired(0, Side::kBuy, ladder(prices, lots), at(ms));
  }
  std::int64_t equivalent() const { return meter_.total().cancel_place_equivalent.raw; }

  std::array<VenueRules, 2> rules_{kBinanceSpotRules, kBinanceUsdmRules};
  RequestMeter meter_{rules_};
};

TEST_F(RequestMeterTest, NothingSentSavesNothing) {
  EXPECT_EQ(meter_.total().saved_pct_hundredths(), 0);
  EXPECT_EQ(meter_.total().amend_saved_pct_hundredths(), 0);
  EXPECT_EQ(meter_.total().sent_per_equivalent_hundredths().raw, 0);
}

TEST_F(RequestMeterTest, SentRequestsCostWhatTheVenueSays) {
  for (const auto kind : {CommandKind::kPlace, CommandKind::kCancel, CommandKind::kReplace,
                          CommandKind::kReduce, CommandKind::kQueryOrder}) {
    meter_.on_sent(command(kind));
  }
  meter_.on_sent(command(CommandKind::kResyncFeed));  // not a request to the order session
  EXPECT_EQ(meter_.total().sent.raw, 5);
  EXPECT_EQ(meter_.total().sent.orders, 2);
  EXPECT_EQ(meter_.total().sent.weight, 4 + 4);
  EXPECT_EQ(meter_.total().count(CommandKind::kReplace), 1);
}

TEST_F(RequestMeterTest, ADeniedCommandCostsNothing) {
  meter_.on_sent(command(CommandKind::kReplace));
  meter_.on_denied(0, CommandKind::kReplace);
  EXPECT_EQ(meter_.total().sent.raw, 0);
  EXPECT_EQ(meter_.total().count(CommandKind::kReplace), 0);
  EXPECT_EQ(meter_.total().amend_saved_pct_hundredths(), 0);
}

TEST_F(RequestMeterTest, TheShadowPlacesNewLevelsAndMovesChangedOnes) {
  desire({100, 99, 98}, 0);
  EXPECT_EQ(equivalent(), 3);
  desire({100, 99, 98}, 2000);  // nothing changed
  EXPECT_EQ(equivalent(), 3);
  desire({100, 99, 97}, 4000);  // one level by a tick: cancel and place
  EXPECT_EQ(equivalent(), 5);
  desire({100, 99, 97}, 6000, 6);  // all by a lot
  EXPECT_EQ(equivalent(), 11);
}

TEST_F(RequestMeterTest, TheShadowTouchesAnOrderAtMostOnceASecond) {
  desire({100}, 0);
  desire({101}, 999);
  EXPECT_EQ(equivalent(), 1);
  desire({102}, 1000);
  EXPECT_EQ(equivalent(), 3);
  desire({103}, 1500);
  desire({102}, 2000);  // back where it was: nothing to do
  EXPECT_EQ(equivalent(), 3);
}

TEST_F(RequestMeterTest, AVanishedLevelIsOnlyCancelledAndANewOneOnlyPlaced) {
  desire({100, 99}, 0);
  desire({100}, 1000);
  EXPECT_EQ(equivalent(), 3);
  desire({}, 2000);
  EXPECT_EQ(equivalent(), 4);
  desire({100}, 3000);
  EXPECT_EQ(equivalent(), 5);
}

TEST_F(RequestMeterTest, AResetCancelsAndPlacesEveryShadowOrder) {
  desire({100, 99}, 0);
  meter_.on_desired(0, Side::kSell, ladder({110}), at(0));
  meter_.on_desired(1, Side::kSell, ladder({110}), at(0));
  EXPECT_EQ(equivalent(), 4);
  meter_.on_reset(0, at(5000));
  EXPECT_EQ(equivalent(), 4 + 6);
  desire({101, 99}, 5500);  // touched by the reset less than a second ago
  EXPECT_EQ(equivalent(), 10);
}

TEST_F(RequestMeterTest, SavingsCompareWhatWasSentWithTheShadow) {
  desire({100, 99}, 0);      // 2
  desire({101, 100}, 1000);  // 4
  desire({102, 101}, 2000);  // 4
  meter_.on_sent(command(CommandKind::kPlace));
  meter_.on_sent(command(CommandKind::kPlace));
  EXPECT_EQ(meter_.total().saved_pct_hundredths(), 8000);
  EXPECT_EQ(meter_.total().sent_per_equivalent_hundredths().raw, 2000);
  EXPECT_EQ(meter_.total().sent_per_equivalent_hundredths().orders, 2 * 10'000 / 6);
  for (int i = 0; i < 10; ++i) meter_.on_sent(command(CommandKind::kCancel));
  EXPECT_EQ(meter_.total().saved_pct_hundredths(), -2000);
}

TEST_F(RequestMeterTest, AmendsSaveHalfAndCancelWithPlaceSavesNothing) {
  for (int i = 0; i < 3; ++i) meter_.on_sent(command(CommandKind::kReplace));
  EXPECT_EQ(meter_.total().amend_saved_pct_hundredths(), 5000);
  meter_.on_sent(command(CommandKind::kCancel, DecisionReason::kFarDeviation));
  meter_.on_sent(command(CommandKind::kPlace));
  EXPECT_EQ(meter_.total().amend_saved_pct_hundredths(), 3750);
  meter_.on_sent(command(CommandKind::kCancel, DecisionReason::kPulled));  // no change of terms
  EXPECT_EQ(meter_.total().amend_saved_pct_hundredths(), 3750);
}

TEST_F(RequestMeterTest, EachInstrumentPaysItsOwnVenuesPrices) {
  Command c = command(CommandKind::kCancel);
  c.instrument = 1;
  meter_.on_sent(c);
  EXPECT_EQ(meter_.total().sent.weight, 1);
}

}  // namespace
}  // namespace mm
