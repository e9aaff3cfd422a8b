// The guard against an engine that is only its counters: what it sees, and in what order it acts.
#include "gateway/guard.h"

#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

#include "gateway/venue_proof.h"
#include "tests/core_harness.h"
#include "tests/dead_engine.h"
#include "tests/e2e_support.h"

namespace mm {
namespace {

using counters::CountersFile;
using counters::Phase;
using test::Scratch;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr Nanos kTimeout = kSecond;

class SwitchDouble : public DeadMansSwitch {
 public:
  std::string arm(Nanos countdown) override {
    std::unique_lock lock(mutex_);
    armed.push_back(countdown);
    changed_.notify_all();
    in_time &= changed_.wait_for(lock, std::chrono::seconds(20), [this] { return answers_; });
    return error;
  }
  bool was_armed() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [this] { return !armed.empty(); });
  }
  // Whether whoever arms it gets an answer.
  void answer(bool does) {
    const std::lock_guard lock(mutex_);
    answers_ = does;
    changed_.notify_all();
  }
  std::vector<Nanos> armed;
  std::string error;
  bool in_time = true;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool answers_ = true;
};

// What the guard did, in order; and a venue that has as many orders as a test wants.
class GuardTest : public testing::Test, public OrderSweeper {
 protected:
  GuardTest() {
    std::filesystem::create_directories(here_.path("tmpfs"));
    std::filesystem::create_directories(here_.path("session"));
    EXPECT_EQ(create(), "");
    EXPECT_EQ(seen_.attach(here_.path("session")), "");
  }
  std::string create() {
    return engine_.create({.session_folder = here_.path("session"),
                           .sessions_folder = here_.path("sessions"),
                           .mode = "live",
                           .id_prefix = "mm010001",
                           .instruments = {&instrument_, 1}},
                          here_.path("tmpfs"));
  }
  // An engine that died in that phase instead.
  void attach_dead(Phase p, CountersFile& dead) {
    ASSERT_EQ(engine_.finish(), "");
    std::filesystem::remove(here_.path("session/counters.dat"));
    ASSERT_NO_FATAL_FAILURE(test::leave_counters(here_.path("session"), here_.path("tmpfs"), p));
    ASSERT_EQ(dead.attach(here_.path("session")), "");
  }
  void phase(Phase p) { engine_.layout().phase = p; }
  void beat(Nanos at, std::initializer_list<HotAgent> agents = {
                          HotAgent::kFeed, HotAgent::kStrategy, HotAgent::kGateway}) {
    for (const HotAgent a : agents) engine_.layout().beats[static_cast<std::size_t>(a)].at = at.v;
  }
  Guard::Setup setup() { return setup(seen_); }
  Guard::Setup setup(CountersFile& seen) {
    return {.engine = seen,
            .venue = *this,
            .timeout = kTimeout,
            .interval = kMillisecond,
            .arrival_max = arrival_max_,
            .halt =
                [this](std::string_view why) {
                  const std::lock_guard lock(mutex_);
                  halted_ += std::string(why) + "\n";
                  return true;
                },
            .say =
                [this](std::string_view line) {
                  const std::lock_guard lock(mutex_);
                  said_ += std::string(line) + "\n";
                },
            .stopped = [this] { return ++looks_ > looks_max_; }};
  }
  // Of a watch that nobody stops.
  bool hang_when_armed(SwitchDouble& venues) {
    if (++looks_ == 2) {
      EXPECT_TRUE(venues.was_armed());
      phase(Phase::kRunning);
      beat(counters::monotonic_now() - kSecond * 5);
    }
    return false;
  }
  Left cancel_all(Nanos) override {
    did_.push_back(engine_.layout().latch.is_set(KillLatch::kGuard) ? "cancel"
                                                                    : "cancel unlatched");
    if (answers_.empty()) return {};
    const Left left = answers_.front();
    answers_.erase(answers_.begin());
    return left;
  }

  const Scratch here_;
  const mm::Instrument instrument_ = test::eth_spot();
  CountersFile engine_, seen_;
  Nanos arrival_max_{};
  std::vector<Left> answers_;
  std::vector<std::string> did_;
  std::mutex mutex_;  // of `said_` and `halted_`
  std::string said_, halted_;
  int looks_ = 0, looks_max_ = 1000;
};

