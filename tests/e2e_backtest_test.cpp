// `mm_logic backtest`, `replay` and `inspect` from outside: on small captures made here, and on the
// recorded ones where they are.
#include <gmock/gmock.h>

#include "tests/e2e_capture.h"
#include "tests/e2e_support.h"

namespace mm {
namespace {

using test::joined;
using test::JsonFile;
using test::kConfig;
using test::kTight;
using test::Ran;
using test::Scratch;
using test::small_market;
using testing::HasSubstr;

// Quotes close to the small market, soon.
const std::string kQuick = " --set strategy.warmup_s=1 -c " + kTight;

JsonFile summary(const Scratch& here, const std::string& session) {
  return JsonFile(here.path(session + "/summary.json"));
}

class RecordedCapture : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    capture_ = test::shared_capture(GetParam());
    if (capture_.empty()) GTEST_SKIP() << GetParam() << " is not here: set MM_CAPTURES";
  }
  std::string capture_;
};

TEST_P(RecordedCapture, RunsCleanWithTheShippedConfig) {
  const Scratch here;
  const Ran ran =
      here.run("backtest --capture " + capture_ + " --json out.json --session s -c " + kConfig);
  ASSERT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  const JsonFile json(here.path("out.json"));
  EXPECT_EQ(json.text("/mode"), "backtest");
  EXPECT_GE(json.integer("/orders/placed"), 6);
  EXPECT_GT(json.number("/quote_uptime_pct"), 90);
  EXPECT_EQ(json.integer("/hot_path_allocations"), 0);
  if (json.integer("/fills") == 0) {
    EXPECT_THAT(
        json.text("/details/nearest_quote"),
        testing::MatchesRegex("market traded .* to .*, highest own bid .*, lowest own ask .*"));
    EXPECT_THAT(ran.out, HasSubstr("nearest_quote"));
  }
}

TEST_P(RecordedCapture, TightQuotesAreFilledTheSameWayEachTimeAndReplayed) {
  const Scratch here;
  const std::string command = "backtest --capture " + capture_ + " -c " + kTight + " --session ";
  for (const char* session : {"a", "b"}) {
    const Ran ran = here.run(command + session);
    ASSERT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  }
  const JsonFile a = summary(here, "a"), b = summary(here, "b");
  EXPECT_GT(a.integer("/fills"), 0);
  EXPECT_NE(a.text("/pnl/total"), "0");
  EXPECT_EQ(a.text("/output_hash"), b.text("/output_hash"));
  const Ran replay = here.run("replay a");
  EXPECT_EQ(replay.exit_code, 0) << replay.out << replay.err;
  EXPECT_THAT(replay.out, HasSubstr(a.text("/output_hash")));
}

TEST_P(RecordedCapture, InspectsWithoutAMismatch) {
  const Scratch here;
  const Ran ran = here.run("inspect --every 500 --depth 20 --capture " + capture_);
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  simdjson::dom::parser parser;
  std::istringstream lines(ran.out);
  std::int64_t count = 0, applied = 0, checked = 0, mismatched = -1;
  for (std::string line; std::getline(lines, line); ++count) {
    simdjson::dom::element json;
    ASSERT_EQ(parser.parse(line).get(json), simdjson::SUCCESS) << line;
    if (json.at_pointer("/applied").get(applied) == simdjson::SUCCESS) {
      EXPECT_EQ(json["bids"].get_array().size(), 20u);
      EXPECT_EQ(json["asks"].get_array().size(), 20u);
      continue;
    }
    checked = json.at_pointer("/summary/book_ticker_checked").get_int64().value();
    mismatched = json.at_pointer("/summary/book_ticker_mismatched").get_int64().value();
    EXPECT_EQ(json.at_pointer("/summary/diffs_applied").get_int64().value(), applied);
  }
  EXPECT_EQ(count, applied / 500 + 2) << "a line each 500, the end, and the summary";
  EXPECT_GE(checked, std::string(GetParam()) == test::kSpotCapture ? 577 : 310);
  EXPECT_EQ(mismatched, 0);
}

