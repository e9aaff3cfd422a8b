// The events one message makes: a bounded list, filled by a feed, emptied by its reader.
//
// Owned by one thread; allocated once at construction, never after. The default holds a snapshot
// of 5000 + 5000 levels with room to spare.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "engine/core/event.h"

namespace mm {

class EventBatch {
 public:
  static constexpr std::size_t kDefaultCapacity = 8192;

  explicit EventBatch(std::size_t capacity = kDefaultCapacity) : events_(capacity) {}

  std::size_t room() const { return events_.size() - size_; }
  std::size_t capacity() const { return events_.size(); }
  // A fresh event; the caller has made sure of the room.
  Event& push() { return events_[size_++] = Event{}; }
  Event& back() { return events_[size_ - 1]; }
  void clear() { size_ = 0; }
  bool empty() const { return size_ == 0; }
  std::size_t size() const { return size_; }
  std::span<const Event> events() const { return {events_.data(), size_}; }

 private:
  std::vector<Event> events_;
  std::size_t size_ = 0;
};

}  // namespace mm
