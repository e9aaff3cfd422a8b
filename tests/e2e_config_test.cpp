// Bad configurations, from outside: exit code 2, one clear line, and nothing started.
#include <gmock/gmock.h>

#include "tests/e2e_support.h"

namespace mm {
namespace {

using test::Ran;
using test::Scratch;
using testing::HasSubstr;

struct BadConfig {
  const char* text;
  const char* place;  // key and value, as the line names them
  const char* allowed;
};

// One line that names file, key, value and what is allowed; and no session begun.
void expect_nothing_started(const Scratch& here, const Ran& ran, const BadConfig& bad) {
  EXPECT_EQ(ran.exit_code, 2) << bad.text << ran.out;
  EXPECT_EQ(ran.out, "") << bad.text;
  EXPECT_EQ(test::count_of(ran.err, "\n"), 1u) << ran.err;
  EXPECT_THAT(ran.err, HasSubstr(bad.place));
  EXPECT_THAT(ran.err, HasSubstr(bad.allowed));
  EXPECT_FALSE(here.has("sessions")) << bad.text;
  EXPECT_FALSE(here.has("out.json")) << bad.text;
}

TEST(BadConfigFile, ExitsWithTwoAndOneLineBeforeAnythingStarts) {
  for (const BadConfig& bad : {
           BadConfig{"[strategy]\nmin_spred = 1\n", "min_spred = 1", "did you mean min_spread"},
           BadConfig{"[stratgy]\nmin_spread = 1\n", "stratgy", "strategy"},
           BadConfig{"[strategy]\nmin_spread = wide\n", "min_spread = wide", "from 0 to 1"},
           BadConfig{"[strategy]\ntarget_orders_per_side = 2.5\n", "target_orders_per_side = 2.5",
                     "whole number from 1 to 32"},
           BadConfig{"[strategy]\nmin_spread = 0.5\nmax_spread = 0.1\n", "min_spread = 0.5",
                     "max_spread"},
           BadConfig{"[risk]\nmax_position = 0\nmax_position_notional = 0\n",
                     "max_position_notional = 0", "max_position"},
           BadConfig{"[engine]\ncore_strategy = 4000\n", "core_strategy = 4000", "core"},
           BadConfig{"[strategy]\nname = no_such\n", "name = no_such", "passive_maker"},
           BadConfig{"[venue]\nname = kraken\n", "name = kraken", "binance_spot"},
           BadConfig{"[market]\nscenario = wild\n", "scenario = wild", "lively"},
       }) {
    const Scratch here;
    const std::string file = here.write("bad.ini", bad.text);
    for (const char* command : {"run --speed max --seconds 1", "backtest --capture none"}) {
      const Ran ran = here.run(std::string(command) + " --json out.json -c " + file);
      expect_nothing_started(here, ran, bad);
      EXPECT_THAT(ran.err, HasSubstr(file)) << "the file is named";
    }
  }
}

TEST(LatencySamples, AreReadFromTheirFileAndABadOneIsRefusedBeforeAnythingStarts) {
  for (const std::string key : {"feed", "order", "response"}) {
    const Scratch here;
    here.write("good", "# ns\n5000000\n7000000\n");
    here.write("bad", "5000000\nlong\n");
    const auto run = [&](const std::string& command, const std::string& file) {
      return here.run(command + " --set simulator." + key +
                      "_latency_kind=samples --set simulator." + key + "_latency_samples=" + file);
    };
    const Ran good = run("run --speed max --seconds 20 --quiet --session s", "good");
    EXPECT_EQ(good.exit_code, 0) << good.out << good.err;
    EXPECT_EQ(here.run("replay s").exit_code, 0);
    EXPECT_EQ(run("soak --seeds 1", "good").exit_code, 0);
    for (const char* command :
         {"run --speed max --seconds 1", "backtest --capture none", "check", "soak --seeds 1"}) {
      expect_nothing_started(
          here, run(command, "bad"),
          {command, ("--set: [simulator] " + key + "_latency_samples = bad: bad:2").c_str(),
           "whole number"});
      expect_nothing_started(here, run(command, "none"),
                             {command, (key + "_latency_samples = none: cannot read").c_str(),
                              "a file of latencies in whole ns is allowed"});
    }
  }
}

TEST(BadConfigFile, FilesAndFoldersThatItNamesAreLookedAtBeforeAnythingStarts) {
  for (const BadConfig& bad : {
           BadConfig{"venue.exchange_info=/nonexistent",
                     "--set: [venue] exchange_info = /nonexistent: /nonexistent: cannot be opened",
                     "is allowed"},
           BadConfig{"session.dir=", "--set: [session] dir = :", "the name of a folder"},
           BadConfig{"session.dir=plain", "--set: [session] dir = plain: is not a folder",
                     "is allowed"},
           BadConfig{"session.dir=plain/below", "dir = plain/below: is not a folder", "is allowed"},
       }) {
    const Scratch here;
    here.write("plain", "a file");
    for (const char* command :
         {"run --speed max --seconds 1 --json out.json", "backtest --capture none", "check"}) {
      const Ran ran = here.run(std::string(command) + " --set " + bad.text);
      expect_nothing_started(here, ran, bad);
    }
  }
}

TEST(BadConfigFile, AnEmptyFileIsOneWithEveryDefault) {
  const Scratch here;
  for (const std::string& file : {here.write("empty.ini", ""), std::string("/dev/null")}) {
    const Ran ran = here.run("run --speed max --seconds 1 --quiet -c " + file);
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
  }
  const Ran folder = here.run("run --speed max --seconds 1 -c .");
  EXPECT_EQ(folder.exit_code, 2);
  EXPECT_THAT(folder.err, HasSubstr("cannot be read"));
}

TEST(BadConfigFile, ADedicatedTopologyNeedsItsCores) {
  if (test::run_process("command -v taskset").exit_code != 0) GTEST_SKIP() << "no taskset here";
  const Scratch here;
  const Ran ran = here.run("run --seconds 1 --set engine.topology=dedicated", "taskset -c 0");
  expect_nothing_started(here, ran, {"dedicated on one core", "topology = dedicated", "shared"});
}

TEST(BadConfigFile, GarbageIsRefusedToo) {
  const Scratch here;
  const std::string file = here.write("bad.ini", std::string("\x01\x02garbage\x00\xff\n", 13));
  const Ran ran = here.run("run --speed max --seconds 1 -c " + file);
  expect_nothing_started(here, ran, {"garbage", file.c_str(), "bad.ini"});
}

}  // namespace
}  // namespace mm
