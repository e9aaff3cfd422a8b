#include "gateway/binance/account_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/sha.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>

namespace mm::binance::orders {
namespace {

std::string digest(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> bytes;
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), bytes.data());
  std::string out;
  for (std::size_t i = 0; i < 8; ++i) out += fmt::format("{:02x}", bytes[i]);
  return out;
}

std::string holder(int fd) {
  std::array<char, 32> text;
  const ssize_t bytes = pread(fd, text.data(), text.size(), 0);
  return bytes > 0 ? std::string(text.data(), static_cast<std::size_t>(bytes)) : "unknown";
}

}  // namespace

AccountLock::AccountLock(std::string_view api_key, std::uint8_t instance,
                         const std::string& folder) {
  std::error_code ignored;  // then it cannot be opened either, which says more
  std::filesystem::create_directories(folder, ignored);
  path_ = fmt::format("{}/mm_logic-{}-{}.lock", folder, digest(api_key), instance);
  fd_ = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd_ < 0) {
    error_ = fmt::format("cannot open the lock {}: {}", path_, std::strerror(errno));
    return;
  }
  if (flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    error_ =
        fmt::format("another engine trades with this API key as instance {}: process {} holds {}",
                    instance, holder(fd_), path_);
    return;
  }
  const std::string pid = std::to_string(getpid());
  if (ftruncate(fd_, 0) != 0 ||
      pwrite(fd_, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    error_ = fmt::format("cannot write the lock {}: {}", path_, std::strerror(errno));
  }
}

AccountLock::~AccountLock() {
  if (fd_ >= 0) close(fd_);
}

}  // namespace mm::binance::orders
