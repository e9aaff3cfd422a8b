// `mm_logic soak`: many seeds of the checked simulation, on as many cores as asked for.
#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/app/control/stop_signal.h"
#include "engine/app/modes/modes.h"
#include "engine/app/session/session_report.h"
#include "engine/app/soak/soak_report.h"
#include "engine/app/soak/soak_seed.h"
#include "engine/app/status/progress.h"
#include "engine/runtime/durable_file.h"

namespace mm::app {
namespace {

constexpr Nanos kSeedDefault{600 * kSecond.v};
constexpr std::size_t kShownMax = 10;  // violations told in full

thread_local std::uint64_t current_seed = 0;

// A broken promise aborts: say which seed it was.
void say_seed(int) {
  std::array<char, 64> line;
  const int size = std::snprintf(line.data(), line.size(), "aborted in seed %llu\n",
                                 static_cast<unsigned long long>(current_seed));
  if (size > 0) [[maybe_unused]]
    const auto written = write(STDERR_FILENO, line.data(), static_cast<std::size_t>(size));
}

class Soak {
 public:
  explicit Soak(const SoakOptions& options)
      : options_(options),
        duration_(options.hours > 0 ? kSecond * (3600 * options.hours) : kSeedDefault),
        next_(options.first) {
    totals_.seeds_wanted = options.last - options.first + 1;
  }

  int run();

 private:
  void work();
  void take(const SeedResult& result);
  int report();
  std::string reproduce(std::uint64_t seed) const;

  const SoakOptions options_;
  const Nanos duration_;
  std::atomic<std::uint64_t> next_;
  std::atomic<bool> stop_{false};
  std::mutex mutex_;  // of what follows
  SoakTotals totals_;
};

int Soak::run() {
  const StopSignal signals;
  signal(SIGABRT, say_seed);
  const Clock clock;
  const Nanos begun = clock.now();
  Progress progress("soaking", false);
  std::vector<std::thread> threads;
  for (int i = 0; i < options_.jobs; ++i) threads.emplace_back([this] { work(); });
  const std::uint64_t whole = totals_.seeds_wanted;
  for (std::uint64_t done = 0; done < whole && !stop_;) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    if (StopSignal::requested()) stop_ = true;
    const std::scoped_lock lock(mutex_);
    done = totals_.seeds + totals_.left_out;
    progress.show(static_cast<std::int64_t>(done), static_cast<std::int64_t>(whole),
                  totals_.events);
  }
  for (std::thread& thread : threads) thread.join();
  progress.close();
  signal(SIGABRT, SIG_DFL);
  totals_.wall = clock.now() - begun;
  return report();
}

void Soak::work() {
  while (!stop_) {
    const std::uint64_t seed = next_.fetch_add(1);
    if (seed > options_.last || seed < options_.first) return;
    current_seed = seed;
    take(run_seed(seed, duration_, options_.sets));
  }
}

void Soak::take(const SeedResult& r) {
  const std::scoped_lock lock(mutex_);
  // Keys of the user need not go with each seed's own.
  if (!r.error.empty() && !options_.sets.empty()) {
    ++totals_.left_out;
    return;
  }
  totals_.add(r);
  if (options_.verbose) {
    fmt::print("{}  {} events, {} fills, output hash {:016x}\n",
               seed_text(r, duration_, options_.sets), r.events, r.fills, r.output_hash);
  }
  if (r.ok()) return;
  if (totals_.violated <= kShownMax) fmt::print("{}{}", violation_text(r), reproduce(r.seed));
  std::fflush(stdout);
}

std::string Soak::reproduce(std::uint64_t seed) const {
  std::string line = fmt::format("reproduce: mm_logic soak --seeds {0}..{0} --verbose", seed);
  if (options_.hours > 0) line += fmt::format(" --hours {}", options_.hours);
  for (const std::string& set : options_.sets) line += fmt::format(" --set '{}'", set);
  return line + "\n";
}

int Soak::report() {
  fmt::print("{}", to_text(totals_));
  if (!options_.json_file.empty()) {
    const std::string error = write_durably(options_.json_file, to_json(totals_));
    if (!error.empty()) return fail(error);
  }
  return totals_.clean() ? 0 : 1;
}

}  // namespace

int soak_mode(const SoakOptions& options) {
  return std::make_unique<Soak>(options)->run();
}

}  // namespace mm::app
