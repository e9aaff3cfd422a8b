// The built binary from outside: help, exit codes, and one clear line for each mistake.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>

#include "engine/app/config/config_schema.h"
#include "tests/process.h"

namespace mm::app {
namespace {

using testing::HasSubstr;

test::ProcessResult mm_logic(const std::string& arguments) {
  return test::run_process(std::string(MM_LOGIC_BINARY) + " " + arguments);
}

// A config file of its own for each test.
class Cli : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("mm_cli_" + std::to_string(getpid()));
    std::filesystem::create_directory(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& text) const {
    const std::string path = folder_ / "config.ini";
    std::ofstream(path) << text;
    return path;
  }

  // Exit code 2 and exactly this one line.
  static void expect_refused(const std::string& arguments, const std::string& line) {
    const test::ProcessResult result = mm_logic(arguments);
    EXPECT_EQ(result.exit_code, 2) << arguments;
    EXPECT_EQ(result.output, "mm_logic: " + line + "\n") << arguments;
  }

 private:
  std::filesystem::path folder_;
};

TEST_F(Cli, EveryCommandExplainsItself) {
  for (const char* command : {"", "run", "backtest", "replay", "inspect", "soak", "check"}) {
    const test::ProcessResult result = mm_logic(std::string(command) + " --help");
    EXPECT_EQ(result.exit_code, 0) << command;
    EXPECT_THAT(result.output, HasSubstr("Usage: mm_logic " + std::string(command)));
  }
}

TEST_F(Cli, VersionNamesTheBuild) {
  const test::ProcessResult result = mm_logic("--version");
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.output, testing::StartsWith("mm_logic 0."));
  EXPECT_THAT(result.output, HasSubstr("commit "));
}

TEST_F(Cli, WithoutACommandItShowsTheHelp) {
  const test::ProcessResult result = mm_logic("");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.output, HasSubstr("Subcommands:"));
}

TEST_F(Cli, BadUsageExitsWithTwo) {
  for (const char* arguments :
       {"nonsense", "run --nonsense", "run --seconds abc", "run --seconds -1", "run --mode fast",
        "run --speed 3", "run --view all", "run --seed x", "backtest", "inspect",
        "inspect --capture x --every -1", "inspect --capture x --depth 0", "run check"}) {
    EXPECT_EQ(mm_logic(arguments).exit_code, 2) << arguments;
  }
}

TEST_F(Cli, ANumberOutOfBoundsIsOneShortLineThatSaysTheBounds) {
  struct Case {
    std::string arguments, line;
  };
  for (const Case& c : {
           Case{"inspect --capture x --every -5",
                "--every: -5: must be a whole number from 0 to 1000000000"},
           Case{"inspect --capture x --every 1e3",
                "--every: 1e3: must be a whole number from 0 to 1000000000"},
           Case{"inspect --capture x --depth 0",
                "--depth: 0: must be a whole number from 1 to 5000"},
           Case{"run --seconds 99999999999999999999999",
                "--seconds: 99999999999999999999999: must be a whole number from 0 to 31536000"},
           Case{"record --out x --seconds soon",
                "--seconds: soon: must be a whole number from 0 to 31536000"},
           Case{"soak --hours -1", "--hours: -1: must be a whole number from 0 to 8784"},
           Case{"soak --jobs 0", "--jobs: 0: must be a whole number from 1 to 256"},
       }) {
    const test::ProcessResult ran = mm_logic(c.arguments);
    EXPECT_EQ(ran.exit_code, 2) << c.arguments;
    EXPECT_EQ(ran.output, c.line + "\nRun with --help for more information.\n");
  }
}

TEST_F(Cli, OptionsThatAreKeysAreRefusedAsKeys) {
  expect_refused("run --seed -1",
                 "--set: [market] seed = -1: must be a whole number from 0 to "
                 "18446744073709551615");
  expect_refused("venue --seed x",
                 "--set: [venue] seed = x: must be a whole number from 0 to 18446744073709551615");
  expect_refused("venue --publish-hz x",
                 "--set: [venue] publish_hz = x: must be a whole number from 1 to 100000");
}

// Found at the start, in every mode, and nothing is left of the attempt.
TEST_F(Cli, AnOutputThatCannotBeWrittenIsRefusedAtTheStart) {
  const std::string folder = std::filesystem::path(write("")).parent_path();
  const std::string into = " --set session.dir=" + folder + "/sessions";
  const std::string none = folder + "/none/out";
  for (const std::string command :
       {"run --seconds 1", "backtest --capture none", "soak --seeds 1"}) {
    const std::string sets = command.starts_with("soak") ? "" : into;
    expect_refused(command + sets + " --json " + none,
                   "--json " + none + ": cannot be created: No such file or directory");
    expect_refused(command + sets + " --json " + folder, "--json " + folder + ": is a folder");
  }
  expect_refused("venue --measure " + none,
                 "--measure " + none + ": cannot be created: No such file or directory");
  expect_refused("record --out " + none,
                 "--out " + none + ": cannot be created: No such file or directory");
  const std::string config = folder + "/config.ini";
  expect_refused("record --out " + config,
                 "--out " + config + ": is there already; it must be a new file");
  // A start that fails for another reason leaves no empty file.
  EXPECT_EQ(mm_logic("backtest --capture none" + into + " --json " + folder + "/out").exit_code, 1);
  const std::filesystem::directory_iterator files(folder);
  EXPECT_EQ(std::distance(begin(files), end(files)), 1) << "config.ini alone";
}

