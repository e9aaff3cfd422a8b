// The last trade ids of one instrument: tells a new fill from one already counted.
//
// Owned by the order lifecycle, on the core's thread; allocates in the constructor only. Venues
// number an instrument's trades upwards, so nearly every id is above all before it: O(1), and one
// cache line. Any other is looked for from the newest one back to where all were below it.
// When the window is full its oldest entry leaves; an unknown id not above every id that has left
// cannot be judged and is called too old.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "engine/core/types.h"

namespace mm {

class TradeIdWindow {
 public:
  enum class Verdict : std::uint8_t { kNew, kDuplicate, kTooOld };

  // Remembers `capacity` ids, rounded up to a power of two.
  explicit TradeIdWindow(std::size_t capacity = 4096)
      : entries_(std::bit_ceil(std::max<std::size_t>(capacity, 1))) {}

  // Judges an id and remembers a new one.
  Verdict insert(TradeId id) {
    if (contains(id)) return Verdict::kDuplicate;
    if (left_ && id <= highest_left_) return Verdict::kTooOld;
    if (size_ == entries_.size()) forget_oldest();
    const TradeId highest = size_ == 0 ? id : std::max(id, entry(size_ - 1).highest);
    entry(size_++) = {id, highest};
    return Verdict::kNew;
  }

  std::size_t size() const { return size_; }
  std::size_t capacity() const { return entries_.size(); }

 private:
  struct Entry {
    TradeId id{};
    TradeId highest{};  // of all up to this one
  };

  // The i-th oldest.
  Entry& entry(std::size_t i) { return entries_[(first_ + i) & (entries_.size() - 1)]; }

  bool contains(TradeId id) {
    for (std::size_t i = size_; i-- > 0 && id <= entry(i).highest;) {
      if (entry(i).id == id) return true;
    }
    return false;
  }
  void forget_oldest() {
    const TradeId id = entry(0).id;
    ++first_;
    --size_;
    highest_left_ = left_ ? std::max(highest_left_, id) : id;
    left_ = true;
  }

  std::vector<Entry> entries_;  // a ring: first come, first forgotten
  std::size_t first_ = 0, size_ = 0;
  TradeId highest_left_{};
  bool left_ = false;
};

}  // namespace mm
