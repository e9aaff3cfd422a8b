#include "engine/report/session_model.h"

#include "engine/core/level_match.h"

namespace mm {

SessionModel::SessionModel(const Core& core)
    : core_(core), instruments_(core.instrument_count()), equity_(core.instrument_count()) {}

void SessionModel::on_event(const Event& event, std::span<const Command> commands) {
  if (begin_.v == 0) begin_ = event.time;
  const bool known = event.instrument < instruments_.size();
  if (is_execution(event.kind) && known) on_execution(event);
  for (const Command& c : commands) touch(c.instrument);
  switch (event.kind) {
    case EventKind::kFeedStatus:
    case EventKind::kTimer:
      return touch_all();
    case EventKind::kControl:
      touch_all();
      if (event.control.code != ControlCode::kShutdown || stopping_) return;
      for (std::size_t i = 0; i < instruments_.size(); ++i) look(static_cast<InstrumentId>(i));
      stopping_ = true;
      return;
    case EventKind::kBatchEnd:
      for (const InstrumentId id : touched_) look(id);
      for (const InstrumentId id : touched_) instruments_[id].touched = false;
      touched_.clear();
      return equity_.on_time(core_);
    default:
      if (known) touch(event.instrument);
  }
}

void SessionModel::on_execution(const Event& event) {
  const InstrumentState& s = core_.instrument(event.instrument);
  InstrumentModel& m = instruments_[event.instrument];
  if (event.kind == EventKind::kFilled) {
    if (s.position.fills() == m.fills_seen) return;  // told before
    on_fill(event, s, m);
  }
  m.lives.on_execution(core_, s, event);
}

void SessionModel::on_fill(const Event& event, const InstrumentState& s, InstrumentModel& m) {
  m.fills_seen = s.position.fills();
  const Order* const order = find_order(core_.orders(), event.fill.id);
  FillRow fill;
  fill.time = event.time;
  fill.order = event.fill.id;
  fill.trade = event.fill.trade_id;
  fill.side = event.side();
  fill.maker = (event.flags & kFlagMaker) != 0;
  if (order != nullptr) fill.level = level_served(core_.orders(), s, *order);
  fill.price = Ticks(event.fill.ticks);
  fill.lots = event.fill.lots;
  fill.base = base_amount(s.config.instrument, fill.lots) * sign(fill.side);
  if (event.fill.fee_asset == Asset::kBase) fill.base -= event.fill.fee;
  fill.fee = event.fill.fee;
  fill.fee_asset = event.fill.fee_asset;
  fill.position = s.position.base();
  fill.total = s.position.realized() + s.unrealized() - s.position.fees();
  m.fills.add(fill);
}

// After a decision, or as the core itself looks when a shutdown begins.
void SessionModel::look(InstrumentId id) {
  const InstrumentState& s = core_.instrument(id);
  InstrumentModel& m = instruments_[id];
  if (s.marked) m.fills.on_mark(s.mark, core_.now());
  if (!stopping_) m.compliance.update(core_, s, core_.now());
  if (looked_) looked_(id);
}

void SessionModel::touch(InstrumentId id) {
  if (id >= instruments_.size() || instruments_[id].touched) return;
  instruments_[id].touched = true;
  touched_.push_back(id);
}

void SessionModel::touch_all() {
  for (std::size_t i = 0; i < instruments_.size(); ++i) touch(static_cast<InstrumentId>(i));
}

void SessionModel::finish() {
  for (InstrumentModel& m : instruments_) {
    m.fills.finish();
    m.lives.finish(core_);
  }
  equity_.finish(core_);
}

}  // namespace mm