TEST_F(GuardTest, SeesAnEngineThatIsWellWhileItsHeartIsYoungEnough) {
  Guard guard(setup());
  EXPECT_EQ(guard.look(kSecond * 10), Guard::Sight::kWell) << "it is starting";
  EXPECT_EQ(guard.look(kSecond * 100), Guard::Sight::kWell) << "and may take its time";
  phase(Phase::kRunning);
  EXPECT_EQ(guard.look(kSecond * 101), Guard::Sight::kWell) << "no beat yet";
  beat(kSecond * 101);
  EXPECT_EQ(guard.look(kSecond * 102), Guard::Sight::kWell);
  EXPECT_EQ(guard.look(kSecond * 102 + Nanos(1)), Guard::Sight::kHung);
  EXPECT_THAT(guard.why(), HasSubstr("feed gave no sign of life for 1000 ms"));
}

TEST_F(GuardTest, OneAgentThatHangsIsEnough) {
  Guard guard(setup());
  phase(Phase::kRunning);
  beat(kSecond * 10);
  beat(kSecond * 12, {HotAgent::kFeed, HotAgent::kStrategy});
  EXPECT_EQ(guard.look(kSecond * 12), Guard::Sight::kHung);
  EXPECT_THAT(guard.why(), HasSubstr("gateway"));
}

TEST_F(GuardTest, AnAgentThatNeverBeatsHangsAsWell) {
  Guard guard(setup());
  phase(Phase::kRunning);
  EXPECT_EQ(guard.look(kSecond * 10), Guard::Sight::kWell);
  EXPECT_EQ(guard.look(kSecond * 12), Guard::Sight::kHung);
}

TEST_F(GuardTest, AnEndThatStandsStillIsNoticedLikeAnyOtherHang) {
  Guard guard(setup());
  phase(Phase::kEnding);
  EXPECT_EQ(guard.look(kSecond * 10), Guard::Sight::kWell) << "no beat yet";
  engine_.layout().steering.at = (kSecond * 11).v;
  EXPECT_EQ(guard.look(kSecond * 12), Guard::Sight::kWell) << "and none of the agents'";
  EXPECT_EQ(guard.look(kSecond * 12 + Nanos(1)), Guard::Sight::kHung);
  EXPECT_THAT(guard.why(), HasSubstr("end gave no sign of life for 1000 ms"));
}

TEST_F(GuardTest, AnEndThatLivesAndDoesNotEndIsAHang) {
  Guard guard(setup());
  phase(Phase::kEnding);
  const auto look = [&](std::int64_t seconds) {
    engine_.layout().steering.at = (kSecond * seconds).v;
    return guard.look(kSecond * seconds);
  };
  EXPECT_EQ(look(10), Guard::Sight::kWell);
  EXPECT_EQ(look(130), Guard::Sight::kWell) << "it may wait for a ban of 90 s";
  EXPECT_EQ(look(161), Guard::Sight::kHung);
  EXPECT_THAT(guard.why(), HasSubstr("has not come to its end"));
}

TEST_F(GuardTest, AnOrderlyEndIsNoReasonToAct) {
  phase(Phase::kEnded);
  Guard guard(setup());
  EXPECT_EQ(guard.watch(), Guard::Outcome::kEngineEnded);
  EXPECT_THAT(did_, ElementsAre());
  EXPECT_EQ(halted_, "");
  EXPECT_FALSE(engine_.layout().latch.is_set());
}

TEST_F(GuardTest, DeathCountsOnlyOnceItTraded) {
  for (const Phase p : {Phase::kStarting, Phase::kRunning, Phase::kEnding, Phase::kEnded}) {
    CountersFile dead;
    ASSERT_NO_FATAL_FAILURE(attach_dead(p, dead));
    Guard guard(setup(dead));
    const bool traded = p == Phase::kRunning || p == Phase::kEnding;
    EXPECT_EQ(guard.look(kSecond), traded ? Guard::Sight::kDead : Guard::Sight::kEnded);
  }
}

