// The array order book of one instrument: lots by price, the best price in O(1).
//
// Owned by the core's thread. Each side keeps a window of ticks near its best price as an array
// with a bitmap of occupied ticks, so an update costs a few nanoseconds. The window is a ring: to
// re-centre it moves its base and touches only the levels that leave or enter. Levels beyond the
// window wait in a sorted, bounded far store (an update there is a binary search and a short move)
// and come back when the window reaches them, so the book is exact unless the far store overflows:
// then the farthest level is dropped, and counted. Nothing is allocated after construction.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "engine/core/assert.h"
#include "engine/core/types.h"

namespace mm {

struct BookLevel {
  Ticks price;
  Lots lots;

  bool operator==(const BookLevel&) const = default;
};

// A set of slots 0..size-1 that finds the next member downwards, round the end, by two bitmaps.
class SlotSet {
 public:
  explicit SlotSet(std::uint32_t size) : words_((size + 63) / 64), summary_((size + 4095) / 4096) {}

  void insert(std::uint32_t slot) {
    words_[slot >> 6] |= bit(slot);
    summary_[slot >> 12] |= bit(slot >> 6);
  }
  void erase(std::uint32_t slot) {
    std::uint64_t& word = words_[slot >> 6];
    word &= ~bit(slot);
    if (word == 0) summary_[slot >> 12] &= ~bit(slot >> 6);
  }
  void clear();
  void prefetch(std::uint32_t slot) const { __builtin_prefetch(&words_[slot >> 6], 1); }
  // The first member met when walking down from `slot`, which itself comes last. Never empty here.
  std::uint32_t below(std::uint32_t slot) const;

 private:
  static constexpr std::uint64_t bit(std::uint32_t n) { return std::uint64_t{1} << (n & 63); }

  std::vector<std::uint64_t> words_;    // bit per slot
  std::vector<std::uint64_t> summary_;  // bit per word that is not zero
};

// One side of the book. A key is a price signed so that a better price is a greater key; all keys
// of the far store are below the window, and the window is empty only if the whole side is.
class BookSide {
 public:
  BookSide(std::uint32_t window_ticks, std::uint32_t far_levels_max);

  void clear();
  void set(std::int64_t key, std::int64_t lots);
  // Has what a change of this key needs fetched.
  void prefetch(std::int64_t key) const {
    const std::uint32_t at = slot(key);
    __builtin_prefetch(&lots_[at], 1);
    occupied_.prefetch(at);
  }
  bool empty() const { return near_ == 0; }
  std::int64_t best() const { return best_; }
  std::int64_t lots_at(std::int64_t key) const;
  std::size_t levels() const { return near_ + far_.size(); }
  std::uint64_t far_dropped() const { return far_dropped_; }
  std::uint64_t recentres() const { return recentres_; }

  // Calls visit(key, lots) for up to `count` levels, best first; returns how many there were.
  template <class Visit>
  std::size_t for_top(std::size_t count, Visit visit) const;

 private:
  struct FarLevel {
    std::int64_t key, lots;
  };
  // The base of an empty side's window: so low that no key is inside, so that set() re-centres.
  static constexpr std::int64_t kNowhere = std::int64_t{-1} << 60;

  bool in_window(std::int64_t key) const {
    return static_cast<std::uint64_t>(key - base_) < lots_.size();
  }
  std::uint32_t slot(std::int64_t key) const { return static_cast<std::uint32_t>(key) & mask_; }
  std::int64_t occupied_below(std::int64_t key) const;
  void place(std::int64_t key, std::int64_t lots);
  void set_outside(std::int64_t key, std::int64_t lots);
  void set_far(std::int64_t key, std::int64_t lots);
  void on_best_removed();
  void centre(std::int64_t best);
  void move_to_far(std::int64_t from, std::int64_t until);
  void restore_from_far();

  std::int64_t base_ = kNowhere;  // the window holds keys base_ .. base_ + size - 1
  std::int64_t best_ = kNowhere;
  std::uint32_t mask_;
  std::uint32_t near_ = 0;          // levels in the window
  std::vector<std::int64_t> lots_;  // by slot: the key's low bits
  SlotSet occupied_;
  std::vector<FarLevel> far_;  // best first, so the farthest is cheap to drop
  std::size_t far_levels_max_;
  std::uint64_t far_dropped_ = 0;
  std::uint64_t recentres_ = 0;
};

class OrderBook {
 public:
  struct Config {
    std::uint32_t window_ticks = 1U << 12;  // per side, a power of two >= 64: 8 bytes each
    std::uint32_t far_levels_max = 8192;    // per side: 16 bytes each, touched only when used
  };