INSTANTIATE_TEST_SUITE_P(All, RecordedCapture,
                         testing::Values(test::kSpotCapture, test::kUsdmCapture),
                         [](const auto& given) {
                           return std::string(given.param == test::kSpotCapture ? "Spot" : "Usdm");
                         });

TEST(RecordedCaptures, OfOtherFormsAreRefusedInOneLine) {
  for (const char* name :
       {"cryptofeed/bybit_v5_20260809.jsonl.gz", "cryptofeed/okx_books_trades_a.ws.gz",
        "cryptofeed/binance_spot_a.ws.gz", "bybit-xrpusdt-ob500-20241201.gz"}) {
    const std::string capture = test::shared_capture(name);
    if (capture.empty()) GTEST_SKIP() << name << " is not here: set MM_CAPTURES";
    const Scratch here;
    for (const char* command : {"backtest", "inspect"}) {
      const Ran ran = here.run(std::string(command) + " --capture " + capture);
      EXPECT_EQ(ran.exit_code, 1) << name;
      EXPECT_EQ(test::count_of(ran.err, "\n"), 1u) << ran.err;
      EXPECT_THAT(ran.err, HasSubstr("not a Binance capture"));
      EXPECT_FALSE(here.has("sessions"));
    }
  }
}

TEST(RecordedCaptures, OfTwoVenuesAreOneBacktest) {
  const std::string spot = test::shared_capture(test::kSpotCapture);
  const std::string usdm = test::shared_capture(test::kUsdmCapture);
  if (spot.empty() || usdm.empty()) GTEST_SKIP() << "the captures are not here: set MM_CAPTURES";
  const Scratch here;
  const Ran ran =
      here.run("backtest --session s --capture " + spot + " --capture " + usdm + " -c " + kTight);
  ASSERT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  const JsonFile json = summary(here, "s");
  EXPECT_GT(json.integer("/instruments/ETHUSDT/fills"), 0);
  EXPECT_GT(json.integer("/instruments/BTCUSDT/fills"), 0);
}

TEST(Backtest, OnASmallCaptureTradesAndRepeats) {
  const Scratch here;
  const std::string text = joined(small_market("ETHUSDT"));
  const std::string plain = here.write("plain", text);
  const std::string packed = here.write("packed.gz", test::gzip(text));
  const Ran a = here.run("backtest --session a --capture " + plain + kQuick);
  const Ran b = here.run("backtest --session b --capture " + packed + kQuick);
  ASSERT_EQ(a.exit_code, 0) << a.out << a.err;
  ASSERT_EQ(b.exit_code, 0) << b.out << b.err;
  EXPECT_GT(summary(here, "a").integer("/fills"), 0);
  EXPECT_EQ(summary(here, "a").text("/output_hash"), summary(here, "b").text("/output_hash"));
  EXPECT_THAT(a.err, HasSubstr("ETHUSDT: tick 0.01 and lot 0.25 inferred"));
}

// In the journal, and so in the ledger and by replay; and in the folder's config, which is still
// one.
TEST(Backtest, WhereTheUnitsCameFromIsJournaled) {
  const Scratch here;
  const std::string capture = here.write("capture", joined(small_market("ETHUSDT")));
  struct Case {
    std::string sets, expected;
  };
  for (const Case& c :
       {Case{"", "ETHUSDT: tick 0.01 and lot 0.25 inferred from the capture ("},
        Case{" --set instrument.tick=0.01",
             "ETHUSDT: tick 0.01 from config, lot 0.25 inferred from the capture ("},
        Case{" --set instrument.tick=0.01 --set instrument.lot=0.05",
             "ETHUSDT: tick 0.01 and lot 0.05 from config\n"}}) {
    std::filesystem::remove_all(here.path("s"));
    const Ran ran = here.run("backtest --session s --capture " + capture + kQuick + c.sets);
    ASSERT_EQ(ran.exit_code, 0) << ran.out << ran.err;
    EXPECT_THAT(test::read_file(here.path("s/journal.bin")), HasSubstr("# units: " + c.expected));
    EXPECT_THAT(test::read_file(here.path("s/config.ini")), HasSubstr("# units: " + c.expected));
    const Ran replay = here.run("replay s");
    EXPECT_EQ(replay.exit_code, 0) << replay.err;
    EXPECT_THAT(replay.out, HasSubstr("\n" + c.expected));
  }
  EXPECT_EQ(here.run("check -c s/config.ini").exit_code, 0);
}

