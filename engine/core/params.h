// Trading parameters: the keys of [strategy], [risk], [order_management] and [measures], typed.
//
// Plain data, filled from config before start or by a reload between events; constant while the
// core reads it. Ratios are 1e-9 fractions, times are nanoseconds, zero means off where the key
// says so. Ranges are checked by the config reader, relied on by the core.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "engine/core/types.h"

namespace mm {

inline constexpr int kMaxLevelsPerSide = 32;

constexpr Ratio ratio_ppm(std::int64_t ppm) {
  return Ratio(ppm * 1000);
}

enum class FairValueKind : std::uint8_t { kMid, kLast, kWeightedMid, kMicroPrice };

// [strategy], overridable per [symbol NAME].
struct StrategyParams {
  std::array<char, 24> strategy{"passive_maker"};
  Ratio min_spread = ratio_ppm(2000);
  Ratio max_spread = ratio_ppm(4000);
  std::int32_t target_orders_per_side = 3;
  Money order_notional = Money(1000 * kMoneyScale);
  Amount order_size{0};  // base; wins if > 0
  Ratio level_size_step{0};
  std::int32_t volatility_window = 100;
  Ratio volatility_spread_factor{0};
  Ratio skew_price{0};
  Ratio skew_size{0};
  Amount target_position{0};
  bool join_best = false;
  Amount price_floor{0};  // quote price in 1e-8; 0 = off
  Amount price_ceiling{0};
  FairValueKind fair_value = FairValueKind::kMid;
  Ratio max_market_spread = ratio_ppm(20000);
  Nanos warmup{5 * kSecond.v};
  Nanos fill_pause{0};
  Ratio min_spread_tolerance{kRatioScale};
  Ratio max_modify_deviation = ratio_ppm(10000);
  Ratio modify_threshold = ratio_ppm(3000);
  Ratio refill_below = ratio_ppm(500000);

  bool operator==(const StrategyParams&) const = default;
};

// [risk], overridable per [symbol NAME]: a symbol's max_order_count is a limit beside the
// account's. day_start is the account's alone.
struct RiskParams {
  Amount max_position{0};                                    // base; 0 = off
  Money max_position_notional = Money(10000 * kMoneyScale);  // quote; 0 = off
  std::int32_t max_order_count = 100;
  Money max_order_notional = Money(5000 * kMoneyScale);
  Ratio price_collar = ratio_ppm(50000);
  Money max_daily_loss = Money(1000 * kMoneyScale);
  Money max_drawdown{0};  // 0 = off
  Ratio max_price_change = ratio_ppm(20000);
  Nanos price_change_window{60 * kSecond.v};
  Nanos risk_cooldown{60 * kSecond.v};
  Nanos max_data_age{3000 * kMillisecond.v};
  Amount start_position{0};
  bool start_position_from_account = false;
  Nanos day_start{0};  // offset from 00:00 UTC
};

// [order_management] and [execution]: one set for the account.
struct OrderManagementParams {
  Nanos reset_interval{300 * kSecond.v};        // 0 = off
  std::int32_t max_pending_modifications = 10;  // per symbol
  Nanos modification_timeout{2 * kSecond.v};
  Nanos cleanup_interval{7200 * kSecond.v};
  std::int32_t modify_worker_count = 2;
  std::int32_t modify_rate_limit = 5;  // places and amends per second, whole account
  bool exclusive_symbol = false;       // [venue]: nobody else's orders to spare
  Nanos recv_window{5 * kSecond.v};    // [venue] recv_window_ms: older requests are refused
  Nanos command_age_max{500 * kMillisecond.v};  // [engine] command_age_ms_max: older are not sent
};

// Measures, per core.
struct MeasureParams {
  Amount significant_trade_threshold{1'000'000};  // 0.01 base
  Nanos trade_print_interval{5 * kSecond.v};
};

}  // namespace mm
