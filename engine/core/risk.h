// The limits: what denies one order, what stops a side, what pulls everything.
//
// Owned by the core's thread; pure integer arithmetic, O(1), no allocation. The functions judge
// numbers handed to them and keep no state but the loss guard's; the core keeps the trips.
// Order-level checks deny only that order; at the position limit only the increasing side stops
// (README, Risk).
#pragma once

#include "engine/core/instrument.h"
#include "engine/core/ladder.h"
#include "engine/core/params.h"
#include "engine/core/reason.h"
#include "engine/core/types.h"

namespace mm {

// The tighter of max_position and max_position_notional at a fair value; config guarantees that at
// least one is set.
class PositionLimit {
 public:
  PositionLimit(const RiskParams& risk, const Instrument& instrument);
  Amount at(HalfTicks fair) const;
  // What new orders leave free of `limit`, at(fair) or less: a thousandth of what the worth allows,
  // and where that is a small part a lot at least. A limit by worth shrinks as the price rises: an
  // order that filled it would be over it a tick later, be cancelled, and be placed again.
  Lots margin(Amount limit, HalfTicks fair) const;

 private:
  Amount base_{Amount::max()};
  Int128 worth_ = kUnlimitedWorth;  // in the least amount of base at half a tick
  Amount lot_;
};

// Lots that `side` may still add, given the position and everything that may be live on that side.
// An order that only reduces |position| always fits, since the limit is never negative.
Lots position_room(Side side, Amount position, Lots exposure, Amount limit,
                   const Instrument& instrument);

struct OrderCheck {
  Side side;
  Quote quote;
  HalfTicks fair;
  Lots room;              // position_room, with what the checked request frees already added
  bool adds_order;        // false for an amend: it already counts
  int account_orders;     // that may be live, Unknown ones included
  int instrument_orders;  // of these, the instrument's
  bool own_opposite;      // an own order on the other side may be live ...
  Ticks own_opposite_at;  // ... at this price, the nearest
};
// kQuoting if the order may be sent, else why it is denied.
QuoteReason check_order(const OrderCheck& order, const RiskParams& risk, int account_orders_max,
                        const Instrument& instrument);

// Daily loss and drawdown of one instrument or of the account. Totals are marked at mid, fees
// deducted. A trip is the caller's to keep: a new day resets the count, not the trip.
class LossGuard {
 public:
  // `carried`: profit already made today by earlier sessions, read back from the ledger; negative
  // is a loss.
  void start(Money total, Money carried) {
    baseline_ = total - carried;
    peak_ = total;
  }
  void new_day(Money total) { baseline_ = total; }
  // A person has seen the loss and goes on: the limits count from here.
  void resume(Money total) { baseline_ = peak_ = total; }
  Money today(Money total) const { return total - baseline_; }
  // True when a limit (> 0) is exceeded.
  bool exceeded(Money total, Money daily_loss_max, Money drawdown_max) {
    if (total > peak_) peak_ = total;
    const bool loss = daily_loss_max.v > 0 && baseline_ - total > daily_loss_max;
    const bool drawdown = drawdown_max.v > 0 && peak_ - total > drawdown_max;
    return loss || drawdown;
  }

 private:
  Money baseline_{}, peak_{};
};

// First instant of the trading day after `now`, for a day that starts `offset` (less than a day)
// after 00:00 UTC.
constexpr Nanos next_day(Nanos now, Nanos offset) {
  constexpr std::int64_t day = 24 * 3600 * kSecond.v;
  return Nanos((now.v - offset.v + day) / day * day + offset.v);
}

}  // namespace mm
