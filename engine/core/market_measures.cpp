#include "engine/core/market_measures.h"

#include <algorithm>

#include "engine/core/assert.h"

namespace mm {

namespace {

constexpr int kEwmaBits = 24;
constexpr int kVolatilityBits = 10;
constexpr std::int32_t kVolatilityWindowMax = 1'000'000;
constexpr Ratio kTrendMin{kRatioScale / 1000};  // 0.1 %

std::int64_t second_of(Nanos now) {
  return now.v / kSecond.v;
}
std::size_t ring_index(std::int64_t number, std::size_t size) {
  return static_cast<std::size_t>(number) % size;
}
// Fits: a mid is below 2^32 half ticks.
Ratio relative_change(HalfTicks then, HalfTicks now) {
  return Ratio((now - then).v * kRatioScale / then.v);
}

}  // namespace

const char* name(Trend t) {
  switch (t) {
    case Trend::kFlat:
      return "flat";
    case Trend::kUp:
      return "up";
    case Trend::kDown:
      return "down";
  }
  return "?";
}

void Flow::add(Ticks price, Lots size) {
  lots += size;
  tick_lots += Int128{price.v} * size.v;
  ++trades;
}

void Flow::add(const Flow& other) {
  lots += other.lots;
  tick_lots += other.tick_lots;
  trades += other.trades;
}

void MarketMeasures::Extremes::add(HalfTicks mid) {
  low = std::min(low, mid);
  high = std::max(high, mid);
}

void MarketMeasures::Extremes::add(const Extremes& other) {
  low = std::min(low, other.low);
  high = std::max(high, other.high);
}

MarketMeasures::MarketMeasures(const MeasureConfig& config) : config_(config) {
  MM_ASSERT(config.volatility_window >= 2 && config.volatility_window <= kVolatilityWindowMax,
            "kept volatility_window within 2 and a million");
  MM_ASSERT(config.lot.v > 0, "gave the instrument a lot size");
  MM_ASSERT(config.price_change_window.v > 0, "gave price_change_window a length");
  const std::int64_t threshold = config.significant_trade_threshold.v;
  significant_lots_ = Lots(threshold / config.lot.v + (threshold % config.lot.v > 0 ? 1 : 0));
  move_bucket_width_ =
      Nanos(std::max<std::int64_t>(config.price_change_window.v / kMoveBuckets, 1));
  moves_.resize(static_cast<std::size_t>(config.volatility_window - 1));
}

void MarketMeasures::advance(Nanos now) {
  MM_ASSERT(now >= now_, "passed core time, which never goes back");
  now_ = now;
}

void MarketMeasures::on_mid(HalfTicks mid, Nanos now) {
  MM_ASSERT(mid.v > 0, "took the mid of two prices above zero");
  advance(now);
  if (mid_.v != 0 && mid != mid_) sample_volatility(mid);
  if (now >= second_end_) begin_second(now);
  closes_[close_] = mid;
  if (now >= move_bucket_end_) begin_move_bucket(now);
  move_buckets_[move_bucket_].extremes.add(mid);
  mid_ = mid;
}

void MarketMeasures::sample_volatility(HalfTicks mid) {
  const std::int64_t move = mid > mid_ ? (mid - mid_).v : (mid_ - mid).v;
  const bool first = move_count_ == 0;
  if (move_count_ == static_cast<std::int64_t>(moves_.size())) {
    move_sum_ -= moves_[next_move_];
  } else {
    ++move_count_;
  }
  move_sum_ += move;
  moves_[next_move_] = move;
  next_move_ = next_move_ + 1 == moves_.size() ? 0 : next_move_ + 1;

  const std::int64_t move_q24 = move << kEwmaBits;
  if (first) {
    move_ewma_q24_ = move_q24;
  } else {
    move_ewma_q24_ += (move_q24 - move_ewma_q24_) * 2 / (config_.volatility_window + 1);
  }
}

// Each second ends with the mid then in force: those without news take over the last one.
void MarketMeasures::begin_second(Nanos now) {
  const std::int64_t second = second_of(now);
  second_end_ = kSecond * (second + 1);
  close_ = ring_index(second, closes_.size());
  if (mid_.v == 0) {
    first_second_ = last_second_ = second;
  } else {
    // Seconds that the ring has forgotten by now need no filling in.
    last_second_ = std::max(last_second_, second - kHistorySeconds);
    while (last_second_ < second) closes_[ring_index(++last_second_, closes_.size())] = mid_;
  }
}

void MarketMeasures::begin_move_bucket(Nanos now) {
  const std::int64_t number = now.v / move_bucket_width_.v;
  move_bucket_ = ring_index(number, move_buckets_.size());
  MoveBucket& bucket = move_buckets_[move_bucket_];
  bucket = {.number = number, .extremes = {}};
  if (mid_.v != 0) bucket.extremes.add(mid_);  // was in force until now
  move_bucket_end_ = move_bucket_width_ * (number + 1);
  older_ = extremes_before(number);
}

// Of the buckets that end within a window before `bucket` begins or later, itself excluded.
MarketMeasures::Extremes MarketMeasures::extremes_before(std::int64_t bucket) const {
  Extremes all;
  for (const MoveBucket& b : move_buckets_) {
    if (b.number >= 0 && b.number >= bucket - kMoveBuckets && b.number < bucket) {
      all.add(b.extremes);
    }
  }
  return all;
}

Ratio MarketMeasures::max_move(Nanos now) const {
  if (mid_.v == 0) return Ratio(0);
  Extremes all;
  if (now < move_bucket_end_) {
    all = older_;
    all.add(move_buckets_[move_bucket_].extremes);
  } else {
    all = extremes_before(now.v / move_bucket_width_.v);
    all.add(mid_);
  }
  // For a fall the earlier price that makes most of it is the highest, for a rise the lowest.
  return std::max(relative_change(all.low, mid_), -relative_change(all.high, mid_));
}

void MarketMeasures::restart_moves() {
  move_buckets_.fill({});
  move_bucket_end_ = Nanos::min();
  older_ = {};
}

void MarketMeasures::on_trade(Side aggressor, Ticks price, Lots lots, Nanos now) {
  advance(now);
  const std::int64_t second = second_of(now);
  FlowBucket& bucket = flow_seconds_[ring_index(second, flow_seconds_.size())];
  if (bucket.second != second) bucket = {.second = second, .flow = {}};
  bucket.flow[index(aggressor)].add(price, lots);
  flow_total_[index(aggressor)].add(price, lots);

  last_trade_significant_ = lots >= significant_lots_ || !any_trade_shown_ ||
                            now - last_shown_trade_ >= config_.trade_print_interval;
  if (last_trade_significant_) {
    last_shown_trade_ = now;
    any_trade_shown_ = true;
  }
}

Ratio MarketMeasures::ratio_of_mid(Int128 half_ticks, Int128 divisor) const {
  if (mid_.v == 0) return Ratio(0);
  return Ratio(static_cast<std::int64_t>(half_ticks * kRatioScale / (divisor * mid_.v)));
}

Volatility MarketMeasures::volatility() const {
  const std::int64_t prices = move_count_ + 1;
  return {.half_ticks_q10 = (move_sum_ << kVolatilityBits) / prices,
          .ratio = ratio_of_mid(move_sum_, prices)};
}

Volatility MarketMeasures::volatility_ewma() const {
  return {.half_ticks_q10 = move_ewma_q24_ >> (kEwmaBits - kVolatilityBits),
          .ratio = ratio_of_mid(move_ewma_q24_, Int128{1} << kEwmaBits)};
}

// The mid that the second so long before the present one ended with.
std::optional<HalfTicks> MarketMeasures::mid_seconds_ago(std::int64_t seconds, Nanos now) const {
  const std::int64_t second = second_of(now) - seconds;
  if (mid_.v == 0 || second < first_second_) return std::nullopt;
  return second >= last_second_ ? mid_ : closes_[ring_index(second, closes_.size())];
}

std::optional<Ratio> MarketMeasures::change(std::int64_t seconds, Nanos now) const {
  const std::optional<HalfTicks> then = mid_seconds_ago(seconds, now);
  if (!then) return std::nullopt;
  return relative_change(*then, mid_);
}

// Up (down) when the mid rose (fell) by at least 0.1 % over the last five minutes and did not turn
// back over the last one. A younger market is measured from its first second.
Trend MarketMeasures::trend(Nanos now) const {
  const std::int64_t age = mid_.v == 0 ? 0 : second_of(now) - first_second_;
  const Ratio far = change(std::min<std::int64_t>(age, 300), now).value_or(Ratio(0));
  const Ratio near = change(std::min<std::int64_t>(age, 60), now).value_or(Ratio(0));
  if (far >= kTrendMin && near.v >= 0) return Trend::kUp;
  if (-far >= kTrendMin && near.v <= 0) return Trend::kDown;
  return Trend::kFlat;
}

MarketSummary MarketMeasures::summary(Nanos now) const {
  MarketSummary s{.change_1min = change(60, now),
                  .change_5min = change(300, now),
                  .change_15min = change(900, now),
                  .trend = trend(now),
                  .volatility = volatility(),
                  .volatility_ewma = volatility_ewma(),
                  .buy_1min = {},
                  .sell_1min = {},
                  .buy_total = flow_total_[index(Side::kBuy)],
                  .sell_total = flow_total_[index(Side::kSell)]};
  for (const FlowBucket& bucket : flow_seconds_) {
    if (bucket.second < 0 || bucket.second <= second_of(now) - kFlowSeconds) continue;
    s.buy_1min.add(bucket.flow[index(Side::kBuy)]);
    s.sell_1min.add(bucket.flow[index(Side::kSell)]);
  }
  return s;
}

}  // namespace mm
