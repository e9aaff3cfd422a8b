#include "engine/runtime/driver.h"

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "engine/runtime/agent.h"
#include "engine/runtime/strategy_agent.h"
#include "engine/runtime/venue_agent.h"
#include "engine/runtime/virtual_loop.h"
#include "gateway/order_gateway.h"

namespace {

using namespace mm;

// Remembers what it is given and answers with what the test says.
struct FakeCore {
  std::vector<Event> seen;
  std::function<void(const Event&, CommandBuffer&)> answer;
  std::function<void(const CommandBuffer&)> conclusion;
  std::deque<Nanos> deadlines;
  bool shut_down = false;
  Nanos stops_after{};  // from the shutdown on
  Nanos shut_down_at{};
  Nanos now{};

  FakeCore() { seen.reserve(4096); }
  void on(const Event& e, CommandBuffer& out) {
    seen.push_back(e);
    now = e.time;
    if (e.kind == EventKind::kTimer && !deadlines.empty()) deadlines.pop_front();
    if (e.kind == EventKind::kControl && e.control.code == ControlCode::kShutdown) {
      shut_down = true;
      shut_down_at = e.time;
    }
    if (answer) answer(e, out);
  }
  void conclude(const CommandBuffer& sent) {
    if (conclusion) conclusion(sent);
  }
  Nanos next_deadline() const { return deadlines.empty() ? kNever : deadlines.front(); }
  bool stopped() const { return shut_down && now >= shut_down_at + stops_after; }

