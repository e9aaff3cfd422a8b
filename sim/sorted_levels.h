// Levels of one side of a book as a sorted array, best price last: for few, or seldom changed.
//
// Owned by the venue's thread; allocated at construction. A change costs a binary search and moves
// the better levels. Full: the farthest level gives way.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "engine/core/types.h"

namespace mm::sim {

struct PriceLevel {
  Ticks price;
  Lots lots;
};

class SortedLevels {
 public:
  SortedLevels(Side side, std::size_t capacity) : side_(side), capacity_(capacity) {
    levels_.reserve(capacity + 1);
  }

  bool empty() const { return levels_.empty(); }
  std::size_t size() const { return levels_.size(); }
  // From the worst price to the best.
  std::span<const PriceLevel> levels() const { return levels_; }
  // Of what is not empty.
  const PriceLevel& best() const { return levels_.back(); }

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
      if (levels_.size() > capacity_) drop_worst();
    }
    return before;
  }
  void drop_best() { levels_.pop_back(); }
  void drop_worst() { levels_.erase(levels_.begin()); }
  void clear() { levels_.clear(); }

 private:
  // The first level not worse than this price.
  std::vector<PriceLevel>::const_iterator position(Ticks price) const {
    return std::ranges::lower_bound(
        levels_, price, [this](Ticks a, Ticks b) { return better(b, a); }, &PriceLevel::price);
  }

  Side side_;
  std::size_t capacity_;
  std::vector<PriceLevel> levels_;
};

}  // namespace mm::sim
