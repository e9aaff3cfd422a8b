#include "engine/app/control/effect.h"

#include <fmt/format.h>

#include <charconv>
#include <thread>

#include "engine/app/control/control_socket.h"
#include "engine/core/event.h"
#include "engine/core/reason.h"
#include "engine/ledger/halt_file.h"
#include "engine/runtime/clock.h"

namespace mm::app {
namespace {

using counters::CountersFile;

constexpr std::chrono::milliseconds kLook{20};

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

Effect wait_for_effect(const CountersFile& counters, std::int64_t events, bool until_flat,
                       Nanos patience) {
  const Nanos give_up = counters::monotonic_now() + patience;
  for (;;) {
    const Effect effect = look(counters, events);
    const bool done = effect.seen && (!until_flat || effect.live_orders == 0);
    if (done || counters::monotonic_now() >= give_up || !counters.engine_alive()) return effect;
    std::this_thread::sleep_for(kLook);
  }
}

std::string ask_and_wait(const std::string& session, const CountersFile& counters,
                         const std::string& request, std::chrono::milliseconds patience) {
  const ControlAnswer answer = ask_engine(session, request, patience);
  if (!answer.error.empty()) {
    const bool kill = request == "kill";
    return kill ? halt_unheard(counters.layout().identity.sessions.data(), answer.error)
                : answer.error;
  }
  const std::optional<Obeyed> obeyed = read_obeyed(answer.text);
  if (!obeyed) return answer.text;
  const Nanos wait(patience.count() * kMillisecond.v);
  return wait_for_effect(counters, obeyed->events, false, wait).seen ? answer.text : kNotTakenUp;
}

std::string halt_unheard(const std::string& sessions, const std::string& why) {
  const std::string problem =
      add_halt(sessions, Clock().now(), fmt::format("killed by command, unheard: {}", why));
  if (!problem.empty()) {
    return fmt::format("{}; HALT is not written, a live run may start: {}", why, problem);
  }
  return why + "; HALT is written: no live run starts until `mm_logic resume`";
}

std::string sides_text(const CountersFile& counters) {
  std::string text;
  for (const counters::Instrument& i : counters.instruments()) {
    counters::InstrumentBlock::Copy numbers;
    if (!i.numbers.read(numbers)) continue;
    for (const Side side : kSides) {
      const auto reason = static_cast<QuoteReason>(numbers.value("quote_reason", index(side)));
      const auto shortfall =
          static_cast<QuoteReason>(numbers.value("quote_shortfall", index(side)));
      const bool full = shortfall == QuoteReason::kQuoting;
      text += fmt::format("  {} {}: {}{}, {} orders live\n", i.symbol.data(), mm::name(side),
                          mm::name(reason),
                          full ? "" : fmt::format(", not all levels: {}", mm::name(shortfall)),
                          numbers.value("orders_live", index(side)));
    }
  }
  return text;
}

}  // namespace mm::app
