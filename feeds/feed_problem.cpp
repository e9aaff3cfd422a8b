#include "feeds/feed_problem.h"

#include <algorithm>
#include <cstring>

namespace mm {

const char* name(FeedProblem p) {
  switch (p) {
    case FeedProblem::kNone:
      return "none";
    case FeedProblem::kBadGzip:
      return "corrupt gzip";
    case FeedProblem::kReadError:
      return "read error";
    case FeedProblem::kBadTime:
      return "line without a receive time";
    case FeedProblem::kLongLine:
      return "line too long";
    case FeedProblem::kCutLine:
      return "last line cut";
    case FeedProblem::kBadJson:
      return "invalid JSON";
    case FeedProblem::kMissingField:
      return "field missing";
    case FeedProblem::kBadNumber:
      return "number out of range or not a number";
    case FeedProblem::kOffGrid:
      return "price or quantity not a whole number of ticks or lots";
    case FeedProblem::kTooManyLevels:
      return "too many price levels";
    case FeedProblem::kUnknownSymbol:
      return "unknown symbol";
    case FeedProblem::kUnknownMessage:
      return "unknown stream";
    case FeedProblem::kUnplacedSnapshot:
      return "snapshot of no known symbol";
    case FeedProblem::kStaleSnapshot:
      return "snapshot older than its diffs";
    case FeedProblem::kVenueError:
      return "error message of the venue";
    case FeedProblem::kBatchFull:
      return "message too big for the event batch";
    case FeedProblem::kCount:
      break;
  }
  return "?";
}

void FeedProblems::add(FeedProblem p, std::string_view where) {
  Kind& k = kinds_[index(p)];
  if (k.count++ != 0) return;
  ++unsaid_;
  k.length = std::min(where.size(), kTextMax);
  std::memcpy(k.first.data(), where.data(), k.length);
}

std::uint64_t FeedProblems::bad_lines() const {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < kinds_.size(); ++i)
    if (is_bad_line(static_cast<FeedProblem>(i))) total += kinds_[i].count;
  return total;
}

}  // namespace mm
