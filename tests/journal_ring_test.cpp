// What is left of a journal when its process is killed, at any moment.
#include "engine/journal/journal_ring.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <functional>
#include <span>
#include <thread>

#include "engine/core/core.h"
#include "engine/journal/journal_agent.h"
#include "engine/runtime/driver.h"
#include "tests/core_harness.h"
#include "tests/journal_test_support.h"

namespace mm {
namespace {

using State = JournalRecovery::State;
using test::Contents;
using test::read_journal;
using testing::HasSubstr;

constexpr std::size_t kSlots = 1024;

// One number that parent and child both see.
class SharedCount {
 public:
  SharedCount()
      : count_(new (::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
                           0)) std::atomic<std::uint64_t>(0)) {}
  ~SharedCount() { ::munmap(count_, 4096); }
  SharedCount(const SharedCount&) = delete;
  SharedCount& operator=(const SharedCount&) = delete;
  std::atomic<std::uint64_t>& operator*() { return *count_; }

 private:
  std::atomic<std::uint64_t>* count_;
};

// Runs `work` in a process of its own, which is killed once `enough` holds; it must not end before.
void run_and_kill(const std::function<void()>& work, const std::function<bool()>& enough) {
  const pid_t child = ::fork();
  if (child == 0) {
    work();
    for (;;) ::pause();
  }
  while (!enough()) ::sched_yield();
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

struct Session {
  explicit Session(const std::string& folder, std::size_t slots = kSlots)
      : ring(slots), lane(ring.memory(), slots) {
    error = writer.open(folder + "/journal.bin", test::sample_header());
    if (error.empty()) error = ring.publish(folder, test::sample_header().start_time);
  }
  void push(const JournalRecord& r) { lane.push(r.event, r.command_hash); }

  JournalRing ring;
  JournalLane lane;
  JournalWriter writer;
  std::string error;
};

void expect_prefix(const Contents& c, const std::vector<JournalRecord>& all, std::size_t least) {
  ASSERT_EQ(c.open_error, "");
  ASSERT_EQ(c.last, JournalItem::kTorn) << c.error;
  EXPECT_THAT(c.error, HasSubstr("the end frame is missing")) << "nothing torn is left";
  ASSERT_GE(c.records.size(), least);
  ASSERT_LE(c.records.size(), all.size());
  ASSERT_TRUE(c.gaps.empty());
  for (std::size_t i = 0; i < c.records.size(); ++i) {
    ASSERT_TRUE(test::same(c.records[i], all[i])) << "record " << i;
  }
}

// Every record that push() has returned for is in the journal, each once and in its place.
TEST(JournalRing, KilledAtAnyMomentLosesNoRecord) {
  std::mt19937_64 random(5);
  for (int round = 0; round < 40; ++round) {
    const test::TemporaryFolder folder;
    const auto records = test::random_records(random(), 20'000);
    const std::uint64_t every = 1 + random() % 200, until = random() % 19'000;
    SharedCount pushed;
    run_and_kill(
        [&] {
          Session session(folder.path());
          for (const JournalRecord& r : records) {
            session.push(r);
            if (++*pushed % every == 0) session.lane.drain(session.writer);
            if (*pushed % (every * 3) == 0) session.lane.drain(session.writer);
          }
        },
        [&] { return *pushed >= until; });
    const JournalRecovery found = recover_journal(folder.path());
    ASSERT_EQ(found.error, "");
    ASSERT_EQ(found.state, State::kRecovered);
    expect_prefix(read_journal(folder / "journal.bin"), records, until);
    EXPECT_EQ(recover_journal(folder.path()).state, State::kNothing) << "once";
  }
}

// The event may be in memory only: its text is in the file before it.
TEST(JournalRing, AReloadKeepsItsTextWhateverIsKilled) {
  const test::TemporaryFolder folder;
  const auto records = test::random_records(3, 200);
  Event reload;
  reload.kind = EventKind::kControl;
  reload.control.code = ControlCode::kReload;
  reload.time = records[99].event.time;
  SharedCount pushed;
  run_and_kill(
      [&] {
        Session session(folder.path());
        for (std::size_t i = 0; i < 100; ++i) session.push(records[i]);
        const std::uint64_t text = session.lane.offer_config("new = 1");
        while (session.lane.config_state(text) == JournalLane::ConfigState::kWaits) {
          session.lane.drain(session.writer);
        }
        session.push({reload, 0});
        for (std::size_t i = 100; i < 200; ++i) session.push(records[i]);
        *pushed = 1;
      },
      [&] { return *pushed == 1; });
  ASSERT_EQ(recover_journal(folder.path()).error, "");
  const Contents c = read_journal(folder / "journal.bin");
  EXPECT_EQ(c.configs, std::vector<std::string>{"new = 1"});
  EXPECT_TRUE(c.gaps.empty());
  ASSERT_EQ(c.records.size(), 201u);
  EXPECT_EQ(c.records[100].event.control.code, ControlCode::kReload);
}

// Recovery itself is killed and begun again until it has ended.
TEST(JournalRing, RecoveryThatIsKilledIsBegunAgain) {
  const test::TemporaryFolder folder;
  const auto records = test::random_records(3, 900);
  SharedCount pushed;
  run_and_kill(
      [&] {
        Session session(folder.path());
        for (const JournalRecord& r : records) {
          session.push(r);
          if (++*pushed == 300) session.lane.drain(session.writer);
        }
      },
      [&] { return *pushed == records.size(); });
  std::mt19937_64 random(1);
  for (int round = 0; round < 30; ++round) {
    SharedCount begun;
    run_and_kill(
        [&] {
          *begun = 1;
          static_cast<void>(recover_journal(folder.path()));
        },
        [&] {
          if (*begun == 0) return false;
          for (std::uint64_t spins = random() % 200'000; spins > 0; --spins) {
            __asm__ volatile("");
          }
          return true;
        });
  }
  EXPECT_EQ(recover_journal(folder.path()).error, "");
  expect_prefix(read_journal(folder / "journal.bin"), records, records.size());
}

TEST(JournalRing, FramesOfTheFileThatTheRingStillHasAreNotWrittenTwice) {
  const test::TemporaryFolder folder;
  const auto records = test::random_records(9, 500);
  {
    Session session(folder.path());
    ASSERT_EQ(session.error, "");
    for (std::size_t i = 0; i < 300; ++i) session.push(records[i]);
    // As when a process is killed behind write(2): in the file, and not yet out of the ring.
    for (std::size_t i = 0; i < 200; ++i) session.writer.append(records[i]);
    session.writer.flush();
  }
  const JournalRecovery found = recover_journal(folder.path());
  EXPECT_EQ(found.records, 100u);
  expect_prefix(read_journal(folder / "journal.bin"), records, 300);
}

TEST(JournalRing, ATornFrameIsDroppedSaidAndWrittenAnew) {
  const test::TemporaryFolder folder;
  const auto records = test::random_records(9, 50);
  {
    Session session(folder.path());
    for (const JournalRecord& r : records) session.push(r);
    for (std::size_t i = 0; i < 30; ++i) session.writer.append(records[i]);
    session.writer.flush();
  }
  const std::string whole = test::read_file(folder / "journal.bin");
  test::write_file(folder / "journal.bin", whole.substr(0, whole.size() - 5));
  const JournalRecovery found = recover_journal(folder.path());
  EXPECT_EQ(found.records, 50u);
  EXPECT_GT(found.torn_bytes, 0u);
  EXPECT_THAT(found.text(), HasSubstr("50 records added to its journal"));
  EXPECT_THAT(found.text(), HasSubstr("bytes of a torn frame dropped"));
  expect_prefix(read_journal(folder / "journal.bin"), records, 50);
}

TEST(JournalRing, RecordsThatNeverFittedAreAGapWhereTheyWere) {
  const test::TemporaryFolder folder;
  const auto records = test::random_records(2, 40);
  {
    Session session(folder.path(), 8);
    for (std::size_t i = 0; i < 11; ++i) session.push(records[i]);  // 3 too many
    session.lane.drain(session.writer);
    session.lane.drain(session.writer);  // now they are in the file
    session.push(records[11]);
  }
  EXPECT_EQ(recover_journal(folder.path()).records, 1u);
  const Contents c = read_journal(folder / "journal.bin");
  EXPECT_EQ(c.gaps, std::vector<std::uint64_t>{3});
  ASSERT_EQ(c.records.size(), 9u);
  EXPECT_TRUE(test::same(c.records[8], records[11]));
}

TEST(JournalRing, ASessionThatRunsIsLeftAlone) {
  const test::TemporaryFolder sessions;
  const std::string folder = sessions / "s";
  std::filesystem::create_directory(folder);
  Session session(folder);
  session.push(test::random_records(1, 1)[0]);
  const std::string before = test::read_file(folder + "/journal.bin");
  EXPECT_EQ(recover_journal(folder).state, State::kInUse);
  EXPECT_EQ(recover_journal(folder + "/").state, State::kInUse) << "however it is named";
  EXPECT_TRUE(recover_journals(sessions.path()).empty());
  EXPECT_EQ(test::read_file(folder + "/journal.bin"), before);
  session.ring.remove();
  EXPECT_EQ(recover_journal(folder).state, State::kNothing);
}

TEST(JournalRing, AnEndedJournalOnlyLosesItsRing) {
  const test::TemporaryFolder folder;
  {
    Session session(folder.path());
    session.push(test::random_records(1, 1)[0]);
    session.lane.finish(session.writer);
    ASSERT_EQ(session.writer.end({.output_hash = 7}), "");
  }
  const std::string before = test::read_file(folder / "journal.bin");
  const JournalRecovery found = recover_journal(folder.path());
  EXPECT_EQ(found.state, State::kRecovered);
  EXPECT_EQ(found.records, 0u);
  EXPECT_EQ(test::read_file(folder / "journal.bin"), before);
  EXPECT_EQ(recover_journal(folder.path()).state, State::kNothing);
}

TEST(JournalRing, ADamagedOrForeignJournalIsLeftAsItIsWithTheRing) {
  const test::TemporaryFolder folder;
  {
    Session session(folder.path());
    session.push(test::random_records(1, 1)[0]);
  }
  const std::string good = test::read_file(folder / "journal.bin");
  std::string bad = good;
  bad[bad.size() / 2] ^= 1;
  test::write_file(folder / "journal.bin", bad);
  JournalRecovery found = recover_journal(folder.path());
  EXPECT_NE(found.error, "");
  EXPECT_THAT(found.text(), HasSubstr("cannot be added"));
  EXPECT_EQ(test::read_file(folder / "journal.bin"), bad);

  JournalHeader other = test::sample_header();
  other.start_time += kSecond;
  std::filesystem::remove(folder / "journal.bin");
  {
    JournalWriter writer;
    ASSERT_EQ(writer.open(folder / "journal.bin", other), "");
  }
  EXPECT_THAT(recover_journal(folder.path()).error, HasSubstr("is of another session"));
  test::write_file(folder / "journal.bin", good);
  EXPECT_EQ(recover_journal(folder.path()).records, 1u) << "the ring was still there";
}

// Ten records that only the ring has, and what a writer gone wild makes of it.
JournalRecovery recover_spoilt(const test::TemporaryFolder& folder,
                               const std::function<void(std::span<std::byte>)>& spoil) {
  {
    Session session(folder.path());
    EXPECT_EQ(session.error, "");
    for (const JournalRecord& r : test::random_records(1, 10)) session.push(r);
    spoil(session.ring.memory());
  }
  const JournalRecovery found = recover_journal(folder.path());
  EXPECT_EQ(found.state, State::kRecovered);
  EXPECT_EQ(found.error, "");
  const Contents left = read_journal(folder / "journal.bin");
  EXPECT_EQ(left.last, JournalItem::kTorn) << left.error;
  EXPECT_EQ(left.records.size(), found.records);
  EXPECT_EQ(recover_journal(folder.path()).state, State::kNothing);
  return found;
}
JournalRingItem& item_of(std::span<std::byte> ring, std::size_t n) {
  return const_cast<JournalRingItem&>(JournalItemRing(ring, JournalItemRing::Attach{}).peek()[n]);
}

TEST(JournalRing, WhatNoEngineWritesEndsWhatIsTakenOfARing) {
  using Ring = std::span<std::byte>;
  const auto taken = [](const std::function<void(Ring)>& spoil) {
    const test::TemporaryFolder folder;
    const JournalRecovery found = recover_spoilt(folder, spoil);
    EXPECT_EQ(found.damage, fmt::format("of the 10 records in its memory the last {} are damaged",
                                        10 - found.records));
    EXPECT_THAT(found.text(), HasSubstr(found.damage));
    return found.records;
  };
  EXPECT_EQ(taken([](Ring r) { item_of(r, 4).event.kind = EventKind::kNone; }), 4u);
  EXPECT_EQ(taken([](Ring r) { item_of(r, 0).event.kind = static_cast<EventKind>(200); }), 0u);
  EXPECT_EQ(taken([](Ring r) { item_of(r, 6).place = 5; }), 6u) << "twice at one place";
  EXPECT_EQ(taken([](Ring r) { item_of(r, 9).place = ~std::uint64_t{0}; }), 9u);
}

TEST(JournalRing, MemoryThatIsNoRingIsSaidAndLeavesTheJournalAsItWas) {
  const auto spoilt = [](const std::function<void(std::span<std::byte>)>& spoil) {
    const test::TemporaryFolder folder;
    const JournalRecovery found = recover_spoilt(folder, spoil);
    EXPECT_EQ(found.records, 0u);
    return found.damage;
  };
  constexpr const char* kNoRing = "what it left in memory is no ring";
  EXPECT_EQ(spoilt([](auto ring) { std::ranges::fill(ring, std::byte{0xff}); }), kNoRing);
  EXPECT_EQ(spoilt([](auto ring) { std::memset(&ring[8], 0x7f, 8); }), kNoRing) << "its capacity";
  EXPECT_EQ(spoilt([](auto ring) { ring[129] = std::byte{0xff}; }), kNoRing) << "its indices";
}

TEST(JournalRing, AFileThatWasCutShortIsNotReadBeyondItsEnd) {
  const test::TemporaryFolder folder;
  std::string path;
  {
    Session session(folder.path());
    for (const JournalRecord& r : test::random_records(1, 10)) session.push(r);
    path = session.ring.path();
  }
  ASSERT_EQ(::truncate(path.c_str(), 5000), 0);
  EXPECT_EQ(recover_journal(folder.path()).damage, "what it left in memory is no ring");
}

TEST(JournalRing, AllSessionsOfAFolderAreRecoveredAndNoOthers) {
  const test::TemporaryFolder folder, elsewhere;
  for (const std::string& path : {folder / "a", folder / "b", elsewhere / "c"}) {
    std::filesystem::create_directory(path);
    Session session(path);
    ASSERT_EQ(session.error, "");
    session.push(test::random_records(1, 1)[0]);
  }
  const std::vector<std::string> outside = sessions_with_rings_outside(folder.path());
  EXPECT_THAT(outside, testing::Contains(elsewhere / "c"));
  EXPECT_THAT(outside, testing::Not(testing::Contains(folder / "a")));
  EXPECT_EQ(recover_journals(folder.path()).size(), 2u);
  EXPECT_TRUE(recover_journals(folder.path()).empty());
  std::filesystem::remove_all(elsewhere / "c");
  EXPECT_TRUE(recover_journals(folder.path()).empty()) << "of a session that is no more";
  std::filesystem::create_directory(elsewhere / "c");
  EXPECT_EQ(recover_journal(elsewhere / "c").state, State::kNothing) << "nothing is left behind";
}

TEST(JournalRing, ALastSegmentIsGoneOnWithAndOneThatNothingLeadsToGoes) {
  const test::TemporaryFolder folder;
  const auto records = test::random_records(4, 12'000);
  std::uint32_t segment = 0;
  {
    JournalRing ring(1 << 14);
    JournalLane lane(ring.memory(), 1 << 14);
    JournalWriter writer;
    ASSERT_EQ(writer.open(folder / "journal.bin", test::sample_header(),
                          {.segment_bytes_max = 100'000, .segments_max = 100}),
              "");
    ASSERT_EQ(ring.publish(folder.path(), test::sample_header().start_time), "");
    for (std::size_t i = 0; i < 11'990; ++i) lane.push(records[i].event, records[i].command_hash);
    lane.finish(writer);
    segment = writer.segment();
    for (std::size_t i = 11'990; i < 12'000; ++i) {
      lane.push(records[i].event, records[i].command_hash);
    }
  }
  ASSERT_GT(segment, 2u);
  test::write_file(segment_path(folder / "journal.bin", segment + 1), "begun");
  EXPECT_EQ(recover_journal(folder.path()).records, 10u);
  expect_prefix(read_journal(folder / "journal.bin"), records, records.size());
  EXPECT_FALSE(std::filesystem::exists(segment_path(folder / "journal.bin", segment + 1)));
}

// The order of things before a command may leave: slot, id and exposure are in the core's table
// when the event is journaled, and its record is in the memory that outlives us when the command is
// pushed.
struct LaneJournal {
  JournalLane& lane;
  void append(const Event& e, std::uint64_t hash) { lane.push(e, hash); }
};
struct WatchingSink {
  const Core& core;
  std::string ring_path;
  int places = 0;

  bool push(const Command& c) {
    if (c.kind != CommandKind::kPlace) return true;
    ++places;
    const auto rows = core.orders().rows();
    const auto row = std::ranges::find(rows, c.id, &Order::id);
    EXPECT_NE(row, rows.end());
    if (row == rows.end()) return true;
    EXPECT_EQ(row->exposure(), c.lots);
    SharedFile file;
    EXPECT_EQ(file.open(ring_path), SharedFile::Found::kOpen);
    JournalItemRing ring(file.memory().subspan(4096), JournalItemRing::Attach{});
    const auto items = ring.peek();
    EXPECT_FALSE(items.empty());
    if (items.empty()) return true;
    EXPECT_EQ(items.back().event.kind, EventKind::kBatchEnd);
    EXPECT_EQ(items.back().event.time, core.now());
    EXPECT_NE(items.back().command_hash, 0u);
    return true;
  }
};

TEST(JournalRing, TheRecordThatLedToACommandIsThereBeforeTheCommandLeaves) {
  const test::TemporaryFolder folder;
  Session session(folder.path());
  ASSERT_EQ(session.error, "");
  CoreConfig config = test::one_instrument();
  config.instruments[0].strategy.warmup = Nanos(0);
  Core core(config);
  LaneJournal journal{session.lane};
  WatchingSink sink{core, session.ring.path()};
  Driver driver(core, journal, sink);
  const Nanos now{1'700'000'000 * kSecond.v};
  const auto deliver = [&](EventKind kind, auto&& fill_in) {
    Event e = test::CoreHarness::event(kind);
    e.received = now;
    fill_in(e);
    driver.deliver(e, now);
  };
  deliver(EventKind::kFeedStatus, [](Event& e) { e.feed.up = 1; });
  deliver(EventKind::kSessionStatus, [](Event& e) {
    e.session.state = SessionState::kUp;
    e.session.symbol_trading = 1;
  });
  deliver(EventKind::kBookBegin, [](Event& e) {
    e.flags = kFlagSnapshot;
    e.sequence = 1;
  });
  for (const Side side : kSides) {
    deliver(EventKind::kBookLevels, [side](Event& e) {
      e.sequence = 1;
      e.flags = side == Side::kBuy ? std::uint8_t{0} : std::uint8_t{kFlagSell | kFlagLast};
      e.levels.count = 1;
      e.levels.ticks[0] = side == Side::kBuy ? 299'999 : 300'001;
      e.levels.lots[0] = 100'000;
    });
  }
  driver.end_batch(now);
  EXPECT_EQ(sink.places, 6);
  session.ring.remove();
}

// --- the journal's thread ---------------------------------------------------------------------

struct FakeClock {
  mutable Nanos time{1};
  Nanos now() const { return time; }
};

std::uint64_t syncs_of(JournalSync sync, int turns) {
  const test::TemporaryFolder folder;
  JournalWriter writer;
  JournalLane lane(64);
  const FakeClock clock;
  EXPECT_EQ(writer.open(folder / "journal.bin", test::sample_header()), "");
  JournalAgent agent(lane, writer, sync, kSecond, clock);
  for (int i = 0; i < turns; ++i) {
    const JournalRecord r = test::random_records(1, 1)[0];
    if (i % 2 == 0) lane.push(r.event, r.command_hash);
    EXPECT_EQ(agent.do_work(), i % 2 == 0 ? 1 : 0);
    clock.time += 100 * kMillisecond;
  }
  EXPECT_EQ(writer.end({}), "");
  return writer.syncs();
}

TEST(JournalAgent, BringsTheJournalToTheDiskAsConfigured) {
  EXPECT_EQ(syncs_of(JournalSync::kNone, 40), 0u);
  EXPECT_EQ(syncs_of(JournalSync::kBatch, 40), 20u) << "each batch, and no idle turn";
  EXPECT_EQ(syncs_of(JournalSync::kInterval, 40), 4u);
}

TEST(JournalAgent, SaysWhenTheDiskTakesNothingAndWhenItDoesAgain) {
  const test::TemporaryFolder folder;
  JournalLane lane(4096);
  JournalWriter writer;
  const FakeClock clock;
  ASSERT_EQ(writer.open(folder / "journal.bin", test::sample_header()), "");
  JournalAgent agent(lane, writer, JournalSync::kNone, kSecond, clock);
  const auto records = test::random_records(3, 2000);
  const auto pass = [&] {
    for (const JournalRecord& r : records) lane.push(r.event, r.command_hash);
    while (agent.do_work() > 0) continue;
  };
  pass();
  EXPECT_FALSE(agent.health().failing);
  EXPECT_EQ(agent.health().lost, 0u);
  {
    const test::FileSizeLimit full(writer.bytes_written() + 10);
    pass();
  }
  EXPECT_TRUE(agent.health().failing);
  EXPECT_EQ(agent.health().lost, 2000u);
  EXPECT_EQ(lane.lost(), 2000u);
  EXPECT_NE(agent.health().error.find("cannot be written"), std::string::npos);
  pass();
  EXPECT_FALSE(agent.health().failing);
  EXPECT_EQ(agent.health().lost, 2000u);
}

}  // namespace
}  // namespace mm
