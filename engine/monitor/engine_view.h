// One look at an engine from outside: everything its counters file says, copied.
//
// Cold, any thread of any process: the engine does not notice. What shows an engine (top,
// Prometheus) is made from this.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/counters/counters_file.h"
#include "engine/runtime/event_counter.h"

namespace mm::monitor {

// From then to then: nothing if it goes back, and never too long to be told, whatever a file says.
constexpr Nanos elapsed(Nanos from, Nanos to) {
  const Int128 time = Int128{to.v} - from.v;
  return time <= 0 ? Nanos{} : time >= kNever.v ? kNever : Nanos(static_cast<std::int64_t>(time));
}

struct InstrumentView {
  std::string symbol, base, quote;
  counters::Scale scale;
  counters::InstrumentBlock::Copy numbers;
  counters::BookBlock::Copy book;
  counters::OrderBlock::Copy orders;
  counters::LevelBlock::Copy levels;
};

struct ConnectionView {
  std::string name;
  bool up = false;
  std::uint64_t opened = 0;
};

// What has become of the process.
enum class Life : std::uint8_t {
  kStarting,
  kRunning,
  kEnding,
  kEnded,  // in an orderly way
  kDied
};
const char* name(Life life);

struct EngineView {
  std::string session, mode, venue, build;  // the session's folder
  std::string alias;  // of the session, where its folder's name is not its alone; not looked at
  std::uint64_t config_hash = 0;            // of the configuration in force
  std::int64_t pid = 0;
  Nanos started{};
  Life life = Life::kDied;
  bool latched = false;                       // the kill latch is set: nothing may be quoted
  bool whole = false;                         // all numbers could be read
  std::array<Nanos, kHotAgents> beat_ages{};  // since the last heartbeat; kNever: there was none
  counters::EngineBlock::Copy numbers;
  counters::LatencyBlock::Copy latency;
  std::vector<InstrumentView> instruments;
  std::vector<ConnectionView> connections;

  // What people call it: its folder's last part, or its alias.
  std::string_view session_name() const;
  Nanos now() const { return Nanos(numbers.value("core_timestamp_seconds")); }
  bool alive() const { return life < Life::kEnded; }
};

// False if some numbers could not be read: the engine stopped while it wrote them. In `out` they
// stay as they were.
bool look(const counters::CountersFile& file, EngineView& out);

EventCounts events_of(const EngineView& view);

}  // namespace mm::monitor
