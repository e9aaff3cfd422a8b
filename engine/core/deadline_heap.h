// The earliest of many deadlines, each of which may be moved at any time.
//
// Owned by the core's thread: one entry per instrument (and a few of the account). Indexed binary
// heap: min O(1), set O(log n), no allocation after construction.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "engine/core/types.h"

namespace mm {

class DeadlineHeap {
 public:
  explicit DeadlineHeap(std::size_t count) : times_(count, kNever), heap_(count), where_(count) {
    for (std::size_t i = 0; i < count; ++i) heap_[i] = where_[i] = i;
  }

  Nanos min() const { return heap_.empty() ? kNever : times_[heap_[0]]; }
  std::size_t min_entry() const { return heap_[0]; }
  Nanos at(std::size_t entry) const { return times_[entry]; }

  void set(std::size_t entry, Nanos time) {
    if (times_[entry] == time) return;
    const bool earlier = time < times_[entry];
    times_[entry] = time;
    if (earlier) {
      rise(where_[entry]);
    } else {
      sink(where_[entry]);
    }
  }

 private:
  void swap(std::size_t a, std::size_t b) {
    std::swap(heap_[a], heap_[b]);
    where_[heap_[a]] = a;
    where_[heap_[b]] = b;
  }
  void rise(std::size_t i) {
    while (i > 0 && times_[heap_[i]] < times_[heap_[(i - 1) / 2]]) {
      swap(i, (i - 1) / 2);
      i = (i - 1) / 2;
    }
  }
  void sink(std::size_t i) {
    for (;;) {
      std::size_t least = i;
      for (std::size_t child = 2 * i + 1; child <= 2 * i + 2 && child < heap_.size(); ++child) {
        if (times_[heap_[child]] < times_[heap_[least]]) least = child;
      }
      if (least == i) return;
      swap(i, least);
      i = least;
    }
  }

  std::vector<Nanos> times_;
  std::vector<std::size_t> heap_, where_;
};

}  // namespace mm
