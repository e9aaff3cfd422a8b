// When each of a fixed number of things is due next, and which of them first; ties go to the first.
//
// Owned by the exchange's thread; allocated at construction. A tree of the earlier of two: moving a
// time costs a comparison for each doubling of their number, asking for the first nothing.
#pragma once

#include <bit>
#include <cstddef>
#include <vector>

#include "engine/core/types.h"

namespace mm::sim {

class DueTimes {
 public:
  explicit DueTimes(std::size_t count) : leaves_(std::bit_ceil(count)), nodes_(2 * leaves_) {
    for (std::size_t i = 0; i < leaves_; ++i) nodes_[leaves_ + i].which = i;
  }

  Nanos first_time() const { return nodes_[1].time; }  // kNever: nothing is due
  std::size_t first() const { return nodes_[1].which; }

  void set(std::size_t which, Nanos time) {
    std::size_t at = leaves_ + which;
    Node first{time, which};
    nodes_[at] = first;
    // No branch, as nobody could predict which of the two is earlier; and nothing is read that was
    // just written, so that the other sides of all comparisons are on their way at once.
    for (; at > 1; at /= 2) {
      const Node& other = nodes_[at ^ 1];
      const bool other_first =
          (other.time < first.time) | ((other.time == first.time) & ((at & 1) != 0));
      first.time = other_first ? other.time : first.time;
      first.which = other_first ? other.which : first.which;
      nodes_[at / 2] = first;
    }
  }

 private:
  struct Node {
    Nanos time{kNever};
    std::size_t which = 0;
  };

  std::size_t leaves_;
  std::vector<Node> nodes_;  // the root is 1, the children of n are 2n and 2n + 1
};

}  // namespace mm::sim
