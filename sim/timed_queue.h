// A bounded queue ordered by time, then rank, then order of insertion.
//
// Owned by the venue's thread; allocated at construction. What is pushed in order, which is the
// usual case, stands in a list: O(1), whatever waits. Only what comes before the last of that list
// goes into a four-way heap of small keys: O(log n). The places that were given back last are used
// first, so that a short queue stays in the nearest cache.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "engine/core/assert.h"
#include "engine/core/types.h"

namespace mm::sim {

template <class T>
class TimedQueue {
 public:
  explicit TimedQueue(std::uint32_t capacity) : capacity_(capacity) {
    items_.reserve(capacity);
    links_.reserve(capacity);
    early_.reserve(capacity);
  }

  bool empty() const { return size_ == 0; }
  std::size_t room() const { return capacity_ - size_; }
  std::size_t size() const { return size_; }
  Nanos next_time() const { return empty() ? kNever : next().time; }
  // There must be an item.
  const T& top() const { return items_[next().item]; }

  // There must be room.
  void push(Nanos time, std::uint8_t rank, const T& item) {
    MM_ASSERT(room() > 0, "the caller leaves room in the queue");
    const std::uint32_t place = take_place();
    ++size_;
    items_[place] = item;
    const Key key{time, (std::uint64_t{rank} << 56) | ++inserted_, place};
    if (first_ == kNone) {
      first_ = place;
    } else if (!key.before(links_[last_].key)) {
      links_[last_].next = place;
    } else {
      return push_early(key);
    }
    last_ = place;
    links_[place] = {key, kNone};
  }

  // There must be an item.
  void pop() {
    MM_ASSERT(!empty(), "pop only what is there");
    --size_;
    if (!early_is_next()) {
      const std::uint32_t place = first_;
      first_ = links_[place].next;
      return give_back(place);
    }
    give_back(early_.front().item);
    const Key last = early_.back();
    early_.pop_back();
    if (!early_.empty()) sink(last);
  }

 private:
  struct Key {
    Nanos time;
    std::uint64_t order;
    std::uint32_t item;
    bool before(const Key& o) const { return time != o.time ? time < o.time : order < o.order; }
  };
  struct Link {
    Key key;
    std::uint32_t next;
  };
  static constexpr std::uint32_t kNone = std::numeric_limits<std::uint32_t>::max();
  static constexpr std::size_t kChildren = 4;
  static std::size_t parent(std::size_t i) { return (i - 1) / kChildren; }

  bool early_is_next() const {
    return !early_.empty() && (first_ == kNone || early_.front().before(links_[first_].key));
  }
  const Key& next() const { return early_is_next() ? early_.front() : links_[first_].key; }
  std::uint32_t take_place() {
    if (free_ == kNone) {
      items_.emplace_back();
      links_.emplace_back();
      return static_cast<std::uint32_t>(items_.size() - 1);
    }
    const std::uint32_t place = free_;
    free_ = links_[place].next;
    return place;
  }
  void give_back(std::uint32_t place) {
    links_[place].next = free_;
    free_ = place;
  }

  void push_early(const Key& key) {
    std::size_t hole = early_.size();
    early_.push_back(key);
    while (hole > 0 && key.before(early_[parent(hole)])) {
      early_[hole] = early_[parent(hole)];
      hole = parent(hole);
    }
    early_[hole] = key;
  }
  void sink(const Key& key) {
    std::size_t hole = 0;
    for (;;) {
      const std::size_t first = hole * kChildren + 1;
      if (first >= early_.size()) break;
      const std::size_t end = first + kChildren < early_.size() ? first + kChildren : early_.size();
      std::size_t least = first;
      for (std::size_t i = first + 1; i < end; ++i) {
        if (early_[i].before(early_[least])) least = i;
      }
      if (!early_[least].before(key)) break;
      early_[hole] = early_[least];
      hole = least;
    }
    early_[hole] = key;
  }

  std::size_t capacity_;
  std::vector<T> items_;                        // as many as ever waited together
  std::vector<Link> links_;                     // by place
  std::uint32_t first_ = kNone, last_ = kNone;  // of the list in order
  std::uint32_t free_ = kNone;                  // the first of the places without an item
  std::vector<Key> early_;                      // a heap
  std::size_t size_ = 0;
  std::uint64_t inserted_ = 0;
};

}  // namespace mm::sim
