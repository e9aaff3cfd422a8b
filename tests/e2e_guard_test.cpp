// `mm_logic guard` and a live engine as processes against the venue over TLS: whatever becomes of
// the engine, its orders are gone, and a person's are not.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>

#include <cerrno>
#include <set>

#include "engine/counters/counters_file.h"
#include "tests/cpu_wait.h"
#include "tests/live_engine.h"

namespace mm {
namespace {

using counters::CountersFile;
using test::count_of;
using test::Process;
using test::read_file;
using test::Scratch;
using test::wait_until;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kForeign = "placed-by-hand";

class GuardedRun : public test::LiveEngine {
 protected:
  void open() { LiveEngine::open({.keys = "orders_per_10s = 100000\n"}); }
  // An engine that quotes, beside an order of a person.
  void start(const std::vector<std::string>& more = {}) {
    ASSERT_NO_FATAL_FAILURE(open());
    ASSERT_THAT(venue_->place_by_hand(kForeign), HasSubstr(kForeign));
    start_engine("s", more);
    ASSERT_TRUE(until_quoting()) << said();
    ASSERT_EQ(counters_.attach(here_.path("s")), "");
  }
  void start_engine(const std::string& session, const std::vector<std::string>& more = {}) {
    std::vector<std::string> all{"--quiet", "--set", "venue.recv_window_ms=2000"};
    all.insert(all.end(), more.begin(), more.end());
    if (key_in_environment_) {
      all.insert(all.end(), {"--set", "venue.api_key_file="});
      setenv("MM_API_KEY", read_file(here_.path("api.key")).c_str(), 1);
    }
    LiveEngine::start_engine(session, all);
    unsetenv("MM_API_KEY");
  }
  void start_guard() {
    guard_ = std::make_unique<Process>(here_, std::vector<std::string>{"guard", "s"}, "guard.out");
    ASSERT_TRUE(wait_until([&] { return count_of(guard_->output(), "watching") > 0; }))
        << guard_->output();
  }
  std::size_t ever_placed() const {
    return count_of(venue_->ask("GET", "/api/v3/allOrders", {{"symbol", "ETHUSDT"}}), "\"mm");
  }
  std::string halt() const { return read_file(here_.path("sessions/HALT")); }
  std::string steer(const std::string& words) const {
    const test::Ran ran = here_.run(words + " -c " + test::kConfig);
    return ran.out + ran.err;
  }
  // 25 levels a side of two symbols; a person's order beside them.
  void start_with_many_orders() {
    ASSERT_NO_FATAL_FAILURE(open());
    ASSERT_THAT(venue_->place_by_hand(kForeign), HasSubstr(kForeign));
    std::vector<std::string> more;
    for (const char* set : {"venue.symbols=BTCUSDT,ETHUSDT", "strategy.target_orders_per_side=25",
                            "strategy.order_notional=20", "strategy.max_spread=0.02",
                            "risk.max_order_count=500", "execution.modify_rate_limit=1000"}) {
      more.insert(more.end(), {"--set", set});
    }
    start_engine("s", more);
    ASSERT_TRUE(wait_until([&] { return count_of(all_open(), "\"mm") >= kManyOrders; }, 60))
        << said() << count_of(all_open(), "\"mm");
    ASSERT_EQ(counters_.attach(here_.path("s")), "");
  }
  std::string all_open() const { return venue_->ask("GET", "/api/v3/openOrders", {}); }
  // Ends or stops the engine, and follows the guard until it has cancelled everything. Then says
  // how long that took, by the venue's records: both are on one host and one clock. 2 s are what
  // is promised, less what the host's CPUs were not there for guard and venue.
  void strike(int number, const char* what) {
    const std::int64_t struck_ms = now_ms();
    test::CpuWait kept_waiting({guard_->pid(), venue_->process().pid()});
    engine_->signal(number);
    ASSERT_TRUE(wait_until([&] {
      kept_waiting.sample();
      return count_of(guard_->output(), "orders cancelled, none left") > 0;
    })) << guard_->output();
    std::size_t canceled = 0;
    const std::int64_t took_ms = last_cancel_ms(struck_ms, canceled) - struck_ms;
    std::printf("%s: %d orders cancelled, the last %d ms after it; the host was busy for %d ms\n",
                what, static_cast<int>(canceled), static_cast<int>(took_ms),
                static_cast<int>(kept_waiting.ms()));
    EXPECT_GE(canceled, kManyOrders / 2) << "it was the guard that cancelled";
    EXPECT_LE(took_ms, 2000 + kept_waiting.ms()) << guard_->output();
  }
  // When the last of our orders was cancelled, of those that were cancelled since.
  std::int64_t last_cancel_ms(std::int64_t since_ms, std::size_t& canceled) const {
    std::int64_t last_ms = 0;
    for (const std::string& symbol : kSymbols) {
      simdjson::dom::parser parser;
      simdjson::dom::array orders;
      const std::string all =
          venue_->ask("GET", "/api/v3/allOrders", {{"symbol", symbol}, {"limit", "1000"}});
      EXPECT_EQ(parser.parse(all).get(orders), simdjson::SUCCESS) << all;
      for (const simdjson::dom::element order : orders) {
        if (std::string_view(order["status"]) != "CANCELED") continue;
        if (!std::string_view(order["clientOrderId"]).starts_with("mm")) continue;
        const std::int64_t at_ms = std::int64_t(order["updateTime"]);
        canceled += at_ms >= since_ms ? 1 : 0;
        last_ms = std::max(last_ms, at_ms);
      }
    }
    return last_ms;
  }
  static std::int64_t now_ms() {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  }
  // What the guard does in the end, and that it did.
  void expect_fired(const std::string& why) {
    EXPECT_TRUE(wait_until([&] { return ours() == 0; })) << guard_->output();
    EXPECT_EQ(guard_->wait(), 1) << guard_->output();
    EXPECT_THAT(guard_->output(), HasSubstr("none is left, and none can arrive any more"));
    EXPECT_THAT(venue_->open_orders(), HasSubstr(kForeign));
    EXPECT_THAT(halt(), HasSubstr(why));
    EXPECT_TRUE(counters_.layout().latch.is_set(KillLatch::kGuard));
  }

