// Whether the process's own memory grows while a virtual run goes on: RssAnon, from the end of a
// warm-up to the end of the run.
//
// Cold, between pieces of the run: a sample reads /proc/self/status.
#pragma once

#include <cstdint>
#include <string>

#include "engine/core/types.h"

namespace mm::app {

class MemoryWatch {
 public:
  // The kernel counts pages in batches: less than this is no growth.
  static constexpr std::int64_t kNoise = 512 * 1024;

  // A quarter of the run is warm-up: what is allocated at the start is first used.
  explicit MemoryWatch(Nanos duration) : warm_at_(duration / 4) {}

  void sample(Nanos since_begin);
  std::int64_t warm_bytes() const { return warm_; }
  std::int64_t grown_bytes() const { return last_ - warm_; }
  bool grows() const { return grown_bytes() > kNoise; }
  std::string text() const;

 private:
  Nanos warm_at_, warmed_{}, sampled_{};
  std::int64_t warm_ = 0, last_ = 0;
};

// Of this process, in bytes; 0 where the kernel does not say.
std::int64_t rss_anon_bytes();

}  // namespace mm::app
