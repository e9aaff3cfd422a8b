#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>

#include "engine/app/config/config_schema.h"
#include "engine/app/modes/host.h"
#include "engine/app/modes/host_tuning.h"
#include "engine/app/modes/modes.h"
#include "engine/app/venue/findings.h"
#include "engine/app/venue/venue_check.h"
#include "engine/app/venue/venue_rest.h"
#include "engine/ledger/halt_file.h"
#include "engine/runtime/cpu_list.h"

namespace mm::app {
namespace {

void check_config(const ConfigLoad& load, Findings& out) {
  out.add(Verdict::kOk, "config",
          fmt::format("{}: {} of {} keys set, {} symbols", load.source, load.origins.size(),
                      config_keys().size(), load.config.venue.symbols.size()));
  for (const std::string& warning : load.warnings) out.add(Verdict::kWarn, "config", warning);
}

void check_cpus(const ConfigLoad& load, Findings& out) {
  const HostCpus cpus = read_host_cpus();
  const std::string limit =
      cpus.quota > 0 ? fmt::format("quota of {} CPUs", cpus.quota) : std::string("no quota");
  const std::string isolated =
      cpus.isolated.empty() ? "" : fmt::format(" (isolated: {})", cpu_list(cpus.isolated));
  out.add(Verdict::kOk, "cpus", fmt::format("{} usable{}, {}", cpus.all().size(), isolated, limit));
  const TopologyPlan threads = plan_threads(load.config.engine, cpus);
  out.add(threads.ok() ? Verdict::kOk : Verdict::kFail, "threads",
          threads.ok() ? threads.describe() : threads.error);
}

void check_memory(const ConfigLoad& load, Findings& out) {
  const auto limit = memory_lock_limit();
  const std::string text = limit ? fmt::format("{} KiB may be locked", *limit / 1024)
                                 : std::string("any amount may be locked");
  constexpr std::uint64_t kEnough = std::uint64_t{256} << 20;
  if (load.config.engine.lock_memory && limit && *limit < kEnough) {
    out.add(Verdict::kFail, "memory", text + ", [engine] lock_memory needs 256 MiB: ulimit -l");
  } else {
    out.add(Verdict::kOk, "memory", text);
  }
}

void check_clock(Findings& out) {
  using Clock = std::chrono::steady_clock;
  constexpr int kReads = 10'000;
  const Clock::time_point begin = Clock::now();
  Clock::time_point end = begin;
  for (int i = 0; i < kReads; ++i) end = Clock::now();
  const std::int64_t cost_ns = std::chrono::nanoseconds(end - begin).count() / kReads;
  out.add(cost_ns > 200 ? Verdict::kWarn : Verdict::kOk, "clock",
          fmt::format("source {}, {} ns a reading", clock_source(), cost_ns));
}

// The verdict only: scripts/tune_host says what, and why.
void check_tuning(const Config& config, Findings& out) {
  std::vector<int> hot;
  for (const ThreadPlan& thread : plan_threads(config.engine, read_host_cpus()).threads) {
    if (thread.core) hot.push_back(*thread.core);
  }
  const std::vector<TuningItem> items = host_tuning(hot.empty() ? hot_cpus_by_default() : hot);
  const auto differs = std::ranges::count(items, TuningVerdict::kWarn, &TuningItem::verdict);
  if (differs == 0) return out.ok("tuning", "the host is set up for low latency");
  out.warn("tuning", fmt::format("{} of {} settings of the host cost latency: scripts/tune_host",
                                 differs, items.size()));
}

void check_session_dir(const ConfigLoad& load, Findings& out) {
  namespace fs = std::filesystem;
  fs::path place = fs::absolute(load.config.session.dir);
  while (!fs::exists(place) && place.has_relative_path()) place = place.parent_path();
  const bool writable = access(place.c_str(), W_OK) == 0;
  out.add(writable ? Verdict::kOk : Verdict::kFail, "sessions",
          fmt::format("{} {} be written", load.config.session.dir, writable ? "can" : "cannot"));
}

void check_halt(const Config& config, Findings& out) {
  std::string reasons = read_halt(config.session.dir);
  if (reasons.empty()) return out.ok("halt", "none");
  std::ranges::replace(reasons, '\n', ' ');
  out.fail("halt", halt_path(config.session.dir) + ": " + reasons);
}

}  // namespace

int check_mode(const ConfigLoad& load, VenueMode mode) {
  Findings findings;
  check_config(load, findings);
  check_cpus(load, findings);
  check_memory(load, findings);
  check_clock(findings);
  check_tuning(load.config, findings);
  check_session_dir(load, findings);
  if (mode == VenueMode::kPaper) check_market(load.config, findings);
  if (mode == VenueMode::kLive) check_halt(load.config, findings);
  if (mode == VenueMode::kLive) check_account(load.config, load_credentials(load.config), findings);
  return findings.exit_code();
}

}  // namespace mm::app
