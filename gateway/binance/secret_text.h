// Bytes nobody else may see: a key, or what is derived from one.
//
// Made at start on any thread, read-only afterwards. The bytes have pages of their own, left out
// of core dumps, kept out of the swap where the system allows, and overwritten before they are
// given back. There is deliberately no way to print one.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace mm::binance::orders {

class SecretText {
 public:
  SecretText() = default;
  explicit SecretText(std::size_t bytes);  // zeros; empty if there is no memory
  explicit SecretText(std::string_view text);
  ~SecretText();
  SecretText(SecretText&& other) noexcept;
  SecretText& operator=(SecretText&& other) noexcept;

  bool empty() const { return size_ == 0; }
  std::string_view view() const { return {data_, size_}; }
  std::span<char> bytes() { return {data_, size_}; }
  // Fewer bytes; those cut off are overwritten.
  void shorten(std::size_t bytes);

 private:
  char* data_ = nullptr;
  std::size_t size_ = 0;
  std::size_t mapped_ = 0;
};

}  // namespace mm::binance::orders
