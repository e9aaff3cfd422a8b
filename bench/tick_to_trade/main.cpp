// mm_tick_to_trade raw|beast --port P [--ca FILE] [--cpu N] --seconds S: see loops.h and
// scripts/tick_to_trade.
#include <fmt/format.h>
#include <sched.h>

#include <CLI/CLI.hpp>
#include <chrono>

#include "bench/tick_to_trade/loops.h"

int main(int argc, char** argv) {
  CLI::App app{"The least that can trade, to measure an engine against.", "mm_tick_to_trade"};
  std::string loop;
  mm::bench::LoopOptions options;
  int cpu = -1, seconds = 10;
  app.add_option("loop", loop, "raw or beast")->required()->check(CLI::IsMember({"raw", "beast"}));
  app.add_option("--port", options.port, "Of the venue on this machine")->required();
  app.add_option("--ca", options.ca_file, "Its certificate; without it: plain");
  app.add_option("--cpu", cpu, "Where to run");
  app.add_option("--seconds", seconds, "How long");
  CLI11_PARSE(app, argc, argv);
  options.tls = !options.ca_file.empty();
  if (cpu >= 0) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(static_cast<std::size_t>(cpu), &set);
    sched_setaffinity(0, sizeof set, &set);
  }
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  const auto stop = [end] { return std::chrono::steady_clock::now() >= end; };
  try {
    (loop == "raw" ? mm::bench::run_raw_loop : mm::bench::run_beast_loop)(options, stop);
  } catch (const std::exception& e) {
    fmt::print(stderr, "mm_tick_to_trade {}: {}\n", loop, e.what());
    return 1;
  }
}
