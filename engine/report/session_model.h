// Everything a report tells that the core itself does not keep, from its session driven anew.
//
// One thread, cold: about what the core itself costs. Hears every event after the core has consumed
// it; looks at those instruments that the event, or one since the last decision, can have changed.
#pragma once

#include <deque>
#include <functional>
#include <span>
#include <vector>

#include "engine/core/core.h"
#include "engine/report/compliance.h"
#include "engine/report/equity_series.h"
#include "engine/report/fill_log.h"
#include "engine/report/order_lives.h"

namespace mm {

struct InstrumentModel {
  FillLog fills;
  Compliance compliance;
  OrderLifeLog lives;
  std::uint64_t fills_seen = 0;
  bool touched = false;  // since the last decision
};

class SessionModel {
 public:
  explicit SessionModel(const Core& core);

  // Is told which instrument was looked at, the core being as it is after the decision.
  void watch(std::function<void(InstrumentId)> looked) { looked_ = std::move(looked); }

  void on_event(const Event& event, std::span<const Command> commands);
  void finish();

  const EquitySeries& equity() const { return equity_; }
  std::size_t instrument_count() const { return instruments_.size(); }
  InstrumentModel& instrument(InstrumentId id) { return instruments_[id]; }
  Nanos begin() const { return begin_; }

 private:
  void on_execution(const Event& event);
  void on_fill(const Event& event, const InstrumentState& s, InstrumentModel& m);
  void look(InstrumentId id);
  void touch(InstrumentId id);
  void touch_all();

  const Core& core_;
  std::deque<InstrumentModel> instruments_;
  std::vector<InstrumentId> touched_;
  std::function<void(InstrumentId)> looked_;
  EquitySeries equity_;
  Nanos begin_{};
  bool stopping_ = false;
};

}  // namespace mm
