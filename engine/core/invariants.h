// The invariants of the engine by name, and how often each was seen broken.
//
// Checked by the core's own thread at every decision, in tests, simulation and production; a few
// integer comparisons each, no allocation. A broken one pulls all quotes and needs a resume.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mm {

enum class Invariant : std::uint8_t {
  kExposure,           // position + everything that may be live stays within the limit
  kDefinitiveEnd,      // an order ends only by a legal transition on the venue's word
  kPassive,            // no fill as taker
  kOwnCross,           // no own buy at or above an own sell
  kPositionExplained,  // position = opening + fills - fees in base
  kNoStaleQuote,       // nothing rests without a cancel under way while quotes are pulled
  kCancelLane,         // no cancel ever waited for budget
  kFlatWhenStopped,    // stopped means no order left
  kBounded,            // no queue or table overflowed unhandled
  kCount
};

constexpr std::string_view name(Invariant i) {
  constexpr std::array<std::string_view, static_cast<std::size_t>(Invariant::kCount)> names{
      "exposure",       "definitive_end", "passive",           "own_cross", "position_explained",
      "no_stale_quote", "cancel_lane",    "flat_when_stopped", "bounded"};
  return names[static_cast<std::size_t>(i)];
}

class InvariantCounts {
 public:
  // Returns `holds`, counting where it does not.
  bool check(Invariant i, bool holds) {
    if (!holds) ++violations_[static_cast<std::size_t>(i)];
    return holds;
  }
  std::uint64_t violations(Invariant i) const { return violations_[static_cast<std::size_t>(i)]; }
  std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t v : violations_) sum += v;
    return sum;
  }

 private:
  std::array<std::uint64_t, static_cast<std::size_t>(Invariant::kCount)> violations_{};
};

}  // namespace mm