TEST_F(GuardTest, ADeadEngineIsDealtWithOnce) {
  CountersFile dead;
  ASSERT_NO_FATAL_FAILURE(attach_dead(Phase::kRunning, dead));
  answers_ = {{{"mm01"}, 0, ""}, {{}, 1, ""}};
  EXPECT_EQ(Guard(setup(dead)).watch(), Guard::Outcome::kFired);
  did_.clear();
  halted_.clear();
  EXPECT_EQ(Guard(setup(dead)).watch(), Guard::Outcome::kNothingLeft);
  EXPECT_THAT(did_, ElementsAre());
  EXPECT_EQ(halted_, "");
}

TEST_F(GuardTest, ADeadEngineWhoseOrdersMayBeLeftIsDealtWithAgain) {
  CountersFile dead;
  ASSERT_NO_FATAL_FAILURE(attach_dead(Phase::kRunning, dead));
  answers_.assign(10, {{"mm01"}, 0, ""});
  looks_max_ = 2;
  EXPECT_EQ(Guard(setup(dead)).watch(), Guard::Outcome::kFiredNotFlat);
  EXPECT_EQ(Guard(setup(dead)).look(kSecond), Guard::Sight::kDead);
}

// By the next start, which puts a copy where the session folder leads to.
TEST_F(GuardTest, IsKnownToHaveActedThoughTheCountersWereMovedMeanwhile) {
  CountersFile dead, moved;
  ASSERT_NO_FATAL_FAILURE(attach_dead(Phase::kRunning, dead));
  counters::remove_left_over(here_.path("tmpfs"));
  EXPECT_EQ(Guard(setup(dead)).watch(), Guard::Outcome::kFired);
  ASSERT_EQ(moved.attach(here_.path("session")), "");
  EXPECT_TRUE(moved.layout().settled());
}

TEST_F(GuardTest, AnEngineThatHangsOnIsDealtWithOnceUntilAPersonResumes) {
  phase(Phase::kRunning);
  beat(counters::monotonic_now() - kSecond * 5);
  EXPECT_EQ(Guard(setup()).watch(), Guard::Outcome::kFired);
  Guard next(setup());
  EXPECT_EQ(next.look(counters::monotonic_now()), Guard::Sight::kWell);
  engine_.layout().latch.clear(KillLatch::kGuard);
  EXPECT_EQ(next.look(counters::monotonic_now()), Guard::Sight::kHung);
}

TEST_F(GuardTest, SetsTheLatchThenHaltsAndCancelsUntilNoneIsLeft) {
  phase(Phase::kRunning);
  beat(counters::monotonic_now() - kSecond * 5);
  answers_ = {{{"mm01"}, 2, ""}, {{}, 0, "cannot be reached"}, {{}, 1, ""}};
  Guard guard(setup());
  EXPECT_EQ(guard.watch(), Guard::Outcome::kFired);
  EXPECT_THAT(did_, ElementsAre("cancel", "cancel", "cancel"));
  EXPECT_THAT(halted_, HasSubstr("guard: the engine's feed gave no sign of life"));
  EXPECT_THAT(said_, HasSubstr("still open: mm01"));
  EXPECT_THAT(said_, HasSubstr("could not be asked: cannot be reached"));
  EXPECT_THAT(said_, HasSubstr("3 orders cancelled"));
}

// It may be what the engine hangs in.
TEST_F(GuardTest, ADiskThatStandsStillKeepsNoCancelWaiting) {
  phase(Phase::kRunning);
  beat(counters::monotonic_now() - kSecond * 5);
  std::promise<void> canceled;
  bool in_time = false;
  Guard::Setup with = setup();
  with.halt = [&](std::string_view) {
    in_time = canceled.get_future().wait_for(std::chrono::seconds(20)) == std::future_status::ready;
    return true;
  };
  with.say = [&](std::string_view line) {
    if (line.find("none left") != std::string_view::npos) canceled.set_value();
  };
  EXPECT_EQ(Guard(with).watch(), Guard::Outcome::kFired);
  EXPECT_TRUE(in_time);
}

