// Keeps what is sent below the venue's limits, as the venue itself counts them, cancels first.
//
// Owned by the gateway's thread; O(1), no allocation. Windows are fixed and aligned to the venue's
// clock, so a count is good until its window ends; of the next one nothing is known but the limit.
// What exchangeInfo announces, at start and with each connection, holds until an answer tells of
// it. Requests as such (RAW_REQUESTS) no
// answer counts: those are counted here. A tenth of the order count stays in reserve, and of the
// weight and the requests a fifth that only cancels and questions may use. What the venue refuses
// for the weight of our address pauses all who share it (shared_request_pause.h); too many orders
// (-1015) are the account's, and hold back quotes only.
#pragma once

#include <algorithm>
#include <array>
#include <span>

#include "engine/core/command.h"
#include "engine/core/event.h"
#include "engine/core/rate_budget.h"
#include "engine/net/shared_request_pause.h"
#include "gateway/binance/error_table.h"
#include "gateway/binance/response_parser.h"
#include "gateway/binance/venue_clock.h"

namespace mm::binance::orders {

class RateGuard {
 public:
  explicit RateGuard(net::SharedRequestPause& pause, std::span<const LimitUsage> announced = {})
      : pause_(pause) {
    announce(announced);
  }

  // What may be used; what is used stays as it was counted.
  void announce(std::span<const LimitUsage> limits) {
    for (const LimitUsage& limit : limits) {
      if (limit.type == LimitType::kOther || limit.type == LimitType::kConnections) continue;
      if (Window* const w = window_of(limit); w != nullptr) {
        w->limit = {limit.type, limit.window, limit.limit, w->limit.used};
      }
    }
  }

  void on_sent(Nanos now) {
    for (Window& w : windows_) {
      if (w.limit.type != LimitType::kRawRequests) continue;
      if (now >= w.ends) {
        w.limit.used = 0;
        w.ends = now + w.limit.window;
      }
      ++w.limit.used;
    }
  }
  // Every answer, success or not. `told`: until when it wants a pause, where its text does not say.
  void update(const Response& r, const VenueClock& clock, Nanos now, Nanos told = {}) {
    update(r.limits.all(), clock, now);
    if (r.retry_after_ms > 0) told = clock.local(kMillisecond * r.retry_after_ms);
    if (limits_address(r)) {
      pause_.on_status(r.status, told, now);
    } else if (r.status == 429) {
      orders_until_ = std::max(orders_until_, told > now ? told : now + kOrdersUntold);
    }
  }

  // What is used, as an answer said at `told`.
  void update(std::span<const LimitUsage> used, const VenueClock& clock, Nanos told) {
    for (const LimitUsage& limit : used) update(limit, clock, told);
  }

  // kNever is "now": otherwise when to try again. `unanswered` orders are on their way.
  Nanos refused_until(CommandKind kind, std::uint32_t unanswered, Nanos now) const {
    const bool cancel = kind == CommandKind::kCancel || kind == CommandKind::kCancelAll;
    const Nanos next =
        pause_.next(cancel ? net::RequestUse::kCancel : net::RequestUse::kOther, now);
    if (next > now) return next;
    if (cancel) return kNever;
    const bool orders = kind == CommandKind::kPlace || kind == CommandKind::kReplace;
    const bool quotes = orders || kind == CommandKind::kReduce;
    if (quotes && now < orders_until_) return orders_until_;
    for (const Window& w : windows_) {
      if (w.limit.limit == 0) continue;
      const bool over = now >= w.ends;
      const std::uint64_t limit = w.limit.limit, used = over ? 0 : w.limit.used;
      const Nanos again = over ? now + kLookAgain : w.ends;
      if (w.limit.type == LimitType::kOrders && orders && used + unanswered + limit / 10 >= limit) {
        return again;
      }
      const std::uint64_t reserve = quotes ? limit / 5 : limit / 20;
      const bool of_all =
          w.limit.type == LimitType::kWeight || w.limit.type == LimitType::kRawRequests;
      if (of_all && used + reserve >= limit) return again;
    }
    return kNever;
  }
  // What a failed request should wait for: 0 if nothing is in force.
  Nanos retry_at(Nanos now) const {
    const Nanos until = std::max(pause_.next(net::RequestUse::kOther, now), orders_until_);
    return until > now ? until : Nanos(0);
  }

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
        u.weight_window_s = static_cast<std::uint32_t>(w.limit.window.v / kSecond.v);
      }
      const std::uint32_t pct = used_pct(w.limit.used, w.limit.limit);
      if (now >= w.ends || pct <= u.tightest_pct) continue;
      u.tightest_pct = pct;
      u.tightest_end = w.ends;
    }
    return u;
  }

 private:
  static constexpr Nanos kOrdersUntold{10 * kSecond.v};
  static constexpr Nanos kLookAgain{100 * kMillisecond.v};

  struct Window {
    LimitUsage limit;
    Nanos ends{};
  };

  void update(const LimitUsage& limit, const VenueClock& clock, Nanos now) {
    Window* const w = window_of(limit);
    if (w == nullptr) return;
    const Nanos venue = clock.venue(now);
    const std::uint32_t known = w->limit.limit;
    w->limit = limit;
    if (limit.limit == 0) w->limit.limit = known;
    w->ends = clock.local(Nanos((venue.v / limit.window.v + 1) * limit.window.v));
  }
  // Its own, else a free one; null if there is neither, or it is no window.
  Window* window_of(const LimitUsage& limit) {
    if (limit.window.v <= 0) return nullptr;
    const auto fits = [&](const Window& w) {
      return w.limit.limit == 0 || (w.limit.type == limit.type && w.limit.window == limit.window);
    };
    const auto found = std::ranges::find_if(windows_, fits);
    return found == windows_.end() ? nullptr : &*found;
  }

  net::SharedRequestPause& pause_;
  std::array<Window, LimitsUsed::kMax> windows_{};
  Nanos orders_until_{};
};

}  // namespace mm::binance::orders
