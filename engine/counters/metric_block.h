// The numbers of one table in shared memory: written by one thread, read whole by any process.
//
// Once, or as rows (book levels, orders), of which the first few are in use.
// The writer never waits: two stores of the sequence around relaxed-cost stores of the values. A
// reader copies and looks whether the sequence stood still; it gives up after a bounded number of
// tries, so a writer that stopped half way cannot hold it. Stores and loads are release and acquire
// (plain moves on x86), which orders them as the sequence needs without fences.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "engine/counters/metric_table.h"

namespace mm::counters {

// Where a metric of the table starts; a name that is not in it does not compile.
template <const auto& kTable>
struct MetricName {
  std::size_t at = 0, words_each = 1;

  consteval MetricName(const char* name) {  // NOLINT: meant to be implicit
    for (const Metric& m : kTable) {
      words_each = m.words_each();
      if (m.name == name) return;
      at += m.words();
    }
    throw "no metric of that name";
  }
};

template <const auto& kTable, std::size_t kRowsMax = 1>
class alignas(kCacheLine) MetricBlock {
 public:
  static constexpr std::size_t kRowWords = words_of(kTable);
  static constexpr std::size_t kWords = kRowsMax * kRowWords + (kRowsMax > 1 ? 1 : 0);
  using Name = MetricName<kTable>;

  // What stood in the block at one moment.
  class Copy {
   public:
    std::int64_t value(Name name, std::size_t i = 0) const { return words_[name.at + i]; }
    Money money(Name name) const {
      const auto low = static_cast<std::uint64_t>(words_[name.at]);
      return Money((Int128{words_[name.at + 1]} << 64) | Int128{low});
    }
    // By position in the file, for whoever walks the table.
    std::int64_t word(std::size_t at) const { return words_[at]; }
    std::size_t rows() const {
      if constexpr (kRowsMax == 1) return 1;
      const std::int64_t rows = words_[kWords - 1];
      return rows < 0 ? 0 : std::min(static_cast<std::size_t>(rows), kRowsMax);
    }
    std::int64_t at(std::size_t row, Name name) const { return words_[row * kRowWords + name.at]; }

   private:
    friend class MetricBlock;
    std::array<std::int64_t, kWords> words_{};
  };

  // One change of the block by its only writer, visible to readers as a whole.
  class Update {
   public:
    explicit Update(MetricBlock& block) : block_(block) { block_.step(); }
    ~Update() { block_.step(); }
    Update(const Update&) = delete;
    Update& operator=(const Update&) = delete;

    void set(Name name, std::int64_t value, std::size_t i = 0) { put(name.at + i, value); }
    void set(Name name, std::uint64_t value, std::size_t i = 0) {
      put(name.at + i, static_cast<std::int64_t>(value));
    }
    void set(Name name, Nanos value, std::size_t i = 0) { put(name.at + i, value.v); }
    void set(Name name, Money value) {
      put(name.at, static_cast<std::int64_t>(value.v));
      put(name.at + 1, static_cast<std::int64_t>(value.v >> 64));
    }
    void set_row(std::size_t row, Name name, std::int64_t value) {
      put(row * kRowWords + name.at, value);
    }
    void set_rows(std::size_t used) { put(kWords - 1, static_cast<std::int64_t>(used)); }

   private:
    void put(std::size_t at, std::int64_t value) {
      block_.words_[at].store(value, std::memory_order_release);
    }
    MetricBlock& block_;
  };

  // False, and nothing in `out`, if the writer was at it all the time, or stopped half way.
  bool read(Copy& out) const {
    constexpr int kTries = 1000;
    Copy copy;
    for (int i = 0; i < kTries; ++i) {
      const std::uint64_t before = sequence_.load(std::memory_order_acquire);
      if (before % 2 != 0) continue;
      for (std::size_t w = 0; w < kWords; ++w) {
        copy.words_[w] = words_[w].load(std::memory_order_acquire);
      }
      if (sequence_.load(std::memory_order_relaxed) != before) continue;
      out = copy;
      return true;
    }
    return false;
  }

 private:
  void step() {
    sequence_.store(sequence_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

  std::atomic<std::uint64_t> sequence_{0};
  std::array<std::atomic<std::int64_t>, kWords> words_{};
  static_assert(std::atomic<std::int64_t>::is_always_lock_free, "works between processes");
};

using EngineBlock = MetricBlock<kEngineMetrics>;
using LatencyBlock = MetricBlock<kLatencyMetrics>;
using InstrumentBlock = MetricBlock<kInstrumentMetrics>;
using BookBlock = MetricBlock<kBookRow, kBookRowsMax>;
using OrderBlock = MetricBlock<kOrderRow, kOrderRowsMax>;
using LevelBlock = MetricBlock<kLevelRow, kLevelRowsMax>;

}  // namespace mm::counters
