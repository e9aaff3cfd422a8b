#include "feeds/capture/capture_merge.h"

#include <algorithm>
#include <functional>

namespace mm {

CaptureMerge::CaptureMerge(const std::vector<std::string>& paths, std::size_t line_max) {
  heads_.reserve(paths.size());
  turns_.reserve(paths.size());
  for (std::size_t i = paths.size(); i > 0; --i) due_.push_back(i - 1);
  for (const std::string& path : paths) {
    heads_.push_back({CaptureReader(path, line_max)});
    if (error_.empty()) error_ = heads_.back().reader.error();
  }
}

ReadResult CaptureMerge::next(CaptureLine& line) {
  for (; !due_.empty(); due_.pop_back()) {
    Head& head = heads_[due_.back()];
    const ReadResult result = head.reader.next(head.line);
    if (result == ReadResult::kEnd) continue;
    if (result == ReadResult::kProblem) {
      source_ = due_.back();
      return result;
    }
    turns_.push_back({head.line.at, due_.back()});
    std::ranges::push_heap(turns_, std::greater{});
  }
  if (turns_.empty()) return ReadResult::kEnd;
  source_ = turns_.front().file;
  std::ranges::pop_heap(turns_, std::greater{});
  turns_.pop_back();
  due_.push_back(source_);
  line = heads_[source_].line;
  return ReadResult::kLine;
}

std::uint64_t CaptureMerge::bytes_read() const {
  std::uint64_t total = 0;
  for (const Head& head : heads_) total += head.reader.bytes_read();
  return total;
}
std::uint64_t CaptureMerge::bytes_total() const {
  std::uint64_t total = 0;
  for (const Head& head : heads_) total += head.reader.bytes_total();
  return total;
}

}  // namespace mm
