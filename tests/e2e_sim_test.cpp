// `mm_logic run` in the simulator, from outside: what it says, what it leaves, that it repeats.
#include <gmock/gmock.h>

#include <sstream>

#include "engine/ledger/sqlite.h"
#include "tests/e2e_support.h"

namespace mm {
namespace {

using test::JsonFile;
using test::kConfig;
using test::Ran;
using test::Scratch;
using testing::HasSubstr;

const std::string kFast = "run --speed max --quiet -c " + kConfig + " ";

bool is_amount(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const std::size_t point = std::min(text.find('.'), text.size());
  const auto digits = [](std::string_view part) {
    return !part.empty() && part.find_first_not_of("0123456789") == std::string_view::npos;
  };
  if (point == text.size()) return digits(text);
  return digits(text.substr(0, point)) && digits(text.substr(point + 1)) && !text.ends_with('0');
}

// The part that stands for the session and for each instrument; `prefix` is where.
void expect_results(const JsonFile& json, const std::string& prefix) {
  EXPECT_GT(json.integer(prefix + "/events_in"), 0);
  for (const char* key : {"placed", "amended", "cancelled", "rejected", "denied", "filled"}) {
    EXPECT_GE(json.integer(prefix + "/orders/" + key), 0);
  }
  EXPECT_GE(json.integer(prefix + "/fills"), 0);
  EXPECT_TRUE(is_amount(json.text(prefix + "/position")));
  for (const char* key : {"realized", "unrealized", "fees", "total"}) {
    EXPECT_TRUE(is_amount(json.text(prefix + "/pnl/" + key))) << json.text(prefix + "/pnl/" + key);
  }
  EXPECT_GE(json.number(prefix + "/quote_uptime_pct"), 0);
  EXPECT_LE(json.number(prefix + "/quote_uptime_pct"), 100);
  EXPECT_GT(json.integer(prefix + "/requests/sent"), 0);
  EXPECT_GT(json.integer(prefix + "/requests/cancel_place_equivalent"), 0);
  EXPECT_LE(json.number(prefix + "/requests/saved_pct"), 100);
  EXPECT_LE(json.number(prefix + "/requests/amend_saved_pct"), 50);
}

void expect_summary(const JsonFile& json) {
  EXPECT_EQ(json.text("/mode"), "sim");
  EXPECT_GT(json.number("/seconds"), 0);
  expect_results(json, "");
  for (const std::string& name : json.keys("/instruments")) {
    expect_results(json, "/instruments/" + name);
  }
  EXPECT_GE(json.keys("/invariants").size(), 9u);
  for (const std::string& name : json.keys("/invariants")) {
    EXPECT_EQ(json.integer("/invariants/" + name), 0) << name;
  }
  EXPECT_FALSE(json.keys("/latency_ns").empty());
  for (const std::string& stage : json.keys("/latency_ns")) {
    for (const char* key : {"p50", "p99", "p999", "max", "count"}) {
      EXPECT_GE(json.integer("/latency_ns/" + stage + "/" + key), 0);
    }
  }
  EXPECT_EQ(json.integer("/hot_path_allocations"), 0);
  EXPECT_EQ(json.text("/output_hash").size(), 16u);
}

TEST(SimRun, VirtualTimeGivesTheSummaryOfTheContract) {
  const Scratch here;
  const Ran ran = here.run(kFast + "--seconds 120 --json out.json --session s");
  ASSERT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_EQ(ran.err, "");
  const JsonFile json(here.path("out.json"));
  expect_summary(json);
  EXPECT_GE(json.integer("/fills"), 5);
  EXPECT_GE(json.integer("/orders/amended"), 20);
  EXPECT_GE(json.number("/requests/saved_pct"), 50);
  EXPECT_THAT(ran.out, HasSubstr("output hash " + json.text("/output_hash")));
  for (const char* file : {"s/journal.bin", "s/summary.json", "s/ledger.sqlite", "s/config.ini"}) {
    EXPECT_TRUE(here.has(file)) << file;
  }
  EXPECT_EQ(test::read_file(here.path("out.json")), test::read_file(here.path("s/summary.json")));
  const Ran replay = here.run("replay s");
  EXPECT_EQ(replay.exit_code, 0) << replay.out;
  EXPECT_THAT(replay.out, HasSubstr("output hash " + json.text("/output_hash")));
}

TEST(SimRun, TheSummaryMayLieInTheSessionsOwnFolder) {
  const Scratch here;
  const Ran own = here.run(kFast + "--seconds 5 --session a/s --json ./a/s/out.json");
  EXPECT_EQ(own.exit_code, 0) << own.err;
  EXPECT_TRUE(here.has("a/s/out.json"));
  const Ran beside = here.run(kFast + "--seconds 5 --json sessions/out.json");
  EXPECT_EQ(beside.exit_code, 0) << beside.err;
  EXPECT_TRUE(here.has("sessions/out.json"));
}

TEST(SimRun, ARunThatCannotBeRecordedStillReports) {
  const Scratch here;
  // Nothing is there at the start: it is the session that makes a folder of this name.
  const Ran ran = here.run(kFast + "--seconds 5 --json s --session s");
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.err, HasSubstr("s: cannot be renamed"));
  EXPECT_THAT(ran.out, HasSubstr("output hash"));
}

TEST(SimRun, RepeatsToTheBitAndAnotherSeedDoesNot) {
  const Scratch here;
  const auto hash = [&](const std::string& name, const std::string& arguments) {
    EXPECT_EQ(here.run(kFast + arguments + " --session " + name).exit_code, 0);
    return JsonFile(here.path(name + "/summary.json")).text("/output_hash");
  };
  const std::string first = hash("a", "--seconds 60");
  EXPECT_EQ(hash("b", "--seconds 60"), first);
  EXPECT_NE(hash("c", "--seconds 60 --seed 2"), first);
  EXPECT_NE(hash("d", "--seconds 60 --scenario calm"), first);
  EXPECT_EQ(test::read_file(here.path("a/journal.bin")),
            test::read_file(here.path("b/journal.bin")));
}

TEST(SimRun, RealTimeShowsStatusThenSummaryAndLeavesAWholeSession) {
  const Scratch here;
  const Ran ran =
      here.run("run --seconds 8 --set strategy.warmup_s=1 --json out.json -c " + kConfig);
  ASSERT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_EQ(ran.err, "");
  EXPECT_THAT(ran.out, HasSubstr("live orders"));
  EXPECT_EQ(ran.out.find('\x1b'), std::string::npos) << "control sequences without a terminal";
  const JsonFile json(here.path("out.json"));
  expect_summary(json);
  EXPECT_GE(json.number("/seconds"), 8);
  EXPECT_LE(json.number("/seconds"), 12);
  EXPECT_GE(json.integer("/orders/placed"), 6);
  EXPECT_GT(ran.out.find("output hash"), ran.out.find("live orders"));
  const std::string session = json.text("/session");
  EXPECT_THAT(session, testing::StartsWith("sessions/"));
  for (const char* file :
       {"journal.bin", "summary.json", "ledger.sqlite", "config.ini", "log.txt"}) {
    EXPECT_TRUE(here.has(session + "/" + file)) << file;
  }
  EXPECT_THAT(test::read_file(here.path(session + "/log.txt")), HasSubstr(" place "));
  EXPECT_EQ(here.run("replay").exit_code, 0) << "the newest session";
}

TEST(SimRun, QuietSaysTheSummaryOnly) {
  const Scratch here;
  const Ran ran = here.run("run --seconds 2 --quiet -c " + kConfig);
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out, testing::StartsWith("sim of "));
}

