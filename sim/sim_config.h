// Parameters of the simulated venue and of the generated market: [simulator] and [market] keys.
//
// Plain data, constant after start; filled by the config reader, read by the simulator's thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/types.h"

namespace mm::sim {

enum class QueueModel : std::uint8_t {
  kRiskAverse,  // only trades shorten the queue ahead
  kPowerProb,   // of a cancel, the share a^n / (a^n + b^n) was ahead of us
  kLogProb,     // log(1+a) / (log(1+a) + log(1+b))
};
enum class LatencyKind : std::uint8_t { kConstant, kDistribution, kSamples };

struct LatencyConfig {
  LatencyKind kind = LatencyKind::kConstant;
  Nanos base{5 * kMillisecond.v};  // constant, or the least of the distribution
  Nanos spread{0};                 // mean of the exponential tail above base
  std::string samples_file;        // one latency in ns a line, drawn at random
  std::vector<Nanos> samples;      // its content: load_latency_samples before start
};

// Of the exchange itself; the rest of SimulatorConfig is of the one client's way to it.
struct ExchangeConfig {
  QueueModel queue_model = QueueModel::kRiskAverse;
  std::int32_t queue_exponent_milli = 3000;  // n of kPowerProb, in thousandths
  std::int32_t max_orders_per_symbol = 200;  // open ones of one account
  Ratio percent_price_up{200'000'000};       // 0.2: reject above ref * 1.2
  Ratio percent_price_down{200'000'000};
  Amount fee_asset_price{600 * kAmountScale};  // quote price of the third asset fees are paid in
  std::uint32_t open_orders_max = 4096;        // capacity, all accounts and instruments
  std::uint32_t closed_orders_max = 8192;      // remembered for queries
  std::uint32_t book_levels_max = 8192;  // per side of captured or live data; farthest dropped
  std::uint32_t accounts_max = 1;
  std::uint32_t assets = 0;                  // at least; accounts may hold what no listing trades
  std::uint32_t trades_per_account_max = 0;  // remembered for queries
  // Levels, touch and trades of observed markets are told too, with our orders in them. Not needed
  // where the observed data are passed on themselves.
  bool tells_observed = false;
};

struct SimulatorConfig : ExchangeConfig {
  LatencyConfig feed, order_entry, response;
  std::int32_t orders_per_10s = 100;  // venue's ORDERS limit
  std::int32_t orders_per_day = 200'000;
  std::int32_t weight_per_minute = 6000;
  // What an order's first maker fill gives back to the ORDERS counts. Binance says "more than 1"
  // and not how much; 1, what a taker's gets, is the careful reading.
  std::int32_t orders_returned_per_fill = 1;
  Amount balance_base{100 * kAmountScale};  // per instrument: each has its own wallet
  Amount balance_quote{1'000'000 * kAmountScale};
  std::uint32_t pending_events_max = 1u << 18;    // capacity of the delivery queue
  std::uint32_t pending_commands_max = 1u << 14;  // requests on their way to the venue
};

// The generated market of one instrument. Rates are events per second, sizes in 1e-8 base, moves
// fractions of the start price. Fair value = start + slow centre (random walk, trend, jumps) +
// swing (runs from one turning point to the next); the book and the trades follow it.
struct MarketConfig {
  Amount start_price{3000 * kAmountScale};
  std::int32_t updates_per_s = 50;      // book updates published a second
  std::int32_t trades_per_s = 20;       // market orders at random; a moving fair value adds its own
  std::int32_t orders_per_s = 400;      // limit orders and cancels, together
  std::int32_t depth_levels = 200;      // levels kept on each side
  Ratio depth{12'000'000};              // from fair value to the farthest level
  Amount level_size{2 * kAmountScale};  // mean quantity of a level
  Amount trade_size{kAmountScale / 2};  // mean quantity of a market order
  std::int32_t spread_ticks = 2;        // typical
  Ratio volatility{50'000};             // standard deviation of the walk per sqrt(second)
  Ratio jump_size{1'000'000};           // typical
  std::int32_t jumps_per_hour = 60;
  Ratio trend{0};              // drift a minute; turns round at the end of a phase
  Ratio swing_min{4'200'000};  // turning points lie this far from the centre
  Ratio swing_max{5'400'000};
  Nanos swing_time_min{2700 * kMillisecond.v};  // from one turning point to the next
  Nanos swing_time_max{4000 * kMillisecond.v};
  std::int32_t quiet_percent = 0;  // share of swings spent still, at a quarter of the rates
};

// The named markets, and one of them; an unknown name gives the default market and known = false.
std::span<const std::string_view> scenario_names();
MarketConfig scenario(std::string_view name, bool& known);

}  // namespace mm::sim
