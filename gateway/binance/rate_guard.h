// Keeps what is sent below the venue's limits, as the venue itself counts them, cancels first.
//
// Owned by the gateway's thread; O(1), no allocation. Windows are fixed and aligned to the venue's
// clock, so a count is good until its window ends. A tenth of the order count stays in reserve, and
// of the weight a fifth that only cancels and questions may use. After a 429 only those pass,
// during a ban (418) nothing.
#pragma once

#include <algorithm>
#include <array>

#include "engine/core/command.h"
#include "engine/core/event.h"
#include "engine/core/rate_budget.h"
#include "gateway/binance/response_parser.h"
#include "gateway/binance/venue_clock.h"

namespace mm::binance::orders {

class RateGuard {
 public:
  // Every answer, success or not.
  void update(const Response& r, const VenueClock& clock, Nanos now) {
    for (std::size_t i = 0; i < r.limit_count; ++i) update(r.limits[i], clock, now);
    if (r.status != 429 && r.status != 418) return;
    const Nanos told = r.retry_after_ms > 0 ? clock.local(kMillisecond * r.retry_after_ms)
                                            : now + (r.status == 418 ? kBanUntold : kPauseUntold);
    Nanos& until = r.status == 418 ? banned_until_ : paused_until_;
    until = std::max(until, told);
  }

  // kNever is "now": otherwise when to try again. `unanswered` orders are on their way.
  Nanos refused_until(CommandKind kind, std::uint32_t unanswered, Nanos now) const {
    if (now < banned_until_) return banned_until_;
    const bool orders = kind == CommandKind::kPlace || kind == CommandKind::kReplace;
    const bool quotes = orders || kind == CommandKind::kReduce;
    if (kind == CommandKind::kCancel) return kNever;
    if (quotes && now < paused_until_) return paused_until_;
    for (const Window& w : windows_) {
      if (w.limit.limit == 0 || now >= w.ends) continue;
      const std::uint64_t limit = w.limit.limit, used = w.limit.used;
      if (w.limit.type == LimitType::kOrders && orders && used + unanswered + limit / 10 >= limit) {
        return w.ends;
      }
      const std::uint64_t reserve = quotes ? limit / 5 : limit / 20;
      if (w.limit.type == LimitType::kWeight && used + reserve >= limit) return w.ends;
    }
    return kNever;
  }
  // What a failed request should wait for: 0 if nothing is in force.
  Nanos retry_at(Nanos now) const {
    const Nanos until = std::max(banned_until_, paused_until_);
    return until > now ? until : Nanos(0);
  }
  Nanos banned_until() const { return banned_until_; }

  RateUsage usage(Nanos now) const {
    RateUsage u{};
    Nanos shortest = kNever;
    for (const Window& w : windows_) {
      if (w.limit.limit == 0) continue;
      if (w.limit.type == LimitType::kOrders && w.limit.window < shortest) {
        shortest = w.limit.window;
        u.orders_used = w.limit.used;
        u.orders_limit = w.limit.limit;
        u.orders_end = w.ends;
      } else if (w.limit.type == LimitType::kWeight) {
        u.weight_used = w.limit.used;
        u.weight_limit = w.limit.limit;
      }
      const std::uint32_t pct = used_pct(w.limit.used, w.limit.limit);
      if (now >= w.ends || pct <= u.tightest_pct) continue;
      u.tightest_pct = pct;
      u.tightest_end = w.ends;
    }
    return u;
  }

 private:
  static constexpr Nanos kBanUntold{120 * kSecond.v};
  static constexpr Nanos kPauseUntold{10 * kSecond.v};

  struct Window {
    RateLimit limit;
    Nanos ends{};
  };

  void update(const RateLimit& limit, const VenueClock& clock, Nanos now) {
    if (limit.window.v <= 0) return;
    for (Window& w : windows_) {
      const bool same = w.limit.type == limit.type && w.limit.window == limit.window;
      if (!same && w.limit.limit != 0) continue;
      const Nanos venue = clock.venue(now);
      w.limit = limit;
      w.ends = clock.local(Nanos((venue.v / limit.window.v + 1) * limit.window.v));
      return;
    }
  }

  std::array<Window, Response::kLimitsMax> windows_{};
  Nanos banned_until_{}, paused_until_{};
};

}  // namespace mm::binance::orders
