#include "engine/app/reload/shadow_core.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace mm::app {
namespace {

bool is_taken_over(const Event& e) {
  switch (e.kind) {
    case EventKind::kBalance:
    case EventKind::kRateUsage:
    case EventKind::kSessionStatus:
    case EventKind::kFilled:
    case EventKind::kOffGridFill:
      return true;
    case EventKind::kControl:
      return e.control.code <= ControlCode::kKill;
    default:
      return is_market(e.kind);
  }
}

}  // namespace

Event answer_to(const Command& c) {
  Event e;
  e.instrument = c.instrument;
  e.report.id = c.id;
  e.report.ticks = c.ticks;
  e.report.lots = c.lots;
  e.report.venue_id = VenueOrderId(c.id.v);
  if (c.kind == CommandKind::kPlace) e.kind = EventKind::kAccepted;
  if (c.kind == CommandKind::kModify || c.kind == CommandKind::kReduce) {
    e.kind = EventKind::kAmended;
  }
  if (c.kind == CommandKind::kReplace) {
    e.kind = EventKind::kReplaced;
    e.report.new_id = c.new_id;
    e.report.venue_id = VenueOrderId(c.new_id.v);
  }
  if (c.kind == CommandKind::kCancel) {
    e.kind = EventKind::kCanceled;
    e.report.lots = Lots(0);  // executed
  }
  return e;
}

ShadowCore::ShadowCore(CoreConfig config, Nanos decides_from)
    : core_(other_ids(std::move(config))), decides_from_(decides_from) {}

// So that no fill of the session's orders is taken for one of its own.
CoreConfig ShadowCore::other_ids(CoreConfig config) {
  ++config.epoch;
  return config;
}

void ShadowCore::on_event(const Event& event) {
  const bool decides = event.time >= decides_from_;
  while (decides && core_.next_deadline() <= event.time) {
    now_ = std::max(now_, core_.next_deadline());
    Event timer;
    timer.kind = EventKind::kTimer;
    deliver(timer);
    decide();
  }
  now_ = std::max(now_, event.time);
  if (is_taken_over(event)) deliver(event);
  if (decides && event.kind == EventKind::kBatchEnd) decide();
}

void ShadowCore::deliver(Event event) {
  event.time = now_;
  if (event.received.v == 0) event.received = now_;
  commands_->clear();
  core_.on(event, *commands_);
  core_.conclude(*commands_);
  for (const Command& c : commands_->items()) asked_.push_back(c);
}

void ShadowCore::decide() {
  Event end;
  end.kind = EventKind::kBatchEnd;
  deliver(end);
  for (int round = 0; round < kAnswerRoundsMax && !asked_.empty(); ++round) {
    answer();
    deliver(end);
  }
}

void ShadowCore::answer() {
  for (const Command& c : std::exchange(asked_, {})) {
    const Event e = answer_to(c);
    if (e.kind != EventKind::kNone) deliver(e);
  }
}

}  // namespace mm::app
