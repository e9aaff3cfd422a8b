// The ledger of a session, built from its journal: at its end, or later if it was killed before.
//
// Cold, main thread; costs what re-driving the core over the journal costs, some 0.5 us an event.
// The ledger appears whole or not at all, so one that is there need not be built again.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "engine/journal/journal_ring.h"
#include "engine/journal/replay.h"
#include "engine/ledger/session_folder.h"

namespace mm::app {

struct LedgerBuild {
  ReplayResult replayed;  // whether the journal replays, and how far
  std::string error;      // no ledger
};
// Is told now and then how many records have gone into it.
using LedgerProgress = std::function<void(std::uint64_t)>;
LedgerBuild build_ledger(const SessionFolder& folder, const LedgerProgress& progress = {});
// The same elsewhere; any file there goes.
LedgerBuild build_ledger(const SessionFolder& folder, const std::string& path,
                         const LedgerProgress& progress = {});

struct SessionCompletion {
  JournalRecovery journal;
  bool built = false;  // its ledger was not there
  ReplayResult replayed;
  std::string error;
};
// What a session that ended at any moment left: its journal gets what was still in memory, then the
// ledger is built. Nothing changes where all is there. Errors, too, for one that runs.
SessionCompletion complete_session(const SessionFolder& folder,
                                   const LedgerProgress& progress = {});

}  // namespace mm::app
