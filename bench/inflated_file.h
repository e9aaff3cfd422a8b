// A gzip'd file inflated into memory, which can be opened by its path: to read it without zlib.
//
// Linux; gone with the object.
#pragma once

#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include <array>
#include <string>

namespace mm {

class InflatedFile {
 public:
  explicit InflatedFile(const std::string& packed) : fd_(memfd_create("capture", MFD_CLOEXEC)) {
    gzFile in = gzopen(packed.c_str(), "rb");
    std::array<char, 1 << 16> bytes;
    int count = 0;
    while (in != nullptr && (count = gzread(in, bytes.data(), bytes.size())) > 0) {
      if (write(fd_, bytes.data(), static_cast<std::size_t>(count)) != count) break;
    }
    if (in != nullptr) gzclose(in);
  }
  ~InflatedFile() { close(fd_); }
  InflatedFile(const InflatedFile&) = delete;
  InflatedFile& operator=(const InflatedFile&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

}  // namespace mm
