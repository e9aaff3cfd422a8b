// Several captures as one: lines in the order of their receive times, equal times in file order.
//
// Owned by one thread. Each file keeps its own order, so a host clock that stepped back inside a
// file does not reorder it. Of n files a line costs O(log n) comparisons; no allocation.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "feeds/capture/capture_reader.h"

namespace mm {

class CaptureMerge {
 public:
  explicit CaptureMerge(const std::vector<std::string>& paths,
                        std::size_t line_max = CaptureReader::kLineMax);

  // Empty if all files are open; else why the first of them is not.
  const std::string& error() const { return error_; }

  // The next line, or problem, of any file; source() is the index of that file.
  ReadResult next(CaptureLine& line);
  std::size_t source() const { return source_; }
  const CaptureReader& reader() const { return heads_[source_].reader; }

  std::uint64_t bytes_read() const;
  std::uint64_t bytes_total() const;

 private:
  struct Head {
    CaptureReader reader;
    CaptureLine line{};
  };
  struct Turn {
    Nanos at;
    std::size_t file;
    bool operator>(const Turn& o) const { return at != o.at ? at > o.at : file > o.file; }
  };

  std::vector<Head> heads_;       // by file
  std::vector<Turn> turns_;       // a heap of the files whose line is read, the next one first
  std::vector<std::size_t> due_;  // files of which a line is to be read, the next one last
  std::size_t source_ = 0;
  std::string error_;
};

}  // namespace mm
