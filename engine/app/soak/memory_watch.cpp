#include "engine/app/soak/memory_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

namespace mm::app {

void MemoryWatch::sample(Nanos since_begin) {
  if (since_begin < warm_at_) return;
  last_ = rss_anon_bytes();
  sampled_ = since_begin;
  if (warm_ != 0) return;
  warm_ = last_;
  warmed_ = since_begin;
}

std::string MemoryWatch::text() const {
  const std::int64_t hours = std::max<std::int64_t>(1, (sampled_ - warmed_).v / (3600 * kSecond.v));
  return fmt::format("memory: RssAnon {} kB after {} s, {:+} kB in the {} s since: {} kB an hour",
                     warm_ / 1024, warmed_.v / kSecond.v, grown_bytes() / 1024,
                     (sampled_ - warmed_).v / kSecond.v, grown_bytes() / 1024 / hours);
}

std::int64_t rss_anon_bytes() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    std::int64_t kilobytes = 0;
    if (word == "RssAnon:" && status >> kilobytes) return kilobytes * 1024;
  }
  return 0;
}

}  // namespace mm::app
