// The lines of a capture that are read ahead of the one in doubt, copied, in order.
//
// Owned by the capture's reader. Bounded by lines and by text: more than its bound by one line at
// most. Allocates a line's text when it comes in and gives it back when the next one goes.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "feeds/capture/capture_line.h"
#include "feeds/capture/receive_times.h"

namespace mm {

class LineWindow {
 public:
  explicit LineWindow(std::size_t text_max) : text_max_(text_max) {}

  bool empty() const { return count_ == 0; }
  bool full() const { return count_ == kLines || text_size_ >= text_max_; }
  const CaptureLine& front() const { return slots_[begin_].line; }

  // Only while it is not full.
  void push(const CaptureLine& line);
  // The line's text is valid until the next call of either.
  CaptureLine pop();
  // Of all lines, in order; valid until the next call.
  std::span<const Nanos> times();

 private:
  struct Slot {
    CaptureLine line;
    std::vector<char> text;
  };
  static constexpr std::size_t kLines = ReceiveTimes::kWindow;
  static constexpr std::size_t kSlots = kLines + 1;  // the last line that went is still read

  std::size_t text_max_;
  std::size_t text_size_ = 0;
  std::size_t begin_ = 0, count_ = 0;
  std::array<Nanos, kLines> times_{};
  std::vector<Slot> slots_ = std::vector<Slot>(kSlots);
};

}  // namespace mm
