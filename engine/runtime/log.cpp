#include "engine/runtime/log.h"

#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "engine/runtime/log_repeats.h"
#include "engine/runtime/sanitized.h"

#if MM_SANITIZED_THREAD && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wtsan"  // the queue's fences
#endif
#if __has_include(<concurrentqueue/concurrentqueue.h>)
#include <concurrentqueue/concurrentqueue.h>
#elif __has_include(<concurrentqueue/moodycamel/concurrentqueue.h>)
#include <concurrentqueue/moodycamel/concurrentqueue.h>
#else
#include <concurrentqueue.h>
#endif

#if MM_SANITIZED_THREAD
// The sanitizer does not know fences, with which the queue orders the reuse of its blocks.
extern "C" const char* __tsan_default_suppressions() {
  return "race:concurrentqueue.h\n";
}
#endif

namespace mm {
namespace {

constexpr std::size_t kQueueLines = 4096;
constexpr std::size_t kInfosTold = 16, kTroublesTold = 64;  // that are remembered
constexpr Nanos kTroubleWindowMax{600 * kSecond.v};

// Any one writer may fill the whole queue: try_enqueue does not let its index grow.
struct QueueTraits : moodycamel::ConcurrentQueueDefaultTraits {
  static constexpr std::size_t EXPLICIT_INITIAL_INDEX_SIZE = kQueueLines / BLOCK_SIZE;
};

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::kInfo:
      return spdlog::level::info;
    case LogLevel::kWarning:
      return spdlog::level::warn;
    case LogLevel::kError:
      return spdlog::level::err;
  }
  return spdlog::level::err;
}

std::string tail_text(LogLevel level, Nanos time, std::string_view text) {
  constexpr std::array kNames{"", "warning: ", "error: "};
  return fmt::format("{} {}{}", time_of_day(time).substr(0, 8),
                     kNames[static_cast<std::size_t>(level)], text);
}

}  // namespace

std::string time_of_day(Nanos time) {
  const std::int64_t ms = time.v / kMillisecond.v % (24 * 3600 * 1000);
  return fmt::format("{:02}:{:02}:{:02}.{:03}", ms / 3'600'000, ms / 60'000 % 60, ms / 1000 % 60,
                     ms % 1000);
}

struct LogQueue {
  moodycamel::ConcurrentQueue<LogLine, QueueTraits> lines{kQueueLines};
};
struct LogFile {
  std::shared_ptr<spdlog::sinks::rotating_file_sink_mt> sink;
  spdlog::logger logger;
};
struct LogWriter::Token {
  moodycamel::ProducerToken token;
};

LogWriter::LogWriter(Log& log)
    : log_(log), token_(new Token{moodycamel::ProducerToken(log.queue_->lines)}) {}
LogWriter::~LogWriter() = default;

bool LogWriter::write(LogLevel level, Nanos time, std::string_view text) {
  LogLine line;
  line.time = time;
  line.level = level;
  line.length = static_cast<std::uint8_t>(text.copy(line.text.data(), LogLine::kTextMax));
  return push(line);
}

bool LogWriter::push(const LogLine& line) {
  if (line.level < log_.least_) return true;
  if (log_.queue_->lines.try_enqueue(token_->token, line)) return true;
  log_.dropped_.fetch_add(1, std::memory_order_relaxed);
  return false;
}

Log::Log(const std::filesystem::path& file, const LogBound& bound, std::size_t tail_lines)
    : queue_(std::make_unique<LogQueue>()),
      recent_(
          std::make_unique<LogRepeats>(kInfosTold, LogRepeats::kWindowMin, LogRepeats::kWindowMin)),
      troubles_(std::make_unique<LogRepeats>(kTroublesTold, kTroubleWindowMax, kTroubleWindowMax)),
      tail_lines_(tail_lines) {
  if (file.empty()) return;
  try {
    auto sink = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
        file.string(), bound.file_bytes, bound.files_aside);
    file_.reset(new LogFile{sink, spdlog::logger("log", sink)});
    file_->logger.set_pattern("%Y-%m-%d %H:%M:%S.%f %l %v", spdlog::pattern_time_type::utc);
  } catch (const spdlog::spdlog_ex& e) {
    error_ = e.what();
  }
}

Log::~Log() {
  flush();
}

int Log::drain(Nanos now) {
  const int count = receive();
  take_until(waiting_.size() > kQueueLines ? kNever : now);
  expire(now);
  if (const std::uint64_t lost = dropped(); lost != dropped_said_) {
    store(LogLevel::kWarning, now, fmt::format("{} log lines dropped", lost - dropped_said_));
    dropped_said_ = lost;
  }
  if (count == 0 && file_) file_->logger.flush();
  return count;
}

void Log::flush() {
  while (receive() > 0) continue;
  take_until(kNever);
  expire(kNever);
  if (file_) file_->logger.flush();
}

int Log::receive() {
  int count = 0;
  LogLine line;
  for (; count < static_cast<int>(kQueueLines) && queue_->lines.try_dequeue(line); ++count) {
    waiting_.push_back(line);
  }
  return count;
}

void Log::take_until(Nanos now) {
  std::ranges::stable_sort(waiting_, {}, &LogLine::time);
  const auto end = std::ranges::upper_bound(waiting_, now, {}, &LogLine::time);
  for (auto line = waiting_.begin(); line != end; ++line) take(*line);
  waiting_.erase(waiting_.begin(), end);
}

// Written at its first occurrence, counted while it is recent.
void Log::take(const LogLine& line) {
  expire(line.time);
  const auto put = [this](auto... what) { store(what...); };
  LogRepeats& repeats = line.level == LogLevel::kInfo ? *recent_ : *troubles_;
  if (repeats.take(line, put)) store(line.level, line.time, line.view());
}

// At the end, `kNever`, whatever was counted is told with the time of the last line.
void Log::expire(Nanos now) {
  const auto put = [this](auto... what) { store(what...); };
  const Nanos latest = now == kNever ? newest_ : now;
  recent_->expire(now, latest, put);
  troubles_->expire(now, latest, put);
}

void Log::store(LogLevel level, Nanos time, std::string_view text) {
  newest_ = std::max(newest_, time);
  if (file_) {
    const auto since_epoch = std::chrono::nanoseconds(time.v);
    file_->logger.log(spdlog::log_clock::time_point(since_epoch), spdlog::source_loc{},
                      spdlog_level(level), spdlog::string_view_t(text.data(), text.size()));
  }
  const std::lock_guard lock(tail_mutex_);
  if (tail_.size() == tail_lines_) tail_.pop_front();
  tail_.push_back(tail_text(level, time, text));
  if (echo_ != nullptr) std::fprintf(echo_, "%s\n", tail_.back().c_str());
}

std::vector<std::string> Log::tail() const {
  const std::lock_guard lock(tail_mutex_);
  return {tail_.begin(), tail_.end()};
}

}  // namespace mm
