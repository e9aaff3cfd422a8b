// Values kept for their percentiles, exactly.
//
// One thread, cold; eight bytes a value, sorted when first asked after an addition.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace mm {

class Distribution {
 public:
  void add(std::int64_t value) {
    values_.push_back(value);
    sorted_ = false;
  }
  std::size_t count() const { return values_.size(); }
  // The least value that `percent` of all do not exceed; 0 without any.
  std::int64_t percentile(std::size_t percent) {
    if (values_.empty()) return 0;
    if (!sorted_) std::ranges::sort(values_);
    sorted_ = true;
    const std::size_t rank = (values_.size() * percent + 99) / 100;
    return values_[rank == 0 ? 0 : rank - 1];
  }

 private:
  std::vector<std::int64_t> values_;
  bool sorted_ = true;
};

}  // namespace mm
