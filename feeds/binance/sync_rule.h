// The venue's own rule for which difference may follow which book: spot and USD-M.
//
// Pure functions on ids. Spot numbers its updates without a hole, so a difference [U, u] chains to
// a book at id L if U <= L + 1. USD-M's ids have holes; there each difference names the one before
// it (pu). The first one after a snapshot at L chains if it reaches L and what it follows does not
// go beyond L, which includes the documented U <= L <= u.
#pragma once

#include <cstdint>

namespace mm::binance {

enum class Venue : std::uint8_t { kUnknown, kSpot, kUsdm };

struct DiffIds {
  std::uint64_t first = 0, last = 0, previous = 0;  // U, u, pu (0 on spot)
};

enum class DiffVerdict : std::uint8_t {
  kApply,
  kDrop,  // the book is already past it
  kGap    // something is missing: the book is worth nothing until the next snapshot
};

// Where a book stands: the id it has reached, by a snapshot or by a difference.
struct BookPosition {
  std::uint64_t id = 0;
  bool by_snapshot = false;
};

constexpr DiffVerdict judge_spot(const BookPosition& at, const DiffIds& diff) {
  if (diff.last <= at.id) return DiffVerdict::kDrop;
  return diff.first > at.id + 1 ? DiffVerdict::kGap : DiffVerdict::kApply;
}

constexpr DiffVerdict judge_usdm(const BookPosition& at, const DiffIds& diff) {
  if (at.by_snapshot) {
    if (diff.last < at.id) return DiffVerdict::kDrop;
    return diff.previous > at.id ? DiffVerdict::kGap : DiffVerdict::kApply;
  }
  if (diff.previous == at.id) return DiffVerdict::kApply;
  return diff.last <= at.id ? DiffVerdict::kDrop : DiffVerdict::kGap;
}

constexpr DiffVerdict judge(Venue venue, const BookPosition& at, const DiffIds& diff) {
  return venue == Venue::kUsdm ? judge_usdm(at, diff) : judge_spot(at, diff);
}

}  // namespace mm::binance