TEST_F(GuardTest, ADiskThatNeverAnswersKeepsNoGuardFromItsEndAndLeavesHaltToTheNext) {
  phase(Phase::kRunning);
  beat(counters::monotonic_now() - kSecond * 5);
  std::promise<void> answer;
  std::future<void> answered = answer.get_future();
  Guard::Setup with = setup();
  with.halt_patience = kMillisecond;
  with.halt = [&](std::string_view) {
    return answered.wait_for(std::chrono::seconds(20)) == std::future_status::ready;
  };
  Guard guard(with);
  EXPECT_EQ(guard.watch(), Guard::Outcome::kFired);
  EXPECT_THAT(said_, HasSubstr("HALT is not written"));
  EXPECT_FALSE(guard.has_halted(Nanos{}));
  EXPECT_FALSE(engine_.layout().settled()) << "the next guard sees to it";
  answer.set_value();
  EXPECT_TRUE(guard.has_halted(kSecond * 20));
}

TEST_F(GuardTest, ADiskThatRefusesHaltLeavesItToTheNextToo) {
  phase(Phase::kRunning);
  beat(counters::monotonic_now() - kSecond * 5);
  Guard::Setup with = setup();
  with.halt = [](std::string_view) { return false; };
  EXPECT_EQ(Guard(with).watch(), Guard::Outcome::kFired);
  EXPECT_THAT(said_, HasSubstr("HALT is not written"));
  EXPECT_FALSE(engine_.layout().settled());
}

TEST_F(GuardTest, LooksAgainWhileARequestMayStillArrive) {
  phase(Phase::kRunning);
  beat(counters::monotonic_now() - kSecond * 5);
  arrival_max_ = kMillisecond * 500;
  answers_ = {{{}, 1, ""}, {{}, 1, ""}};  // one came after the first list
  Guard guard(setup());
  EXPECT_EQ(guard.watch(), Guard::Outcome::kFired);
  EXPECT_GE(did_.size(), 2u);
  EXPECT_THAT(said_, HasSubstr("2 orders cancelled; none is left"));
}

TEST_F(GuardTest, SaysThatItWasStoppedBeforeNoneWasLeft) {
  phase(Phase::kRunning);
  beat(counters::monotonic_now() - kSecond * 5);
  answers_.assign(10, {{"mm01"}, 0, ""});
  looks_max_ = 2;
  Guard guard(setup());
  EXPECT_EQ(guard.watch(), Guard::Outcome::kFiredNotFlat);
}

TEST_F(GuardTest, EndsWhenAPersonResumesThoughOrdersAreOpenAgain) {
  phase(Phase::kRunning);
  beat(counters::monotonic_now() - kSecond * 5);
  answers_.assign(100, {{"mm01"}, 0, ""});
  Guard::Setup with_resume = setup();
  with_resume.say = [this](std::string_view line) {
    said_ += std::string(line) + "\n";
    if (line.starts_with("still open")) engine_.layout().latch.clear(KillLatch::kGuard);
  };
  Guard guard(with_resume);
  EXPECT_EQ(guard.watch(), Guard::Outcome::kFired);
  EXPECT_THAT(did_, ElementsAre("cancel"));
  EXPECT_THAT(said_, HasSubstr("resumed by a person"));
}

TEST_F(GuardTest, StopsWatchingWhenAPersonSaysSo) {
  looks_max_ = 3;
  Guard guard(setup());
  EXPECT_EQ(guard.watch(), Guard::Outcome::kStopped);
  EXPECT_THAT(did_, ElementsAre());
  EXPECT_EQ(halted_, "");
  EXPECT_EQ(engine_.layout().guard.beat, 0) << "there is none any more";
  EXPECT_EQ(engine_.layout().guard.pid, getpid());
}

// As when a host goes down: the engine hung in its end and was killed, and the guard is next.
TEST_F(GuardTest, LooksOnceMoreWhenItIsStoppedAndCancelsWhatAKilledEngineLeft) {
  phase(Phase::kRunning);
  beat(counters::monotonic_now());
  answers_ = {{{"mm01"}, 2, ""}};
  Guard::Setup with = setup();
  with.stopped = [&] {
    beat(counters::monotonic_now() - kSecond * 5);
    return true;
  };
  EXPECT_EQ(Guard(with).watch(), Guard::Outcome::kFiredNotFlat);
  EXPECT_THAT(did_, ElementsAre("cancel"));
  EXPECT_THAT(said_, HasSubstr("still open: mm01"));
}

