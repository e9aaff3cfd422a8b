#include "engine/core/quote_planner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <memory>
#include <ostream>
#include <set>
#include <vector>

namespace mm {

static std::ostream& operator<<(std::ostream& out, const PlanAction& a) {
  return out << "{step " << static_cast<int>(a.step) << ", why " << name(a.why) << ", level "
             << static_cast<int>(a.level) << ", slot " << a.slot << ", target " << a.target.price.v
             << " x " << a.target.lots.v << "}";
}

}  // namespace mm

namespace {

using namespace mm;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAre;

constexpr Side kSides[] = {Side::kBuy, Side::kSell};
constexpr std::int64_t kFair = 10'000;  // ticks: 0.1 % is 10 of them
constexpr Lots kSize(100);
constexpr Nanos kNow(kSecond.v);

// One side's orders and wanted levels, described as bids and mirrored at fair value for asks.
class Desk {
 public:
  explicit Desk(Side s, const VenueRules& r = kBinanceSpotRules) : side(s), rules(r) {}

  std::uint16_t order(std::int64_t bid, Lots lots = kSize, Lots filled = Lots(0)) {
    Order& row = *table.create(0, side, mirror(bid), lots, kNow);
    table.transition(row, OrderState::kActive, kNow);
    if (filled.v > 0) {
      table.update(row, [&](Order& o) { o.filled = filled; });
      table.transition(row, OrderState::kPartiallyFilled, kNow);
    }
    return row.slot;
  }
  // An order for which nothing can be sent now.
  std::uint16_t order_in(OrderState state, std::int64_t bid, Lots filled = Lots(0)) {
    if (state == OrderState::kPendingNew) {
      return table.create(0, side, mirror(bid), kSize, kNow)->slot;
    }
    Order& row = table.row(order(bid, kSize, filled));
    table.transition(row, state, kNow);
    table.update(row, [&](Order& o) {
      o.in_flight =
          state == OrderState::kPendingCancel ? CommandKind::kCancel : CommandKind::kReplace;
    });
    return row.slot;
  }
  void moving_to(std::uint16_t slot, std::int64_t bid) {
    table.update(table.row(slot), [&](Order& o) {
      o.next_price = mirror(bid);
      o.next_lots = kSize;
    });
  }
  void want(std::vector<std::int64_t> bids, Lots lots = kSize) {
    targets.clear();
    for (const std::int64_t bid : bids) targets.push_back({mirror(bid), lots});
  }

  std::vector<PlanAction> plan() {
    const PlanInput in{.side = side,
                       .live = table.live(0, side),
                       .targets = targets,
                       .fair = half_ticks(Ticks(kFair)),
                       .opposite_best = mirror(opposite_best),
                       .bounds = plan_bounds(half_ticks(Ticks(kFair)), params, patience),
                       .excess = excess};
    const auto actions = planner->plan(in, table, params, rules);
    return {actions.begin(), actions.end()};
  }
  Ticks mirror(std::int64_t bid) const { return Ticks(side == Side::kBuy ? bid : 2 * kFair - bid); }

  // Actions as they are expected, in bid prices.
  PlanAction place(int level) const {
    return {PlanStep::kPlace, DecisionReason::kNewLevel, static_cast<std::int8_t>(level), kNoSlot,
            targets[static_cast<std::size_t>(level)]};
  }
  PlanAction to(PlanStep step, DecisionReason why, std::uint16_t slot, int level) const {
    return {step, why, static_cast<std::int8_t>(level), slot,
            targets[static_cast<std::size_t>(level)]};
  }
  PlanAction cut_to(Lots lots, std::uint16_t slot, int level) const {
    PlanAction action = to(PlanStep::kResize, DecisionReason::kSizeChange, slot, level);
    action.target.lots = lots;
    return action;
  }
  static PlanAction cancel(DecisionReason why, std::uint16_t slot) {
    return {PlanStep::kCancel, why, -1, slot, {}};
  }

