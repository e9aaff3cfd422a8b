// A second, complete example strategy: one order a side, resting at the market's best price.
//
// It shows how little a strategy needs. The engine's clamps still keep it min_spread away from
// fair value, so with the touch nearer than that it rests at min_spread.
#include "engine/core/strategy.h"

namespace mm {
namespace {

class TouchJoiner {
 public:
  explicit TouchJoiner(const StrategyParams& params) : size_(params.order_size) {}

  void quote(const QuoteInput& in, Ladder& out) {
    out.bids.add({in.touch.bid, lots(in, in.touch.bid)});
    out.asks.add({in.touch.ask, lots(in, in.touch.ask)});
  }

 private:
  Lots lots(const QuoteInput& in, Ticks price) const {
    if (size_.v > 0) return Lots(size_.v / in.instrument.lot.v);
    return lots_worth(in.instrument, price, in.params.order_notional);
  }

  Amount size_;
};

const StrategyRegistration<TouchJoiner> registration{"touch_joiner"};

}  // namespace
}  // namespace mm
