// `mm_logic run` in the simulator, from outside: what it says, what it leaves, that it repeats.
#include <gmock/gmock.h>

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

TEST(SimRun, ASessionFolderInUseIsRefused) {
  const Scratch here;
  std::filesystem::create_directory(here.path("s"));
  here.write("s/precious", "data");
  const Ran ran = here.run(kFast + "--seconds 10 --session s");
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_EQ(ran.err, "mm_logic: s: is not empty; a session needs a folder of its own\n");
  EXPECT_EQ(test::read_file(here.path("s/precious")), "data");
}

}  // namespace
}  // namespace mm
