#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <vector>

#include "engine/runtime/spsc_ring.h"
#include "gateway/order_gateway.h"

namespace {

using namespace mm;

struct FakeSession {
  bool connected = true;
  std::vector<Command> sent;
  std::deque<Event> heard;
  int distrusted = 0;
  void distrust() { ++distrusted; }
  std::function<void()> on_submit = [] {};
  bool submit(const Command& c, Nanos) {
    on_submit();
    if (connected) sent.push_back(c);
    return connected;
  }
  bool next(Nanos, Event& e) {
    if (heard.empty()) return false;
    e = heard.front();
    heard.pop_front();
    return true;
  }
};

struct OrderGatewayTest : testing::Test {
  static constexpr Nanos kAgeMax{100};
  static constexpr Nanos kStallMax{2 * kSecond.v};
  SpscRing<Command> commands{16};
  SpscRing<Event> executions{4};
  FakeSession session;
  KillLatch kill_latch;
  OrderGateway<SpscRing<Command>, SpscRing<Event>, FakeSession> gateway{
      {kAgeMax, &kill_latch, kStallMax}, commands, executions, session};

  void push(CommandKind kind, Nanos time, std::uint64_t id = 1) {
    Command c;
    c.kind = kind;
    c.time = time;
    c.id = ClientOrderId(id);
    c.new_id = ClientOrderId(id + 1000);
    c.instrument = 3;
    c.side = Side::kSell;
    ASSERT_TRUE(commands.try_push(c));
  }
  std::vector<Event> answers() {
    std::vector<Event> all;
    Event e{};
    while (executions.try_pop(e)) all.push_back(e);
    return all;
  }
};

TEST_F(OrderGatewayTest, SendsFreshCommandsInOrder) {
  push(CommandKind::kPlace, Nanos(0), 1);
  push(CommandKind::kCancel, Nanos(0), 2);
  EXPECT_EQ(gateway.do_work(kAgeMax), 2);  // just young enough
  ASSERT_EQ(session.sent.size(), 2u);
  EXPECT_EQ(session.sent[0].id.v, 1u);
  EXPECT_EQ(session.sent[1].id.v, 2u);
  EXPECT_TRUE(answers().empty());
  EXPECT_EQ(gateway.sent(), 2u);
}

TEST_F(OrderGatewayTest, SendsWithoutALookAtWhatTheSessionHasHeard) {
  push(CommandKind::kPlace, Nanos(0));
  session.heard.emplace_back();
  EXPECT_EQ(gateway.send_waiting(Nanos(1)), 1);
  EXPECT_EQ(session.sent.size(), 1u);
  EXPECT_TRUE(answers().empty());
  EXPECT_EQ(gateway.do_work(Nanos(2)), 1);
  EXPECT_EQ(answers().size(), 1u);
}

TEST_F(OrderGatewayTest, SendsNoQuoteBehindAStallEither) {
  gateway.do_work(Nanos(1));
  push(CommandKind::kPlace, Nanos(1) + kStallMax);
  gateway.send_waiting(Nanos(2) + kStallMax);
  EXPECT_EQ(session.distrusted, 1);
}

// A process may be stopped between two commands as well as between two turns.
TEST_F(OrderGatewayTest, SendsNoQuoteBehindAStallWithinATurn) {
  const Clock clock;
  constexpr Nanos kStall{kMillisecond.v};
  OrderGateway<SpscRing<Command>, SpscRing<Event>, FakeSession> stalled{
      {kSecond * 10, &kill_latch, kStall, &clock}, commands, executions, session};
  std::vector<int> distrusted;
  session.on_submit = [&] {
    distrusted.push_back(session.distrusted);
    for (const Nanos until = clock.now() + kStall * 2; clock.now() < until;) continue;
  };
  push(CommandKind::kPlace, clock.now(), 1);
  push(CommandKind::kPlace, clock.now(), 2);
  push(CommandKind::kPlace, clock.now() - kSecond * 10 + kStall,
       3);  // young enough when the turn begins
  push(CommandKind::kCancel, clock.now(), 4);
  stalled.do_work(clock.now());
  ASSERT_EQ(session.sent.size(), 3u);
  EXPECT_EQ(distrusted, (std::vector{0, 1, 2})) << "before the next is sent";
  ASSERT_EQ(answers().size(), 1u);
  EXPECT_EQ(session.sent[2].id.v, 4u);
}

TEST_F(OrderGatewayTest, MeasuresWhatItSendsAndOnlyThat) {
  const Clock clock;
  OrderGateway<SpscRing<Command>, SpscRing<Event>, FakeSession> measured{
      {.command_age_max = kSecond, .clock = &clock}, commands, executions, session};
  const Nanos now = clock.now();
  push(CommandKind::kPlace, now);
  push(CommandKind::kPlace, now - kSecond * 2);  // too old
  push(CommandKind::kCancel, now);
  measured.do_work(now);
  EXPECT_EQ(measured.sent(), 2u);
  EXPECT_EQ(measured.times().send.count(), 2u);
  EXPECT_EQ(measured.times().command_to_sent.count(), 1u) << "of the first";
  EXPECT_GT(measured.times().command_to_sent.max(), Nanos(0));
  EXPECT_EQ(measured.times().tick_to_sent.count(), 0u);  // nothing received led to it
}

TEST_F(OrderGatewayTest, RefusesWhatIsTooOldAndSaysSo) {
  for (const auto kind : {CommandKind::kPlace, CommandKind::kReplace, CommandKind::kModify}) {
    push(kind, Nanos(0), 7);
    gateway.do_work(kAgeMax + Nanos(1));
    EXPECT_TRUE(session.sent.empty());
    const auto denied = answers();
    ASSERT_EQ(denied.size(), 1u);
    EXPECT_EQ(denied[0].kind, EventKind::kDenied);
    EXPECT_EQ(denied[0].failure.reason, RejectReason::kTooOld);
    EXPECT_EQ(denied[0].failure.id.v, 7u);
    EXPECT_EQ(denied[0].failure.new_id.v, 1007u);
    EXPECT_EQ(denied[0].failure.command, static_cast<std::uint8_t>(kind));
    EXPECT_EQ(denied[0].instrument, 3);
    EXPECT_EQ(denied[0].side(), Side::kSell);
    EXPECT_EQ(denied[0].received, kAgeMax + Nanos(1));
  }
  EXPECT_EQ(gateway.denied(), 3u);
}

TEST_F(OrderGatewayTest, CancelsReductionsAndQueriesPassHoweverOldAndUnderTheKillLatch) {
  kill_latch.set(KillLatch::kKilled);
  for (const auto kind : {CommandKind::kCancel, CommandKind::kReduce, CommandKind::kQueryOrder,
                          CommandKind::kQueryOpenOrders}) {
    push(kind, Nanos(0));
  }
  gateway.do_work(kSecond);
  EXPECT_EQ(session.sent.size(), 4u);
  EXPECT_TRUE(answers().empty());
}

TEST_F(OrderGatewayTest, TheKillLatchRefusesQuotesUntilItIsReleased) {
  kill_latch.set(KillLatch::kKilled);
  push(CommandKind::kPlace, Nanos(0));
  gateway.do_work(Nanos(1));
  const auto denied = answers();
  ASSERT_EQ(denied.size(), 1u);
  EXPECT_EQ(denied[0].failure.reason, RejectReason::kKillLatch);
  kill_latch.clear(KillLatch::kKilled);
  push(CommandKind::kPlace, Nanos(0));
  gateway.do_work(Nanos(1));
  EXPECT_EQ(session.sent.size(), 1u);
}

TEST_F(OrderGatewayTest, AStallIsAnsweredByDistrustBeforeAnythingIsSent) {
  gateway.do_work(Nanos(1));
  gateway.do_work(Nanos(1) + kStallMax);
  EXPECT_EQ(session.distrusted, 0);
  push(CommandKind::kPlace, Nanos(2) + 2 * kStallMax);
  gateway.do_work(Nanos(2) + 2 * kStallMax);
  EXPECT_EQ(session.distrusted, 1);
  EXPECT_FALSE(kill_latch.is_set()) << "from here on the session refuses quotes itself";
  gateway.do_work(Nanos(3) + 2 * kStallMax);
  EXPECT_EQ(session.distrusted, 1) << "once a stall";
}

TEST_F(OrderGatewayTest, AStallOfAnotherAgentCountsAsWell) {
  kill_latch.set(KillLatch::kStalled);
  gateway.do_work(Nanos(1));
  EXPECT_EQ(session.distrusted, 1);
  EXPECT_FALSE(kill_latch.is_set());
}

TEST_F(OrderGatewayTest, AfterTheGuardHasFiredTheSessionIsDistrustedOnceAndQuotesStayRefused) {
  kill_latch.set(KillLatch::kGuard);
  for (int turn = 1; turn <= 3; ++turn) {
    push(CommandKind::kPlace, Nanos(turn));
    gateway.do_work(Nanos(turn));
    EXPECT_EQ(session.distrusted, 1);
    const auto denied = answers();
    ASSERT_EQ(denied.size(), 1u);
    EXPECT_EQ(denied[0].failure.reason, RejectReason::kKillLatch);
  }
  kill_latch.clear(KillLatch::kGuard);
  gateway.do_work(Nanos(4));
  kill_latch.set(KillLatch::kGuard);
  gateway.do_work(Nanos(5));
  EXPECT_EQ(session.distrusted, 2) << "it fired again";
}

TEST_F(OrderGatewayTest, WhatASessionCannotSendIsDeniedAsDisconnected) {
  session.connected = false;
  push(CommandKind::kCancel, Nanos(0), 5);
  gateway.do_work(Nanos(1));
  const auto denied = answers();
  ASSERT_EQ(denied.size(), 1u);
  EXPECT_EQ(denied[0].failure.reason, RejectReason::kDisconnected);
  EXPECT_EQ(denied[0].failure.command, static_cast<std::uint8_t>(CommandKind::kCancel));
}

TEST_F(OrderGatewayTest, ExecutionReportsWaitInTheSessionWhileTheRingIsFull) {
  for (std::uint32_t i = 0; i < 10; ++i) {
    Event e{};
    e.kind = EventKind::kFilled;
    e.sequence = i;
    session.heard.push_back(e);
  }
  std::uint32_t expected = 0;
  for (int turn = 0; turn < 3; ++turn) {
    gateway.do_work(Nanos(1));
    EXPECT_EQ(gateway.do_work(Nanos(1)), 0);
    for (const Event& e : answers()) EXPECT_EQ(e.sequence, expected++);
  }
  EXPECT_EQ(expected, 10u);
}

TEST_F(OrderGatewayTest, ARefusalWaitsForRoomAndIsNeitherLostNorDoubled) {
  Event e{};
  e.kind = EventKind::kFilled;
  while (executions.try_push(e)) continue;
  push(CommandKind::kCancel, Nanos(0), 1);
  push(CommandKind::kPlace, Nanos(0), 2);
  EXPECT_EQ(gateway.do_work(kSecond), 1);  // the cancel needs no answer
  EXPECT_EQ(session.sent.size(), 1u);
  EXPECT_EQ(commands.size(), 1u);
  EXPECT_EQ(answers().size(), 4u);
  EXPECT_EQ(gateway.do_work(kSecond), 1);
  EXPECT_EQ(answers().size(), 1u);
  EXPECT_EQ(gateway.do_work(kSecond), 0);
  EXPECT_EQ(gateway.denied(), 1u);
}

}  // namespace
