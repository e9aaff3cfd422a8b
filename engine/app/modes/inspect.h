// `mm_logic inspect`: walks captures through the feed and the core's own market, and shows the book
// at checkpoints, how whole the data is, and whether book and bookTicker agree.
//
// Cold path of one thread. JSON lines go to `out`, everything said to people to `err`.
#pragma once

#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "engine/app/config/config.h"
#include "engine/core/instrument.h"

namespace mm::app {

struct InspectOptions {
  std::vector<std::string> captures;
  std::string symbol;              // only this one; empty: all
  std::int64_t every = 0;          // a checkpoint per so many applied diffs; 0: the end only
  std::int32_t depth = 20;         // levels a side
  std::string exchange_info_file;  // optional: ticks and lots are inferred without
  std::function<void(Instrument&)> configure = {};  // likewise: what is known of an instrument
};

// Returns the exit code: 1 if there is no usable book.
int run_inspect(const InspectOptions& options, std::FILE* out = stdout, std::FILE* err = stderr);

// With the units and the exchangeInfo file of a configuration.
int inspect_mode(InspectOptions options, const Config& config);

}  // namespace mm::app
