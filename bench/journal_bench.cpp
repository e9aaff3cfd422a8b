// The cost of a journal record on the thread that writes it: packing, checksum, page cache.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "engine/journal/journal_agent.h"
#include "engine/journal/journal_reader.h"
#include "engine/journal/journal_writer.h"

namespace mm {
namespace {

// Diffs of a book as a backtest sees them: begin, ten level events, batch end with commands.
constexpr std::size_t kDiffRecords = 12;
std::vector<JournalRecord> diff_records() {
  std::mt19937_64 random(1);
  std::vector<JournalRecord> records(256 * kDiffRecords);
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto diff = static_cast<std::int64_t>(i / kDiffRecords);
    const auto below = [&](std::uint64_t n) { return static_cast<std::int32_t>(random() % n); };
    Event& e = records[i].event;
    e.time = e.received = Nanos(1'700'000'000'000'000'000 + diff * 100'123'456);
    e.sequence = static_cast<std::uint32_t>(diff);
    e.kind = EventKind::kBookLevels;
    for (std::size_t level = 0; level < kLevelsPerEvent; ++level) {
      e.levels.lots[level] = below(4) == 0 ? 0 : below(1'000'000);
      e.levels.ticks[level] = 4'000'000 + below(5'000);
    }
    e.levels.count = kLevelsPerEvent;
    if (i % kDiffRecords == 0) {
      e.kind = EventKind::kBookBegin;
      const std::uint64_t id = 50'000'000'000 + i * 40;
      e.book = {UpdateId(id), UpdateId(id + 39), e.time, 30, 0};
    } else if (i % kDiffRecords == kDiffRecords - 1) {
      e.kind = EventKind::kBatchEnd;
      std::fill(std::begin(e.raw), std::end(e.raw), std::uint8_t{0});
      records[i].command_hash = random();
    }
  }
  return records;
}

void journal_append(benchmark::State& state) {
  const std::vector<JournalRecord> records = diff_records();
  const std::string path = "journal_bench." + std::to_string(::getpid()) + ".bin";
  JournalWriter writer;
  if (!writer.open(path, {}, {.segment_bytes_max = 256 << 20, .segments_max = 2}).empty()) {
    return state.SkipWithError("cannot write here");
  }
  std::size_t next = 0;
  for (auto _ : state) {
    writer.append(records[next]);
    if (++next == records.size()) next = 0;
  }
  const auto count = static_cast<std::int64_t>(writer.records());
  state.SetItemsProcessed(count);
  state.SetBytesProcessed(static_cast<std::int64_t>(writer.bytes_written()));
  if (!writer.end({}).empty()) state.SkipWithError("the disk failed");
  for (std::uint32_t s = 0; s <= writer.segment(); ++s) {
    std::filesystem::remove(segment_path(path, s));
  }
}
BENCHMARK(journal_append)->Name("journal/append");

void journal_read(benchmark::State& state) {
  const std::vector<JournalRecord> records = diff_records();
  const std::string path = "journal_bench." + std::to_string(::getpid()) + ".bin";
  JournalWriter writer;
  std::string error = writer.open(path, {});
  for (int i = 0; i < 100; ++i) {
    for (const JournalRecord& r : records) writer.append(r);
  }
  error += writer.end({});
  if (!error.empty()) state.SkipWithError("cannot write here");
  std::int64_t count = 0;
  for (auto _ : state) {
    JournalReader reader;
    JournalRecord record;
    error = reader.open(path);
    while (reader.next(record) == JournalItem::kRecord) {
      benchmark::DoNotOptimize(record.command_hash += 0);
    }
    count += static_cast<std::int64_t>(reader.records_read());
  }
  state.SetItemsProcessed(count);
  std::filesystem::remove(path);
}
BENCHMARK(journal_read)->Name("journal/read")->Unit(benchmark::kMillisecond);

// A turn of the journal's thread: a batch from the lane to the file, and to the disk as [journal]
// fsync says. Off the hot path: this is the time in which the ring must hold what the core writes.
constexpr std::size_t kBatchRecords = 512;
void journal_batch(benchmark::State& state, JournalSync sync) {
  const std::vector<JournalRecord> records = diff_records();
  const std::string path = "journal_bench." + std::to_string(::getpid()) + ".bin";
  const Clock clock;
  JournalWriter writer;
  JournalLane lane(2 * kBatchRecords);
  JournalAgent agent(lane, writer, sync, kSecond, clock);
  if (!writer.open(path, {}).empty()) return state.SkipWithError("cannot write here");
  for (auto _ : state) {
    for (std::size_t i = 0; i < kBatchRecords; ++i) {
      lane.push(records[i].event, records[i].command_hash);
    }
    while (agent.do_work() > 0) continue;
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(kBatchRecords));
  state.counters["syncs"] = static_cast<double>(writer.syncs());
  if (!writer.end({}).empty() || lane.dropped() > 0) state.SkipWithError("the disk failed");
  std::filesystem::remove(path);
}
BENCHMARK_CAPTURE(journal_batch, never, JournalSync::kNone)
    ->Name("journal/batch/never")
    ->UseRealTime();
BENCHMARK_CAPTURE(journal_batch, interval, JournalSync::kInterval)
    ->Name("journal/batch/interval")
    ->UseRealTime();
BENCHMARK_CAPTURE(journal_batch, batch, JournalSync::kBatch)
    ->Name("journal/batch/batch")
    ->UseRealTime();

// What a record costs the driver in real time: all pushes fit, nobody pops.
constexpr std::size_t kLaneRecords = 1 << 16;
void journal_lane_push(benchmark::State& state) {
  const std::vector<JournalRecord> records = diff_records();
  JournalLane lane(kLaneRecords);
  std::size_t next = 0;
  for (auto _ : state) {
    lane.push(records[next].event, records[next].command_hash);
    if (++next == records.size()) next = 0;
  }
  if (lane.dropped() > 0) state.SkipWithError("the ring was too small");
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(journal_lane_push)->Name("journal/lane_push")->Iterations(kLaneRecords);

}  // namespace
}  // namespace mm
