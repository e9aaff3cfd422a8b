#include "engine/runtime/shared_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace mm {
namespace {

std::string failure(std::string_view what, int error) {
  return fmt::format("{}: {}: {}", SharedFile::kFolder, what, std::strerror(error));
}

}  // namespace

std::string SharedFile::reserve(std::size_t bytes) {
  close();
  // Without a name until publish(): a crash in between leaves nothing.
  fd_ = ::open(kFolder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd_ < 0) return failure("no file can be made", errno);
  if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) return failure("a file cannot be locked", errno);
  // Else a store would end the process when the memory is used up.
  if (const int error = ::posix_fallocate(fd_, 0, static_cast<off_t>(bytes)); error != 0) {
    return failure(fmt::format("no room for {} bytes", bytes), error);
  }
  return map(bytes, MAP_POPULATE) ? std::string() : failure("a file cannot be mapped", errno);
}

std::string SharedFile::publish(const std::string& name) {
  const std::string path = fmt::format("{}/{}", kFolder, name);
  const std::string unnamed = fmt::format("/proc/self/fd/{}", fd_);
  if (::linkat(AT_FDCWD, unnamed.c_str(), AT_FDCWD, path.c_str(), AT_SYMLINK_FOLLOW) != 0) {
    return fmt::format("{}: cannot be made: {}", path, std::strerror(errno));
  }
  path_ = path;
  return {};
}

SharedFile::Found SharedFile::open(const std::string& path) {
  close();
  fd_ = ::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd_ < 0) return errno == ENOENT ? Found::kGone : Found::kRefused;
  struct stat is = {};
  if (::fstat(fd_, &is) != 0 || !S_ISREG(is.st_mode) || is.st_uid != ::geteuid()) {
    return Found::kRefused;
  }
  if (is.st_size == 0 || !map(static_cast<std::size_t>(is.st_size), 0)) return Found::kRefused;
  looked_at_ = path;
  return Found::kOpen;
}

SharedFile::Found SharedFile::hold() {
  if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) return Found::kHeld;
  // Whoever held it until now may have finished with it.
  struct stat is = {};
  if (::fstat(fd_, &is) != 0 || is.st_nlink == 0) return Found::kGone;
  path_ = looked_at_;
  return Found::kOpen;
}

void SharedFile::remove() {
  if (!path_.empty()) ::unlink(path_.c_str());
  path_.clear();
}

bool SharedFile::map(std::size_t bytes, int flags) {
  void* const at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | flags, fd_, 0);
  if (at == MAP_FAILED) return false;
  memory_ = {static_cast<std::byte*>(at), bytes};
  return true;
}

std::size_t SharedFile::read(std::span<std::byte> into, std::size_t at) const {
  std::size_t done = 0;
  while (done < into.size()) {
    const ssize_t got =
        ::pread(fd_, into.data() + done, into.size() - done, static_cast<off_t>(at + done));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

void SharedFile::close() {
  if (is_open()) ::munmap(memory_.data(), memory_.size());
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  memory_ = {};
  path_.clear();
  looked_at_.clear();
}

}  // namespace mm
