// The way to the simulated venue on which things go wrong: each fault does what it says, once it is
// due, and nothing else does.
#include "sim/faults/faulty_venue.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "engine/core/denied.h"
#include "tests/sim_harness.h"

namespace mm {
namespace {

using sim::Fault;
using sim::FaultKind;
using sim::FaultPlan;
using test::kSimStart;
using test::SimHarness;

constexpr Nanos kTail{10 * kSecond.v};

// From `begin` to `end` seconds after the start, on every message.
Fault fault(FaultKind kind, std::int64_t begin_s, std::int64_t end_s,
            Nanos delay = kMillisecond * 500) {
  return {.kind = kind, .begin = kSecond * begin_s, .end = kSecond * end_s, .delay_max = delay};
}

class Way {
 public:
  explicit Way(const FaultPlan& plan, bool generated = false, std::uint64_t seed = 1)
      : venue(test::no_latency(), instruments_, 1), way(venue, instruments_, plan, seed) {
    if (generated) venue.attach(0, {});
    way.start(kSimStart);
    advance(Nanos(0));
    if (!generated) venue.on_market(message(), now);
    advance(kMillisecond);
    events.clear();
  }

  void advance(Nanos duration) {
    const Nanos until = now + duration;
    while (way.next_time() <= until) {
      now = std::max(now, way.next_time());
      Event e;
      while (way.next(now, e)) {
        e.time = now;
        events.push_back(e);
      }
    }
    now = until;
  }
  void send(CommandKind kind, std::uint64_t id, std::int32_t ticks = 9900) {
    Command c = SimHarness::command(kind, id, Side::kBuy, ticks, 1000);
    c.time = now;
    way.submit(c, now);
  }
  void place(std::uint64_t id) { send(CommandKind::kPlace, id); }
  // What is under way arrives, then a trade goes through all bids above 90.00.
  void sell_through() {
    advance(kMillisecond);
    Event e;
    e.kind = EventKind::kTrade;
    e.flags = kFlagSell;
    e.trade.ticks = 9000;
    e.trade.lots = Lots(1'000'000);
    venue.on_market({&e, 1}, now);
  }
  std::size_t count(EventKind kind) const {
    return static_cast<std::size_t>(std::ranges::count(events, kind, &Event::kind));
  }
  const Event& first(EventKind kind) const {
    const auto found = std::ranges::find(events, kind, &Event::kind);
    EXPECT_NE(found, events.end()) << name(kind);
    return found == events.end() ? events.front() : *found;
  }
  std::uint64_t struck(FaultKind kind) const {
    return way.counts()[static_cast<std::size_t>(kind)];
  }

 private:
  // 99.00 to 101.00
  static std::vector<Event> message() {
    std::vector<Event> m(3);
    m[0].kind = EventKind::kBookBegin;
    m[0].flags = kFlagSnapshot;
    m[0].sequence = m[1].sequence = m[2].sequence = 1;
    for (int k : {1, 2}) {
      Event& e = m[static_cast<std::size_t>(k)];
      e.kind = EventKind::kBookLevels;
      e.levels.count = 1;
      e.levels.ticks[0] = k == 1 ? 9950 : 10'100;
      e.levels.lots[0] = 10;
      e.flags = k == 1 ? std::uint8_t{0} : std::uint8_t{kFlagSell | kFlagLast};
    }
    return m;
  }
  std::vector<Instrument> instruments_{test::sim_spot()};

