// `mm_logic run`: the simulation in real time, or in virtual time as fast as it can; or a venue.
#include <fmt/format.h>

#include "engine/app/config/core_setup.h"
#include "engine/app/config/sim_setup.h"
#include "engine/app/control/stop_signal.h"
#include "engine/app/edges/sim_edge.h"
#include "engine/app/modes/modes.h"
#include "engine/app/modes/run_on_venue.h"
#include "engine/app/modes/run_realtime.h"
#include "engine/app/session/session_report.h"
#include "engine/app/soak/checked_run.h"
#include "engine/app/soak/memory_watch.h"
#include "engine/app/soak/virtual_run.h"
#include "engine/app/status/progress.h"

namespace mm::app {

namespace {

// Virtual sessions begin at a fixed instant, so that equal runs are equal to the last bit:
// 2024-01-01 00:00 UTC.
constexpr Nanos kVirtualStart{1'704'067'200 * kSecond.v};
constexpr std::int64_t kVirtualSecondsDefault = 3600;

Nanos duration_of(const RunOptions& options) {
  return kSecond * (options.seconds > 0 ? options.seconds : kVirtualSecondsDefault);
}

// Runs to the end of the given time, then stops in an orderly way. Whether it ended flat.
template <class Run>
bool simulate(const RunOptions& options, SessionRecord& record, Run& run, MemoryWatch& memory) {
  const Nanos end = kVirtualStart + duration_of(options);
  const StopSignal signals;
  Progress progress("simulating", options.quiet);
  run.begin(kVirtualStart);
  for (Nanos at = kVirtualStart; at < end && !StopSignal::requested();) {
    at = std::min(end, at + kSecond * 10);
    run.advance(at, StopSignal::requested);
    record.follow(SessionRecord::kAllRecords);
    memory.sample(at - kVirtualStart);
    progress.show((at - kVirtualStart).v, (end - kVirtualStart).v, run.events_in());
  }
  return run.shut_down();
}

// What went wrong and what the checkers saw of it.
void summarize(const VirtualRun<NoSource>&, Summary&) {}
void summarize(const CheckedRun& run, Summary& out) {
  const sim::Checker& checker = run.checker();
  for (std::size_t k = 0; k < sim::kChecks; ++k) {
    const auto check = static_cast<sim::Check>(k);
    out.invariants.emplace_back(fmt::format("checker_{}", name(check)),
                                static_cast<std::int64_t>(checker.violations(check)));
  }
  out.notes.push_back(sim::faults_text(run.faults().counts()));
  out.notes.push_back(fmt::format("{} s more, without orders: for what was still under way",
                                  (run.now() - run.ended()).v / kSecond.v));
  if (!checker.violated()) return;
  const sim::Violation& first = checker.first();
  out.notes.push_back(fmt::format("at {} s, checker {}, instrument {}: {}",
                                  (first.time - kVirtualStart).v / kSecond.v, name(first.check),
                                  first.instrument, first.text.data()));
}

template <class Run>
int run_to_summary(const RunOptions& options, const Config& config, const sim::SimVenue& venue,
                   SessionRecord& record, Run& run) {
  const Clock clock;
  const Nanos begun = clock.now();
  MemoryWatch memory(duration_of(options));
  const bool flat = simulate(options, record, run, memory);
  Summary summary;
  summary.mode = "sim";
  summary.duration = run.ended() - kVirtualStart;
  summary.wall = clock.now() - begun;
  run.summarize_into(summary);
  summarize(config, summary);
  summary.invariants.emplace_back("flat_at_end", flat && venue.open_orders() == 0 ? 0 : 1);
  summary.invariants.emplace_back("venue_position", venue_differences(run.core(), venue));
  summarize(run, summary);
  if (options.faults != nullptr && options.faults->hours > 0) {
    summary.invariants.emplace_back("memory_grows", memory.grows() ? 1 : 0);
    summary.notes.push_back(memory.text());
  }
  const std::string unrecorded =
      record.close(run.output_hash(), run.commands_out(), run.now(), summary, options.json_file);
  return report_session(summary, unrecorded);
}

int run_virtual(const RunOptions& options, const Config& config) {
  const std::vector<Instrument> instruments = simulated_instruments(config);
  SessionRecord record;
  if (std::string error =
          record.open(config, options.session_dir, "sim", instruments, kVirtualStart);
      !error.empty()) {
    return fail(error);
  }
  const auto venue = make_sim_venue(config, instruments);
  if (options.faults == nullptr) {
    VirtualRun<NoSource> run(config, instruments, *venue, record.journal());
    return run_to_summary(options, config, *venue, record, run);
  }
  CheckedRun run(config, instruments, *venue, options.faults->plan(), &record.journal());
  return run_to_summary(options, config, *venue, record, run);
}

RunParts realtime_parts(const RunOptions& options, const Config& config) {
  RunParts parts{config, "sim", simulated_instruments(config), make_sim_edge};
  if (options.faults == nullptr) return parts;
  parts.resynchronises = true;
  parts.edge = [plan = options.faults->plan()](const EdgeContext& context) {
    return make_faulty_edge(context, plan);
  };
  return parts;
}

}  // namespace

int run_mode(const RunOptions& options, const Config& config) {
  if (options.mode != VenueMode::kSim) return run_on_venue(options, config);
  return options.speed == Speed::kMax ? run_virtual(options, config)
                                      : run_realtime(options, realtime_parts(options, config));
}

}  // namespace mm::app
