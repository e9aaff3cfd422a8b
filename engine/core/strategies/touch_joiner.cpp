// A second, complete example strategy: one order a side, resting at the market's best price.
//
// It shows how little a strategy needs. The engine's clamps still keep it min_spread away from
// fair value, so with the touch nearer than that it rests at min_spread.
#include "engine/core/strategy.h"

namespace mm {
namespace {

class TouchJoiner {
 public:
  TouchJoiner(const Instrument& instrument, const StrategyParams& params)
      : tick_lots_(tick_lots_worth(instrument, params.order_notional)) {}

  void quote(const QuoteInput& in, Ladder& out) {
    out.bids.add({in.touch.bid, lots(in, in.touch.bid)});
    out.asks.add({in.touch.ask, lots(in, in.touch.ask)});
  }

 private:
  Lots lots(const QuoteInput& in, Ticks price) const {
    const Amount size = in.params.order_size;
    if (size.v > 0) return Lots(size.v / in.instrument.lot.v);
    return lots_worth(in.instrument, price, tick_lots_);
  }

  Int128 tick_lots_;  // what order_notional buys, at a price of one tick
};

const StrategyRegistration<TouchJoiner> registration{"touch_joiner"};

}  // namespace
}  // namespace mm
