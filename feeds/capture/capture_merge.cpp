#include "feeds/capture/capture_merge.h"

namespace mm {

CaptureMerge::CaptureMerge(const std::vector<std::string>& paths, std::size_t line_max) {
  heads_.reserve(paths.size());
  for (const std::string& path : paths) {
    heads_.push_back({CaptureReader(path, line_max)});
    if (error_.empty()) error_ = heads_.back().reader.error();
  }
}

ReadResult CaptureMerge::next(CaptureLine& line) {
  const Head* first = nullptr;
  for (std::size_t i = 0; i < heads_.size(); ++i) {
    Head& head = heads_[i];
    if (!head.full && !head.ended) {
      const ReadResult result = head.reader.next(head.line);
      if (result == ReadResult::kProblem) {
        source_ = i;
        return result;
      }
      head.full = result == ReadResult::kLine;
      head.ended = !head.full;
    }
    if (head.full && (first == nullptr || head.line.at < first->line.at)) {
      first = &head;
      source_ = i;
    }
  }
  if (first == nullptr) return ReadResult::kEnd;
  line = first->line;
  heads_[source_].full = false;
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
