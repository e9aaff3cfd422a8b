// What the recent market was like: volatility, price change, trend, flow, trades worth showing.
//
// Owned by the core's thread, one per instrument, fed by its Market. All integers, so every machine
// computes the same. Every event is O(1) (a quiet spell is caught up with by a bounded fill), the
// summary is cold and scans its buckets; nothing is allocated after construction. `now` is core
// time and never goes back.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "engine/core/types.h"

namespace mm {

struct MeasureConfig {
  std::int32_t volatility_window = 100;           // prices
  Amount lot{1};                                  // size of one lot
  Amount significant_trade_threshold{1'000'000};  // 0.01 base
  Nanos trade_print_interval{5 * kSecond.v};
  Nanos price_change_window{60 * kSecond.v};
};

struct Volatility {
  std::int64_t half_ticks_q10 = 0;  // mean absolute change between two mids, in 1/1024 half ticks
  Ratio ratio{};                    // the same as a fraction of the current mid
};

// What takers did: the aggressor's side, size and price.
struct Flow {
  Lots lots{};
  Int128 tick_lots = 0;  // sum of price x quantity; x tick x lot x 100 is Money
  std::uint64_t trades = 0;

  void add(Ticks price, Lots size);
  void add(const Flow& other);
  bool operator==(const Flow&) const = default;
};

enum class Trend : std::uint8_t { kFlat, kUp, kDown };
const char* name(Trend t);

struct MarketSummary {
  std::optional<Ratio> change_1min, change_5min, change_15min;  // empty: not known that far back
  Trend trend = Trend::kFlat;
  Volatility volatility, volatility_ewma;
  Flow buy_1min, sell_1min, buy_total, sell_total;
};

class MarketMeasures {
 public:
  explicit MarketMeasures(const MeasureConfig& config);

  void on_mid(HalfTicks mid, Nanos now);  // changed or not; > 0
  void on_trade(Side aggressor, Ticks price, Lots lots, Nanos now);

  // Over the last `volatility_window` changes of the mid: sum |p[i] - p[i-1]| / N, where N counts
  // the prices (fewer until the window is full). Zero until there are two.
  Volatility volatility() const;
  // The same exponentially weighted, alpha = 2 / (volatility_window + 1).
  Volatility volatility_ewma() const;

  // The largest change from any mid of the last `price_change_window` to the present one, as a
  // fraction of the earlier. Buckets of 1/64 of the window: looks back up to one bucket too far.
  Ratio max_move(Nanos now) const;
  // From here on only moves from the present mid count.
  void restart_moves();

  // Was the last trade large, or the first for trade_print_interval that was worth showing?
  bool last_trade_significant() const { return last_trade_significant_; }

  MarketSummary summary(Nanos now) const;

 private:
  static constexpr std::int64_t kHistorySeconds = 15 * 60 + 1;
  static constexpr std::int64_t kFlowSeconds = 60;
  static constexpr std::int64_t kMoveBuckets = 64;

  struct Extremes {
    HalfTicks low = HalfTicks::max(), high = HalfTicks::min();

    void add(HalfTicks mid);
    void add(const Extremes& other);
  };
  struct MoveBucket {
    std::int64_t number = -1;
    Extremes extremes;
  };
  struct FlowBucket {
    std::int64_t second = -1;
    Flow flow[2];
  };

  void advance(Nanos now);
  void sample_volatility(HalfTicks mid);
  void begin_second(Nanos now);
  void begin_move_bucket(Nanos now);
  Extremes extremes_before(std::int64_t bucket) const;
  std::optional<HalfTicks> mid_seconds_ago(std::int64_t seconds, Nanos now) const;
  std::optional<Ratio> change(std::int64_t seconds, Nanos now) const;
  Trend trend(Nanos now) const;
  Ratio ratio_of_mid(Int128 half_ticks, Int128 divisor) const;

  MeasureConfig config_;
  Lots significant_lots_;
  Nanos move_bucket_width_;

  HalfTicks mid_{};  // 0: none yet
  Nanos now_{};      // of the last event

  std::vector<std::int64_t> moves_;  // ring of the last N - 1 absolute changes of the mid
  std::size_t next_move_ = 0;
  std::int64_t move_count_ = 0;  // in the ring
  std::int64_t move_sum_ = 0;
  std::int64_t move_ewma_q24_ = 0;  // half ticks

  std::int64_t first_second_ = 0, last_second_ = 0;
  std::size_t close_ = 0;            // place of the last second in the ring
  Nanos second_end_ = Nanos::min();  // where the next begins

  std::size_t move_bucket_ = 0;           // place of the newest in the ring
  Nanos move_bucket_end_ = Nanos::min();  // where the next begins
  Extremes older_;                        // of the window's buckets before it

  Flow flow_total_[2];
  Nanos last_shown_trade_{};
  bool any_trade_shown_ = false;
  bool last_trade_significant_ = false;

  // Rings, behind what every event looks at.
  std::array<MoveBucket, kMoveBuckets + 1> move_buckets_;  // ring by bucket number
  std::array<HalfTicks, kHistorySeconds> closes_;          // ring by second: the mid it ended with
  std::array<FlowBucket, kFlowSeconds> flow_seconds_;      // ring by second
};

}  // namespace mm
