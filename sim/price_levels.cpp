#include "sim/price_levels.h"

namespace mm::sim {

PriceLevels::PriceLevels(Side side, std::size_t capacity)
    : sign_(sign(side)), capacity_(static_cast<std::uint32_t>(capacity)), far_(side, capacity) {
  const auto ticks = static_cast<std::int64_t>(std::bit_ceil(2 * capacity));
  lots_.resize(static_cast<std::size_t>(std::clamp(ticks, kWindowMin, kWindowMax)));
  occupied_.resize(lots_.size() / kWord);
}

PriceLevel PriceLevels::nth_from_worst(std::size_t n) const {
  MM_ASSERT(n < size(), "there are as many levels");
  if (n < far_.size()) return far_.levels()[n];
  auto better = static_cast<int>(size() - 1 - n);
  std::uint64_t bits = word(best_);
  std::int64_t key = best_ & -kWord;  // of the word's first bit
  while (better >= std::popcount(bits)) {
    better -= std::popcount(bits);
    bits = word(key -= kWord);
  }
  for (; better > 0; --better) bits &= ~std::bit_floor(bits);
  return near_level(key + kWord - 1 - std::countl_zero(bits));
}

void PriceLevels::clear() {
  for (; near_ > 0; --near_) {
    lots_[slot(best_)] = Lots(0);
    word(best_) ^= bit(best_);
    if (near_ > 1) best_ = occupied_below(best_);
  }
  low_ = best_ = kNone;
  worst_ = -kNone;
  far_.clear();
}

std::int64_t PriceLevels::occupied_below(std::int64_t key) const {
  std::uint64_t bits = word(key) & (bit(key) - 1);
  key &= -kWord;
  while (bits == 0) bits = word(key -= kWord);
  return key + kWord - 1 - std::countl_zero(bits);
}

std::int64_t PriceLevels::occupied_above(std::int64_t key) const {
  std::uint64_t bits = word(key) & -bit(key) & ~bit(key);
  key &= -kWord;
  while (bits == 0) bits = word(key += kWord);
  return key + std::countr_zero(bits);
}

void PriceLevels::added(std::int64_t key) {
  word(key) |= bit(key);
  ++near_;
  best_ = std::max(best_, key);
  worst_ = std::min(worst_, key);
  if (size() > capacity_) drop_worst();
}

void PriceLevels::removed(std::int64_t key) {
  word(key) ^= bit(key);
  if (--near_ == 0) {
    best_ = kNone;
    worst_ = -kNone;
  } else {
    if (key == best_) best_ = occupied_below(key);
    if (key == worst_) worst_ = occupied_above(key);
  }
  if (far_.empty()) {
    if (near_ == 0) low_ = kNone;  // the next one is where the window goes
  } else if (best_ < low_ + window() / 4) {
    follow(std::max(best_, key_of(far_.best().price)));
  }
}

Lots PriceLevels::set_outside(std::int64_t key, Lots lots) {
  if (lots.v > 0 && key > low_) {
    follow(key);
    return set(price_of(key), lots);
  }
  const Lots before = far_.set(price_of(key), lots);
  if (size() > capacity_) drop_worst();
  return before;
}

// So that there is room for a better price than this, and more for worse ones.
void PriceLevels::follow(std::int64_t best) {
  const std::int64_t low = (best - window() * 3 / 4) & -kWord;
  while (near_ > 0 && worst_ < low) {
    const std::int64_t key = worst_;
    far_.set(price_of(key), std::exchange(lots_[slot(key)], Lots(0)));
    word(key) ^= bit(key);
    worst_ = --near_ > 0 ? occupied_above(key) : -kNone;
  }
  low_ = low;
  while (!far_.empty() && key_of(far_.best().price) >= low_) {
    const PriceLevel level = far_.best();
    far_.drop_best();
    set(level.price, level.lots);
  }
}

void PriceLevels::drop_worst() {
  if (far_.empty()) {
    set(price_of(worst_), Lots(0));
  } else {
    far_.drop_worst();
  }
}

}  // namespace mm::sim
