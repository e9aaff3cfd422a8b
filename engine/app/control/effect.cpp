#include "engine/app/control/effect.h"

#include <fmt/format.h>

#include <charconv>
#include <chrono>
#include <thread>

#include "engine/core/event.h"
#include "engine/core/reason.h"

namespace mm::app {
namespace {

using counters::CountersFile;

constexpr std::chrono::milliseconds kLook{20};
constexpr Nanos kEffectPatience{10 * kSecond.v};

Effect look(const CountersFile& counters, std::int64_t events) {
  counters::EngineBlock::Copy numbers;
  if (!counters.layout().numbers.read(numbers)) return {};
  const auto control = static_cast<std::size_t>(EventKind::kControl);
  return {numbers.value("events_total", control) >= events, numbers.value("live_orders")};
}

}  // namespace

std::optional<Obeyed> read_obeyed(const std::string& answer) {
  if (!answer.starts_with("ok ")) return std::nullopt;
  Obeyed obeyed;
  const char* const end = answer.data() + answer.size();
  const auto [rest, problem] = std::from_chars(answer.data() + 3, end, obeyed.events);
  if (problem != std::errc()) return std::nullopt;
  obeyed.rest.assign(rest == end ? end : rest + 1, end);
  return obeyed;
}

Effect wait_for_effect(const CountersFile& counters, std::int64_t events, bool until_flat) {
  const Nanos give_up = counters::monotonic_now() + kEffectPatience;
  for (;;) {
    const Effect effect = look(counters, events);
    const bool done = effect.seen && (!until_flat || effect.live_orders == 0);
    if (done || counters::monotonic_now() >= give_up || !counters.engine_alive()) return effect;
    std::this_thread::sleep_for(kLook);
  }
}

std::string sides_text(const CountersFile& counters) {
  std::string text;
  for (const counters::Instrument& i : counters.instruments()) {
    counters::InstrumentBlock::Copy numbers;
    if (!i.numbers.read(numbers)) continue;
    for (const Side side : kSides) {
      const auto reason = static_cast<QuoteReason>(numbers.value("quote_reason", index(side)));
      text += fmt::format("  {} {}: {}, {} orders live\n", i.symbol.data(), mm::name(side),
                          mm::name(reason), numbers.value("orders_live", index(side)));
    }
  }
  return text;
}

}  // namespace mm::app