  std::vector<EventKind> kinds() const {
    std::vector<EventKind> k;
    for (const Event& e : seen) k.push_back(e.kind);
    return k;
  }
};

struct FakeJournal {
  std::vector<std::pair<Event, std::uint64_t>> records;
  void append(const Event& e, std::uint64_t h) { records.emplace_back(e, h); }
};

struct BoundedSink {
  std::size_t room = 100;
  std::vector<Command> taken;
  bool push(const Command& c) {
    if (taken.size() >= room) return false;
    taken.push_back(c);
    return true;
  }
};

Event event(EventKind kind, std::uint32_t sequence = 0, std::uint8_t flags = 0) {
  Event e{};
  e.kind = kind;
  e.sequence = sequence;
  e.flags = flags;
  e.received = Nanos(1);
  return e;
}
Command place(std::uint64_t id) {
  Command c;
  c.kind = CommandKind::kPlace;
  c.id = ClientOrderId(id);
  c.cause_received = Nanos(1);
  return c;
}

struct DriverTest : testing::Test {
  FakeCore core;
  FakeJournal journal;
  BoundedSink sink;
  Driver<FakeCore, FakeJournal, BoundedSink> driver{core, journal, sink};
};

TEST_F(DriverTest, StampsCoreTimeThatNeverGoesBack) {
  for (const int now : {5, 3, 9, 9, 1}) driver.deliver(event(EventKind::kTrade), Nanos(now));
  std::vector<std::int64_t> stamps;
  for (const Event& e : core.seen) stamps.push_back(e.time.v);
  EXPECT_EQ(stamps, (std::vector<std::int64_t>{5, 5, 9, 9, 9}));
}

TEST_F(DriverTest, JournalsEveryEventAsStampedWithTheHashOfItsCommands) {
  core.answer = [](const Event& e, CommandBuffer& out) {
    if (e.kind == EventKind::kBatchEnd) out.push(place(7));
  };
  EXPECT_FALSE(driver.deliver(event(EventKind::kTrade), Nanos(4)));
  EXPECT_TRUE(driver.end_batch(Nanos(5)));
  ASSERT_EQ(journal.records.size(), 2u);
  EXPECT_EQ(journal.records[0].first.time, Nanos(4));
  EXPECT_EQ(journal.records[0].second, 0u);
  EXPECT_EQ(journal.records[1].first.kind, EventKind::kBatchEnd);
  EXPECT_EQ(journal.records[1].second, hash(place(7), 0));
  ASSERT_EQ(sink.taken.size(), 1u);
  EXPECT_EQ(sink.taken[0].id.v, 7u);
  EXPECT_EQ(driver.commands_out(), 1u);
}

TEST_F(DriverTest, TheCoreConcludesOnceTheCommandsAreOnTheirWay) {
  core.answer = [](const Event& e, CommandBuffer& out) {
    if (e.kind == EventKind::kBatchEnd) out.push(place(7));
  };
  std::vector<std::string> order;
  const auto note = [&](const std::string& what) {
    order.push_back(what + " " + std::to_string(sink.taken.size()));
  };
  core.conclusion = [&](const CommandBuffer& sent) {
    note("concluded of " + std::to_string(sent.size()));
  };
  const auto sent = [&] { note("sent"); };
  driver.deliver(event(EventKind::kTrade), Nanos(1), sent);
  driver.end_batch(Nanos(2), sent);
  EXPECT_EQ(order, (std::vector<std::string>{"concluded of 0 0", "sent 1", "concluded of 1 1"}));
}

TEST_F(DriverTest, EndsABatchOnlyAfterSomethingWasDelivered) {
  EXPECT_FALSE(driver.end_batch(Nanos(1)));
  EXPECT_TRUE(core.seen.empty());
  driver.deliver(event(EventKind::kTrade), Nanos(2));
  driver.end_batch(Nanos(2));
  driver.end_batch(Nanos(3));
  EXPECT_EQ(core.kinds(), (std::vector{EventKind::kTrade, EventKind::kBatchEnd}));
}

TEST_F(DriverTest, AFailedPushComesBackAsAJournaledDenial) {
  sink.room = 1;
  core.answer = [](const Event& e, CommandBuffer& out) {
    if (e.kind != EventKind::kBatchEnd) return;
    for (std::uint64_t id = 1; id <= 3; ++id) out.push(place(id));
  };
  driver.deliver(event(EventKind::kTrade), Nanos(1));
  driver.end_batch(Nanos(2));
  EXPECT_EQ(core.seen.size(), 2u);
  EXPECT_EQ(driver.deliver_denied(Nanos(3)), 2);
  EXPECT_EQ(driver.deliver_denied(Nanos(3)), 0);
  ASSERT_EQ(core.seen.size(), 4u);
  for (const std::size_t i : {2u, 3u}) {
    const Event& e = journal.records[i].first;
    EXPECT_EQ(e.kind, EventKind::kDenied);
    EXPECT_EQ(e.failure.id.v, i);
    EXPECT_EQ(e.failure.reason, RejectReason::kRingFull);
    EXPECT_EQ(e.failure.command, static_cast<std::uint8_t>(CommandKind::kPlace));
    EXPECT_EQ(e.time, Nanos(3));
  }
}

TEST_F(DriverTest, DenialsCausedByDenialsWaitForTheNextTurn) {
  sink.room = 0;
  core.answer = [](const Event&, CommandBuffer& out) { out.push(place(1)); };
  driver.deliver(event(EventKind::kTrade), Nanos(1));
  EXPECT_EQ(driver.deliver_denied(Nanos(2)), 1);
  EXPECT_EQ(core.seen.size(), 2u);
  EXPECT_EQ(driver.deliver_denied(Nanos(3)), 1);
}

TEST_F(DriverTest, DeliversTimersWhileTheDeadlineHasPassed) {
  core.deadlines = {Nanos(10), Nanos(20), Nanos(30)};
  EXPECT_EQ(driver.deliver_timers(Nanos(9)), 0);
  EXPECT_EQ(driver.deliver_timers(Nanos(20)), 2);
  EXPECT_EQ(core.kinds(), (std::vector{EventKind::kTimer, EventKind::kTimer}));
}

TEST_F(DriverTest, ADeadlineThatDoesNotMoveCannotHoldTheTurn) {
  core.deadlines.assign(1000, Nanos(1));
  EXPECT_EQ(driver.deliver_timers(Nanos(5)), 64);
}

TEST_F(DriverTest, CountsEventsByKindAndGivesRates) {
  const EventCounts before = driver.events().read();
  for (int i = 0; i < 6; ++i) driver.deliver(event(EventKind::kTrade), Nanos(1));
  driver.end_batch(Nanos(1));
  const EventCounts after = driver.events().read();
  EXPECT_EQ(after.of(EventKind::kTrade), 6u);
  EXPECT_EQ(after.total, 7u);
  EXPECT_EQ(driver.events_in(), 7u);
  const EventCounts rates = per_second(before, after, kSecond * 2);
  EXPECT_EQ(rates.of(EventKind::kTrade), 3u);
  EXPECT_EQ(per_second(before, after, Nanos{}).total, 0u);
}

TEST(OutputHash, IsBlindToTimeButNotToOrderOrContent) {
  const auto of = [](std::vector<Command> commands) {
    OutputHash h;
    for (const Command& c : commands) h.add(std::span(&c, 1));
    return h.value();
  };
  Command late = place(1);
  late.time = Nanos(99);
  late.cause_received = Nanos(98);
  EXPECT_EQ(of({place(1), place(2)}), of({late, place(2)}));
  EXPECT_NE(of({place(1), place(2)}), of({place(2), place(1)}));
  EXPECT_NE(of({place(1)}), of({place(1), place(1)}));
  OutputHash h;
  EXPECT_EQ(h.add(std::span<const Command>{}), 0u);
  EXPECT_EQ(h.value(), 0u);
}

TEST(CommandRouter, SendsResynchronisationToTheFeedAndTheRestToTheGateway) {
  SpscRing<Command> gateway(4), feed(1);
  CommandRouter router{gateway, &feed};
  Command resync;
  resync.kind = CommandKind::kResyncFeed;
  EXPECT_TRUE(router.push(place(1)));
  EXPECT_TRUE(router.push(resync));
  EXPECT_FALSE(router.push(resync));
  EXPECT_EQ(gateway.size(), 1u);
  EXPECT_EQ(feed.size(), 1u);
  CommandRouter nobody_to_ask{gateway};
  EXPECT_TRUE(nobody_to_ask.push(resync));
  EXPECT_EQ(gateway.size(), 1u);
}

struct HandClock {
  Nanos time{100};
  Nanos now() const { return time; }
};

struct StrategyAgentTest : DriverTest {
  SpscRing<Event> execution{16}, control{16}, market{64};
  HandClock clock;
  using TestDriver = Driver<FakeCore, FakeJournal, BoundedSink>;
  StrategyAgent<TestDriver, HandClock> agent{driver, {execution, control, market}, clock, 4};
};

TEST_F(StrategyAgentTest, DrainsExecutionThenControlThenMarketThenTimersThenEndsTheBatch) {
  market.try_push(event(EventKind::kTrade));
  control.try_push(event(EventKind::kControl));
  execution.try_push(event(EventKind::kFilled));
  execution.try_push(event(EventKind::kCanceled));
  core.deadlines = {Nanos(50)};
  EXPECT_EQ(agent.do_work(), 5);
  EXPECT_EQ(core.kinds(),
            (std::vector{EventKind::kFilled, EventKind::kCanceled, EventKind::kControl,
                         EventKind::kTrade, EventKind::kTimer, EventKind::kBatchEnd}));
  EXPECT_EQ(agent.do_work(), 0);
  EXPECT_EQ(core.seen.size(), 6u);
  EXPECT_EQ(agent.turn().count(), 1u);
}

TEST_F(StrategyAgentTest, TakesMarketDataInBatches) {
  for (std::uint32_t i = 0; i < 6; ++i) market.try_push(event(EventKind::kTrade, i));
  EXPECT_EQ(agent.do_work(), 4);
  EXPECT_EQ(core.seen.back().kind, EventKind::kBatchEnd);
  EXPECT_EQ(agent.do_work(), 2);
}

TEST_F(StrategyAgentTest, TakesAllThereIsWhereTheFeedWaitsForIt) {
  agent.take_all_market();
  for (std::uint32_t i = 0; i < 64; ++i) ASSERT_TRUE(market.try_push(event(EventKind::kTrade, i)));
  EXPECT_EQ(agent.do_work(), 64);
  EXPECT_EQ(core.seen.back().kind, EventKind::kBatchEnd);
  EXPECT_EQ(agent.do_work(), 0);
}

TEST_F(StrategyAgentTest, ATurnThatBeginsTooLateSaysSoBeforeItDecides) {
  KillLatch latch;
  agent.watch_stalls(latch, kSecond);
  agent.do_work();
  clock.time += kSecond;
  agent.do_work();
  EXPECT_FALSE(latch.is_set());
  clock.time += kSecond + Nanos(1);
  agent.do_work();
  EXPECT_TRUE(latch.is_set(KillLatch::kStalled));
}

TEST_F(StrategyAgentTest, GivesEachSlotBackAsItGoes) {
  std::vector<std::size_t> left;
  core.answer = [&](const Event& e, CommandBuffer&) {
    if (e.kind == EventKind::kTrade) left.push_back(market.size());
  };
  for (std::uint32_t i = 0; i < 4; ++i) market.try_push(event(EventKind::kTrade, i));
  agent.do_work();
  EXPECT_EQ(left, (std::vector<std::size_t>{4, 3, 2, 1}));
}

TEST_F(StrategyAgentTest, NeverEndsABatchInsideAMessage) {
  market.try_push(event(EventKind::kTrade));
  market.try_push(event(EventKind::kBookBegin));
  for (std::uint32_t i = 0; i < 6; ++i) {
    market.try_push(event(EventKind::kBookLevels, i, i == 5 ? kFlagLast : std::uint8_t{0}));
  }
  market.try_push(event(EventKind::kTrade));
  EXPECT_EQ(agent.do_work(), 8);
  EXPECT_TRUE(core.seen[7].last());
  EXPECT_EQ(core.seen[8].kind, EventKind::kBatchEnd);
}

TEST_F(StrategyAgentTest, TellsTheCoreFirstWhatTheCommandRingRefused) {
  sink.room = 0;
  core.answer = [](const Event& e, CommandBuffer& out) {
    if (e.kind == EventKind::kBatchEnd && e.time == Nanos(100)) out.push(place(1));
  };
  market.try_push(event(EventKind::kTrade));
  agent.do_work();
  clock.time = Nanos(200);
  execution.try_push(event(EventKind::kFilled));
  agent.do_work();
  EXPECT_EQ(core.kinds(), (std::vector{EventKind::kTrade, EventKind::kBatchEnd, EventKind::kDenied,
                                       EventKind::kFilled, EventKind::kBatchEnd}));
}

TEST_F(StrategyAgentTest, MeasuresFromReceiptToCommand) {
  core.answer = [this](const Event& e, CommandBuffer& out) {
    if (e.kind != EventKind::kBatchEnd) return;
    clock.time = Nanos(131);  // what deciding took
    out.push(place(1));
  };
  market.try_push(event(EventKind::kTrade));
  agent.do_work();
  ASSERT_EQ(agent.event_to_command().count(), 1u);
  EXPECT_EQ(agent.event_to_command().max(), Nanos(130));  // cause received at 1
}

TEST_F(StrategyAgentTest, SendsBeforeTheCoreConcludesWhereItCan) {
  std::string order;
  core.answer = [](const Event& e, CommandBuffer& out) {
    if (e.kind == EventKind::kBatchEnd) out.push(place(1));
  };
  core.conclusion = [&](const CommandBuffer& made) {
    order += made.size() > 0 ? "concluded " : "";
  };
  agent.send_with([&](Nanos now) {
    EXPECT_EQ(now, clock.time);
    EXPECT_EQ(sink.taken.size(), 1u);
    order += "sent ";
  });
  market.try_push(event(EventKind::kTrade));
  agent.do_work();
  EXPECT_EQ(order, "sent concluded ");
  agent.send_with({});
  market.try_push(event(EventKind::kTrade));
  agent.do_work();
  EXPECT_EQ(order, "sent concluded concluded ");
}

TEST_F(StrategyAgentTest, SaysWhenTheCoreHasStopped) {
  agent.do_work();
  EXPECT_FALSE(agent.stopped());
  Event stop = event(EventKind::kControl);
  stop.control = Control{};
  stop.control.code = ControlCode::kShutdown;
  control.try_push(stop);
  agent.do_work();
  EXPECT_TRUE(agent.stopped());
}

// Answers every place after 5 ns; publishes what the test or a source gives it, 2 ns later.
struct FakeVenue {
  std::deque<std::pair<Nanos, Event>> due;  // in order of time
  std::vector<std::pair<Nanos, Command>> submitted;