TEST(Backtest, TheNextFileOfAnInstrumentContinuesIt) {
  const Scratch here;
  const std::vector<std::string> lines = small_market("ETHUSDT");
  const auto middle = lines.begin() + static_cast<std::ptrdiff_t>(lines.size() / 2);
  const std::string whole = here.write("whole", joined(lines));
  const std::string first = here.write("first", joined({lines.begin(), middle}));
  const std::string second = here.write("second", joined({middle, lines.end()}));
  ASSERT_EQ(here.run("backtest --session a --capture " + whole + kQuick).exit_code, 0);
  ASSERT_EQ(here.run("backtest --session b --capture " + first + " --capture " + second + kQuick)
                .exit_code,
            0);
  EXPECT_EQ(summary(here, "a").text("/output_hash"), summary(here, "b").text("/output_hash"));
}

TEST(Backtest, FurtherInstrumentsAreMergedByTime) {
  const Scratch here;
  const std::string eth = here.write("eth", joined(small_market("ETHUSDT")));
  const std::string xrp =
      here.write("xrp", joined(small_market("XRPUSDT", 1'700'000'000'050'000'000)));
  const Ran ran = here.run("backtest --session s --capture " + eth + " --capture " + xrp + kQuick);
  ASSERT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_GT(summary(here, "s").integer("/instruments/ETHUSDT/orders/placed"), 0);
  EXPECT_GT(summary(here, "s").integer("/instruments/XRPUSDT/orders/placed"), 0);
  EXPECT_LT(summary(here, "s").number("/seconds"), 60) << "side by side, not one after the other";
}

