// Text with the readable bytes behind it that the parsers of JSON ask for.
//
// Its memory is exactly that long, so that the address sanitizer sees a read beyond it.
#pragma once

#include <algorithm>
#include <memory>
#include <string_view>

namespace mm::test {

class Padded {
 public:
  static constexpr std::size_t kPadding = 64;

  explicit Padded(std::string_view text) : size_(text.size()), bytes_(new char[size_ + kPadding]) {
    std::fill_n(std::copy(text.begin(), text.end(), bytes_.get()), kPadding, '\0');
  }
  std::string_view text() const { return {bytes_.get(), size_}; }

 private:
  std::size_t size_;
  std::unique_ptr<char[]> bytes_;
};

}  // namespace mm::test
