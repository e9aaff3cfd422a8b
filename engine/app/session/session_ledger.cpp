#include "engine/app/session/session_ledger.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "engine/app/session/replay_core.h"
#include "engine/ledger/ledger.h"
#include "engine/runtime/durable_file.h"

namespace mm::app {
namespace {

namespace fs = std::filesystem;

SymbolClosing closing_of(const Core& core, const InstrumentState& s) {
  return {.time = core.now(),
          .position = s.position.base(),
          .realized = s.position.realized(),
          .unrealized = s.unrealized(),
          .fees = s.position.fees(),
          .parts = s.pnl_parts(),
          .today = s.today(),
          .mark = s.marked ? s.mark : HalfTicks(0)};
}

// The position a session that saw no market began with; the core knows it only once it is valued.
void keep_opening(const ReplayCore& core, const InstrumentState& s, SymbolClosing& closing) {
  if (s.opened) return;
  const SymbolOpening* const opening = core.opening().find(s.config.instrument.symbol());
  closing.position += opening != nullptr ? opening->position : s.config.risk.start_position;
  if (opening == nullptr || opening->tick != s.config.instrument.tick) return;
  if (!s.marked) closing.mark = opening->mark;
}

// The ledger comes from the journal alone; that the journal replays is checked on the way.
LedgerBuild write_ledger(const SessionFolder& folder, const std::string& path,
                         const LedgerProgress& progress) {
  LedgerBuild build;
  JournalReader reader;
  if (build.error = reader.open(folder.journal()); !build.error.empty()) return build;
  ReplayCore core;
  if (build.error = core.build(reader.header()); !build.error.empty()) return build;
  LedgerWriter ledger;
  build.error = ledger.open(path, folder.name(), reader.header(), core.instruments());
  if (!build.error.empty()) return build;
  core.attach(&ledger);
  core.watch(progress);
  build.replayed = replay(reader, core);
  const auto believed = [&core](ClientOrderId id) {
    const auto rows = core.core().orders().rows();
    const auto row = std::ranges::find(rows, id, &Order::id);
    return row == rows.end() ? OrderState::kFree : row->state;
  };
  ledger.settle(believed, core.core().now());
  for (std::size_t i = 0; i < core.core().instrument_count(); ++i) {
    const auto id = static_cast<InstrumentId>(i);
    const InstrumentState& s = core.core().instrument(id);
    SymbolClosing closing = closing_of(core.core(), s);
    keep_opening(core, s, closing);
    ledger.write_closing(id, closing);
  }
  const JournalEnd end = reader.end();
  build.error = ledger.close(build.replayed.status == ReplayStatus::kSame ? &end : nullptr);
  return build;
}

}  // namespace

LedgerBuild build_ledger(const SessionFolder& folder, const LedgerProgress& progress) {
  return build_ledger(folder, folder.ledger(), progress);
}

LedgerBuild build_ledger(const SessionFolder& folder, const std::string& path,
                         const LedgerProgress& progress) {
  const std::string part = path + ".part";
  for (const char* const tail : {"", "-wal", "-shm"}) std::remove((part + tail).c_str());
  LedgerBuild build = write_ledger(folder, part, progress);
  if (!build.error.empty()) return build;
  // A ledger that has its name is whole, whatever becomes of the machine.
  if (!sync_file(part) || std::rename(part.c_str(), path.c_str()) != 0 || !sync_folder_of(path)) {
    build.error = path + ": cannot be given its name";
  }
  return build;
}

SessionCompletion complete_session(const SessionFolder& folder, const LedgerProgress& progress) {
  SessionCompletion done;
  done.journal = recover_journal(folder.path());
  done.error = done.journal.error;
  if (done.journal.state == JournalRecovery::State::kInUse) {
    done.error = folder.path() + ": its engine is running";
  }
  std::error_code ignored;
  if (!done.error.empty() || fs::exists(folder.ledger(), ignored)) return done;
  LedgerBuild build = build_ledger(folder, progress);
  done.built = build.error.empty();
  done.error = std::move(build.error);
  done.replayed = std::move(build.replayed);
  return done;
}

}  // namespace mm::app