TEST(Backtest, AnInstrumentThatFirstAppearsLateIsTradedToo) {
  const Scratch here;
  std::vector<std::string> lines = small_market("ETHUSDT");
  const std::string subscribed = R"(1700000040000000000 {"result":null,"id":1})";
  lines.resize(lines.size() + 25'000, subscribed);
  for (const std::string& line : small_market("XRPUSDT", 1'700'000'050'000'000'000)) {
    lines.push_back(line);
  }
  const std::string capture = here.write("capture", joined(lines));
  const Ran ran = here.run("backtest --session s --capture " + capture + kQuick);
  ASSERT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_GT(summary(here, "s").integer("/instruments/XRPUSDT/orders/placed"), 0);
}

TEST(Backtest, NothingIsLostBehindReceiveTimesThatGoBack) {
  const Scratch here;
  const std::vector<std::string> lines = small_market("ETHUSDT", 1'700'000'060'000'000'000);
  const std::string straight = here.write("straight", joined(lines));
  std::vector<std::string> back(lines.begin(), lines.begin() + 200);  // a clock a minute ahead
  for (std::size_t i = back.size(); i < lines.size(); ++i) {
    const std::size_t blank = lines[i].find(' ');
    back.push_back(std::to_string(std::stoll(lines[i].substr(0, blank)) - 60'000'000'000) +
                   lines[i].substr(blank));
  }
  const std::string mended = here.write("mended", joined(back));
  ASSERT_EQ(here.run("backtest --session a --capture " + straight + kQuick).exit_code, 0);
  ASSERT_EQ(here.run("backtest --session b --capture " + mended + kQuick).exit_code, 0);
  // Fewer batches, since what is late comes at once; without the second half it is half of them.
  const auto events = [&](const char* session) {
    return summary(here, session).integer("/events_in");
  };
  EXPECT_GT(10 * events("b"), 6 * events("a"));
}

TEST(Backtest, ACaptureWithoutAUsableBookSaysSo) {
  const Scratch here;
  std::vector<std::string> lines = small_market("ETHUSDT");
  std::erase_if(lines, [](const std::string& l) { return l.find("lastUpdateId") != l.npos; });
  const std::string capture = here.write("capture", joined(lines));
  for (const char* command : {"backtest", "inspect"}) {
    const Ran ran = here.run(std::string(command) + " --capture " + capture);
    EXPECT_EQ(ran.exit_code, 1) << command;
    EXPECT_THAT(ran.err, HasSubstr("no usable book")) << command;
  }
  EXPECT_TRUE(std::filesystem::is_empty(here.path("sessions")));
}

// The feed follows it, but in such small ticks no price fits the engine's book.
TEST(Backtest, ABookThatTheCoreCannotHoldIsNoUsableOne) {
  const Scratch here;
  const std::string capture = here.write(
      "capture",
      R"(1700000000000000000 {"lastUpdateId":10,"bids":[["20.5","1"]],"asks":[["20.60000003","1"]]}
1700000000001000000 {"e":"depthUpdate","E":1,"s":"ETHUSDT","U":11,"u":12,"b":[["20.51","1"]],"a":[]}
1700000001002000000 {"e":"depthUpdate","E":1,"s":"ETHUSDT","U":13,"u":14,"b":[["20.51","2"]],"a":[]}
)");
  for (const char* command : {"backtest", "inspect"}) {
    const Ran ran = here.run(std::string(command) + " --capture " + capture);
    EXPECT_EQ(ran.exit_code, 1) << command;
    EXPECT_THAT(ran.err, HasSubstr("no usable book in the capture: it is complete, but the engine "
                                   "can hold none of it: prices of ETHUSDT may be 2000000000 ticks "
                                   "of 0.00000001 at most; is that its tick?\n"))
        << command;
  }
  EXPECT_TRUE(std::filesystem::is_empty(here.path("sessions")));
}

// A recorder's clock is wrong for some lines, then right again: no session of years.
TEST(Backtest, WrongReceiveTimesInARowMakeNoLongSessionAndLoseNoBook) {
  const Scratch here;
  const std::vector<std::string> lines = small_market("ETHUSDT");
  const std::string straight = here.write("straight", joined(lines));
  ASSERT_EQ(
      here.run("backtest --session straight_session --capture " + straight + kQuick).exit_code, 0);
  const double seconds = summary(here, "straight_session").number("/seconds");
  for (const std::size_t first : {std::size_t{0}, lines.size() / 2, lines.size() - 5}) {
    std::vector<std::string> wrong = lines;
    for (std::size_t i = first; i < first + 5; ++i) {
      wrong[i] = "1900000000000000000" + wrong[i].substr(wrong[i].find(' '));
    }
    const std::string capture = here.write("wrong", joined(wrong));
    std::filesystem::remove_all(here.path("s"));
    const Ran ran = here.run("backtest --session s --capture " + capture + kQuick);
    ASSERT_EQ(ran.exit_code, 0) << ran.out << ran.err;
    EXPECT_EQ(test::count_of(ran.err, "receive time far from its neighbours'"), 1u) << ran.err;
    const JsonFile json = summary(here, "s");
    EXPECT_NEAR(json.number("/seconds"), seconds, 1);
    EXPECT_EQ(json.integer("/capture/problems/wrong_receive_time"), 5);
    EXPECT_EQ(json.integer("/capture/lines"), static_cast<std::int64_t>(lines.size()));
    EXPECT_GT(json.integer("/fills"), 0);
    const Ran inspect = here.run("inspect --capture " + capture);
    EXPECT_THAT(inspect.out, HasSubstr("\"gaps\":0,"));
    EXPECT_THAT(inspect.out, HasSubstr("\"wrong_receive_time\":5,"));
  }
}

TEST(Backtest, AGzipDamagedAtItsFirstBytesIsNotTakenForText) {
  const Scratch here;
  const std::string whole = test::gzip(joined(small_market("ETHUSDT")));
  for (const std::size_t at : {0u, 1u}) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x01);
    here.write("capture.gz", damaged);
    here.write("capture", damaged);
    for (const char* command : {"backtest", "inspect"}) {
      const Ran ran = here.run(std::string(command) + " --capture capture.gz");
      EXPECT_EQ(ran.exit_code, 1);
      EXPECT_THAT(ran.err, HasSubstr("capture.gz: is not gzip, although its name says so")) << at;
      EXPECT_EQ(test::count_of(ran.err, "\n"), 1u) << ran.err;
      EXPECT_THAT(here.run(std::string(command) + " --capture capture").err,
                  HasSubstr("not a Binance capture (it looks like binary data)"));
    }
  }
}

