// The real-time lane into the journal, and replay out of it.
#include <gtest/gtest.h>

#include <thread>

#include "engine/journal/journal_lane.h"
#include "engine/journal/replay.h"
#include "tests/journal_test_support.h"

namespace mm {
namespace {

Event reload_event() {
  Event e;
  e.kind = EventKind::kControl;
  e.control.code = ControlCode::kReload;
  return e;
}

TEST(JournalLane, AFullRingLeavesAGapExactlyWhereItLostRecords) {
  const test::TemporaryFolder folder;
  const auto records = test::random_records(1, 20);
  JournalLane lane(8);
  JournalWriter writer;
  ASSERT_EQ(writer.open(folder / "journal.bin", {}), "");
  for (int i = 0; i < 11; ++i) {
    const JournalRecord& r = records[static_cast<std::size_t>(i)];
    EXPECT_EQ(lane.push(r.event, r.command_hash), i < 8);
  }
  EXPECT_EQ(lane.dropped(), 3u);
  EXPECT_EQ(lane.drain(writer), 8u);
  EXPECT_TRUE(lane.push(records[11].event, records[11].command_hash));
  lane.finish(writer);
  ASSERT_EQ(writer.end({}), "");

  JournalReader reader;
  ASSERT_EQ(reader.open(folder / "journal.bin"), "");
  JournalRecord r;
  for (std::size_t i = 0; i < 8; ++i) {
    ASSERT_EQ(reader.next(r), JournalItem::kRecord);
    EXPECT_TRUE(test::same(r, records[i]));
  }
  ASSERT_EQ(reader.next(r), JournalItem::kGap);
  EXPECT_EQ(reader.gap(), 3u);
  ASSERT_EQ(reader.next(r), JournalItem::kRecord);
  EXPECT_TRUE(test::same(r, records[11]));
  ASSERT_EQ(reader.next(r), JournalItem::kEnd);
}

TEST(JournalLane, RecordsMissingAtTheVeryEndAreSaidToo) {
  const test::TemporaryFolder folder;
  const auto records = test::random_records(1, 6);
  JournalLane lane(4);
  JournalWriter writer;
  ASSERT_EQ(writer.open(folder / "journal.bin", {}), "");
  for (const JournalRecord& r : records) lane.push(r.event, r.command_hash);
  lane.finish(writer);
  ASSERT_EQ(writer.end({}), "");
  const auto c = test::read_journal(folder / "journal.bin");
  EXPECT_EQ(c.records.size(), 4u);
  EXPECT_EQ(c.gaps, std::vector<std::uint64_t>{2});
}

using ConfigState = JournalLane::ConfigState;

TEST(JournalLane, AConfigStandsBeforeItsReloadAndBehindTheOneBefore) {
  const test::TemporaryFolder folder;
  JournalLane lane(8);
  JournalWriter writer;
  ASSERT_EQ(writer.open(folder / "journal.bin", {}), "");
  lane.push(test::random_records(1, 1)[0].event, 0);
  const std::uint64_t first = lane.offer_config("new = 1");
  EXPECT_EQ(lane.config_state(first), ConfigState::kWaits);
  lane.drain(writer);
  EXPECT_EQ(lane.config_state(first), ConfigState::kWritten);
  lane.push(reload_event(), 0);
  EXPECT_EQ(lane.reloads(), 1u);
  const std::uint64_t second = lane.offer_config("new = 2");  // the first is in the ring still
  lane.drain(writer);
  EXPECT_EQ(lane.config_state(second), ConfigState::kWritten);
  lane.push(reload_event(), 0);
  lane.finish(writer);
  ASSERT_EQ(writer.end({}), "");
  JournalReader reader;
  ASSERT_EQ(reader.open(folder / "journal.bin"), "");
  JournalRecord r;
  ASSERT_EQ(reader.next(r), JournalItem::kRecord);
  for (const char* text : {"new = 1", "new = 2"}) {
    ASSERT_EQ(reader.next(r), JournalItem::kConfig);
    EXPECT_EQ(reader.config(), text);
    ASSERT_EQ(reader.next(r), JournalItem::kRecord);
    EXPECT_EQ(r.event.kind, EventKind::kControl);
  }
}

TEST(JournalLane, AReloadThatIsLostHoldsUpNoOther) {
  const test::TemporaryFolder folder;
  JournalLane lane(2);
  JournalWriter writer;
  ASSERT_EQ(writer.open(folder / "journal.bin", {}), "");
  lane.offer_config("new = 1");
  lane.drain(writer);
  lane.push(test::random_records(1, 1)[0].event, 0);
  lane.push(test::random_records(2, 1)[0].event, 0);
  EXPECT_FALSE(lane.push(reload_event(), 0));
  const std::uint64_t second = lane.offer_config("new = 2");
  lane.drain(writer);
  lane.drain(writer);  // flushes
  EXPECT_EQ(lane.config_state(second), ConfigState::kWaits) << "nothing tells yet what is lost";
  lane.push(test::random_records(3, 1)[0].event, 0);
  lane.drain(writer);
  EXPECT_EQ(lane.config_state(second), ConfigState::kWritten);
  lane.push(reload_event(), 0);
  lane.finish(writer);
  ASSERT_EQ(writer.end({}), "");
  const auto c = test::read_journal(folder / "journal.bin");
  EXPECT_EQ(c.configs, (std::vector<std::string>{"new = 1", "new = 2"}));
  EXPECT_EQ(c.gaps, std::vector<std::uint64_t>{1});
}

TEST(JournalLane, AConfigThatNoFrameHoldsIsLost) {
  const test::TemporaryFolder folder;
  JournalLane lane(2);
  JournalWriter writer;
  ASSERT_EQ(writer.open(folder / "journal.bin", {}), "");
  const std::uint64_t number = lane.offer_config(std::string(kPayloadBytesMax + 1, 'x'));
  lane.drain(writer);
  EXPECT_EQ(lane.config_state(number), ConfigState::kLost);
}

TEST(JournalLane, TwoThreadsLoseNothingUncounted) {
  const test::TemporaryFolder folder;
  const auto records = test::random_records(1, 50'000);
  JournalLane lane(1024);
  JournalWriter writer;
  ASSERT_EQ(writer.open(folder / "journal.bin", {}), "");
  std::atomic<bool> stop{false};
  std::thread journal([&] {
    while (!stop.load(std::memory_order_acquire)) lane.drain(writer);
  });
  for (const JournalRecord& r : records) lane.push(r.event, r.command_hash);
  stop.store(true, std::memory_order_release);
  journal.join();
  lane.finish(writer);
  ASSERT_EQ(writer.end({}), "");
  const auto c = test::read_journal(folder / "journal.bin");
  EXPECT_EQ(c.last, JournalItem::kEnd);
  EXPECT_EQ(c.records.size() + lane.dropped(), records.size());
  EXPECT_EQ(c.end.lost, lane.dropped());
}

// A core in miniature: its answer depends on everything it has seen, and on its config.
struct FakeCore {
  std::uint64_t state = 1, factor = 31;
  std::uint64_t fail_at = ~0ull, seen = 0;
  Nanos impossible_from{kNever};

  bool possible(const Event& e) const { return e.time < impossible_from; }

  std::uint64_t on_event(const Event& e) {
    if (seen++ == fail_at) ++state;
    state = state * factor + static_cast<std::uint64_t>(e.time.v) + e.sequence;
    return state % 4 == 0 ? state | 1 : 0;
  }
  std::string on_config(std::string_view text) {
    if (text != "37") return "not a number I like";
    factor = 37;
    return {};
  }
  std::uint64_t output_hash() const { return state; }
};

struct Session {
  test::TemporaryFolder folder;
  std::string path = folder / "journal.bin";
  JournalWriter writer;
  FakeCore core;

  Session() { EXPECT_EQ(writer.open(path, test::sample_header()), ""); }
  void run(std::uint64_t seed, std::size_t count) {
    for (JournalRecord r : test::random_records(seed, count)) {
      writer.append(r.event, core.on_event(r.event));
    }
  }
  ReplayResult replayed(FakeCore target = {}) {
    JournalReader reader;
    EXPECT_EQ(reader.open(path), "");
    return replay(reader, target);
  }
};

TEST(Replay, TheSameCoreGivesTheSameOutputs) {
  Session s;
  s.run(1, 5000);
  s.writer.config("37");
  ASSERT_EQ(s.core.on_config("37"), "");
  s.run(2, 5000);
  ASSERT_EQ(s.writer.end({.output_hash = s.core.output_hash()}), "");
  const ReplayResult r = s.replayed();
  EXPECT_EQ(r.status, ReplayStatus::kSame) << r.message;
  EXPECT_TRUE(r.ok());
  EXPECT_EQ(r.records, 10'000u);
  EXPECT_GT(r.commands, 1000u);
}

TEST(Replay, StopsAtTheFirstDifferenceAndNamesIt) {
  Session s;
  s.run(1, 5000);
  ASSERT_EQ(s.writer.end({.output_hash = s.core.output_hash()}), "");
  FakeCore other;
  other.fail_at = 1234;
  const ReplayResult r = s.replayed(other);
  EXPECT_EQ(r.status, ReplayStatus::kDifferent);
  EXPECT_FALSE(r.ok());
  EXPECT_GE(r.records, 1234u);
  EXPECT_LT(r.records, 1300u);
  EXPECT_NE(r.message.find("record " + std::to_string(r.records)), std::string::npos) << r.message;
}

TEST(Replay, ADifferentFinalStateIsADifference) {
  Session s;
  s.run(1, 100);
  ASSERT_EQ(s.writer.end({.output_hash = s.core.output_hash() + 1}), "");
  const ReplayResult r = s.replayed();
  EXPECT_EQ(r.status, ReplayStatus::kDifferent);
  EXPECT_EQ(r.records, 100u);
}

TEST(Replay, ATornJournalIsComparedAsFarAsItReaches) {
  Session s;
  s.run(1, 5000);
  s.writer.flush();
  std::filesystem::resize_file(s.path, std::filesystem::file_size(s.path) - 3);
  const ReplayResult r = s.replayed();
  EXPECT_EQ(r.status, ReplayStatus::kTorn);
  EXPECT_TRUE(r.ok());
  EXPECT_GT(r.records, 1000u);
  EXPECT_NE(r.message.find("cut off"), std::string::npos) << r.message;
}

TEST(Replay, AGapDamageAndABadConfigEndIt) {
  Session gap;
  gap.run(1, 100);
  gap.writer.gap(5);
  gap.run(2, 100);
  ASSERT_EQ(gap.writer.end({}), "");
  const ReplayResult g = gap.replayed();
  EXPECT_EQ(g.status, ReplayStatus::kGap);
  EXPECT_EQ(g.records, 100u);
  EXPECT_FALSE(g.ok());
  EXPECT_NE(g.message.find("5 records are missing"), std::string::npos) << g.message;

  Session config;
  config.run(1, 100);
  config.writer.config("41");
  ASSERT_EQ(config.writer.end({}), "");
  EXPECT_EQ(config.replayed().status, ReplayStatus::kBadConfig);

  Session damage;
  damage.run(1, 100);
  ASSERT_EQ(damage.writer.end({.output_hash = damage.core.output_hash()}), "");
  std::string bytes = test::read_file(damage.path);
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 4);
  test::write_file(damage.path, bytes);
  const ReplayResult d = damage.replayed();
  EXPECT_EQ(d.status, ReplayStatus::kCorrupt);
  EXPECT_FALSE(d.ok());
}

TEST(Replay, AnEventThatCannotBeIsDamageAndIsNotDriven) {
  Session s;
  s.run(1, 100);
  s.writer.flush();
  FakeCore core;
  core.impossible_from = Nanos{1'700'000'000'000'000'000} + kMicrosecond * 50;
  const ReplayResult r = s.replayed(core);
  EXPECT_EQ(r.status, ReplayStatus::kCorrupt);
  EXPECT_GT(r.records, 0u);
  EXPECT_LT(r.records, 100u);
  EXPECT_NE(r.message.find("cannot be an event"), std::string::npos) << r.message;
}

TEST(Replay, WithoutItsFirstSegmentNothingCanBeReplayed) {
  const test::TemporaryFolder folder;
  JournalWriter writer;
  ASSERT_EQ(writer.open(folder / "journal.bin", {}, {.segment_bytes_max = 1000, .segments_max = 2}),
            "");
  for (const JournalRecord& r : test::random_records(1, 5000)) writer.append(r);
  ASSERT_EQ(writer.end({}), "");
  JournalReader reader;
  ASSERT_EQ(reader.open(folder / "journal.bin"), "");
  FakeCore core;
  const ReplayResult r = replay(reader, core);
  EXPECT_EQ(r.status, ReplayStatus::kNoBeginning);
  EXPECT_NE(r.message.find("deleted"), std::string::npos);
}

}  // namespace
}  // namespace mm