 public:
  sim::SimVenue venue;
  sim::FaultyVenue way;
  Nanos now{kSimStart};
  std::vector<Event> events;
};

TEST(FaultyVenue, WithoutFaultsPassesEverything) {
  Way w({});
  w.place(1);
  w.advance(kSecond);
  EXPECT_EQ(w.count(EventKind::kAccepted), 1u);
  w.sell_through();
  w.send(CommandKind::kCancel, 1);
  w.advance(kSecond);
  EXPECT_EQ(w.count(EventKind::kFilled), 1u);
  EXPECT_EQ(w.count(EventKind::kCancelRejected), 1u);
  EXPECT_TRUE(w.way.over());
}

TEST(FaultyVenue, ACoarserTickRefusesWhatIsNotOnItAndHaltsTheSymbolOnceKnown) {
  Way w({fault(FaultKind::kTickChanged, 1, 2, kSecond * 5)});
  w.place(1);
  w.advance(kSecond * 2);
  EXPECT_NE(w.venue.find(ClientOrderId(1)), nullptr);
  w.send(CommandKind::kPlace, 2, 9905);
  w.send(CommandKind::kPlace, 3, 9890);
  w.advance(kSecond);
  EXPECT_EQ(w.first(EventKind::kRejected).failure.reason, RejectReason::kFilter);
  EXPECT_EQ(w.first(EventKind::kRejected).failure.id, ClientOrderId(2));
  EXPECT_EQ(w.venue.open_orders(), 2u);
  EXPECT_FALSE(w.way.halted(0));
  EXPECT_FALSE(w.way.calm());
  w.advance(kSecond * 4);
  EXPECT_TRUE(w.way.halted(0));
  EXPECT_EQ(w.first(EventKind::kSessionStatus).session.symbol_trading, 0);
  EXPECT_EQ(w.venue.open_orders(), 2u);  // what rests stays, and may be cancelled
  w.send(CommandKind::kCancel, 1);
  w.advance(kSecond);
  EXPECT_EQ(w.venue.open_orders(), 1u);
  EXPECT_TRUE(w.way.over());
}

TEST(FaultyVenue, ACoarserLotRefusesSizesThatAreNoneOfIt) {
  Way w({fault(FaultKind::kLotChanged, 1, 2, kSecond * 5)});
  w.advance(kSecond * 2);
  Command odd = SimHarness::command(CommandKind::kPlace, 1, Side::kBuy, 9900, 1005);
  odd.time = w.now;
  w.way.submit(odd, w.now);
  w.place(2);
  w.advance(kSecond);
  EXPECT_EQ(w.first(EventKind::kRejected).failure.reason, RejectReason::kFilter);
  EXPECT_EQ(w.venue.open_orders(), 1u);
}

TEST(FaultyVenue, ALostRequestNeverArrivesAndIsAtMostUnknown) {
  Way w({fault(FaultKind::kRequestLost, 0, 5)});
  for (std::uint64_t id = 1; id <= 20; ++id) w.place(id);
  w.advance(kTail);
  EXPECT_EQ(w.venue.open_orders(), 0u);
  EXPECT_EQ(w.count(EventKind::kAccepted), 0u);
  EXPECT_GT(w.count(EventKind::kOutcomeUnknown), 0u);
  EXPECT_LT(w.count(EventKind::kOutcomeUnknown), 20u);
  EXPECT_EQ(w.struck(FaultKind::kRequestLost), 20u);
}

TEST(FaultyVenue, IgnoredCancelsLeaveTheOrder) {
  Way w({fault(FaultKind::kCancelIgnored, 0, 5)});
  w.place(1);
  w.advance(kSecond);
  w.send(CommandKind::kCancel, 1);
  w.advance(kTail);
  EXPECT_EQ(w.venue.open_orders(), 1u);
  EXPECT_EQ(w.count(EventKind::kCanceled), 0u);
}

TEST(FaultyVenue, ALostAnswerIsOfARequestThatHappened) {
  Way w({fault(FaultKind::kAnswerLost, 0, 5)});
  w.place(1);
  w.advance(kTail);
  EXPECT_EQ(w.venue.open_orders(), 1u);
  EXPECT_EQ(w.count(EventKind::kAccepted), 0u);
}

TEST(FaultyVenue, DelayedRequestsOfOneConnectionKeepTheirOrder) {
  Way w({fault(FaultKind::kRequestDelayed, 0, 1, kSecond * 2)});
  for (std::uint64_t id = 1; id <= 20; ++id) w.place(id);
  w.advance(kTail);
  std::vector<std::uint64_t> ids;
  for (const Event& e : w.events) {
    if (e.kind == EventKind::kAccepted) ids.push_back(e.report.id.v);
  }
  EXPECT_EQ(ids.size(), 20u);
  EXPECT_TRUE(std::ranges::is_sorted(ids));
  EXPECT_GT(w.events.back().received, kSimStart + kSecond);
}

TEST(FaultyVenue, NoRequestIsCarriedOutLaterThanRecvWindow) {
  Way w({fault(FaultKind::kRequestDelayed, 0, 1, kSecond * 20)});
  for (std::uint64_t id = 1; id <= 20; ++id) w.place(id);
  w.advance(kSecond * 30);
  EXPECT_EQ(w.count(EventKind::kAccepted) + w.count(EventKind::kRejected), 20u);
  EXPECT_GT(w.count(EventKind::kRejected), 0u);
  for (const Event& e : w.events) {
    if (e.kind != EventKind::kAccepted) continue;
    EXPECT_LE(e.received, kSimStart + kSecond * 6);
  }
}

TEST(FaultyVenue, ReorderedRequestsOvertakeEachOther) {
  Way w({fault(FaultKind::kRequestReordered, 0, 1)});
  for (std::uint64_t id = 1; id <= 20; ++id) w.place(id);
  w.advance(kTail);
  std::vector<std::uint64_t> ids;
  for (const Event& e : w.events) {
    if (e.kind == EventKind::kAccepted) ids.push_back(e.report.id.v);
  }
  EXPECT_EQ(ids.size(), 20u);
  EXPECT_FALSE(std::ranges::is_sorted(ids));
}

TEST(FaultyVenue, OnlyCancelsAndQuestionsAreSentTwice) {
  Way w({fault(FaultKind::kRequestRepeated, 0, 5)});
  w.place(1);
  w.advance(kSecond);
  w.send(CommandKind::kCancel, 1);
  w.advance(kSecond);
  EXPECT_EQ(w.count(EventKind::kAccepted), 1u);
  EXPECT_EQ(w.count(EventKind::kRejected), 0u);
  EXPECT_EQ(w.count(EventKind::kCanceled), 1u);
  EXPECT_EQ(w.venue.counters().requests, 3u);
  EXPECT_EQ(w.count(EventKind::kCancelRejected), 0u) << "a gateway takes one answer to a request";
}

TEST(FaultyVenue, ADelayedAckLetsTheFillGoFirst) {
  Way w({fault(FaultKind::kAnswerDelayed, 0, 5, kSecond * 4)});
  w.place(1);
  w.sell_through();
  w.advance(kTail);
  ASSERT_EQ(w.count(EventKind::kFilled), 1u);
  ASSERT_EQ(w.count(EventKind::kAccepted), 1u);
  EXPECT_LT(w.first(EventKind::kFilled).received, w.first(EventKind::kAccepted).received);
}

TEST(FaultyVenue, RepeatedReportsAreTheSameReport) {
  Way w({fault(FaultKind::kReportRepeated, 0, 5)});
  w.place(1);
  w.sell_through();
  w.advance(kTail);
  EXPECT_EQ(w.count(EventKind::kAccepted), 2u);
  EXPECT_EQ(w.count(EventKind::kFilled), 2u);
  for (const Event& e : w.events) {
    if (e.kind == EventKind::kFilled) {
      EXPECT_EQ(e.fill.trade_id, w.first(EventKind::kFilled).fill.trade_id);
    }
  }
}

TEST(FaultyVenue, AYoungOrderIsNotFoundAlthoughItLives) {
  Way w({fault(FaultKind::kNotFoundLie, 0, 20)});
  w.place(1);
  w.advance(kSecond);
  w.send(CommandKind::kQueryOrder, 1);
  w.advance(kSecond * 3);
  EXPECT_EQ(w.first(EventKind::kOrderStatus).report.status,
            static_cast<std::uint8_t>(OrderStatusCode::kNotFound));
  w.events.clear();
  w.send(CommandKind::kQueryOrder, 1);
  w.advance(kSecond);
  EXPECT_EQ(w.first(EventKind::kOrderStatus).report.status,
            static_cast<std::uint8_t>(OrderStatusCode::kOpen));
}

TEST(FaultyVenue, ASessionThatWasDownTellsFillsThenOrdersThenThatItIsUp) {
  Way w({fault(FaultKind::kSessionDown, 5, 10)});
  w.place(1);
  w.send(CommandKind::kPlace, 2, 8500);  // below the trade: stays
  w.advance(kSecond * 5);
  w.events.clear();
  w.sell_through();
  w.advance(kSecond);
  EXPECT_EQ(w.count(EventKind::kFilled), 0u);
  w.place(3);
  w.advance(kSecond);
  EXPECT_EQ(w.first(EventKind::kDenied).failure.reason, RejectReason::kDisconnected);
  EXPECT_EQ(w.venue.find(ClientOrderId(3)), nullptr);
  w.events.clear();
  w.advance(kTail);
  std::vector<EventKind> kinds;
  for (const Event& e : w.events) {
    if (e.kind != EventKind::kBalance && e.kind != EventKind::kRateUsage) kinds.push_back(e.kind);
  }
  EXPECT_EQ(kinds, (std::vector<EventKind>{EventKind::kSessionStatus, EventKind::kFilled,
                                           EventKind::kOrderStatus, EventKind::kSessionStatus}));
  EXPECT_EQ(w.first(EventKind::kSessionStatus).session.state, SessionState::kReconciling);
  EXPECT_EQ(w.events.back().session.state, SessionState::kUp);
  EXPECT_EQ(w.first(EventKind::kOrderStatus).report.id.v, 2u);
  EXPECT_TRUE(w.way.over());
}

TEST(FaultyVenue, WhatIsInFlightWhenTheSessionGoesIsUnknown) {
  Way w({fault(FaultKind::kAnswerLost, 0, 4), fault(FaultKind::kRequestDelayed, 0, 4, kSecond * 4),
         fault(FaultKind::kSessionDown, 1, 3)});
  for (std::uint64_t id = 1; id <= 20; ++id) w.place(id);
  w.advance(kSecond + kMillisecond);
  std::size_t down = 0;
  for (const Event& e : w.events) {
    if (e.kind == EventKind::kSessionStatus) down += e.session.state == SessionState::kDown;
  }
  EXPECT_EQ(down, 1u);
  EXPECT_GT(w.count(EventKind::kOutcomeUnknown), 0u);
  w.advance(kTail);
  EXPECT_GT(w.venue.open_orders(), 0u) << "some of what was under way arrives";
  EXPECT_LT(w.venue.open_orders(), 20u);
}

TEST(FaultyVenue, AHalfOpenSessionIsSilentUntilItIsFoundOutAndThenReconciled) {
  Way w({fault(FaultKind::kHalfOpen, 1, 6)});
  w.place(1);
  w.send(CommandKind::kPlace, 2, 8500);  // below the trade: stays
  w.advance(kSecond * 2);
  w.events.clear();
  w.sell_through();
  w.place(3);
  w.send(CommandKind::kCancel, 2);
  w.advance(kSecond * 3);
  EXPECT_EQ(w.count(EventKind::kFilled) + w.count(EventKind::kSessionStatus), 0u);
  EXPECT_EQ(w.count(EventKind::kOutcomeUnknown) + w.count(EventKind::kAccepted), 0u);
  EXPECT_EQ(w.venue.find(ClientOrderId(3)), nullptr);
  EXPECT_EQ(w.way.session(), SessionState::kUp) << "as far as anybody knows";
  EXPECT_FALSE(w.way.cancels_pass());
  w.advance(kTail);
  EXPECT_EQ(w.count(EventKind::kOutcomeUnknown), 2u);
  EXPECT_EQ(w.count(EventKind::kFilled), 1u);
  EXPECT_EQ(w.first(EventKind::kSessionStatus).session.state, SessionState::kDown);
  EXPECT_EQ(w.events.back().session.state, SessionState::kUp);
  EXPECT_EQ(w.first(EventKind::kOrderStatus).report.id.v, 2u);
  EXPECT_TRUE(w.way.over());
}

TEST(FaultyVenue, AnAnnouncedEndOfAConnectionTellsAllAgainAndBreaksNothing) {
  Way w({fault(FaultKind::kServerShutdown, 1, 3)});
  w.place(1);
  w.advance(kSecond * 2);
  w.events.clear();
  w.advance(kTail);
  EXPECT_EQ(w.struck(FaultKind::kServerShutdown), 1u);
  EXPECT_EQ(w.count(EventKind::kSessionStatus), 0u);
  EXPECT_EQ(w.first(EventKind::kOrderStatus).report.id.v, 1u);
  EXPECT_EQ(w.count(EventKind::kBookStale), 1u) << "the feed's next connection takes a snapshot";
  EXPECT_GT(w.count(EventKind::kBalance), 0u);
  EXPECT_TRUE(w.way.over());
}

TEST(FaultyVenue, ASilentStreamAnswersRequestsAListPutsInDoubtAndWhoAsksIsTold) {
  Way w({fault(FaultKind::kStreamSilent, 1, 20)});
  w.place(1);
  w.place(2);
  w.advance(kSecond * 2);
  w.sell_through();
  w.advance(kSecond);
  EXPECT_EQ(w.count(EventKind::kAccepted), 2u);
  EXPECT_EQ(w.count(EventKind::kFilled), 0u);
  w.send(CommandKind::kQueryOrder, 1);
  w.advance(kSecond);
  EXPECT_EQ(w.count(EventKind::kFilled), 1u);
  EXPECT_LT(&w.first(EventKind::kFilled), &w.first(EventKind::kOrderStatus));
  w.advance(kSecond * 3);
  EXPECT_EQ(w.first(EventKind::kOutcomeUnknown).failure.id, ClientOrderId(2));
  EXPECT_EQ(w.count(EventKind::kFilled), 1u);
  w.send(CommandKind::kQueryOrder, 2);
  w.advance(kSecond * 60);
  EXPECT_EQ(w.count(EventKind::kFilled), 2u);
  EXPECT_EQ(w.count(EventKind::kSessionStatus), 0u);
}

TEST(FaultyVenue, WhatNobodyAsksForAfterASilenceTheNextConnectionTells) {
  Way w({fault(FaultKind::kStreamSilent, 1, 5)});
  w.place(1);
  w.advance(kSecond * 2);
  w.sell_through();
  w.advance(kSecond * 20);
  EXPECT_EQ(w.count(EventKind::kFilled), 0u);
  EXPECT_FALSE(w.way.calm());
  w.advance(kSecond * 40);
  EXPECT_EQ(w.count(EventKind::kFilled), 1u);
  EXPECT_EQ(w.events.back().session.state, SessionState::kUp);
  EXPECT_TRUE(w.way.over());
}

TEST(FaultyVenue, RefusalsNameTheirReasonAndChangeNothing) {
  const auto refused = [](FaultKind kind) {
    Way w({fault(kind, 0, 5)});
    w.place(1);
    w.advance(kSecond);
    EXPECT_EQ(w.venue.open_orders(), 0u) << name(kind);
    return w.first(EventKind::kRejected).failure;
  };
  EXPECT_EQ(refused(FaultKind::kPostOnlyStorm).reason, RejectReason::kWouldCross);
  EXPECT_EQ(refused(FaultKind::kNoBalance).reason, RejectReason::kInsufficientBalance);
  EXPECT_EQ(refused(FaultKind::kTimestampRefused).reason, RejectReason::kOther);
  EXPECT_EQ(refused(FaultKind::kSymbolHalted).reason, RejectReason::kMarketHalted);
  EXPECT_EQ(refused(FaultKind::kRateLimited).reason, RejectReason::kRateLimit);
  EXPECT_EQ(refused(FaultKind::kRateLimited).retry_after, kSimStart + kSecond * 5);
}

TEST(FaultyVenue, ALimitLetsCancelsPassAndWhoKnowsOfABanSendsNothing) {
  Way w({fault(FaultKind::kRateLimited, 2, 4), fault(FaultKind::kBanned, 6, 8)});
  w.place(1);
  w.place(2);
  w.advance(kSecond * 3);
  w.send(CommandKind::kCancel, 1);
  w.advance(kSecond * 4);
  EXPECT_EQ(w.count(EventKind::kCanceled), 1u);
  w.send(CommandKind::kCancel, 2);
  w.advance(kMillisecond * 500);
  EXPECT_EQ(w.first(EventKind::kCancelRejected).failure.retry_after, kSimStart + kSecond * 8);
  EXPECT_EQ(w.count(EventKind::kDenied), 0u);
  w.send(CommandKind::kCancel, 2);
  w.advance(kMillisecond * 400);
  EXPECT_EQ(w.venue.open_orders(), 1u);
  EXPECT_EQ(w.first(EventKind::kDenied).failure.retry_after, kSimStart + kSecond * 8);
}

TEST(FaultyVenue, RefusedAmendsLeaveTheOrderAsItWas) {
  Way w({fault(FaultKind::kAmendRefused, 0, 5)});
  w.place(1);
  w.advance(kSecond);
  Command c = SimHarness::command(CommandKind::kReplace, 1, Side::kBuy, 9890, 1000);
  c.new_id = ClientOrderId(2);
  w.way.submit(c, w.now);
  w.advance(kSecond);
  EXPECT_EQ(w.first(EventKind::kReplaceRejected).failure.old_canceled, 0);
  EXPECT_NE(w.venue.find(ClientOrderId(1)), nullptr);
  EXPECT_EQ(w.venue.open_orders(), 1u);
}

// The cancel is done by then, and the answer says so.
TEST(FaultyVenue, AStormRefusesTheNewHalfOfAReplaceAndTheOldOrderHasGone) {
  for (const auto& [kind, reason] :
       {std::pair{FaultKind::kPostOnlyStorm, RejectReason::kWouldCross},
        std::pair{FaultKind::kNoBalance, RejectReason::kInsufficientBalance}}) {
    Way w({fault(kind, 2, 5)});
    w.place(1);
    w.advance(kSecond * 3);
    Command c = SimHarness::command(CommandKind::kReplace, 1, Side::kBuy, 9890, 1000);
    c.new_id = ClientOrderId(2);
    w.way.submit(c, w.now);
    w.advance(kSecond);
    const RequestFailure& failure = w.first(EventKind::kReplaceRejected).failure;
    EXPECT_EQ(failure.reason, reason);
    EXPECT_EQ(failure.new_id, ClientOrderId(2));
    EXPECT_EQ(failure.old_canceled, 1);
    EXPECT_EQ(w.venue.open_orders(), 0u);
    EXPECT_EQ(w.struck(kind), 1u);
    w.advance(kSecond * 3);
    w.place(3);
    w.advance(kSecond);
    EXPECT_EQ(w.venue.open_orders(), 1u);
  }
}

TEST(FaultyVenue, AnUnknownStatusIsOfARequestThatHappenedOrOfOneThatDidNot) {
  Way w({fault(FaultKind::kStatusUnknown, 0, 5)});
  for (std::uint64_t id = 1; id <= 32; ++id) w.place(id);
  w.advance(kSecond);
  EXPECT_EQ(w.count(EventKind::kOutcomeUnknown), 32u);
  EXPECT_EQ(w.struck(FaultKind::kStatusUnknown), 32u);
  EXPECT_GT(w.venue.open_orders(), 4u);
  EXPECT_LT(w.venue.open_orders(), 28u);
  // The user data tell of those that rest.
  EXPECT_EQ(w.count(EventKind::kAccepted), w.venue.open_orders());
}

TEST(FaultyVenue, ACancelIsSaidToBeDoneWhileTheOrderLivesUntilAListShowsIt) {
  Way w({fault(FaultKind::kCancelLie, 0, 5)});
  w.place(1);
  w.advance(kSecond);
  w.send(CommandKind::kCancel, 1);
  w.advance(kSecond);
  EXPECT_EQ(w.first(EventKind::kCanceled).report.id, ClientOrderId(1));
  EXPECT_EQ(w.venue.open_orders(), 1u);
  EXPECT_TRUE(w.way.is_lied_about(ClientOrderId(1)));
  EXPECT_EQ(w.way.lied_lots(0, Side::kBuy), Lots(1000));
  w.advance(kSecond * 4);
  EXPECT_EQ(w.count(EventKind::kOrderStatus), 0u) << "so soon a list is not believed";
  EXPECT_FALSE(w.way.calm());
  w.advance(kSecond * 25);
  EXPECT_EQ(w.first(EventKind::kOrderStatus).report.id, ClientOrderId(1));
  EXPECT_NE(w.first(EventKind::kOrderStatus).report.reason, RejectReason::kNone);
  EXPECT_FALSE(w.way.is_lied_about(ClientOrderId(1)));
  EXPECT_TRUE(w.way.over());
  w.send(CommandKind::kCancel, 1);
  w.advance(kSecond);
  EXPECT_EQ(w.venue.open_orders(), 0u);
}

TEST(FaultyVenue, AHaltIsToldAndEnds) {
  Way w({fault(FaultKind::kSymbolHalted, 1, 2)});
  w.advance(kSecond * 3);
  ASSERT_EQ(w.count(EventKind::kSessionStatus), 2u);
  EXPECT_EQ(w.first(EventKind::kSessionStatus).session.symbol_trading, 0);
  EXPECT_EQ(w.events.back().session.symbol_trading, 1);
}

TEST(FaultyVenue, SomebodyElseUsesTheBalance) {
  Way w({fault(FaultKind::kBalanceMoved, 0, 5)});
  w.place(1);
  w.advance(kSecond);
  EXPECT_LT(w.first(EventKind::kBalance).balance.free.v, w.venue.wallet(0).quote_free.v / 3);
  w.events.clear();
  w.advance(kTail);
  EXPECT_EQ(w.events.back().balance.free, w.venue.wallet(0).quote_free);
}

TEST(FaultyVenue, ForeignReportsCarryIdsOfNobodyOfOurs) {
  Way w({fault(FaultKind::kForeignReport, 0, 5)});
  w.place(1);
  w.advance(kTail);
  std::size_t foreign = 0;
  for (const Event& e : w.events) {
    if (e.kind >= EventKind::kAccepted && e.kind <= EventKind::kOrderStatus) {
      foreign += e.report.id.v != 1;
    }
  }
  EXPECT_EQ(foreign, 1u);
}

// --- market data ------------------------------------------------------------------------------

// What a chain of book messages looks like from the core's side.
struct Chain {
  int breaks = 0, stale = 0, snapshots = 0, diffs_without_snapshot = 0;

