#include "feeds/capture/capture_writer.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "feeds/capture/capture_reader.h"
#include "tests/e2e_support.h"

namespace mm {
namespace {

using Lines = std::vector<std::pair<std::int64_t, std::string>>;

Lines read_back(const std::string& path) {
  CaptureReader reader(path);
  EXPECT_EQ(reader.error(), "");
  Lines lines;
  CaptureLine line;
  for (ReadResult r; (r = reader.next(line)) != ReadResult::kEnd;) {
    EXPECT_EQ(r, ReadResult::kLine) << name(reader.problem());
    if (r == ReadResult::kLine) lines.emplace_back(line.at.v, std::string(line.text));
  }
  return lines;
}

constexpr std::int64_t kTime = 1'700'000'000'000'000'000;

TEST(CaptureWriter, WritesWhatTheReaderReads) {
  const test::Scratch scratch;
  for (const char* name : {"plain", "packed.gz"}) {
    CaptureWriter writer(scratch.path(name));
    ASSERT_EQ(writer.error(), "");
    writer.write(Nanos(kTime), R"({"a":1})");
    writer.write(Nanos(kTime + 1), "{\"b\":\r\n2}");
    EXPECT_TRUE(writer.close());
    EXPECT_EQ(writer.lines(), 2u);
    EXPECT_EQ(read_back(scratch.path(name)),
              (Lines{{kTime, R"({"a":1})"}, {kTime + 1, "{\"b\":  2}"}}))
        << name;
  }
  EXPECT_EQ(test::read_file(scratch.path("plain")).front(), '1') << "not packed";
  EXPECT_EQ(test::read_file(scratch.path("packed.gz")).substr(0, 2), "\x1f\x8b");
}

TEST(CaptureWriter, WhatWasFlushedSurvivesACrash) {
  const test::Scratch scratch;
  CaptureWriter writer(scratch.path("a.gz"));
  for (int i = 0; i < 1000; ++i) writer.write(Nanos(kTime + i), R"({"a":1})");
  writer.flush();
  std::filesystem::copy_file(scratch.path("a.gz"), scratch.path("dead.gz"));
  CaptureReader reader(scratch.path("dead.gz"));
  CaptureLine line;
  std::size_t lines = 0;
  for (ReadResult r; (r = reader.next(line)) != ReadResult::kEnd;) lines += r == ReadResult::kLine;
  EXPECT_EQ(lines, 1000u);
}

TEST(CaptureWriter, NeverOverwritesAndNamesWhatItCannotOpen) {
  const test::Scratch scratch;
  const std::string there = scratch.write("there.gz", "precious");
  CaptureWriter second(there);
  EXPECT_NE(second.error().find("there.gz: File exists"), std::string::npos) << second.error();
  second.write(Nanos(kTime), "{}");
  second.flush();
  EXPECT_FALSE(second.close());
  EXPECT_EQ(test::read_file(there), "precious");
  CaptureWriter nowhere(scratch.path("no/such/folder.gz"));
  EXPECT_NE(nowhere.error().find("folder.gz: No such file"), std::string::npos);
}

}  // namespace
}  // namespace mm
