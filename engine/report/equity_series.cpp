#include "engine/report/equity_series.h"

#include <algorithm>

namespace mm {

EquitySeries::EquitySeries(std::size_t instruments)
    : instruments_(instruments),
      samples_max_(std::clamp<std::size_t>(kPointsMax / instruments, 256, 2048)) {}

void EquitySeries::sample(const Core& core) {
  if (times_.size() == samples_max_) thin();
  times_.push_back(core.now());
  due_ = core.now() + step_;
  for (std::size_t i = 0; i < instruments_; ++i) {
    const InstrumentState& s = core.instrument(static_cast<InstrumentId>(i));
    points_.push_back({.mark = s.marked ? s.mark : HalfTicks(0),
                       .position = s.position.base(),
                       .realized = s.position.realized(),
                       .unrealized = s.unrealized(),
                       .fees = s.position.fees(),
                       .parts = s.pnl_parts()});
  }
}

void EquitySeries::thin() {
  step_ = step_ * 2;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < times_.size(); i += 2, ++kept) {
    times_[kept] = times_[i];
    std::copy_n(points_.begin() + static_cast<std::ptrdiff_t>(i * instruments_), instruments_,
                points_.begin() + static_cast<std::ptrdiff_t>(kept * instruments_));
  }
  times_.resize(kept);
  points_.resize(kept * instruments_);
}

void EquitySeries::finish(const Core& core) {
  if (!times_.empty() && times_.back() == core.now()) {
    times_.pop_back();
    points_.resize(times_.size() * instruments_);
  }
  sample(core);
}

}  // namespace mm
