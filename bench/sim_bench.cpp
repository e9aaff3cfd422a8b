// Cost of one event through the simulated venue: generated, and observed with and without orders.
#include <benchmark/benchmark.h>

#include <vector>

#include "sim/venue.h"

namespace mm::sim {
namespace {

constexpr Nanos kStart{1'700'000'000 * kSecond.v};

Instrument instrument() {
  Instrument i;
  i.tick = Amount(kAmountScale / 100);
  i.lot = Amount(kAmountScale / 10'000);
  return i;
}

void place(SimVenue& venue, std::uint64_t id, Side side, Ticks price) {
  Command c;
  c.kind = CommandKind::kPlace;
  c.id = ClientOrderId(id);
  c.side = side;
  c.ticks = static_cast<std::int32_t>(price.v);
  c.lots = Lots(3'000);
  venue.submit(c, venue.clock());
}

// Drains the venue up to `until`; returns the number of events.
std::int64_t drain(SimVenue& venue, Nanos until) {
  std::int64_t count = 0;
  Event event;
  while (venue.next(until, event)) {
    benchmark::DoNotOptimize(event);
    ++count;
  }
  return count;
}

// Everything a market of one instrument does, per delivered event.
void generated_market(benchmark::State& state) {
  const Instrument one = instrument();
  SimVenue venue(SimulatorConfig{}, {&one, 1}, 42);
  venue.attach(0, MarketConfig{});
  venue.start(kStart);
  Nanos now = kStart;
  std::int64_t events = 0;
  for (auto _ : state) {
    now += Nanos(100 * kMillisecond.v);
    events += drain(venue, now);
  }
  state.SetItemsProcessed(events);
}
BENCHMARK(generated_market)->Name("sim/generated_market");

// A generated market's data, recorded once, then fed as a backtest feeds a capture: one event in,
// one event out, with so many orders of ours in the book.
void observed_market(benchmark::State& state) {
  const Instrument one = instrument();
  SimulatorConfig config;
  SimVenue source(config, {&one, 1}, 42);
  source.attach(0, MarketConfig{});
  source.start(kStart);
  std::vector<Event> tape;
  Event event;
  while (tape.size() < 100'000) {
    const Nanos next = source.next_time();
    while (source.next(next, event)) {
      if (is_market(event.kind)) tape.push_back(event);
    }
  }
  SimVenue venue(config, {&one, 1}, 42);
  venue.start(kStart);
  Nanos offset{0};
  std::size_t i = 0;
  for (std::int64_t k = 0; k < state.range(0); ++k) {
    const Side side = k % 2 == 0 ? Side::kBuy : Side::kSell;
    place(venue, static_cast<std::uint64_t>(k) + 1, side,
          Ticks(300'000 - sign(side) * 5'000 - k));  // within the depth, beyond the trades
  }
  std::int64_t events = 0;
  for (auto _ : state) {
    const Nanos at = tape[i].received + offset;
    venue.on_market({&tape[i], 1}, at);
    events += drain(venue, at);
    if (++i == tape.size()) {
      offset += tape.back().received - kStart;
      i = 0;
    }
  }
  state.SetItemsProcessed(events);
}
BENCHMARK(observed_market)->Name("sim/observed_market")->Arg(0)->Arg(6)->Arg(60);

}  // namespace
}  // namespace mm::sim