TEST(Backtest, AMissingCaptureIsOneLine) {
  const Scratch here;
  for (const char* command : {"backtest", "inspect"}) {
    const Ran ran = here.run(std::string(command) + " --capture nothing.gz");
    EXPECT_EQ(ran.exit_code, 1);
    EXPECT_EQ(test::count_of(ran.err, "\n"), 1u) << ran.err;
    EXPECT_THAT(ran.err, HasSubstr("nothing.gz"));
  }
}

// Every kind of damage, twice each: counted, said once, and the market around it is used.
TEST(Backtest, DamagedLinesAreSaidOncePerKindAndTheRestIsUsed) {
  const Scratch here;
  std::vector<std::string> lines = small_market("ETHUSDT");
  const std::string time = lines[200].substr(0, lines[200].find(' ') + 1);
  for (const std::string& bad : {
           time + R"({"e":"depthUpdate","E":1,"s":"ETHUSDT","U":1)",
           time + R"({"e":"trade","E":1,"s":"ETHUSDT","t":1,"p":"1e99","q":"1","T":1,"m":true})",
           time + R"({"e":"trade","E":1,"s":"ETHUSDT","t":2,"p":"-5","q":"1","T":1,"m":true})",
           time + R"({"e":"weather","E":1,"s":"ETHUSDT"})",
           time + R"({"e":"markPriceUpdate","E":1,"s":"ETHUSDT","p":"100"})",
           time + "garbage",
           std::string("no time"),
       }) {
    lines.insert(lines.begin() + 200, 2, bad);
  }
  std::string text = joined(lines);
  text.resize(text.size() - 40);  // and the last line is cut
  const std::string capture = here.write("capture", text);
  const Ran ran = here.run("backtest --session s --capture " + capture + kQuick);
  ASSERT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  for (const char* kind : {"invalid JSON", "number out of range", "unknown stream",
                           "line without a receive time", "last line cut"}) {
    EXPECT_EQ(test::count_of(ran.err, kind), 1u) << kind << " in\n" << ran.err;
  }
  EXPECT_GT(summary(here, "s").integer("/fills"), 0);
  const JsonFile json = summary(here, "s");
  EXPECT_EQ(json.integer("/capture/lines"), static_cast<std::int64_t>(lines.size()));
  EXPECT_EQ(json.integer("/capture/bad_lines"), 11);
  EXPECT_EQ(json.integer("/capture/ignored"), 2);
  EXPECT_EQ(json.integer("/capture/problems/invalid_json"), 4);
  EXPECT_EQ(json.integer("/capture/problems/number_out_of_range"), 4);
  EXPECT_EQ(json.integer("/capture/problems/no_receive_time"), 2);
  EXPECT_EQ(json.integer("/capture/problems/cut_line"), 1);
  EXPECT_EQ(json.integer("/capture/problems/unknown_stream"), 2);
  EXPECT_EQ(json.integer("/capture/problems/corrupt_gzip"), 0);
  EXPECT_THAT(ran.out, HasSubstr("  capture     4 times invalid JSON\n"));
  EXPECT_THAT(ran.out, HasSubstr("  capture     2 times unknown stream\n"));
  EXPECT_THAT(ran.out, HasSubstr("  capture     2 times message of a stream that is ignored\n"));
  EXPECT_EQ(test::count_of(ran.out, "  capture "), 6u) << "what did not occur is not printed";
  const Ran inspect = here.run("inspect --capture " + capture);
  EXPECT_EQ(inspect.exit_code, 0);
  EXPECT_THAT(inspect.out, HasSubstr("\"ignored\":2,"));
  EXPECT_THAT(inspect.out, HasSubstr("\"invalid_json\":4,"));
  EXPECT_THAT(inspect.out, HasSubstr("\"unknown_stream\":2,"));
  EXPECT_THAT(inspect.out, HasSubstr("\"bad_lines\":11,")) << inspect.err;
  EXPECT_THAT(inspect.out, HasSubstr("\"diffs_applied\":399,")) << "the cut line was one";
}

