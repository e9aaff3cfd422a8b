// What reaches into a running engine: requests, the socket they come by, latch, HALT and trips.
#include "engine/app/control/steering.h"

#include <gmock/gmock.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <atomic>
#include <future>

#include "engine/ledger/halt_file.h"
#include "tests/core_harness.h"
#include "tests/local_venue.h"

namespace mm::app {
namespace {

using test::Scratch;
using test::wait_until;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr std::chrono::milliseconds kPatience{5000};

TEST(ControlRequests, AreReadAndWrittenAlike) {
  for (const char* text : {"kill", "pause all", "pause buy", "pause sell", "pause increase",
                           "resume all", "resume buy", "resume sell", "resume increase"}) {
    const auto control = parse_control(text);
    ASSERT_TRUE(control) << text;
    EXPECT_EQ(control_text(*control), text);
  }
}

TEST(ControlRequests, AnythingElseIsNone) {
  for (const char* text :
       {"", " ", "pause", "pause ", "pause both", "pause  buy", "pause buy ", "Pause buy",
        "kill all", "resume", "shutdown", "pause buy\n", "killall"}) {
    EXPECT_FALSE(parse_control(text)) << text;
  }
}

class SteeringTest : public testing::Test {
 protected:
  explicit SteeringTest(const std::string& session = "session") : session_(here_.path(session)) {
    std::filesystem::create_directories(here_.path("tmpfs"));
    std::filesystem::create_directories(session_);
    EXPECT_EQ(counters_.create({.session_folder = session_,
                                .sessions_folder = here_.path("sessions"),
                                .mode = "sim",
                                .id_prefix = "mm010001",
                                .instruments = {}},
                               here_.path("tmpfs")),
              "");
  }
  std::string ask(std::string_view request) {
    const ControlAnswer answer = ask_engine(session_, request, kPatience);
    return answer.error.empty() ? answer.text : "[" + answer.error + "]";
  }
  // As the core would, once it has taken up what is in the ring.
  void publish(QuoteReason trip, std::int64_t broken = 0) {
    Event event;
    while (control_.try_pop(event)) taken_.push_back(event.control);
    counters::EngineBlock::Update out(counters_.layout().numbers);
    out.set("events_total", taken_.size(), static_cast<std::size_t>(EventKind::kControl));
    out.set("trip", static_cast<std::int64_t>(trip));
    out.set("invariants_broken_total", broken, static_cast<std::size_t>(Invariant::kExposure));
  }
  std::string halt() const { return read_halt(here_.path("sessions")); }
  KillLatch& latch() { return counters_.layout().latch; }

  const Scratch here_;
  std::string session_;
  counters::CountersFile counters_;
  SpscRing<Event> control_{4};
  std::vector<Control> taken_;
  const Clock clock_;
  Log log_{here_.path("log.txt")};
  Steering steering_{{counters_, control_, clock_, log_}};
};

TEST_F(SteeringTest, PauseIsAnEventOfItsScope) {
  ASSERT_EQ(steering_.start(), "");
  EXPECT_EQ(ask("pause increase"), "ok 1");
  Event event;
  ASSERT_TRUE(control_.try_pop(event));
  EXPECT_EQ(event.kind, EventKind::kControl);
  EXPECT_EQ(event.control.code, ControlCode::kPause);
  EXPECT_EQ(event.control.scope, PauseScope::kIncrease);
  EXPECT_GT(event.received, Nanos(0));
  EXPECT_FALSE(latch().is_set());
  EXPECT_EQ(halt(), "");
}

TEST_F(SteeringTest, KillSetsTheLatchAndHaltsUntilResume) {
  ASSERT_EQ(steering_.start(), "");
  EXPECT_EQ(ask("kill"), "ok 1");
  EXPECT_TRUE(latch().is_set(KillLatch::kKilled));
  EXPECT_THAT(halt(), HasSubstr("killed by command (sim session " + session_));
  EXPECT_EQ(ask("resume buy"), "ok 2");
  EXPECT_TRUE(latch().is_set()) << "one side is no way out of a kill";
  EXPECT_NE(halt(), "");
  EXPECT_EQ(ask("resume all"), "ok 3");
  EXPECT_FALSE(latch().is_set());
  EXPECT_EQ(halt(), "");
  publish(QuoteReason::kQuoting);
  ASSERT_EQ(taken_.size(), 3u);
  EXPECT_EQ(taken_[0].code, ControlCode::kKill);
  EXPECT_EQ(taken_[2].code, ControlCode::kResume);
}

TEST_F(SteeringTest, NothingIsSetFreeWhileHaltCannotBeRemoved) {
  ASSERT_EQ(steering_.start(), "");
  EXPECT_EQ(ask("kill"), "ok 1");
  std::filesystem::remove(here_.path("sessions/HALT"));
  std::filesystem::create_directories(here_.path("sessions/HALT"));
  EXPECT_THAT(ask("resume all"), HasSubstr("error: "));
  EXPECT_TRUE(latch().is_set());
  EXPECT_EQ(control_.size(), 1u);
}

TEST_F(SteeringTest, AKillThatCannotWriteHaltKillsAllTheSame) {
  here_.write("sessions", "a file");
  ASSERT_EQ(steering_.start(), "");
  const std::string answer = ask("kill");
  EXPECT_THAT(answer, StartsWith("ok 1 "));
  EXPECT_THAT(answer, HasSubstr("HALT"));
  EXPECT_TRUE(latch().is_set(KillLatch::kKilled));
  EXPECT_EQ(control_.size(), 1u);
}

// Answers nobody until it is told to, and for 20 s at most.
class StillDisk {
 public:
  std::string write(const std::string& sessions, Nanos time, std::string_view reason) {
    answered_.wait_for(std::chrono::seconds(20));
    return add_halt(sessions, time, reason);
  }
  void answer() { answer_.set_value(); }

