// `mm_logic top` as a person uses it: on a terminal, beside a running simulation.
#include <gmock/gmock.h>

#include <sstream>

#include "tests/local_venue.h"
#include "tests/terminal_screen.h"

namespace mm {
namespace {

using test::kConfig;
using test::Process;
using test::Ran;
using test::Running;
using test::Scratch;
using test::TerminalSize;
using test::wait_until;
using testing::HasSubstr;
using testing::Not;

class Top : public testing::Test {
 protected:
  // Two symbols, quoting soon.
  void start_engine() {
    engine_ = std::make_unique<Process>(
        here_,
        std::vector<std::string>{"run", "-c", kConfig, "--session", "sessions/20260101T000000.000Z",
                                 "--quiet", "--set", "strategy.warmup_s=0.2", "--set",
                                 "venue.symbols=ETHUSDT,BTCUSDT", "--set",
                                 "execution.modify_rate_limit=50"},
        "engine.out");
    ASSERT_TRUE(wait_until([&] { return top("--once").exit_code == 0; })) << engine_->output();
    ASSERT_TRUE(wait_until([&] { return top("--once").out.find("6 active") != std::string::npos; }))
        << top("--once").out;
  }
  Ran top(const std::string& arguments) const {
    return here_.run("top -c " + kConfig + " " + arguments);
  }
  void open(TerminalSize size = {24, 80}) {
    screen_ = std::make_unique<test::TerminalScreen>(size.rows, size.columns);
    top_ = std::make_unique<Running>(here_, std::vector<std::string>{"top", "-c", kConfig}, "xterm",
                                     nullptr, size);
  }
  // Until the screen says so.
  bool sees(std::string_view text) {
    return top_->read_until([&] { return screen().find(text) != std::string::npos; });
  }
  std::string screen() {
    const std::string& all = top_->output();
    screen_->write(std::string_view(all).substr(shown_));
    shown_ = all.size();
    return screen_->text();
  }
  void press(std::string_view keys) { top_->type(keys); }

