// Random choices from a finite list, so that rapidcheck can shrink a failure.
#pragma once

#include <rapidcheck.h>

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace mm::test {

class Choices {
 public:
  explicit Choices(std::vector<std::uint32_t> numbers) : numbers_(std::move(numbers)) {}
  bool left() const { return at_ < numbers_.size(); }
  std::uint32_t below(std::size_t bound) {
    const std::uint32_t number = left() ? numbers_[at_++] : 0;
    return bound == 0 ? 0 : number % static_cast<std::uint32_t>(bound);
  }
  bool one_in(std::uint32_t n) { return below(n) == n - 1; }

 private:
  std::vector<std::uint32_t> numbers_;
  std::size_t at_ = 0;
};

// Up to `count` numbers over their whole range: long lists would bias them towards all bits set.
inline rc::Gen<std::vector<std::uint32_t>> random_numbers(int count) {
  using rc::gen::resize;
  return resize(count, rc::gen::container<std::vector<std::uint32_t>>(
                           resize(rc::kNominalSize, rc::gen::arbitrary<std::uint32_t>())));
}

}  // namespace mm::test
