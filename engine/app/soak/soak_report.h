// What a soak came to: the sums over its seeds, as text and as JSON, and whether it is clean.
//
// Plain data and cold functions, any thread.
#pragma once

#include <cstdint>
#include <string>

#include "engine/app/soak/soak_seed.h"

namespace mm::app {

struct SoakTotals {
  // Of the time in which nothing excuses a side, but for what is on its way: README, Soak.
  static constexpr std::int64_t kQuotedPerMillionMin = 999'000;
  // Less than this is too little to judge by.
  static constexpr Nanos kJudgedFrom{10 * 3600 * kSecond.v};

  std::uint64_t seeds = 0, left_out = 0, violated = 0;
  std::uint64_t seeds_wanted = 0;
  std::uint64_t events = 0, fills = 0, faults_skipped = 0;
  std::uint64_t restarts = 0, adopted = 0;  // of killed engines; orders they left that went on
  std::uint64_t acts = 0;                   // of persons
  std::uint64_t reloads = 0;                // configurations that running engines took over
  std::uint64_t replayed = 0;               // events, out of journals
  Nanos simulated{}, wall{};
  Nanos cpu{}, cpu_most{};  // of one thread; of the dearest seed
  std::uint64_t dearest = 0;
  Nanos quoted{}, measured{};  // both sides, within max_spread
  sim::QuotingTimes quoting;
  sim::FaultCounts faults{};

  void add(const SeedResult& seed);
  std::uint64_t injected() const;
  // Before all seeds had run.
  bool stopped() const { return seeds + left_out < seeds_wanted; }
  bool quotes_enough() const {
    return quoting.due < kJudgedFrom || quoting.quoted_per_million() >= kQuotedPerMillionMin;
  }
  bool clean() const { return violated == 0 && seeds > 0 && quotes_enough(); }
};

std::string to_text(const SoakTotals& totals);
std::string to_json(const SoakTotals& totals);

}  // namespace mm::app
