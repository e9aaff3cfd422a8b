// The quotes a strategy wants, and the clamps and limits that always win over it.
//
// Filled by a strategy on the core's thread at each decision, then clamped, then handed to the
// planner; fixed size, no allocation. Levels stand best first: bids from high to low, asks from low
// to high, no two on one tick. What stands against a level is kept beside it, at no cost to those
// that nothing stands against.
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "engine/core/divide.h"
#include "engine/core/instrument.h"
#include "engine/core/params.h"
#include "engine/core/reason.h"
#include "engine/core/types.h"

namespace mm {

struct Quote {
  Ticks price;
  Lots lots;
  bool operator==(const Quote&) const = default;
};

class LadderSide {
 public:
  void clear() {
    size_ = 0;
    against_.fill(QuoteReason::kQuoting);
  }
  bool add(Quote q) {
    if (size_ == quotes_.size()) return false;
    quotes_[size_++] = q;
    return true;
  }
  // Leaves a level out. Why stays behind those that are left, where a place has become free.
  void drop(std::size_t i, QuoteReason why) {
    for (; i + 1 < size_; ++i) quotes_[i] = quotes_[i + 1];
    against_[--size_] = why;
  }
  // A level that is wanted, and for which nothing can be sent now.
  void hold(std::size_t i, QuoteReason why) { against_[i] = why; }
  // kQuoting: nothing, or no such level was ever wanted.
  QuoteReason against(std::size_t i) const { return against_[i]; }
  // Why the last level dropped was.
  QuoteReason dropped() const {
    return size_ < quotes_.size() ? against_[size_] : QuoteReason::kQuoting;
  }
  void truncate(std::size_t n) { size_ = n < size_ ? n : size_; }
  std::size_t size() const { return size_; }
  Quote& operator[](std::size_t i) { return quotes_[i]; }
  const Quote& operator[](std::size_t i) const { return quotes_[i]; }
  std::span<Quote> quotes() { return {quotes_.data(), size_}; }
  std::span<const Quote> quotes() const { return {quotes_.data(), size_}; }

 private:
  std::array<Quote, kMaxLevelsPerSide> quotes_;
  std::array<QuoteReason, kMaxLevelsPerSide> against_{};
  std::size_t size_ = 0;
};

struct Ladder {
  LadderSide bids, asks;
  LadderSide& side(Side s) { return s == Side::kBuy ? bids : asks; }
  const LadderSide& side(Side s) const { return s == Side::kBuy ? bids : asks; }
  void clear() {
    bids.clear();
    asks.clear();
  }
};

// Fair value moved away from the market by a fraction, rounded away from it to a whole tick: the
// bid floor((fair * (1 - d)) / tick), the ask ceil((fair * (1 + d)) / tick). Fits in 64 bits: a mid
// is below 2^32 half ticks, a distance at most 1.
constexpr Ticks price_at_distance(Side side, HalfTicks fair, Ratio distance) {
  constexpr std::int64_t scale = 2 * kRatioScale;
  if (side == Side::kBuy) return Ticks(fair.v * (kRatioScale - distance.v) / scale);
  return Ticks((fair.v * (kRatioScale + distance.v) + scale - 1) / scale);
}

// Puts levels that share a tick, or are out of order, one tick further out each.
void separate(Side side, LadderSide& levels);

struct ClampLimits {
  HalfTicks fair;
  Ratio min_spread;     // distance from fair value that nothing may undercut
  Ratio price_collar;   // distance from fair value beyond which a level is dropped
  Ticks opposite_best;  // the market's best price on the other side, own orders excluded
};
// The clamps (README, Ladder): at least min_spread from fair value, one tick short of the
// opposite best, within the collar and the venue's price range. Returns why the last level that was
// dropped was, kQuoting if none was.
QuoteReason clamp(Side side, const ClampLimits& limits, const Instrument& instrument,
                  LadderSide& levels);

// Whether the venue accepts an order as small as this.
bool is_large_enough(const Quote& q, const Instrument& instrument);

// What one order may be, by the config: constant, its worth in lots at one tick, so that fitting
// needs no conversion.
inline constexpr Int128 kUnlimitedWorth = Int128{1} << 120;
struct SizeRules {
  SizeRules(const Instrument& instrument, Money order_worth_max);  // 0: no limit of ours

  Lots lots_min, lots_max;
  Int128 worth_min{}, worth_max{kUnlimitedWorth};
};
struct SizeLimits {
  Lots room;                                              // that all levels together may hold
  Int128 funds{kUnlimitedWorth};                          // that buys may cost together
  QuoteReason room_reason = QuoteReason::kPositionLimit;  // what a lack of room is called
};
// Shrinks levels to what position, balance and order size allow, best level first; a level too
// small to be accepted is left out. Returns why the last such was, kQuoting if none was.
QuoteReason fit_sizes(Side side, const SizeLimits& limits, const SizeRules& rules,
                      LadderSide& levels);

}  // namespace mm
