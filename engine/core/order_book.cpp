#include "engine/core/order_book.h"

#include <algorithm>

namespace mm {

namespace {

// After re-centring the best price stands three quarters up its window: most of the book is behind
// the touch, and the rest is room for the price to improve.
constexpr std::int64_t ticks_behind(std::size_t window) {
  return static_cast<std::int64_t>(window / 4 * 3);
}
// The window follows a retreating best price once less than this is left behind it.
constexpr std::int64_t ticks_behind_min(std::size_t window) {
  return static_cast<std::int64_t>(window / 4);
}

}  // namespace

void SlotSet::clear() {
  std::fill(words_.begin(), words_.end(), 0);
  std::fill(summary_.begin(), summary_.end(), 0);
}

BookSide::BookSide(std::uint32_t window_ticks, std::uint32_t far_levels_max)
    : mask_(window_ticks - 1),
      lots_(window_ticks),
      occupied_(window_ticks),
      far_levels_max_(far_levels_max) {
  MM_ASSERT(window_ticks >= 64 && std::has_single_bit(window_ticks),
            "made the window a power of two of at least 64 ticks");
  // A whole window may move out before the far store is cut to its bound.
  far_.reserve(far_levels_max_ + window_ticks);
}

// Few levels are wiped one by one: a venue may send whole books of 20 levels, and the window is as
// large as the processor's nearest cache.
void BookSide::clear() {
  constexpr std::uint32_t kFew = 128;
  if (near_ > kFew) {
    std::fill(lots_.begin(), lots_.end(), 0);
  } else {
    for_top(near_, [this](std::int64_t key, std::int64_t) { lots_[slot(key)] = 0; });
  }
  if (near_ != 0) occupied_.clear();
  far_.clear();
  near_ = 0;
  base_ = best_ = kNowhere;
}

std::int64_t BookSide::lots_at(std::int64_t key) const {
  if (in_window(key)) return lots_[slot(key)];
  const auto it = std::ranges::lower_bound(far_, key, std::greater{}, &FarLevel::key);
  return it != far_.end() && it->key == key ? it->lots : 0;
}

void BookSide::set_outside(std::int64_t key, std::int64_t lots) {
  if (!empty() && key < base_) return set_far(key, lots);
  if (lots == 0) return;
  centre(key);
  place(key, lots);
}

void BookSide::set_far(std::int64_t key, std::int64_t lots) {
  const auto it = std::ranges::lower_bound(far_, key, std::greater{}, &FarLevel::key);
  if (it != far_.end() && it->key == key) {
    if (lots == 0) {
      far_.erase(it);
    } else {
      it->lots = lots;
    }
    return;
  }
  if (lots == 0) return;
  if (far_.size() == far_levels_max_) {
    ++far_dropped_;
    if (it == far_.end()) return;  // the newcomer is the farthest
    far_.pop_back();
  }
  far_.insert(it, FarLevel{key, lots});
}

void BookSide::on_best_removed() {
  if (near_ != 0) {
    best_ = occupied_below(best_);
    if (best_ - base_ < ticks_behind_min(lots_.size())) centre(best_);
  } else if (!far_.empty()) {
    centre(far_.front().key);
  } else {
    base_ = best_ = kNowhere;
  }
}

// Moves the window to where `best`, the best key or about to be, has its place.
void BookSide::centre(std::int64_t best) {
  ++recentres_;
  const std::int64_t base = best - ticks_behind(lots_.size());
  // A window that moves down loses no level: there is none above the best.
  if (base > base_) move_to_far(base_, base);
  base_ = base;
  best_ = best;
  restore_from_far();
}

// Takes the window's levels from `from`, its base, up to but not including `until`.
void BookSide::move_to_far(std::int64_t from, std::int64_t until) {
  const std::size_t far_before = far_.size();
  std::int64_t key = std::min(until, from + static_cast<std::int64_t>(lots_.size()));
  while (near_ != 0 && (key = occupied_below(key)) >= from) {
    const std::uint32_t at = slot(key);
    far_.push_back({key, lots_[at]});
    lots_[at] = 0;
    occupied_.erase(at);
    --near_;
  }
  // They were taken best first and are all better than what was far already.
  std::rotate(far_.begin(), far_.begin() + static_cast<std::ptrdiff_t>(far_before), far_.end());
  if (far_.size() > far_levels_max_) {
    far_dropped_ += far_.size() - far_levels_max_;
    far_.resize(far_levels_max_);
  }
}

void BookSide::restore_from_far() {
  auto it = far_.begin();
  for (; it != far_.end() && it->key >= base_; ++it) place(it->key, it->lots);
  far_.erase(far_.begin(), it);
}

std::size_t OrderBook::top(Side s, std::span<BookLevel> out) const {
  std::size_t n = 0;
  return side(s).for_top(out.size(), [&](std::int64_t key, std::int64_t lots) {
    out[n++] = {Ticks(key * sign(s)), Lots(lots)};
  });
}

}  // namespace mm
