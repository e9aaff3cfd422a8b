// An empty event of one kind, ready for its fields. Pure, any thread.
#pragma once

#include "engine/core/event.h"

namespace mm::sim {

inline Event make_event(EventKind kind, InstrumentId instrument, std::uint32_t sequence = 0) {
  Event event;
  event.kind = kind;
  event.instrument = instrument;
  event.sequence = sequence;
  return event;
}

}  // namespace mm::sim