  CountersFile counters_;
  std::unique_ptr<Process> guard_;
  bool key_in_environment_ = false;
  const std::vector<std::string> kSymbols{"BTCUSDT", "ETHUSDT"};
  static constexpr std::size_t kManyOrders = 90;  // at least, of 100: some are on their way
};

TEST_F(GuardedRun, AHungEnginesOrdersGoAndItSendsNothingWhenItWakesUp) {
  ASSERT_NO_FATAL_FAILURE(start_with_many_orders());
  ASSERT_NO_FATAL_FAILURE(start_guard());
  const std::size_t connections = count_of(log(), "is ready\n");
  ASSERT_NO_FATAL_FAILURE(strike(SIGSTOP, "SIGSTOP"));
  expect_fired("gave no sign of life");
  EXPECT_EQ(count_of(all_open(), "\"mm"), 0u);
  const std::size_t placed = ever_placed();
  engine_->signal(SIGCONT);
  // It learns of the guard, and knows the venue's state anew.
  ASSERT_TRUE(wait_until([&] {
    return count_of(log(), "KILL") > 0 && count_of(log(), "is ready\n") >= connections + 2;
  })) << log();
  counters::InstrumentBlock::Copy numbers;
  EXPECT_TRUE(wait_until([&] {
    return counters_.instruments()[0].numbers.read(numbers) &&
           numbers.value("orders_live", 0) + numbers.value("orders_live", 1) == 0;
  }));
  EXPECT_EQ(numbers.value("quote_reason", 0), static_cast<int>(QuoteReason::kHalted));
  EXPECT_EQ(ever_placed(), placed);
  // A person lets it go on.
  EXPECT_THAT(steer("resume s"), HasSubstr("resume all: done"));
  EXPECT_EQ(halt(), "");
  EXPECT_TRUE(until_quoting()) << log();
  EXPECT_EQ(stop(), 0) << engine_->output();
  EXPECT_EQ(ours(), 0u);
}

TEST_F(GuardedRun, AnEngineThatHangsInItsEndIsNoticedAtOnce) {
  ASSERT_NO_FATAL_FAILURE(start());
  ASSERT_NO_FATAL_FAILURE(start_guard());
  venue_->process().signal(SIGSTOP);  // so that it comes to no end
  engine_->signal(SIGTERM);
  ASSERT_TRUE(wait_until([&] { return counters_.layout().phase == counters::Phase::kEnding; }));
  engine_->signal(SIGSTOP);
  venue_->process().signal(SIGCONT);
  expect_fired("end gave no sign of life");
}

TEST_F(GuardedRun, ADeadEnginesOrdersGoAndNoLiveRunStartsBeforeAResume) {
  ASSERT_NO_FATAL_FAILURE(start_with_many_orders());
  ASSERT_NO_FATAL_FAILURE(start_guard());
  ASSERT_NO_FATAL_FAILURE(strike(SIGKILL, "kill -9"));
  expect_fired("died");
  EXPECT_EQ(count_of(all_open(), "\"mm"), 0u);
  start_engine("t");
  EXPECT_EQ(engine_->wait(), 1);
  EXPECT_THAT(engine_->output(), HasSubstr("guard: the engine, process "));
  EXPECT_EQ(ours(), 0u);
  EXPECT_THAT(steer("resume"), HasSubstr("HALT removed"));
  start_engine("u");
  EXPECT_TRUE(until_quoting()) << engine_->output();
  EXPECT_EQ(stop(), 0) << engine_->output();
}

// Full, and of a reader who reads no more: as a terminal that somebody holds, or a disk that stands
// still.
class FullPipe {
 public:
  explicit FullPipe(const std::string& path) {
    EXPECT_EQ(mkfifo(path.c_str(), 0600), 0);
    fd_ = ::open(path.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC);
    while (::write(fd_, "x", 1) == 1) continue;
    EXPECT_EQ(errno, EAGAIN);
  }
  ~FullPipe() { ::close(fd_); }
  FullPipe(const FullPipe&) = delete;
  FullPipe& operator=(const FullPipe&) = delete;

