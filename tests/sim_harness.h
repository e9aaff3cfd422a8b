// A simulated venue driven by hand: sends requests, lets time pass, keeps what comes out.
#pragma once

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "sim/venue.h"

namespace mm::test {

inline constexpr Nanos kSimStart{1'700'000'000 * kSecond.v};  // a multiple of 10 s

inline Instrument sim_spot() {
  Instrument i;
  std::strcpy(i.symbol_text.data(), "ETHUSDT");
  i.tick = Amount(kAmountScale / 100);   // 0.01
  i.lot = Amount(kAmountScale / 10000);  // 0.0001
  i.notional_min = Money(5 * kMoneyScale);
  return i;
}

inline Instrument sim_usdm() {
  Instrument i = sim_spot();
  i.rules = kBinanceUsdmRules;
  i.is_spot = false;
  return i;
}

// Without delays, so that a test of anything else need not wait.
inline sim::SimulatorConfig no_latency() {
  sim::SimulatorConfig config;
  for (sim::LatencyConfig* l : {&config.feed, &config.order_entry, &config.response}) {
    l->base = Nanos(0);
  }
  return config;
}

struct Levels {
  Side side;
  std::vector<std::pair<std::int32_t, std::int64_t>> levels;  // ticks, lots
};

class SimHarness {
 public:
  explicit SimHarness(const sim::SimulatorConfig& config = no_latency(),
                      std::vector<Instrument> instruments = {sim_spot()})
      : venue(config, instruments, 1), sequence_(instruments.size()) {
    venue.start(now);
    advance(Nanos(0));
    events.clear();
  }

  sim::SimVenue venue;
  Nanos now{kSimStart};
  std::vector<Event> events;  // delivered since the last take()

  // Requests leave now; at zero latency their answers are in `events` on return.
  void send(Command c) {
    venue.submit(c, now);
    advance(Nanos(0));
  }
  void place(std::uint64_t id, Side side, std::int32_t ticks, std::int64_t lots) {
    send(command(CommandKind::kPlace, id, side, ticks, lots));
  }
  void cancel(std::uint64_t id) { send(command(CommandKind::kCancel, id)); }
  void replace(std::uint64_t id, std::uint64_t new_id, std::int32_t ticks, std::int64_t lots) {
    Command c = command(CommandKind::kReplace, id, Side::kBuy, ticks, lots);
    c.new_id = ClientOrderId(new_id);
    send(c);
  }
  static Command command(CommandKind kind, std::uint64_t id, Side side = Side::kBuy,
                         std::int32_t ticks = 0, std::int64_t lots = 0) {
    Command c;
    c.kind = kind;
    if (kind == CommandKind::kQueryOrder) c.question = 7;
    c.id = ClientOrderId(id);
    c.side = side;
    c.ticks = ticks;
    c.lots = Lots(lots);
    return c;
  }

  // Observed market data.
  void book(bool snapshot, const std::vector<Levels>& sides, InstrumentId i = 0) {
    Event begin = event(EventKind::kBookBegin, i);
    begin.sequence = ++sequence_[i];
    begin.flags = snapshot ? kFlagSnapshot : 0;
    begin.book.last_id = UpdateId(++update_id_);
    std::vector<Event> message{begin};
    for (const auto& [side, levels] : sides) {
      for (const auto& [ticks, lots] : levels) {
        Event e = event(EventKind::kBookLevels, i);
        e.sequence = sequence_[i];
        e.flags = side == Side::kSell ? kFlagSell : 0;
        e.levels.count = 1;
        e.levels.ticks[0] = ticks;
        e.levels.lots[0] = lots;
        message.push_back(e);
      }
    }
    message.front().book.level_count = static_cast<std::uint32_t>(message.size() - 1);
    message.back().flags |= kFlagLast;
    venue.on_market(message, now);
    advance(Nanos(0));
  }
  void trade(Side aggressor, std::int32_t ticks, std::int64_t lots) {
    Event e = event(EventKind::kTrade, 0);
    e.flags = aggressor == Side::kSell ? kFlagSell : 0;
    e.trade.ticks = ticks;
    e.trade.lots = Lots(lots);
    venue.on_market({&e, 1}, now);
    advance(Nanos(0));
  }

  void advance(Nanos duration) {
    const Nanos until = now + duration;
    Event e;
    while (venue.next_time() <= until) {
      now = std::max(now, venue.next_time());
      while (venue.next(now, e)) events.push_back(e);
    }
    now = until;
  }
  std::vector<Event> take() { return std::exchange(events, {}); }
  std::vector<Event> take(EventKind kind) {
    std::vector<Event> some;
    for (const Event& e : take()) {
      if (e.kind == kind) some.push_back(e);
    }
    return some;
  }
  // The only answer of this kind since the last take; an empty event if there is not just one.
  Event only(EventKind kind) {
    const std::vector<Event> found = take(kind);
    return found.size() == 1 ? found.front() : Event{};
  }
  RejectReason refusal(EventKind kind) { return only(kind).failure.reason; }
  std::int64_t filled(std::uint64_t id) const {
    const sim::RestingOrder* order = venue.find(ClientOrderId(id));
    return order == nullptr ? -1 : order->filled.v;
  }

 private:
  static Event event(EventKind kind, InstrumentId i) {
    Event e;
    e.kind = kind;
    e.instrument = i;
    return e;
  }
  std::vector<std::uint32_t> sequence_;
  std::uint64_t update_id_ = 0;
};

}  // namespace mm::test