  const Scratch here_;
  std::unique_ptr<Process> engine_;
  std::unique_ptr<Running> top_;
  std::unique_ptr<test::TerminalScreen> screen_;
  std::size_t shown_ = 0;
};

TEST_F(Top, ShowsTheEngineAndSteersIt) {
  ASSERT_NO_FATAL_FAILURE(start_engine());
  open();
  ASSERT_TRUE(sees("buy quoting  sell quoting")) << screen();
  EXPECT_EQ(test::count_of(screen(), "\n"), 24u);
  for (const char* part : {"ETHUSDT 1/2", "sim simulator", "running", "position", "reset in",
                           "invariants clean", "6 active", "sell 3", "-- log", "k kill"}) {
    EXPECT_TRUE(sees(part)) << part << '\n' << screen();
  }
  press("p");
  EXPECT_TRUE(sees("buy paused  sell paused")) << screen();
  EXPECT_TRUE(sees("pause all: the engine has taken it up")) << screen();
  EXPECT_TRUE(sees("orders    none")) << screen();
  press("r");
  EXPECT_TRUE(sees("6 active")) << screen();
  press("k");
  EXPECT_TRUE(sees("y: do it, any other: no")) << screen();
  press("n");
  EXPECT_TRUE(sees("kill: not done")) << screen();
  EXPECT_FALSE(here_.has("sessions/HALT"));
  press("ky");
  EXPECT_TRUE(sees("tripped: halted")) << screen();
  EXPECT_TRUE(wait_until([&] { return here_.has("sessions/HALT"); }));
  press("q");
  EXPECT_TRUE(top_->read_to_end());
  EXPECT_EQ(top_->exit_code(), 0);
  EXPECT_FALSE(engine_->ended()) << "it goes on without its watcher";
}

TEST_F(Top, GrowsWithTheTerminalAndShowsOtherTabsAndSymbols) {
  ASSERT_NO_FATAL_FAILURE(start_engine());
  open({24, 80});
  ASSERT_TRUE(sees("ETHUSDT 1/2")) << screen();
  press("n");
  EXPECT_TRUE(sees("BTCUSDT 2/2")) << screen();
  press("\x1bOD");  // arrow left
  EXPECT_TRUE(sees("ETHUSDT 1/2")) << screen();
  screen_->resize(50, 130);
  top_->resize({50, 130});
  EXPECT_TRUE(sees("turn      p50")) << "there is room for more\n" << screen();
  EXPECT_EQ(test::count_of(screen(), "\n"), 50u);
  press("2");
  EXPECT_TRUE(sees("ahead <= state")) << screen();
  press("3");
  EXPECT_TRUE(sees("event to command")) << screen();
  EXPECT_TRUE(sees("book_levels")) << screen();
  press("4");
  EXPECT_TRUE(sees("place buy")) << screen();
  press("?");
  EXPECT_TRUE(sees("asks first")) << screen();
  screen_->resize(3, 20);
  top_->resize({3, 20});
  EXPECT_TRUE(top_->read_until([&] { return screen().find("asks") == std::string::npos; }));
  press("q");
  EXPECT_TRUE(top_->read_to_end());
  EXPECT_EQ(top_->exit_code(), 0);
}

TEST_F(Top, AnEngineThatEndsIsSeenToEnd) {
  ASSERT_NO_FATAL_FAILURE(start_engine());
  open();
  ASSERT_TRUE(sees("running")) << screen();
  engine_->signal(SIGTERM);
  EXPECT_TRUE(sees("ended")) << screen();
  press("p");
  EXPECT_TRUE(sees("pause all: the engine has ended")) << screen();
  press("q");
  EXPECT_TRUE(top_->read_to_end());
  EXPECT_EQ(engine_->wait(), 0) << engine_->output();
  const Ran ran = top("--once");
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("ended"));
}

TEST_F(Top, AnEngineThatDiesIsSeenToHaveDied) {
  ASSERT_NO_FATAL_FAILURE(start_engine());
  open();
  ASSERT_TRUE(sees("running")) << screen();
  engine_->signal(SIGKILL);
  engine_->wait();
  EXPECT_TRUE(sees("died")) << screen();
  press("p");
  EXPECT_TRUE(sees("pause all: the engine has died")) << screen();
  press("ky");
  EXPECT_TRUE(wait_until([&] { return here_.has("sessions/HALT"); })) << screen();
}

// It may be about to start, or to be started again.
TEST_F(Top, AKillThatTheEngineDoesNotHearHalts) {
  ASSERT_NO_FATAL_FAILURE(start_engine());
  open({24, 250});
  ASSERT_TRUE(sees("running")) << screen();
  const auto expect_halted = [this](const std::string& why) {
    press("ky");
    EXPECT_TRUE(sees(why + "; HALT is written")) << screen();
    EXPECT_THAT(test::read_file(here_.path("sessions/HALT")),
                HasSubstr("killed by command, unheard: "));
    std::filesystem::remove(here_.path("sessions/HALT"));
  };
  engine_->signal(SIGSTOP);
  expect_halted("the engine does not answer");
  engine_->signal(SIGKILL);
  engine_->wait();
  EXPECT_TRUE(sees("died")) << screen();
  expect_halted("the engine has died");
}

TEST_F(Top, OncePrintsEverythingAsPlainText) {
  ASSERT_NO_FATAL_FAILURE(start_engine());
  const Ran ran = top("--once");
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(ran.err, "");
  EXPECT_THAT(ran.out, Not(HasSubstr("\x1b")));
  for (const char* part :
       {"ETHUSDT 1/2", "BTCUSDT 2/2", "fair", "to command", "limits ", "connections", "events ",
        "sessions/20260101T000000.000Z", "-- log", "the venue is simulated"}) {
    EXPECT_THAT(ran.out, HasSubstr(part)) << ran.out;
  }
  EXPECT_EQ(top("--once sessions/20260101T000000.000Z").exit_code, 0);
  EXPECT_EQ(here_.run("counters --prometheus sessions/20260101T000000.000Z").exit_code, 0);
}

// Of an engine that died, so that nothing moves: what a tab has is in what is printed once.
TEST_F(Top, OncePrintsWhatTheTerminalShows) {
  ASSERT_NO_FATAL_FAILURE(start_engine());
  engine_->signal(SIGKILL);
  engine_->wait();
  const std::string once = top("--once").out;
  EXPECT_EQ(once, top("--once").out);
  const std::string log = test::read_file(here_.path("sessions/20260101T000000.000Z/log.txt"));
  EXPECT_THAT(log, HasSubstr(" place "));
  EXPECT_THAT(log, Not(HasSubstr("aggressor"))) << "the market's trades drive all else out";
  open({60, 200});
  ASSERT_TRUE(sees("died")) << screen();
  struct OfTab {
    const char *key, *mark;
    std::size_t from;  // beside the book, whose rows are as many as there is room for
    int lines_min;
  };
  for (const OfTab& tab :
       {OfTab{"1", "-- log", 38, 15}, OfTab{"2", "ahead <= state", 0, 15},
        OfTab{"3", "event to command", 0, 15}, OfTab{"4", "the venue is simulated", 0, 3}}) {
    press(tab.key);
    ASSERT_TRUE(sees(tab.mark)) << screen();
    int compared = 0;
    const auto not_printed = [&] {
      std::istringstream lines(screen());
      std::string missing;
      compared = 0;
      for (std::string line; std::getline(lines, line);) {
        if (line.size() <= tab.from || line.starts_with(" 1 market") || line.starts_with("-- ")) {
          continue;
        }
        ++compared;
        if (once.find(line.substr(tab.from) + "\n") == std::string::npos) missing += line + "\n";
      }
      return missing;
    };
    // It may not be drawn to its end yet.
    top_->read_until([&] { return not_printed().empty(); });
    EXPECT_EQ(not_printed(), "") << tab.key << '\n' << once;
    EXPECT_GE(compared, tab.lines_min) << screen();
  }
  press("q");
  EXPECT_TRUE(top_->read_to_end());
}

TEST_F(Top, ASessionInVirtualTimeHasNothingToWatch) {
  ASSERT_EQ(here_.run("run --speed max --quiet --seconds 10 --session s -c " + kConfig).exit_code,
            0);
  const Ran ran = top("--once s");
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.err, HasSubstr("s: has nothing to watch: a session in virtual time (backtest, "
                                 "--speed max) keeps no counters; see its summary.json"));
  EXPECT_EQ(test::count_of(ran.err, "\n"), 1u) << ran.err;
}

TEST_F(Top, WhatCannotBeShownIsSaid) {
  EXPECT_EQ(top("").exit_code, 1);
  EXPECT_THAT(top("").err, HasSubstr("no engine runs, and no session is in sessions"));
  EXPECT_THAT(top("missing").err, HasSubstr("missing/counters.dat: cannot be opened"));
  here_.write("counters.dat", std::string(100'000, 'x'));
  EXPECT_THAT(top(".").err, HasSubstr("holds no counters"));
  EXPECT_EQ(top("--onc").exit_code, 2);
  ASSERT_NO_FATAL_FAILURE(start_engine());
  const Ran piped = here_.run("top -c " + kConfig + " </dev/null");
  EXPECT_EQ(piped.exit_code, 1);
  EXPECT_THAT(piped.err, HasSubstr("needs a terminal"));
}

}  // namespace
}  // namespace mm
