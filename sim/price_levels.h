// One side of a book: quantity by price.
//
// Owned by the venue's thread; allocated at construction. Independent of the core's book on
// purpose: an error in one does not hide in the other. A window of ticks follows the best price: an
// array of quantities and a bit for each that is not zero, so that a change there costs a few
// nanoseconds wherever it is; one of the best or the worst looks for the next, at most through the
// window's bits. What is farther than the window waits in a sorted array, and moves when the window
// does. Best and worst in O(1). Full: the farthest level gives way.
#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <iterator>
#include <limits>
#include <utility>
#include <vector>

#include "engine/core/assert.h"
#include "engine/core/types.h"
#include "sim/sorted_levels.h"

namespace mm::sim {

// Two cache lines, the first of them what every change needs.
class alignas(kCacheLine) PriceLevels {
 public:
  class Walk;

  PriceLevels(Side side, std::size_t capacity);

  bool empty() const { return near_ == 0; }
  std::size_t size() const { return near_ + far_.size(); }
  // Neither may be asked of an empty side.
  PriceLevel best() const {
    MM_ASSERT(!empty(), "an empty side has no best price");
    return near_level(best_);
  }
  Ticks worst_price() const {
    MM_ASSERT(!empty(), "an empty side has no worst price");
    return far_.empty() ? price_of(worst_) : far_.levels().front().price;
  }
  // From 0 to size() - 1.
  PriceLevel nth_from_worst(std::size_t n) const;
  // From the best price to the worst; nothing may be changed meanwhile.
  Walk begin() const;
  std::default_sentinel_t end() const { return {}; }

  bool better(Ticks a, Ticks b) const { return key_of(a) > key_of(b); }
  // Ahead of a change at this price: the levels of many books are in no near cache.
  void prefetch(Ticks price) const {
    const std::size_t at = slot(key_of(price));
    __builtin_prefetch(&lots_[at], 1);
    __builtin_prefetch(&occupied_[at / std::size_t{kWord}], 1);
  }

  Lots lots_at(Ticks price) const {
    const std::int64_t key = key_of(price);
    return in_window(key) ? lots_[slot(key)] : far_.lots_at(price);
  }

  // Zero lots, or less, remove the level. Returns what was there.
  Lots set(Ticks price, Lots lots) {
    const std::int64_t key = key_of(price);
    if (!in_window(key)) return set_outside(key, lots);
    const Lots before = std::exchange(lots_[slot(key)], std::max(lots, Lots(0)));
    const bool was = before.v > 0, is = lots.v > 0;
    if (is && !was) added(key);
    if (was && !is) removed(key);
    return before;
  }
  void take_from_best(Lots lots) {
    const PriceLevel level = best();
    set(level.price, level.lots - lots);
  }
  void clear();

 private:
  static constexpr std::int64_t kWord = 64;                                   // ticks
  static constexpr std::int64_t kWindowMin = 4 * kWord, kWindowMax = 16'384;  // 128 KiB
  static constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::min() / 4;
  static_assert(kWindowMin / 4 >= kWord, "where follow() puts the best price is in the window");

  // A key is a price with its sign: the better price is the greater key.
  std::int64_t key_of(Ticks price) const { return price.v * sign_; }
  Ticks price_of(std::int64_t key) const { return Ticks(key * sign_); }
  std::int64_t window() const { return std::ssize(lots_); }
  bool in_window(std::int64_t key) const {
    return static_cast<std::uint64_t>(key - low_) < lots_.size();
  }
  // The window is a ring, and begins with a word: its levels stay where they are when it moves.
  std::size_t slot(std::int64_t key) const {
    return static_cast<std::size_t>(key) & (lots_.size() - 1);
  }
  std::uint64_t& word(std::int64_t key) { return occupied_[slot(key) / std::size_t{kWord}]; }
  std::uint64_t word(std::int64_t key) const { return occupied_[slot(key) / std::size_t{kWord}]; }
  static std::uint64_t bit(std::int64_t key) { return std::uint64_t{1} << (key & (kWord - 1)); }
  PriceLevel near_level(std::int64_t key) const { return {price_of(key), lots_[slot(key)]}; }

  // The next one in the window; there must be one.
  std::int64_t occupied_below(std::int64_t key) const;
  std::int64_t occupied_above(std::int64_t key) const;
  void added(std::int64_t key);
  void removed(std::int64_t key);
  Lots set_outside(std::int64_t key, Lots lots);
  void follow(std::int64_t best);
  void drop_worst();

  std::int64_t sign_;
  std::int64_t low_ = kNone;                    // the window's first key
  std::int64_t best_ = kNone, worst_ = -kNone;  // in the window
  std::uint32_t near_ = 0;  // levels in the window; none only if there is none at all
  std::uint32_t capacity_;
  std::vector<Lots> lots_;  // by slot
  std::vector<std::uint64_t> occupied_;
  SortedLevels far_;  // all worse than the window
};
static_assert(sizeof(PriceLevels) == 2 * kCacheLine);

// An iterator.
class PriceLevels::Walk {
 public:
  explicit Walk(const PriceLevels& levels)
      : levels_(levels), left_(levels.size()), key_(levels.best_) {}

  bool operator==(std::default_sentinel_t) const { return left_ == 0; }
  PriceLevel operator*() const {
    const SortedLevels& far = levels_.far_;
    return left_ > far.size() ? levels_.near_level(key_) : far.levels()[left_ - 1];
  }
  Walk& operator++() {
    if (--left_ > levels_.far_.size()) key_ = levels_.occupied_below(key_);
    return *this;
  }

 private:
  const PriceLevels& levels_;
  std::size_t left_;  // levels not passed yet
  std::int64_t key_;  // while it is in the window
};

inline PriceLevels::Walk PriceLevels::begin() const {
  return Walk(*this);
}

}  // namespace mm::sim