  explicit OrderBook(const Config& config)
      : sides_{BookSide(config.window_ticks, config.far_levels_max),
               BookSide(config.window_ticks, config.far_levels_max)} {}

  void clear() {
    for (BookSide& s : sides_) s.clear();
  }
  // The absolute quantity at a price; 0 removes the level, if there is one.
  void set(Side s, Ticks price, Lots lots) { side(s).set(price.v * sign(s), lots.v); }
  // Ahead of set(): the levels of many books are in no near cache.
  void prefetch(Side s, Ticks price) const { side(s).prefetch(price.v * sign(s)); }

  bool empty(Side s) const { return side(s).empty(); }
  Ticks best(Side s) const {
    MM_ASSERT(!empty(s), "asked for the best price of a side that has levels");
    return Ticks(side(s).best() * sign(s));
  }
  // 0 if there is no such level.
  Lots lots_at(Side s, Ticks price) const { return Lots(side(s).lots_at(price.v * sign(s))); }
  // Fills `out` with the best levels, best first; returns how many there are.
  std::size_t top(Side s, std::span<BookLevel> out) const;
  std::size_t levels(Side s) const { return side(s).levels(); }
  // Levels lost because the far store was full, since construction.
  std::uint64_t far_dropped() const { return sides_[0].far_dropped() + sides_[1].far_dropped(); }
  std::uint64_t recentres() const { return sides_[0].recentres() + sides_[1].recentres(); }

 private:
  BookSide& side(Side s) { return sides_[index(s)]; }
  const BookSide& side(Side s) const { return sides_[index(s)]; }

  BookSide sides_[2];
};

inline std::uint32_t SlotSet::below(std::uint32_t slot) const {
  const auto top_bit = [](std::uint64_t bits) {
    return 63U - static_cast<std::uint32_t>(std::countl_zero(bits));
  };
  std::uint32_t w = slot >> 6;
  if (const std::uint64_t bits = words_[w] & (bit(slot) - 1)) return w * 64 + top_bit(bits);
  auto s = static_cast<std::uint32_t>(w >> 6);
  std::uint64_t words = summary_[s] & (bit(w) - 1);
  // At most once round: back at the first summary word, what is left in it is above `slot`.
  for (std::size_t turn = 0; words == 0 && turn < summary_.size(); ++turn) {
    s = (s == 0 ? static_cast<std::uint32_t>(summary_.size()) : s) - 1;
    words = summary_[s];
  }
  MM_ASSERT(words != 0, "searched only a set that has members");
  w = s * 64 + top_bit(words);
  return w * 64 + top_bit(words_[w]);
}

inline void BookSide::place(std::int64_t key, std::int64_t lots) {
  const std::uint32_t at = slot(key);
  lots_[at] = lots;
  occupied_.insert(at);
  ++near_;
}

inline void BookSide::set(std::int64_t key, std::int64_t lots) {
  MM_ASSERT(lots >= 0, "set a quantity of zero or more");
  if (!in_window(key)) [[unlikely]]
    return set_outside(key, lots);
  const std::uint32_t at = slot(key);
  if (lots == 0) {
    if (lots_[at] == 0) return;
    lots_[at] = 0;
    occupied_.erase(at);
    --near_;
    if (key == best_) on_best_removed();
  } else if (lots_[at] != 0) {
    lots_[at] = lots;
  } else {
    place(key, lots);
    if (key > best_) best_ = key;
  }
}

// The greatest occupied key below `key`; wraps round to a key outside the window if there is none.
inline std::int64_t BookSide::occupied_below(std::int64_t key) const {
  const std::uint32_t from = slot(key);
  return key - 1 - ((from - occupied_.below(from) - 1) & mask_);
}

template <class Visit>
std::size_t BookSide::for_top(std::size_t count, Visit visit) const {
  const std::size_t from_window = count < near_ ? count : near_;
  std::int64_t key = best_;
  for (std::size_t i = 0; i < from_window; ++i) {
    if (i > 0) key = occupied_below(key);
    visit(key, lots_[slot(key)]);
  }
  const std::size_t rest = count - from_window;
  const std::size_t from_far = rest < far_.size() ? rest : far_.size();
  for (std::size_t i = 0; i < from_far; ++i) visit(far_[i].key, far_[i].lots);
  return from_window + from_far;
}

}  // namespace mm
