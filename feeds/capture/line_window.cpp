#include "feeds/capture/line_window.h"

#include <algorithm>

namespace mm {

void LineWindow::push(const CaptureLine& line) {
  Slot& slot = slots_[(begin_ + count_++) % kSlots];
  slot.text.reserve(line.text.size() + CaptureLine::kPadding);
  slot.text.assign(line.text.begin(), line.text.end());
  slot.text.resize(line.text.size() + CaptureLine::kPadding);
  slot.line = line;
  slot.line.text = {slot.text.data(), line.text.size()};
  text_size_ += line.text.size();
}

CaptureLine LineWindow::pop() {
  // Of the line before; `= {}` would keep the memory.
  slots_[(begin_ + kSlots - 1) % kSlots].text = std::vector<char>();
  const CaptureLine line = front();
  begin_ = (begin_ + 1) % kSlots;
  --count_;
  text_size_ -= line.text.size();
  return line;
}

std::span<const Nanos> LineWindow::times() {
  for (std::size_t i = 0; i < count_; ++i) times_[i] = slots_[(begin_ + i) % kSlots].line.at;
  return {times_.data(), count_};
}

}  // namespace mm
