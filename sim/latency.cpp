#include "sim/latency.h"

#include <charconv>
#include <fstream>

#include "engine/core/assert.h"

namespace mm::sim {
namespace {

constexpr std::int64_t kLatencyMax = 60 * kSecond.v;

}  // namespace

std::string load_latency_samples(const std::string& path, std::vector<Nanos>& samples) {
  std::ifstream file(path);
  if (!file) return "cannot read latency samples '" + path + "'";
  samples.clear();
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty() || line.front() == '#') continue;
    std::int64_t ns = 0;
    const char* end = line.data() + line.size();
    const auto [stop, error] = std::from_chars(line.data(), end, ns);
    if (error != std::errc{} || stop != end || ns < 0 || ns > kLatencyMax) {
      return path + ":" + std::to_string(number) + ": '" + line +
             "' is not a latency: a whole number of ns from 0 to " + std::to_string(kLatencyMax);
    }
    samples.push_back(Nanos(ns));
  }
  return samples.empty() ? "no latency samples in '" + path + "'" : std::string{};
}

BadSamples load_latency_samples(SimulatorConfig& config) {
  struct Key {
    const char* name;
    LatencyConfig& latency;
  };
  for (const auto& [name, latency] :
       {Key{"feed_latency_samples", config.feed}, Key{"order_latency_samples", config.order_entry},
        Key{"response_latency_samples", config.response}}) {
    if (latency.kind != LatencyKind::kSamples) continue;
    std::string problem = load_latency_samples(latency.samples_file, latency.samples);
    if (!problem.empty()) return {name, std::move(problem)};
  }
  return {};
}

Nanos LatencyModel::draw() {
  switch (config_.kind) {
    case LatencyKind::kConstant:
      return config_.base;
    case LatencyKind::kDistribution:
      return config_.base + Nanos(random_.exponential(config_.spread.v));
    case LatencyKind::kSamples: {
      const auto count = static_cast<std::int64_t>(config_.samples.size());
      MM_ASSERT(count > 0, "samples are loaded before the venue is built");
      return config_.samples[static_cast<std::size_t>(random_.below(count))];
    }
  }
  return config_.base;
}

}  // namespace mm::sim
