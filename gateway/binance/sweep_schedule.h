// Which symbol's open orders are to be listed anew, and when: all of them once an interval, one
// after the other; and each once when lists no longer lag behind a reconciliation, whose own lists
// may be of a moment before it.
//
// Owned by the order session; O(1) but while lists are owed, then O(symbols); allocates at
// construction only.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "engine/core/types.h"
#include "gateway/binance/read_lag.h"

namespace mm::binance::orders {

class SweepSchedule {
 public:
  // `interval` 0: only after reconciliations. What was not answered within `retry` is owed still.
  SweepSchedule(std::size_t symbols, Nanos interval, Nanos retry)
      : pause_(interval / static_cast<std::int64_t>(symbols)),
        retry_(retry),
        owed_(symbols, kNever) {
    if (interval == Nanos{}) regular_due_ = kNever;
  }

  // What was found is known from `now` on.
  void reconciled(Nanos now) {
    if (regular_due_ != kNever) regular_due_ = now + pause_;
    no_lag_from_ = owed_due_ = now + kReadLagMax;
    std::ranges::fill(owed_, no_lag_from_);
  }
  // A symbol to look at. If it is not sent(), it or another one comes again.
  std::optional<InstrumentId> due(Nanos now) {
    if (now >= owed_due_) {
      const auto first = std::ranges::min_element(owed_);
      owed_due_ = *first <= now ? now + kApart : *first;
      if (*first <= now) return static_cast<InstrumentId>(first - owed_.begin());
    }
    if (now < regular_due_) return {};
    regular_due_ = now + pause_;
    return next_;
  }
  void sent(InstrumentId symbol, Nanos now) {
    if (owed_[symbol] <= now) owed_[symbol] = now + retry_;
    if (symbol == next_) next_ = static_cast<InstrumentId>((next_ + 1u) % owed_.size());
  }
  // A list has come that was asked for then.
  void listed(InstrumentId symbol, Nanos asked) {
    if (asked >= no_lag_from_) owed_[symbol] = kNever;
  }

 private:
  // Many symbols' lists are no burst that takes the weight of others' requests.
  static constexpr Nanos kApart{50 * kMillisecond.v};

  Nanos pause_, retry_;
  std::vector<Nanos> owed_;  // by symbol: when it is to be looked at; kNever: that is done
  Nanos owed_due_ = kNever, no_lag_from_{}, regular_due_{};
  InstrumentId next_ = 0;
};

}  // namespace mm::binance::orders
