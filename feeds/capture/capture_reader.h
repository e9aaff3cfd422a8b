// Reads one capture: text, plain or gzip (known by its first bytes), `<time> <json>` a line.
//
// Owned by one thread. Memory is bounded: one compressed chunk, and a text buffer of the longest
// line allowed plus one inflated chunk. Lines are handed out in place, with room behind them for
// simdjson to read past their end. What is broken is reported once through next() and the rest is
// used; behind corrupt compressed data nothing more can be read, so that is where the capture ends.
// A line whose time is in doubt (ReceiveTimes) waits until those behind it have told, and these
// with it: they are copied, and allocate. Never throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "feeds/capture/capture_line.h"
#include "feeds/capture/line_window.h"
#include "feeds/capture/receive_times.h"
#include "feeds/feed_problem.h"

namespace mm {

enum class ReadResult : std::uint8_t { kLine, kProblem, kEnd };

class CaptureReader {
 public:
  static constexpr std::size_t kLineMax = std::size_t{4} << 20;
  static constexpr std::size_t kPadding = CaptureLine::kPadding;

  explicit CaptureReader(const std::string& path, std::size_t line_max = kLineMax);
  ~CaptureReader();
  CaptureReader(CaptureReader&&) noexcept;
  CaptureReader& operator=(CaptureReader&&) noexcept;

  // Empty if the file is open; else why not.
  const std::string& error() const { return error_; }
  const std::string& path() const { return path_; }
  bool is_gzip() const;

  // kLine: `line` is valid until the next call. kProblem: see problem(); call again.
  ReadResult next(CaptureLine& line);
  FeedProblem problem() const { return problem_; }
  // The raw text of the line that was the problem (shortened), for the log.
  std::string_view problem_text() const { return problem_text_; }
  std::uint64_t line_number() const { return told_number_; }

  std::uint64_t bytes_read() const;  // of the file as it is on disk
  std::uint64_t bytes_total() const;

 private:
  struct Source;  // the file, and zlib where it is needed

  ReadResult read_line(CaptureLine& line);
  ReadResult tell_waiting(CaptureLine& line, bool ended);
  bool next_text(std::string_view& text);  // a whole line; false at end or on a problem
  bool refill();                           // false if there is nothing more
  bool last_text(std::string_view& text);
  ReadResult fail(FeedProblem p, std::string_view text);

  std::string path_, error_;
  std::unique_ptr<Source> source_;
  std::unique_ptr<char[]> buffer_;
  std::size_t line_max_ = 0;
  std::size_t begin_ = 0, end_ = 0;  // the unread part of the buffer
  std::size_t scanned_ = 0;          // no newline before this
  std::uint64_t line_number_ = 0;
  std::uint64_t told_number_ = 0;  // of what next() returned
  ReceiveTimes times_;
  LineWindow window_;  // a line in doubt and what is behind it
  FeedProblem problem_{FeedProblem::kNone};
  std::string_view problem_text_;
  bool skipping_ = false;  // inside a line that is too long
};

}  // namespace mm
