// One number for everything the core has answered, free of time stamps.
//
// Kept by driver and replay, one object each, on their own threads; no allocation. Equal decisions
// in equal order give equal values, whether time was real or virtual.
#pragma once

#include <cstdint>
#include <span>

#include "engine/core/command.h"

namespace mm {

class OutputHash {
 public:
  // The hash of one event's commands, 0 when there are none, and takes it into the whole.
  std::uint64_t add(std::span<const Command> commands) {
    std::uint64_t h = 0;
    for (const Command& c : commands) h = hash(c, h);
    if (h != 0) add(h);
    return h;
  }
  // Takes in a further number, such as the core's state hash at the end.
  void add(std::uint64_t h) { value_ = (value_ ^ h) * 0x9E3779B97F4A7C15u + (value_ >> 29); }
  std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 0;
};

}  // namespace mm
