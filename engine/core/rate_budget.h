// The account's own limit on places and amends: a token bucket in nanoseconds, and who waits.
//
// Owned by the core's thread; O(1), but for leaving a line of waiting instruments (O(n)); no
// allocation after construction. Cancels never pass here: their lane is always open. A second's
// worth of tokens may be spent at once, so any span of t seconds sees at most (t + 1) x per_second
// requests. Instruments that found no token wait in line and are served round-robin, those without
// any order on a side first, so a noisy symbol cannot stop another's first quote.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/core/event.h"
#include "engine/core/types.h"

namespace mm {

// Of a window of `limit` requests, 0 meaning none.
constexpr std::uint32_t used_pct(std::uint64_t used, std::uint64_t limit) {
  return limit == 0 ? 0
                    : static_cast<std::uint32_t>(std::min<std::uint64_t>(used * 100 / limit, 100));
}

// kSaving: what may wait waits longer. kScarce: and only the levels near the touch are served.
enum class BudgetPressure : std::uint8_t { kNone, kSaving, kScarce };

class RateBudget {
 public:
  // per_second >= 1; starts full.
  explicit RateBudget(std::int32_t per_second)
      : cost_((kSecond.v + per_second - 1) / per_second),
        full_(cost_ * per_second),
        credit_(full_) {}

  void set_rate(std::int32_t per_second) {
    cost_ = (kSecond.v + per_second - 1) / per_second;
    full_ = cost_ * per_second;
    credit_ = std::min(credit_, full_);
  }

  int available(Nanos now) {
    if (now < held_until_) return 0;
    refill(now);
    const std::int64_t own = credit_ / cost_;
    return static_cast<int>(std::min<std::int64_t>(own, venue_left_));
  }
  bool has_token(Nanos now) {
    if (now < held_until_) return false;
    refill(now);
    return credit_ >= cost_ && venue_left_ >= 1;
  }
  bool take(Nanos now) {
    if (!has_token(now)) return false;
    credit_ -= cost_;
    if (venue_left_ != kUnlimited) --venue_left_;
    return true;
  }
  // When so many tokens (up to capacity) are there if nobody takes one; `now` if they are already.
  // The venue's own window is refreshed by its reports, so it is looked at again when it ends,
  // after a second at the latest.
  Nanos next(Nanos now, int tokens = 1) {
    refill(now);
    const Nanos own =
        std::max(held_until_, Nanos(now.v + std::max<std::int64_t>(0, cost_ * tokens - credit_)));
    if (venue_left_ >= tokens) return own;
    return std::max(own, std::min(venue_window_end_, now + kSecond));
  }
  int capacity() const { return static_cast<int>(full_ / cost_); }

  // The venue refused a request for its limits: no token before `until`.
  void hold(Nanos until) { held_until_ = std::max(held_until_, until); }
  // What the venue says of its windows. A tenth of the ORDERS window stays in reserve.
  void on_usage(const RateUsage& u) {
    usage_ = u;
    const std::int64_t usable = std::int64_t{u.orders_limit} - u.orders_limit / 10;
    venue_left_ = std::max<std::int64_t>(0, usable - u.orders_used);
    venue_window_end_ = u.orders_end;
    tightest_pct_ = u.tightest_pct;
    tightest_end_ = u.tightest_end;
  }
  // How near the wall of any of the venue's windows is: quoting degrades before it is reached.
  BudgetPressure pressure(Nanos now) const {
    if (now >= tightest_end_ || tightest_pct_ < kSavingPct) return BudgetPressure::kNone;
    return tightest_pct_ < kScarcePct ? BudgetPressure::kSaving : BudgetPressure::kScarce;
  }
  Nanos pressure_end() const { return tightest_end_; }
  // As the venue told it last.
  const RateUsage& usage() const { return usage_; }

 private:
  static constexpr std::int64_t kUnlimited = 1'000'000'000;
  static constexpr std::uint32_t kSavingPct = 60, kScarcePct = 80;

  void refill(Nanos now) {
    if (now > last_) {
      credit_ = std::min(full_, credit_ + (now - last_).v);
      last_ = now;
    }
    if (now >= venue_window_end_) venue_left_ = kUnlimited;
  }

  std::int64_t cost_, full_, credit_;
  std::int64_t venue_left_ = kUnlimited;
  std::uint32_t tightest_pct_ = 0;
  Nanos last_{}, venue_window_end_{kNever}, held_until_{}, tightest_end_{};
  RateUsage usage_{};
};

// Instruments waiting for a token: each at most once, first-quote seekers before the others.
class BudgetQueue {
 public:
  explicit BudgetQueue(std::size_t instruments) : waiting_(instruments, kIdle) {
    first_.reserve(instruments);
    rest_.reserve(instruments);
  }

  // `id` was denied a token for a side without an order (`first_quote`) or for anything else. A
  // decision asks at most once a side; so who asks twice in a row for something else has its first
  // quotes, and joins the others.
  void wait(InstrumentId id, bool first_quote) {
    std::uint8_t& state = waiting_[id];
    if (first_quote) {
      if (state == kIdle || state == kRest) join(id, kFirst);
      state = kFirst;
    } else if (state == kFirst) {
      state = kDoubtfulFirst;
    } else if (state != kRest) {
      join(id, kRest);
    }
  }
  void leave(InstrumentId id) {
    if (waiting_[id] == kIdle) return;
    std::erase(waiting_[id] == kRest ? rest_ : first_, id);
    waiting_[id] = kIdle;
  }
  // To the end of its line: it had its turn.
  void requeue(InstrumentId id) {
    if (waiting_[id] != kIdle) join(id, waiting_[id]);
  }
  bool empty() const { return first_.empty() && rest_.empty(); }
  // May `id` spend a token now, or is somebody before it?
  bool is_next(InstrumentId id, bool first_quote) const {
    if (!first_.empty()) return first_quote && first_.front() == id;
    return first_quote || rest_.empty() || rest_.front() == id;
  }
  InstrumentId front() const { return first_.empty() ? rest_.front() : first_.front(); }

 private:
  static constexpr std::uint8_t kIdle = 0, kFirst = 1, kDoubtfulFirst = 2, kRest = 3;

  void join(InstrumentId id, std::uint8_t state) {
    leave(id);
    (state == kRest ? rest_ : first_).push_back(id);
    waiting_[id] = state;
  }

  std::vector<std::uint8_t> waiting_;
  std::vector<InstrumentId> first_, rest_;  // longest waiting first
};

}  // namespace mm
