// Other parameters from here on: what a kReload event does. Nothing is decided here; every
// instrument is at the end of the batch.
#include <algorithm>

#include "engine/core/assert.h"
#include "engine/core/core.h"

namespace mm {

// Copied, so that whoever offered them is free again; without any the event means nothing.
void Core::reload() {
  const CoreConfig* const next = offered_.load(std::memory_order_acquire);
  if (next == nullptr) return;
  MM_ASSERT(next->instruments.size() == count_, "a reload keeps the instruments");
  const Nanos interval = config_.orders.reset_interval;
  config_.account = next->account;
  config_.orders = next->orders;
  lifecycle_.set_times(config_.orders.modification_timeout, config_.orders.cleanup_interval);
  budget_.set_rate(config_.orders.modify_rate_limit);
  data_age_min_ = kNever;
  for (InstrumentState& s : instruments_) {
    reload(s, next->instruments[s.id]);
    data_age_min_ = std::min(data_age_min_, s.config.risk.max_data_age);
    if (config_.orders.reset_interval == interval) continue;
    s.reset.start(now_, config_.orders.reset_interval, s.id, count_);
  }
  judge_lag();
  judge_silence();
  offered_.store(nullptr, std::memory_order_release);
}

// A strategy may have worked out something from its parameters, or learnt something with them.
void Core::reload(InstrumentState& s, const InstrumentConfig& next) {
  const Instrument& instrument = s.config.instrument;
  if (s.config.strategy != next.strategy) {
    s.config.strategy = next.strategy;
    s.strategy.construct(instrument, s.config.strategy);
  }
  s.config.risk = next.risk;
  s.size_rules = SizeRules(instrument, next.risk.max_order_notional);
  s.position_limit = PositionLimit(next.risk, instrument);
}

}  // namespace mm
