// One line of progress for long work, redrawn in place; silent where nobody would see it.
//
// Main thread, cold: at most a few redraws a second.
#pragma once

#include <cstdint>
#include <string>

#include "engine/runtime/clock.h"

namespace mm::app {

class Progress {
 public:
  Progress(std::string what, bool quiet);
  ~Progress() { close(); }

  void show(std::int64_t done, std::int64_t whole, std::uint64_t events);
  void close();

 private:
  std::string what_;
  Clock clock_;
  Nanos shown_{}, begun_;
  bool visible_, drawn_ = false;
};

}  // namespace mm::app