  explicit Chain(const std::vector<Event>& events) {
    bool chained = true;
    std::uint32_t last = 0;
    for (const Event& e : events) {
      const bool begins = e.kind == EventKind::kBookBegin;
      if (!begins && e.kind != EventKind::kBookStale) continue;
      if (last != 0 && e.sequence != last + 1) ++breaks;
      last = e.sequence;
      const bool snapshot = begins && (e.flags & kFlagSnapshot) != 0;
      if (!begins) ++stale;
      if (snapshot) ++snapshots;
      if (!begins) chained = false;
      if (snapshot) chained = true;
      if (begins && !chained) ++diffs_without_snapshot;
    }
  }
};

// As the core does: asks for a snapshot whenever the sequence breaks.
Chain chain_with(FaultKind kind, Nanos delay = kMillisecond * 500) {
  FaultPlan plan{fault(kind, 1, 5, delay)};
  plan.front().per_million = 100'000;
  Way w(plan, true);
  w.advance(kTail);
  EXPECT_GT(w.struck(kind), 0u);
  return Chain(w.events);
}

TEST(FaultyVenue, AnUnfaultedMarketHasNoBreak) {
  Way w({}, true);
  w.advance(kTail);
  const Chain chain(w.events);
  EXPECT_EQ(chain.breaks, 0);
  EXPECT_EQ(chain.stale, 0);
}

TEST(FaultyVenue, AGapLeavesAHoleForTheCore) {
  const Chain chain = chain_with(FaultKind::kBookGap);
  EXPECT_GT(chain.breaks, 0);
  EXPECT_EQ(chain.stale, 0);
}

TEST(FaultyVenue, AGapTheFeedFindsIsToldAndHealedByASnapshot) {
  const Chain chain = chain_with(FaultKind::kBookGapFound);
  EXPECT_EQ(chain.breaks, 0);
  EXPECT_GT(chain.stale, 0);
  EXPECT_EQ(chain.snapshots, chain.stale);
  EXPECT_EQ(chain.diffs_without_snapshot, 0);
}

TEST(FaultyVenue, RepeatedAndStaleDiffsBreakTheSequence) {
  EXPECT_GT(chain_with(FaultKind::kBookRepeated).breaks, 0);
  EXPECT_GT(chain_with(FaultKind::kBookStaleDiff).breaks, 0);
}

TEST(FaultyVenue, ASnapshotOlderThanTheStreamIsFollowedByAnother) {
  Way w({fault(FaultKind::kSnapshotTwice, 1, 2)}, true);
  w.advance(kTail);
  const Chain chain(w.events);
  EXPECT_EQ(chain.stale, 2);
  EXPECT_EQ(chain.snapshots, 2);
  EXPECT_EQ(chain.breaks, 0);
}

TEST(FaultyVenue, SilenceAndADeadFeedEndWithASnapshot) {
  for (const FaultKind kind : {FaultKind::kMarketSilent, FaultKind::kFeedDown}) {
    Way w({fault(kind, 1, 3)}, true);
    w.advance(kTail);
    for (const Event& e : w.events) {
      const bool inside = e.received > kSimStart + kSecond && e.received < kSimStart + kSecond * 3;
      EXPECT_FALSE(inside && is_market(e.kind)) << name(e.kind);
    }
    const Chain chain(w.events);
    EXPECT_EQ(chain.stale, 1);
    EXPECT_EQ(chain.snapshots, 1);
    EXPECT_EQ(w.count(EventKind::kFeedStatus), kind == FaultKind::kFeedDown ? 2u : 0u);
  }
}

TEST(FaultyVenue, AFrozenDepthLetsTradesAndTickersPass) {
  Way w({fault(FaultKind::kDepthFrozen, 1, 3)}, true);
  w.advance(kSecond * 3 - kMillisecond * 2);
  std::size_t books = 0, others = 0;
  for (const Event& e : w.events) {
    if (e.received <= kSimStart + kSecond) continue;
    books += e.kind == EventKind::kBookBegin;
    others += e.kind == EventKind::kBookTicker || e.kind == EventKind::kTrade;
  }
  EXPECT_EQ(books, 0u);
  EXPECT_GT(others, 0u);
}

// --- time -------------------------------------------------------------------------------------

TEST(FaultyVenue, AStalledConsumerGetsEverythingLateAndSeesThat) {
  Way w({fault(FaultKind::kConsumerStall, 1, 3)}, true);
  w.advance(kTail);
  Nanos lag_max{};
  for (const Event& e : w.events) {
    EXPECT_FALSE(e.time > kSimStart + kSecond && e.time < kSimStart + kSecond * 3);
    lag_max = std::max(lag_max, e.time - e.received);
  }
  EXPECT_GT(lag_max, kSecond);
  EXPECT_LE(lag_max, kSecond * 2);
  EXPECT_EQ(Chain(w.events).breaks, 0);
}

TEST(FaultyVenue, TheLocalClockJumpsBothWaysAndBack) {
  Way w({fault(FaultKind::kClockAhead, 1, 2, kSecond), fault(FaultKind::kClockBehind, 3, 4)}, true);
  w.advance(kTail);
  Nanos ahead{}, behind{}, after{};
  for (const Event& e : w.events) {
    ahead = std::max(ahead, e.received - e.time);
    behind = std::max(behind, e.time - e.received);
    if (e.time > kSimStart + kSecond * 5) after = std::max(after, e.time - e.received);
  }
  EXPECT_EQ(ahead, kSecond);
  EXPECT_EQ(behind, kMillisecond * 500);
  EXPECT_EQ(after, Nanos(0));
}

TEST(FaultyVenue, TheSameSeedGivesTheSameEvents) {
  const auto events = [](std::uint64_t seed) {
    const FaultPlan plan =
        sim::random_plan({.seed = 3, .quiet = kSecond, .end = kSecond * 100, .instruments = 1});
    Way w(plan, true, seed);
    for (std::uint64_t id = 1; id <= 50; ++id) {
      w.place(id);
      w.advance(kSecond * 2);
    }
    return w.events;
  };
  const auto same = [](const std::vector<Event>& a, const std::vector<Event>& b) {
    return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(Event)) == 0;
  };
  EXPECT_TRUE(same(events(1), events(1)));
  EXPECT_FALSE(same(events(1), events(2)));
}

}  // namespace
}  // namespace mm
