// Re-drives a core with a journal and compares what it answers, record by record.
//
// Any one thread, cold; speed is that of the core. Replay stops at the first difference, at a gap
// (behind it the core's state is not known) and at damage. A torn journal is replayed as far as it
// reaches and is no failure by itself: what is there has been checked.
#pragma once

#include <concepts>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "engine/journal/journal_reader.h"

namespace mm {

// A core and its surroundings, built from the journal's header.
template <class T>
concept ReplayTarget = requires(T& target, const Event& event, std::string_view text) {
  // Whether a session can have written it; the target is told nothing else.
  { target.possible(event) } -> std::same_as<bool>;
  // The hash of the commands the core answered with, as the session's driver computed it.
  { target.on_event(event) } -> std::same_as<std::uint64_t>;
  // A reloaded config; it takes effect at the kControl / kReload event that follows. Returns the
  // error, empty if none.
  { target.on_config(text) } -> std::same_as<std::string>;
  // Over all commands and the final state, as in the end frame.
  { target.output_hash() } -> std::same_as<std::uint64_t>;
};

enum class ReplayStatus : std::uint8_t {
  kSame,         // every output equal, to the end of the session
  kTorn,         // equal as far as the journal reaches; its end is cut off
  kDifferent,    // an output differs
  kGap,          // records are missing: nothing can be said about what follows
  kBadConfig,    // a reloaded config cannot be read
  kCorrupt,      // the journal is damaged
  kNoBeginning,  // its first segments were deleted for space
};

struct ReplayResult {
  ReplayStatus status = ReplayStatus::kSame;
  std::uint64_t records = 0;   // compared and equal
  std::uint64_t commands = 0;  // records with at least one command among them
  std::string message;         // one line for the user

  bool ok() const { return status == ReplayStatus::kSame || status == ReplayStatus::kTorn; }
};

// What the user is told; out of line, since it is the same for every target.
ReplayResult replay_without_beginning(const JournalHeader& header);
void report_difference(ReplayResult& result, const JournalRecord& record, std::uint64_t replayed);
void report_impossible(ReplayResult& result, const JournalRecord& record);
void report_stop(ReplayResult& result, const JournalReader& reader, JournalItem item);
void report_end(ReplayResult& result, const JournalEnd& end, std::uint64_t replayed_output);

// Goes on to that place in the journal at most. False once it has ended: `result` says how.
template <ReplayTarget Target>
bool replay_to(std::uint64_t place, JournalReader& reader, Target& target, ReplayResult& result) {
  JournalRecord record;
  while (reader.position() < place) {
    const JournalItem item = reader.next(record);
    if (item == JournalItem::kRecord) [[likely]] {
      if (!target.possible(record.event)) [[unlikely]] {
        report_impossible(result, record);
        return false;
      }
      const std::uint64_t hash = target.on_event(record.event);
      if (hash != record.command_hash) {
        report_difference(result, record, hash);
        return false;
      }
      ++result.records;
      result.commands += hash != 0 ? 1 : 0;
    } else if (item == JournalItem::kConfig) {
      if (std::string error = target.on_config(reader.config()); !error.empty()) {
        result.status = ReplayStatus::kBadConfig;
        result.message = "a reloaded config cannot be used: " + error;
        return false;
      }
    } else if (item == JournalItem::kEnd) {
      report_end(result, reader.end(), target.output_hash());
      return false;
    } else {
      report_stop(result, reader, item);
      return false;
    }
  }
  return true;
}

// `reader` is open and nothing has been read from it.
template <ReplayTarget Target>
ReplayResult replay(JournalReader& reader, Target& target) {
  if (reader.header().segment > 0) return replay_without_beginning(reader.header());
  ReplayResult result;
  replay_to(std::numeric_limits<std::uint64_t>::max(), reader, target, result);
  return result;
}

}  // namespace mm