TEST_F(Cli, ModesThatNeedAVenueSayThatItIsNotThere) {
  for (const std::string mode : {"paper", "live"}) {
    const test::ProcessResult ran =
        mm_logic("run --seconds 1 --set venue.rest_url=http://127.0.0.1:1 --mode " + mode);
    EXPECT_EQ(ran.exit_code, 1);
    EXPECT_THAT(ran.output, HasSubstr("127.0.0.1"));
    EXPECT_THAT(ran.output, HasSubstr("not started"));
  }
}

TEST_F(Cli, AVenuesTimeCannotBeHurried) {
  expect_refused("run --mode live --speed max --seconds 1",
                 "--speed max is for --mode sim: a venue's time cannot be hurried");
}

TEST_F(Cli, AnOptionThatWouldDoNothingIsRefused) {
  for (const std::string mode : {"paper", "live"}) {
    expect_refused("run --mode " + mode + " --seed 7",
                   "--seed is for --mode sim: a venue's market has none");
    expect_refused("run --mode " + mode + " --scenario calm",
                   "--scenario is for --mode sim: a venue's market is what it is");
    expect_refused("run --mode " + mode + " --scenario S7",
                   "--scenario S1 to S25 are for --mode sim: faults are simulated");
  }
  expect_refused("run --mode paper --guard",
                 "--guard is for --mode live: simulated orders die with the engine");
  expect_refused("run --speed max --seconds 1 --view orders",
                 "--view is for --speed realtime: virtual time has no live status");
  expect_refused("run --quiet --seconds 1 --view status",
                 "--view with --quiet: there is no live status to choose");
  expect_refused("venue --capture x.gz --scenario calm",
                 "--scenario with --capture: a recorded market is what it is");
  for (const char* other :
       {"--effective", "--mode live", "-c x.ini", "--set risk.max_position=1"}) {
    EXPECT_EQ(mm_logic(std::string("check --keys ") + other).exit_code, 2) << other;
  }
  EXPECT_EQ(mm_logic("check --effective --mode live").exit_code, 2);
}

TEST_F(Cli, MaximumSpeedNeedsAnEnd) {
  EXPECT_EQ(mm_logic("run --speed max").exit_code, 2);
}

TEST_F(Cli, AMistakeInTheFileIsOneLineWithItsPlace) {
  const std::string path = write("[strategy]\nmin_spread = wide\n");
  const std::string line =
      path + ":2: [strategy] min_spread = wide: must be a fraction from 0 to 1, at most 9 decimals";
  for (const char* command :
       {"check", "check --effective", "run --seconds 1", "backtest --capture none", "replay",
        "report", "explain --order all", "inspect --capture none", "soak --seeds 1", "pause",
        "resume", "kill", "plan", "reload", "guard", "counters", "top", "monitor",
        "record --out none.gz", "watch"}) {
    expect_refused(std::string(command) + " -c " + path, line);
  }
}

TEST_F(Cli, AMistakeInASetIsOneLine) {
  expect_refused("check --set strategy.min_spred=0.1",
                 "--set: [strategy] min_spred = 0.1: unknown key, did you mean min_spread?");
  expect_refused("check --set nonsense", "--set nonsense: must be section.key=value");
}

TEST_F(Cli, AMissingConfigFileIsRefused) {
  expect_refused("check -c /nonexistent/config.ini",
                 "/nonexistent/config.ini: cannot be read: name an existing ini file with -c");
}

TEST_F(Cli, ACoreThatDoesNotExistIsRefused) {
  const test::ProcessResult result = mm_logic("run --seconds 1 --set engine.core_feed=4095");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.output, HasSubstr("[engine] core_feed = 4095: no such core"));
}

TEST_F(Cli, ScenarioAndSeedAreCheckedLikeTheirKeys) {
  expect_refused("run --seconds 1 --scenario 'a b'",
                 "--set: [market] scenario = a b: must be calm | lively | trending | "
                 "volatile | jumpy | quiet");
  for (const std::string seed : {"-1", "x", "1.5", "18446744073709551616"}) {
    expect_refused("run --seconds 1 --seed " + seed,
                   "--set: [market] seed = " + seed +
                       ": must be a whole number from 0 to 18446744073709551615");
  }
}

TEST_F(Cli, CheckAnswersOneLineEach) {
  const std::string path = write("[strategy]\nmin_spread = 0.0001\n");
  const test::ProcessResult result = mm_logic("check -c " + path);
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output,
              HasSubstr("warn  config    " + path + ":2: [strategy] min_spread = 0.0001: below"));
  for (const char* subject : {"config", "cpus", "threads", "memory", "clock", "sessions"}) {
    EXPECT_THAT(result.output, HasSubstr(std::string("  ") + subject));
  }
}

TEST_F(Cli, CheckPrintsKeysAndTheConfigInForce) {
  EXPECT_EQ(mm_logic("check --keys").output, default_config_text());
  const std::string path = write("[risk]\nmax_order_count = 7\n");
  const test::ProcessResult result =
      mm_logic("check --effective -c " + path + " --set risk.price_collar=0.1");
  EXPECT_THAT(result.output, HasSubstr("max_order_count = 7\n"));
  EXPECT_THAT(result.output, HasSubstr("price_collar = 0.1\n"));
}

}  // namespace
}  // namespace mm::app
