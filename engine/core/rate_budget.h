// The account's own limit on places and amends: a token bucket in nanoseconds, and who waits.
//
// Owned by the core's thread; O(1), no allocation after construction. Cancels never pass here:
// their lane is always open. A second's worth of tokens may be spent at once. Instruments that
// found no token wait in line and are served round-robin, those without any order on a side first,
// so a noisy symbol cannot stop another's first quote.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/core/types.h"

namespace mm {

class RateBudget {
 public:
  // per_second >= 1; starts full.
  explicit RateBudget(std::int32_t per_second)
      : cost_(kSecond.v / per_second), full_(kSecond.v), credit_(kSecond.v) {}

  int available(Nanos now) {
    refill(now);
    const std::int64_t own = credit_ / cost_;
    return static_cast<int>(std::min<std::int64_t>(own, venue_left_));
  }
  bool take(Nanos now) {
    if (available(now) < 1) return false;
    credit_ -= cost_;
    if (venue_left_ != kUnlimited) --venue_left_;
    return true;
  }
  // When the next token is there; `now` if one is there already. The venue's own window is
  // refreshed by its reports, so it is looked at again after a second.
  Nanos next(Nanos now) {
    refill(now);
    if (venue_left_ < 1) return Nanos(now.v + kSecond.v);
    return credit_ >= cost_ ? now : Nanos(now.v + cost_ - credit_);
  }
  int capacity() const { return static_cast<int>(full_ / cost_); }

  // What the venue says is left of its ORDERS window; a tenth stays in reserve.
  void venue_usage(std::uint32_t used, std::uint32_t limit, Nanos window_end) {
    const std::int64_t usable = std::int64_t{limit} - limit / 10;
    venue_left_ = std::max<std::int64_t>(0, usable - used);
    venue_window_end_ = window_end;
  }

 private:
  static constexpr std::int64_t kUnlimited = 1'000'000'000;

  void refill(Nanos now) {
    if (now.v > last_.v) {
      credit_ = last_.v == 0 ? full_ : std::min(full_, credit_ + (now.v - last_.v));
      last_ = now;
    }
    if (now >= venue_window_end_) venue_left_ = kUnlimited;
  }

  std::int64_t cost_, full_, credit_;
  std::int64_t venue_left_ = kUnlimited;
  Nanos last_{}, venue_window_end_{kNever};
};

// Instruments waiting for a token: each at most once, first-quote seekers before the others.
class BudgetQueue {
 public:
  explicit BudgetQueue(std::size_t instruments)
      : waiting_(instruments, kIdle), first_(instruments), rest_(instruments) {}

  void wait(InstrumentId id, bool first_quote) {
    if (waiting_[id] == kFirst || (waiting_[id] == kRest && !first_quote)) return;
    if (waiting_[id] == kRest) rest_.remove(id);
    (first_quote ? first_ : rest_).push(id);
    waiting_[id] = first_quote ? kFirst : kRest;
  }
  void leave(InstrumentId id) {
    if (waiting_[id] == kFirst) first_.remove(id);
    if (waiting_[id] == kRest) rest_.remove(id);
    waiting_[id] = kIdle;
  }
  // To the end of its line: it had its turn.
  void requeue(InstrumentId id) {
    const bool first_quote = waiting_[id] == kFirst;
    leave(id);
    wait(id, first_quote);
  }
  bool empty() const { return first_.size == 0 && rest_.size == 0; }
  // May `id` spend a token now, or is somebody before it?
  bool is_next(InstrumentId id, bool first_quote) const {
    if (first_.size > 0) return first_quote && first_.front() == id;
    return first_quote || rest_.size == 0 || rest_.front() == id;
  }
  InstrumentId front() const { return first_.size > 0 ? first_.front() : rest_.front(); }

 private:
  static constexpr std::uint8_t kIdle = 0, kFirst = 1, kRest = 2;

  struct Fifo {
    explicit Fifo(std::size_t capacity) : items(capacity) {}
    void push(InstrumentId id) { items[(head + size++) % items.size()] = id; }
    InstrumentId front() const { return items[head]; }
    void remove(InstrumentId id) {
      std::size_t kept = 0;
      for (std::size_t i = 0; i < size; ++i) {
        const InstrumentId item = items[(head + i) % items.size()];
        if (item != id) items[(head + kept++) % items.size()] = item;
      }
      size = kept;
    }
    std::vector<InstrumentId> items;
    std::size_t head = 0, size = 0;
  };

  std::vector<std::uint8_t> waiting_;
  Fifo first_, rest_;
};

}  // namespace mm
