// What a session leaves behind: folder, journal, ledger and summary, opened and closed here.
//
// Cold, main thread. The journal is written while the session runs (by whoever holds journal());
// close() ends it, re-drives a fresh core over it to write the ledger (which proves on the way that
// the journal replays), and writes summary.json.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/app/config/config.h"
#include "engine/core/core.h"
#include "engine/journal/journal_writer.h"
#include "engine/journal/session_opening.h"
#include "engine/ledger/session_folder.h"
#include "engine/ledger/summary.h"
#include "engine/runtime/clock.h"

namespace mm::app {

class SessionRecord {
 public:
  // `units`: where tick and lot came from, for who reads the config in the journal, the ledger or
  // the folder (units_lines). Returns the error, empty if none.
  [[nodiscard]] std::string open(const Config& config, const std::string& session_dir,
                                 std::string_view mode, std::span<const Instrument> instruments,
                                 Nanos start, const SessionOpening& opening = {},
                                 std::span<const std::string> units = {});
  JournalWriter& journal() { return journal_; }
  const std::string& path() const { return folder_.path(); }

  // `output_hash`: of all commands and the final state. Adds the replay's verdict to the summary's
  // invariants; writes ledger, summary.json and, unless empty, a copy of it to `json_file`.
  [[nodiscard]] std::string close(std::uint64_t output_hash, std::uint64_t commands, Nanos end,
                                  Summary& summary, const std::string& json_file);
  // Nothing came of the session: its folder goes.
  void discard() { folder_.remove(); }

 private:
  SessionFolder folder_;
  JournalWriter journal_;
};

// The lines that open() was given, out of the config that it kept.
std::vector<std::string_view> units_lines(std::string_view config);

}  // namespace mm::app
