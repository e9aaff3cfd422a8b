// The project's scripts: they explain themselves, refuse bad usage and are clean shell.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

#include "tests/e2e_support.h"
#include "tests/process.h"

namespace mm::test {
namespace {

namespace fs = std::filesystem;

const std::vector<std::string> kScripts{
    "scripts/setup",        "scripts/build",          "scripts/run",
    "scripts/test",         "scripts/bench",          "scripts/coverage",
    "scripts/format",       "scripts/tidy",           "scripts/demo/order_management",
    "scripts/demo/fetch",   "scripts/demo/websocket", "scripts/demo/guard",
    "scripts/regolden",     "scripts/determinism",    "scripts/reconnects",
    "scripts/fuzz",         "scripts/sanitize",       "scripts/mutate",
    "scripts/tune_host",    "scripts/tick_to_trade",  "scripts/soak_live",
    "scripts/instructions", "scripts/perf_ab",        "scripts/monitor_cost",
    "scripts/tick_picture", "scripts/topologies",     "scripts/load",
    "scripts/crash_loop",   "scripts/promtool",       "scripts/bars"};

TEST(Scripts, EachExplainsItself) {
  for (const std::string& script : kScripts) {
    const ProcessResult result = run_process(kRoot + "/" + script + " --help");
    EXPECT_EQ(result.exit_code, 0) << script;
    EXPECT_THAT(result.output, testing::StartsWith("Usage: " + script)) << script;
    EXPECT_THAT(result.output, testing::Not(testing::HasSubstr("set -euo"))) << script;
  }
}

TEST(Scripts, BadUsageIsRefused) {
  for (const char* command : {"scripts/build nonsense",
                              "scripts/build --nonsense",
                              "scripts/build --target",
                              "scripts/build nonsense --target one two",
                              "scripts/test one two",
                              "scripts/fuzz nonsense",
                              "scripts/fuzz --seconds 0",
                              "scripts/sanitize --nonsense",
                              "scripts/sanitize asan one two",
                              "scripts/mutate nonsense",
                              "scripts/mutate --seeds x",
                              "scripts/tune_host",
                              "scripts/tune_host check --cpus x",
                              "scripts/monitor_cost --pairs x",
                              "scripts/perf_ab",
                              "scripts/perf_ab HEAD --rounds x",
                              "scripts/perf_ab no-such-revision",
                              "scripts/bench --all --rounds x",
                              "scripts/bench --nonsense",
                              "scripts/tick_picture",
                              "scripts/tick_to_trade --keep",
                              "scripts/tick_to_trade --table nowhere",
                              "scripts/tick_to_trade engine0",
                              "scripts/topologies nonsense",
                              "scripts/topologies --rounds 0",
                              "scripts/instructions nonsense",
                              "scripts/instructions --compare one",
                              "scripts/perf_ab --table nowhere",
                              "scripts/bars nowhere nowhere",
                              "scripts/promtool a b"}) {
    const ProcessResult result = run_process(kRoot + "/" + command);
    EXPECT_EQ(result.exit_code, 2) << command << "\n" << result.output;
  }
}

TEST(Scripts, AreCleanShell) {
  std::string files =
      kRoot + "/.ci/run " + kRoot + "/scripts/prelude.sh " + kRoot + "/scripts/local_venue.sh";
  for (const std::string& script : kScripts) files += " " + kRoot + "/" + script;
  EXPECT_EQ(run_process("for f in " + files + "; do bash -n $f || exit 1; done").exit_code, 0);
  if (run_process("command -v shellcheck").exit_code != 0) {
    GTEST_SKIP() << "shellcheck is not installed";
  }
  const ProcessResult result = run_process("cd " + kRoot + " && shellcheck " + files);
  EXPECT_EQ(result.exit_code, 0) << result.output;
}

// With a package of the test's own in place of the distribution's.
TEST(Scripts, PromtoolIsTakenOutOfItsPackageOrItIsSaidThatThereIsNone) {
  const Scratch here;
  const auto fake_apt = [&](const std::string& downloads) {
    here.write("bin/apt-get", "#!/bin/sh\ncase $1 in download) " + downloads + ";; esac\n");
    return run_process("chmod +x " + here.path("bin/apt-get") + " && PATH=" + here.path("bin") +
                       ":$PATH " + kRoot + "/scripts/promtool " + here.path("to"));
  };
  fs::create_directories(here.path("bin"));
  fs::create_directories(here.path("tree/DEBIAN"));
  fs::create_directories(here.path("tree/usr/bin"));
  here.write("tree/DEBIAN/control",
             "Package: prometheus\nVersion: 1\nArchitecture: all\nMaintainer: none\n"
             "Description: none\n");
  here.write("tree/DEBIAN/postinst", "#!/bin/sh\ntouch " + here.path("service") + "\n");
  here.write("tree/usr/bin/promtool", "#!/bin/sh\necho it works\n");
  ASSERT_EQ(run_process("cd " + here.path("") + " && chmod +x tree/usr/bin/promtool && " +
                        "chmod 755 tree/DEBIAN/postinst && " +
                        "dpkg-deb --root-owner-group --build tree prometheus_1_all.deb")
                .exit_code,
            0);
  const ProcessResult none = fake_apt("exit 100");
  EXPECT_EQ(none.exit_code, 0) << none.output;
  EXPECT_EQ(none.output, "promtool: apt has no package prometheus here: its tests are skipped\n");
  const ProcessResult taken = fake_apt("cp " + here.path("prometheus_1_all.deb") + " .");
  EXPECT_EQ(taken.exit_code, 0) << taken.output;
  EXPECT_EQ(taken.output, "");
  EXPECT_EQ(run_process(here.path("to/promtool")).output, "it works\n");
  EXPECT_FALSE(here.has("service")) << "nothing is installed";
}

// Each place of the table is there once, so that what is broken is what the table says.
TEST(Scripts, TheTableOfMutationsFitsTheCode) {
  const ProcessResult result = run_process(kRoot + "/scripts/mutate --check");
  EXPECT_EQ(result.exit_code, 0) << result.output;
}

// What CI does when the core takes more instructions than the committed file says.
TEST(Scripts, AGuardOfInstructionsThatComparesNothingFails) {
  const Scratch scratch;
  const std::string was = scratch.write("was",
                                        "# Instructions; (Debian 12.2.0-14) 12.2.0\na 1000\n"
                                        "b 2000\n");
  const auto compare = [&](const std::string& compiler, const std::string& counts) {
    const std::string is = scratch.write("is", "# Instructions; " + compiler + "\n" + counts);
    return run_process(kRoot + "/scripts/instructions --compare " + was + " " + is);
  };
  EXPECT_EQ(compare("12.2.0", "a 1040\nb 2000\n").exit_code, 0);
  EXPECT_EQ(compare("12.2.1", "a 1060\nb 2000\n").exit_code, 1);
  EXPECT_EQ(compare("12.2.0", "a 1000\nb 1000\n").exit_code, 0);
  const ProcessResult more = compare("12.2.0", "a 1000\nb 2000\nc 1\n");
  EXPECT_EQ(more.exit_code, 0);
  EXPECT_THAT(more.output, testing::HasSubstr("1, new"));
  const ProcessResult gone = compare("12.2.0", "a 1000\n");
  EXPECT_EQ(gone.exit_code, 1);
  EXPECT_THAT(gone.output, testing::HasSubstr("gone, was   2000"));
  EXPECT_EQ(compare("12.2.0", "").exit_code, 2);
  EXPECT_EQ(compare("13.2.0", "a 1000\nb 2000\n").exit_code, 2);
}

// Two rounds of two clients, as scripts/tick_to_trade keeps them.
struct Rounds {
  std::int64_t raw_p50_ns = 16'000, raw_p99_ns = 80'000;
  int unanswered = 0;
  double idle_turn_ms = 1;
  int updates = 10'000;  // a round; a thousandth of them take 2 ms, the others 1
};
ProcessResult table_of(const Rounds& rounds) {
  const Scratch scratch;
  const auto line = [&](std::int64_t p50, std::int64_t p99, int missing) {
    const std::string updates = std::to_string(rounds.updates);
    return R"({"wanted":)" + updates + R"(,"updates":)" + updates + R"(,"unanswered":)" +
           std::to_string(missing) + R"(,"from_due_ns":{"p50":)" + std::to_string(p50) +
           R"(,"p99":)" + std::to_string(p99) + R"(,"p999":5},"from_due_buckets":[[1000000,)" +
           std::to_string(rounds.updates * 999 / 1000) + "],[2000000," +
           std::to_string(rounds.updates / 1000) + "]]}\n";
  };
  scratch.write("raw.json", line(20'000, rounds.raw_p99_ns, 0) +
                                line(rounds.raw_p50_ns, rounds.raw_p99_ns / 2, rounds.unanswered));
  scratch.write("engine.json", line(22'000, 96'000, 0) + line(24'000, 80'000, 0));
  scratch.write("hiccups_ms", std::to_string(rounds.idle_turn_ms) + "\n");
  return run_process(kRoot + "/scripts/tick_to_trade --table " + scratch.path(""));
}

TEST(Scripts, TickToTradePrintsMediansOfTheRoundsRatiosWithTheirSpread) {
  const ProcessResult table = table_of({});
  EXPECT_EQ(table.exit_code, 0) << table.output;
  EXPECT_THAT(table.output,
              testing::HasSubstr("| engine | 20000 of 20000 | 22.0 us | 80.0 us | 1000.0 us | "
                                 "1.10 (1.10, 1.50) | 1.20 (1.20, 2.00) |"));
}

// The tail is that of all rounds together, and none where hardly anything is in it.
TEST(Scripts, TickToTradeTellsATailOnlyOfEnoughUpdates) {
  Rounds few;
  few.updates = 4'000;
  EXPECT_THAT(table_of(few).output,
              testing::HasSubstr("| engine | 8000 of 8000 | 22.0 us | 80.0 us | | "));
}

TEST(Scripts, TickToTradeDoubtsWhatABusyMachineOrAnAbsentClientMeasured) {
  const auto doubted = [](auto changed, auto to, const char* why) {
    Rounds rounds;
    rounds.*changed = to;
    const ProcessResult result = table_of(rounds);
    EXPECT_EQ(result.exit_code, 1);
    EXPECT_THAT(result.output, testing::HasSubstr(why));
  };
  doubted(&Rounds::unanswered, 3, "raw has answered 19997 updates of 20000");
  doubted(&Rounds::idle_turn_ms, 4.5, "an idle turn of the engine took 4.5 ms");
  doubted(&Rounds::raw_p99_ns, 260'000, "raw takes 130.0 us at p99, more than 120");
}

// A benchmark that has another name now is no longer looked at, and nobody would see it.
TEST(Scripts, EveryFamilyThatPerfAbComparesIsThere) {
  std::istringstream names(
      run_process(R"(sed -nE 's/^families=\((.*)\)$/\1/p' )" + kRoot + "/scripts/perf_ab").output);
  int count = 0;
  for (std::string name; names >> name; ++count) {
    EXPECT_EQ(run_process("grep -q '\"" + name + "/' " + kRoot + "/bench/*_bench.cpp").exit_code, 0)
        << name;
  }
  EXPECT_GE(count, 5);
}

// A benchmark that breaks has a time of 0, and one that vanishes none: neither is faster.
TEST(Scripts, PerfAbFailsWhereABenchmarkBreaksOrVanishes) {
  const Scratch scratch;
  const auto compare = [&](const std::string& base, const std::string& here) {
    scratch.write("base.1.json", R"({"benchmarks":[)" + base + "]}");
    scratch.write("here.1.json", R"({"benchmarks":[)" + here + "]}");
    return run_process(kRoot + "/scripts/perf_ab --table " + scratch.path(""));
  };
  const std::string a = R"({"name":"a/1","cpu_time":10})", b = R"({"name":"b/1","cpu_time":20})";
  const std::string broken =
      R"({"name":"b/1","cpu_time":0,"error_occurred":true,"error_message":"not read"})";
  const ProcessResult same = compare(a + "," + b, b + "," + a);
  EXPECT_EQ(same.exit_code, 0) << same.output;
  EXPECT_THAT(same.output, testing::HasSubstr("| b/1 | time | 20.0 ns | 20.0 ns | 1.00 |"));
  const ProcessResult breaks = compare(a + "," + b, a + "," + broken);
  EXPECT_EQ(breaks.exit_code, 1);
  EXPECT_THAT(breaks.output, testing::HasSubstr("broken: b/1 fails here: not read"));
  const ProcessResult vanishes = compare(a + "," + b, a);
  EXPECT_EQ(vanishes.exit_code, 1);
  EXPECT_THAT(vanishes.output, testing::HasSubstr("broken: only the base has b/1"));
  const ProcessResult both = compare(a + "," + broken, a + "," + broken);
  EXPECT_EQ(both.exit_code, 0);
  EXPECT_THAT(both.output, testing::HasSubstr("not compared: b/1 fails in the base: not read"));
  EXPECT_EQ(compare(a, a + "," + broken).exit_code, 1) << "the base does not have it";
  EXPECT_EQ(compare(a, a + "," + b).exit_code, 0) << "it is new";
}

TEST(Scripts, BarsTellsWhatIsMetWhatIsNotAndWhatWasNotMeasured) {
  const Scratch scratch;
  scratch.write("tls.md",
                "| raw | 9 of 9 | 18.0 us | 70.0 us | | 1.00 (1.00, 1.00) | 1.00 |\n"
                "| engine | 9 of 9 | 20.0 us | 120.0 us | | 1.10 (1.00, 1.20) | 1.60 |\n");
  scratch.write(
      "topologies.md",
      "| topology/idle | events/s | p50 | p99 | auto to it, p50 |\n|---|---|---|---|---|\n"
      "| auto/auto | 9 | 1 ns | 2 ns | 1.00 |\n| inline/spin | 9 | 1 ns | 2 ns | 1.31 |\n");
  scratch.write("summary.json", R"({"hot_path_allocations":0,"hot_path_faults":3})");
  const std::string json = scratch.write("bench.json", R"({"benchmarks":[
    {"name":"core/decision_follows/1/manual_time","p50_ns":250,"p99_ns":1001},
    {"name":"feed/tls_engine/11/real_time","items_per_second":5e5},
    {"name":"json/trade/ours","cpu_time":104},{"name":"json/trade/rapidjson","cpu_time":100},
    {"name":"json/trade/nlohmann","cpu_time":0,"error_occurred":true},
    {"name":"json/bookTicker/ours","cpu_time":50},
    {"name":"json/bookTicker/rapidjson","cpu_time":90},
    {"name":"json/depth_5/ours","cpu_time":50},{"name":"json/depth_5/nlohmann","cpu_time":90},
    {"name":"json/depth_100/ours","cpu_time":50},{"name":"json/depth_100/rapidjson","cpu_time":90},
    {"name":"book/capture_spot/ours","items_per_second":9},
    {"name":"book/capture_spot/map","items_per_second":1},
    {"name":"json/depth20/ours","cpu_time":106},
    {"name":"json/depth20/rapidjson","cpu_time":100}]})");
  const ProcessResult bars = run_process(kRoot + "/scripts/bars " + json + " " + scratch.path(""));
  EXPECT_EQ(bars.exit_code, 0) << bars.output;
  for (const char* row :
       {"over TLS, p99 | at most 50 ms | 0.12 ms | met |",
        "bare loop, p50 | at most 1.25 x | 1.10 x | met |",
        "bare loop, p99 | at most 1.50 x | 1.60 x | not met |",
        "command out, p50 | at most 250 ns | 250 ns | met |",
        "command out, p99 | at most 1000 ns | 1001 ns | not met |",
        "one TLS connection | at least 500 k/s | 500 k/s | met |",
        "core events | at least 5.00 M/s | not measured | |",
        "of message) | at most 1.05 x | 1.06 x | not met |",
        "vector and map | at most 1.05 x | not measured | |",  // one of two days is not all
        "by hand, p50 | at most 1.30 x | 1.31 x | not met |",
        "live over TLS | at most 0 | 0 | met |", "live over TLS | at most 0 | 3 | not met |"}) {
    EXPECT_THAT(bars.output, testing::HasSubstr(row));
  }
}

// In place of the engine: takes what `exits` says of the topology as its exit code, and is fast.
ProcessResult topologies_with(const std::string& exits) {
  const Scratch scratch;
  const std::string engine = scratch.write("engine", R"(#!/bin/bash
for argument in "$@"; do
  case $argument in
    --json) next=yes ;;
    *summary.json) [[ -z $next ]] || file=$argument ;;
    engine.topology=*) topology=${argument#*=} ;;
  esac
done
case $topology in )" + exits + R"( esac
echo '{"events_in":10000,"latency_ns":{"tick_to_sent":{"p50":100,"p99":200}}}' >"$file"
)");
  return run_process("chmod +x " + engine + " && MM_LOGIC=" + engine + " " + kRoot +
                     "/scripts/topologies --rounds 2 --seconds 1");
}

