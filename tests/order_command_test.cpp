#include <gtest/gtest.h>

#include <set>

#include "engine/core/command.h"

namespace mm {
namespace {

Command sample() {
  Command c;
  c.id = ClientOrderId(1);
  c.lots = Lots(5);
  c.ticks = 100;
  c.kind = CommandKind::kPlace;
  return c;
}

TEST(CommandHash, TimeStampsDoNotCount) {
  Command later = sample();
  later.time = Nanos(77);
  later.cause_received = Nanos(76);
  EXPECT_EQ(hash(sample(), 1), hash(later, 1));
}

TEST(CommandHash, EveryFieldThatSaysSomethingCounts) {
  std::set<std::uint64_t> seen{hash(sample(), 1), hash(sample(), 2)};
  const auto add = [&](auto change) {
    Command c = sample();
    change(c);
    EXPECT_TRUE(seen.insert(hash(c, 1)).second);
  };
  add([](Command& c) { c.id = ClientOrderId(2); });
  add([](Command& c) { c.new_id = ClientOrderId(1); });
  add([](Command& c) { c.venue_id = VenueOrderId(1); });
  add([](Command& c) { c.lots = Lots(6); });
  add([](Command& c) { c.ticks = 101; });
  add([](Command& c) { c.instrument = 1; });
  add([](Command& c) { c.kind = CommandKind::kCancel; });
  add([](Command& c) { c.side = Side::kSell; });
  add([](Command& c) { c.connection = 1; });
  add([](Command& c) { c.why = 1; });
}

TEST(CommandHash, IsNeverZeroAndChainsInOrder) {
  Command other = sample();
  other.ticks = 7;
  EXPECT_NE(hash(Command{}, 0), 0u);
  EXPECT_NE(hash(sample(), hash(other, 0)), hash(other, hash(sample(), 0)));
}

TEST(CommandHash, FewCollisionsAmongNeighbours) {
  std::set<std::uint64_t> seen;
  for (int ticks = 0; ticks < 100; ++ticks) {
    for (int lots = 0; lots < 100; ++lots) {
      Command c = sample();
      c.ticks = ticks;
      c.lots = Lots(lots);
      seen.insert(hash(c, 0));
    }
  }
  EXPECT_EQ(seen.size(), 10'000u);
}

}  // namespace
}  // namespace mm
