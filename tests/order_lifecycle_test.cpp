#include "engine/core/order_lifecycle.h"

#include <gtest/gtest.h>

#include <vector>

#include "engine/core/order_id.h"

namespace mm {
namespace {

using enum OrderState;

constexpr Nanos at(std::int64_t milliseconds) {
  return Nanos(milliseconds * kMillisecond.v);
}

// One instrument, one bid of 10 lots at 100, driven by hand; times in milliseconds.
class OrderLifecycleTest : public testing::Test {
 protected:
  OrderLifecycleTest() {
    session(SessionState::kUp);
    place();
  }

  void place() {
    row_ = life_.place({.side = Side::kBuy, .price = Ticks(100), .lots = Lots(10)}, now(), out_);
    ASSERT_NE(row_, nullptr);
    first_id_ = row_->id;
  }
  Nanos now() const { return at(ms_); }
  void pass(std::int64_t ms) {
    ms_ += ms;
    life_.on_time(now(), out_);
  }

  OrderChange report(EventKind kind, ClientOrderId id, std::int64_t lots, int ticks = 100,
                     ClientOrderId new_id = {}) {
    Event e;
    e.kind = kind;
    e.time = now();
    e.report = {};
    e.report.id = id;
    e.report.new_id = new_id;
    e.report.lots = Lots(lots);
    e.report.ticks = ticks;
    e.report.venue_id = VenueOrderId(77);
    return life_.apply(e);
  }
  static constexpr int kLast = -1;
  // An answer to the question of that number; 0: told unasked.
  OrderChange status(OrderStatusCode code, ClientOrderId id, std::int64_t executed = 0,
                     int asked = kLast) {
    Event e;
    e.kind = EventKind::kOrderStatus;
    e.time = now();
    e.report = {};
    e.report.id = id;
    e.report.lots = Lots(executed);
    e.report.status = static_cast<std::uint8_t>(code);
    e.report.asked = asked == kLast ? row_->question : static_cast<std::uint8_t>(asked);
    return life_.apply(e);
  }
  OrderChange failure(EventKind kind, ClientOrderId id, RejectReason reason,
                      CommandKind command = CommandKind::kNone, bool old_canceled = false) {
    Event e;
    e.kind = kind;
    e.time = now();
    e.failure = {};
    e.failure.id = id;
    e.failure.new_id = row_->next_id;
    e.failure.reason = reason;
    e.failure.command = static_cast<std::uint8_t>(command);
    e.failure.old_canceled = old_canceled;
    e.failure.retry_after = retry_after_;
    return life_.apply(e);
  }
  OrderChange fill(ClientOrderId id, std::int64_t lots, std::uint64_t trade) {
    Event e;
    e.kind = EventKind::kFilled;
    e.time = now();
    e.fill = {};
    e.fill.id = id;
    e.fill.trade_id = TradeId(trade);
    e.fill.lots = Lots(lots);
    e.fill.ticks = 100;
    return life_.apply(e);
  }
  OrderChange adopt(ClientOrderId id, std::int64_t lots, std::int64_t executed) {
    Event e;
    e.kind = EventKind::kAdopted;
    e.time = now();
    e.adoption = {id, VenueOrderId(88), Lots(lots), Lots(executed), 100, {}};
    return life_.apply(e);
  }
  void accept() { report(EventKind::kAccepted, row_->id, 10); }
  bool replace(int ticks = 101, int lots = 8) {
    return life_.request_replace(*row_, Ticks(ticks), Lots(lots), DecisionReason::kDeviation, now(),
                                 out_);
  }
  bool modify(int ticks = 101, int lots = 8) {
    return life_.request_modify(*row_, Ticks(ticks), Lots(lots), DecisionReason::kDeviation, now(),
                                out_);
  }
  bool cancel() { return life_.request_cancel(*row_, DecisionReason::kPulled, now(), out_); }

  void session(SessionState state) { life_.on_session(0, state, now()); }

  Lots exposure() const { return table_.exposure(0, Side::kBuy); }
  std::vector<CommandKind> sent() {
    std::vector<CommandKind> kinds;
    for (const Command& c : out_.items()) kinds.push_back(c.kind);
    out_.clear();
    return kinds;
  }
  using Kinds = std::vector<CommandKind>;

