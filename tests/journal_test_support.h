// Shared by the journal's tests: a folder that goes away, a disk that is full, files as bytes,
// events at random.
#pragma once

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "engine/journal/journal_reader.h"
#include "engine/journal/journal_writer.h"

namespace mm::test {

// A disk that is full for a while, as a limit on the size of files.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    rlimit now = before_;
    now.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &now);
  }
  ~FileSizeLimit() { ::setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

class TemporaryFolder {
 public:
  TemporaryFolder() {
    // In memory where that can be had: thousands of small files are made here.
    const bool shared_memory = ::access("/dev/shm", W_OK) == 0;
    const auto base =
        shared_memory ? std::filesystem::path("/dev/shm") : std::filesystem::temp_directory_path();
    std::string pattern = (base / "mm_test_XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) std::abort();
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string operator/(const std::string& file) const { return path_ + "/" + file; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
inline void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

// Any event the format must carry: a valid kind, everything else at random, words of zero included.
inline JournalRecord random_record(std::mt19937_64& random, Nanos& now) {
  JournalRecord r;
  now += Nanos(static_cast<std::int64_t>(random() % 3) * 1000);
  r.event.time = now;
  r.event.received = now - Nanos(static_cast<std::int64_t>(random() % 2));
  r.event.sequence = static_cast<std::uint32_t>(random());
  r.event.instrument = static_cast<InstrumentId>(random());
  r.event.kind = static_cast<EventKind>(1 + random() % (int(EventKind::kCount) - 1));
  r.event.flags = static_cast<std::uint8_t>(random());
  for (int word = 0; word < 5; ++word) {
    const std::uint64_t value = random() % 2 == 0 ? 0 : random();
    std::memcpy(r.event.raw + 8 * word, &value, 8);
  }
  // A reload is not whole without the text that goes beside it.
  if (r.event.kind == EventKind::kControl) r.event.control.code = ControlCode::kPause;
  r.command_hash = random() % 4 == 0 ? random() : 0;
  return r;
}
inline std::vector<JournalRecord> random_records(std::uint64_t seed, std::size_t count) {
  std::mt19937_64 random(seed);
  Nanos now{1'700'000'000'000'000'000};
  std::vector<JournalRecord> records;
  records.reserve(count);
  for (std::size_t i = 0; i < count; ++i) records.push_back(random_record(random, now));
  return records;
}

inline bool same(const JournalRecord& a, const JournalRecord& b) {
  return std::memcmp(&a.event, &b.event, sizeof a.event) == 0 && a.command_hash == b.command_hash;
}

inline JournalHeader sample_header() {
  return {.start_time = Nanos(1'700'000'000'123'456'789),
          .mode = "backtest",
          .build = "0.1.0",
          .config = "[strategy]\nmin_spread = 0.002\n",
          .instruments = "BTCUSDT\n"};
}

// Everything a reader finds in a journal, until it ends one way or the other.
struct Contents {
  std::string open_error, error;
  std::vector<JournalRecord> records;
  std::vector<std::string> configs;
  std::vector<std::uint64_t> gaps;
  JournalItem last = JournalItem::kCorrupt;
  JournalEnd end;
  JournalHeader header;
};
inline Contents read_journal(const std::string& path) {
  Contents c;
  JournalReader reader;
  c.open_error = reader.open(path);
  if (!c.open_error.empty()) return c;
  JournalRecord record;
  for (;;) {
    c.last = reader.next(record);
    if (c.last == JournalItem::kRecord) {
      c.records.push_back(record);
    } else if (c.last == JournalItem::kConfig) {
      c.configs.push_back(reader.config());
    } else if (c.last == JournalItem::kGap) {
      c.gaps.push_back(reader.gap());
    } else {
      break;
    }
  }
  EXPECT_EQ(reader.next(record), c.last) << "a reader that has ended stays ended";
  c.error = reader.error();
  c.end = reader.end();
  c.header = reader.header();
  return c;
}

}  // namespace mm::test
