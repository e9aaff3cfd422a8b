// How many books of each stream were skipped since one of them was last read, so that of streams
// which come in turn each has its own read now and then.
//
// Owned by the feed; a lookup costs some ten nanoseconds; sized at construction. Streams that find
// no place, which only names that nobody subscribed to could make happen, are not skipped.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace mm::binance {

class SkipRuns {
 public:
  static constexpr int kLongest = 32;

  explicit SkipRuns(std::size_t streams)
      : runs_(std::bit_ceil(4 * std::max<std::size_t>(streams, 1))) {}

  // Whether another book of this stream may be skipped; if so it is counted, else it is to be read.
  bool skip(std::string_view stream) {
    const std::uint64_t name = std::hash<std::string_view>{}(stream) | 1;  // 0: no stream yet
    for (std::size_t i = 0; i < kProbes; ++i) {
      Run& run = runs_[(name / 2 + i) % runs_.size()];
      if (run.stream == 0) run.stream = name;
      if (run.stream != name) continue;
      const bool may = run.length < kLongest;
      run.length = may ? run.length + 1 : 0;
      return may;
    }
    return false;
  }

 private:
  static constexpr std::size_t kProbes = 16;
  struct Run {
    std::uint64_t stream = 0;  // hash of its name
    int length = 0;
  };

  std::vector<Run> runs_;  // a power of two
};

}  // namespace mm::binance
