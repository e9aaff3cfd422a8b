// A file on tmpfs mapped into this process: what was stored there survives kill -9.
//
// Cold to make; the mapping is memory like any other and may be used by any thread (and never makes
// a hot one wait for a disk). It is reserved and touched at once, readable by its owner only, and
// gets its name when it is complete. While the process lives it holds the file's lock, which the
// kernel lets go however the process ends: a file that nobody holds was left behind. It does not
// outlive the machine. Errors are values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

namespace mm {

class SharedFile {
 public:
  static constexpr const char* kFolder = "/dev/shm";

  SharedFile() = default;
  ~SharedFile() { close(); }  // the file stays
  SharedFile(SharedFile&& other) noexcept { swap(other); }
  SharedFile& operator=(SharedFile&& other) noexcept {
    SharedFile old(std::move(other));
    swap(old);
    return *this;
  }

  // Zeroed memory without a name, held by this process. Returns the error, empty if none.
  [[nodiscard]] std::string reserve(std::size_t bytes);
  // Gives it a name in kFolder that must not be taken.
  [[nodiscard]] std::string publish(const std::string& name);
  // Maps a file to be looked at, touching nothing of it. Names of other kinds and of other owners
  // are refused.
  enum class Found : std::uint8_t { kOpen, kHeld, kGone, kRefused };
  Found open(const std::string& path);
  // kOpen: the process of the file that is looked at has ended, and this one holds it now. kHeld:
  // it lives. Looking holds nothing, so who looks for something else is in nobody's way.
  Found hold();
  // Takes the name away, so that nobody finds it any more.
  void remove();

  bool is_open() const { return memory_.data() != nullptr; }
  std::span<std::byte> memory() const { return memory_; }
  // A copy of what lies there from that byte on; shorter where the file is. Who looks at a file of
  // unknown origin reads it so: whoever else has it may write on, or cut it short.
  std::size_t read(std::span<std::byte> into, std::size_t at) const;
  const std::string& path() const { return path_; }  // of a file that is held; empty before

 private:
  bool map(std::size_t bytes, int flags);
  void close();
  void swap(SharedFile& other) noexcept {
    std::swap(fd_, other.fd_);
    std::swap(memory_, other.memory_);
    std::swap(path_, other.path_);
    std::swap(looked_at_, other.looked_at_);
  }

  int fd_ = -1;
  std::span<std::byte> memory_;
  std::string path_, looked_at_;
};

}  // namespace mm
