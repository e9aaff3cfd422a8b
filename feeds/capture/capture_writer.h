// Writes a capture: `<receive time in ns> <raw JSON>` a line, plain or gzip (a name ending in .gz).
//
// Cold: one thread, blocks on the disk, allocates. What CaptureReader reads back. A message's line
// breaks become spaces, which JSON does not mind. flush() makes what was written so far a readable
// file even if the process dies; the first error is kept and nothing is written after it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/core/types.h"

namespace mm {

class CaptureWriter {
 public:
  // Refuses to overwrite an existing file.
  explicit CaptureWriter(const std::string& path);
  ~CaptureWriter();
  CaptureWriter(const CaptureWriter&) = delete;
  CaptureWriter& operator=(const CaptureWriter&) = delete;

  // Empty, or what went wrong first, with the path.
  const std::string& error() const { return error_; }
  void write(Nanos received, std::string_view text);
  void flush();
  // Ends the file; false (see error()) if not everything is on the disk.
  bool close();

  std::uint64_t lines() const { return lines_; }
  std::uint64_t bytes() const { return bytes_; }  // before compression

 private:
  struct File;  // zlib's, behind the wall

  void fail(std::string_view what);

  std::string path_, error_, line_;
  std::unique_ptr<File> file_;
  std::uint64_t lines_ = 0, bytes_ = 0;
};

}  // namespace mm
