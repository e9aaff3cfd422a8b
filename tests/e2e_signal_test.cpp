// Ctrl-C and kill on a running session: orders are cancelled, the session is whole, the terminal
// is as it was.
#include <fcntl.h>
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "engine/app/session/session_report.h"
#include "tests/e2e_support.h"

namespace mm {
namespace {

using test::JsonFile;
using test::kConfig;
using test::Running;
using test::Scratch;
using testing::HasSubstr;

std::vector<std::string> arguments(std::vector<std::string> more = {}) {
  std::vector<std::string> all{
      "run", "-c", kConfig, "--session", "s", "--set", "strategy.warmup_s=0.2"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

void expect_orderly_end(const Scratch& here, const Running& session) {
  EXPECT_EQ(session.exit_code(), 0) << session.output();
  EXPECT_THAT(session.output(), HasSubstr("output hash"));
  const JsonFile json(here.path("s/summary.json"));
  EXPECT_GE(json.integer("/orders/placed"), 1);
  EXPECT_GE(json.integer("/orders/cancelled"), 1);
  for (const std::string& name : json.keys("/invariants")) {
    EXPECT_EQ(json.integer("/invariants/" + name), 0) << name;
  }
  const test::Ran replay = here.run("replay s");
  EXPECT_EQ(replay.exit_code, 0) << replay.out << replay.err;
}

TEST(Signals, EachSignalCancelsEverythingAndWritesTheSession) {
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    const Scratch here;
    Running session(here, arguments(), "dumb");
    ASSERT_TRUE(session.read_until(" 6 live orders")) << session.output();
    session.signal(number);
    ASSERT_TRUE(session.read_to_end()) << session.output();
    expect_orderly_end(here, session);
    EXPECT_EQ(session.output().find('\x1b'), std::string::npos);
  }
}

TEST(Signals, AReaderThatGoesAwayEndsNothing) {
  const Scratch here;
  const test::Ran ran =
      here.run("run -c " + kConfig + " --session s --seconds 3 --json out.json | head -n 1");
  ASSERT_TRUE(here.has("out.json")) << ran.out << ran.err;
  const JsonFile json(here.path("out.json"));
  for (const std::string& name : json.keys("/invariants")) {
    EXPECT_EQ(json.integer("/invariants/" + name), 0) << name;
  }
}

TEST(Signals, TheTerminalGetsItsCursorBack) {
  const Scratch here;
  Running session(here, arguments({"--view", "orders"}), "xterm");
  ASSERT_TRUE(session.read_until("6 live")) << session.output();
  session.signal(SIGINT);
  ASSERT_TRUE(session.read_to_end()) << session.output();
  expect_orderly_end(here, session);
  const std::string& text = session.output();
  ASSERT_NE(text.find("\x1b[?25l"), std::string::npos) << "was never hidden";
  EXPECT_GT(text.rfind("\x1b[?25h"), text.rfind("\x1b[?25l"));
  EXPECT_GT(text.rfind("\x1b[?7h"), text.rfind("\x1b[?7l")) << "lines wrap again";
}

// no-color.org: whatever it is, unless it is empty.
TEST(Terminal, NoColorTakesTheColoursAndNotThePage) {
  for (const char* no_color : {"1", ""}) {
    const Scratch here;
    Running session(here, arguments({"--seconds", "1"}), "xterm", no_color);
    ASSERT_TRUE(session.read_to_end()) << session.output();
    EXPECT_NE(session.output().find("\x1b[?25l"), std::string::npos) << "no page";
    EXPECT_EQ(session.output().find("\x1b[1mMM_Logic") != std::string::npos, *no_color == '\0');
  }
}

// `timeout` tells the child and then the group it is in, Ctrl-C both it and us.
TEST(Signals, TwoInQuickSuccessionAreOneRequest) {
  const Scratch here;
  Running session(here, arguments(), "dumb");
  ASSERT_TRUE(session.read_until(" 6 live orders")) << session.output();
  session.signal(SIGTERM);
  session.signal(SIGINT);
  ASSERT_TRUE(session.read_to_end()) << session.output();
  expect_orderly_end(here, session);
}

// The venue answers that late, and an orderly end takes as long.
std::vector<std::string> slow_venue(const std::string& microseconds) {
  return arguments({"--view", "orders", "--set", "simulator.response_latency_us=" + microseconds,
                    "--set", "order_management.modification_timeout=30"});
}

// Again and again, until it has ended.
void signal_to_the_end(Running& session, int number) {
  const auto ended = [&] { return session.killed_by() != 0 || session.exit_code() >= 0; };
  ASSERT_TRUE(session.read_until([&] {
    if (!ended()) session.signal(number);
    return ended();
  })) << session.output();
}

TEST(Signals, AnInterruptThatInsistsEndsAtOnceAndSaysSo) {
  const Scratch here;
  Running session(here, slow_venue("9000000"), "xterm");
  ASSERT_TRUE(session.read_until("6 live")) << session.output();
  session.signal(SIGINT);
  ASSERT_TRUE(session.read_until("shutting down")) << session.output();
  signal_to_the_end(session, SIGINT);
  EXPECT_EQ(session.killed_by(), SIGINT);
  const std::string& text = session.output();
  EXPECT_GT(text.rfind("\x1b[?25h"), text.rfind("\x1b[?25l"));
  EXPECT_THAT(text, HasSubstr("told again to end: ended at once"));
}

TEST(Signals, ATerminationIsOrderlyHoweverOftenItIsSaid) {
  const Scratch here;
  Running session(here, slow_venue("4000000"), "dumb");
  ASSERT_TRUE(session.read_until("6 live")) << session.output();
  signal_to_the_end(session, SIGTERM);
  expect_orderly_end(here, session);
}

// A pipe that is full, a reader who takes his time, and signals that restart no system call.
TEST(Signals, CutNothingOffFromWhatIsWrittenAtTheEnd) {
  struct sigaction action {};
  struct sigaction before {};
  action.sa_handler = [](int) {};
  sigaction(SIGUSR1, &action, &before);
  std::array<int, 2> ends{};
  ASSERT_EQ(pipe2(ends.data(), O_CLOEXEC), 0);
  const int room = fcntl(ends[1], F_GETPIPE_SZ);
  std::string text;
  while (text.size() < static_cast<std::size_t>(room) * 4) text += std::to_string(text.size());
  std::atomic<bool> written{false};
  std::thread writer([&] {
    app::write_whole(ends[1], text);
    written = true;
    close(ends[1]);
  });
  std::string got, piece(4096, ' ');
  for (ssize_t count = 1; count > 0;) {
    for (int i = 0; i < 10 && !written; ++i) pthread_kill(writer.native_handle(), SIGUSR1);
    count = read(ends[0], piece.data(), piece.size());
    if (count > 0) got.append(piece.data(), static_cast<std::size_t>(count));
  }
  writer.join();
  close(ends[0]);
  sigaction(SIGUSR1, &before, nullptr);
  EXPECT_TRUE(got == text) << got.size() << " of " << text.size();
}

}  // namespace
}  // namespace mm
