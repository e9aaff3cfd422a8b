#include "engine/app/session/session_ledger.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <thread>
#include <utility>

#include "engine/app/config/decimal.h"
#include "engine/core/event_check.h"
#include "engine/ledger/ledger_reader.h"
#include "engine/runtime/durable_file.h"
#include "engine/runtime/folder_lock.h"

namespace mm::app {
namespace {

namespace fs = std::filesystem;

// So much is lost of a ledger, at most, when its engine is killed; a transaction takes its memory.
constexpr std::uint64_t kKeepAfterRecords = std::uint64_t{1} << 22;

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

// The core lets go of an order only when it has been told of all that the order has executed, and
// what the others execute comes later than all it was told before they were placed. Where it is not
// so sure, nothing is settled but what was so when the session began.
std::uint64_t settled_trade(const ReplayCore& core, const InstrumentState& s,
                            LedgerWriter& ledger) {
  const SymbolOpening* const opening = core.opening().find(s.config.instrument.symbol());
  const std::uint64_t began = opening == nullptr ? 0 : opening->trade_id;
  const LifecycleCounters& n = core.core().lifecycle().counters();
  const bool doubtful = n.missing_fills + n.unexplained_fills + n.overfills + n.strays > 0;
  if (doubtful || s.off_grid || ledger.has_rowless_fill(s.id, began)) return began;
  const OrderTable& orders = core.core().orders();
  Nanos oldest = kNever;
  for (const Order& order : orders.rows()) {
    if (order.instrument != s.id || !may_be_live(order.state)) continue;
    if (orders.is_of_earlier_start(order.id)) return began;
    oldest = std::min(oldest, order.created);
  }
  return std::max(began, ledger.last_trade_before(s.id, oldest));
}

// The core's state is lost there, but the journal can be read on.
bool can_be_read_on(ReplayStatus status) {
  return status == ReplayStatus::kGap || status == ReplayStatus::kDifferent ||
         status == ReplayStatus::kBadConfig || status == ReplayStatus::kNoBeginning;
}

void remove_database(const std::string& path) {
  for (const char* const tail : {"", "-wal", "-shm"}) std::remove((path + tail).c_str());
}

// Whoever looks into a session may be making its ledger just now.
bool take_within(FolderLock& lock, const std::string& folder, Nanos patience) {
  constexpr std::chrono::milliseconds kPause{50};
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::nanoseconds(patience.v);
  while (!lock.take(folder)) {
    if (std::chrono::steady_clock::now() >= give_up) return false;
    std::this_thread::sleep_for(kPause);
  }
  return true;
}

// What a kept ledger says of each instrument, in the order of the session's.
std::string read_closing(const std::string& path, std::vector<SymbolClosing>& all) {
  LedgerReader reader;
  if (std::string error = reader.open(path); !error.empty()) return error;
  const auto read_money = [](const std::string& text) {
    return Money(parse_decimal(text, 18).value_or(0));
  };
  for (const LedgerReader::Closing& c : reader.closing()) {
    all.push_back({.time = c.time,
                   .position = c.position,
                   .realized = read_money(c.realized),
                   .unrealized = read_money(c.unrealized),
                   .fees = read_money(c.fees),
                   .parts = {.inventory = read_money(c.realized) + read_money(c.unrealized)},
                   .today = money(c.profit_today),
                   .mark = c.mark,
                   .settled_trade = c.settled_trade});
  }
  return reader.error();
}

}  // namespace

LedgerBuilder::LedgerBuilder(SessionFolder folder, std::string path, const LedgerProgress& progress)
    : folder_(std::move(folder)), path_(std::move(path)), part_(path_ + ".part") {
  core_.watch(progress);
}

std::string LedgerBuilder::open() {
  if (std::string error = reader_.open(folder_.journal()); !error.empty()) return error;
  const JournalHeader& header = reader_.header();
  if (std::string error = core_.build(header); !error.empty()) return error;
  core_.attach(ledger_.get());
  const bool beginning = header.segment == 0;
  if (!beginning) replayed_ = replay_without_beginning(header);
  std::error_code ignored;
  if (!beginning && fs::exists(part_, ignored)) {
    if (go_on().empty()) return {};
    ledger_ = std::make_unique<LedgerWriter>();
    tail_.reset();
  }
  remove_database(part_);
  is_new_ = true;
  std::string error = ledger_->open(part_, folder_.name(), header, core_.instruments());
  if (beginning || !error.empty()) return error;
  ledger_->skip_to(header.first_record);
  tail_.emplace(core_.core(), closing_of_core());
  replayed_.message += "; the ledger has what the segments kept have: fills, reports and events";
  return {};
}

// The core's state went with the engine, its ledger did not.
std::string LedgerBuilder::go_on() {
  if (std::string error = ledger_->go_on(part_, core_.instruments()); !error.empty()) return error;
  std::vector<SymbolClosing> closing;
  if (std::string error = read_closing(part_, closing); !error.empty()) return error;
  if (closing.size() != core_.instruments().size()) return part_ + ": is of another session";
  tail_.emplace(core_.core(), closing);
  replayed_.message += fmt::format(
      "; the ledger had them already, up to record {}; what follows is entered without the core's "
      "requests",
      ledger_->place());
  skip_to(ledger_->place());
  return {};
}

void LedgerBuilder::skip_to(std::uint64_t place) {
  JournalRecord record;
  while (!ended_ && reader_.position() < place) {
    const JournalItem item = reader_.next(record);
    ended_ =
        item == JournalItem::kEnd || item == JournalItem::kTorn || item == JournalItem::kCorrupt;
  }
  kept_ = reader_.position();
}

std::string LedgerBuilder::take_to(std::uint64_t place) {
  while (!ended_ && taken() < place && ledger_->error().empty()) {
    const std::uint64_t next = std::min(place, kept_ + kKeepAfterRecords);
    if (tail_) {
      take_tail(next);
    } else if (!replay_to(next, reader_, core_, replayed_)) {
      begin_tail();
    }
    if (taken() >= kept_ + kKeepAfterRecords && !keep().empty()) break;
  }
  return failure();
}

// SQLite's words name no file.
std::string LedgerBuilder::failure() const {
  return ledger_->error().empty() ? std::string() : fmt::format("{}: {}", path_, ledger_->error());
}

void LedgerBuilder::begin_tail() {
  settle();
  ended_ = !can_be_read_on(replayed_.status);
  if (!ended_) tail_.emplace(core_.core(), closing_of_core());
}

void LedgerBuilder::take_tail(std::uint64_t place) {
  JournalRecord record;
  while (!ended_ && reader_.position() < place) {
    const JournalItem item = reader_.next(record);
    if (item == JournalItem::kRecord && is_possible(record.event)) {
      tail_->on_event(record.event, *ledger_);
    } else {
      ended_ = item != JournalItem::kConfig && item != JournalItem::kGap;
    }
  }
}

std::vector<SymbolClosing> LedgerBuilder::closing_of_core() const {
  std::vector<SymbolClosing> all;
  for (InstrumentId i = 0; i < core_.core().instrument_count(); ++i) {
    const InstrumentState& s = core_.core().instrument(i);
    SymbolClosing& closing = all.emplace_back(closing_of(core_.core(), s));
    keep_opening(core_, s, closing);
    closing.settled_trade = settled_trade(core_, s, *ledger_);
  }
  return all;
}

void LedgerBuilder::write_closing() {
  const std::vector<SymbolClosing> of_core = closing_of_core();
  for (InstrumentId i = 0; i < of_core.size(); ++i) {
    ledger_->write_closing(i, tail_ ? tail_->closing(i) : of_core[i]);
  }
}

std::string LedgerBuilder::keep() {
  write_closing();
  ledger_->keep(taken());
  kept_ = taken();
  return failure();
}

void LedgerBuilder::settle() {
  const Core& core = core_.core();
  const auto believed = [&core](ClientOrderId id) {
    const auto rows = core.orders().rows();
    const auto row = std::ranges::find(rows, id, &Order::id);
    return row == rows.end() ? OrderState::kFree : row->state;
  };
  ledger_->settle(believed, core.now());
}

LedgerBuild LedgerBuilder::finish() {
  LedgerBuild build;
  build.error = take_to(std::numeric_limits<std::uint64_t>::max());
  build.replayed = std::move(replayed_);
  if (!build.error.empty()) return build;
  write_closing();
  const JournalEnd end = reader_.end();
  const bool whole = build.replayed.status == ReplayStatus::kSame;
  if (!ledger_->close(whole ? &end : nullptr).empty()) build.error = failure();
  core_.attach(nullptr);
  ledger_.reset();  // closes the file
  if (!build.error.empty()) return build;
  // A ledger that has its name is whole, whatever becomes of the machine.
  if (!sync_file(part_) || std::rename(part_.c_str(), path_.c_str()) != 0 ||
      !sync_folder_of(path_)) {
    build.error = path_ + ": cannot be given its name";
  } else {
    remove_database(part_);  // an empty log that somebody had open
  }
  return build;
}

void LedgerBuilder::discard() {
  ledger_.reset();
  if (is_new_) remove_database(part_);
}

LedgerBuild build_ledger(const SessionFolder& folder, const LedgerProgress& progress) {
  return build_ledger(folder, folder.ledger(), progress);
}

LedgerBuild build_ledger(const SessionFolder& folder, const std::string& path,
                         const LedgerProgress& progress) {
  LedgerBuilder builder(folder, path, progress);
  LedgerBuild build;
  build.error = builder.open();
  if (build.error.empty()) build = builder.finish();
  if (!build.error.empty()) builder.discard();
  return build;
}

void remove_ledger(const std::string& path) {
  remove_database(path);
  remove_database(path + ".part");
}

SessionCompletion complete_session(const SessionFolder& folder, const LedgerProgress& progress,
                                   Nanos patience) {
  SessionCompletion done;
  done.journal = recover_journal(folder.path());
  done.error = done.journal.error;
  FolderLock lock;
  const bool engine = done.journal.state == JournalRecovery::State::kInUse;
  done.in_use = engine || !take_within(lock, folder.path(), patience);
  if (done.in_use) {
    done.error = folder.path() + (engine ? ": its engine is running"
                                         : ": its engine is running, or its ledger is being made");
  }
  std::error_code ignored;
  if (!done.error.empty() || fs::exists(folder.ledger(), ignored)) return done;
  LedgerBuild build = build_ledger(folder, progress);
  done.built = build.error.empty();
  done.error = std::move(build.error);
  done.replayed = std::move(build.replayed);
  return done;
}

std::string provide_ledger(const SessionFolder& folder, ReplayStatus status) {
  std::error_code ignored;
  const bool is_sound = status != ReplayStatus::kCorrupt && status != ReplayStatus::kDifferent &&
                        status != ReplayStatus::kBadConfig;
  if (!is_sound || fs::exists(folder.ledger(), ignored)) return {};
  const SessionCompletion done = complete_session(folder);
  if (done.in_use) return {};
  if (!done.error.empty()) return fmt::format("it has no ledger: {}", done.error);
  return fmt::format("{}: built, which its engine could not do any more", folder.ledger());
}

std::string without_beginning(const SessionFolder& folder, const JournalHeader& header) {
  std::error_code ignored;
  const std::string ledger = folder.ledger();
  const bool is_whole = fs::exists(ledger, ignored);
  return fmt::format("{}; its orders, fills and events are in {}{}",
                     replay_without_beginning(header).message, ledger,
                     is_whole ? "" : ".part while its engine runs");
}

}  // namespace mm::app
