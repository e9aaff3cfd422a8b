#include "engine/app/session/session_record.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/app/session/session_ledger.h"
#include "engine/app/version.h"
#include "engine/journal/instrument_text.h"
#include "engine/runtime/durable_file.h"

namespace mm::app {
namespace {

// A comment, so that the config stays one, with or without it.
constexpr std::string_view kUnitsMark = "# units: ";

}  // namespace

std::string SessionRecord::open(const Config& config, const std::string& session_dir,
                                std::string_view mode, std::span<const Instrument> instruments,
                                Nanos start, const SessionOpening& opening,
                                std::span<const std::string> units) {
  const Nanos wall = Clock().now();
  if (std::string error = SessionFolder::create(config.session.dir, session_dir, wall, folder_);
      !error.empty()) {
    return error;
  }
  if (!lock_.take(folder_.path())) return folder_.path() + ": is held by another process";
  std::string text = effective_text(config);
  for (const std::string& line : units) text += fmt::format("{}{}\n", kUnitsMark, line);
  if (std::string error = folder_.write_config(text); !error.empty()) return error;
  JournalHeader header;
  header.start_time = start;
  header.mode = mode;
  header.build = build_line();
  header.config = redacted(text);
  header.instruments = instrument_lines(instruments);
  header.opening = opening_text(opening);
  journal_.hold(0);  // until the ledger has them
  return journal_.open(
      folder_.journal(), std::move(header),
      {.segment_bytes_max = static_cast<std::uint64_t>(config.journal.segment_bytes),
       .segments_max = static_cast<std::uint32_t>(config.journal.segments_max)});
}

void SessionRecord::follow(std::uint64_t records_max) {
  const std::uint64_t closed = journal_.closed();
  if (!follows_ || (ledger_ == nullptr ? 0 : ledger_->taken()) >= closed) return;
  std::string error;
  if (ledger_ == nullptr) {
    ledger_ = std::make_unique<LedgerBuilder>(folder_, folder_.ledger());
    error = ledger_->open();
  }
  if (error.empty()) {
    const std::uint64_t taken = ledger_->taken();
    error = ledger_->take_to(taken + std::min(closed - taken, records_max));
  }
  const bool all = ledger_->taken() >= closed;
  if (error.empty() && all) error = ledger_->keep();
  if (error.empty()) return journal_.hold(ledger_->segment() + (all ? 1 : 0));
  // close() begins again; the disk is bounded all the same.
  ledger_.reset();
  follows_ = false;
  journal_.hold(JournalWriter::kHoldNone);
}

LedgerBuild SessionRecord::finish_ledger() {
  if (ledger_ != nullptr) {
    LedgerBuild build = ledger_->finish();
    ledger_.reset();
    if (build.error.empty()) return build;
  }
  return build_ledger(folder_);
}

std::string SessionRecord::close(std::uint64_t output_hash, std::uint64_t commands, Nanos end,
                                 Summary& summary, const std::string& json_file) {
  JournalEnd tail;
  tail.end_time = end;
  tail.output_hash = output_hash;
  tail.commands = commands;
  std::string error = journal_.end(tail);
  summary.session = folder_.path();
  summary.journal_lost = static_cast<std::int64_t>(journal_.lost());
  summary.output_hash = output_hash;
  if (error.empty()) {
    // Why records are missing, or why there is no room for the ledger either.
    if (const std::string why = journal_.error(); !why.empty()) summary.notes.push_back(why);
    LedgerBuild ledger = finish_ledger();
    error = std::move(ledger.error);
    const bool same = ledger.replayed.status == ReplayStatus::kSame;
    const bool known = ledger.replayed.status != ReplayStatus::kNoBeginning;
    if (error.empty()) summary.invariants.emplace_back("replay", same || !known ? 0 : 1);
    if (error.empty() && !same) summary.notes.push_back(ledger.replayed.message);
    journal_.hold(JournalWriter::kHoldNone);
    journal_.trim();
  }
  // What is known is written all the same.
  for (const LatencySummary& stage : summary.latency) {
    const std::string next = folder_.write_latency(stage.stage, stage.hgrm);
    if (error.empty()) error = next;
  }
  const std::string json = to_json(summary);
  for (const std::string& next :
       {folder_.write_summary(json),
        json_file.empty() ? std::string() : write_durably(json_file, json)}) {
    if (error.empty()) error = next;
  }
  return error;
}

std::vector<std::string_view> units_lines(std::string_view config) {
  std::vector<std::string_view> lines;
  while (!config.empty()) {
    const std::size_t end = std::min(config.find('\n'), config.size());
    const std::string_view line = config.substr(0, end);
    config.remove_prefix(std::min(end + 1, config.size()));
    if (line.starts_with(kUnitsMark)) lines.push_back(line.substr(kUnitsMark.size()));
  }
  return lines;
}

}  // namespace mm::app