 private:
  int fd_;
};

TEST_F(GuardedRun, AnOutputThatNobodyReadsKeepsNoCancelWaitingAndNoGuardFromItsEnd) {
  ASSERT_NO_FATAL_FAILURE(start());
  const FullPipe pipe(here_.path("guard.out"));
  guard_ = std::make_unique<Process>(here_, std::vector<std::string>{"guard", "s"}, "guard.out");
  ASSERT_TRUE(wait_until([&] { return counters_.layout().guard.beat != 0; }));
  engine_->signal(SIGKILL);
  EXPECT_TRUE(wait_until([&] { return ours() == 0; }));
  EXPECT_EQ(guard_->wait(), 1);
  EXPECT_THAT(halt(), HasSubstr("died"));
}

TEST_F(GuardedRun, AGuardThatComesAgainLeavesADeadSessionAloneAndNoHalt) {
  const std::string session = "sessions/20200101T000000.000Z";
  ASSERT_NO_FATAL_FAILURE(open());
  start_engine(session);
  ASSERT_TRUE(until_quoting()) << engine_->output();
  stop(SIGKILL);
  const test::Ran fired = here_.run("guard");
  EXPECT_EQ(fired.exit_code, 1) << fired.out << fired.err;
  EXPECT_THAT(halt(), HasSubstr("died"));
  EXPECT_THAT(steer("resume"), HasSubstr("HALT removed"));
  for (const std::string& again : {std::string("guard"), "guard " + session}) {
    const test::Ran ran = here_.run(again);
    EXPECT_EQ(ran.exit_code, 0) << ran.out << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("none of its orders is left"));
    EXPECT_EQ(halt(), "");
  }
}

TEST_F(GuardedRun, WhatALaterStartHasTakenOverIsNoGuardsMatter) {
  const std::string session = "sessions/20200101T000000.000Z";
  ASSERT_NO_FATAL_FAILURE(open());
  start_engine(session);
  ASSERT_TRUE(until_quoting()) << engine_->output();
  stop(SIGKILL);
  start_engine("sessions/20200102T000000.000Z");
  ASSERT_TRUE(wait_until([&] { return count_of(venue_->open_orders(), "\"mm010002") >= 2; }))
      << engine_->output();
  EXPECT_EQ(stop(), 0) << engine_->output();
  for (const std::string& named : {std::string("guard"), "guard " + session}) {
    EXPECT_EQ(here_.run(named).exit_code, 0) << named;
    EXPECT_EQ(halt(), "");
  }
}

TEST_F(GuardedRun, AGuardThatCannotReachTheVenueSaysSoAndWhenItCanAgain) {
  ASSERT_NO_FATAL_FAILURE(start({"--set", "guard.proof_interval_s=1"}));
  ASSERT_NO_FATAL_FAILURE(start_guard());
  venue_->process().signal(SIGSTOP);
  EXPECT_TRUE(wait_until([&] { return count_of(guard_->output(), "COULD NOT CANCEL") > 0; }))
      << guard_->output();
  EXPECT_TRUE(wait_until([&] { return count_of(log(), "guard cannot reach the venue") > 0; }));
  venue_->process().signal(SIGCONT);
  EXPECT_TRUE(wait_until([&] { return count_of(guard_->output(), "answers again") > 0; }))
      << guard_->output();
  EXPECT_TRUE(wait_until([&] { return count_of(log(), "guard reaches the venue again") > 0; }));
  EXPECT_EQ(stop(), 0) << engine_->output();
  EXPECT_EQ(guard_->wait(), 0) << guard_->output();
}

TEST_F(GuardedRun, AnOrderlyEndEndsTheGuardToo) {
  ASSERT_NO_FATAL_FAILURE(start());
  ASSERT_NO_FATAL_FAILURE(start_guard());
  EXPECT_EQ(stop(), 0) << engine_->output();
  EXPECT_EQ(guard_->wait(), 0) << guard_->output();
  EXPECT_THAT(guard_->output(), HasSubstr("ended in an orderly way"));
  EXPECT_EQ(halt(), "");
}

TEST_F(GuardedRun, AnEngineThatStoodStillReconcilesBeforeItQuotesAgain) {
  ASSERT_NO_FATAL_FAILURE(start({"--set", "guard.timeout_ms=500"}));
  const std::size_t connections = count_of(log(), "is ready\n");
  const std::int64_t beat = counters_.layout().beats[0].at;
  engine_->signal(SIGSTOP);
  ASSERT_TRUE(wait_until([&] { return counters::monotonic_now() - Nanos(beat) > 2 * kSecond; }));
  engine_->signal(SIGCONT);
  EXPECT_TRUE(wait_until([&] { return count_of(log(), "is ready\n") >= connections + 2; }))
      << log();
  EXPECT_TRUE(until_quoting()) << log();
  EXPECT_EQ(halt(), "");
  EXPECT_EQ(stop(), 0) << engine_->output();
}

// The engine takes the key out of its environment; the guard has to get it all the same.
TEST_F(GuardedRun, TheGuardThatTheRunStartedOutlivesItWithTheKeyOfTheEnvironment) {
  key_in_environment_ = true;
  ASSERT_NO_FATAL_FAILURE(start({"--guard"}));
  const std::string said = here_.path("s/guard.txt");
  ASSERT_TRUE(wait_until([&] { return count_of(read_file(said), "watching") > 0; }));
  stop(SIGKILL);
  EXPECT_TRUE(wait_until([&] { return ours() == 0; })) << read_file(said);
  EXPECT_TRUE(wait_until([&] { return count_of(read_file(said), "none can arrive") > 0; }));
  EXPECT_THAT(halt(), HasSubstr("died"));
  const pid_t guard = counters_.layout().guard.pid;
  EXPECT_TRUE(wait_until([&] { return kill(guard, 0) != 0; })) << "it ends when it is done";
}

TEST_F(GuardedRun, AGuardThatCouldNotActSaysSoAtOnce) {
  ASSERT_NO_FATAL_FAILURE(start());
  const test::Ran wrong_key = here_.run("guard s --set venue.api_key_file=missing.key");
  EXPECT_EQ(wrong_key.exit_code, 1);
  EXPECT_THAT(wrong_key.err, HasSubstr("missing.key"));
  EXPECT_EQ(here_.run("guard missing").exit_code, 1);
  EXPECT_EQ(halt(), "");
}

TEST_F(GuardedRun, AGuardThatTheVenueDoesNotAnswerAtItsStartWatchesAllTheSame) {
  ASSERT_NO_FATAL_FAILURE(start());
  venue_->process().signal(SIGSTOP);
  start_guard();
  EXPECT_TRUE(wait_until([&] { return count_of(guard_->output(), "COULD NOT CANCEL") > 0; }))
      << guard_->output();
  venue_->process().signal(SIGCONT);
  EXPECT_TRUE(wait_until([&] { return count_of(guard_->output(), "answers again") > 0; }))
      << guard_->output();
  engine_->signal(SIGKILL);
  expect_fired("died");
}

TEST_F(GuardedRun, WhereNothingIsLeftToDoNoVenueIsAsked) {
  ASSERT_NO_FATAL_FAILURE(start());
  EXPECT_EQ(stop(), 0) << engine_->output();
  const std::string nobody =
      " --set venue.rest_url=https://127.0.0.1:1 --set venue.api_key_file=no";
  const test::Ran ran = here_.run("guard s" + nobody);
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("ended in an orderly way"));
}

