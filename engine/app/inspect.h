// Walks captures through the feed and the book and prints checkpoints.
//
// Main thread, cold.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mm::app {

struct InspectOptions {
  std::vector<std::string> captures;
  std::string symbol;       // empty: all
  std::int64_t every = 0;   // checkpoint per this many applied diffs; 0: only at the end
  std::int32_t depth = 20;  // levels a side
};
int run_inspect(const InspectOptions& options);

}  // namespace mm::app
