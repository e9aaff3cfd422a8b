// Where a feed says what went wrong: to the log, at most a line a second for each kind of problem.
//
// One thread; no allocation; a null writer only counts. What is not written is still counted, and
// the log itself folds repeats.
#pragma once

#include <array>

#include "engine/runtime/log.h"
#include "feeds/feed_problem.h"

namespace mm {

class FeedLog {
 public:
  static constexpr Nanos kQuiet = kSecond;

  explicit FeedLog(LogWriter* writer) : writer_(writer) {}

  // Whether a problem of this kind would only be counted: then count() spares the text.
  bool is_quiet(FeedProblem p, Nanos now) const {
    const Nanos said = said_[static_cast<std::size_t>(p)];
    return said != Nanos{} && now - said < kQuiet;
  }
  void count(FeedProblem p) { problems_.add(p, {}); }
  // A message that could not be used: `where` it came from and what it was about.
  void problem(FeedProblem p, std::string_view where, std::string_view about, Nanos now) {
    if (is_quiet(p, now)) return count(p);
    std::array<char, FeedProblems::kTextMax> buffer;
    const auto written = fmt::format_to_n(buffer.data(), buffer.size(), "{}: {}{}{}", where,
                                          mm::name(p), about.empty() ? "" : ": ", about);
    const std::string_view text(buffer.data(), std::min(buffer.size(), written.size));
    problems_.add(p, text);
    said_[static_cast<std::size_t>(p)] = now;
    print(LogLevel::kWarning, now, "feed: {}", text);
  }
  template <class... Args>
  void print(LogLevel level, Nanos now, fmt::format_string<Args...> format, Args&&... args) {
    if (writer_ != nullptr) writer_->print(level, now, format, std::forward<Args>(args)...);
  }
  const FeedProblems& problems() const { return problems_; }

 private:
  LogWriter* writer_;
  FeedProblems problems_;
  std::array<Nanos, static_cast<std::size_t>(FeedProblem::kCount)> said_{};
};

}  // namespace mm