  OrderTable table_{{.capacity = 4}};
  OrderLifecycle life_{table_, {.missing_fill_answers_max = 3, .trade_ids = 2}};
  CommandBuffer out_;
  Order* row_ = nullptr;
  ClientOrderId first_id_{};
  std::int64_t ms_ = 1'000;
  Nanos retry_after_{};
};

// --- plain lives ------------------------------------------------------------------------------

TEST_F(OrderLifecycleTest, APlaceSaysWhatToSend) {
  const Command c = out_.items()[0];
  EXPECT_EQ(c.kind, CommandKind::kPlace);
  EXPECT_EQ(c.id, row_->id);
  EXPECT_EQ(c.ticks, 100);
  EXPECT_EQ(c.lots, Lots(10));
  EXPECT_EQ(c.time, now());
  EXPECT_EQ(row_->state, kPendingNew);
}

TEST_F(OrderLifecycleTest, CommandsCarryTheCauseOfTheEventBeingHandled) {
  accept();
  life_.set_cause(Nanos(123));
  out_.clear();
  ASSERT_TRUE(cancel());
  EXPECT_EQ(out_.items()[0].cause_received, Nanos(123));
}

TEST_F(OrderLifecycleTest, AcceptedOrdersRestWithoutADeadline) {
  const OrderChange c = report(EventKind::kAccepted, row_->id, 10);
  EXPECT_EQ(c.before, kPendingNew);
  EXPECT_EQ(c.after, kActive);
  EXPECT_EQ(row_->venue_id, VenueOrderId(77));
  EXPECT_EQ(table_.next_deadline(), kNever);
}

TEST_F(OrderLifecycleTest, ARejectedPlaceEnds) {
  const OrderChange c = failure(EventKind::kRejected, row_->id, RejectReason::kWouldCross);
  EXPECT_EQ(c.after, kRejected);
  EXPECT_TRUE(c.rejected);
  EXPECT_EQ(c.reason, RejectReason::kWouldCross);
  EXPECT_EQ(c.ended_id, first_id_);
  EXPECT_EQ(exposure(), Lots(0));
}

TEST_F(OrderLifecycleTest, ADeniedPlaceEndsAsDenied) {
  failure(EventKind::kDenied, row_->id, RejectReason::kRingFull, CommandKind::kPlace);
  EXPECT_EQ(row_->state, kDenied);
}

TEST_F(OrderLifecycleTest, PartialAndFullFillsReduceWhatIsLeft) {
  accept();
  EXPECT_EQ(fill(row_->id, 4, 1).after, kPartiallyFilled);
  EXPECT_EQ(exposure(), Lots(6));
  EXPECT_EQ(fill(row_->id, 6, 2).after, kFilled);
  EXPECT_EQ(exposure(), Lots(0));
}

TEST_F(OrderLifecycleTest, AReplaceContinuesTheRowUnderTheNewId) {
  accept();
  ASSERT_TRUE(replace(101, 12));
  EXPECT_EQ(exposure(), Lots(12));
  const ClientOrderId next = row_->next_id;
  const OrderChange c = report(EventKind::kReplaced, first_id_, 12, 101, next);
  EXPECT_EQ(c.after, kActive);
  EXPECT_EQ(c.ended_id, first_id_);
  EXPECT_EQ(row_->id, next);
  EXPECT_EQ(row_->price, Ticks(101));
  EXPECT_EQ(row_->lots, Lots(12));
  EXPECT_EQ(row_->next_id, ClientOrderId(0));
  EXPECT_EQ(table_.find(first_id_), nullptr);
  EXPECT_EQ(life_.counters().amends, 1u);
}

TEST_F(OrderLifecycleTest, AModifyKeepsTheIdAndCountsAmends) {
  accept();
  ASSERT_TRUE(modify(99, 12));
  report(EventKind::kAmended, row_->id, 12, 99);
  EXPECT_EQ(row_->state, kActive);
  EXPECT_EQ(row_->price, Ticks(99));
  EXPECT_EQ(row_->lots, Lots(12));
  EXPECT_EQ(row_->amends, 1);
  EXPECT_EQ(row_->id, first_id_);
}

TEST_F(OrderLifecycleTest, AReduceKeepsItsPriceAndOnlyReduces) {
  accept();
  const auto why = DecisionReason::kSizeChange;
  EXPECT_FALSE(life_.request_reduce(*row_, Lots(10), why, now(), out_));
  EXPECT_FALSE(life_.request_reduce(*row_, Lots(0), why, now(), out_));
  ASSERT_TRUE(life_.request_reduce(*row_, Lots(6), why, now(), out_));
  EXPECT_EQ(exposure(), Lots(10));
  report(EventKind::kAmended, row_->id, 6, 100);
  EXPECT_EQ(exposure(), Lots(6));
}

// By self-trade prevention, which decrements it without a trade.
TEST_F(OrderLifecycleTest, AnOrderThatTheVenueShrinksIsExposedForWhatIsLeft) {
  accept();
  const auto shrink = [this](std::int64_t lots) {
    Event e;
    e.kind = EventKind::kAmended;
    e.time = now();
    e.report = {};
    e.report.id = row_->id;
    e.report.lots = Lots(lots);
    e.report.ticks = 100;
    e.report.reason = RejectReason::kSelfTrade;
    return life_.apply(e).after;
  };
  EXPECT_EQ(shrink(6), kActive);
  EXPECT_EQ(exposure(), Lots(6));
  EXPECT_EQ(shrink(8), kActive) << "late";
  EXPECT_EQ(exposure(), Lots(6));
  EXPECT_EQ(row_->amends, 0);
  fill(row_->id, 4, 1);
  EXPECT_EQ(exposure(), Lots(2));
  EXPECT_EQ(shrink(4), OrderState::kFilled) << "nothing is left";
  EXPECT_EQ(exposure(), Lots(0));
  EXPECT_EQ(life_.counters().unmatched, 0u);
}

TEST_F(OrderLifecycleTest, ACancelledOrderEnds) {
  accept();
  ASSERT_TRUE(cancel());
  EXPECT_EQ(row_->state, kPendingCancel);
  EXPECT_EQ(exposure(), Lots(10));
  EXPECT_EQ(report(EventKind::kCanceled, row_->id, 0).after, kCanceled);
  EXPECT_EQ(exposure(), Lots(0));
  EXPECT_EQ(report(EventKind::kCanceled, row_->id, 0).after, kCanceled);  // again: harmless
  EXPECT_EQ(table_.illegal_transitions(), 0u);
}

TEST_F(OrderLifecycleTest, TheVenueMayExpireAnOrderAnyTime) {
  accept();
  ASSERT_TRUE(cancel());
  EXPECT_EQ(report(EventKind::kExpired, row_->id, 0).after, kExpired);
}

// --- one request at a time --------------------------------------------------------------------

TEST_F(OrderLifecycleTest, NothingIsAmendedWhileSomethingIsInFlight) {
  EXPECT_FALSE(replace());
  EXPECT_FALSE(modify());
  accept();
  ASSERT_TRUE(replace());
  EXPECT_FALSE(modify());
  EXPECT_FALSE(replace());
}

TEST_F(OrderLifecycleTest, AnOrderWithFillsIsNotReplaced) {
  accept();
  fill(row_->id, 1, 1);
  EXPECT_FALSE(replace());
  EXPECT_TRUE(modify());  // but modified, where the venue can
}

TEST_F(OrderLifecycleTest, ACancelWantedInFlightLeavesAsSoonAsItMay) {
  sent();
  EXPECT_FALSE(cancel());
  EXPECT_FALSE(cancel());
  EXPECT_TRUE(sent().empty());
  accept();
  EXPECT_FALSE(replace());  // it is going away
  pass(0);
  EXPECT_EQ(sent(), Kinds{CommandKind::kCancel});
  EXPECT_EQ(row_->state, kPendingCancel);
}

TEST_F(OrderLifecycleTest, AFullBufferSendsAndChangesNothing) {
  accept();
  out_.clear();
  while (out_.push({})) {
  }
  EXPECT_FALSE(replace());
  EXPECT_EQ(life_.place({.price = Ticks(99), .lots = Lots(1)}, now(), out_), nullptr);
  EXPECT_EQ(row_->next_id, ClientOrderId(0));
  EXPECT_FALSE(cancel());
  EXPECT_EQ(row_->state, kActive);
  out_.clear();
  pass(100);  // the cancel is not forgotten
  EXPECT_EQ(sent(), Kinds{CommandKind::kCancel});
}

// --- races ------------------------------------------------------------------------------------

TEST_F(OrderLifecycleTest, AFillMayComeBeforeTheAcceptance) {
  EXPECT_EQ(fill(row_->id, 4, 1).after, kPartiallyFilled);
  EXPECT_EQ(report(EventKind::kAccepted, row_->id, 10).after, kPartiallyFilled);
  EXPECT_EQ(row_->venue_id, VenueOrderId(77));
  EXPECT_EQ(exposure(), Lots(6));
}

TEST_F(OrderLifecycleTest, AFullFillMayComeBeforeTheAcceptance) {
  EXPECT_EQ(fill(row_->id, 10, 1).after, kFilled);
  EXPECT_EQ(report(EventKind::kAccepted, row_->id, 10).after, kFilled);
  EXPECT_EQ(life_.counters().strays, 0u);
}

TEST_F(OrderLifecycleTest, ADuplicateFillIsNotCounted) {
  accept();
  EXPECT_TRUE(fill(row_->id, 4, 1).fill_counted);
  EXPECT_FALSE(fill(row_->id, 4, 1).fill_counted);
  EXPECT_EQ(row_->filled, Lots(4));
  EXPECT_EQ(life_.counters().duplicate_fills, 1u);
}

TEST_F(OrderLifecycleTest, AFillDuringAReplaceLetsTheVenueDecide) {
  accept();
  ASSERT_TRUE(replace(101, 8));
  EXPECT_EQ(fill(first_id_, 4, 1).after, kPendingModify);
  EXPECT_EQ(exposure(), Lots(8));
  failure(EventKind::kReplaceRejected, first_id_, RejectReason::kRestricted);
  EXPECT_EQ(row_->state, kPartiallyFilled);
  EXPECT_EQ(exposure(), Lots(6));
}

TEST_F(OrderLifecycleTest, AFullFillDuringAReplaceEndsWithTheAnswer) {
  accept();
  ASSERT_TRUE(replace(101, 8));
  EXPECT_EQ(fill(first_id_, 10, 1).after, kPendingModify);
  const auto c = failure(EventKind::kReplaceRejected, first_id_, RejectReason::kUnknownOrder);
  EXPECT_EQ(c.after, kFilled);
  EXPECT_EQ(c.ended_id, first_id_);
}

TEST_F(OrderLifecycleTest, AFillOfTheReplacementMayComeFirst) {
  accept();
  ASSERT_TRUE(replace(101, 8));
  const ClientOrderId next = row_->next_id;
  EXPECT_EQ(fill(next, 3, 1).after, kPartiallyFilled);
  EXPECT_EQ(row_->id, next);
  EXPECT_EQ(exposure(), Lots(5));
  report(EventKind::kReplaced, first_id_, 8, 101, next);
  EXPECT_EQ(row_->filled, Lots(3));
  EXPECT_EQ(row_->state, kPartiallyFilled);
  EXPECT_EQ(life_.counters().strays, 0u);
}

TEST_F(OrderLifecycleTest, TheUserStreamMayTellBothHalvesOfAReplaceFirst) {
  accept();
  ASSERT_TRUE(replace(101, 8));
  const ClientOrderId next = row_->next_id;
  EXPECT_EQ(report(EventKind::kCanceled, first_id_, 0).after, kPendingModify);
  EXPECT_EQ(exposure(), Lots(8));  // only the replacement may live
  EXPECT_EQ(report(EventKind::kAccepted, next, 8, 101).after, kActive);
  EXPECT_EQ(row_->id, next);
  report(EventKind::kReplaced, first_id_, 8, 101, next);
  EXPECT_EQ(row_->state, kActive);
}

TEST_F(OrderLifecycleTest, AReplaceWhoseNewHalfFailsEndsTheOrder) {
  accept();
  ASSERT_TRUE(replace());
  failure(EventKind::kReplaceRejected, first_id_, RejectReason::kWouldCross, CommandKind::kReplace,
          true);
  EXPECT_EQ(row_->state, kCanceled);
  EXPECT_EQ(exposure(), Lots(0));
}

TEST_F(OrderLifecycleTest, AReplaceThatNeverHappenedLeavesTheOldOrder) {
  accept();
  ASSERT_TRUE(replace(101, 12));
  failure(EventKind::kReplaceRejected, first_id_, RejectReason::kRateLimit);
  EXPECT_EQ(row_->state, kActive);
  EXPECT_EQ(exposure(), Lots(10));
  EXPECT_EQ(row_->price, Ticks(100));
}

TEST_F(OrderLifecycleTest, ARefusalOfAnEarlierReplaceIsNotTakenForThisOne) {
  accept();
  ASSERT_TRUE(replace(101, 12));
  Event e;
  e.kind = EventKind::kReplaceRejected;
  e.failure = {};
  e.failure.id = first_id_;
  e.failure.new_id = ClientOrderId(row_->next_id.v - 1);
  EXPECT_EQ(life_.apply(e).after, kPendingModify);
  EXPECT_EQ(exposure(), Lots(12));
}

TEST_F(OrderLifecycleTest, ARejectOfAnAcceptedOrderIsNotBelieved) {
  accept();
  failure(EventKind::kRejected, first_id_, RejectReason::kOther);
  EXPECT_EQ(row_->state, kActive);
  session(SessionState::kDown);
  failure(EventKind::kRejected, first_id_, RejectReason::kOther);
  EXPECT_EQ(row_->state, kUnknown);
  EXPECT_EQ(life_.counters().unmatched, 2u);
}

TEST_F(OrderLifecycleTest, AReplaceOfAnUnknownOrderAsksWhatHappened) {
  accept();
  sent();
  ASSERT_TRUE(replace());
  failure(EventKind::kReplaceRejected, first_id_, RejectReason::kUnknownOrder);
  EXPECT_EQ(row_->state, kUnknown);
  pass(0);
  EXPECT_EQ(sent(), (Kinds{CommandKind::kReplace, CommandKind::kQueryOrder}));
  EXPECT_EQ(status(OrderStatusCode::kFilled, first_id_, 10).after, kUnknown);
  EXPECT_EQ(exposure(), Lots(10));  // the fill is still to come
  EXPECT_EQ(fill(first_id_, 10, 1).after, kFilled);
}

TEST_F(OrderLifecycleTest, AFillDuringAModifyCountsAgainstBothSizes) {
  accept();
  ASSERT_TRUE(modify(101, 15));
  EXPECT_EQ(fill(first_id_, 10, 1).after, kPendingModify);  // full only if not modified
  EXPECT_EQ(exposure(), Lots(5));
  EXPECT_EQ(report(EventKind::kAmended, first_id_, 15, 101).after, kPartiallyFilled);
  EXPECT_EQ(exposure(), Lots(5));
}

TEST_F(OrderLifecycleTest, AFullFillAndARefusedModifyMeanFilled) {
  accept();
  ASSERT_TRUE(modify(101, 15));
  fill(first_id_, 10, 1);
  failure(EventKind::kAmendRejected, first_id_, RejectReason::kUnknownOrder);
  EXPECT_EQ(row_->state, kFilled);
}

TEST_F(OrderLifecycleTest, ARepeatedAmendReportChangesNothing) {
  accept();
  ASSERT_TRUE(modify(101, 15));
  report(EventKind::kAmended, first_id_, 15, 101);
  ASSERT_TRUE(modify(102, 20));
  EXPECT_EQ(report(EventKind::kAmended, first_id_, 15, 101).after, kPendingModify);
  EXPECT_EQ(exposure(), Lots(20));
  EXPECT_EQ(life_.counters().unmatched, 1u);
}

TEST_F(OrderLifecycleTest, AFillDuringACancelCountsAndTheCancelStands) {
  accept();
  ASSERT_TRUE(cancel());
  EXPECT_EQ(fill(first_id_, 4, 1).after, kPendingCancel);
  EXPECT_EQ(exposure(), Lots(6));
  EXPECT_EQ(report(EventKind::kCanceled, first_id_, 4).after, kCanceled);
}

TEST_F(OrderLifecycleTest, ACancelThatOvertakesAFillWaitsForIt) {
  accept();
  ASSERT_TRUE(cancel());
  EXPECT_EQ(report(EventKind::kCanceled, first_id_, 4).after, kUnknown);
  EXPECT_EQ(exposure(), Lots(4));
  const OrderChange c = fill(first_id_, 4, 1);
  EXPECT_TRUE(c.fill_counted);
  EXPECT_EQ(c.after, kCanceled);
}

TEST_F(OrderLifecycleTest, AFullFillDuringACancelEndsAndTheRejectIsHarmless) {
  accept();
  ASSERT_TRUE(cancel());
  EXPECT_EQ(fill(first_id_, 10, 1).after, kFilled);
  const auto late = failure(EventKind::kCancelRejected, first_id_, RejectReason::kUnknownOrder);
  EXPECT_EQ(late.after, kFilled);
}

TEST_F(OrderLifecycleTest, ALateFillOfAnEndedOrderCountsOnceMore) {
  accept();
  ASSERT_TRUE(cancel());
  report(EventKind::kCanceled, first_id_, 0);
  EXPECT_TRUE(fill(first_id_, 4, 1).fill_counted);
  EXPECT_FALSE(fill(first_id_, 4, 1).fill_counted);
  EXPECT_EQ(row_->state, kCanceled);
}

TEST_F(OrderLifecycleTest, AFillOfACleanedRowStillCounts) {
  accept();
  ASSERT_TRUE(cancel());
  report(EventKind::kCanceled, first_id_, 0);
  life_.release_terminal(0);
  const OrderChange c = fill(first_id_, 4, 1);
  EXPECT_EQ(c.order, nullptr);
  EXPECT_TRUE(c.fill_counted);
  EXPECT_FALSE(fill(first_id_, 4, 1).fill_counted);
  EXPECT_EQ(life_.counters().rowless_fills, 1u);
}

// What said that it had ended was wrong: more of it may be left.
TEST_F(OrderLifecycleTest, AnOrderThatIsFilledBeyondWhatItHadWhenItEndedIsAStray) {
  accept();
  ASSERT_TRUE(cancel());
  fill(first_id_, 2, 1);
  report(EventKind::kCanceled, first_id_, 2);
  ASSERT_EQ(row_->state, kCanceled);
  out_.clear();
  fill(first_id_, 2, 1);  // told again
  EXPECT_EQ(life_.stray_count(), 0u);
  EXPECT_TRUE(fill(first_id_, 3, 2).fill_counted);
  fill(first_id_, 1, 3);
  EXPECT_EQ(life_.stray_count(), 1u);
  pass(0);
  ASSERT_EQ(out_.size(), 1u);
  EXPECT_EQ(out_.items()[0].kind, CommandKind::kCancel);
  EXPECT_EQ(out_.items()[0].id, first_id_);
}

TEST_F(OrderLifecycleTest, AnOverfillIsCountedAndLeavesNothing) {
  accept();
  EXPECT_EQ(fill(first_id_, 12, 1).after, kFilled);
  EXPECT_EQ(row_->leaves(), Lots(0));
  EXPECT_EQ(life_.counters().overfills, 1u);
}

// Remembers two trades of its orders, so that a third makes the first one old.
class OldFillTest : public OrderLifecycleTest {
 protected:
  OldFillTest() {
    accept();
    other_ = life_.place({.side = Side::kBuy, .price = Ticks(99), .lots = Lots(10)}, now(), out_);
    report(EventKind::kAccepted, other_->id, 10, 99);
    sent();
  }
  void forget_older_than(std::uint64_t trade) {
    for (const std::uint64_t id : {trade, trade + 1, trade + 2}) {
      EXPECT_TRUE(fill(other_->id, 1, id).fill_counted);
    }
  }