TEST(Backtest, CorruptGzipIsUsedUpToTheDamage) {
  const Scratch here;
  const std::string whole = test::gzip(joined(small_market("ETHUSDT")));
  std::string damaged = whole;
  damaged[whole.size() * 3 / 4] = static_cast<char>(~damaged[whole.size() * 3 / 4]);
  for (const std::string& bytes : {whole.substr(0, whole.size() * 3 / 4), damaged}) {
    const std::string capture = here.write("capture.gz", bytes);
    std::filesystem::remove_all(here.path("s"));
    const Ran ran = here.run("backtest --session s --capture " + capture + kQuick);
    ASSERT_EQ(ran.exit_code, 0) << ran.out << ran.err;
    EXPECT_EQ(test::count_of(ran.err, "corrupt gzip"), 1u) << ran.err;
    EXPECT_EQ(summary(here, "s").integer("/capture/problems/corrupt_gzip"), 1);
    EXPECT_GT(summary(here, "s").integer("/orders/placed"), 0);
  }
}

// A session of its own, whose journal is then damaged.
class DamagedJournal : public testing::Test {
 protected:
  void SetUp() override {
    const std::string capture = here_.write("capture", joined(small_market("ETHUSDT")));
    ASSERT_EQ(here_.run("backtest --session s --capture " + capture + kQuick).exit_code, 0);
    journal_ = test::read_file(here_.path("s/journal.bin"));
    ASSERT_GT(journal_.size(), 1000u);
  }
  Ran replay(const std::string& journal) const {
    here_.write("s/journal.bin", journal);
    return here_.run("replay s");
  }

  Scratch here_;
  std::string journal_;
};

TEST_F(DamagedJournal, OneChangedByteAnywhereIsFound) {
  ASSERT_EQ(replay(journal_).exit_code, 0);
  for (std::size_t i = 0; i <= 16; ++i) {
    const std::size_t at = (journal_.size() - 1) * i / 16;
    for (const char change : {'\x01', '\xff'}) {
      std::string damaged = journal_;
      damaged[at] = static_cast<char>(damaged[at] ^ change);
      const Ran ran = replay(damaged);
      EXPECT_EQ(ran.exit_code, 1) << "byte " << at << " of " << journal_.size();
      EXPECT_EQ(test::count_of(ran.out + ran.err, "\n"), 1u) << ran.out << ran.err;
    }
  }
}

TEST_F(DamagedJournal, ATornOneIsSaidToBeTorn) {
  for (const std::size_t size : {journal_.size() - 1, journal_.size() - 30, journal_.size() / 2}) {
    const Ran ran = replay(journal_.substr(0, size));
    EXPECT_THAT(ran.out, testing::AnyOf(HasSubstr("end frame is missing"),
                                        HasSubstr("last frame is incomplete")))
        << ran.err;
  }
}

TEST_F(DamagedJournal, AnotherVersionIsAClearError) {
  std::string other = journal_;
  other[12] = 77;
  const Ran ran = replay(other);
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.err, HasSubstr("has journal version 77, this program reads version"));
}

TEST_F(DamagedJournal, NoJournalAtAllIsAClearError) {
  const Ran empty = replay("");
  EXPECT_EQ(empty.exit_code, 1);
  EXPECT_THAT(empty.err, HasSubstr("is not a journal, or was cut off at its beginning"));
  EXPECT_EQ(replay("hello, this is some text").exit_code, 1);
  EXPECT_EQ(here_.run("replay nowhere").exit_code, 1);
  EXPECT_EQ(here_.run("replay").exit_code, 1) << "there is no sessions folder";
}

}  // namespace
}  // namespace mm
