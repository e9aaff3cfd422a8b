#include "feeds/capture/line_window.h"

#include <algorithm>

namespace mm {

void LineWindow::push(const CaptureLine& line) {
  Slot& slot = slots_[(begin_ + count_++) % kLines];
  slot.text.assign(line.text.begin(), line.text.end());
  slot.text.resize(line.text.size() + CaptureLine::kPadding);
  slot.line = line;
  slot.line.text = {slot.text.data(), line.text.size()};
  text_size_ += line.text.size();
}

CaptureLine LineWindow::pop() {
  const CaptureLine line = front();
  begin_ = (begin_ + 1) % kLines;
  --count_;
  text_size_ -= line.text.size();
  // What a window of long lines took is not kept by every slot; the last line is still read.
  if (count_ == 0) {
    for (Slot& slot : slots_) {
      if (slot.text.data() != line.text.data()) slot.text = {};
    }
  }
  return line;
}

std::span<const Nanos> LineWindow::times() {
  for (std::size_t i = 0; i < count_; ++i) times_[i] = slots_[(begin_ + i) % kLines].line.at;
  return {times_.data(), count_};
}

}  // namespace mm
