#include "feeds/feed_problem.h"

#include <algorithm>
#include <cstring>

namespace mm {

namespace {

struct Names {
  const char* key;
  const char* name;
};
// In the order of FeedProblem.
constexpr std::array<Names, static_cast<std::size_t>(FeedProblem::kCount)> kNames{
    {{"none", "none"},
     {"corrupt_gzip", "corrupt gzip"},
     {"read_error", "read error"},
     {"receive_time_back", "receive time over a second before that of the line before"},
     {"no_receive_time", "line without a receive time"},
     {"wrong_receive_time", "receive time far from its neighbours', used at theirs"},
     {"line_too_long", "line too long"},
     {"cut_line", "last line cut"},
     {"invalid_json", "invalid JSON"},
     {"field_missing", "field missing"},
     {"number_out_of_range", "number out of range or not a number"},
     {"off_grid", "price or quantity not a whole number of ticks or lots"},
     {"too_many_levels", "too many price levels"},
     {"unknown_symbol", "unknown symbol"},
     {"unknown_stream", "unknown stream"},
     {"unplaced_snapshot", "snapshot of no known symbol"},
     {"stale_snapshot", "snapshot older than its diffs"},
     {"venue_error", "error message of the venue"},
     {"batch_full", "message too big for the event batch"}}};
static_assert(kNames.back().name != nullptr, "each kind has its names");

}  // namespace

const char* name(FeedProblem p) {
  return p < FeedProblem::kCount ? kNames[static_cast<std::size_t>(p)].name : "?";
}
const char* key(FeedProblem p) {
  return p < FeedProblem::kCount ? kNames[static_cast<std::size_t>(p)].key : "?";
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