  Side side;
  VenueRules rules;
  OrderTable table{{.capacity = 128, .per_side_max = 128}};
  StrategyParams params;
  std::vector<Quote> targets;
  std::int64_t opposite_best = kFair + 5;
  int patience = 1;
  Lots excess{};
  std::unique_ptr<QuotePlanner> planner = std::make_unique<QuotePlanner>();
};

bool same(const PlanAction& a, const PlanAction& b) {
  return a.step == b.step && a.why == b.why && a.level == b.level && a.slot == b.slot &&
         a.target == b.target;
}
MATCHER_P(Is, expected, "") {
  return same(arg, expected);
}

class QuotePlannerTest : public testing::TestWithParam<Side> {};
INSTANTIATE_TEST_SUITE_P(Sides, QuotePlannerTest, testing::ValuesIn(kSides),
                         [](const auto& tested) { return name(tested.param); });

TEST_P(QuotePlannerTest, PlacesEveryLevelWithoutOrdersNearestFirst) {
  Desk d(GetParam());
  d.want({9'980, 9'970, 9'960});
  EXPECT_THAT(d.plan(), ElementsAre(Is(d.place(0)), Is(d.place(1)), Is(d.place(2))));
}

TEST_P(QuotePlannerTest, NoTargetsCancelsEverything) {
  Desk d(GetParam());
  const auto a = d.order(9'980), b = d.order(9'970);
  EXPECT_THAT(d.plan(), UnorderedElementsAre(Is(Desk::cancel(DecisionReason::kNoTarget, a)),
                                             Is(Desk::cancel(DecisionReason::kNoTarget, b))));
}

TEST_P(QuotePlannerTest, Rule1AnOrderAtOrThroughTheOppositeBestIsCancelledAndPlacedAnew) {
  for (const std::int64_t best : {9'985, 9'984}) {
    Desk d(GetParam());
    const auto slot = d.order(9'985);
    d.want({9'980});
    d.opposite_best = best;
    EXPECT_THAT(d.plan(),
                ElementsAre(Is(Desk::cancel(DecisionReason::kThroughTouch, slot)), Is(d.place(0))));
  }
  Desk d(GetParam());
  d.order(9'985);
  d.want({9'980});
  d.opposite_best = 9'986;
  EXPECT_THAT(d.plan(), IsEmpty());
}

TEST_P(QuotePlannerTest, Rule2AnOrderTooNearFairValueMovesWhateverTheThresholdSays) {
  Desk d(GetParam());
  d.params.min_spread_tolerance = ratio_ppm(500'000);  // half of 20 ticks
  const auto slot = d.order(9'991);
  d.want({9'980});
  EXPECT_THAT(d.plan(), ElementsAre(Is(d.to(PlanStep::kMove, DecisionReason::kTooNear, slot, 0))));
  d.want({9'880});  // farther than max_modify_deviation: rule 2 comes first
  EXPECT_THAT(d.plan(), ElementsAre(Is(d.to(PlanStep::kMove, DecisionReason::kTooNear, slot, 0))));

  Desk at_the_bound(GetParam());
  at_the_bound.params.min_spread_tolerance = ratio_ppm(500'000);
  at_the_bound.order(9'990);
  at_the_bound.want({9'980});
  EXPECT_THAT(at_the_bound.plan(), IsEmpty());
}

TEST_P(QuotePlannerTest, AnOrderAtItsTargetIsNeverMoved) {
  Desk d(GetParam());
  d.params.min_spread_tolerance = Ratio(0);
  d.params.modify_threshold = Ratio(0);
  d.order(9'995);
  d.want({9'995});
  EXPECT_THAT(d.plan(), IsEmpty());
}

TEST_P(QuotePlannerTest, Rule2IsOffWithTheDefaultToleranceAndTheOrderRests) {
  Desk d(GetParam());
  d.order(10'000);
  d.want({9'980});
  EXPECT_THAT(d.plan(), IsEmpty());
}

TEST_P(QuotePlannerTest, Rule3AnOrderBeyondMaxModifyDeviationIsCancelledAndPlaced) {
  for (const std::int64_t far : {9'879, 10'081}) {
    Desk d(GetParam());
    d.opposite_best = 11'000;
    const auto slot = d.order(far);
    d.want({9'980});
    EXPECT_THAT(d.plan(),
                ElementsAre(Is(Desk::cancel(DecisionReason::kFarDeviation, slot)), Is(d.place(0))));
  }
}

TEST_P(QuotePlannerTest, Rule4AnOrderBeyondTheThresholdIsAmended) {
  for (const std::int64_t off : {9'880, 9'949, 10'011, 10'080}) {
    Desk d(GetParam());
    d.opposite_best = 11'000;
    const auto slot = d.order(off);
    d.want({9'980});
    EXPECT_THAT(d.plan(),
                ElementsAre(Is(d.to(PlanStep::kMove, DecisionReason::kDeviation, slot, 0))));
  }
}

TEST_P(QuotePlannerTest, Rule5AnOrderWithinTheThresholdIsLeftAlone) {
  for (const std::int64_t off : {9'950, 9'979, 9'980, 10'010}) {
    Desk d(GetParam());
    d.opposite_best = 11'000;
    d.order(off);
    d.want({9'980});
    EXPECT_THAT(d.plan(), IsEmpty());
  }
}

TEST_P(QuotePlannerTest, AFilledLevelIsPlacedAnewAndItsNeighboursStay) {
  for (int gone = 0; gone < 3; ++gone) {
    for (const std::int64_t threshold : {0, 3'000}) {
      Desk d(GetParam());
      d.params.modify_threshold = ratio_ppm(threshold);
      d.want({9'980, 9'970, 9'960});
      for (int level = 0; level < 3; ++level) {
        if (level != gone) d.order(9'980 - 10 * level);
      }
      EXPECT_THAT(d.plan(), ElementsAre(Is(d.place(gone)))) << gone;
    }
  }
}

TEST_P(QuotePlannerTest, ANeighbourThatNeedsARefillIsNotShiftedToTheFilledLevel) {
  Desk d(GetParam(), kBinanceUsdmRules);
  const auto part = d.order(9'970, kSize, Lots(80));
  d.order(9'960);
  d.want({9'980, 9'970, 9'960});
  EXPECT_THAT(d.plan(), ElementsAre(Is(d.place(0)),
                                    Is(d.to(PlanStep::kMove, DecisionReason::kRefill, part, 1))));
}

TEST_P(QuotePlannerTest, WhenTheMarketStepsTheOutermostOrderRollsToTheFreeLevel) {
  Desk d(GetParam());
  d.params.modify_threshold = Ratio(0);
  const auto a = d.order(9'980);
  d.order(9'970);
  const auto c = d.order(9'960);
  d.want({9'990, 9'980, 9'970});
  EXPECT_THAT(d.plan(), ElementsAre(Is(d.to(PlanStep::kMove, DecisionReason::kDeviation, c, 0))));
  d.want({9'970, 9'960, 9'950});
  EXPECT_THAT(d.plan(), ElementsAre(Is(d.to(PlanStep::kMove, DecisionReason::kDeviation, a, 2))));
}

TEST_P(QuotePlannerTest, AnOrderRollsPastALevelItCannotReach) {
  Desk d(GetParam());
  d.params.modify_threshold = Ratio(0);
  d.opposite_best = 11'000;
  const auto inner = d.order(9'900);
  d.order(9'890);
  d.want({10'001, 9'890, 9'880});
  EXPECT_THAT(
      d.plan(),
      ElementsAre(Is(d.place(0)), Is(d.to(PlanStep::kMove, DecisionReason::kDeviation, inner, 2))));
}

TEST_P(QuotePlannerTest, OnSpotAnOrderWithFillsThatWouldRollHoldsTheLevelInstead) {
  Desk d(GetParam());
  d.params.modify_threshold = Ratio(0);
  const auto inner = d.order(9'980, kSize, Lots(1));
  d.order(9'970);
  d.want({9'970, 9'960});
  EXPECT_THAT(d.plan(),
              ElementsAre(Is(d.to(PlanStep::kCancel, DecisionReason::kDeviation, inner, 1))));
}

TEST_P(QuotePlannerTest, MoreOrdersThanLevelsCancelsTheOnesThatServeNone) {
  Desk d(GetParam());
  d.params.modify_threshold = Ratio(0);
  d.order(9'980);
  const auto extra = d.order(9'975);
  d.order(9'970);
  d.want({9'980, 9'970});
  EXPECT_THAT(d.plan(), ElementsAre(Is(Desk::cancel(DecisionReason::kNoTarget, extra))));
}

TEST_P(QuotePlannerTest, OrdersBeyondWhatIsConsideredAreCancelled) {
  Desk d(GetParam());
  for (int i = 0; i < 70; ++i) d.order(9'980 - i);
  d.want({9'980, 9'979, 9'978});
  const auto actions = d.plan();
  EXPECT_EQ(actions.size(), 67u);
  for (const PlanAction& a : actions) {
    EXPECT_TRUE(same(a, Desk::cancel(DecisionReason::kNoTarget, a.slot)));
    EXPECT_LE(d.side == Side::kBuy ? d.table.row(a.slot).price.v
                                   : 2 * kFair - d.table.row(a.slot).price.v,
              9'977);
  }
}

TEST_P(QuotePlannerTest, SizesFollowOnlyWhenTheyAreHalfOff) {
  Desk d(GetParam());
  const auto slot = d.order(9'980, Lots(100));
  for (const std::int64_t lots : {50, 99, 101, 200}) {
    d.want({9'980}, Lots(lots));
    EXPECT_THAT(d.plan(), IsEmpty()) << lots;
  }
  d.want({9'980}, Lots(201));
  EXPECT_THAT(d.plan(),
              ElementsAre(Is(d.to(PlanStep::kMove, DecisionReason::kSizeChange, slot, 0))));
  d.want({9'980}, Lots(49));
  EXPECT_THAT(d.plan(),
              ElementsAre(Is(d.to(PlanStep::kResize, DecisionReason::kSizeChange, slot, 0))));
}

TEST_P(QuotePlannerTest, AnExcessIsTakenFromTheOutermostOrderAndByAnEighthAtLeast) {
  Desk d(GetParam());
  d.order(9'980, Lots(100));
  const auto outer = d.order(9'970, Lots(100));
  d.want({9'980, 9'970}, Lots(99));
  d.excess = Lots(1);
  EXPECT_THAT(d.plan(), ElementsAre(Is(d.cut_to(Lots(88), outer, 1))));
  d.targets[1].lots = Lots(60);
  EXPECT_THAT(d.plan(), ElementsAre(Is(d.cut_to(Lots(60), outer, 1))));
  d.excess = Lots(0);
  EXPECT_THAT(d.plan(), IsEmpty());
}

TEST_P(QuotePlannerTest, AnExcessThatTheOutermostOrderCannotBearIsTakenFromTheNextToo) {
  Desk d(GetParam());
  const auto inner = d.order(9'980, Lots(100)), outer = d.order(9'970, Lots(100));
  d.want({9'980, 9'970}, Lots(80));
  d.excess = Lots(40);
  EXPECT_THAT(d.plan(),
              ElementsAre(Is(d.cut_to(Lots(80), outer, 1)), Is(d.cut_to(Lots(80), inner, 0))));
}

TEST_P(QuotePlannerTest, AnExcessThatAMoveTakesAwayCutsNothingElse) {
  Desk d(GetParam());
  const auto moves = d.order(9'900, Lots(100));
  d.order(9'870, Lots(100));
  d.want({9'980, 9'870}, Lots(90));
  d.excess = Lots(10);
  EXPECT_THAT(d.plan(),
              ElementsAre(Is(d.to(PlanStep::kMove, DecisionReason::kDeviation, moves, 0))));
}

TEST_P(QuotePlannerTest, AnExcessNeverCutsAnOrderSoFarThatItWouldBeToppedUp) {
  Desk d(GetParam());
  d.params.refill_below = Ratio(kRatioScale * 9 / 10);
  const auto slot = d.order(9'980, Lots(100));
  d.want({9'980}, Lots(99));
  d.excess = Lots(1);
  EXPECT_THAT(d.plan(), ElementsAre(Is(d.cut_to(Lots(99), slot, 0))));
}

TEST_P(QuotePlannerTest, APartiallyFilledOrderRestsUntilItsLeavesAreBelowRefillBelow) {
  for (const VenueRules& rules : {kBinanceSpotRules, kBinanceUsdmRules}) {
    Desk d(GetParam(), rules);
    d.order(9'980, Lots(100), Lots(50));
    d.want({9'980}, Lots(100));
    EXPECT_THAT(d.plan(), IsEmpty());
  }
}

TEST_P(QuotePlannerTest, WhereAModifyIsInPlaceAnOrderWithFillsIsModified) {
  Desk d(GetParam(), kBinanceUsdmRules);
  const auto slot = d.order(9'980, Lots(100), Lots(51));
  d.want({9'980}, Lots(100));
  EXPECT_THAT(d.plan(), ElementsAre(Is(d.to(PlanStep::kMove, DecisionReason::kRefill, slot, 0))));
  d.want({9'940}, Lots(60));
  EXPECT_THAT(d.plan(),
              ElementsAre(Is(d.to(PlanStep::kMove, DecisionReason::kDeviation, slot, 0))));
}

TEST_P(QuotePlannerTest, OnSpotAnOrderWithFillsIsCancelledAndItsLevelWaitsForTheFinalQuantity) {
  struct Case {
    std::int64_t target, lots_filled;
    DecisionReason why;
  };
  for (const Case& c :
       {Case{9'980, 51, DecisionReason::kRefill}, Case{9'940, 1, DecisionReason::kDeviation},
        Case{9'870, 1, DecisionReason::kFarDeviation}}) {
    Desk d(GetParam());
    const auto slot = d.order(9'980, Lots(100), Lots(c.lots_filled));
    d.want({c.target, c.target - 50});
    EXPECT_THAT(d.plan(), ElementsAre(Is(d.to(PlanStep::kCancel, c.why, slot, 0)), Is(d.place(1))));
  }
}

TEST_P(QuotePlannerTest, OnSpotACutOfAnOrderWithFillsIsAResizeInPlace) {
  Desk d(GetParam());
  const auto slot = d.order(9'980, Lots(100), Lots(10));
  d.want({9'980}, Lots(44));
  EXPECT_THAT(d.plan(),
              ElementsAre(Is(d.to(PlanStep::kResize, DecisionReason::kSizeChange, slot, 0))));
}

TEST_P(QuotePlannerTest, AnOrderWithFillsThatTheMarketWentThroughHoldsItsLevel) {
  Desk d(GetParam());
  const auto slot = d.order(9'985, kSize, Lots(1));
  d.want({9'980, 9'930});
  d.opposite_best = 9'985;
  EXPECT_THAT(d.plan(),
              ElementsAre(Is(Desk::cancel(DecisionReason::kThroughTouch, slot)), Is(d.place(1))));
}

TEST_P(QuotePlannerTest, AnOrderBeingCancelledMakesRoomAtOnceUnlessItHasFills) {
  Desk d(GetParam());
  d.order_in(OrderState::kPendingCancel, 9'980);
  d.want({9'980});
  EXPECT_THAT(d.plan(), ElementsAre(Is(d.place(0))));

  Desk with_fills(GetParam());
  with_fills.order_in(OrderState::kPendingCancel, 9'980, Lots(1));
  with_fills.want({9'980});
  EXPECT_THAT(with_fills.plan(), IsEmpty());
}

TEST_P(QuotePlannerTest, AWantedCancelCountsAsBeingCancelled) {
  Desk d(GetParam());
  const auto slot = d.order_in(OrderState::kUnknown, 9'980);
  d.want({9'980});
  EXPECT_THAT(d.plan(), IsEmpty());  // it may rest there
  d.table.update(d.table.row(slot), [](Order& o) { o.cancel_wanted = true; });
  EXPECT_THAT(d.plan(), ElementsAre(Is(d.place(0))));
}

TEST_P(QuotePlannerTest, OrdersInFlightAreNotTouchedAndServeALevel) {
  for (const OrderState state :
       {OrderState::kPendingNew, OrderState::kPendingModify, OrderState::kUnknown}) {
    Desk d(GetParam());
    d.params.modify_threshold = Ratio(0);
    const auto slot = d.order_in(state, 9'970);
    if (state == OrderState::kPendingModify) d.moving_to(slot, 9'971);
    d.want({9'850});
    EXPECT_THAT(d.plan(), IsEmpty());
    d.opposite_best = 9'960;  // through: still nothing can be sent
    EXPECT_THAT(d.plan(), IsEmpty());
    d.want({});
    EXPECT_THAT(d.plan(), IsEmpty());
  }
}

TEST_P(QuotePlannerTest, AnOrderBeingMovedCountsWhereItGoes) {
  Desk d(GetParam());
  d.params.modify_threshold = Ratio(0);
  const auto slot = d.order_in(OrderState::kPendingModify, 9'950);
  d.moving_to(slot, 9'980);
  d.order(9'970);
  d.want({9'980, 9'970, 9'950});
  EXPECT_THAT(d.plan(), ElementsAre(Is(d.place(2))));
}

TEST_P(QuotePlannerTest, CancelsComeFirst) {
  Desk d(GetParam());
  d.opposite_best = 9'990;
  const auto through = d.order(9'995);
  const auto far = d.order(9'700);
  d.want({9'980, 9'970});
  EXPECT_THAT(d.plan(), ElementsAre(Is(Desk::cancel(DecisionReason::kThroughTouch, through)),
                                    Is(Desk::cancel(DecisionReason::kFarDeviation, far)),
                                    Is(d.place(0)), Is(d.place(1))));
}

// The rules once more, as plain sentences over one order and one target.
struct Rules {
  const Desk& desk;

  static std::int64_t abs(std::int64_t x) { return x < 0 ? -x : x; }
  bool too_near(const Order& o, const Quote& t) const {
    const std::int64_t spread = 20;  // 0.002 of fair value
    const std::int64_t allowed_1000 =
        spread * (1000 - desk.params.min_spread_tolerance.v / 1'000'000);
    const std::int64_t distance = (kFair - o.price.v) * sign(desk.side);
    return allowed_1000 > 0 && distance * 1000 < allowed_1000 && o.price != t.price;
  }
  bool within(const Order& o, const Quote& t, Ratio limit) const {
    return abs(o.price.v - t.price.v) * kRatioScale <= kFair * limit.v;
  }
  bool may_stay(const Order& o, const Quote& t) const {
    const std::int64_t leaves = o.leaves().v, wanted = t.lots.v;
    const bool sized = 2 * leaves >= wanted && 2 * wanted >= leaves;
    return !too_near(o, t) && within(o, t, desk.params.modify_threshold) &&
           within(o, t, desk.params.max_modify_deviation) && sized;
  }
  bool may_move(const Order& o, const Quote& t) const {
    return too_near(o, t) || within(o, t, desk.params.max_modify_deviation);
  }
};

// Fewest requests over every way to pair orders with targets in which those that stay do not
// cross: 0 to stay, 1 to move, 1 to cancel an order without target, 1 to place.
class Exhaustive {
 public:
  explicit Exhaustive(const Desk& desk) : desk_(desk), rules_{desk} {
    for (const std::uint16_t slot : desk.table.live(0, desk.side)) {
      orders_.push_back(&desk.table.row(slot));
    }
  }
  int fewest() { return search(0, 0, -1); }

 private:
  int search(std::size_t i, unsigned used, int last_stay) {
    if (i == orders_.size()) {
      return static_cast<int>(desk_.targets.size()) - __builtin_popcount(used);
    }
    int best = 1 + search(i + 1, used, last_stay);
    for (std::size_t j = 0; j < desk_.targets.size(); ++j) {
      if ((used >> j & 1U) != 0) continue;
      const Quote& target = desk_.targets[j];
      if (rules_.may_move(*orders_[i], target)) {
        best = std::min(best, 1 + search(i + 1, used | 1U << j, last_stay));
      }
      if (rules_.may_stay(*orders_[i], target) && static_cast<int>(j) > last_stay) {
        best = std::min(best, search(i + 1, used | 1U << j, static_cast<int>(j)));
      }
    }
    return best;
  }

  const Desk& desk_;
  Rules rules_;
  std::vector<const Order*> orders_;
};

void fill_randomly(Desk& d) {
  const int orders = *rc::gen::inRange(0, 5), targets = *rc::gen::inRange(0, 5);
  std::set<std::int64_t, std::greater<>> prices;
  for (int i = 0; i < orders; ++i) {
    const Lots lots(*rc::gen::inRange(60, 140));
    const bool filled = d.rules.modify_in_place && *rc::gen::inRange(0, 3) == 0;
    d.order(kFair - *rc::gen::inRange(0, 60), lots, Lots(filled ? *rc::gen::inRange(1, 60) : 0));
  }
  for (int j = 0; j < targets; ++j) prices.insert(kFair - *rc::gen::inRange(20, 60));
  for (const std::int64_t p : prices) {
    d.targets.push_back({d.mirror(p), Lots(*rc::gen::inRange(60, 240))});
  }
  d.params.modify_threshold = ratio_ppm(*rc::gen::element(0, 200, 600, 1'500));
  d.params.min_spread_tolerance = ratio_ppm(*rc::gen::element(0, 500'000, 1'000'000));
}

// Every order and level at most once, and together they give exactly the wanted ladder.
void assert_whole(const Desk& d, const std::vector<PlanAction>& actions) {
  std::set<std::uint16_t> slots;
  std::set<int> levels;
  std::size_t cancels = 0, places = 0;
  bool cancelling = true;
  for (const PlanAction& a : actions) {
    if (a.slot != kNoSlot) RC_ASSERT(slots.insert(a.slot).second);
    cancels += a.step == PlanStep::kCancel ? 1U : 0U;
    places += a.step == PlanStep::kPlace ? 1U : 0U;
    RC_ASSERT((a.step == PlanStep::kPlace) == (a.slot == kNoSlot));
    RC_ASSERT(a.step != PlanStep::kKeep);
    RC_ASSERT(a.step != PlanStep::kCancel || cancelling);
    cancelling = a.step == PlanStep::kCancel;
    if (cancelling) continue;
    RC_ASSERT(levels.insert(a.level).second);
    RC_ASSERT(a.target == d.targets[static_cast<std::size_t>(a.level)]);
  }
  RC_ASSERT(d.table.live(0, d.side).size() - cancels + places == d.targets.size());
}

RC_GTEST_PROP(QuotePlannerProperty, SendsTheFewestRequestsOverAllMatchings, ()) {
  Desk d(*rc::gen::element(Side::kBuy, Side::kSell),
         *rc::gen::element(kBinanceSpotRules, kBinanceUsdmRules));
  fill_randomly(d);
  d.opposite_best = kFair + 1;
  const auto actions = d.plan();
  assert_whole(d, actions);
  RC_ASSERT(static_cast<int>(actions.size()) == Exhaustive(d).fewest());
}

RC_GTEST_PROP(QuotePlannerProperty, IsWithinOneOfTheFewestWhereAmendsCannotReachAll, ()) {
  Desk d(*rc::gen::element(Side::kBuy, Side::kSell), kBinanceSpotRules);
  fill_randomly(d);
  d.opposite_best = kFair + 1;
  d.params.min_spread_tolerance = Ratio(kRatioScale);
  d.params.max_modify_deviation = ratio_ppm(*rc::gen::element(500, 1'000, 2'000));
  const auto actions = d.plan();
  assert_whole(d, actions);
  const int fewest = Exhaustive(d).fewest();
  RC_ASSERT(static_cast<int>(actions.size()) >= fewest);
  RC_ASSERT(static_cast<int>(actions.size()) <= fewest + 1);
}

RC_GTEST_PROP(QuotePlannerProperty, APlanCarriedOutNeedsNoOther, ()) {
  Desk d(*rc::gen::element(Side::kBuy, Side::kSell), kBinanceSpotRules);
  fill_randomly(d);
  for (Quote& q : d.targets) q.lots = kSize;  // one size: 60..140 lots may stay
  d.opposite_best = kFair - *rc::gen::inRange(-1, 20);
  for (const PlanAction& a : d.plan()) {
    if (a.step == PlanStep::kPlace) {
      d.order(d.side == Side::kBuy ? a.target.price.v : 2 * kFair - a.target.price.v,
              a.target.lots);
    } else if (a.step == PlanStep::kCancel) {
      d.table.transition(d.table.row(a.slot), OrderState::kCanceled, kNow);
    } else {
      d.table.update(d.table.row(a.slot), [&](Order& o) {
        if (a.step == PlanStep::kMove) o.price = a.target.price;
        o.lots = o.filled + a.target.lots;
      });
    }
  }
  RC_ASSERT(d.plan().empty());
}

}  // namespace
