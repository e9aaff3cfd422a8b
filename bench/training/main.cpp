// mm_training: what the compiler is shown of the core before it compiles it for good.
//
// The core, with counters in it, quotes in simulated markets: a few minutes of virtual time for
// each of several markets, venues and settings, the same every time. It quotes as by default and
// more closely, so that orders are filled and follow; one instrument alone and some side by side.
#include "engine/core/core.h"
#include "engine/runtime/driver.h"
#include "engine/runtime/virtual_loop.h"
#include "gateway/order_gateway.h"
#include "sim/venue.h"
#include "tests/core_harness.h"

namespace mm {
namespace {

constexpr Nanos kStart{1'700'000'000 * kSecond.v}, kDuration{300 * kSecond.v};

struct Lesson {
  const char* market;
  std::size_t instruments = 1;
  bool usdm = false;
  bool closely = false;  // fills, and orders that follow
  const char* strategy = "passive_maker";
};

constexpr Lesson kLessons[]{
    {.market = "lively"},
    {.market = "volatile", .instruments = 4},
    {.market = "trending", .usdm = true},
    {.market = "lively", .closely = true},
    {.market = "trending", .instruments = 4, .usdm = true, .closely = true},
    {.market = "jumpy", .closely = true, .strategy = "touch_joiner"},
};

CoreConfig config_of(const Lesson& lesson) {
  CoreConfig config = test::one_instrument();
  InstrumentConfig& c = config.instruments[0];
  if (lesson.usdm) c.instrument.rules = kBinanceUsdmRules;
  c.instrument.is_spot = !lesson.usdm;
  c.instrument.own_wallet = true;
  std::strcpy(c.strategy.strategy.data(), lesson.strategy);
  if (lesson.closely) {
    c.strategy.min_spread = ratio_ppm(200);
    c.strategy.max_spread = ratio_ppm(800);
    c.strategy.modify_threshold = ratio_ppm(200);
  }
  config.instruments.resize(lesson.instruments, c);
  return config;
}

void trade(const Lesson& lesson) {
  const CoreConfig config = config_of(lesson);
  std::vector<Instrument> instruments;
  for (const InstrumentConfig& c : config.instruments) instruments.push_back(c.instrument);
  sim::SimulatorConfig simulator;
  simulator.orders_per_10s = 1'000;
  sim::SimVenue venue(simulator, instruments, 1);
  bool known = false;
  for (std::size_t i = 0; i < instruments.size(); ++i) {
    venue.attach(static_cast<InstrumentId>(i), sim::scenario(lesson.market, known));
  }
  MM_ASSERT(known, "a lesson names a market that there is");

  using Session = DirectSession<sim::SimVenue>;
  Core core(config);
  NoJournal journal;
  SpscRing<Command> commands(2 * CommandBuffer::kCapacity);
  SpscRing<Event> executions(2 * CommandBuffer::kCapacity);
  CommandRouter sink{commands};
  Driver driver(core, journal, sink);
  Session session{venue};
  OrderGateway<SpscRing<Command>, SpscRing<Event>, Session> gateway({.command_age_max = kSecond},
                                                                    commands, executions, session);
  venue.start(kStart);
  VirtualLoop loop(driver, gateway, executions, venue, kStart);
  loop.advance(kStart + kDuration);
  MM_ASSERT(loop.shut_down(), "the core ends in order");
  MM_ASSERT(driver.commands_out() > 100, "the core quotes");
}

}  // namespace
}  // namespace mm

int main() {
  for (const mm::Lesson& lesson : mm::kLessons) mm::trade(lesson);
}
