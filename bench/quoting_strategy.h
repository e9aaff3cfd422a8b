// The strategy's thread as in the engine, without a venue: what it orders happens at once.
//
// Core, driver and agent, which takes as many market events a turn as the engine's does; one
// instrument that is quoted with three levels a side. One thread turns it; another may fill the
// market ring.
#pragma once

#include <memory>

#include "engine/runtime/strategy_agent.h"
#include "tests/core_harness.h"

namespace mm::bench {

template <class Journal = NoJournal>
class QuotingStrategy {
 public:
  explicit QuotingStrategy(Journal journal = {}) : journal_(journal) {
    Event feed = test::CoreHarness::event(EventKind::kFeedStatus);
    feed.received = clock_.now();
    feed.feed.up = 1;
    market.try_push(feed);
    Event session = test::CoreHarness::event(EventKind::kSessionStatus);
    session.received = clock_.now();
    session.session.state = SessionState::kUp;
    session.session.symbol_trading = 1;
    executions_.try_push(session);
  }

  SpscRing<Event> market{1 << 14};

  int turn() {
    const int work = agent_.do_work();
    Command c;
    while (commands_.try_pop(c)) answer(c);
    return work;
  }
  const Core& core() const { return *core_; }
  const Clock& clock() const { return clock_; }
  // Any thread: whole books that reached the core, and how often it decided on the newest.
  std::uint64_t books() const { return driver_.events().read().of(EventKind::kBookBegin); }
  std::uint64_t decisions() const { return driver_.events().read().of(EventKind::kBatchEnd); }
  bool quotes() const { return core_->orders().live_count() == 6; }

 private:
  static CoreConfig config() {
    CoreConfig c = test::one_instrument();
    c.instruments[0].strategy.warmup = Nanos(0);
    c.instruments[0].risk.max_position_notional = Money(1'000'000 * kMoneyScale);
    c.orders.reset_interval = Nanos(0);
    return c;
  }
  void answer(const Command& c) {
    Event e = test::CoreHarness::event(EventKind::kAccepted, c.instrument);
    e.received = clock_.now();
    e.report.id = c.id;
    e.report.venue_id = VenueOrderId(c.id.v);
    e.report.lots = c.lots;
    e.report.ticks = c.ticks;
    if (c.kind == CommandKind::kCancel) {
      e.kind = EventKind::kCanceled;
      e.report.lots = Lots(0);
    } else if (c.kind == CommandKind::kReplace) {
      e.kind = EventKind::kReplaced;
      e.report.new_id = c.new_id;
    } else if (c.kind == CommandKind::kModify || c.kind == CommandKind::kReduce) {
      e.kind = EventKind::kAmended;
    } else if (c.kind != CommandKind::kPlace) {
      return;
    }
    executions_.try_push(e);
  }

  Clock clock_;
  SpscRing<Event> executions_{1 << 10}, control_{16};
  SpscRing<Command> commands_{1 << 13};
  Journal journal_;
  CommandRouter router_{commands_};
  std::unique_ptr<Core> core_ = std::make_unique<Core>(config());
  Driver<Core, Journal, CommandRouter> driver_{*core_, journal_, router_};
  StrategyAgent<Driver<Core, Journal, CommandRouter>> agent_{
      driver_, {executions_, control_, market}, clock_};
};

}  // namespace mm::bench
