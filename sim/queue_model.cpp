#include "sim/queue_model.h"

#include <algorithm>

#include "sim/fixed_math.h"

namespace mm::sim {
namespace {

std::uint64_t unsigned_of(Lots lots) {
  return static_cast<std::uint64_t>(lots.v);
}

// a^n / (a^n + b^n) = 1 / (1 + (b/a)^n) in Q32.
std::int64_t power_share(std::int32_t exponent_milli, Lots a, Lots b) {
  const std::int64_t log_ratio = log2_q32(unsigned_of(b)) - log2_q32(unsigned_of(a));
  const std::int64_t power = mul_div(log_ratio, exponent_milli, 1000);
  if (power >= 30 * kQ32) return 0;
  if (power <= -32 * kQ32) return kQ32;
  const auto ratio = static_cast<std::int64_t>(exp2_q32(power + 32 * kQ32));
  return mul_div(kQ32, kQ32, kQ32 + ratio);
}

// log(1+a) / (log(1+a) + log(1+b)) in Q32.
std::int64_t log_share(Lots a, Lots b) {
  const std::int64_t log_a = log2_q32(unsigned_of(a) + 1), log_b = log2_q32(unsigned_of(b) + 1);
  return mul_div(log_a, kQ32, log_a + log_b);
}

}  // namespace

Lots cancelled_ahead(QueueModel model, std::int32_t exponent_milli, Lots cancelled, Lots ahead,
                     Lots behind) {
  if (model == QueueModel::kRiskAverse || cancelled.v <= 0 || ahead.v <= 0) return Lots(0);
  if (behind.v <= 0) return std::min(cancelled, ahead);
  const std::int64_t share = model == QueueModel::kPowerProb
                                 ? power_share(exponent_milli, ahead, behind)
                                 : log_share(ahead, behind);
  return std::min(Lots(mul_div(cancelled.v, share, kQ32)), ahead);
}

}  // namespace mm::sim
