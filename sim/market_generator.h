// Random order flow for one instrument around a hidden fair value, from a seed.
//
// Owned by the venue's thread; about 100 ns a step, no allocation. Fair value is the start price
// plus a slow centre (a walk whose volatility clusters, a trend, jumps) plus swings between turning
// points, with quiet times. The generator only proposes: limit orders, cancels and market orders as
// Flow, one at a time; the venue matches them against external quantity and our orders alike. When
// fair value passes resting orders, they are taken by market orders: price moves by trading.
#pragma once

#include <cstdint>

#include "engine/core/instrument.h"
#include "sim/price_levels.h"
#include "sim/random.h"
#include "sim/sim_config.h"

namespace mm::sim {

struct Flow {
  enum class Kind : std::uint8_t {
    kNone,
    kLimit,    // `lots` more at `price`; what crosses is matched first
    kCancel,   // `lots` fewer at `price`
    kTake,     // market order of aggressor `side`, not beyond `price`
    kPublish,  // time for a book update
  };
  Kind kind = Kind::kNone;
  Side side = Side::kBuy;
  Ticks price{};
  Lots lots{};
};

// What the generator sees of the book: external levels, and the best prices with ours included.
struct MarketView {
  const PriceLevels& bids;
  const PriceLevels& asks;
  bool has_bid, has_ask;
  Ticks best_bid, best_ask;
};

class MarketGenerator {
 public:
  MarketGenerator(const MarketConfig& config, const Instrument& instrument, std::uint64_t seed);

  void start(Nanos now);
  // The i-th level from the touch of the book to begin with.
  PriceLevel initial_level(Side side, int i);

  Nanos next_time() const;
  // What happens at next_time(), one piece at a time: next_time() stays until all is told.
  Flow step(const MarketView& view);
  // Leaves out what was due before `now` (the venue has no room for it).
  void skip(Nanos now);
  // The clock is set: all that is due is as far away as before.
  void shift_clock(Nanos by);

  Ticks fair_value() const { return fair_; }

 private:
  void move_fair_value();
  void begin_swing(Nanos now);
  std::int64_t swing_now() const;
  Flow follow_fair_value(const MarketView& view);
  Flow repair_touch(Side side, bool present, Ticks best);
  Flow random_order(const MarketView& view);
  Flow random_trade();
  Lots lots_of(std::int64_t mean);
  Ticks price_near(Side side, std::int64_t distance_ticks) const;
  Nanos wait(Nanos mean);

  MarketConfig config_;

  // Two cache lines of what every piece of flow looks at.
  alignas(kCacheLine) Nanos next_move_{kNever};
  Nanos next_order_{kNever}, next_trade_{kNever}, next_publish_{kNever};
  Random random_;
  Ticks fair_{};
  Ticks price_min_, price_max_;
  std::int64_t depth_ticks_ = 0;
  std::int64_t level_lots_, trade_lots_, sweep_lots_;  // means
  int move_stage_ = 0;                                 // what of the present move has been told
  bool quiet_ = false;

  Nanos order_interval_, trade_interval_;  // means; kNever: none
  Nanos publish_interval_;
  Ticks start_ticks_;
  // Fair value, in 1e-9 of the start price.
  std::int64_t centre_ = 0;
  std::int64_t variance_ = 0, variance_mean_ = 0;  // of one step of the walk
  std::int64_t swing_from_ = 0, swing_to_ = 0;
  Nanos swing_start_{}, swing_end_{};
  std::int64_t trend_sign_ = 1;
  Nanos trend_end_{};
  bool upward_ = true;
};

}  // namespace mm::sim
