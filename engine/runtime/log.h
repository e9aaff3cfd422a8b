// The log: any thread writes a line without waiting, one cold thread formats and stores them.
//
// A LogWriter belongs to one thread and puts fixed-size lines into a lock-free queue that never
// grows: about 100 ns and no allocation; when the queue is full the line is dropped and counted.
// The thread that calls drain() writes log.txt, bounded in size by files of which the oldest goes
// (log.1.txt is the one before), and keeps the last lines for the status view. A line that repeats
// is written once, then now and then with its count (log_repeats.h): within a second, and warnings
// and errors for as long as they go on, so an error that happens for an hour is some ten lines.
// Lines are stored in the order of their times, whichever thread wrote them first.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/types.h"

namespace mm {

enum class LogLevel : std::uint8_t { kInfo, kWarning, kError };

struct LogLine {
  static constexpr std::size_t kTextMax = 240;

  Nanos time{};
  LogLevel level{LogLevel::kInfo};
  std::uint8_t length = 0;
  std::array<char, kTextMax> text;

  std::string_view view() const { return {text.data(), length}; }
};

struct LogQueue;  // the library's, behind the wall
struct LogFile;
class LogRepeats;

class Log;

struct LogBound {
  std::size_t file_bytes = std::size_t{16} << 20;  // a full file is put aside
  std::size_t files_aside = 7;                     // that are kept
};

// One thread's way into the log; made before that thread gets hot.
class LogWriter {
 public:
  explicit LogWriter(Log& log);
  ~LogWriter();
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  // False if the line was dropped. What does not fit into a line is cut.
  bool write(LogLevel level, Nanos time, std::string_view text);
  template <class... Args>
  bool print(LogLevel level, Nanos time, fmt::format_string<Args...> format, Args&&... args) {
    LogLine line;
    const auto end =
        fmt::format_to_n(line.text.data(), LogLine::kTextMax, format, std::forward<Args>(args)...);
    line.length = static_cast<std::uint8_t>(std::min(end.size, LogLine::kTextMax));
    line.level = level;
    line.time = time;
    return push(line);
  }

 private:
  struct Token;
  bool push(const LogLine& line);

  Log& log_;
  std::unique_ptr<Token> token_;
};

class Log {
 public:
  // Lines are appended to `file`; an empty path keeps only the tail.
  explicit Log(const std::filesystem::path& file, const LogBound& bound = {},
               std::size_t tail_lines = 200);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // Lines below this are not taken; before the first writer writes.
  void take_from(LogLevel least) { least_ = least; }
  // Lines go there too, as in the tail; for modes without a session folder.
  void echo_to(std::FILE* out) { echo_ = out; }
  // Why the file cannot be written; empty if it can.
  const std::string& error() const { return error_; }
  // The log's own thread: stores the lines up to `now`; younger ones wait for the next call, so
  // that a thread which is slower to write finds its place. Returns how many lines came in.
  int drain(Nanos now);
  // Everything that is held back, and the file's buffers; at the end of the session.
  void flush();
  // Any thread.
  std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }
  std::vector<std::string> tail() const;

 private:
  friend class LogWriter;
  int receive();
  void take_until(Nanos now);
  void take(const LogLine& line);
  void expire(Nanos now);
  void store(LogLevel level, Nanos time, std::string_view text);

  LogLevel least_ = LogLevel::kInfo;
  std::string error_;
  std::FILE* echo_ = nullptr;
  std::unique_ptr<LogQueue> queue_;
  std::unique_ptr<LogFile> file_;
  std::vector<LogLine> waiting_;                   // oldest first, once sorted
  std::unique_ptr<LogRepeats> recent_, troubles_;  // of infos; of warnings and errors
  Nanos newest_{};                                 // of what was stored
  std::atomic<std::uint64_t> dropped_{0};
  std::uint64_t dropped_said_ = 0;
  const std::size_t tail_lines_;
  mutable std::mutex tail_mutex_;
  std::deque<std::string> tail_;
};

}  // namespace mm
