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
    "scripts/promtool"};

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
                              "scripts/promtool a b"}) {
    const ProcessResult result = run_process(kRoot + "/" + command);
    EXPECT_EQ(result.exit_code, 2) << command << "\n" << result.output;
  }
}

TEST(Scripts, AreCleanShell) {
  std::string files = kRoot + "/.ci/run " + kRoot + "/scripts/prelude.sh";
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
ProcessResult table_of(std::int64_t raw_p50_ns, int unanswered, double hiccup_ms) {
  const Scratch scratch;
  const auto line = [](std::int64_t p50, std::int64_t p99, int missing) {
    return R"({"wanted":100,"updates":100,"unanswered":)" + std::to_string(missing) +
           R"(,"from_due_ns":{"p50":)" + std::to_string(p50) + R"(,"p99":)" + std::to_string(p99) +
           R"(,"p999":900000}})" + "\n";
  };
  scratch.write("raw.json", line(20'000, 80'000, 0) + line(raw_p50_ns, 40'000, unanswered));
  scratch.write("engine.json", line(22'000, 96'000, 0) + line(24'000, 80'000, 0));
  scratch.write("hiccups_ms", std::to_string(hiccup_ms) + "\n");
  return run_process(kRoot + "/scripts/tick_to_trade --table " + scratch.path(""));
}

TEST(Scripts, TickToTradePrintsMediansOfTheRoundsRatiosWithTheirSpread) {
  const ProcessResult table = table_of(16'000, 0, 1);
  EXPECT_EQ(table.exit_code, 0) << table.output;
  EXPECT_THAT(table.output,
              testing::HasSubstr("| engine | 200 of 200 | 22.0 us | 80.0 us | 900.0 us | "
                                 "1.10 (1.10, 1.50) | 1.20 (1.20, 2.00) |"));
}

TEST(Scripts, TickToTradeDoubtsWhatABusyMachineOrAnAbsentClientMeasured) {
  const ProcessResult absent = table_of(16'000, 3, 1);
  EXPECT_EQ(absent.exit_code, 1);
  EXPECT_THAT(absent.output, testing::HasSubstr("raw has answered 197 updates of 200"));
  const ProcessResult held_up = table_of(16'000, 0, 4.5);
  EXPECT_EQ(held_up.exit_code, 1);
  EXPECT_THAT(held_up.output, testing::HasSubstr("held the engine up for 4.5 ms"));
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

TEST(Scripts, TopologiesLeavesOutWhatTheMachineDoesNotTakeAndNothingElse) {
  const ProcessResult some = topologies_with("dedicated) exit 2 ;;");
  EXPECT_EQ(some.exit_code, 0) << some.output;
  EXPECT_THAT(some.output, testing::HasSubstr("| shared/yield |"));
  EXPECT_THAT(some.output, testing::Not(testing::HasSubstr("| dedicated/")));
  EXPECT_EQ(topologies_with("auto) exit 1 ;;").exit_code, 2) << "auto failed";
  EXPECT_EQ(topologies_with("auto) exit 2 ;;").exit_code, 2) << "auto was not taken";
  EXPECT_EQ(topologies_with("shared) exit 1 ;;").exit_code, 2) << "another one failed";
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

TEST(Scripts, StopAtTheFirstError) {
  for (const std::string& script : kScripts) {
    const ProcessResult result =
        run_process("grep -c '^set -euo pipefail$' " + kRoot + "/" + script);
    EXPECT_EQ(result.output, "1\n") << script;
  }
}

}  // namespace
}  // namespace mm::test
