// The event that answers a command which was never sent: full ring, too old, kill latch, no
// session.
//
// Made by driver and gateway on their own threads; a pure function, no allocation.
#pragma once

#include "engine/core/command.h"
#include "engine/core/event.h"

namespace mm {

inline Event make_denied(const Command& c, RejectReason reason, Nanos now) {
  Event e{};
  e.received = now;
  e.instrument = c.instrument;
  e.kind = EventKind::kDenied;
  e.flags = c.side == Side::kSell ? kFlagSell : std::uint8_t{0};
  e.failure = RequestFailure{};
  e.failure.id = c.id;
  e.failure.new_id = c.new_id;
  e.failure.reason = reason;
  e.failure.command = static_cast<std::uint8_t>(c.kind);
  return e;
}

}  // namespace mm
