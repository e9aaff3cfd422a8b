// Files that are in memory and can be opened by a path: to read captures without disk or zlib.
//
// Linux; gone with the object.
#pragma once

#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <string>
#include <string_view>

namespace mm {

class MemoryFile {
 public:
  explicit MemoryFile(std::string_view bytes) : fd_(memfd_create("capture", MFD_CLOEXEC)) {
    while (!bytes.empty()) {
      const ssize_t count = write(fd_, bytes.data(), bytes.size());
      if (count <= 0) break;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
  }
  ~MemoryFile() { close(fd_); }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

// What is in a gzip'd file; empty if it cannot be read.
inline std::string inflated(const std::string& packed) {
  gzFile in = gzopen(packed.c_str(), "rb");
  std::string all;
  std::array<char, 1 << 16> bytes;
  int count = 0;
  while (in != nullptr && (count = gzread(in, bytes.data(), bytes.size())) > 0) {
    all.append(bytes.data(), static_cast<std::size_t>(count));
  }
  if (in != nullptr) gzclose(in);
  return all;
}

}  // namespace mm
