// Which lines of the log are told in full, and which are counted as repeats of one that was.
//
// One cold thread; bounded, allocates. A line is told at its first occurrence. Repeats are counted
// and told when a window is over that began with what was told of it last: how many, since when,
// and when the last one came. Each window is four times as long as the one before, up to a bound.
// What was silent for long enough is news again.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/types.h"
#include "engine/runtime/log.h"

namespace mm {

// UTC, with milliseconds: 12:00:01.000.
std::string time_of_day(Nanos time);

class LogRepeats {
 public:
  static constexpr Nanos kWindowMin = kSecond;

  LogRepeats(std::size_t lines_max, Nanos window_max, Nanos memory)
      : lines_max_(lines_max), window_max_(window_max), memory_(memory) {}

  // What windows that are over by `now` have counted goes to `store(level, time, text)`, the time
  // being no later than `latest` or the last repeat.
  template <class Store>
  void expire(Nanos now, Nanos latest, Store&& store) {
    for (Row& row : rows_) {
      const Nanos due = row.since + row.window;
      if (row.repeats == 0 || now < due) continue;
      const Nanos time = std::max(row.last, std::min(latest, due));
      tell(row, time, store);
      row.since = time;
      row.window = std::min(row.window * 4, window_max_);
    }
    std::erase_if(rows_,
                  [&](const Row& row) { return row.repeats == 0 && now - row.last >= memory_; });
  }
  // True if it is to be told in full. Among too many, the one silent for longest is forgotten.
  template <class Store>
  bool take(const LogLine& line, Store&& store) {
    const auto own = std::ranges::find_if(rows_, [&](const Row& row) {
      return row.line.level == line.level && row.line.view() == line.view();
    });
    if (own != rows_.end()) {
      ++own->repeats;
      own->last = line.time;
      return false;
    }
    if (rows_.size() == lines_max_) {
      const auto oldest = std::ranges::min_element(rows_, {}, &Row::last);
      tell(*oldest, line.time, store);
      rows_.erase(oldest);
    }
    rows_.push_back({line, line.time, line.time, kWindowMin, 0});
    return true;
  }

 private:
  struct Row {
    LogLine line;
    Nanos since, last;  // told something; occurred
    Nanos window;
    std::uint64_t repeats;  // since then
  };

  template <class Store>
  static void tell(Row& row, Nanos time, Store&& store) {
    if (row.repeats == 0) return;
    store(row.line.level, time,
          fmt::format("{} ({} more since {}, last at {})", row.line.view(), row.repeats,
                      time_of_day(row.since), time_of_day(row.last)));
    row.repeats = 0;
  }

  std::size_t lines_max_;
  Nanos window_max_, memory_;
  std::vector<Row> rows_;  // by their first occurrence
};

}  // namespace mm
