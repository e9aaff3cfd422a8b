#include "sim/market_generator.h"

#include <algorithm>

#include "sim/fixed_math.h"

namespace mm::sim {
namespace {

constexpr Nanos kMoveInterval{10 * kMillisecond.v};
constexpr std::int64_t kMovesPerSecond = kSecond.v / kMoveInterval.v;
constexpr std::int64_t kMovesPerHour = 3600 * kMovesPerSecond;
constexpr std::int64_t kMovesPerMinute = 60 * kMovesPerSecond;
constexpr int kSweepsPerMove = 6;
constexpr std::int64_t kSweepSize = 4;  // mean sweep in mean levels
constexpr int kCentrePullShift = 16;    // the centre returns with a time constant of 2^16 moves
constexpr std::int64_t kCentreMax = kRatioScale / 2;
constexpr std::int64_t kQuietFactor = 4;
// Volatility clusters: tomorrow's variance is 2 % mean + 8 % of the last move squared + 90 %
// today's.
constexpr std::int64_t kVarianceMean = 20, kVarianceNews = 80, kVarianceKept = 900;
constexpr std::int64_t kVarianceMaxFactor = 64;

// Impossible values made harmless; the config reader tells the user about them.
MarketConfig made_possible(MarketConfig config) {
  config.depth_levels = std::max(config.depth_levels, 1);
  config.spread_ticks = std::max(config.spread_ticks, 1);
  config.swing_max = std::max(config.swing_max, config.swing_min);
  config.swing_time_min = std::max(config.swing_time_min, kMoveInterval);
  config.swing_time_max = std::max(config.swing_time_max, config.swing_time_min);
  return config;
}

std::int64_t mean_lots(Amount mean, const Instrument& instrument) {
  return std::max<std::int64_t>(mean.v / instrument.lot.v, 1);
}
Nanos mean_interval(std::int32_t rate_per_s) {
  return rate_per_s > 0 ? Nanos(kSecond.v / rate_per_s) : kNever;
}

}  // namespace

MarketGenerator::MarketGenerator(const MarketConfig& config, const Instrument& instrument,
                                 std::uint64_t seed)
    : config_(made_possible(config)),
      random_(seed),
      price_min_(instrument.price_min),
      price_max_(instrument.price_max),
      level_lots_(mean_lots(config_.level_size, instrument)),
      trade_lots_(mean_lots(config_.trade_size, instrument)),
      sweep_lots_(mean_lots(Amount(config_.level_size.v * kSweepSize), instrument)),
      order_interval_(mean_interval(config_.orders_per_s)),
      trade_interval_(mean_interval(config_.trades_per_s)),
      publish_interval_(kSecond.v / std::max(config_.updates_per_s, 1)),
      start_ticks_(std::max<std::int64_t>(config_.start_price.v / instrument.tick.v, 1)) {
  fair_ = start_ticks_;
  depth_ticks_ = std::max<std::int64_t>(mul_div(start_ticks_.v, config_.depth.v, kRatioScale),
                                        config_.depth_levels);
  const std::int64_t step =
      config.volatility.v /
      static_cast<std::int64_t>(square_root(static_cast<std::uint64_t>(kMovesPerSecond)));
  variance_mean_ = step * step;
  variance_ = variance_mean_;
}

void MarketGenerator::start(Nanos now) {
  upward_ = random_.below(2) == 0;
  next_move_ = now + kMoveInterval;
  trend_end_ = now;
  begin_swing(now);
  next_order_ = now + wait(order_interval_);
  next_trade_ = now + wait(trade_interval_);
  next_publish_ = now + publish_interval_;
}

PriceLevel MarketGenerator::initial_level(Side side, int i) {
  // Distances grow with the square: dense at the touch, sparse far out.
  const std::int64_t n = config_.depth_levels;
  const std::int64_t distance = i + mul_div(depth_ticks_ - n, std::int64_t{i} * i, n * n);
  return {price_near(side, distance), lots_of(level_lots_)};
}

Nanos MarketGenerator::next_time() const {
  return std::min({next_move_, next_order_, next_trade_, next_publish_});
}

Flow MarketGenerator::step(const MarketView& view) {
  const Nanos now = next_time();
  if (now == next_move_) {
    if (move_stage_ == 0) move_fair_value();
    return follow_fair_value(view);
  }
  if (now == next_order_) {
    next_order_ += wait(order_interval_);
    return random_order(view);
  }
  if (now == next_trade_) {
    next_trade_ += wait(trade_interval_);
    return random_trade();
  }
  next_publish_ += publish_interval_;
  return {.kind = Flow::Kind::kPublish};
}

void MarketGenerator::skip(Nanos now) {
  for (Nanos* next : {&next_move_, &next_order_, &next_trade_, &next_publish_}) {
    *next = std::max(*next, now + Nanos(1));
  }
  move_stage_ = 0;
}

void MarketGenerator::shift_clock(Nanos by) {
  for (Nanos* time : {&next_move_, &next_order_, &next_trade_, &next_publish_, &swing_start_,
                      &swing_end_, &trend_end_}) {
    *time += by;
  }
}

void MarketGenerator::move_fair_value() {
  if (next_move_ >= swing_end_) begin_swing(next_move_);
  if (next_move_ >= trend_end_) {
    trend_sign_ = -trend_sign_;
    trend_end_ = next_move_ + Nanos(random_.between(60, 180) * kSecond.v);
  }
  const auto deviation =
      static_cast<std::int64_t>(square_root(static_cast<std::uint64_t>(variance_)));
  const std::int64_t move =
      deviation * random_.gaussian_q16() / 65'536 / (quiet_ ? kQuietFactor : 1);
  variance_ =
      (kVarianceMean * variance_mean_ + kVarianceNews * move * move + kVarianceKept * variance_) /
      1000;
  variance_ = std::min(variance_, kVarianceMaxFactor * variance_mean_);
  centre_ += move + trend_sign_ * config_.trend.v / kMovesPerMinute;
  centre_ -= centre_ >> kCentrePullShift;
  if (random_.below(kMovesPerHour) < config_.jumps_per_hour) {
    const std::int64_t jump =
        config_.jump_size.v / 2 + random_.exponential(config_.jump_size.v / 2);
    centre_ += random_.below(2) == 0 ? jump : -jump;
  }
  centre_ = std::clamp(centre_, -kCentreMax, kCentreMax);
  const std::int64_t offset = centre_ + swing_now();
  fair_ = start_ticks_ + Ticks(mul_div(start_ticks_.v, offset, kRatioScale));
}

void MarketGenerator::begin_swing(Nanos now) {
  swing_from_ = swing_to_;
  quiet_ = random_.below(100) < config_.quiet_percent;
  if (!quiet_) {
    upward_ = !upward_;
    const std::int64_t reach = random_.between(config_.swing_min.v, config_.swing_max.v);
    swing_to_ = upward_ ? reach : -reach;
  }
  swing_start_ = now;
  swing_end_ = now + Nanos(random_.between(config_.swing_time_min.v, config_.swing_time_max.v));
}

// Slow at the turning points, fastest between them: 3x^2 - 2x^3.
std::int64_t MarketGenerator::swing_now() const {
  constexpr std::int64_t kOne = 1 << 15;
  const std::int64_t x = std::clamp<std::int64_t>(
      mul_div((next_move_ - swing_start_).v, kOne, (swing_end_ - swing_start_).v), 0, kOne);
  const std::int64_t eased = x * x * (3 * kOne - 2 * x) / (kOne * kOne);
  return swing_from_ + mul_div(swing_to_ - swing_from_, eased, kOne);
}

// After a move: takes what stands on the wrong side of fair value, then quotes the touch anew.
Flow MarketGenerator::follow_fair_value(const MarketView& view) {
  while (move_stage_ < kSweepsPerMove) {
    ++move_stage_;
    const Lots lots = lots_of(sweep_lots_);
    if (view.has_ask && view.best_ask < fair_) {
      return {Flow::Kind::kTake, Side::kBuy, fair_, lots};
    }
    if (view.has_bid && view.best_bid > fair_) {
      return {Flow::Kind::kTake, Side::kSell, fair_, lots};
    }
    move_stage_ = kSweepsPerMove;
  }
  if (move_stage_++ == kSweepsPerMove) {
    return repair_touch(Side::kBuy, view.has_bid, view.best_bid);
  }
  move_stage_ = 0;
  next_move_ += kMoveInterval;
  return repair_touch(Side::kSell, view.has_ask, view.best_ask);
}

Flow MarketGenerator::repair_touch(Side side, bool present, Ticks best) {
  const Ticks wanted = price_near(side, random_.below(config_.spread_ticks + 1));
  if (present && std::max(best, wanted) - std::min(best, wanted) <= Ticks(config_.spread_ticks)) {
    return {};
  }
  return {Flow::Kind::kLimit, side, wanted, lots_of(level_lots_)};
}

Flow MarketGenerator::random_order(const MarketView& view) {
  const Side side = random_.below(2) == 0 ? Side::kBuy : Side::kSell;
  const PriceLevels& levels = side == Side::kBuy ? view.bids : view.asks;
  const auto count = static_cast<std::int64_t>(levels.size());
  // As many cancels as new orders once the book is as deep as wanted.
  if (random_.below(100) < (count < config_.depth_levels ? 60 : 45) || count == 0) {
    constexpr std::int64_t kUnit = 1 << 16;
    const std::int64_t u = random_.below(kUnit);
    const std::int64_t distance = depth_ticks_ * (u * u / kUnit) / kUnit;
    const Ticks price = price_near(side, distance);
    levels.prefetch(price);
    return {Flow::Kind::kLimit, side, price, lots_of(level_lots_)};
  }
  const PriceLevel level = levels.nth_from_worst(static_cast<std::size_t>(random_.below(count)));
  const bool whole = random_.below(2) == 0;
  const Lots lots = whole ? level.lots : Lots(1 + random_.below(level.lots.v));
  return {Flow::Kind::kCancel, side, level.price, lots};
}

Flow MarketGenerator::random_trade() {
  const Side side = random_.below(2) == 0 ? Side::kBuy : Side::kSell;
  const Ticks limit = price_near(opposite(side), depth_ticks_);
  return {Flow::Kind::kTake, side, limit, lots_of(trade_lots_)};
}

Lots MarketGenerator::lots_of(std::int64_t mean) {
  return Lots(1 + random_.exponential(mean));
}

// The price this far behind the touch of fair value, on this side of it.
Ticks MarketGenerator::price_near(Side side, std::int64_t distance_ticks) const {
  const std::int64_t distance = (config_.spread_ticks + 1) / 2 + distance_ticks;
  return std::clamp(fair_ - Ticks(sign(side) * distance), price_min_, price_max_);
}

Nanos MarketGenerator::wait(Nanos mean) {
  if (mean == kNever) return Nanos(kNever.v / 4);
  return Nanos(1 + random_.exponential(mean.v * (quiet_ ? kQuietFactor : 1)));
}

}  // namespace mm::sim
