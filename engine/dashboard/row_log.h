// The last rows of a table that only grows: each has a number, so that whoever shows the table asks
// for what is new.
//
// One thread, cold; as many rows as it was made for. A row is JSON already: it is written once and
// sent to many.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <string>

namespace mm::dashboard {

class RowLog {
 public:
  explicit RowLog(std::size_t rows_max) : rows_max_(rows_max) {}

  void add(std::string row) {
    rows_.push_back(std::move(row));
    ++end_;
    if (rows_.size() > rows_max_) rows_.pop_front();
  }
  std::uint64_t begin() const { return end_ - rows_.size(); }
  std::uint64_t end() const { return end_; }

  // The first rows from that number on that there still are, as an array; where it goes on.
  std::uint64_t put(std::uint64_t from, std::size_t count_max, std::string& out) const {
    std::uint64_t at = std::clamp(from, begin(), end_);
    const std::uint64_t stop = std::min<std::uint64_t>(end_, at + count_max);
    out += '[';
    for (bool first = true; at < stop; ++at, first = false) {
      if (!first) out += ',';
      out += rows_[at - begin()];
    }
    out += ']';
    return stop;
  }

 private:
  std::size_t rows_max_;
  std::uint64_t end_ = 0;
  std::deque<std::string> rows_;
};

}  // namespace mm::dashboard
