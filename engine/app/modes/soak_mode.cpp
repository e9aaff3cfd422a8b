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
#include "engine/app/soak/soak_seed.h"
#include "engine/app/status/progress.h"

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
        next_(options.first) {}

  int run();

 private:
  void work();
  void take(const SeedResult& result);
  int report(Nanos wall) const;

  const SoakOptions options_;
  const Nanos duration_;
  std::atomic<std::uint64_t> next_;
  std::atomic<bool> stop_{false};
  std::mutex mutex_;  // of what follows
  std::uint64_t seeds_ = 0, events_ = 0, fills_ = 0, violated_ = 0, skipped_ = 0;
  Nanos simulated_{}, quoted_{}, measured_{};
  sim::CalmQuoting calm_;
  sim::FaultCounts faults_{};
};

int Soak::run() {
  const StopSignal signals;
  signal(SIGABRT, say_seed);
  const Clock clock;
  const Nanos begun = clock.now();
  Progress progress("soaking", false);
  std::vector<std::thread> threads;
  for (int i = 0; i < options_.jobs; ++i) threads.emplace_back([this] { work(); });
  const std::uint64_t whole = options_.last - options_.first + 1;
  for (std::uint64_t done = 0; done < whole && !stop_;) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    if (StopSignal::requested()) stop_ = true;
    const std::scoped_lock lock(mutex_);
    done = seeds_;
    progress.show(static_cast<std::int64_t>(done), static_cast<std::int64_t>(whole), events_);
  }
  for (std::thread& thread : threads) thread.join();
  progress.close();
  signal(SIGABRT, SIG_DFL);
  return report(clock.now() - begun);
}

void Soak::work() {
  while (!stop_) {
    const std::uint64_t seed = next_.fetch_add(1);
    if (seed > options_.last || seed < options_.first) return;
    current_seed = seed;
    take(run_seed(seed, duration_));
  }
}

void Soak::take(const SeedResult& r) {
  const std::scoped_lock lock(mutex_);
  ++seeds_;
  events_ += r.events;
  fills_ += r.fills;
  skipped_ += r.faults_skipped;
  simulated_ += r.duration;
  quoted_ += r.quoted;
  measured_ += r.measured;
  calm_.due += r.calm.due;
  calm_.stood += r.calm.stood;
  for (std::size_t k = 0; k < faults_.size(); ++k) faults_[k] += r.faults[k];
  if (options_.verbose) {
    fmt::print("{}  {} events, {} fills, output hash {:016x}\n", seed_text(r.seed, duration_),
               r.events, r.fills, r.output_hash);
  }
  if (r.ok()) return;
  if (++violated_ <= kShownMax) fmt::print("{}", violation_text(r));
  std::fflush(stdout);
}

int Soak::report(Nanos wall) const {
  fmt::print("seeds            {}\n", seeds_);
  fmt::print("virtual hours    {}\n", simulated_.v / (3600 * kSecond.v));
  fmt::print("seconds          {}\n", wall.v / kSecond.v);
  fmt::print("events           {}\n", events_);
  fmt::print("fills            {}\n", fills_);
  if (measured_.v > 0) fmt::print("quote uptime %   {}\n", quoted_.v / (measured_.v / 100));
  // In thousandths of a percent, of the time a side ought to have had an order.
  if (calm_.due.v > 0) {
    const auto share = static_cast<std::int64_t>(Int128{calm_.stood.v} * 100'000 / calm_.due.v);
    fmt::print("  without faults {}.{:03}\n", share / 1000, share % 1000);
  }
  std::uint64_t injected = 0;
  for (const std::uint64_t n : faults_) injected += n;
  fmt::print("faults injected  {}\n", injected);
  for (std::size_t k = 0; k < faults_.size(); ++k) {
    fmt::print("  {:<18} {}\n", name(static_cast<sim::FaultKind>(k)), faults_[k]);
  }
  if (skipped_ > 0) fmt::print("faults without room {}\n", skipped_);
  fmt::print("violations       {}\n", violated_);
  return violated_ == 0 && seeds_ > 0 ? 0 : 1;
}

}  // namespace

int soak_mode(const SoakOptions& options) {
  return std::make_unique<Soak>(options)->run();
}

}  // namespace mm::app
