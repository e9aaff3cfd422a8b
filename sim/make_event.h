// An empty event of one kind, ready for its fields, and which kind a refusal is. Pure, any thread.
#pragma once

#include "engine/core/command.h"
#include "engine/core/event.h"

namespace mm::sim {

inline Event make_event(EventKind kind, InstrumentId instrument, std::uint32_t sequence = 0) {
  Event event;
  event.kind = kind;
  event.instrument = instrument;
  event.sequence = sequence;
  return event;
}

// What a refused command is answered with.
constexpr EventKind refused_kind(CommandKind kind) {
  switch (kind) {
    case CommandKind::kPlace:
      return EventKind::kRejected;
    case CommandKind::kCancel:
      return EventKind::kCancelRejected;
    case CommandKind::kReplace:
      return EventKind::kReplaceRejected;
    case CommandKind::kModify:
    case CommandKind::kReduce:
      return EventKind::kAmendRejected;
    default:
      return EventKind::kOutcomeUnknown;  // a query that was not answered
  }
}

}  // namespace mm::sim
