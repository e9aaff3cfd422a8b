// What the market is worth right now, our own resting quantity left out.
//
// Called at each decision on the core's thread; looks at the top few levels, no allocation.
#pragma once

#include "engine/core/instrument.h"
#include "engine/core/market.h"
#include "engine/core/order_table.h"
#include "engine/core/params.h"

namespace mm {

// Takes our orders out of the market's touch, for venues whose book contains them. Levels that are
// ours alone are skipped; a side that is ours alone counts as empty.
void leave_out_own(const Market& market, const OrderTable& table, InstrumentId id,
                   const Instrument& instrument, Touch& touch);

// Fair value from a two-sided touch (README, Ladder). mid: halfway. last: the last trade.
// weighted_mid: each price weighted by its own quantity. micro_price: by the opposite quantity, so
// that it leans towards the side about to be exhausted. Rounded to the nearest half tick below.
HalfTicks fair_value(FairValueKind kind, const Touch& touch, const Market& market);

}  // namespace mm
