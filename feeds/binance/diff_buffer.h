// Differences of one book that wait for a snapshot: a bounded queue that forgets the oldest first.
//
// Owned by the feed's thread. Adding and taking are a copy of the levels at most; everything is
// allocated at construction and touched only when used. Levels of one message lie side by side.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "engine/core/types.h"
#include "feeds/binance/sync_rule.h"

namespace mm::binance {

struct GridLevel {
  std::int64_t lots;
  std::int32_t ticks;
};

// One book message on the grid of its instrument.
struct BookMessage {
  DiffIds ids;
  Nanos received{}, exchange_time{};
  std::span<const GridLevel> bids, asks;

  std::size_t levels() const { return bids.size() + asks.size(); }
};

class DiffBuffer {
 public:
  DiffBuffer(std::size_t levels_max, std::size_t diffs_max);

  bool empty() const { return first_ == last_; }
  std::size_t size() const { return last_ - first_; }
  void clear() { first_ = last_ = level_end_ = 0; }
  // Forgets the oldest where there is no room; false (and empty) if the message alone is too big.
  bool push(const BookMessage& message);
  BookMessage front() const { return message(entries_[first_]); }
  const DiffIds& last_ids() const { return entries_[last_ - 1].ids; }
  void pop() { ++first_; }

 private:
  struct Entry {
    DiffIds ids;
    Nanos received, exchange_time;
    std::size_t level_begin, bid_count, ask_count;
  };

  BookMessage message(const Entry& e) const;
  void make_room(std::size_t levels);

  std::size_t levels_max_, diffs_max_;
  std::unique_ptr<GridLevel[]> levels_;
  std::unique_ptr<Entry[]> entries_;
  std::size_t first_ = 0, last_ = 0;  // of entries_
  std::size_t level_end_ = 0;
};

}  // namespace mm::binance
