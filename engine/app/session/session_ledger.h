// The ledger of a session, built from its journal: at its end, later if it was killed before, and
// meanwhile as far as the journal is closed, so that no segment goes before the ledger has it.
//
// Cold, one thread; costs what re-driving the core over the journal costs, some 0.5 us an event.
// The ledger appears whole or not at all, so one that is there need not be built again; what is
// being built stands beside it (.part) and is gone on with only where the journal's beginning is
// no more.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/app/session/ledger_tail.h"
#include "engine/app/session/replay_core.h"
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

class LedgerBuilder {
 public:
  // At `path`; who watches is told now and then how many records have gone into it.
  LedgerBuilder(SessionFolder folder, std::string path, const LedgerProgress& progress = {});

  // At the journal's beginning; where that is gone, where a killed engine's own builder had kept
  // its work last, or at the oldest segment. Returns the error, empty if none.
  [[nodiscard]] std::string open();
  // Enters what the journal holds up to that place.
  [[nodiscard]] std::string take_to(std::uint64_t place);
  std::uint64_t taken() const { return reader_.position(); }
  std::uint32_t segment() const { return reader_.header().segment; }
  // What was taken needs no journal any more.
  [[nodiscard]] std::string keep();
  // Enters the rest, up to the journal's end, and gives the ledger its name.
  LedgerBuild finish();
  // It came to nothing: what it has made goes, since it can be made again.
  void discard();

 private:
  std::string go_on();
  std::string failure() const;
  void skip_to(std::uint64_t place);
  void begin_tail();
  void take_tail(std::uint64_t place);
  void write_closing();
  void settle();
  std::vector<SymbolClosing> closing_of_core() const;

  SessionFolder folder_;
  std::string path_, part_;
  JournalReader reader_;
  ReplayCore core_;
  std::unique_ptr<LedgerWriter> ledger_ = std::make_unique<LedgerWriter>();
  std::optional<LedgerTail> tail_;
  bool is_new_ = false;  // else what another had kept may be in it
  ReplayResult replayed_;
  std::uint64_t kept_ = 0;
  bool ended_ = false;
};

LedgerBuild build_ledger(const SessionFolder& folder, const LedgerProgress& progress = {});
// The same elsewhere; any file there goes. remove_ledger() takes it away, or what a failure left.
LedgerBuild build_ledger(const SessionFolder& folder, const std::string& path,
                         const LedgerProgress& progress = {});
void remove_ledger(const std::string& path);

struct SessionCompletion {
  JournalRecovery journal;
  bool built = false;  // its ledger was not there
  ReplayResult replayed;
  std::string error;
  bool in_use = false;  // an error, too
};
// What a session that ended at any moment left: its journal gets what was still in memory, then the
// ledger is built. Nothing changes where all is there. Errors, too, for one that runs. Who makes
// its ledger just now is waited for, `patience` long.
SessionCompletion complete_session(const SessionFolder& folder, const LedgerProgress& progress = {},
                                   Nanos patience = {});
// Whoever has read a session's journal, with that outcome, gives it the ledger it lacks if it was
// killed. What there is to say of that; empty if nothing.
std::string provide_ledger(const SessionFolder& folder, ReplayStatus status);
// Why the session cannot be re-driven, and where to find what is known of it all the same.
std::string without_beginning(const SessionFolder& folder, const JournalHeader& header);

}  // namespace mm::app