 private:
  std::promise<void> answer_;
  std::shared_future<void> answered_ = answer_.get_future().share();
};

class SteeringOnAStillDisk : public SteeringTest {
 protected:
  Steering::Setup setup(Nanos patience) {
    return {.counters = counters_,
            .control = control_,
            .clock = clock_,
            .log = log_,
            .write_halt = [this](const auto&... all) { return disk_.write(all...); },
            .disk_patience = patience};
  }
  // So many resumes have been read, and the last is in the middle of it: only there steering beats
  // while it answers.
  bool waits_for_the_disk(std::size_t resumes) {
    const auto read = [&] {
      log_.flush();
      return test::count_of(test::read_file(here_.path("log.txt")), "control: resume all");
    };
    if (!wait_until([&] { return read() == resumes; }, 4)) return false;
    const std::int64_t before = counters_.layout().steering.at.load();
    return wait_until([&] { return counters_.layout().steering.at.load() > before; }, 4);
  }

  StillDisk disk_;
};

TEST_F(SteeringOnAStillDisk, AKillReachesTheCoreAndSteeringGoesOn) {
  Steering steering(setup(kSecond * 20));
  ASSERT_EQ(steering.start(), "");
  std::future<std::string> answer = std::async(std::launch::async, [this] { return ask("kill"); });
  EXPECT_TRUE(wait_until([&] { return control_.size() == 1; }, 4));
  EXPECT_TRUE(latch().is_set(KillLatch::kKilled));
  const std::int64_t before = counters::monotonic_now().v;
  EXPECT_TRUE(wait_until([&] { return counters_.layout().steering.at.load() > before; }, 4));
  steering.shut_down();
  EXPECT_TRUE(wait_until([&] { return control_.size() == 2; }, 4));
  EXPECT_EQ(halt(), "");
  disk_.answer();
  EXPECT_EQ(answer.get(), "ok 1");
  EXPECT_THAT(halt(), HasSubstr("killed by command"));
  publish(QuoteReason::kHalted);
  ASSERT_EQ(taken_.size(), 2u);
  EXPECT_EQ(taken_[0].code, ControlCode::kKill);
  EXPECT_EQ(taken_[1].code, ControlCode::kShutdown);
}

TEST_F(SteeringOnAStillDisk, WhoeverAsksHearsOfItAndNothingIsSetFree) {
  Steering steering(setup(kMillisecond));
  ASSERT_EQ(steering.start(), "");
  EXPECT_EQ(ask("kill"), "ok 1 the disk does not answer");
  EXPECT_EQ(ask("resume all"), "error: the disk does not answer");
  EXPECT_TRUE(latch().is_set(KillLatch::kKilled));
  disk_.answer();
  ASSERT_TRUE(wait_until([&] { return ask("resume all") == "ok 2"; }));
  EXPECT_FALSE(latch().is_set());
  EXPECT_EQ(halt(), "");
}

// The disk stands still in a HALT, so that the resume behind it has not begun: it never will.
TEST_F(SteeringOnAStillDisk, AResumeThatWasRefusedForItIsNotDoneLater) {
  Steering steering(setup(kMillisecond));
  ASSERT_EQ(steering.start(), "");
  EXPECT_EQ(ask("kill"), "ok 1 the disk does not answer");
  EXPECT_EQ(ask("resume all"), "error: the disk does not answer");
  disk_.answer();
  steering.stop();
  EXPECT_THAT(halt(), HasSubstr("killed by command")) << "and the kill is written all the same";
  EXPECT_TRUE(latch().is_set(KillLatch::kKilled));
}

TEST_F(SteeringOnAStillDisk, AResumeThatAnEndOrTheGuardOvertakesLeavesTheHalt) {
  std::size_t resumes = 0;
  for (const bool by_guard : {false, true}) {
    StillDisk disk;
    Steering::Setup with = setup(kSecond * 20);
    with.write_halt = [&](const auto&... all) { return disk.write(all...); };
    std::atomic<bool> edge{false}, told{false};
    with.take_halt = [&] { return edge.exchange(false) ? "a rival" : ""; };
    with.told_to_end = [&] { return told.load(); };
    latch().clear(KillLatch::kKilled);
    Steering steering(with);
    ASSERT_EQ(steering.start(), "");
    edge = true;  // the HALT that the resume waits behind
    ASSERT_TRUE(wait_until([&] { return latch().is_set(KillLatch::kKilled); }, 4));
    std::future<std::string> answer =
        std::async(std::launch::async, [this] { return ask("resume all"); });
    ASSERT_TRUE(waits_for_the_disk(++resumes));
    if (by_guard) {
      latch().set(KillLatch::kGuard);
    } else {
      told = true;
      ASSERT_TRUE(wait_until([&] { return latch().is_set(KillLatch::kShutdown); }, 4));
    }
    disk.answer();
    EXPECT_THAT(answer.get(), HasSubstr(by_guard ? "the guard has fired" : "shutting down"));
    steering.stop();
    EXPECT_THAT(halt(), HasSubstr("not resumed: "));
    EXPECT_TRUE(latch().is_set(KillLatch::kKilled));
    latch().clear(KillLatch::kShutdown);
    Event drop;
    while (control_.try_pop(drop)) continue;
  }
}

TEST_F(SteeringOnAStillDisk, AReloadIsRefusedAndKeepsNobodyWaiting) {
  Steering::Setup with = setup(kMillisecond);
  with.configure = [](std::string_view, bool, const OnDisk& disk) {
    const DiskAnswer kept = disk([] { return std::string(); });
    return ConfigAnswer{.taken = kept.error.empty(), .error = kept.error};
  };
  Steering steering(with);
  ASSERT_EQ(steering.start(), "");
  EXPECT_EQ(ask("kill"), "ok 1 the disk does not answer");
  EXPECT_EQ(ask("reload\nnew"), "error: the disk does not answer\n");
  EXPECT_EQ(control_.size(), 1u);
  disk_.answer();
  ASSERT_TRUE(wait_until([&] { return ask("reload\nnew") == "ok 2\n"; }));
}

TEST_F(SteeringOnAStillDisk, WhatTheEdgeMustNotGoOnWithReachesTheCore) {
  Steering::Setup with = setup(kSecond * 20);
  std::atomic<bool> told{false};
  with.take_halt = [&] { return told.exchange(true) ? "" : "a rival"; };
  Steering steering(with);
  ASSERT_EQ(steering.start(), "");
  EXPECT_TRUE(wait_until([&] { return control_.size() == 1; }, 4));
  EXPECT_EQ(ask("pause buy"), "ok 2") << "it goes on";
  disk_.answer();
  steering.stop();
  EXPECT_THAT(halt(), HasSubstr("a rival"));
}

// Whatever the main thread is held up by.
TEST_F(SteeringTest, ASignalToEndNeedsNobodyElse) {
  std::atomic<bool> told{false};
  Steering steering({.counters = counters_,
                     .control = control_,
                     .clock = clock_,
                     .log = log_,
                     .told_to_end = [&] { return told.load(); }});
  ASSERT_EQ(steering.start(), "");
  EXPECT_EQ(ask("pause buy"), "ok 1");
  EXPECT_FALSE(latch().is_set());
  told = true;
  ASSERT_TRUE(wait_until([&] { return control_.size() == 2; }));
  EXPECT_TRUE(latch().is_set(KillLatch::kShutdown));
  steering.shut_down();  // by then the main thread knows, too
  EXPECT_THAT(ask("resume all"), HasSubstr("shutting down"));
  steering.stop();
  publish(QuoteReason::kHalted);
  ASSERT_EQ(taken_.size(), 2u) << "an end is one event";
  EXPECT_EQ(taken_[1].code, ControlCode::kShutdown);
}

TEST_F(SteeringTest, AFullRingIsWaitedForAndThenRefusesAllButAKill) {
  ASSERT_EQ(steering_.start(), "");
  for (int i = 1; i <= 68; ++i) EXPECT_EQ(ask("pause buy"), "ok " + std::to_string(i));
  EXPECT_THAT(ask("pause buy"), HasSubstr("error: the engine takes no more"));
  EXPECT_EQ(ask("kill"), "ok 69");
  EXPECT_EQ(ask("kill"), "ok 69") << "one that waits is enough";
  EXPECT_TRUE(latch().is_set(KillLatch::kKilled)) << "the latch needs no core";
  EXPECT_THAT(ask("resume all"), HasSubstr("error: the engine takes no more"));
  EXPECT_TRUE(latch().is_set(KillLatch::kKilled)) << "what is refused sets nothing free";
  EXPECT_NE(halt(), "");
  ASSERT_TRUE(wait_until([&] {
    publish(QuoteReason::kQuoting);
    return taken_.size() == 69;
  }));
  EXPECT_EQ(taken_.back().code, ControlCode::kKill);
}

TEST_F(SteeringTest, AShutdownIsOneEventAndTheEndOfSteering) {
  ASSERT_EQ(steering_.start(), "");
  steering_.shut_down();
  EXPECT_TRUE(latch().is_set(KillLatch::kShutdown));
  ASSERT_TRUE(wait_until([&] { return control_.size() == 1; }));
  EXPECT_THAT(ask("resume all"), HasSubstr("shutting down"));
  publish(QuoteReason::kHalted);
  steering_.stop();
  ASSERT_EQ(taken_.size(), 1u);
  EXPECT_EQ(taken_[0].code, ControlCode::kShutdown);
  EXPECT_EQ(halt(), "") << "an orderly end halts nobody";
}

TEST_F(SteeringTest, AKillDuringTheShutdownHaltsAllTheSame) {
  ASSERT_EQ(steering_.start(), "");
  steering_.shut_down();
  ASSERT_TRUE(wait_until([&] { return control_.size() == 1; }));
  EXPECT_EQ(ask("kill"), "ok 1") << "done with the shutdown, which is the first";
  EXPECT_THAT(halt(), HasSubstr("killed by command"));
  EXPECT_TRUE(latch().is_set(KillLatch::kKilled));
  EXPECT_EQ(control_.size(), 1u) << "the core has nothing more to do";
}

TEST_F(SteeringTest, ItsHeartBeatsAsLongAsItRuns) {
  const auto beat = [&] { return counters_.layout().steering.at.load(); };
  EXPECT_EQ(beat(), 0);
  ASSERT_EQ(steering_.start(), "");
  ASSERT_TRUE(wait_until([&] { return beat() != 0; }));
  steering_.shut_down();
  const std::int64_t before = counters::monotonic_now().v;
  EXPECT_TRUE(wait_until([&] { return beat() > before; })) << "in an end as well";
}

TEST_F(SteeringTest, ALossTripIsWrittenDownOnce) {
  ASSERT_EQ(steering_.start(), "");
  publish(QuoteReason::kLossLimit);
  ASSERT_TRUE(wait_until([&] { return !halt().empty(); }));
  EXPECT_THAT(halt(), HasSubstr("loss_limit (sim session "));
  steering_.stop();
  EXPECT_EQ(test::count_of(halt(), "\n"), 1u);
}

TEST_F(SteeringTest, ABrokenInvariantIsNamed) {
  publish(QuoteReason::kHalted, 2);
  steering_.stop();  // looks once more
  EXPECT_THAT(halt(), HasSubstr("broken invariant: exposure"));
}

TEST_F(SteeringTest, WhatTripsAgainAfterAResumeHaltsAgain) {
  ASSERT_EQ(steering_.start(), "");
  publish(QuoteReason::kLossLimit);
  ASSERT_TRUE(wait_until([&] { return !halt().empty(); }));
  EXPECT_EQ(ask("resume all"), "ok 1");
  EXPECT_EQ(halt(), "") << "the trip that is still published is the one that was resumed";
  publish(QuoteReason::kLossLimit);
  EXPECT_TRUE(wait_until([&] { return !halt().empty(); }));
}

TEST_F(SteeringTest, TheCoreIsToldThatTheGuardHasFired) {
  ASSERT_EQ(steering_.start(), "");
  latch().set(KillLatch::kGuard);
  ASSERT_TRUE(wait_until([&] { return control_.size() == 1; }));
  publish(QuoteReason::kHalted);
  EXPECT_EQ(taken_[0].code, ControlCode::kKill);
  EXPECT_EQ(halt(), "") << "that is the guard's to write";
  EXPECT_EQ(ask("resume all"), "ok 2");
  EXPECT_FALSE(latch().is_set());
}

// A rival goes on: one kill and one line, until a person has looked into it.
TEST_F(SteeringTest, WhatTheEdgeMustNotGoOnWithHaltsOnce) {
  std::atomic<bool> told{false};
  Steering steering({.counters = counters_,
                     .control = control_,
                     .clock = clock_,
                     .log = log_,
                     .guard_started = false,
                     .take_halt = [&] { return told ? "a rival" : ""; }});
  ASSERT_EQ(steering.start(), "");
  EXPECT_EQ(ask("pause buy"), "ok 1");
  EXPECT_FALSE(latch().is_set());
  told = true;
  ASSERT_TRUE(wait_until([&] { return control_.size() == 2; }));
  EXPECT_TRUE(latch().is_set(KillLatch::kKilled));
  EXPECT_EQ(ask("pause buy"), "ok 3");
  ASSERT_TRUE(wait_until([&] { return !halt().empty(); }));
  EXPECT_THAT(halt(), HasSubstr("a rival (sim session "));
  EXPECT_EQ(test::count_of(halt(), "\n"), 1u);
  told = false;
  EXPECT_EQ(ask("resume all"), "ok 4");
  EXPECT_FALSE(latch().is_set());
  steering.stop();
  publish(QuoteReason::kQuoting);
  ASSERT_EQ(taken_.size(), 4u);
  EXPECT_EQ(taken_[1].code, ControlCode::kKill);
}

// A configuration: `bad` is refused, `same` changes nothing.
struct FakeConfigure {
  std::vector<std::string>& asked;
  ConfigAnswer operator()(std::string_view text, bool apply, const OnDisk&) const {
    asked.push_back((apply ? "reload " : "plan ") + std::string(text));
    if (text == "bad") return {.taken = false, .error = "it is bad", .changes = "a\tb\tc\td\te\n"};
    if (text == "same") return {};
    return {.taken = apply, .error = {}, .changes = "strategy\tkey\t1\t2\t\n"};
  }
};

TEST_F(SteeringTest, AReloadIsAnEventOnlyIfItIsTaken) {
  std::vector<std::string> asked;
  Steering steering({.counters = counters_,
                     .control = control_,
                     .clock = clock_,
                     .log = log_,
                     .configure = FakeConfigure{asked}});
  ASSERT_EQ(steering.start(), "");
  EXPECT_EQ(ask("plan\nnew"), "ok 0\nstrategy\tkey\t1\t2\t\n");
  EXPECT_EQ(ask("reload\nbad"), "error: it is bad\na\tb\tc\td\te\n");
  EXPECT_EQ(ask("reload\nsame"), "ok 0\n");
  EXPECT_EQ(control_.size(), 0u);
  EXPECT_EQ(ask("reload\nnew\n[lines]"), "ok 1\nstrategy\tkey\t1\t2\t\n");
  EXPECT_EQ(ask("reload"), ask("no such word"));
  steering.shut_down();
  ASSERT_TRUE(wait_until([&] { return control_.size() == 2; }));
  EXPECT_EQ(ask("reload\nnew"), "error: the engine is shutting down");
  publish(QuoteReason::kQuoting);
  ASSERT_EQ(taken_.size(), 2u);
  EXPECT_EQ(taken_[0].code, ControlCode::kReload);
  EXPECT_THAT(asked,
              testing::ElementsAre("plan new", "reload bad", "reload same", "reload new\n[lines]"));
}

TEST_F(SteeringTest, AnEngineThatReloadsNothingSaysSo) {
  ASSERT_EQ(steering_.start(), "");
  EXPECT_EQ(ask("reload\n"), "error: this engine takes no other configuration");
}

TEST_F(SteeringTest, TheSocketIsTheOwnersAndGoneAtTheEnd) {
  ASSERT_EQ(steering_.start(), "");
  struct stat facts {};
  ASSERT_EQ(stat((session_ + "/control.sock").c_str(), &facts), 0);
  EXPECT_TRUE(S_ISSOCK(facts.st_mode));
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
  steering_.stop();
  EXPECT_FALSE(std::filesystem::exists(session_ + "/control.sock"));
  EXPECT_THAT(ask("kill"), HasSubstr("cannot be reached"));
}

TEST_F(SteeringTest, WhatIsNotUnderstoodOrTooLongIsRefused) {
  ASSERT_EQ(steering_.start(), "");
  EXPECT_THAT(ask("halt and catch fire"), StartsWith("error: not understood"));
  constexpr std::size_t kMost = kRequestBytesMax;
  EXPECT_THAT(ask(std::string(kMost, 'x')), StartsWith("error: not understood"));
  EXPECT_THAT(ask(std::string(kMost + 1, 'x')), StartsWith("error: a request has at most 65536"));
  EXPECT_THAT(ask(std::string(2 * kMost, 'x')), StartsWith("error: a request has at most 65536"));
  EXPECT_EQ(ask("kill"), "ok 1");
}

TEST_F(SteeringTest, ClientsThatSayNothingHoldNobodyUp) {
  ASSERT_EQ(steering_.start(), "");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = session_ + "/control.sock";
  ASSERT_LT(path.size(), sizeof address.sun_path);
  path.copy(address.sun_path, path.size());
  std::vector<int> idle;
  for (int i = 0; i < 50; ++i) {
    idle.push_back(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    ASSERT_EQ(connect(idle.back(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  EXPECT_EQ(ask("kill"), "ok 1");
  for (const int fd : idle) close(fd);
}

class FarAway : public SteeringTest {
 protected:
  FarAway() : SteeringTest(std::string(100, 'a') + "/" + std::string(100, 'b')) {}
};

TEST_F(FarAway, ASessionWithALongPathIsSteeredAsWell) {
  ASSERT_GT(session_.size(), 200u);
  ASSERT_EQ(steering_.start(), "");
  EXPECT_EQ(ask("pause buy"), "ok 1");
}

TEST(ControlServer, SaysWhetherWhoeverAskedStillWaits) {
  const Scratch here;
  ControlServer server;
  ASSERT_EQ(server.open(here.path("")), "");
  EXPECT_THAT(ask_engine(here.path(""), "resume all", std::chrono::milliseconds(1)).error,
              HasSubstr("does not answer"));
  std::vector<std::string> heard;
  ASSERT_TRUE(wait_until([&] {
    server.serve(std::chrono::milliseconds(1), [&](std::string_view request, bool gone) {
      heard.push_back(std::string(request) + (gone ? ", gone" : ""));
      return std::string("ok");
    });
    return !heard.empty();
  }));
  EXPECT_EQ(heard[0], "resume all, gone");
}

TEST(ControlServer, AFolderThatIsNotThereIsAnError) {
  ControlServer server;
  EXPECT_THAT(server.open("/nowhere"), HasSubstr("cannot be opened"));
  EXPECT_THAT(ask_engine("/nowhere", "kill", kPatience).error, HasSubstr("cannot be reached"));
}

}  // namespace
}  // namespace mm::app
