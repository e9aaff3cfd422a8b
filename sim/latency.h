// How long things take on the way: constant, random with a tail, or drawn from measured samples.
//
// Owned by the venue's thread; a few nanoseconds a draw, no allocation. Samples are read before
// start by load_latency_samples; a bad file is a message for the user, not an exception.
#pragma once

#include <string>
#include <vector>

#include "sim/random.h"
#include "sim/sim_config.h"

namespace mm::sim {

// One latency in ns a line (blank lines and lines starting with '#' are skipped), 0 to 60 s.
// Returns an empty string and fills `samples`, or says what is wrong with which line.
std::string load_latency_samples(const std::string& path, std::vector<Nanos>& samples);

struct BadSamples {
  const char* key = nullptr;  // of the configuration; null: all is well
  std::string problem;
};
// Reads the samples of each latency of this configuration that asks for them.
BadSamples load_latency_samples(SimulatorConfig& config);

class LatencyModel {
 public:
  LatencyModel(const LatencyConfig& config, std::uint64_t seed) : config_(config), random_(seed) {}

  Nanos draw();

 private:
  LatencyConfig config_;
  Random random_;
};

}  // namespace mm::sim