TEST(SimRun, TheLedgerHoldsEveryFillAndOrderOfTheSummary) {
  const Scratch here;
  ASSERT_EQ(here.run(kFast + "--seconds 60 --session s").exit_code, 0);
  if (test::run_process("command -v sqlite3").exit_code != 0) GTEST_SKIP() << "no sqlite3 here";
  const JsonFile json(here.path("s/summary.json"));
  const auto ask = [&](const std::string& query) {
    return test::run_process("sqlite3 " + here.path("s/ledger.sqlite") + " \"" + query + "\"")
        .output;
  };
  EXPECT_EQ(ask("select count(*) from fills"), std::to_string(json.integer("/fills")) + "\n");
  EXPECT_EQ(ask("select count(*) from orders where state = 'filled'"),
            std::to_string(json.integer("/orders/filled")) + "\n");
  EXPECT_EQ(ask("select output_hash from sessions"), json.text("/output_hash") + "\n");
}

TEST(SimRun, TheLedgerHoldsAReasonForEveryOrderThatTheSummaryCountsAsDenied) {
  const Scratch here;
  ASSERT_EQ(
      here.run("run --speed max --quiet --seconds 300 --session s -c " + test::kTight).exit_code,
      0);
  if (test::run_process("command -v sqlite3").exit_code != 0) GTEST_SKIP() << "no sqlite3 here";
  const JsonFile json(here.path("s/summary.json"));
  const auto count = [&](const std::string& where) {
    const std::string query = "select count(*) from events where kind = 'order_denied'" + where;
    return test::run_process("sqlite3 " + here.path("s/ledger.sqlite") + " \"" + query + "\"")
        .output;
  };
  const std::int64_t denied = json.integer("/orders/denied");
  EXPECT_GT(denied, 0);
  EXPECT_EQ(count(""), std::to_string(denied) + "\n");
  EXPECT_EQ(count(" and (reason = '' or detail not like '% @ %')"), "0\n");
  EXPECT_EQ(here.run("replay s").exit_code, 0);
}

TEST(SimRun, ThePositionOfSeveralInstrumentsIsNone) {
  const Scratch here;
  ASSERT_EQ(
      here.run(kFast + "--seconds 60 --session s --set venue.symbols=ETHUSDT,BTCUSDT").exit_code,
      0);
  const JsonFile json(here.path("s/summary.json"));
  EXPECT_TRUE(json.is_null("/position"));
  for (const char* symbol : {"/instruments/ETHUSDT", "/instruments/BTCUSDT"}) {
    EXPECT_TRUE(is_amount(json.text(std::string(symbol) + "/position")));
    EXPECT_NE(json.text(std::string(symbol) + "/details/nearest_quote"), "");
  }
}

