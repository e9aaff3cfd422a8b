// Parameters of the simulated venue and of the generated market: [simulator] and [market] keys.
//
// Plain data, constant after start; filled by the config reader, read by the simulator's thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/types.h"

namespace mm::sim {

enum class QueueModel : std::uint8_t {
  kRiskAverse,  // only trades shorten the queue ahead
  kPowerProb,   // cancels are ahead with probability a^n / (a^n + b^n)
  kLogProb,     // log(1+a) / (log(1+a) + log(1+b))
};
enum class LatencyKind : std::uint8_t { kConstant, kDistribution, kSamples };

struct LatencyConfig {
  LatencyKind kind = LatencyKind::kConstant;
  Nanos base{5 * kMillisecond.v};  // constant, or the least of the distribution
  Nanos spread{0};                 // mean of the exponential-like tail above base
  std::string samples_file;        // one latency in ns a line, drawn at random
};

struct SimulatorConfig {
  QueueModel queue_model = QueueModel::kRiskAverse;
  std::int32_t queue_exponent_milli = 3000;  // n of kPowerProb, in thousandths
  LatencyConfig feed, order_entry, response;
  std::int32_t max_orders_per_symbol = 200;
  std::int32_t orders_per_10s = 100;  // venue's ORDERS limit
  std::int32_t orders_per_day = 200'000;
  std::int32_t weight_per_minute = 6000;
  Ratio percent_price_up{200'000'000};  // 0.2: reject above ref * 1.2
  Ratio percent_price_down{200'000'000};
  Amount balance_base{100 * kAmountScale};  // per instrument
  Amount balance_quote{1'000'000 * kAmountScale};
  std::uint32_t open_orders_max = 4096;         // capacity, all instruments
  std::uint32_t pending_events_max = 1u << 18;  // capacity of the delivery queue
};

// The generated market of one instrument. Rates are events per second, sizes in 1e-8 base.
struct MarketConfig {
  Amount start_price{3000 * kAmountScale};
  std::int32_t updates_per_s = 50;  // book updates published a second
  std::int32_t trades_per_s = 20;
  std::int32_t depth_levels = 200;      // levels kept on each side
  Amount level_size{2 * kAmountScale};  // mean quantity of a level
  Amount trade_size{kAmountScale / 2};  // mean quantity of a market order
  Ratio volatility{150'000};            // standard deviation of fair value per sqrt(second)
  Ratio jump_size{4'000'000};           // of fair value, typical
  std::int32_t jumps_per_hour = 60;
  std::int32_t spread_ticks = 2;  // typical
};

}  // namespace mm::sim
