// A journal in a folder of its own that goes when the object does, bounded on disk.
//
// Cold but for its writer. One thread.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <string>

#include "engine/journal/journal_writer.h"

namespace mm::bench {

class ScratchJournal {
 public:
  ScratchJournal() {
    static int number = 0;
    folder_ = std::filesystem::temp_directory_path() /
              ("mm_bench." + std::to_string(::getpid()) + "." + std::to_string(++number));
    std::filesystem::create_directories(folder_);
    error_ = writer_.open((folder_ / "journal.bin").string(), {},
                          {.segment_bytes_max = 64 << 20, .segments_max = 2});
  }
  ~ScratchJournal() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  ScratchJournal(const ScratchJournal&) = delete;
  ScratchJournal& operator=(const ScratchJournal&) = delete;

  JournalWriter& writer() { return writer_; }
  const std::string& error() const { return error_; }

 private:
  std::filesystem::path folder_;
  JournalWriter writer_;
  std::string error_;
};

}  // namespace mm::bench
