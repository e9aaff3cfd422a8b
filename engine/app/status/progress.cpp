#include "engine/app/status/progress.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace mm::app {

Progress::Progress(std::string what, bool quiet)
    : what_(std::move(what)),
      begun_(clock_.now()),
      visible_(!quiet && isatty(STDERR_FILENO) != 0) {}

void Progress::show(std::int64_t done, std::int64_t whole, std::uint64_t events) {
  const Nanos now = clock_.now();
  if (!visible_ || now - shown_ < kMillisecond * 200) return;
  shown_ = now;
  drawn_ = true;
  const std::int64_t percent = whole > 0 ? done * 100 / whole : 0;
  const std::int64_t ms = std::max<std::int64_t>(1, (now - begun_).v / kMillisecond.v);
  std::fprintf(stderr, "\r\x1b[K%s: %lld %%, %llu events, %llu/s", what_.c_str(),
               static_cast<long long>(percent), static_cast<unsigned long long>(events),
               static_cast<unsigned long long>(events * 1000 / static_cast<std::uint64_t>(ms)));
  std::fflush(stderr);
}

void Progress::close() {
  if (drawn_) std::fputs("\r\x1b[K", stderr);
  drawn_ = false;
}

}  // namespace mm::app
