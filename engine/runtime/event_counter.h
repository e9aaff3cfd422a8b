// Event statistics: how many of each kind entered the core, and how fast they come.
//
// Counted by the driver's thread (one relaxed add, no lock), read by any; no allocation.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "engine/core/event.h"

namespace mm {

struct EventCounts {
  std::array<std::uint64_t, static_cast<std::size_t>(EventKind::kCount)> by_kind{};
  std::uint64_t total = 0;

  std::uint64_t of(EventKind k) const { return by_kind[static_cast<std::size_t>(k)]; }
};

// What happened between two readings, a second; all zero when no time passed.
inline EventCounts per_second(const EventCounts& before, const EventCounts& after, Nanos elapsed) {
  EventCounts rates;
  if (elapsed <= Nanos{}) return rates;
  const auto rate = [&](std::uint64_t from, std::uint64_t to) {
    return static_cast<std::uint64_t>(Int128{to - from} * kSecond.v / elapsed.v);
  };
  for (std::size_t i = 0; i < rates.by_kind.size(); ++i) {
    rates.by_kind[i] = rate(before.by_kind[i], after.by_kind[i]);
  }
  rates.total = rate(before.total, after.total);
  return rates;
}

class EventCounter {
 public:
  void count(EventKind k) {
    std::atomic<std::uint64_t>& c = by_kind_[static_cast<std::size_t>(k)];
    c.store(c.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
  EventCounts read() const {
    EventCounts counts;
    for (std::size_t i = 0; i < by_kind_.size(); ++i) {
      counts.by_kind[i] = by_kind_[i].load(std::memory_order_relaxed);
      counts.total += counts.by_kind[i];
    }
    return counts;
  }

 private:
  std::array<std::atomic<std::uint64_t>, static_cast<std::size_t>(EventKind::kCount)> by_kind_{};
};

}  // namespace mm
