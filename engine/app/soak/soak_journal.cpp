#include "engine/app/soak/soak_journal.h"

#include <fmt/format.h>
#include <stdlib.h>

#include <cstring>
#include <filesystem>

#include "engine/app/session/replay_core.h"
#include "engine/journal/instrument_text.h"
#include "engine/journal/replay.h"

namespace mm::app {

SoakJournal::~SoakJournal() {
  std::error_code ignored;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

std::string SoakJournal::path() const {
  return folder_ + "/journal.bin";
}

std::string SoakJournal::open(const Config& config, std::span<const Instrument> instruments,
                              const SessionOpening& opening) {
  std::string pattern = std::filesystem::temp_directory_path() / "mm_soak.XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) {
    return fmt::format("no folder for a journal, {}: {}", pattern, std::strerror(errno));
  }
  folder_ = std::move(pattern);
  JournalHeader header;
  header.mode = "soak";
  header.config = effective_text(config);
  header.instruments = instrument_lines(instruments);
  header.opening = opening_text(opening);
  return writer_.open(path(), std::move(header));
}

std::string SoakJournal::end(Nanos now, std::uint64_t output_hash, std::uint64_t commands) {
  JournalEnd end;
  end.end_time = now;
  end.output_hash = output_hash;
  end.commands = commands;
  return writer_.end(end);
}

std::string SoakJournal::replay(std::uint64_t records) {
  const bool ended = !writer_.is_open();
  if (!ended) writer_.flush();
  if (const std::string error = writer_.error(); !error.empty()) return error;
  JournalReader reader;
  ReplayCore core;
  std::string error = reader.open(path());
  if (error.empty()) error = core.build(reader.header());
  if (!error.empty()) return error;
  const ReplayResult replayed = mm::replay(reader, core);
  if (replayed.status != (ended ? ReplayStatus::kSame : ReplayStatus::kTorn)) {
    return replayed.message;
  }
  if (replayed.records == records) return {};
  return fmt::format("{} records of {} events", replayed.records, records);
}

}  // namespace mm::app
