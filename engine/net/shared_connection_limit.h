// One limit of connection attempts for all that a process opens: market data and orders.
//
// Cold threads, any number; a mutex. The venue counts attempts per address, so all kinds share
// them, but the last ones are reserved: some for orders, which a storm of market data reconnects
// cannot use up, and a third of those for an order connection beside which there is none. Over that
// cancels go, however often connections have ended. (REST is not counted: it is how the guard
// cancels, and the engine while it has no order connection at all.)
#pragma once

#include <array>
#include <cstddef>
#include <mutex>
#include <span>

#include "engine/net/connection_limit.h"

namespace mm::net {

enum class ConnectionUse : std::uint8_t {
  kMarket,
  kOrders,
  kOnlyOrders  // no other order connection is up
};

class SharedConnectionLimit {
 public:
  // `reserved` of the `attempts` are for orders only; less than all of them.
  SharedConnectionLimit(std::size_t attempts, Nanos window, std::size_t reserved)
      : limits_{ConnectionLimit(attempts - reserved, window),
                ConnectionLimit(attempts - reserved / 3, window),
                ConnectionLimit(attempts, window)} {}

  bool take(ConnectionUse use, Nanos now) {
    const std::lock_guard lock(mutex_);
    if (next_of(use, now) > now) return false;
    for (ConnectionLimit& limit : std::span(limits_).subspan(first_of(use))) limit.take(now);
    return true;
  }
  // When the next attempt is allowed: `now` if it already is.
  Nanos next(ConnectionUse use, Nanos now) const {
    const std::lock_guard lock(mutex_);
    return next_of(use, now);
  }

 private:
  static std::size_t first_of(ConnectionUse use) { return static_cast<std::size_t>(use); }
  Nanos next_of(ConnectionUse use, Nanos now) const {
    Nanos next = now;
    for (const ConnectionLimit& limit : std::span(limits_).subspan(first_of(use))) {
      next = std::max(next, limit.next(now));
    }
    return next;
  }

  mutable std::mutex mutex_;
  // By use: each counts its own attempts and those of the uses before it, up to what is left.
  std::array<ConnectionLimit, 3> limits_;
};

}  // namespace mm::net
