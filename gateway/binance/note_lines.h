// Lines for the log out of the hot session's notes: what went wrong, where, in the venue's words.
//
// Cold, one thread; allocates. Of each kind and code the first is said at once, and then one every
// ten seconds with how many there were in between. Never the key, should the venue quote it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/types.h"
#include "engine/runtime/log.h"
#include "gateway/binance/instrument_map.h"
#include "gateway/binance/session_note.h"

namespace mm::binance::orders {

class NoteLines {
 public:
  using Say = std::function<void(LogLevel, std::string_view)>;
  static constexpr Nanos kQuiet{10 * kSecond.v};

  // All outlive it.
  NoteLines(SessionNotes& notes, const InstrumentMap& instruments, std::string_view api_key)
      : notes_(notes), instruments_(instruments), api_key_(api_key) {}

  // All that wait; returns how many.
  int tell(Nanos now, const Say& say);
  // The same at the end, and how many of each kind were not said.
  void finish(Nanos now, const Say& say);

 private:
  static constexpr std::size_t kKindsMax = 64;  // of kinds and codes that are told apart

  struct Said {
    NoteKind kind{};
    std::int64_t code = 0;
    int status = 0;
    Nanos when{};
    std::string text{};  // as said last
    std::uint64_t unsaid = 0;
  };

  static void say_rest(Said& said, const Say& say);
  Said& row_of(const SessionNote& note, const Say& say);
  std::string text_of(const SessionNote& note, Nanos now) const;
  std::string words_of(const SessionNote& note) const;

  SessionNotes& notes_;
  const InstrumentMap& instruments_;
  std::string_view api_key_;
  std::vector<Said> said_;
};

}  // namespace mm::binance::orders
