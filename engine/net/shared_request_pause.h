// When requests may go out again: what the venue asks one of us, all of us keep.
//
// Any threads; two atomics that only grow, so a hot session may look at them with every command.
// The venue counts request weight per address, over REST and the WebSocket API alike: a 429 holds
// back everything but cancels, which cost nothing when they succeed and guard more than they risk;
// a ban (418) holds back everything.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "engine/core/types.h"

namespace mm::net {

enum class RequestUse : std::uint8_t { kCancel, kOther };

class SharedRequestPause {
 public:
  static constexpr Nanos kPauseUntold{60 * kSecond.v}, kBanUntold{120 * kSecond.v};
  // Where the time that is told has come: it was true when it was sent, or our clock is wrong.
  static constexpr Nanos kPauseOver{kSecond.v};
  // Whatever a server says: the longest ban there is lasts three days.
  static constexpr Nanos kLongest{3 * 86'400 * kSecond.v};

  // An answer with that status came; others than 429 and 418 say nothing. `until` is what it asked
  // for, 0 if it did not say.
  void on_status(int status, Nanos until, Nanos now) {
    if (status != 429 && status != 418) return;
    const bool banned = status == 418;
    if (until == Nanos{}) until = now + (banned ? kBanUntold : kPauseUntold);
    until = std::max(until, now + kPauseOver);
    raise(banned ? banned_until_ : paused_until_, std::min(until, now + kLongest));
  }

  // The same where it said for how long, as Retry-After does; 0 if it did not say.
  void on_wait(int status, Nanos wait, Nanos now) {
    on_status(status, wait > Nanos{} ? now + wait : Nanos{}, now);
  }

  // `now` if a request may be sent already.
  Nanos next(RequestUse use, Nanos now) const {
    const Nanos banned = until(banned_until_);
    const Nanos paused = use == RequestUse::kCancel ? Nanos{} : until(paused_until_);
    return std::max({now, banned, paused});
  }

 private:
  static Nanos until(const std::atomic<std::int64_t>& at) {
    return Nanos(at.load(std::memory_order_acquire));
  }
  static void raise(std::atomic<std::int64_t>& at, Nanos until) {
    std::int64_t was = at.load(std::memory_order_relaxed);
    while (was < until.v && !at.compare_exchange_weak(was, until.v, std::memory_order_release,
                                                      std::memory_order_relaxed)) {
    }
  }

  std::atomic<std::int64_t> paused_until_{0}, banned_until_{0};
  static_assert(std::atomic<std::int64_t>::is_always_lock_free);
};

}  // namespace mm::net
