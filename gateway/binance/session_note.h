// What went wrong on the hot order session, as a record of fixed size for whoever has the time to
// make a line of it (note_lines.h).
//
// Written by the gateway's thread, read by the connector's; no allocation, some 300 bytes copied,
// and only where something is wrong. A full ring drops notes: the session's counters do not.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "engine/core/command.h"
#include "engine/runtime/spsc_ring.h"

namespace mm::binance::orders {

enum class NoteKind : std::uint8_t {
  kNotUnderstood,  // a message
  kSessionError,   // of the venue, about no request
  kStrayAnswer,    // to nothing that is waited for
  kClockRefused,
  kHeldBack,   // a command, for the venue's limits
  kRefused,    // a request, for a reason that has no name of ours
  kUncertain,  // a request that the venue does not answer for
  kCount
};

struct SessionNote {
  static constexpr std::size_t kWordsMax = 256;
  static constexpr std::uint8_t kByRest = 0xFF;

  NoteKind kind{};
  std::uint8_t lane = kByRest;
  CommandKind command{};  // kNone: it is about none
  InstrumentId instrument{};
  std::uint16_t length = 0;
  int status = 0;
  std::int64_t code = 0;
  Nanos until{};         // of kHeldBack
  const char* why = "";  // of kNotUnderstood: a text that lasts
  std::array<char, kWordsMax> words{};

  // The venue's, as far as they fit.
  void say(std::string_view text) {
    length = static_cast<std::uint16_t>(text.copy(words.data(), words.size()));
  }
  std::string_view view() const { return {words.data(), length}; }
};

using SessionNotes = SpscRing<SessionNote>;
inline constexpr std::size_t kNotesMax = 64;

}  // namespace mm::binance::orders
