#include "engine/runtime/histogram.h"

#include <cinttypes>
#include <cstdio>

namespace mm {
namespace {

std::uint64_t square_root(Int128 n) {
  std::uint64_t root = 0;
  for (std::uint64_t bit = std::uint64_t{1} << 62; bit != 0; bit >>= 1) {
    const std::uint64_t trial = root | bit;
    if (Int128{trial} * Int128{trial} <= n) root = trial;
  }
  return root;
}

// Percentiles as parts of 1e12, as fine as .hgrm prints them.
constexpr std::uint64_t kWhole = 1'000'000'000'000;

void append_row(std::string& out, std::uint64_t value, std::uint64_t parts, std::uint64_t rank) {
  char row[128];
  int length =
      std::snprintf(row, sizeof row, "%8" PRIu64 ".000 %" PRIu64 ".%012" PRIu64 " %10" PRIu64,
                    value, parts / kWhole, parts % kWhole, rank);
  out.append(row, static_cast<std::size_t>(length));
  if (parts < kWhole) {  // 1 / (1 - percentile)
    const std::uint64_t hundredths = 100 * kWhole / (kWhole - parts);
    length = std::snprintf(row, sizeof row, " %11" PRIu64 ".%02" PRIu64, hundredths / 100,
                           hundredths % 100);
    out.append(row, static_cast<std::size_t>(length));
  }
  out += '\n';
}

}  // namespace

void Histogram::merge(const Histogram& other) {
  for (std::size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
  count_ += other.count_;
  sum_ += other.sum_;
  max_ = std::max(max_, other.max_);
}

Nanos Histogram::mean() const {
  return Nanos(count_ == 0 ? 0 : static_cast<std::int64_t>(sum_ / count_));
}

Nanos Histogram::percentile(std::uint32_t ppm) const {
  if (count_ == 0) return Nanos{};
  const Int128 rank = (Int128{count_} * ppm + 999'999) / 1'000'000;
  return Nanos(static_cast<std::int64_t>(
      value_at_rank(std::clamp(static_cast<std::uint64_t>(rank), std::uint64_t{1}, count_))));
}

std::uint64_t Histogram::value_at_rank(std::uint64_t rank) const {
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    seen += buckets_[i];
    if (seen >= rank) return std::min(bucket_end(i), max_);
  }
  return max_;
}

// Distances beyond an hour count as an hour, so that the sum fits.
Int128 Histogram::variance() const {
  if (count_ == 0) return 0;
  constexpr Int128 kFar = Int128{3600} * kSecond.v;
  Int128 squares = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    const Int128 distance = std::clamp(Int128{bucket_end(i)} - mean().v, -kFar, kFar);
    squares += distance * distance * Int128{buckets_[i]};
  }
  return squares / Int128{count_};
}

// Five rows to each halving of what is left above, until the greatest value is reached.
std::string Histogram::to_hgrm() const {
  std::string out = "       Value     Percentile TotalCount 1/(1-Percentile)\n\n";
  std::uint64_t left = kWhole;
  std::uint64_t rank = 0;
  for (int step = 0; count_ > 0 && rank < count_; ++step) {
    const std::uint64_t parts = kWhole - left + left / 10 * static_cast<std::uint64_t>(step % 5);
    rank = static_cast<std::uint64_t>((Int128{count_} * parts + kWhole - 1) / kWhole);
    rank = std::clamp(rank, std::uint64_t{1}, count_);
    if (rank < count_) append_row(out, value_at_rank(rank), parts, rank);
    if (step % 5 == 4) left /= 2;
  }
  append_row(out, max_, kWhole, count_);
  char tail[192];
  const int length = std::snprintf(tail, sizeof tail,
                                   "#[Mean    = %8" PRId64 ".000, StdDeviation   = %8" PRIu64
                                   ".000]\n"
                                   "#[Max     = %8" PRIu64 ".000, Total count    = %12" PRIu64
                                   "]\n"
                                   "#[Buckets = %12d, SubBuckets     = %12d]\n",
                                   mean().v, square_root(variance()), max_, count_,
                                   63 - kSubBits + 1, static_cast<int>(kSub));
  out.append(tail, static_cast<std::size_t>(length));
  return out;
}

}  // namespace mm
