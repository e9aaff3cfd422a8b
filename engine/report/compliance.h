// How near and how deep one instrument was quoted, as shares of the time that uptime is measured.
//
// One thread, cold; O(live orders) an update. Beside the uptime itself: the same for nearer and
// farther bounds than max_spread, of both sides and of each, shares of the configured depth within
// max_spread, and averages over time.
#pragma once

#include <array>
#include <optional>

#include "engine/core/core.h"
#include "engine/core/quote_uptime.h"

namespace mm {

class Compliance {
 public:
  static constexpr std::array kDistances = {25, 50, 75, 100, 150};  // percent of max_spread
  static constexpr std::array kDepths = {25, 50, 75, 90};           // percent of what is wanted

  // What holds from `now` on, after the core's decision.
  void update(const Core& core, const InstrumentState& s, Nanos now);

  struct Shares {
    QuoteUptime both, bid, ask;
  };
  const Shares& within(std::size_t distance) const { return within_[distance]; }
  const QuoteUptime& deep(std::size_t depth) const { return deep_[depth]; }
  // Over the time quoted within max_spread on both sides; 0 without any.
  Ratio spread_mean() const { return Ratio(mean(spread_time_)); }
  // Of the thinner side, in quote.
  Amount depth_mean() const { return Amount(mean(depth_time_)); }

 private:
  // One side as it stands: its nearest order, and what all within max_spread are worth.
  struct Quoted {
    std::optional<Ticks> best;
    Money depth{};
  };
  static Quoted quoted(const Core& core, const InstrumentState& s, Side side);
  static bool reaches(const InstrumentState& s, Side side, Ticks price, std::int64_t percent);
  static Money wanted(const InstrumentState& s);
  void average(const InstrumentState& s, const Quoted& bid, const Quoted& ask, Nanos now);
  std::int64_t mean(Int128 sum) const {
    return two_sided_.v == 0 ? 0 : static_cast<std::int64_t>(sum / two_sided_.v);
  }

  std::array<Shares, kDistances.size()> within_;
  std::array<QuoteUptime, kDepths.size()> deep_;
  // Of the averages: what has held since `since_`, and sums over time.
  bool quoted_ = false;
  std::int64_t spread_ = 0, depth_ = 0;
  Nanos since_{}, two_sided_{};
  Int128 spread_time_ = 0, depth_time_ = 0;
};

}  // namespace mm
