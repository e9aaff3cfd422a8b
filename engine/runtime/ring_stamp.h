// Items that say themselves that they are there: a field which means nothing while the item is on
// its way carries the ring's stamp.
//
// So the line that the consumer of a SpscRing polls is the one that brings the item, and nothing
// else moves between the processors. The field comes out of the ring as zero. Items that have none,
// or are to be read after their writer was killed, are announced by an index. Compile time only.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/core/command.h"
#include "engine/core/event.h"

namespace mm {

template <class T>
struct RingStamp {
  static constexpr bool kHas = false;
};

// Set by the driver, behind all rings.
template <>
struct RingStamp<Event> {
  static constexpr bool kHas = true;
  using Word = std::int64_t;
  static constexpr std::size_t kOffset = offsetof(Event, time);
  static Word& of(Event& e) { return e.time.v; }
};

template <>
struct RingStamp<Command> {
  static constexpr bool kHas = true;
  using Word = std::uint8_t;
  static constexpr std::size_t kOffset = offsetof(Command, pad) + sizeof(Command::pad) - 1;
  static Word& of(Command& c) { return c.pad[sizeof c.pad - 1]; }
};

template <class T>
concept HasRingStamp = RingStamp<T>::kHas;

}  // namespace mm