  Order* other_ = nullptr;
};

TEST_F(OldFillTest, OneOfAnOrderThatHasNoneCountsSinceItMustBeNew) {
  forget_older_than(10);
  const OrderChange c = fill(first_id_, 4, 9);
  EXPECT_TRUE(c.fill_too_old);
  EXPECT_TRUE(c.fill_counted);
  EXPECT_EQ(row_->filled, Lots(4));
  EXPECT_FALSE(fill(first_id_, 4, 9).fill_counted);
}

TEST_F(OldFillTest, OneOfALiveOrderIsAskedForAndHasBeenCountedIfTheVenueSaysNoMore) {
  fill(first_id_, 4, 5);
  forget_older_than(10);
  const OrderChange c = fill(first_id_, 4, 5);
  EXPECT_FALSE(c.fill_counted);
  EXPECT_EQ(c.after, kUnknown);
  pass(0);
  EXPECT_EQ(sent(), Kinds{CommandKind::kQueryOrder});
  EXPECT_EQ(status(OrderStatusCode::kOpen, first_id_, 4).after, kPartiallyFilled);
  EXPECT_EQ(life_.session(0), SessionState::kUp);
}

TEST_F(OldFillTest, OneOfALiveOrderThatTheVenueSaysWasNotCountedHoldsTheInstrument) {
  fill(first_id_, 4, 5);
  forget_older_than(10);
  fill(first_id_, 3, 9);
  EXPECT_EQ(row_->filled, Lots(4));
  for (int i = 0; i < 3; ++i) {
    pass(30'000);
    EXPECT_EQ(sent(), Kinds{CommandKind::kQueryOrder});
    status(OrderStatusCode::kOpen, first_id_, 7);
  }
  EXPECT_EQ(life_.session(0), SessionState::kReconciling);
  EXPECT_EQ(life_.counters().missing_fills, 1u);
}

TEST_F(OldFillTest, OneOfAnOrderThatEndedWithAllItExecutedIsARepetition) {
  fill(first_id_, 4, 5);
  ASSERT_TRUE(cancel());
  report(EventKind::kCanceled, first_id_, 4);
  forget_older_than(10);
  EXPECT_FALSE(fill(first_id_, 4, 5).fill_counted);
  EXPECT_EQ(life_.session(0), SessionState::kUp);
}

TEST_F(OldFillTest, OneOfAnOrderThatWasGivenUpHoldsTheInstrumentUntilAResume) {
  fill(first_id_, 4, 5);
  session(SessionState::kDown);
  session(SessionState::kUp);
  for (int i = 0; i < 3 && row_->state == kUnknown; ++i) {
    pass(30'000);
    status(OrderStatusCode::kNotFound, first_id_);
  }
  ASSERT_EQ(row_->state, kCanceled);
  forget_older_than(10);
  EXPECT_FALSE(fill(first_id_, 4, 9).fill_counted);
  EXPECT_EQ(life_.session(0), SessionState::kReconciling);
  life_.resume();
  EXPECT_EQ(life_.session(0), SessionState::kUp);
}

TEST_F(OldFillTest, OneOfACleanedRowHoldsTheInstrument) {
  fill(first_id_, 10, 5);
  life_.release_terminal(0);
  forget_older_than(10);
  const OrderChange c = fill(first_id_, 10, 5);
  EXPECT_EQ(c.order, nullptr);
  EXPECT_FALSE(c.fill_counted);
  EXPECT_EQ(life_.counters().unexplained_fills, 1u);
  EXPECT_EQ(life_.session(0), SessionState::kReconciling);
}

// --- failures and retries ---------------------------------------------------------------------

TEST_F(OrderLifecycleTest, ADeniedCancelIsRetriedUntilItLeaves) {
  accept();
  ASSERT_TRUE(cancel());
  sent();
  failure(EventKind::kDenied, first_id_, RejectReason::kRingFull, CommandKind::kCancel);
  EXPECT_EQ(row_->state, kActive);
  EXPECT_FALSE(cancel());  // backing off, but wanted
  pass(99);
  EXPECT_TRUE(sent().empty());
  pass(1);
  EXPECT_EQ(sent(), Kinds{CommandKind::kCancel});
  failure(EventKind::kDenied, first_id_, RejectReason::kRingFull, CommandKind::kCancel);
  pass(199);  // the pause has doubled
  EXPECT_TRUE(sent().empty());
  pass(1);
  EXPECT_EQ(sent(), Kinds{CommandKind::kCancel});
}

TEST_F(OrderLifecycleTest, ARefusedCancelWaitsAsLongAsTheVenueSays) {
  accept();
  ASSERT_TRUE(cancel());
  sent();
  retry_after_ = at(ms_ + 700);
  failure(EventKind::kCancelRejected, first_id_, RejectReason::kRateLimit);
  pass(699);
  EXPECT_TRUE(sent().empty());
  pass(1);
  EXPECT_EQ(sent(), Kinds{CommandKind::kCancel});
}

TEST_F(OrderLifecycleTest, ACancelOfAnUnknownOrderIsAskedAboutNotBelieved) {
  accept();
  ASSERT_TRUE(cancel());
  sent();
  failure(EventKind::kCancelRejected, first_id_, RejectReason::kUnknownOrder);
  EXPECT_EQ(row_->state, kUnknown);
  EXPECT_EQ(exposure(), Lots(10));
  pass(0);
  EXPECT_EQ(sent(), Kinds{CommandKind::kQueryOrder});
  status(OrderStatusCode::kOpen, first_id_);  // it lives after all: the cancel follows
  pass(0);
  EXPECT_EQ(sent(), Kinds{CommandKind::kCancel});
}

TEST_F(OrderLifecycleTest, ADeniedAmendLeavesTheOrderAsItWas) {
  accept();
  ASSERT_TRUE(replace(101, 20));
  failure(EventKind::kDenied, first_id_, RejectReason::kTooOld, CommandKind::kReplace);
  EXPECT_EQ(row_->state, kActive);
  EXPECT_EQ(exposure(), Lots(10));
  EXPECT_FALSE(replace());  // a short pause
  pass(100);
  EXPECT_TRUE(replace());
  EXPECT_EQ(row_->failures, 0);
}

TEST_F(OrderLifecycleTest, FailedAmendsBackOffAndEndInACancel) {
  accept();
  for (const int pause : {100, 200}) {
    ASSERT_TRUE(modify());
    failure(EventKind::kAmendRejected, first_id_, RejectReason::kFilter);
    EXPECT_FALSE(modify());
    pass(pause - 1);
    EXPECT_FALSE(modify());
    pass(1);
  }
  ASSERT_TRUE(modify());
  sent();
  failure(EventKind::kAmendRejected, first_id_, RejectReason::kFilter);
  pass(0);
  EXPECT_EQ(sent(), Kinds{CommandKind::kCancel});
  EXPECT_EQ(life_.counters().failed_amends, 3u);
}

TEST_F(OrderLifecycleTest, ASuccessfulAmendForgetsEarlierFailures) {
  accept();
  ASSERT_TRUE(modify());
  failure(EventKind::kAmendRejected, first_id_, RejectReason::kFilter);
  pass(100);
  ASSERT_TRUE(modify(102, 9));
  report(EventKind::kAmended, first_id_, 9, 102);
  EXPECT_EQ(row_->failures, 0);
}

// --- unknown outcomes -------------------------------------------------------------------------

TEST_F(OrderLifecycleTest, ATimeoutMakesTheOrderUnknownAndAsksWithGrowingPauses) {
  sent();
  pass(1'999);
  EXPECT_EQ(row_->state, kPendingNew);
  pass(1);
  EXPECT_EQ(row_->state, kUnknown);
  EXPECT_EQ(exposure(), Lots(10));
  EXPECT_EQ(sent(), Kinds{CommandKind::kQueryOrder});
  // The third would be due after 4 s more, but 8.5 s after the place "not found" becomes a proof.
  for (const int pause : {1'000, 2'000, 3'500, 8'000, 16'000, 30'000, 30'000}) {
    pass(pause - 1);
    EXPECT_TRUE(sent().empty());
    pass(1);
    EXPECT_EQ(sent(), Kinds{CommandKind::kQueryOrder});
  }
}

TEST_F(OrderLifecycleTest, ATimeoutThenALateAcceptanceIsFine) {
  pass(2'000);
  EXPECT_EQ(report(EventKind::kAccepted, first_id_, 10).after, kActive);
  EXPECT_EQ(table_.next_deadline(), kNever);
}

TEST_F(OrderLifecycleTest, ATimeoutThenALateDenialEndsTheOrder) {
  pass(2'000);
  failure(EventKind::kDenied, first_id_, RejectReason::kTooOld, CommandKind::kPlace);
  EXPECT_EQ(row_->state, kDenied);
}

TEST_F(OrderLifecycleTest, NotFoundSoonAfterAPlaceProvesNothing) {
  pass(2'000);
  EXPECT_EQ(status(OrderStatusCode::kNotFound, first_id_).after, kUnknown);
  pass(6'499);  // one more question, still inside the margin
  EXPECT_EQ(status(OrderStatusCode::kNotFound, first_id_).after, kUnknown);
  EXPECT_EQ(exposure(), Lots(10));
  pass(5'000);
  EXPECT_EQ(status(OrderStatusCode::kNotFound, first_id_).after, kRejected);
}

TEST_F(OrderLifecycleTest, AnAnswerToAnEarlyQuestionIsNotTakenForThatOfALaterOne) {
  pass(2'000);
  pass(6'500);  // a second question, late enough
  EXPECT_EQ(status(OrderStatusCode::kNotFound, first_id_, 0, 1).after, kUnknown);
  EXPECT_EQ(status(OrderStatusCode::kNotFound, first_id_, 0, 2).after, kRejected);
}

TEST_F(OrderLifecycleTest, NewsPutWhatWasAskedBeforeOutOfDateHoweverOftenNumbersHaveWrapped) {
  for (const int questions : {3, 254, 255, 256, 700}) {
    const auto asked = life_.counters().questions;
    while (life_.counters().questions < asked + static_cast<std::uint64_t>(questions)) pass(30'000);
    const int before = row_->question;
    EXPECT_NE(before, 0);
    accept();
    failure(EventKind::kOutcomeUnknown, first_id_, RejectReason::kNone);
    EXPECT_EQ(status(OrderStatusCode::kNotFound, first_id_, 0, before).after, kUnknown);
  }
  pass(60 * 60'000);
  for (int i = 0; i < 300; ++i) pass(30'000);
  EXPECT_EQ(status(OrderStatusCode::kNotFound, first_id_).after, kCanceled);
}

TEST_F(OrderLifecycleTest, AnEarlyQuestionThatWasNeverSentIsNotWaitedFor) {
  pass(2'000);
  failure(EventKind::kDenied, first_id_, RejectReason::kDisconnected, CommandKind::kQueryOrder);
  pass(6'500);  // asked again, as soon as it proves something
  EXPECT_EQ(status(OrderStatusCode::kNotFound, first_id_).after, kRejected);
}

TEST_F(OrderLifecycleTest, NotFoundEndsAnAcknowledgedOrderThatHasNotBeenHeardOfForLong) {
  accept();
  pass(8'500);
  ASSERT_TRUE(cancel());
  failure(EventKind::kOutcomeUnknown, first_id_, RejectReason::kNone, CommandKind::kCancel);
  EXPECT_EQ(row_->state, kUnknown);
  pass(0);
  EXPECT_EQ(status(OrderStatusCode::kNotFound, first_id_).after, kCanceled);
}

TEST_F(OrderLifecycleTest, ALostCancelIsSentAgainOnceTheOrderIsFound) {
  accept();
  ASSERT_TRUE(cancel());
  pass(2'000);
  sent();
  EXPECT_EQ(status(OrderStatusCode::kOpen, first_id_).after, kActive);
  pass(0);
  EXPECT_EQ(sent(), Kinds{CommandKind::kCancel});
}

TEST_F(OrderLifecycleTest, ALostReplaceIsAskedForByItsNewId) {
  accept();
  ASSERT_TRUE(replace(101, 20));
  const ClientOrderId next = row_->next_id;
  out_.clear();
  pass(2'000);
  ASSERT_EQ(out_.size(), 1u);
  EXPECT_EQ(out_.items()[0].id, next);
  EXPECT_EQ(exposure(), Lots(20));
  EXPECT_EQ(status(OrderStatusCode::kOpen, first_id_).after, kUnknown);  // says nothing of it
  EXPECT_EQ(status(OrderStatusCode::kOpen, next).after, kActive);
  EXPECT_EQ(row_->id, next);
  EXPECT_EQ(row_->lots, Lots(20));
}

TEST_F(OrderLifecycleTest, ALostReplaceThatNeverHappenedFallsBackToTheOldId) {
  accept();
  ASSERT_TRUE(replace(101, 20));
  const ClientOrderId next = row_->next_id;
  pass(2'000);
  status(OrderStatusCode::kNotFound, next);  // too early
  EXPECT_EQ(exposure(), Lots(20));
  pass(6'500);
  EXPECT_EQ(status(OrderStatusCode::kNotFound, next).after, kUnknown);
  EXPECT_EQ(exposure(), Lots(10));
  out_.clear();
  pass(0);
  ASSERT_EQ(out_.size(), 1u);
  EXPECT_EQ(out_.items()[0].id, first_id_);
  EXPECT_EQ(status(OrderStatusCode::kOpen, first_id_).after, kActive);
}

TEST_F(OrderLifecycleTest, ALostReplaceIsFoundOutWhileTheOldOrderIsListedAgainAndAgain) {
  accept();
  ASSERT_TRUE(replace(101, 20));
  const ClientOrderId next = row_->next_id;
  for (int half_seconds = 0; half_seconds < 30 && row_->next_id == next; ++half_seconds) {
    pass(500);
    status(OrderStatusCode::kOpen, first_id_, 0, 0);
    status(OrderStatusCode::kNotFound, next);
  }
  EXPECT_EQ(row_->next_id, ClientOrderId(0));
  EXPECT_EQ(status(OrderStatusCode::kOpen, first_id_).after, kActive);
  EXPECT_EQ(exposure(), Lots(10));
}

TEST_F(OrderLifecycleTest, ALostModifyKeepsBothSizesAndIsCancelled) {
  accept();
  ASSERT_TRUE(modify(105, 20));
  pass(2'000);
  sent();
  EXPECT_EQ(status(OrderStatusCode::kOpen, first_id_).after, kActive);
  EXPECT_EQ(exposure(), Lots(20));
  EXPECT_EQ(table_.most_aggressive(0, Side::kBuy), Ticks(105));
  EXPECT_FALSE(modify());
  pass(0);
  EXPECT_EQ(sent(), Kinds{CommandKind::kCancel});
  report(EventKind::kAmended, first_id_, 20, 105);  // late, but it settles the terms
  EXPECT_EQ(row_->price, Ticks(105));
  EXPECT_EQ(row_->state, kPendingCancel);
}

TEST_F(OrderLifecycleTest, WithSizesInDoubtOnlyTheLargerOneIsComplete) {
  accept();
  ASSERT_TRUE(modify(105, 20));
  pass(2'000);
  status(OrderStatusCode::kOpen, first_id_);
  pass(0);
  EXPECT_EQ(fill(first_id_, 10, 1).after, kPendingCancel);
  EXPECT_EQ(exposure(), Lots(10));
  EXPECT_EQ(fill(first_id_, 10, 2).after, kFilled);
}

TEST_F(OrderLifecycleTest, MissingFillsAreAskedForThenTheInstrumentIsHeldUntilAResume) {
  accept();
  ASSERT_TRUE(cancel());
  report(EventKind::kCanceled, first_id_, 4);
  EXPECT_EQ(row_->state, kUnknown);
  for (int i = 0; i < 2; ++i) {
    pass(30'000);
    EXPECT_EQ(status(OrderStatusCode::kCanceled, first_id_, 4).after, kUnknown);
  }
  EXPECT_EQ(exposure(), Lots(4));
  EXPECT_EQ(life_.session(0), SessionState::kUp);
  pass(30'000);
  EXPECT_EQ(status(OrderStatusCode::kCanceled, first_id_, 4).after, kCanceled);
  EXPECT_EQ(life_.counters().missing_fills, 1u);
  EXPECT_EQ(life_.session(0), SessionState::kReconciling);
  EXPECT_TRUE(fill(first_id_, 4, 1).fill_counted);
  life_.resume();
  EXPECT_EQ(life_.session(0), SessionState::kUp);
}

TEST_F(OrderLifecycleTest, QuestionsWithoutAnAnswerGiveNoFillUp) {
  accept();
  ASSERT_TRUE(cancel());
  report(EventKind::kCanceled, first_id_, 4);
  for (int i = 0; i < 50; ++i) {
    pass(30'000);
    status(OrderStatusCode::kCanceled, first_id_, 4, 0);  // nor do listings
    EXPECT_EQ(sent().back(), CommandKind::kQueryOrder);
  }
  EXPECT_EQ(row_->state, kUnknown);
  EXPECT_EQ(fill(first_id_, 4, 1).after, kCanceled);
  EXPECT_EQ(life_.counters().missing_fills, 0u);
}

TEST_F(OrderLifecycleTest, AnAnswerThatLagsTakesBackNothingOfWhatWasExecuted) {
  accept();
  ASSERT_TRUE(cancel());
  report(EventKind::kCanceled, first_id_, 4);
  pass(30'000);
  EXPECT_EQ(status(OrderStatusCode::kNotFound, first_id_).after, kUnknown);
  EXPECT_EQ(status(OrderStatusCode::kCanceled, first_id_, 1).after, kUnknown);
  EXPECT_EQ(exposure(), Lots(4));
}

TEST_F(OrderLifecycleTest, AnOpenOrderWithMoreExecutedThanSeenIsAskedForUntilTheFillsCome) {
  accept();
  session(SessionState::kReconciling);
  pass(0);
  sent();
  EXPECT_EQ(status(OrderStatusCode::kOpen, first_id_, 4).after, kUnknown);
  EXPECT_EQ(exposure(), Lots(10));
  pass(1'000);
  EXPECT_EQ(sent(), Kinds{CommandKind::kQueryOrder});
  EXPECT_EQ(fill(first_id_, 4, 1).after, kUnknown);
  EXPECT_EQ(status(OrderStatusCode::kOpen, first_id_, 4).after, kPartiallyFilled);
  EXPECT_EQ(exposure(), Lots(6));
}

TEST_F(OrderLifecycleTest, AListingThatShowsMoreExecutedDoubtsAnOrderThatRests) {
  accept();
  EXPECT_EQ(status(OrderStatusCode::kOpen, first_id_, 0, 0).after, kActive);
  EXPECT_EQ(status(OrderStatusCode::kOpen, first_id_, 4, 0).after, kUnknown);
}

TEST_F(OrderLifecycleTest, AnOpenOrderWhoseFillsNeverComeIsKnownToLiveAndHoldsTheInstrument) {
  accept();
  session(SessionState::kDown);
  session(SessionState::kUp);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(row_->state, kUnknown);
    pass(30'000);
    status(OrderStatusCode::kOpen, first_id_, 4);
  }
  EXPECT_EQ(row_->state, kActive);
  EXPECT_EQ(exposure(), Lots(10));
  EXPECT_EQ(life_.session(0), SessionState::kReconciling);
}

TEST_F(OrderLifecycleTest, NotFoundSoonAfterAnAcceptanceIsALagNotAnEnd) {
  accept();
  session(SessionState::kDown);
  ms_ += 100;
  session(SessionState::kUp);
  pass(0);
  EXPECT_EQ(status(OrderStatusCode::kNotFound, first_id_).after, kUnknown);
  EXPECT_EQ(exposure(), Lots(10));
  pass(8'399);
  EXPECT_EQ(status(OrderStatusCode::kNotFound, first_id_).after, kUnknown);
  EXPECT_EQ(status(OrderStatusCode::kOpen, first_id_).after, kActive);
}

TEST_F(OrderLifecycleTest, AFillIsNewsAfterWhichNotFoundProvesNothing) {
  accept();
  pass(8'000);
  fill(first_id_, 4, 1);
  session(SessionState::kDown);
  session(SessionState::kUp);
  pass(8'499);
  EXPECT_EQ(status(OrderStatusCode::kNotFound, first_id_).after, kUnknown);
  pass(30'000);
  EXPECT_EQ(status(OrderStatusCode::kNotFound, first_id_).after, kCanceled);
}

TEST_F(OrderLifecycleTest, AListingIsNoAnswerToAnEarlyQuestion) {
  pass(2'000);
  status(OrderStatusCode::kNotFound, first_id_, 0, 0);
  EXPECT_EQ(status(OrderStatusCode::kNotFound, first_id_).after, kUnknown);  // the early answer
  pass(6'500);
  EXPECT_EQ(status(OrderStatusCode::kNotFound, first_id_).after, kRejected);
}

TEST_F(OrderLifecycleTest, TheMarginFollowsTheReceiveWindowAndTheAgeOfCommands) {
  EXPECT_EQ(not_found_margin(kSecond * 60, kSecond * 2), kSecond * 65);
}

TEST_F(OrderLifecycleTest, ASessionThatLeavesUpDoubtsItsOrdersOnce) {
  accept();
  session(SessionState::kReconciling);
  EXPECT_EQ(row_->state, kUnknown);
  pass(0);
  EXPECT_EQ(sent().back(), CommandKind::kQueryOrder);
  status(OrderStatusCode::kOpen, first_id_);
  session(SessionState::kReconciling);
  session(SessionState::kUp);
  EXPECT_EQ(row_->state, kActive);
}

TEST_F(OrderLifecycleTest, AnOrderInDoubtThatMustGoIsCancelledNotAskedFor) {
  accept();
  session(SessionState::kDown);
  sent();
  EXPECT_FALSE(cancel());  // there is nobody to tell
  session(SessionState::kReconciling);
  pass(0);
  EXPECT_EQ(sent(), Kinds{CommandKind::kCancel});
  EXPECT_EQ(row_->state, kPendingCancel);
  EXPECT_EQ(exposure(), Lots(10));
  failure(EventKind::kCancelRejected, first_id_, RejectReason::kUnknownOrder);
  pass(0);
  EXPECT_EQ(sent(), Kinds{CommandKind::kQueryOrder});  // not again before it has been found
  EXPECT_FALSE(cancel());
  status(OrderStatusCode::kOpen, first_id_);
  pass(0);
  EXPECT_EQ(sent(), Kinds{CommandKind::kCancel});
}

TEST_F(OrderLifecycleTest, AnOrderNeverAcknowledgedIsAskedForBeforeItIsCancelled) {
  sent();
  pass(2'000);
  EXPECT_FALSE(cancel());
  EXPECT_EQ(sent(), Kinds{CommandKind::kQueryOrder});
}

TEST_F(OrderLifecycleTest, ManyOrdersInDoubtShareTheBudgetOfQuestionsFairly) {
  OrderTable table({.capacity = 60, .per_side_max = 60});
  OrderLifecycle life(table, {});
  life.on_session(0, SessionState::kUp, now());
  for (int i = 0; i < 60; ++i) life.place({.price = Ticks(1), .lots = Lots(1)}, now(), out_);
  life.on_session(0, SessionState::kReconciling, now());
  out_.clear();
  life.on_time(now(), out_);
  EXPECT_EQ(out_.size(), 5u);  // a second's worth at once
  for (std::int64_t i = 1; i <= 110; ++i) life.on_time(now() + at(100 * i), out_);
  EXPECT_EQ(out_.size(), 60u);
  for (const Order& row : table.rows()) EXPECT_EQ(row.asks, 1);
}

TEST_F(OrderLifecycleTest, QuestionsPauseAsLongAsTheVenueSays) {
  pass(2'000);
  sent();
  retry_after_ = at(ms_ + 20'000);
  failure(EventKind::kOutcomeUnknown, first_id_, RejectReason::kRateLimit,
          CommandKind::kQueryOrder);
  pass(19'999);
  EXPECT_TRUE(sent().empty());
  pass(1);
  EXPECT_EQ(sent(), Kinds{CommandKind::kQueryOrder});
}

TEST_F(OrderLifecycleTest, ASessionThatGoesDownLeavesEveryLiveOrderInDoubtUntilFound) {
  accept();
  session(SessionState::kDown);
  EXPECT_EQ(row_->state, kUnknown);
  EXPECT_EQ(exposure(), Lots(10));
  sent();
  pass(60'000);
  EXPECT_TRUE(sent().empty());  // there is nobody to ask
  session(SessionState::kReconciling);
  pass(0);
  EXPECT_EQ(sent(), Kinds{CommandKind::kQueryOrder});
  EXPECT_EQ(status(OrderStatusCode::kOpen, first_id_).after, kActive);
  pass(0);
  EXPECT_TRUE(sent().empty());
}

TEST_F(OrderLifecycleTest, AnOrderOfAnotherInstrumentIsNotInDoubt) {
  OrderTable table({.capacity = 4, .instruments = 2});
  OrderLifecycle life(table, {});
  EXPECT_EQ(life.session(1), SessionState::kDown);  // until told otherwise
  for (const InstrumentId i : {InstrumentId{0}, InstrumentId{1}})
    life.on_session(i, SessionState::kUp, now());
  const Order* row = life.place({.instrument = 1, .lots = Lots(1)}, now(), out_);
  life.on_session(0, SessionState::kDown, now());
  EXPECT_EQ(row->state, kPendingNew);
  EXPECT_EQ(life.session(0), SessionState::kDown);
  EXPECT_EQ(life.session(1), SessionState::kUp);
}

TEST_F(OrderLifecycleTest, ATimeoutWhileTheSessionIsDownIsAskedAboutOnceItIsBack) {
  session(SessionState::kDown);
  place();  // must not happen, and is harmless
  sent();
  pass(2'000);
  EXPECT_EQ(row_->state, kUnknown);
  EXPECT_TRUE(sent().empty());
  session(SessionState::kUp);
  pass(0);
  EXPECT_EQ(sent(), (Kinds{CommandKind::kQueryOrder, CommandKind::kQueryOrder}));
}

TEST_F(OrderLifecycleTest, GoingOnFromReconcilingAsksNothingTwice) {
  accept();
  session(SessionState::kDown);
  session(SessionState::kReconciling);
  pass(0);
  sent();
  session(SessionState::kUp);
  pass(0);
  EXPECT_TRUE(sent().empty());
}

TEST_F(OrderLifecycleTest, ADenialSaysNothingAboutAnOrderThatIsInDoubtAnyway) {
  accept();
  ASSERT_TRUE(replace());
  session(SessionState::kDown);
  failure(EventKind::kDenied, first_id_, RejectReason::kDisconnected, CommandKind::kReplace);
  EXPECT_EQ(row_->state, kUnknown);
  session(SessionState::kUp);
  EXPECT_EQ(status(OrderStatusCode::kOpen, first_id_).after, kActive);
  ASSERT_TRUE(cancel());
  sent();
  session(SessionState::kDown);
  failure(EventKind::kDenied, first_id_, RejectReason::kDisconnected, CommandKind::kCancel);
  pass(60'000);
  EXPECT_EQ(row_->state, kUnknown);
  EXPECT_TRUE(sent().empty());
  session(SessionState::kUp);
  pass(0);
  EXPECT_EQ(sent(), Kinds{CommandKind::kCancel});
}

TEST_F(OrderLifecycleTest, APlaceDeniedByADeadSessionNeverExisted) {
  session(SessionState::kDown);
  failure(EventKind::kDenied, first_id_, RejectReason::kDisconnected, CommandKind::kPlace);
  EXPECT_EQ(row_->state, kDenied);
}

// --- strays -----------------------------------------------------------------------------------

// An order of an earlier start of this engine.
constexpr ClientOrderId kEarlier =
    make_order_id({.instance = 0, .epoch = 9, .slot = 1, .generation = 5});

TEST_F(OrderLifecycleTest, AnOrderGivenUpThatLivesIsCancelledAndHoldsTheInstrumentUntilItIsGone) {
  failure(EventKind::kRejected, first_id_, RejectReason::kOther);
  sent();
  accept();
  EXPECT_EQ(life_.counters().strays, 1u);
  EXPECT_EQ(row_->state, kRejected);
  EXPECT_EQ(life_.session(0), SessionState::kReconciling);
  life_.on_time(now(), out_);
  ASSERT_EQ(out_.size(), 1u);
  EXPECT_EQ(out_.items()[0].kind, CommandKind::kCancel);
  EXPECT_EQ(out_.items()[0].id, first_id_);
  EXPECT_EQ(out_.items()[0].venue_id, VenueOrderId(77));
  report(EventKind::kCanceled, first_id_, 0);
  EXPECT_EQ(life_.stray_count(), 0u);
  EXPECT_EQ(life_.session(0), SessionState::kUp);
}

TEST_F(OrderLifecycleTest, AnOrderOfAnEarlierStartFoundOpenIsCancelledUntilTheVenueKnowsItNot) {
  accept();
  sent();
  status(OrderStatusCode::kOpen, kEarlier, 0, 0);
  pass(0);
  EXPECT_EQ(sent(), Kinds{CommandKind::kCancel});
  status(OrderStatusCode::kOpen, kEarlier, 0, 0);  // told again: nothing new
  pass(2'099);
  EXPECT_TRUE(sent().empty());
  pass(1);  // no answer
  EXPECT_EQ(sent(), Kinds{CommandKind::kCancel});
  retry_after_ = at(ms_ + 7'000);
  failure(EventKind::kCancelRejected, kEarlier, RejectReason::kRateLimit, CommandKind::kCancel);
  pass(6'999);
  EXPECT_TRUE(sent().empty());
  pass(1);
  EXPECT_EQ(sent(), Kinds{CommandKind::kCancel});
  failure(EventKind::kCancelRejected, kEarlier, RejectReason::kUnknownOrder, CommandKind::kCancel);
  EXPECT_EQ(life_.session(0), SessionState::kUp);
  EXPECT_EQ(life_.counters().strays, 1u);
  EXPECT_EQ(life_.next_deadline(), kNever);
}

// --- orders of earlier starts that go on ------------------------------------------------------

TEST_F(OrderLifecycleTest, AnAdoptedOrderGoesOnLikeAnyOther) {
  accept();
  sent();
  const OrderChange change = adopt(kEarlier, 20, 5);
  ASSERT_NE(change.order, nullptr);
  EXPECT_EQ(change.before, kFree);
  EXPECT_EQ(change.after, kPartiallyFilled);
  EXPECT_EQ(exposure(), Lots(10 + 15));
  EXPECT_EQ(life_.counters().adopted, 1u);
  EXPECT_EQ(life_.session(0), SessionState::kUp) << "it is no stray";
  EXPECT_TRUE(fill(kEarlier, 5, 1).fill_counted);
  EXPECT_EQ(exposure(), Lots(10 + 10));
  Order& row = *change.order;
  ASSERT_TRUE(life_.request_reduce(row, Lots(15), DecisionReason::kSizeChange, now(), out_));
  ASSERT_EQ(out_.items().back().id, kEarlier);
  EXPECT_EQ(out_.items().back().venue_id, VenueOrderId(88));
  report(EventKind::kAmended, kEarlier, 15);
  EXPECT_EQ(exposure(), Lots(10 + 5));
  ASSERT_TRUE(life_.request_cancel(row, DecisionReason::kPulled, now(), out_));
  EXPECT_EQ(report(EventKind::kCanceled, kEarlier, 10).after, kCanceled);
  EXPECT_EQ(exposure(), Lots(10));
  EXPECT_EQ(life_.counters().unmatched, 0u);
}

TEST_F(OrderLifecycleTest, AnAdoptedOrderIsReplacedUnderAnIdOfThisStart) {
  accept();
  Order& row = *adopt(kEarlier, 20, 0).order;
  ASSERT_TRUE(life_.request_replace(row, Ticks(101), Lots(8), {}, now(), out_));
  const ClientOrderId next = row.next_id;
  EXPECT_EQ(exposure(), Lots(10 + 20));
  EXPECT_EQ(report(EventKind::kReplaced, kEarlier, 8, 101, next).ended_id, kEarlier);
  EXPECT_EQ(row.id, next);
  EXPECT_EQ(exposure(), Lots(10 + 8));
  report(EventKind::kCanceled, kEarlier, 0);  // its own report, late
  EXPECT_EQ(row.state, kActive);
}

TEST_F(OrderLifecycleTest, AnAdoptionIsToldTwiceAndCountsOnce) {
  adopt(kEarlier, 20, 5);
  EXPECT_EQ(fill(kEarlier, 5, 1).after, kPartiallyFilled);
  const OrderChange again = adopt(kEarlier, 20, 5);  // from before that fill
  EXPECT_EQ(again.before, again.after);
  EXPECT_EQ(exposure(), Lots(10 + 10));
  EXPECT_EQ(life_.counters().adopted, 1u);
  EXPECT_EQ(life_.counters().strays, 0u);
  // Filled meanwhile, and told once more by a list that lags.
  EXPECT_EQ(fill(kEarlier, 10, 2).after, kFilled);
  adopt(kEarlier, 20, 10);
  EXPECT_EQ(exposure(), Lots(10));
  EXPECT_EQ(life_.stray_count(), 0u);
}

TEST_F(OrderLifecycleTest, AnAdoptedOrderIsDoubtedAndAskedForAsAnyOther) {
  accept();
  sent();
  adopt(kEarlier, 20, 0);
  session(SessionState::kDown);
  session(SessionState::kReconciling);
  adopt(kEarlier, 20, 0);  // by the new connection
  Order& row = *table_.find(kEarlier);
  EXPECT_EQ(row.state, kActive) << "what is listed lives";
  session(SessionState::kDown);
  session(SessionState::kUp);
  pass(0);
  EXPECT_EQ(row.state, kUnknown);
  EXPECT_EQ(exposure(), Lots(10 + 20));
  row_ = &row;
  EXPECT_EQ(status(OrderStatusCode::kFilled, kEarlier, 20).after, kUnknown) << "without its fills";
  EXPECT_EQ(exposure(), Lots(10 + 20));
  EXPECT_EQ(fill(kEarlier, 20, 9).after, kFilled);
}

TEST_F(OrderLifecycleTest, WhatCannotBeAdoptedIsAStray) {
  accept();
  sent();
  OrderIdParts p = parts(kEarlier);
  p.epoch = 0;  // of this start, but given up
  adopt(make_order_id(p), 20, 0);
  adopt(kEarlier, 20, 20);  // nothing is left of it
  EXPECT_EQ(life_.counters().adopted, 0u);
  EXPECT_EQ(life_.stray_count(), 2u);
  adopt(kEarlier, 20, 0);  // one that is being cancelled stays one
  EXPECT_EQ(life_.counters().adopted, 0u);
  EXPECT_EQ(exposure(), Lots(10));
  p = parts(kEarlier);
  p.instance = 7;
  adopt(make_order_id(p), 20, 0);
  EXPECT_EQ(life_.stray_count(), 2u) << "not of this engine";
}

TEST_F(OrderLifecycleTest, AnAmendOfTheEarlierStartThatComesLateEndsTheAdoptedOrder) {
  accept();
  sent();
  adopt(kEarlier, 20, 0);
  report(EventKind::kAmended, kEarlier, 20, 100);  // as it was told
  pass(0);
  EXPECT_TRUE(sent().empty());
  report(EventKind::kAmended, kEarlier, 12, 100);
  EXPECT_EQ(exposure(), Lots(10 + 20)) << "no less than it may be";
  pass(0);
  EXPECT_EQ(sent(), Kinds{CommandKind::kCancel});
  EXPECT_EQ(report(EventKind::kCanceled, kEarlier, 0).after, kCanceled);
  EXPECT_EQ(exposure(), Lots(10));
}

// --- strays that wait ---------------------------------------------------------------------------

TEST_F(OrderLifecycleTest, AStrayWaitsWhileTheSessionIsDown) {
  status(OrderStatusCode::kOpen, kEarlier, 0, 0);
  session(SessionState::kDown);
  sent();
  pass(60'000);
  EXPECT_TRUE(sent().empty());
  session(SessionState::kReconciling);
  pass(0);
  EXPECT_EQ(sent().front(), CommandKind::kCancel);
}

TEST_F(OrderLifecycleTest, AReplacementWeDoNotKnowIsAStray) {
  accept();
  const ClientOrderId given_up(first_id_.v + 7);
  report(EventKind::kReplaced, first_id_, 8, 101, given_up);
  out_.clear();
  pass(0);
  ASSERT_EQ(out_.size(), 1u);
  EXPECT_EQ(out_.items()[0].id, given_up);
}

TEST_F(OrderLifecycleTest, AnOrderEndedByNotFoundAloneMayComeBack) {
  accept();
  session(SessionState::kDown);
  session(SessionState::kUp);
  pass(8'500);
  EXPECT_EQ(status(OrderStatusCode::kNotFound, first_id_).after, kCanceled);
  accept();
  EXPECT_EQ(life_.stray_count(), 1u);
}

TEST_F(OrderLifecycleTest, ALateAcceptanceOfAnOrderThatEndedForGoodIsNoStray) {
  accept();
  ASSERT_TRUE(cancel());
  report(EventKind::kCanceled, first_id_, 0);
  accept();
  status(OrderStatusCode::kOpen, first_id_);
  EXPECT_EQ(life_.stray_count(), 0u);
}

// The venue said so, and was wrong.
TEST_F(OrderLifecycleTest, AnOrderThatEndedForGoodAndIsSaidToLiveAllTheSameIsAStray) {
  accept();
  ASSERT_TRUE(cancel());
  report(EventKind::kCanceled, first_id_, 0);
  out_.clear();
  Event e;
  e.kind = EventKind::kOrderStatus;
  e.time = now();
  e.report = {};
  e.report.id = first_id_;
  e.report.status = static_cast<std::uint8_t>(OrderStatusCode::kOpen);
  e.report.reason = RejectReason::kOther;
  life_.apply(e);
  EXPECT_EQ(life_.stray_count(), 1u);
  pass(0);
  ASSERT_EQ(out_.size(), 1u);
  EXPECT_EQ(out_.items()[0].kind, CommandKind::kCancel);
  EXPECT_EQ(out_.items()[0].id, first_id_);
  report(EventKind::kCanceled, first_id_, 0);
  EXPECT_EQ(life_.stray_count(), 0u);
}

TEST_F(OrderLifecycleTest, OrdersOfOthersAreNoneOfOurBusiness) {
  const auto other = make_order_id({.instance = 1, .epoch = 0, .slot = 1, .generation = 5});
  status(OrderStatusCode::kOpen, other, 0, 0);
  EXPECT_EQ(life_.stray_count(), 0u);
  EXPECT_EQ(life_.counters().unmatched, 1u);
}

TEST_F(OrderLifecycleTest, MoreStraysThanThereIsRoomForHoldTheInstrumentUntilAResume) {
  OrderLifecycle life(table_, {.strays_max = 1});
  life.on_session(0, SessionState::kUp, now());
  Event e;
  e.kind = EventKind::kAccepted;
  e.report = {};
  for (const std::uint64_t more : {0u, 1u}) {
    e.report.id = ClientOrderId(kEarlier.v + more);
    life.apply(e);
  }
  EXPECT_EQ(life.stray_count(), 1u);
  e.kind = EventKind::kCanceled;
  e.report.id = kEarlier;
  life.apply(e);
  EXPECT_EQ(life.stray_count(), 0u);
  EXPECT_EQ(life.session(0), SessionState::kReconciling);
  life.resume();
  EXPECT_EQ(life.session(0), SessionState::kUp);
}

TEST_F(OrderLifecycleTest, ReportsOfUnknownIdsAndOtherEventsChangeNothing) {
  EXPECT_EQ(report(EventKind::kCanceled, ClientOrderId(99), 0).order, nullptr);
  EXPECT_EQ(life_.counters().unmatched, 1u);
  Event e;
  e.kind = EventKind::kTrade;
  EXPECT_EQ(life_.apply(e).order, nullptr);
  EXPECT_EQ(row_->state, kPendingNew);
}

// --- breakers and room ------------------------------------------------------------------------

class OrderBreakerTest : public OrderLifecycleTest {
 protected:
  void reject(RejectReason reason) {
    failure(EventKind::kRejected, row_->id, reason);
    place();
  }
};

TEST_F(OrderBreakerTest, OpensAfterTheSameRejectThreeTimesAndPausesLongerEachTime) {
  for (int i = 0; i < 2; ++i) reject(RejectReason::kFilter);
  EXPECT_FALSE(life_.breaker_open(0, Side::kBuy, now()));
  reject(RejectReason::kFilter);
  EXPECT_TRUE(life_.breaker_open(0, Side::kBuy, now()));
  EXPECT_FALSE(life_.breaker_open(0, Side::kSell, now()));
  EXPECT_FALSE(life_.post_only_breaker_open(0, Side::kBuy, now()));
  ms_ += 1'000;
  EXPECT_FALSE(life_.breaker_open(0, Side::kBuy, now()));
  reject(RejectReason::kFilter);
  ms_ += 1'999;
  EXPECT_TRUE(life_.breaker_open(0, Side::kBuy, now()));
  ms_ += 1;
  EXPECT_FALSE(life_.breaker_open(0, Side::kBuy, now()));
  EXPECT_EQ(life_.counters().breaker_trips, 2u);
}

TEST_F(OrderBreakerTest, ASuccessOrAnotherReasonStartsTheCountAnew) {
  for (int i = 0; i < 2; ++i) reject(RejectReason::kFilter);
  reject(RejectReason::kMaxOrders);
  for (int i = 0; i < 2; ++i) reject(RejectReason::kFilter);
  EXPECT_FALSE(life_.breaker_open(0, Side::kBuy, now()));
  accept();
  place();
  for (int i = 0; i < 2; ++i) reject(RejectReason::kFilter);
  EXPECT_FALSE(life_.breaker_open(0, Side::kBuy, now()));
}

TEST_F(OrderBreakerTest, PostOnlyRejectsHaveTheirOwnBreaker) {
  for (int i = 0; i < 3; ++i) reject(RejectReason::kWouldCross);
  EXPECT_TRUE(life_.post_only_breaker_open(0, Side::kBuy, now()));
  EXPECT_FALSE(life_.breaker_open(0, Side::kBuy, now()));
}

TEST_F(OrderBreakerTest, ASuccessBetweenTwoPausesDoesNotMakeTheNextOneShort) {
  CircuitBreaker breaker;
  const auto refuse = [&](Nanos now) {
    for (int i = 0; i < 3; ++i) breaker.reject({}, RejectReason::kFilter, now);
  };
  refuse(kSecond);
  EXPECT_FALSE(breaker.open(kSecond * 2));
  breaker.success();
  refuse(kSecond * 2);
  EXPECT_TRUE(breaker.open(kSecond * 4 - Nanos(1)));
  EXPECT_FALSE(breaker.open(kSecond * 4));
  breaker.success();
  refuse(kSecond * 70);  // a minute without one
  EXPECT_FALSE(breaker.open(kSecond * 71));
}

TEST_F(OrderBreakerTest, ThePauseIsBounded) {
  CircuitBreaker breaker;
  std::int64_t now = 0;
  for (int i = 0; i < 20; ++i) {
    breaker.reject({}, RejectReason::kFilter, Nanos(now));
    now += 60 * kSecond.v;
    EXPECT_FALSE(breaker.open(Nanos(now)));
  }
}

TEST_F(OrderLifecycleTest, TerminalRowsLeaveAfterTheirRetention) {
  failure(EventKind::kRejected, first_id_, RejectReason::kFilter);
  pass(7'200'000 - 1);
  EXPECT_EQ(table_.used_count(), 1u);
  pass(1);
  EXPECT_EQ(table_.used_count(), 0u);
}

TEST_F(OrderLifecycleTest, AFullTableGivesUpItsOldestTerminalRowOnly) {
  failure(EventKind::kRejected, first_id_, RejectReason::kFilter);
  for (int i = 0; i < 4; ++i) place();
  EXPECT_EQ(table_.live_count(), 4u);
  EXPECT_EQ(life_.place({.price = Ticks(1), .lots = Lots(1)}, now(), out_), nullptr);
  EXPECT_EQ(table_.live_count(), 4u);
}

// Four of which the reserve held three: what ends there is one too many in more than one row.
TEST_F(OrderLifecycleTest, OrdersThatEndInTheReserveForUnknownOnesGiveUpAllTheirRows) {
  OrderTable table({.capacity = 5, .reserved_for_unknown = 3});
  OrderLifecycle life(table, {});
  const PlaceRequest request{.price = Ticks(1), .lots = Lots(1)};
  std::vector<Order*> unknown;
  for (int i = 0; i < 4; ++i) {
    unknown.push_back(life.place(request, now(), out_));
    ASSERT_NE(unknown.back(), nullptr);
    ASSERT_TRUE(table.transition(*unknown.back(), OrderState::kUnknown, now()));
  }
  for (Order* row : unknown) ASSERT_TRUE(table.transition(*row, OrderState::kCanceled, now()));
  EXPECT_NE(life.place(request, now(), out_), nullptr);
  EXPECT_EQ(table.used_count(), 2u);  // one that has ended is still known
}

TEST_F(OrderLifecycleTest, AnOrderKeepsToOneConnection) {
  OrderTable table({.capacity = 4});
  OrderLifecycle life(table, {.connections = 2});
  out_.clear();
  const PlaceRequest request{.price = Ticks(1), .lots = Lots(1)};
  for (int i = 0; i < 4; ++i) life.place(request, now(), out_);
  EXPECT_NE(out_.items()[0].connection, out_.items()[1].connection);
  EXPECT_EQ(out_.items()[0].connection, out_.items()[2].connection);
  Order& row = table.row(1);
  life.request_cancel(row, DecisionReason::kPulled, now(), out_);
  EXPECT_EQ(row.connection, 1);
}

}  // namespace
}  // namespace mm