  void schedule(Nanos at, const Event& e) {
    auto it = due.end();
    while (it != due.begin() && std::prev(it)->first > at) --it;
    due.insert(it, {at, e});
  }
  Nanos next_time() const { return due.empty() ? kNever : due.front().first; }
  bool next(Nanos now, Event& e) {
    if (due.empty() || due.front().first > now) return false;
    e = due.front().second;
    e.received = due.front().first;
    due.pop_front();
    return true;
  }
  void submit(const Command& c, Nanos now) {
    submitted.emplace_back(now, c);
    Event e = event(EventKind::kAccepted);
    e.report = OrderReport{};
    e.report.id = c.id;
    schedule(now + Nanos(5), e);
  }
  void on_market(std::span<const Event> events, Nanos at) {
    for (const Event& e : events) schedule(at + Nanos(2), e);
  }
};

struct ListSource {
  std::vector<std::pair<Nanos, std::vector<Event>>> messages;
  std::size_t position = 0;
  bool next(Nanos& at, std::span<const Event>& events) {
    if (position == messages.size()) return false;
    at = messages[position].first;
    events = messages[position++].second;
    return true;
  }
};

using Gateway = OrderGateway<SpscRing<Command>, SpscRing<Event>, DirectSession<FakeVenue>>;

struct VirtualLoopTest : testing::Test {
  FakeCore core;
  FakeJournal journal;
  SpscRing<Command> commands{16};
  SpscRing<Event> executions{16};
  CommandRouter router{commands};
  using TestDriver = Driver<FakeCore, FakeJournal, CommandRouter>;
  TestDriver driver{core, journal, router};
  FakeVenue venue;
  DirectSession<FakeVenue> session{venue};
  KillLatch kill_latch;
  Gateway gateway{{kSecond, &kill_latch}, commands, executions, session};
  VirtualLoop<TestDriver, Gateway, FakeVenue> loop{driver, gateway, executions, venue, Nanos(0)};

