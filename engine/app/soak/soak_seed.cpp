#include "engine/app/soak/soak_seed.h"

#include <fmt/format.h>

#include <ctime>

#include "engine/app/config/sim_setup.h"
#include "engine/app/soak/checked_run.h"
#include "engine/app/soak/soak_config.h"
#include "engine/core/decimal_text.h"
#include "sim/latency.h"

namespace mm::app {
namespace {

constexpr Nanos kStart{1'704'067'200 * kSecond.v};  // 2024-01-01 00:00 UTC
// No fault before the engine quotes, nor so late that there is no time left to heal.
constexpr Nanos kQuiet{15 * kSecond.v}, kHeal{150 * kSecond.v};

sim::FaultPlan plan_of(std::uint64_t seed, Nanos duration, std::size_t instruments) {
  return sim::random_plan({.seed = seed,
                           .quiet = kQuiet,
                           .end = std::max(kQuiet, duration - kHeal),
                           .instruments = static_cast<InstrumentId>(instruments)});
}

// What the seed chooses, then what the user wants.
std::vector<std::string> sets_of(std::uint64_t seed, std::span<const std::string> sets) {
  std::vector<std::string> all = random_sets(seed);
  all.insert(all.end(), sets.begin(), sets.end());
  return all;
}

Nanos thread_cpu() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return kSecond * t.tv_sec + Nanos(t.tv_nsec);
}

std::string seconds(Nanos t) {
  return DecimalText((t.v + kMillisecond.v / 2) / kMillisecond.v, 3).str();
}

std::string command_text(const Command& c) {
  return fmt::format("> {} {} {:x}{} {} @ {} ({})", name(c.kind), name(c.side), c.id.v,
                     c.new_id.v == 0 ? "" : fmt::format(" as {:x}", c.new_id.v), c.lots.v, c.ticks,
                     name(static_cast<DecisionReason>(c.why)));
}

std::string event_text(const Event& e) {
  const auto kind = name(e.kind);
  switch (e.kind) {
    case EventKind::kFilled:
      return fmt::format("< {} {} {:x} {} @ {} trade {}", kind, name(e.side()), e.fill.id.v,
                         e.fill.lots.v, e.fill.ticks, e.fill.trade_id.v);
    case EventKind::kRejected:
    case EventKind::kReplaceRejected:
    case EventKind::kAmendRejected:
    case EventKind::kCancelRejected:
    case EventKind::kDenied:
    case EventKind::kOutcomeUnknown:
      return fmt::format("< {} of {} {:x}: {}{}", kind,
                         name(static_cast<CommandKind>(e.failure.command)), e.failure.id.v,
                         name(e.failure.reason), e.failure.old_canceled != 0 ? ", old gone" : "");
    case EventKind::kSessionStatus:
      return fmt::format("< {} {}{}", kind, static_cast<int>(e.session.state),
                         e.session.symbol_trading != 0 ? "" : ", halted");
    case EventKind::kFeedStatus:
      return fmt::format("< {} {}", kind, e.feed.up != 0 ? "up" : "down");
    case EventKind::kBookStale:
    case EventKind::kControl:
      return fmt::format("< {}", kind);
    default:
      return fmt::format("< {} {:x}{} {} @ {}{}", kind, e.report.id.v,
                         e.report.new_id.v == 0 ? "" : fmt::format(" as {:x}", e.report.new_id.v),
                         e.report.lots.v, e.report.ticks,
                         e.kind == EventKind::kOrderStatus
                             ? fmt::format(" status {}", e.report.status)
                             : std::string());
  }
}

}  // namespace

SeedResult run_seed(std::uint64_t seed, Nanos duration, std::span<const std::string> sets) {
  const Nanos cpu_before = thread_cpu();
  SeedResult result;
  result.seed = seed;
  result.begun = kStart;
  ConfigLoad load = parse_config("", "soak", sets_of(seed, sets));
  if (load.ok()) load.error = sim::load_latency_samples(load.config.simulator).problem;
  result.error = load.error;
  if (!load.ok()) return result;
  const Config& config = load.config;
  const std::vector<Instrument> instruments = simulated_instruments(config);
  const auto venue = make_sim_venue(config, instruments);
  CheckedRun run(config, instruments, *venue, plan_of(seed, duration, instruments.size()));
  run.begin(kStart);
  run.advance(kStart + duration);
  run.shut_down();
  result.duration = run.now() - kStart;
  result.cpu = thread_cpu() - cpu_before;
  result.faults = run.faults().counts();
  result.faults_skipped = run.faults().skipped();
  result.events = run.events_in();
  result.fills = venue->counters().fills;
  result.output_hash = run.output_hash();
  for (InstrumentId i = 0; i < instruments.size(); ++i) {
    result.quoted += run.core().instrument(i).uptime.quoted();
    result.measured += run.core().instrument(i).uptime.measured();
  }
  const sim::Checker& checker = run.checker();
  result.quoting = checker.quoting();
  result.violations = checker.violations();
  if (!checker.violated()) return result;
  result.first = checker.first();
  result.traces = checker.traces();
  return result;
}

std::string violation_text(const SeedResult& r) {
  if (!r.error.empty()) return fmt::format("seed {}: {}\n", r.seed, r.error);
  const sim::Violation& v = r.first;
  std::string text =
      fmt::format("seed {}, step {}, {} s, checker {}, instrument {}: {}\n", r.seed, v.step,
                  seconds(v.time - r.begun), name(v.check), v.instrument, v.text.data());
  for (const sim::Trace& t : r.traces) {
    const bool command = t.command.kind != CommandKind::kNone;
    const Nanos time = (command ? t.command.time : t.event.time) - r.begun;
    text += fmt::format("  {:>9} #{} {}\n", seconds(time),
                        command ? t.command.instrument : t.event.instrument,
                        command ? command_text(t.command) : event_text(t.event));
  }
  return text;
}

std::string seed_text(std::uint64_t seed, Nanos duration, std::span<const std::string> more) {
  std::string text = fmt::format("seed {}\n", seed);
  const std::vector<std::string> sets = sets_of(seed, more);
  for (const std::string& set : sets) text += fmt::format("  --set '{}'\n", set);
  const ConfigLoad load = parse_config("", "soak", sets);
  if (!load.ok()) return text + load.error + "\n";
  for (const sim::Fault& f : plan_of(seed, duration, load.config.venue.symbols.size())) {
    text += fmt::format(
        "  {:>9} to {:>9} s: {}{}\n", seconds(f.begin), seconds(f.end), name(f.kind),
        f.instrument == sim::kEveryInstrument ? std::string() : fmt::format(" #{}", f.instrument));
  }
  return text;
}

}  // namespace mm::app
