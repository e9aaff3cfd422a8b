#include "engine/app/session_record.h"

#include <algorithm>

#include "engine/app/replay_core.h"
#include "engine/app/version.h"
#include "engine/journal/instrument_text.h"
#include "engine/journal/replay.h"

namespace mm::app {

std::string SessionRecord::open(const Config& config, const std::string& session_dir,
                                std::string_view mode, std::span<const Instrument> instruments,
                                Nanos start) {
  const Nanos wall = Clock().now();
  if (std::string error = SessionFolder::create(config.session.dir, session_dir, wall, folder_);
      !error.empty()) {
    return error;
  }
  const std::string text = effective_text(config);
  if (std::string error = folder_.write_config(text); !error.empty()) return error;
  JournalHeader header;
  header.start_time = start;
  header.mode = mode;
  header.build = build_line();
  header.config = redacted(text);
  header.instruments = instrument_lines(instruments);
  return journal_.open(
      folder_.journal(), std::move(header),
      {.segment_bytes_max = static_cast<std::uint64_t>(config.journal.segment_bytes),
       .segments_max = static_cast<std::uint32_t>(config.journal.segments_max)});
}

std::string SessionRecord::close(std::uint64_t output_hash, std::uint64_t commands, Nanos end,
                                 Summary& summary, const std::string& json_file) {
  JournalEnd tail;
  tail.end_time = end;
  tail.output_hash = output_hash;
  tail.commands = commands;
  std::string error = journal_.end(tail);
  summary.session = folder_.path();
  summary.output_hash = output_hash;
  if (error.empty()) error = write_ledger(summary);
  // What is known is written all the same.
  const std::string json = to_json(summary);
  for (const std::string& next :
       {folder_.write_summary(json),
        json_file.empty() ? std::string() : write_durably(json_file, json)}) {
    if (error.empty()) error = next;
  }
  return error;
}

// The ledger comes from the journal alone; that the journal replays is checked on the way.
std::string SessionRecord::write_ledger(Summary& summary) {
  JournalReader reader;
  if (std::string error = reader.open(folder_.journal()); !error.empty()) return error;
  ReplayCore core;
  if (std::string error = core.build(reader.header()); !error.empty()) return error;
  LedgerWriter ledger;
  if (std::string error =
          ledger.open(folder_.ledger(), folder_.name(), reader.header(), core.instruments());
      !error.empty()) {
    return error;
  }
  core.attach(&ledger);
  const ReplayResult replayed = replay(reader, core);
  const bool same = replayed.status == ReplayStatus::kSame;
  summary.invariants.emplace_back("replay", same ? 0 : 1);
  if (!same) summary.notes.push_back(replayed.message);
  const auto believed = [&core](ClientOrderId id) {
    const auto rows = core.core().orders().rows();
    const auto row = std::ranges::find(rows, id, &Order::id);
    return row == rows.end() ? OrderState::kFree : row->state;
  };
  ledger.settle(believed, core.core().now());
  const JournalEnd end = reader.end();
  return ledger.close(same ? &end : nullptr);
}

}  // namespace mm::app
