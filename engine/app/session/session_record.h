// What a session leaves behind: folder, journal, ledger and summary, opened and closed here.
//
// Cold, main thread. The journal is written while the session runs (by whoever holds journal()); a
// fresh core is re-driven over it to write the ledger (which proves on the way that the journal
// replays): over its closed segments by follow(), so that they may be deleted, over the rest by
// close(), which ends the journal and writes summary.json.
#pragma once

#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/app/config/config.h"
#include "engine/app/session/session_ledger.h"
#include "engine/core/core.h"
#include "engine/journal/journal_writer.h"
#include "engine/journal/session_opening.h"
#include "engine/ledger/session_folder.h"
#include "engine/ledger/summary.h"
#include "engine/runtime/clock.h"
#include "engine/runtime/folder_lock.h"

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

  // Now and then: enters so many records of closed segments in the ledger. Does nothing while the
  // journal is in its first segment.
  static constexpr std::uint64_t kAllRecords = std::numeric_limits<std::uint64_t>::max();
  void follow(std::uint64_t records_max);

  // `output_hash`: of all commands and the final state. Adds the replay's verdict to the summary's
  // invariants; writes ledger, summary.json and, unless empty, a copy of it to `json_file`.
  [[nodiscard]] std::string close(std::uint64_t output_hash, std::uint64_t commands, Nanos end,
                                  Summary& summary, const std::string& json_file);
  // Nothing came of the session: its folder goes.
  void discard() { folder_.remove(); }

 private:
  LedgerBuild finish_ledger();

  SessionFolder folder_;
  FolderLock lock_;  // else somebody makes the ledger of a session that was killed
  JournalWriter journal_;
  std::unique_ptr<LedgerBuilder> ledger_;
  bool follows_ = true;
};

// The lines that open() was given, out of the config that it kept.
std::vector<std::string_view> units_lines(std::string_view config);

}  // namespace mm::app
