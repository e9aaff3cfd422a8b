// One seed of the soak: a random market, random faults and a random configuration, checked.
//
// In one seed of two the engine dies on the way, with whatever it has open. A next start, some
// seconds later, adopts those orders or cancels them first, as the configuration says, and goes on.
// Now and then its configuration is changed as it runs (soak_reloads.h). In one seed of
// eight its engines keep journals, which are replayed.
// Cold set-up, then a virtual run sealed as any other; any thread, several at once. The same seed
// and duration give the same result to the last bit.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/core/instrument.h"
#include "sim/faults/checker.h"
#include "sim/faults/fault_plan.h"

namespace mm::app {

struct SeedResult {
  std::uint64_t seed = 0;
  std::string error;  // the configuration was refused: a fault of the generator
  Nanos begun{}, duration{};
  Nanos cpu{};  // what it took of its thread
  sim::FaultCounts faults{};
  std::uint64_t faults_skipped = 0;
  std::uint64_t events = 0, fills = 0, violations = 0;
  Nanos killed{}, restarted{};  // when the engine died, and began again; 0: it did not
  std::uint64_t adopted = 0;    // orders that its next start took over
  std::uint64_t acts = 0;       // a person's pauses, kills and resumes
  std::uint64_t reloads = 0;    // that the engine took over
  std::uint64_t replayed = 0;   // events, out of journals
  Nanos quoted{}, measured{};   // quote uptime, all instruments
  sim::QuotingTimes quoting;
  std::uint64_t output_hash = 0;
  sim::Violation first{};          // if there are any
  std::vector<sim::Trace> traces;  // before it

  bool ok() const { return error.empty() && violations == 0; }
};

// `sets` are "section.key=value", over those of the seed.
SeedResult run_seed(std::uint64_t seed, Nanos duration, std::span<const std::string> sets = {});

// The violation, and what came before it, as lines of text.
std::string violation_text(const SeedResult& result);
// What the seed of a result stands for: its configuration and reloads, and of each life of the
// engine its plan of faults and what a person does.
std::string seed_text(const SeedResult& result, Nanos duration,
                      std::span<const std::string> sets = {});

}  // namespace mm::app