TEST(SimRun, TheLogsTimesNeverGoBack) {
  const Scratch here;
  test::Running session(here, {"run", "-c", kConfig, "--session", "s", "--seconds", "4"}, "dumb");
  ASSERT_TRUE(session.read_until("warm_up")) << session.output();
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(here.run("pause s").exit_code, 0);
    EXPECT_EQ(here.run("resume s").exit_code, 0);
  }
  ASSERT_TRUE(session.read_to_end()) << session.output();
  const std::string text = test::read_file(here.path("s/log.txt"));
  std::istringstream log(text);
  std::string line, last;
  while (std::getline(log, line)) {
    const std::string time = line.substr(0, 26);
    EXPECT_LE(last, time) << line;
    last = time;
  }
  EXPECT_EQ(test::times_logged(text, "control: "), 8u);
}

TEST(SimRun, TheCountersOfASessionAreThoseOfItsSummary) {
  const Scratch here;
  const Ran ran =
      here.run("run --seconds 3 --quiet --set strategy.warmup_s=1 --session s -c " + kConfig);
  ASSERT_EQ(ran.exit_code, 0) << ran.err;
  const JsonFile json(here.path("s/summary.json"));
  const Ran counters = here.run("counters s");
  EXPECT_EQ(counters.exit_code, 0) << counters.err;
  const std::string symbol = "{symbol=\"ETHUSDT\"";
  for (const std::string& line :
       {std::string("stopped 1"), std::string("live_orders 0"),
        "requests_sent_total{limit=\"raw\"} " + std::to_string(json.integer("/requests/sent")),
        "orders_total" + symbol + ",outcome=\"placed\"} " +
            std::to_string(json.integer("/orders/placed")),
        "fills_total" + symbol + "} " + std::to_string(json.integer("/fills")),
        "position_base" + symbol + "} " + json.text("/position"),
        "pnl_realized_quote" + symbol + "} " + json.text("/pnl/realized")}) {
    EXPECT_THAT(counters.out, HasSubstr(line + "\n"));
  }
  EXPECT_EQ(here.run("counters nowhere").exit_code, 1);
}

// A run of days: its journal goes through all its segments, its ledger has every fill.
TEST(SimRun, WhoseFirstSegmentsWereDeletedEndsCleanAndKeepsItsFills) {
  const Scratch here;
  const Ran ran = here.run(kFast +
                           "--seconds 300 --session s --set journal.segment_bytes=1048576 "
                           "--set journal.segments_max=3");
  EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
  EXPECT_FALSE(here.has("s/journal.bin"));
  const JsonFile json(here.path("s/summary.json"));
  Database ledger;
  ASSERT_EQ(ledger.open(here.path("s/ledger.sqlite"), Database::Mode::kReadOnly), "");
  Statement rows;
  ASSERT_EQ(ledger.prepare("SELECT count(*), (SELECT position FROM closing) FROM fills", rows), "");
  ASSERT_TRUE(rows.step());
  EXPECT_EQ(rows.integer(0), json.integer("/fills"));
  EXPECT_EQ(rows.text(1), json.text("/position"));
}

// What the disk said is in the summary, and saying it costs the hot path nothing.
TEST(SimRun, OnAFullDiskSaysWhatCouldNotBeWritten) {
  const Scratch here;
  const Ran ran = here.run(kFast + "--seconds 120 --session s", "trap '' XFSZ; ulimit -f 1500;");
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.out, HasSubstr("s/journal.bin: cannot be written: File too large"));
  EXPECT_EQ(JsonFile(here.path("s/summary.json")).integer("/hot_path_allocations"), 0);
}

// The summary is written last: a journal without an end beside it was cut afterwards.
TEST(SimRun, ReplayOfAJournalCutAfterItsEndFails) {
  const Scratch here;
  ASSERT_EQ(here.run(kFast + "--seconds 20 --session s").exit_code, 0);
  const std::string journal = here.path("s/journal.bin");
  const auto whole = std::filesystem::file_size(journal);
  for (const std::uintmax_t left : {whole - 1, whole / 2, std::uintmax_t{8'000}}) {
    std::filesystem::resize_file(journal, left);
    const Ran ran = here.run("replay s");
    EXPECT_EQ(ran.exit_code, left == whole - 1 ? 0 : 1) << left << ran.out;
    EXPECT_EQ(ran.err.find("are missing in its journal") != std::string::npos, left < whole - 1);
  }
  std::filesystem::remove(here.path("s/summary.json"));
  EXPECT_EQ(here.run("replay s").exit_code, 0) << "a session that was killed";
}

TEST(SimRun, ASessionFolderInUseIsRefused) {
  const Scratch here;
  std::filesystem::create_directory(here.path("s"));
  here.write("s/precious", "data");
  const Ran ran = here.run(kFast + "--seconds 10 --session s");
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_EQ(ran.err, "mm_logic: --session s: is not empty; a session needs a folder of its own\n");
  EXPECT_EQ(test::read_file(here.path("s/precious")), "data");
}

}  // namespace
}  // namespace mm