  std::vector<std::pair<std::int64_t, EventKind>> seen() const {
    std::vector<std::pair<std::int64_t, EventKind>> s;
    for (const Event& e : core.seen) s.emplace_back(e.time.v, e.kind);
    return s;
  }
};

TEST_F(VirtualLoopTest, DeliversWhatIsDueAtOneTimeAsOneBatchVenueBeforeTimers) {
  venue.schedule(Nanos(10), event(EventKind::kTrade));
  venue.schedule(Nanos(10), event(EventKind::kBookTicker));
  venue.schedule(Nanos(30), event(EventKind::kTrade));
  core.deadlines = {Nanos(10), Nanos(20)};
  EXPECT_TRUE(loop.advance(Nanos(25)));
  EXPECT_EQ(loop.now(), Nanos(25));
  const std::vector<std::pair<std::int64_t, EventKind>> expected{
      {10, EventKind::kTrade},    {10, EventKind::kBookTicker}, {10, EventKind::kTimer},
      {10, EventKind::kBatchEnd}, {20, EventKind::kTimer},      {20, EventKind::kBatchEnd}};
  EXPECT_EQ(seen(), expected);
  EXPECT_FALSE(loop.advance(kSecond));  // the last event, then nothing will happen any more
  EXPECT_EQ(core.seen.size(), 8u);
}

TEST_F(VirtualLoopTest, CommandsReachTheVenueAtTheTimeTheyAreDecided) {
  core.answer = [](const Event& e, CommandBuffer& out) {
    if (e.kind != EventKind::kBatchEnd || e.time != Nanos(10)) return;
    Command c = place(3);
    c.time = e.time;
    out.push(c);
  };
  venue.schedule(Nanos(10), event(EventKind::kTrade));
  loop.advance(Nanos(100));
  ASSERT_EQ(venue.submitted.size(), 1u);
  EXPECT_EQ(venue.submitted[0].first, Nanos(10));
  EXPECT_EQ(core.seen[2].kind, EventKind::kAccepted);
  EXPECT_EQ(core.seen[2].time, Nanos(15));
  EXPECT_EQ(loop.event_to_command().count(), 1u);
}

TEST_F(VirtualLoopTest, AGatewaysRefusalIsDeliveredAtOnceInABatchOfItsOwn) {
  kill_latch.set(KillLatch::kKilled);
  core.answer = [asked = false](const Event& e, CommandBuffer& out) mutable {
    if (e.kind == EventKind::kBatchEnd && !std::exchange(asked, true)) out.push(place(3));
  };
  venue.schedule(Nanos(10), event(EventKind::kTrade));
  loop.advance(Nanos(100));
  const std::vector<std::pair<std::int64_t, EventKind>> expected{{10, EventKind::kTrade},
                                                                 {10, EventKind::kBatchEnd},
                                                                 {10, EventKind::kDenied},
                                                                 {10, EventKind::kBatchEnd}};
  EXPECT_EQ(seen(), expected);
  EXPECT_EQ(core.seen[2].failure.reason, RejectReason::kKillLatch);
}

TEST_F(VirtualLoopTest, GivesTheSourceToTheVenueInTimeAndEndsAfterIt) {
  ListSource source;
  source.messages.push_back({Nanos(10), {event(EventKind::kTrade, 1)}});
  source.messages.push_back({Nanos(10), {event(EventKind::kTrade, 2)}});
  source.messages.push_back(
      {Nanos(50), {event(EventKind::kBookBegin, 3), event(EventKind::kBookLevels, 3, kFlagLast)}});
  core.deadlines = {Nanos(11), Nanos(3 * kSecond.v)};
  VirtualLoop with_source{driver, gateway, executions, venue, source};
  EXPECT_EQ(with_source.now(), Nanos(10));
  EXPECT_FALSE(with_source.advance(kNever));
  const std::vector<std::pair<std::int64_t, EventKind>> expected{
      {11, EventKind::kTimer},      {11, EventKind::kBatchEnd}, {12, EventKind::kTrade},
      {12, EventKind::kTrade},      {12, EventKind::kBatchEnd}, {52, EventKind::kBookBegin},
      {52, EventKind::kBookLevels}, {52, EventKind::kBatchEnd}};
  EXPECT_EQ(seen(), expected);
}

TEST_F(VirtualLoopTest, AnEmptySourceEndsAtOnce) {
  ListSource source;
  VirtualLoop with_source{driver, gateway, executions, venue, source};
  EXPECT_FALSE(with_source.advance(kNever));
  EXPECT_TRUE(core.seen.empty());
}

TEST_F(VirtualLoopTest, ShutsDownAndRunsOnUntilTheCoreHasStopped) {
  core.stops_after = Nanos(500);
  core.deadlines = {Nanos(300), Nanos(600), Nanos(900)};
  loop.advance(Nanos(100));
  EXPECT_TRUE(loop.shut_down());
  EXPECT_EQ(core.seen[0].control.code, ControlCode::kShutdown);
  EXPECT_EQ(core.seen[0].time, Nanos(100));
  EXPECT_EQ(loop.now(), Nanos(600));
}

TEST_F(VirtualLoopTest, AShutdownThatDoesNotEndIsGivenUp) {
  core.stops_after = kSecond * 1000;
  for (int i = 0; i < 100; ++i) core.deadlines.push_back(kSecond * i);
  loop.advance(Nanos(0));
  EXPECT_FALSE(loop.shut_down());
  EXPECT_LE(loop.now(), kSecond * 60);
}

TEST_F(VirtualLoopTest, StopsWhenAsked) {
  core.deadlines = {Nanos(1)};
  loop.request_stop();
  EXPECT_FALSE(loop.advance(kSecond));
  EXPECT_TRUE(core.seen.empty());
}

// Decides a place for every third trade; the same core is driven in both kinds of time.
void every_third_trade(const Event& e, CommandBuffer& out) {
  if (e.kind != EventKind::kTrade || e.sequence % 3 != 0) return;
  Command c = place(e.sequence);
  c.time = e.time;
  c.cause_received = e.received;
  out.push(c);
}

TEST(RealAndVirtualTime, TheSameInputsGiveTheSameOutputHash) {
  constexpr std::uint32_t kTrades = 3000;
  std::uint64_t virtual_hash = 0;
  {
    FakeCore core;
    core.answer = every_third_trade;
    NoJournal journal;
    SpscRing<Command> commands(1024);
    SpscRing<Event> executions(1024);
    CommandRouter router{commands};
    Driver driver(core, journal, router);
    FakeVenue venue;
    DirectSession<FakeVenue> session{venue};
    Gateway gateway({kSecond}, commands, executions, session);
    VirtualLoop<decltype(driver), Gateway, FakeVenue> loop{driver, gateway, executions, venue,
                                                           Nanos(0)};
    for (std::uint32_t i = 0; i < kTrades; ++i) {
      venue.schedule(Nanos(i + 1), event(EventKind::kTrade, i));
    }
    loop.advance(kSecond);
    EXPECT_EQ(venue.submitted.size(), kTrades / 3);
    virtual_hash = driver.output_hash().value();
  }
  // Three threads: venue, strategy, gateway.
  const Clock clock;
  FakeCore core;
  core.answer = every_third_trade;
  NoJournal journal;
  SpscRing<Command> commands(1024), requests(1024);
  SpscRing<Event> answers(64), executions(64), control(2), market(64);
  CommandRouter router{commands};
  Driver driver(core, journal, router);
  FakeVenue venue;
  for (std::uint32_t i = 0; i < kTrades; ++i) {
    venue.schedule(Nanos(i + 1), event(EventKind::kTrade, i));
  }
  RingSession session{requests, answers};
  OrderGateway<SpscRing<Command>, SpscRing<Event>, RingSession> gateway({kSecond * 60}, commands,
                                                                        executions, session);
  VenueAgent venue_agent(venue, {requests, answers, market}, clock);
  StrategyAgent strategy_agent(driver, {executions, control, market}, clock);
  GatewayAgent gateway_agent(gateway, clock);
  RunnerConfig config;
  config.duty.sealed = false;  // the fakes allocate
  AgentRunner venue_runner(config, venue_agent);
  AgentRunner strategy_runner(config, strategy_agent);
  AgentRunner gateway_runner(config, gateway_agent);
  gateway_runner.start();
  strategy_runner.start();
  venue_runner.start();
  const auto accepted = [&] { return driver.events().read().of(EventKind::kAccepted); };
  while (accepted() < kTrades / 3) std::this_thread::yield();
  venue_runner.stop();
  strategy_runner.stop();
  gateway_runner.stop();
  EXPECT_EQ(driver.output_hash().value(), virtual_hash);
  EXPECT_EQ(gateway.denied(), 0u);
  EXPECT_EQ(gateway.sent(), kTrades / 3);
}

TEST(VenueAgent, KeepsAMessageWholeAndWaitsForRoom) {
  HandClock clock;
  FakeVenue venue;
  SpscRing<Command> requests(4);
  SpscRing<Event> answers(4), market(4);
  VenueAgent agent(venue, {requests, answers, market}, clock);
  venue.schedule(Nanos(1), event(EventKind::kTrade, 1));
  venue.schedule(Nanos(1), event(EventKind::kTrade, 2));
  venue.schedule(Nanos(2), event(EventKind::kBookBegin, 3));
  venue.schedule(Nanos(2), event(EventKind::kBookLevels, 3));
  venue.schedule(Nanos(2), event(EventKind::kBookLevels, 3, kFlagLast));
  venue.schedule(Nanos(3), event(EventKind::kFilled, 4));
  agent.do_work();
  EXPECT_EQ(market.size(), 2u);  // the message of three has no room
  EXPECT_TRUE(answers.empty());
  Event e{};
  market.try_pop(e);
  agent.do_work();
  EXPECT_EQ(market.size(), 4u);
  EXPECT_EQ(answers.size(), 1u);
}

TEST(VenueAgent, TakesNothingFromTheVenueWhileNobodyReadsTheAnswers) {
  HandClock clock;
  FakeVenue venue;
  SpscRing<Command> requests(4);
  SpscRing<Event> answers(2), market(4);
  VenueAgent agent(venue, {requests, answers, market}, clock);
  RingSession session{requests, answers};
  for (std::uint64_t id = 1; id <= 4; ++id) EXPECT_TRUE(session.submit(place(id), Nanos(0)));
  EXPECT_FALSE(session.submit(place(5), Nanos(0)));
  agent.do_work();
  clock.time += Nanos(5);
  agent.do_work();
  EXPECT_EQ(answers.size(), 2u);
  Event e{};
  for (std::uint64_t id = 1; id <= 4; ++id) {
    ASSERT_TRUE(session.next(Nanos(0), e));
    EXPECT_EQ(e.report.id.v, id);
    agent.do_work();
  }
}

}  // namespace