TEST_F(GuardedRun, OneThatWaitsPassesWhatIsOverAndTakesTheNextEngine) {
  const auto is_waiting = [&] { return count_of(guard_->output(), "waiting for a live") > 0; };
  ASSERT_NO_FATAL_FAILURE(open());
  start_engine("sessions/20200101T000000.000Z");
  ASSERT_TRUE(until_quoting()) << engine_->output();
  EXPECT_EQ(stop(), 0) << engine_->output();
  guard_ = std::make_unique<Process>(here_, std::vector<std::string>{"guard", "--wait"}, "w.out");
  ASSERT_TRUE(wait_until(is_waiting)) << guard_->output();
  guard_->signal(SIGTERM);
  EXPECT_EQ(guard_->wait(), 0) << "a person may end that";
  guard_ = std::make_unique<Process>(here_, std::vector<std::string>{"guard", "--wait"}, "w.out");
  ASSERT_TRUE(wait_until(is_waiting)) << guard_->output();
  start_engine("sessions/20200102T000000.000Z");
  ASSERT_TRUE(wait_until([&] { return count_of(guard_->output(), "watching") > 0; }))
      << guard_->output();
  ASSERT_TRUE(until_quoting()) << engine_->output();
  engine_->signal(SIGKILL);
  EXPECT_EQ(guard_->wait(), 1) << guard_->output();
  EXPECT_EQ(ours(), 0u);
  EXPECT_EQ(here_.run("guard s --wait").exit_code, 2);
}