TEST(Scripts, TopologiesLeavesOutWhatTheMachineDoesNotTakeAndWhatFailsButNeverAuto) {
  const ProcessResult some = topologies_with("dedicated) exit 2 ;;");
  EXPECT_EQ(some.exit_code, 0) << some.output;
  EXPECT_THAT(some.output, testing::HasSubstr("| shared/yield |"));
  EXPECT_THAT(some.output, testing::Not(testing::HasSubstr("| dedicated/")));
  EXPECT_EQ(topologies_with("auto) exit 1 ;;").exit_code, 2) << "auto failed";
  EXPECT_EQ(topologies_with("auto) exit 2 ;;").exit_code, 2) << "auto was not taken";
  const ProcessResult one_fails = topologies_with("shared) exit 1 ;;");
  EXPECT_EQ(one_fails.exit_code, 0) << one_fails.output;
  EXPECT_THAT(one_fails.output, testing::HasSubstr("shared/spin ended with 1 and does not count"));
  EXPECT_THAT(one_fails.output, testing::Not(testing::HasSubstr("| shared/")));
  EXPECT_EQ(topologies_with("auto) echo '{}' >\"$file\"; exit ;;").exit_code, 2)
      << "auto has no figure";
}

TEST(Scripts, TheUnitsAreHardened) {
  if (run_process("systemd-analyze security --offline=yes --help").exit_code != 0) {
    GTEST_SKIP() << "systemd-analyze is not installed, or too old";
  }
  for (const char* unit : {"mm_logic-engine.service", "mm_logic-guard.service"}) {
    const ProcessResult result =
        run_process("cd " + kRoot + "/scripts/systemd && systemd-analyze security --offline=yes " +
                    "--no-pager --threshold=15 ./" + unit);
    EXPECT_EQ(result.exit_code, 0) << result.output;
  }
}

// systemd stops in the reverse order of the start.
TEST(Scripts, TheGuardIsThereBeforeTheEngineAndUntilAfterIt) {
  const std::string units = kRoot + "/scripts/systemd/mm_logic-";
  const auto lines = [&units](const std::string& unit, const std::string& pattern) {
    return run_process("grep -cE '" + pattern + "' " + units + unit + ".service").output;
  };
  EXPECT_EQ(lines("guard", "^Before=.*mm_logic-engine"), "1\n");
  EXPECT_EQ(lines("guard", "^After=.*mm_logic-engine"), "0\n");
  EXPECT_EQ(lines("engine", "^Before=.*mm_logic-guard"), "0\n");
  EXPECT_EQ(lines("engine", "^Wants=.*mm_logic-guard"), "1\n") << "it does not start without";
}

TEST(Scripts, StopAtTheFirstError) {
  for (const std::string& script : kScripts) {
    const ProcessResult result =
        run_process("grep -c '^set -euo pipefail$' " + kRoot + "/" + script);
    EXPECT_EQ(result.output, "1\n") << script;
  }
}

}  // namespace
}  // namespace mm::test
