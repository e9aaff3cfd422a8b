#include "gateway/binance/secret_text.h"

#include <openssl/crypto.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <utility>

namespace mm::binance::orders {

SecretText::SecretText(std::size_t bytes) {
  if (bytes == 0) return;
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const std::size_t mapped = (bytes + page - 1) / page * page;
  void* const memory =
      mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return;
  madvise(memory, mapped, MADV_DONTDUMP);
  mlock(memory, mapped);  // a small limit may forbid it: then it can be swapped
  data_ = static_cast<char*>(memory);
  size_ = bytes;
  mapped_ = mapped;
}

SecretText::SecretText(std::string_view text) : SecretText(text.size()) {
  if (!empty()) std::memcpy(data_, text.data(), text.size());
}

SecretText::~SecretText() {
  if (data_ == nullptr) return;
  OPENSSL_cleanse(data_, mapped_);
  munmap(data_, mapped_);
}

SecretText::SecretText(SecretText&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      mapped_(std::exchange(other.mapped_, 0)) {}

SecretText& SecretText::operator=(SecretText&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
  std::swap(mapped_, other.mapped_);
  return *this;
}

void SecretText::shorten(std::size_t bytes) {
  if (bytes >= size_) return;
  OPENSSL_cleanse(data_ + bytes, size_ - bytes);
  size_ = bytes;
}

}  // namespace mm::binance::orders