// And keeps none of its connections open.
TEST_F(GuardedRun, AGuardThatTheRunStartedIsStartedAnewWhenItEnds) {
  ASSERT_NO_FATAL_FAILURE(start({"--guard"}));
  const auto guard = [this] { return counters_.layout().guard.pid.load(); };
  const auto sockets = [](pid_t pid) {
    std::set<std::string> all;
    for (const auto& file :
         std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/fd")) {
      std::error_code gone;
      const std::string link = std::filesystem::read_symlink(file.path(), gone).string();
      if (link.starts_with("socket:")) all.insert(link);
    }
    return all;
  };
  ASSERT_TRUE(wait_until([&] { return guard() != 0; }));
  const pid_t first = guard();
  kill(first, SIGKILL);
  ASSERT_TRUE(wait_until([&] { return guard() != first; })) << log();
  EXPECT_EQ(count_of(log(), "the guard has ended by signal 9 and is started anew"), 1u) << log();
  const std::set<std::string> of_engine = sockets(engine_->pid());
  EXPECT_FALSE(of_engine.empty());
  for (const std::string& socket : sockets(guard())) EXPECT_FALSE(of_engine.contains(socket));
  stop(SIGKILL);
  EXPECT_TRUE(wait_until([&] { return ours() == 0; }));
  const std::string said = here_.path("s/guard.txt");
  EXPECT_TRUE(wait_until([&] { return count_of(read_file(said), "none can arrive") > 0; }));
}

TEST_F(GuardedRun, WithoutANameTheLiveEngineIsFoundBehindANewerSimulation) {
  const std::string live = "sessions/20200101T000000.000Z", sim = "sessions/20990101T000000.000Z";
  ASSERT_NO_FATAL_FAILURE(open());
  start_engine(live);
  ASSERT_TRUE(until_quoting()) << engine_->output();
  Process simulation(here_, {"run", "-c", test::kConfig, "--session", sim, "--quiet"}, "sim.out");
  ASSERT_TRUE(wait_until([&] { return here_.has(sim + "/control.sock"); }));
  guard_ = std::make_unique<Process>(here_, std::vector<std::string>{"guard"}, "guard.out");
  EXPECT_TRUE(wait_until([&] { return count_of(guard_->output(), "watching") > 0; }))
      << guard_->output();
  const test::Ran killed = here_.run("kill");
  EXPECT_EQ(killed.exit_code, 0) << killed.err;
  EXPECT_EQ(ours(), 0u);
  EXPECT_LT(killed.out.find("kill: done, session " + live), killed.out.find(sim)) << killed.out;
  simulation.signal(SIGSTOP);
  EXPECT_EQ(here_.run("kill").exit_code, 1) << "not all have obeyed";
}

TEST(Guard, ASimulationNeedsNone) {
  const Scratch here;
  Process engine(here, {"run", "-c", test::kConfig, "--session", "s", "--quiet"}, "engine.out");
  ASSERT_TRUE(wait_until([&] { return here.has("s/counters.dat"); }));
  const test::Ran ran = here.run("guard s");
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_THAT(ran.err, HasSubstr("is a sim session"));
}

}  // namespace
}  // namespace mm
