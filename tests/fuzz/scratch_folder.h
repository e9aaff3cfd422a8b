// A folder for the files of a fuzz target, in memory; gone with the object.
#pragma once

#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace mm::test {

class ScratchFolder {
 public:
  ScratchFolder() {
    if (::mkdtemp(path_.data()) == nullptr) std::abort();
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(std::string_view file) const { return path_ + '/' + std::string(file); }
  void write(std::string_view file, std::string_view bytes) const {
    std::ofstream(*this / file, std::ios::binary | std::ios::trunc) << bytes;
  }
  void append(std::string_view file, std::string_view bytes) const {
    std::ofstream(*this / file, std::ios::binary | std::ios::app) << bytes;
  }

 private:
  std::string path_ = "/dev/shm/mm_fuzz_XXXXXX";
};

}  // namespace mm::test
