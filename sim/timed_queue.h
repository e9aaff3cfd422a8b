// A bounded queue ordered by time, then rank, then order of insertion.
//
// Owned by the venue's thread; allocated at construction. A four-way heap of small keys over a pool
// of items: O(log n), but pushing in time order, which is the usual case, costs O(1).
#pragma once

#include <cstdint>
#include <vector>

#include "engine/core/assert.h"
#include "engine/core/types.h"

namespace mm::sim {

template <class T>
class TimedQueue {
 public:
  explicit TimedQueue(std::uint32_t capacity) : items_(capacity), free_(capacity) {
    keys_.reserve(capacity);
    for (std::uint32_t i = 0; i < capacity; ++i) free_[i] = capacity - 1 - i;
  }

  bool empty() const { return keys_.empty(); }
  std::size_t room() const { return free_.size(); }
  std::size_t size() const { return keys_.size(); }
  Nanos next_time() const { return keys_.empty() ? kNever : keys_.front().time; }
  const T& top() const { return items_[keys_.front().item]; }

  // There must be room.
  void push(Nanos time, std::uint8_t rank, const T& item) {
    MM_ASSERT(!free_.empty(), "the caller leaves room in the queue");
    const std::uint32_t place = free_.back();
    free_.pop_back();
    items_[place] = item;
    const Key key{time, (std::uint64_t{rank} << 56) | ++inserted_, place};
    std::size_t hole = keys_.size();
    keys_.push_back(key);
    while (hole > 0 && key.before(keys_[parent(hole)])) {
      keys_[hole] = keys_[parent(hole)];
      hole = parent(hole);
    }
    keys_[hole] = key;
  }

  // There must be an item.
  T pop() {
    MM_ASSERT(!keys_.empty(), "pop only what is there");
    const std::uint32_t place = keys_.front().item;
    free_.push_back(place);
    const Key last = keys_.back();
    keys_.pop_back();
    if (!keys_.empty()) sink(last);
    return items_[place];
  }

 private:
  struct Key {
    Nanos time;
    std::uint64_t order;
    std::uint32_t item;
    bool before(const Key& o) const { return time != o.time ? time < o.time : order < o.order; }
  };
  static constexpr std::size_t kChildren = 4;
  static std::size_t parent(std::size_t i) { return (i - 1) / kChildren; }

  void sink(const Key& key) {
    std::size_t hole = 0;
    for (;;) {
      const std::size_t first = hole * kChildren + 1;
      if (first >= keys_.size()) break;
      const std::size_t end = first + kChildren < keys_.size() ? first + kChildren : keys_.size();
      std::size_t least = first;
      for (std::size_t i = first + 1; i < end; ++i) {
        if (keys_[i].before(keys_[least])) least = i;
      }
      if (!keys_[least].before(key)) break;
      keys_[hole] = keys_[least];
      hole = least;
    }
    keys_[hole] = key;
  }

  std::vector<T> items_;
  std::vector<std::uint32_t> free_;
  std::vector<Key> keys_;
  std::uint64_t inserted_ = 0;
};

}  // namespace mm::sim