TEST_F(GuardTest, TheVenuesSwitchIsArmedWhileAllIsWellAndDisarmedAtTheEnd) {
  SwitchDouble venues;
  Guard::Setup with = setup();
  with.dead_mans_switch = &venues;
  with.stopped = [&] {
    if (++looks_ == 3) {
      EXPECT_TRUE(venues.was_armed());
      phase(Phase::kEnded);
    }
    return false;
  };
  Guard guard(with);
  EXPECT_EQ(guard.watch(), Guard::Outcome::kEngineEnded);
  ASSERT_EQ(venues.armed.size(), 2u) << "not at every look";
  EXPECT_GT(venues.armed[0], kSecond);
  EXPECT_EQ(venues.armed[1], Nanos(0));
}

TEST_F(GuardTest, TheVenuesSwitchRunsDownWhenTheGuardFires) {
  SwitchDouble venues;
  venues.error = "not to be had";
  Guard::Setup with = setup();
  with.dead_mans_switch = &venues;
  with.stopped = [&] { return hang_when_armed(venues); };
  EXPECT_EQ(Guard(with).watch(), Guard::Outcome::kFired);
  EXPECT_EQ(venues.armed.size(), 1u);
  EXPECT_THAT(said_, HasSubstr("could not be armed: not to be had"));
}

TEST_F(GuardTest, AVenueThatIsSlowToArmItsSwitchKeepsNobodyFromFiring) {
  SwitchDouble venues;
  venues.answer(false);
  Guard::Setup with = setup();
  with.dead_mans_switch = &venues;
  with.stopped = [&] { return hang_when_armed(venues); };
  with.halt = [&](std::string_view) {
    venues.answer(true);
    return true;
  };
  EXPECT_EQ(Guard(with).watch(), Guard::Outcome::kFired);
  EXPECT_TRUE(venues.in_time) << "it was not waited for";
}

// Answers as it is told to; the last answer stays.
class VenueProofTest : public testing::Test {
 protected:
  VenueProof::Setup setup() {
    return {.ask =
                [this] {
                  const std::lock_guard lock(mutex_);
                  ++asked_;
                  judged_.notify_all();
                  return answer_;
                },
            .say =
                [this](std::string_view line) {
                  const std::lock_guard lock(mutex_);
                  said_.emplace_back(line);
                },
            .lost = lost_,
            .interval = kMillisecond,
            .retry = kMillisecond};
  }
  void answer(const std::string& text) {
    const std::lock_guard lock(mutex_);
    answer_ = text;
    asked_ = 0;
  }
  // Until what it was told to answer has been judged.
  bool judged() {
    std::unique_lock lock(mutex_);
    return judged_.wait_for(lock, std::chrono::seconds(20), [this] { return asked_ >= 2; });
  }

  std::mutex mutex_;
  std::condition_variable judged_;
  std::string answer_;
  int asked_ = 0;
  std::vector<std::string> said_;
  std::atomic<std::uint32_t> lost_{0};
};

TEST_F(VenueProofTest, AsksAgainAndAgainAndSaysOnceWhatHasChanged) {
  {
    const VenueProof proof(setup());
    ASSERT_TRUE(judged());
    EXPECT_FALSE(proof.lost());
    answer("connection refused");
    ASSERT_TRUE(judged());
    EXPECT_TRUE(proof.lost());
    answer("");
    ASSERT_TRUE(judged());
    EXPECT_FALSE(proof.lost());
  }
  ASSERT_EQ(said_.size(), 2u);
  EXPECT_THAT(said_[0], HasSubstr("COULD NOT CANCEL"));
  EXPECT_THAT(said_[0], HasSubstr("connection refused"));
  EXPECT_THAT(said_[1], HasSubstr("the venue answers again"));
}

TEST_F(VenueProofTest, EndsAtOnceAndKeepsWhatItKnew) {
  answer_ = "refused";
  {
    VenueProof::Setup slow = setup();
    const VenueProof proof(slow);
    ASSERT_TRUE(judged());
    slow.interval = 3600 * kSecond;
    const VenueProof idle(slow);
  }
  EXPECT_EQ(lost_, 1u);
}

}  // namespace
}  // namespace mm
