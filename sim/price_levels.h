// One side of a book as a sorted array, best price last.
//
// Owned by the venue's thread; allocated at construction. Independent of the core's book on
// purpose: an error in one does not hide in the other. Best in O(1); a change costs a binary search
// and moves the better levels, few because changes happen near the touch. Full: the farthest level
// gives way.
#pragma once

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <span>
#include <vector>

#include "engine/core/types.h"

namespace mm::sim {

struct PriceLevel {
  Ticks price;
  Lots lots;
};

class PriceLevels {
 public:
  PriceLevels(Side side, std::size_t capacity) : side_(side), capacity_(capacity) {
    levels_.reserve(capacity + 1);
  }

  bool empty() const { return levels_.empty(); }
  bool full() const { return levels_.size() == capacity_; }
  std::size_t size() const { return levels_.size(); }
  // From the worst price to the best.
  std::span<const PriceLevel> levels() const { return levels_; }
  // Neither may be asked of an empty side.
  const PriceLevel& best() const { return levels_.back(); }
  const PriceLevel& worst() const { return levels_.front(); }

  bool better(Ticks a, Ticks b) const { return side_ == Side::kBuy ? a > b : a < b; }

  Lots lots_at(Ticks price) const {
    const auto it = position(price);
    return it != levels_.end() && it->price == price ? it->lots : Lots(0);
  }

  // Zero lots remove the level. Returns what was there.
  Lots set(Ticks price, Lots lots) {
    const auto it = levels_.begin() + (position(price) - levels_.cbegin());
    const bool present = it != levels_.end() && it->price == price;
    const Lots before = present ? it->lots : Lots(0);
    if (present && lots.v > 0) {
      it->lots = lots;
    } else if (present) {
      levels_.erase(it);
    } else if (lots.v > 0) {
      levels_.insert(it, {price, lots});
      if (levels_.size() > capacity_) levels_.erase(levels_.begin());
    }
    return before;
  }
  void take_from_best(Lots lots) {
    levels_.back().lots -= lots;
    if (levels_.back().lots.v <= 0) levels_.pop_back();
  }
  void clear() { levels_.clear(); }

 private:
  using Position = std::vector<PriceLevel>::const_iterator;

  // The first level not worse than this price.
  Position position(Ticks price) const {
    return side_ == Side::kBuy ? find([price](Ticks p) { return p < price; })
                               : find([price](Ticks p) { return p > price; });
  }
  // Halves without a branch that could be mispredicted: on recorded data every second one would be.
  template <class Worse>
  Position find(Worse worse) const {
    auto first = levels_.begin();
    for (auto count = std::ssize(levels_); count > 0;) {
      const auto half = (count + 1) / 2;
      first += worse(first[half - 1].price) ? half : 0;
      count -= half;
    }
    return first;
  }

  Side side_;
  std::size_t capacity_;
  std::vector<PriceLevel> levels_;
};

}  // namespace mm::sim
