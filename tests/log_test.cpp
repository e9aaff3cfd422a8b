#include "engine/runtime/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <thread>

#include "engine/runtime/sealed_scope.h"

namespace {

using mm::kSecond;
using mm::Log;
using mm::LogLevel;
using mm::LogWriter;
using mm::Nanos;
using testing::ElementsAre;

constexpr Nanos kNoon{12 * 3600 * kSecond.v};

struct TemporaryFile {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("mm_log_" + std::to_string(getpid()) + ".txt");
  TemporaryFile() { std::filesystem::remove(path); }
  ~TemporaryFile() { std::filesystem::remove(path); }
  std::string text() const {
    std::stringstream s;
    s << std::ifstream(path).rdbuf();
    return s.str();
  }
};

TEST(Log, TakesNoLineBelowTheLeastLevel) {
  Log log("");
  log.take_from(LogLevel::kWarning);
  LogWriter writer(log);
  EXPECT_TRUE(writer.write(LogLevel::kInfo, kNoon, "of no interest"));
  EXPECT_TRUE(writer.write(LogLevel::kWarning, kNoon, "look"));
  EXPECT_EQ(log.drain(kNoon), 1);
}

TEST(Log, WritesLinesWithTheirOwnTimeToTheFileAndTheTail) {
  const TemporaryFile file;
  Log log(file.path);
  ASSERT_EQ(log.error(), "");
  LogWriter writer(log);
  EXPECT_TRUE(writer.write(LogLevel::kInfo, kNoon, "started"));
  EXPECT_TRUE(writer.print(LogLevel::kError, kNoon + kSecond, "{} of {}", 3, "four"));
  EXPECT_EQ(log.drain(kNoon + kSecond), 2);
  EXPECT_EQ(log.drain(kNoon + kSecond), 0);
  EXPECT_EQ(file.text(),
            "1970-01-01 12:00:00.000000 info started\n"
            "1970-01-01 12:00:01.000000 error 3 of four\n");
  EXPECT_THAT(log.tail(), ElementsAre("12:00:00 started", "12:00:01 error: 3 of four"));
}

TEST(Log, FullFilesArePutAsideAndTheOldestGoes) {
  const TemporaryFile file;
  constexpr mm::LogBound kBound{.file_bytes = 1000, .files_aside = 2};
  const auto aside = [&](int i) {
    std::filesystem::path path = file.path;
    return path.replace_extension("." + std::to_string(i) + ".txt");
  };
  Log log(file.path, kBound);
  LogWriter writer(log);
  for (int i = 0; i < 200; ++i) {
    const Nanos time = kNoon + Nanos(i * kSecond.v);
    writer.print(LogLevel::kInfo, time, "line {}", i);
    log.drain(time);
  }
  log.flush();
  EXPECT_THAT(file.text(), testing::EndsWith("line 199\n"));
  for (const auto& path : {file.path, aside(1), aside(2)}) {
    EXPECT_LE(std::filesystem::file_size(path), kBound.file_bytes);
  }
  EXPECT_FALSE(std::filesystem::exists(aside(3)));
  for (int i = 1; i <= 2; ++i) std::filesystem::remove(aside(i));
}

TEST(Log, BracesInATextAreText) {
  Log log({});
  LogWriter writer(log);
  writer.write(LogLevel::kInfo, kNoon, "{\"a\":{}}");
  log.drain(kNoon);
  EXPECT_THAT(log.tail(), ElementsAre("12:00:00 {\"a\":{}}"));
}

TEST(Log, SaysWhyItsFileCannotBeWrittenAndStillKeepsTheTail) {
  Log log("/proc/no/such/log.txt");
  EXPECT_NE(log.error(), "");
  LogWriter writer(log);
  writer.write(LogLevel::kInfo, kNoon, "here");
  log.drain(kNoon);
  EXPECT_THAT(log.tail(), ElementsAre("12:00:00 here"));
}

TEST(Log, CutsALineThatIsTooLong) {
  Log log({});
  LogWriter writer(log);
  writer.write(LogLevel::kInfo, kNoon, std::string(1000, 'x'));
  writer.print(LogLevel::kInfo, kNoon, "{}", std::string(1000, 'y'));
  log.drain(kNoon);
  EXPECT_THAT(log.tail(), ElementsAre("12:00:00 " + std::string(240, 'x'),
                                      "12:00:00 " + std::string(240, 'y')));
}

TEST(Log, ARepeatedLineIsWrittenOnceThenWithItsCountAndTimes) {
  Log log({});
  LogWriter writer(log);
  for (int i = 0; i < 500; ++i) {
    const Nanos time = kNoon + Nanos(i * mm::kMillisecond.v);
    writer.write(LogLevel::kWarning, time, "lost");
    writer.write(LogLevel::kInfo, time, "other");  // in between does not matter
  }
  log.drain(kNoon + kSecond / 2);
  EXPECT_THAT(log.tail(), ElementsAre("12:00:00 warning: lost", "12:00:00 other"));
  log.drain(kNoon + kSecond);
  constexpr const char* kCount = " (499 more since 12:00:00.000, last at 12:00:00.499)";
  EXPECT_THAT(log.tail(), ElementsAre("12:00:00 warning: lost", "12:00:00 other",
                                      std::string("12:00:01 other") + kCount,
                                      std::string("12:00:01 warning: lost") + kCount));
}

TEST(Log, WhatIsOnlyNewsAgainAfterSilenceDiffersBetweenTroubleAndRoutine) {
  Log log({});
  LogWriter writer(log);
  for (int i = 0; i < 2; ++i) {
    writer.write(LogLevel::kWarning, kNoon, "lost");
    writer.write(LogLevel::kInfo, kNoon, "other");
  }
  log.drain(kNoon + kSecond);
  const std::size_t told = log.tail().size();
  writer.write(LogLevel::kWarning, kNoon + kSecond * 2, "lost");
  writer.write(LogLevel::kInfo, kNoon + kSecond * 2, "other");
  log.drain(kNoon + kSecond * 2);
  EXPECT_EQ(log.tail().size(), told + 1) << "the warning is counted still";
  EXPECT_EQ(log.tail().back(), "12:00:02 other");
  log.drain(kNoon + kSecond * 5);
  EXPECT_EQ(log.tail().back(),
            "12:00:05 warning: lost (1 more since 12:00:01.000, last at 12:00:02.000)");
  log.drain(kNoon + kSecond * 601);
  writer.write(LogLevel::kWarning, kNoon + kSecond * 601, "lost");
  log.drain(kNoon + kSecond * 601);
  EXPECT_EQ(log.tail().back(),
            "12:10:01 warning: lost (1 more since 12:00:05.000, last at 12:10:01.000)")
      << "rare enough to be told at once";
  log.drain(kNoon + kSecond * 1202);
  writer.write(LogLevel::kWarning, kNoon + kSecond * 1202, "lost");
  log.drain(kNoon + kSecond * 1202);
  EXPECT_EQ(log.tail().back(), "12:20:02 warning: lost");
}

// However far apart the repeats are, and whatever comes in between.
TEST(Log, AnErrorThatGoesOnForHoursIsFewLinesAndEveryOneIsCounted) {
  for (const int apart_s : {1, 5, 30}) {
    Log log({}, {}, 20'000);
    LogWriter writer(log);
    std::uint64_t written = 0, lines = 0, counted = 0;
    for (int s = 0; s < 3 * 3600; ++s) {
      const Nanos time = kNoon + Nanos(s * kSecond.v);
      if (s % apart_s == 0) {
        writer.write(LogLevel::kError, time, "refused");
        ++written;
      }
      writer.print(LogLevel::kInfo, time, "line {}", s);
      log.drain(time);
    }
    log.flush();
    for (const std::string& line : log.tail()) {
      if (line.find("error: refused") == std::string::npos) continue;
      ++lines;
      unsigned long more = 1;
      const std::size_t at = line.find('(');
      if (at != std::string::npos) std::sscanf(line.c_str() + at, "(%lu more", &more);
      counted += more;
    }
    EXPECT_EQ(counted, written) << apart_s;
    EXPECT_LE(lines, 30u) << apart_s;
  }
}

TEST(Log, ACountToldAtTheEndIsNotOfTheFuture) {
  Log log({});
  LogWriter writer(log);
  writer.write(LogLevel::kError, kNoon, "refused");
  writer.write(LogLevel::kError, kNoon, "refused");
  writer.write(LogLevel::kInfo, kNoon + kSecond / 4, "bye");
  log.flush();
  EXPECT_EQ(log.tail().back(),
            "12:00:00 error: refused (1 more since 12:00:00.000, last at 12:00:00.000)");
}

TEST(Log, CountsAreNotLostAtTheEndOrWhenManyLinesCrowdThemOut) {
  const TemporaryFile file;
  {
    Log log(file.path);
    LogWriter writer(log);
    writer.write(LogLevel::kInfo, kNoon, "first");
    writer.write(LogLevel::kInfo, kNoon, "first");
    for (int i = 0; i < 40; ++i) writer.print(LogLevel::kInfo, kNoon, "line {}", i);
    writer.write(LogLevel::kInfo, kNoon, "last");
    writer.write(LogLevel::kInfo, kNoon, "last");
  }
  EXPECT_NE(file.text().find("first (1 more since"), std::string::npos);
  EXPECT_NE(file.text().find("last (1 more since"), std::string::npos);
}

TEST(Log, LinesOfSeveralThreadsStandInTheOrderOfTheirTimes) {
  Log log({});
  LogWriter first(log), second(log);
  first.write(LogLevel::kInfo, kNoon + kSecond * 2, "two");
  first.write(LogLevel::kInfo, kNoon + kSecond * 4, "four");
  second.write(LogLevel::kInfo, kNoon + kSecond, "one");
  EXPECT_EQ(log.drain(kNoon + kSecond * 3), 3);
  EXPECT_THAT(log.tail(), ElementsAre("12:00:01 one", "12:00:02 two")) << "four waits";
  second.write(LogLevel::kInfo, kNoon + kSecond * 3, "three");
  log.flush();
  EXPECT_THAT(log.tail(),
              ElementsAre("12:00:01 one", "12:00:02 two", "12:00:03 three", "12:00:04 four"));
}

TEST(Log, ACountThatIsCrowdedOutIsNotOfTheFuture) {
  Log log({});
  LogWriter writer(log);
  for (int i = 0; i < 2; ++i) writer.write(LogLevel::kInfo, kNoon, "again");
  for (int i = 0; i < 20; ++i) writer.print(LogLevel::kInfo, kNoon, "line {}", i);
  log.drain(kNoon);
  EXPECT_THAT(log.tail(), testing::Contains("12:00:00 again (1 more since 12:00:00.000, last at "
                                            "12:00:00.000)"));
}

TEST(Log, TheTailIsBounded) {
  Log log({}, {}, 3);
  LogWriter writer(log);
  for (int i = 0; i < 10; ++i) writer.print(LogLevel::kInfo, kNoon, "{}", i);
  log.drain(kNoon);
  EXPECT_THAT(log.tail(), ElementsAre("12:00:00 7", "12:00:00 8", "12:00:00 9"));
}

TEST(Log, DropsAndCountsWhenFullAndNeverAllocatesOnTheWritersSide) {
  Log log({});
  LogWriter writer(log);
  const std::uint64_t before = mm::thread_hot_path_allocations();
  std::uint64_t refused = 0;
  {
    const mm::SealedScope sealed;
    for (int i = 0; i < 20'000; ++i) refused += !writer.print(LogLevel::kInfo, kNoon, "{}", i);
  }
  EXPECT_EQ(mm::thread_hot_path_allocations(), before);
  EXPECT_GT(refused, 0u);
  EXPECT_EQ(log.dropped(), refused);
  EXPECT_EQ(static_cast<std::uint64_t>(log.drain(kNoon)), 20'000 - refused);
  EXPECT_EQ(log.tail().back(), fmt::format("12:00:00 warning: {} log lines dropped", refused));
  EXPECT_TRUE(writer.write(LogLevel::kInfo, kNoon, "again"));
}

TEST(Log, ManyThreadsWriteEachInItsOwnOrder) {
  constexpr int kThreads = 3;
  constexpr int kLines = 1000;
  Log log({}, {}, kThreads * kLines);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&log, t] {
      LogWriter writer(log);
      for (int i = 0; i < kLines;) {
        if (writer.print(LogLevel::kInfo, kNoon, "{} {}", t, i)) {
          ++i;
        } else {
          std::this_thread::yield();
        }
      }
    });
  }
  int received = 0;
  while (received < kThreads * kLines) {
    const int n = log.drain(kNoon);
    if (n == 0) std::this_thread::yield();
    received += n;
  }
  for (std::thread& t : threads) t.join();
  std::array<int, kThreads> next{};
  for (const std::string& line : log.tail()) {
    int t = 0, i = 0;
    if (std::sscanf(line.c_str(), "12:00:00 %d %d", &t, &i) != 2) continue;
    EXPECT_EQ(next[static_cast<std::size_t>(t)]++, i);
  }
}

}  // namespace
