// A core driven by hand: builds events as a feed and a venue would, and keeps the commands.
#pragma once

#include <algorithm>
#include <cstring>
#include <vector>

#include "engine/core/core.h"

namespace mm::test {

inline Instrument eth_spot() {
  Instrument i;
  std::strcpy(i.symbol_text.data(), "ETHUSDT");
  std::strcpy(i.base_text.data(), "ETH");
  std::strcpy(i.quote_text.data(), "USDT");
  i.tick = Amount(kAmountScale / 100);   // 0.01
  i.lot = Amount(kAmountScale / 10000);  // 0.0001
  i.notional_min = Money(5 * kMoneyScale);
  return i;
}

inline CoreConfig one_instrument() {
  CoreConfig c;
  c.instruments.push_back({eth_spot(), {}, {}});
  c.orders.modify_rate_limit = 100;
  return c;
}

class CoreHarness {
 public:
  explicit CoreHarness(const CoreConfig& config)
      : core(config), sequence_(config.instruments.size()) {
    Event feed = event(EventKind::kFeedStatus);
    feed.feed.up = 1;
    deliver(feed);
    for (std::size_t i = 0; i < config.instruments.size(); ++i) {
      session(SessionState::kUp, static_cast<InstrumentId>(i));
    }
  }

  Core core;
  std::vector<Command> commands;  // of the events since the last take()
  Nanos now{1'700'000'000 * kSecond.v};

  std::vector<Command> take() { return std::exchange(commands, {}); }
  std::vector<Command> take(CommandKind kind) {
    std::vector<Command> all = take(), some;
    std::ranges::copy_if(all, std::back_inserter(some),
                         [kind](const Command& c) { return c.kind == kind; });
    return some;
  }

  void deliver(Event e) {
    e.time = now;
    if (e.received.v == 0) e.received = now;
    buffer_.clear();
    core.on(e, buffer_);
    core.conclude(buffer_);
    for (const Command& c : buffer_.items()) commands.push_back(c);
  }
  void batch_end() { deliver(event(EventKind::kBatchEnd)); }
  // News of the market connection that were on their way for so long.
  void market_late_by(Nanos lag) {
    Event late = event(EventKind::kFeedStatus);
    late.feed.up = 1;
    late.received = now - lag;
    deliver(late);
    batch_end();
  }
  // Time passes; due timers fire, each followed by a decision.
  void advance(Nanos duration) {
    const Nanos until = now + duration;
    while (core.next_deadline() <= until) {
      now = std::max(now, core.next_deadline());
      deliver(event(EventKind::kTimer));
      batch_end();
    }
    now = until;
  }

  // A snapshot of one level a side, then a decision.
  void book(Ticks bid, Ticks ask, InstrumentId id = 0) {
    send_book(id, true, {{bid, Lots(100'000)}}, {{ask, Lots(100'000)}});
    batch_end();
  }
  void send_book(InstrumentId id, bool snapshot, std::vector<Quote> bids, std::vector<Quote> asks) {
    Event begin = event(EventKind::kBookBegin, id);
    begin.sequence = ++sequence_[id];
    begin.flags = snapshot ? kFlagSnapshot : 0;
    begin.book.last_id = UpdateId(++update_id_);
    begin.book.first_id = begin.book.last_id;
    std::vector<Event> message{begin};
    for (const Side side : {Side::kBuy, Side::kSell}) {
      for (const Quote& q : side == Side::kBuy ? bids : asks) {
        Event level = event(EventKind::kBookLevels, id);
        level.sequence = sequence_[id];
        level.flags = side == Side::kSell ? kFlagSell : 0;
        level.levels.count = 1;
        level.levels.ticks[0] = static_cast<std::int32_t>(q.price.v);
        level.levels.lots[0] = q.lots.v;
        message.push_back(level);
      }
    }
    message.back().flags |= kFlagLast;
    for (const Event& e : message) deliver(e);
  }
  void skip_sequence(InstrumentId id = 0) { ++sequence_[id]; }

  void accept(const Command& c) {
    Event e = event(EventKind::kAccepted, c.instrument);
    e.report.id = c.id;
    e.report.venue_id = VenueOrderId(c.id.v);
    e.report.lots = c.lots;
    e.report.ticks = c.ticks;
    deliver(e);
  }
  void canceled(const Command& c, Lots executed = Lots(0)) {
    Event e = event(EventKind::kCanceled, c.instrument);
    e.report.id = c.id;
    e.report.lots = executed;
    deliver(e);
  }
  void replaced(const Command& c) {
    Event e = event(EventKind::kReplaced, c.instrument);
    e.report.id = c.id;
    e.report.new_id = c.new_id;
    e.report.venue_id = VenueOrderId(c.new_id.v);
    e.report.lots = c.lots;
    e.report.ticks = c.ticks;
    deliver(e);
  }
  void amended(const Command& c) {
    Event e = event(EventKind::kAmended, c.instrument);
    e.report.id = c.id;
    e.report.lots = c.lots;
    e.report.ticks = c.ticks;
    deliver(e);
  }
  void fail(EventKind kind, const Command& c, RejectReason reason) {
    Event e = event(kind, c.instrument);
    e.failure.id = c.id;
    e.failure.new_id = c.new_id;
    e.failure.reason = reason;
    e.failure.command = static_cast<std::uint8_t>(c.kind);
    deliver(e);
  }
  void session(SessionState state, InstrumentId id = 0) {
    Event e = event(EventKind::kSessionStatus, id);
    e.session.state = state;
    e.session.symbol_trading = 1;
    deliver(e);
  }
  // As a venue without latency: everything asked for happens.
  void answer_all() {
    for (const Command& c : take()) {
      if (c.kind == CommandKind::kPlace) accept(c);
      if (c.kind == CommandKind::kCancel) canceled(c);
      if (c.kind == CommandKind::kReplace) replaced(c);
      if (c.kind == CommandKind::kModify || c.kind == CommandKind::kReduce) amended(c);
    }
    batch_end();
  }
  void fill(const Order& order, Lots lots, std::uint64_t trade_id,
            std::uint8_t flags = kFlagMaker) {
    Event e = event(EventKind::kFilled, order.instrument);
    e.flags = static_cast<std::uint8_t>(flags | (order.side == Side::kSell ? kFlagSell : 0));
    e.fill.id = order.id;
    e.fill.trade_id = TradeId(trade_id);
    e.fill.lots = lots;
    e.fill.ticks = static_cast<std::int32_t>(order.price.v);
    e.fill.fee_asset = Asset::kQuote;
    deliver(e);
  }
  void control(ControlCode code, PauseScope scope = PauseScope::kAll) {
    Event e = event(EventKind::kControl);
    e.control.code = code;
    e.control.scope = scope;
    deliver(e);
    batch_end();
  }

  // Copies of the live orders of one side, best first.
  std::vector<Order> live(Side side, InstrumentId id = 0) const {
    std::vector<Order> orders;
    for (const std::uint16_t slot : core.orders().live(id, side)) {
      orders.push_back(core.orders().row(slot));
    }
    return orders;
  }
  const SideState& side(Side s, InstrumentId id = 0) const { return core.instrument(id).side(s); }
  // Synchronised, warmed up, and the first ladder accepted.
  void start_quoting(Ticks bid = Ticks(299'999), Ticks ask = Ticks(300'001)) {
    book(bid, ask);
    advance(Nanos(5 * kSecond.v - 1));
    // The connection keeps talking while the warm-up passes.
    send_book(0, false, {{bid, Lots(100'000)}}, {});
    advance(Nanos(1));
    answer_all();
  }

  static Event event(EventKind kind, InstrumentId id = 0) {
    Event e;
    e.kind = kind;
    e.instrument = id;
    return e;
  }

 private:
  CommandBuffer buffer_;
  std::vector<std::uint32_t> sequence_;
  std::uint64_t update_id_ = 0;
};

}  // namespace mm::test
