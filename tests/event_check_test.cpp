// Which events of a file the core is told, and which no session can have written.
#include "engine/core/event_check.h"

#include <gtest/gtest.h>

#include "engine/core/command.h"
#include "tests/core_harness.h"

namespace mm {
namespace {

Event event(EventKind kind) {
  Event e = test::CoreHarness::event(kind);
  e.time = e.received = kSecond * 1'700'000'000;
  return e;
}

Adoption adoption() {
  return {ClientOrderId(7), VenueOrderId(8), Lots(10), Lots(9), 100, {}};
}

TEST(EventCheck, LetsEveryKindThroughAsItIsWritten) {
  for (int kind = 1; kind < static_cast<int>(EventKind::kCount); ++kind) {
    Event e = event(static_cast<EventKind>(kind));
    if (e.kind == EventKind::kBookLevels) e.levels.count = kLevelsPerEvent;
    if (e.kind == EventKind::kAdopted) e.adoption = adoption();
    EXPECT_TRUE(is_possible(e)) << name(e.kind);
  }
  EXPECT_FALSE(is_possible(event(EventKind::kNone)));
  EXPECT_FALSE(is_possible(event(EventKind::kCount)));
}

TEST(EventCheck, KnowsTimesAndCountsThatCannotBe) {
  Event e = event(EventKind::kTimer);
  e.time = Nanos(-1);
  EXPECT_FALSE(is_possible(e));
  e.time = Nanos::max();
  EXPECT_FALSE(is_possible(e));
  for (const int count : {0, kLevelsPerEvent + 1, 255}) {
    e = event(EventKind::kBookLevels);
    e.levels.count = static_cast<std::uint8_t>(count);
    EXPECT_FALSE(is_possible(e)) << count;
  }
}

TEST(EventCheck, KnowsOrdersThatCannotGoOn) {
  const auto possible = [](auto&& change) {
    Event e = event(EventKind::kAdopted);
    e.adoption = adoption();
    change(e.adoption);
    return is_possible(e);
  };
  EXPECT_FALSE(possible([](Adoption& a) { a.id = ClientOrderId(0); }));
  EXPECT_FALSE(possible([](Adoption& a) { a.executed = a.lots; }));
  EXPECT_FALSE(possible([](Adoption& a) { a.executed = Lots(-1); }));
  EXPECT_FALSE(possible([](Adoption& a) { a.lots = Lots::max(); }));
  EXPECT_FALSE(possible([](Adoption& a) { a.ticks = 0; }));
}

TEST(EventCheck, KnowsWordsThatAreNone) {
  Event e = event(EventKind::kOrderStatus);
  e.report.status = 6;
  EXPECT_FALSE(is_possible(e));
  e = event(EventKind::kExpired);
  e.report.reason = RejectReason::kCount;
  EXPECT_FALSE(is_possible(e));
  e = event(EventKind::kDenied);
  e.failure.command = static_cast<std::uint8_t>(CommandKind::kCount);
  EXPECT_FALSE(is_possible(e));
  e = event(EventKind::kFilled);
  e.fill.fee_asset = static_cast<Asset>(3);
  EXPECT_FALSE(is_possible(e));
  e = event(EventKind::kSessionStatus);
  e.session.state = static_cast<SessionState>(3);
  EXPECT_FALSE(is_possible(e));
  e = event(EventKind::kControl);
  e.control.code = static_cast<ControlCode>(99);
  EXPECT_FALSE(is_possible(e));
}

TEST(EventCheck, KnowsQuantitiesWhoseSumWouldNotFit) {
  Event e = event(EventKind::kFilled);
  e.fill.lots = Lots::max();
  EXPECT_FALSE(is_possible(e));
  e.fill.lots = Lots(-1);
  EXPECT_FALSE(is_possible(e));
  e = event(EventKind::kBalance);
  e.balance.free = e.balance.locked = Amount::max();
  EXPECT_FALSE(is_possible(e));
  e = event(EventKind::kRateUsage);
  e.rate.orders_end = Nanos::max();
  EXPECT_FALSE(is_possible(e));
  e = event(EventKind::kAmended);
  e.report.lots = Lots::max();
  EXPECT_FALSE(is_possible(e));
}

}  // namespace
}  // namespace mm
