// `mm_logic inspect`: walks captures through the feed and the core's own market, and shows the book
// at checkpoints, how whole the data is, and whether book and bookTicker agree.
//
// Cold path of one thread. JSON lines go to `out`, everything said to people to `err`.
#pragma once

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "engine/app/config/config.h"

namespace mm::app {

struct InspectOptions {
  std::vector<std::string> captures;
  std::string symbol;       // only this one; empty: all
  std::int64_t every = 0;   // a checkpoint per so many applied diffs; 0: the end only
  std::int32_t depth = 20;  // levels a side
};

// With the units and the exchangeInfo file of a configuration. Returns the exit code: 1 if there is
// no usable book.
int inspect_mode(const InspectOptions& options, const Config& config, std::FILE* out = stdout,
                 std::FILE* err = stderr);

}  // namespace mm::app
