// What becomes of a request on the control socket: the engine's word, then the core's counters.
//
// Cold, in the process that asks; waits in short sleeps, for some seconds at most.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "engine/counters/counters_file.h"

namespace mm::app {

// "ok N ...": the core will have done it with its Nth control event.
struct Obeyed {
  std::int64_t events = 0;
  std::string rest;  // behind it
};
std::optional<Obeyed> read_obeyed(const std::string& answer);

inline constexpr const char* kNotTakenUp =
    "told, but the engine's core has not taken it up; it may hang";

// What the counters say once the core has consumed that many control events.
struct Effect {
  bool seen = false;
  std::int64_t live_orders = 0;
};
inline constexpr Nanos kEffectPatience{10 * kSecond.v};
// Or that no order is left, if `until_flat`; how things stand when patience is over, otherwise.
Effect wait_for_effect(const counters::CountersFile& counters, std::int64_t events, bool until_flat,
                       Nanos patience = kEffectPatience);

// Asks the engine of that session and waits for its core, that long at most for each. Its `ok`, or
// what went wrong.
std::string ask_and_wait(const std::string& session, const counters::CountersFile& counters,
                         const std::string& request, std::chrono::milliseconds patience);

// A kill that nobody hears writes HALT: what is not there, or does not listen, may be under way, or
// systemd starts it again. Why it was not heard, and what has become of it.
std::string halt_unheard(const std::string& sessions, const std::string& why);

// A line for each side of each instrument.
std::string sides_text(const counters::CountersFile& counters);

}  // namespace mm::app
