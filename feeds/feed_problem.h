// What can be wrong with what a feed receives: one kind a cause, counted, each said once.
//
// Owned by whoever reads the feed. No allocation: the first case of each kind keeps its text in a
// fixed buffer until it is taken for the log.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace mm {

enum class FeedProblem : std::uint8_t {
  kNone,
  // Of the file.
  kBadGzip,  // corrupt or cut compressed data: what came before is used
  kReadError,
  kTimeBack,  // the recorder's clock stepped back: time stands still until it has caught up
  // Of a line.
  kBadTime,    // none, or none that can be
  kWrongTime,  // far from its neighbours': used at theirs
  kLongLine,
  kCutLine,
  // Of a message.
  kBadJson,
  kMissingField,
  kBadNumber,  // garbage, negative, too precise, or out of range
  kOffGrid,    // not a whole number of ticks or lots
  kTooManyLevels,
  kUnknownSymbol,
  kUnknownMessage,    // a stream or event kind we have never heard of
  kUnplacedSnapshot,  // a snapshot that names no symbol and fits none, or several
  kStaleSnapshot,     // older than the diffs it should start from
  kVenueError,        // an error message of the venue
  kBatchFull,         // no room for the message's events: dropped whole
  kCount
};
const char* name(FeedProblem p);  // for people
const char* key(FeedProblem p);   // for JSON

// A line that says nothing because it is broken, as against one we have no use for.
constexpr bool is_bad_line(FeedProblem p) {
  return p >= FeedProblem::kBadTime && p <= FeedProblem::kTooManyLevels;
}

class FeedProblems {
 public:
  static constexpr std::size_t kTextMax = 240;

  // Counts one; `where` (place and detail) is kept for the first of its kind.
  void add(FeedProblem p, std::string_view where);
  std::uint64_t count(FeedProblem p) const { return kinds_[index(p)].count; }
  std::uint64_t bad_lines() const;

  // Calls use(FeedProblem, count) for every kind there is.
  template <class Use>
  void for_each(Use&& use) const {
    for (std::size_t i = 1; i < kinds_.size(); ++i)
      use(static_cast<FeedProblem>(i), kinds_[i].count);
  }

  // Calls say(FeedProblem, where) for each kind met since the last call for the first time.
  template <class Say>
  void take_unsaid(Say&& say) {
    for (std::size_t i = 1; unsaid_ != 0 && i < kinds_.size(); ++i) {
      Kind& k = kinds_[i];
      if (k.count == 0 || k.said) continue;
      k.said = true;
      --unsaid_;
      say(static_cast<FeedProblem>(i), std::string_view(k.first.data(), k.length));
    }
  }

 private:
  struct Kind {
    std::uint64_t count = 0;
    std::size_t length = 0;
    bool said = false;
    std::array<char, kTextMax> first;
  };
  static constexpr std::size_t index(FeedProblem p) { return static_cast<std::size_t>(p); }

  std::array<Kind, static_cast<std::size_t>(FeedProblem::kCount)> kinds_{};
  std::size_t unsaid_ = 0;
};

}  // namespace mm
