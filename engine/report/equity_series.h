// Profit and position over time, thinned so that it fits a plot whatever the session's length.
//
// One thread, cold, bounded memory: when full, every second sample goes and the step doubles. All
// instruments are sampled at the same moments; the last sample is that of the end.
#pragma once

#include <vector>

#include "engine/core/core.h"

namespace mm {

struct EquityPoint {
  HalfTicks mark{};  // 0: not valued yet
  Amount position{};
  Money realized{}, unrealized{}, fees{};
  PnlParts parts{};

  Money total() const { return realized + unrealized - fees; }
};

class EquitySeries {
 public:
  explicit EquitySeries(std::size_t instruments);

  void on_time(const Core& core) {
    if (core.now() >= due_) sample(core);
  }
  // The state at the end, which is that of the summary.
  void finish(const Core& core);

  std::span<const Nanos> times() const { return times_; }
  const EquityPoint& at(std::size_t sample, InstrumentId instrument) const {
    return points_[sample * instruments_ + instrument];
  }

 private:
  static constexpr std::size_t kPointsMax = 65'536;

  void sample(const Core& core);
  void thin();

  std::size_t instruments_, samples_max_;
  Nanos due_{}, step_{100 * kMillisecond.v};
  std::vector<Nanos> times_;
  std::vector<EquityPoint> points_;  // sample by sample, by instrument
};

}  // namespace mm
