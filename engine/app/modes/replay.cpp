// `mm_logic replay`: re-drives the core over a session's journal and compares every output.
#include "engine/journal/replay.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <cstdio>
#include <optional>

#include "engine/app/modes/modes.h"
#include "engine/app/session/replay_core.h"
#include "engine/app/session/session_ledger.h"
#include "engine/app/session/session_record.h"
#include "engine/app/session/session_report.h"
#include "engine/journal/journal_ring.h"
#include "engine/ledger/session_folder.h"

namespace mm::app {

namespace {

// Nothing where the session has not ended, or its summary cannot be read.
std::optional<std::uint64_t> events_of_summary(const std::string& path) {
  simdjson::dom::parser parser;
  std::uint64_t events = 0;
  const auto found = parser.load(path)["events_in"].get(events);
  return found == simdjson::SUCCESS ? std::optional(events) : std::nullopt;
}

}  // namespace

int replay_mode(const ReplayOptions& options) {
  const SessionFolder folder = SessionFolder::choose(options.session_dir, options.sessions_dir);
  if (folder.path().empty()) {
    return fail("no session found in " + options.sessions_dir + ": name one, or run one first");
  }
  const JournalRecovery left = recover_journal(folder.path());
  if (const std::string text = left.text(); !text.empty()) std::printf("%s\n", text.c_str());
  JournalReader reader;
  if (std::string error = reader.open(folder.journal()); !error.empty()) return fail(error);
  ReplayCore core;
  if (std::string error = core.build(reader.header()); !error.empty()) return fail(error);
  ReplayResult result = replay(reader, core);
  const std::string ledger = provide_ledger(folder, result.status);
  if (result.status == ReplayStatus::kNoBeginning) {
    result.message = without_beginning(folder, reader.header());
  }
  std::printf("%s\n", result.message.c_str());
  if (!ledger.empty()) std::printf("%s\n", ledger.c_str());
  if (!result.ok()) return 1;
  const std::optional<std::uint64_t> written = events_of_summary(folder.summary());
  if (result.status == ReplayStatus::kTorn && written > result.records) {
    return fail(
        fmt::format("{}: its summary counts {} events: the last {} are missing in its journal",
                    folder.path(), *written, *written - result.records));
  }
  for (const std::string_view line : units_lines(reader.header().config)) fmt::print("{}\n", line);
  return 0;
}

}  // namespace mm::app
