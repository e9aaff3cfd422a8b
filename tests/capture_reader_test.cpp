#include "feeds/capture/capture_reader.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "feeds/capture/capture_merge.h"
#include "tests/feed_test_support.h"

namespace mm {
namespace {

using test::gzip;
using test::TempFiles;

struct ReadBack {
  std::vector<std::string> texts;
  std::vector<std::int64_t> times;
  std::vector<FeedProblem> problems;
};

template <class Reader>
ReadBack read_all(Reader&& reader, const auto& problem_of) {
  ReadBack all;
  CaptureLine line;
  for (ReadResult r; (r = reader.next(line)) != ReadResult::kEnd;) {
    if (r == ReadResult::kProblem) {
      all.problems.push_back(problem_of(reader));
      continue;
    }
    all.texts.emplace_back(line.text);
    all.times.push_back(line.at.v);
    if (line.time_problem != FeedProblem::kNone) all.problems.push_back(line.time_problem);
  }
  return all;
}
ReadBack read_file(const std::string& path, std::size_t line_max = CaptureReader::kLineMax) {
  return read_all(CaptureReader(path, line_max),
                  [](const CaptureReader& r) { return r.problem(); });
}

std::string numbered_line(int i) {
  return std::to_string(1'723'161'254'024'000'000 + i) + " {\"n\":" + std::to_string(i) + "}\n";
}
std::string numbered_text(int i) {
  return "{\"n\":" + std::to_string(i) + "}";
}
std::string many_lines(int from, int to) {
  std::string text;
  for (int i = from; i < to; ++i) text += numbered_line(i);
  return text;
}

using Problems = std::vector<FeedProblem>;

TEST(CaptureReader, ReadsPlainAndGzipAlike) {
  const TempFiles files;
  const std::string text = many_lines(0, 20'000);
  for (const std::string& path : {files.write("plain", text), files.write("packed", gzip(text))}) {
    const ReadBack all = read_file(path);
    ASSERT_EQ(all.texts.size(), 20'000u);
    EXPECT_EQ(all.texts[12'345], numbered_text(12'345));
    EXPECT_TRUE(all.problems.empty());
  }
}

TEST(CaptureReader, GivesTimeNumberAndProgress) {
  const TempFiles files;
  CaptureReader reader(files.write("a", "1680652700423575 {\"a\":1}\r\n\n1680652700424 {\"b\":2}"));
  CaptureLine line;
  ASSERT_EQ(reader.next(line), ReadResult::kLine);
  EXPECT_EQ(line.at.v, 1'680'652'700'423'575'000);
  EXPECT_EQ(line.text, "{\"a\":1}") << "without the carriage return";
  EXPECT_EQ(line.number, 1u);
  ASSERT_EQ(reader.next(line), ReadResult::kLine);
  EXPECT_EQ(line.at.v, 1'680'652'700'424'000'000);
  EXPECT_EQ(line.text, "{\"b\":2}") << "without a newline, but whole";
  EXPECT_EQ(line.number, 3u);
  EXPECT_EQ(reader.next(line), ReadResult::kEnd);
  EXPECT_EQ(reader.bytes_read(), reader.bytes_total());
  EXPECT_EQ(reader.bytes_total(), 48u);
}

TEST(CaptureReader, BytesBehindTheLastLineMayBeRead) {
  const TempFiles files;
  CaptureReader reader(files.write("a", "1680652700423575 {}"));
  CaptureLine line;
  ASSERT_EQ(reader.next(line), ReadResult::kLine);
  int sum = 0;
  for (std::size_t i = 0; i < CaptureReader::kPadding; ++i)
    sum += line.text.data()[line.text.size() + i];
  EXPECT_EQ(sum, 0) << "an address sanitizer says more";
}

TEST(CaptureReader, AnEmptyFileHasNoLines) {
  const TempFiles files;
  for (const std::string& bytes : {std::string(), std::string("\n\n"), gzip("")}) {
    const ReadBack all = read_file(files.write("empty", bytes));
    EXPECT_TRUE(all.texts.empty() && all.problems.empty());
  }
}

TEST(CaptureReader, SaysWhyItCannotOpen) {
  const TempFiles files;
  EXPECT_NE(CaptureReader("/no/such/capture").error().find("No such file"), std::string::npos);
  EXPECT_NE(CaptureReader("/tmp").error().find("folder"), std::string::npos);
  CaptureLine line;
  CaptureReader closed("/no/such/capture");
  EXPECT_EQ(closed.next(line), ReadResult::kEnd);
}

TEST(CaptureReader, LinesWithoutATimeAreReportedAndTheRestIsUsed) {
  const TempFiles files;
  const ReadBack all = read_file(files.write(
      "a", "nonsense\n" + numbered_line(1) + "{\"no\":\"time\"}\n17231 {}\n1723161254.5 {}\n" +
               numbered_line(2) + " 1723161254024000000 {}\n1723161254024000000\n"));
  EXPECT_EQ(all.texts, (std::vector<std::string>{numbered_text(1), numbered_text(2)}));
  EXPECT_EQ(all.problems, Problems(6, FeedProblem::kBadTime));
}

TEST(CaptureReader, ACutLastLineIsReported) {
  const TempFiles files;
  const ReadBack all =
      read_file(files.write("a", numbered_line(1) + "1723161254024000000 {\"n\":"));
  EXPECT_EQ(all.texts.size(), 1u);
  EXPECT_EQ(all.problems, Problems{FeedProblem::kCutLine});
}

TEST(CaptureReader, ALongLineIsReportedOnceAndPassedOver) {
  const TempFiles files;
  for (const std::size_t length : {std::size_t{2'000}, std::size_t{3'000'000}}) {
    const std::string text = numbered_line(1) + std::string(length, 'x') + "\n" + numbered_line(2) +
                             std::string(length, 'y');
    for (const std::string& bytes : {text, gzip(text)}) {
      const ReadBack all = read_file(files.write("a", bytes), 1'000);
      EXPECT_EQ(all.texts, (std::vector<std::string>{numbered_text(1), numbered_text(2)}));
      ASSERT_EQ(all.problems.size(), 2u);
      EXPECT_EQ(all.problems[0], FeedProblem::kLongLine);
    }
  }
}

TEST(CaptureReader, SeveralGzipMembersAreOneText) {
  const TempFiles files;
  const ReadBack all =
      read_file(files.write("a", gzip(many_lines(0, 1'000)) + gzip("") +
                                     gzip(many_lines(1'000, 1'500)) + std::string(512, '\0')));
  ASSERT_EQ(all.texts.size(), 1'500u);
  EXPECT_EQ(all.texts[1'000], numbered_text(1'000));
  EXPECT_TRUE(all.problems.empty()) << "zeros behind the last member are padding";
}

TEST(CaptureReader, GarbageBehindTheGzipIsReported) {
  const TempFiles files;
  const ReadBack all = read_file(files.write("a", gzip(many_lines(0, 10)) + "garbage"));
  EXPECT_EQ(all.texts.size(), 10u);
  EXPECT_EQ(all.problems, Problems{FeedProblem::kBadGzip});
}

TEST(CaptureReader, ACutGzipIsUsedUpToTheCut) {
  const TempFiles files;
  const std::string packed = gzip(many_lines(0, 50'000));
  const ReadBack all = read_file(files.write("a", packed.substr(0, packed.size() / 2)));
  EXPECT_GT(all.texts.size(), 10'000u);
  EXPECT_LT(all.texts.size(), 40'000u);
  for (std::size_t i = 0; i < all.texts.size(); ++i)
    ASSERT_EQ(all.texts[i], numbered_text(static_cast<int>(i)));
  EXPECT_EQ(all.problems.back(), FeedProblem::kBadGzip);
  EXPECT_LE(all.problems.size(), 2u) << "at most the line that was cut beside it";
}

RC_GTEST_PROP(CaptureReader, ACorruptGzipGivesWhatCameBeforeItAndEnds, ()) {
  const TempFiles files;
  static const std::string packed = gzip(many_lines(0, 3'000));
  std::string broken = packed;
  const auto at = *rc::gen::inRange<std::size_t>(0, packed.size());
  RC_PRE(at != 3u);  // flags, some of which mean nothing
  broken[at] = static_cast<char>(broken[at] ^ *rc::gen::inRange(1, 256));
  const ReadBack all = read_file(files.write("a", broken));
  // Bytes 4 to 9 of the header are a time and other remarks that change nothing.
  const bool remark = at >= 4 && at < 10;
  RC_ASSERT(remark == all.problems.empty());
  if (remark) RC_ASSERT(all.texts.size() == 3'000u);
}

std::string line_at(std::int64_t nanos, const char* text) {
  return std::to_string(nanos) + " {\"" + text + "\":1}\n";
}

TEST(CaptureMerge, OrdersByReceiveTimeAndThenByFile) {
  constexpr std::int64_t kBase = 1'723'161'254'024'000'000;
  const TempFiles files;
  const std::string a = files.write("a", line_at(kBase, "a0") + line_at(kBase + 5, "a5"));
  const std::string b = files.write("b", gzip(line_at(kBase, "b0") + line_at(kBase + 3, "b3") +
                                              "bad\n" + line_at(kBase + 9, "b9")));
  CaptureMerge merge({b, a});
  ASSERT_TRUE(merge.error().empty());
  const ReadBack all = read_all(merge, [](const CaptureMerge& m) { return m.reader().problem(); });
  EXPECT_EQ(all.texts, (std::vector<std::string>{"{\"b0\":1}", "{\"a0\":1}", "{\"b3\":1}",
                                                 "{\"a5\":1}", "{\"b9\":1}"}));
  EXPECT_EQ(all.problems, Problems{FeedProblem::kBadTime});
  EXPECT_EQ(merge.bytes_read(), merge.bytes_total());
}

// Against the first line of all files, again and again. A clock may step back inside a file.
RC_GTEST_PROP(CaptureMerge, OfAnyNumberOfFilesTakesTheEarliestThatIsNext, ()) {
  constexpr std::int64_t kBase = 1'723'161'254'024'000'000;
  struct File {
    std::vector<std::pair<std::int64_t, std::string>> lines;
    std::size_t taken = 0;
    bool ended() const { return taken == lines.size(); }
  };
  std::vector<File> expected(static_cast<std::size_t>(*rc::gen::inRange(1, 20)));
  const TempFiles files;
  std::vector<std::string> paths, merged;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    std::string text;
    std::int64_t at = kBase + *rc::gen::inRange(0, 9);
    for (int n = *rc::gen::inRange(0, 8); n > 0; --n, at += *rc::gen::inRange(-2, 5)) {
      const std::string name = std::to_string(i) + '_' + std::to_string(n);
      text += line_at(at, name.c_str());
      expected[i].lines.emplace_back(at, "{\"" + name + "\":1}");
    }
    paths.push_back(files.write(std::to_string(i).c_str(), text));
  }
  for (;;) {
    File* first = nullptr;
    for (File& file : expected) {
      if (file.ended()) continue;
      if (first == nullptr || file.lines[file.taken].first < first->lines[first->taken].first) {
        first = &file;
      }
    }
    if (first == nullptr) break;
    merged.push_back(first->lines[first->taken++].second);
  }
  CaptureMerge merge(paths);
  RC_ASSERT(read_all(merge, [](const CaptureMerge& m) { return m.reader().problem(); }).texts ==
            merged);
}

TEST(CaptureMerge, AFileThatStepsBackKeepsItsOwnOrder) {
  constexpr std::int64_t kBase = 1'723'161'254'024'000'000;
  const TempFiles files;
  CaptureMerge merge({files.write("a", line_at(kBase + 9, "first") + line_at(kBase, "second"))});
  const ReadBack all = read_all(merge, [](const CaptureMerge& m) { return m.reader().problem(); });
  EXPECT_EQ(all.texts, (std::vector<std::string>{"{\"first\":1}", "{\"second\":1}"}));
}

constexpr std::int64_t kMilli = 1'000'000, kSec = 1'000 * kMilli, kDay = 24 * 3'600 * kSec;
constexpr std::int64_t kThen = 1'723'161'254'024'000'000, kIn2030 = kThen + 2'000 * kDay;

using Times = std::vector<std::int64_t>;

ReadBack read_times(const Times& times) {
  const TempFiles files;
  std::string text;
  for (const std::int64_t t : times) text += line_at(t, "l");
  return read_file(files.write("a", text));
}
// One line a millisecond.
Times lines_from(std::int64_t begin, std::size_t count) {
  Times times;
  for (std::size_t i = 0; i < count; ++i)
    times.push_back(begin + static_cast<std::int64_t>(i) * kMilli);
  return times;
}
Times operator+(Times a, const Times& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}
Problems wrong(std::size_t count) {
  return Problems(count, FeedProblem::kWrongTime);
}

// Year 2030 on a line of 2024: believed, it would make a session of years.
TEST(CaptureReader, TimesThatLeapAheadAndReturnAreWrongAndTheLinesAreUsedAtTheTimeBefore) {
  for (const std::size_t run : {1u, 2u, 3u, 40u, 64u}) {
    for (const std::int64_t leap : {11 * kSec, 300 * kSec, 2'000 * kDay}) {
      const ReadBack all = read_times(lines_from(kThen, 300) + lines_from(kThen + leap, run) +
                                      lines_from(kThen + 300 * kMilli, 300));
      EXPECT_EQ(all.problems, wrong(run)) << leap;
      EXPECT_EQ(all.times, lines_from(kThen, 300) + Times(run, kThen + 299 * kMilli) +
                               lines_from(kThen + 300 * kMilli, 300));
    }
  }
}

TEST(CaptureReader, WrongTimesAreFoundWhateverTheyAre) {
  const Times odd{kIn2030, kIn2030 + 4'000 * kDay, kThen - 4'000 * kDay, kThen + 70 * kDay};
  const ReadBack all = read_times(lines_from(kThen, 100) + odd + lines_from(kThen + kSec, 100));
  EXPECT_EQ(all.problems, (Problems{FeedProblem::kWrongTime, FeedProblem::kWrongTime,
                                    FeedProblem::kTimeBack, FeedProblem::kWrongTime}));
  EXPECT_EQ(all.times,
            lines_from(kThen, 100) + Times(4, kThen + 99 * kMilli) + lines_from(kThen + kSec, 100));
}

TEST(CaptureReader, WrongTimesAtTheStartAreTheFirstRightOne) {
  for (const std::size_t run : {1u, 2u, 40u, 60u}) {
    for (const std::int64_t then : {kIn2030, kThen - 2'000 * kDay}) {
      const ReadBack all = read_times(lines_from(then, run) + lines_from(kThen, 300));
      EXPECT_EQ(all.problems, wrong(run));
      EXPECT_EQ(all.times, Times(run, kThen) + lines_from(kThen, 300));
    }
  }
  EXPECT_EQ(read_times({kIn2030, kThen - 2'000 * kDay, kThen, kThen, kThen, kThen}).times,
            Times(6, kThen));
}

TEST(CaptureReader, WrongTimesAtTheEndAreTheLastRightOne) {
  for (const std::size_t run : {1u, 2u, 40u, 64u}) {
    const ReadBack all = read_times(lines_from(kThen, 300) + lines_from(kIn2030, run));
    EXPECT_EQ(all.problems, wrong(run));
    EXPECT_EQ(all.times, lines_from(kThen, 300) + Times(run, kThen + 299 * kMilli));
  }
  EXPECT_EQ(read_times({kThen, kIn2030}).times, (Times{kThen, kThen}));
  EXPECT_EQ(read_times({kIn2030}).times, Times{kIn2030}) << "the only one";
}

TEST(CaptureReader, AGapInTheRecordingIsNone) {
  for (const std::int64_t gap : {11 * kSec, kDay, 2'000 * kDay}) {
    const Times times = lines_from(kThen, 200) + lines_from(kThen + gap, 200);
    const ReadBack all = read_times(times);
    EXPECT_EQ(all.times, times);
    EXPECT_TRUE(all.problems.empty());
  }
  const Times few_before = lines_from(kThen, 2) + lines_from(kThen + 600 * kSec, 200);
  EXPECT_EQ(read_times(few_before).times, few_before) << "a snapshot, then the stream";
  const Times few_behind = lines_from(kThen, 200) + lines_from(kThen + 600 * kSec, 2);
  EXPECT_EQ(read_times(few_behind).times, few_behind);
}

TEST(CaptureReader, AQuietMarketIsNoDoubt) {
  Times times;
  for (int i = 0; i < 300; ++i) times.push_back(kThen + i * 60 * kSec);
  const ReadBack all = read_times(times);
  EXPECT_EQ(all.times, times);
  EXPECT_TRUE(all.problems.empty());
}

TEST(CaptureReader, ATimeThatGoesBackIsCountedAndTimeStandsStill) {
  for (const std::int64_t back : {2 * kSec, 60 * kSec, 2'000 * kDay}) {
    const ReadBack all = read_times(lines_from(kThen, 200) + lines_from(kThen - back, 200));
    EXPECT_EQ(all.problems, Problems{FeedProblem::kTimeBack});
    EXPECT_EQ(all.times, lines_from(kThen, 200) + Times(200, kThen + 199 * kMilli));
  }
  const ReadBack alone = read_times(lines_from(kThen, 200) + Times{kThen - 2'000 * kDay} +
                                    lines_from(kThen + kSec, 3));
  EXPECT_EQ(alone.problems, Problems{FeedProblem::kTimeBack}) << "and what is behind it is right";
  EXPECT_EQ(alone.times.back(), kThen + kSec + 2 * kMilli);
  EXPECT_TRUE(read_times({kThen, kThen - kSec, kThen - 2 * kSec}).problems.empty());
}

TEST(CaptureReader, LinesThatWaitAreBoundedByTheirText) {
  const TempFiles files;
  std::string text = line_at(kThen, "first");
  for (int i = 0; i < 100; ++i)
    text += std::to_string(kThen + kDay + i) + " " + std::string(900, 'x') + "\n";
  const ReadBack all = read_file(files.write("a", text), 1'000);
  EXPECT_EQ(all.texts.size(), 101u);
  EXPECT_EQ(all.texts[0], "{\"first\":1}");
  EXPECT_EQ(all.texts[100], std::string(900, 'x'));
}

TEST(CaptureReader, TheLineInDoubtKeepsItsPlaceAndItsNumber) {
  const TempFiles files;
  CaptureReader reader(files.write("a", line_at(kThen, "a") + line_at(kThen + 9 * kDay, "b") +
                                            "no time\n" + line_at(kThen + 1, "c")));
  CaptureLine line;
  EXPECT_EQ(reader.next(line), ReadResult::kProblem) << "what is no line does not wait";
  EXPECT_EQ(reader.line_number(), 3u);
  for (const char* const text : {"{\"a\":1}", "{\"b\":1}", "{\"c\":1}"}) {
    EXPECT_EQ(reader.next(line), ReadResult::kLine);
    EXPECT_EQ(line.text, text);
    EXPECT_EQ(line.time_problem == FeedProblem::kWrongTime, line.text == "{\"b\":1}");
    EXPECT_EQ(reader.line_number(), line.number);
  }
  EXPECT_EQ(line.number, 4u);
  EXPECT_EQ(reader.next(line), ReadResult::kEnd);
}

TEST(CaptureReader, ATimeThatNoEventCanHaveIsNoTime) {
  EXPECT_EQ(read_times({kThen, 7'000'000'000'000'000'000}).problems,
            Problems{FeedProblem::kBadTime});
}

TEST(CaptureReader, APipeIsNoCaptureAndIsNotWaitedFor) {
  const TempFiles files;
  const std::string pipe = files.write("a", "");
  std::filesystem::remove(pipe);
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_NE(CaptureReader(pipe).error().find("is not a regular file"), std::string::npos);
}

TEST(CaptureMerge, NamesTheFileThatCannotBeOpened) {
  const TempFiles files;
  const CaptureMerge merge({files.write("a", ""), "/no/such/capture"});
  EXPECT_NE(merge.error().find("/no/such/capture"), std::string::npos);
}

}  // namespace
}  // namespace mm
