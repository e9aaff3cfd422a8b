// The journal of a seed's engine, in a folder of its own that goes with it, and its replay: the
// commands that come out must be those that went out.
//
// Cold, any thread, but for the writer, which is used where the engine runs.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "engine/app/config/config.h"
#include "engine/journal/journal_writer.h"
#include "engine/journal/session_opening.h"

namespace mm::app {

class SoakJournal {
 public:
  SoakJournal() = default;
  ~SoakJournal();
  SoakJournal(const SoakJournal&) = delete;
  SoakJournal& operator=(const SoakJournal&) = delete;

  // Returns the error, empty if none.
  [[nodiscard]] std::string open(const Config& config, std::span<const Instrument> instruments,
                                 const SessionOpening& opening);
  JournalWriter& writer() { return writer_; }
  // Of an engine that was shut down.
  [[nodiscard]] std::string end(Nanos now, std::uint64_t output_hash, std::uint64_t commands);
  // All `records` are in it and give the same: empty, or what differs. Without an end it is that of
  // an engine that was killed.
  [[nodiscard]] std::string replay(std::uint64_t records);

 private:
  std::string path() const;

  std::string folder_;
  JournalWriter writer_;
};

}  // namespace mm::app
