// The project's scripts: they explain themselves, refuse bad usage and are clean shell.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
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
    "scripts/tick_picture", "scripts/topologies",     "scripts/promtool"};

TEST(Scripts, EachExplainsItself) {
  for (const std::string& script : kScripts) {
    const ProcessResult result = run_process(kRoot + "/" + script + " --help");
    EXPECT_EQ(result.exit_code, 0) << script;
    EXPECT_THAT(result.output, testing::StartsWith("Usage: " + script)) << script;
    EXPECT_THAT(result.output, testing::Not(testing::HasSubstr("set -euo"))) << script;
  }
}

TEST(Scripts, BadUsageIsRefused) {
  for (const char* command :
       {"scripts/build nonsense", "scripts/build --nonsense", "scripts/build --target",
        "scripts/test one two", "scripts/fuzz nonsense", "scripts/fuzz --seconds 0",
        "scripts/sanitize --nonsense", "scripts/sanitize asan one two", "scripts/mutate nonsense",
        "scripts/mutate --seeds x", "scripts/tune_host", "scripts/tune_host check --cpus x",
        "scripts/monitor_cost --pairs x", "scripts/perf_ab", "scripts/perf_ab HEAD --rounds x",
        "scripts/perf_ab no-such-revision", "scripts/bench --all --rounds x",
        "scripts/bench --nonsense", "scripts/tick_picture", "scripts/tick_to_trade --keep",
        "scripts/topologies nonsense", "scripts/topologies --rounds 0", "scripts/promtool a b"}) {
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
  EXPECT_EQ(none.output,
            "promtool: apt has no package prometheus here: its tests are skipped\n");
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
