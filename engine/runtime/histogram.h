// Latency histogram: log-linear buckets, 32 to each doubling, so a value is known to within 3.2 %.
//
// One writer, who alone reads it while it writes; others take a copy or merge() it afterwards.
// 15 KiB inside the object, nothing allocated; record() is about 1 ns. Values are nanoseconds (any
// non-negative integer; below zero counts as zero).
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <string>

#include "engine/core/types.h"

namespace mm {

class Histogram {
 public:
  void record(Nanos value) {
    const auto v = static_cast<std::uint64_t>(std::max<std::int64_t>(value.v, 0));
    ++buckets_[bucket_of(v)];
    ++count_;
    sum_ += v;
    max_ = std::max(max_, v);
  }
  void merge(const Histogram& other);
  void clear() { *this = Histogram{}; }

  std::uint64_t count() const { return count_; }
  Nanos max() const { return Nanos(static_cast<std::int64_t>(max_)); }
  Nanos mean() const;
  // The least value that at least `ppm` millionths of all values do not exceed, rounded up to the
  // end of its bucket, never above max(). p99.9 is percentile(999'000). 0 when empty.
  Nanos percentile(std::uint32_t ppm) const;
  Nanos p50() const { return percentile(500'000); }
  Nanos p90() const { return percentile(900'000); }
  Nanos p99() const { return percentile(990'000); }
  Nanos p999() const { return percentile(999'000); }

  Nanos sum() const { return Nanos(static_cast<std::int64_t>(sum_)); }
  // Calls visit(greatest value, count) for each bucket that is in use, in order.
  template <class Visit>
  void for_each_bucket(Visit visit) const {
    for (std::size_t b = 0; count_ > 0 && b <= bucket_of(max_); ++b) {
      if (buckets_[b] > 0) visit(Nanos(static_cast<std::int64_t>(bucket_end(b))), buckets_[b]);
    }
  }

  // The percentile distribution as the text that HdrHistogram's plotter reads (.hgrm).
  std::string to_hgrm() const;

 private:
  static constexpr int kSubBits = 5;
  static constexpr std::uint64_t kSub = 1u << kSubBits;
  static constexpr std::size_t kBuckets = (63 - kSubBits + 1) * kSub;

  // Below 2 * kSub every value has a bucket; above, its top six bits choose one.
  static constexpr std::size_t bucket_of(std::uint64_t v) {
    if (v < kSub) return static_cast<std::size_t>(v);
    const int shift = static_cast<int>(std::bit_width(v)) - kSubBits - 1;
    return static_cast<std::size_t>(static_cast<std::uint64_t>(shift) * kSub + (v >> shift));
  }
  static constexpr std::uint64_t bucket_end(std::size_t bucket) {
    if (bucket < kSub) return bucket;
    const std::size_t shift = bucket / kSub - 1;
    return ((bucket % kSub + kSub + 1) << shift) - 1;
  }
  std::uint64_t value_at_rank(std::uint64_t rank) const;  // 1 is the least of all values
  Int128 variance() const;

  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t max_ = 0;
  std::array<std::uint64_t, kBuckets> buckets_{};
};

}  // namespace mm
