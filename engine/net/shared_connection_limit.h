// One limit of connection attempts for all that a process opens: market data and orders.
//
// Cold threads, any number; a mutex. The venue counts attempts per address, so both kinds share
// them, but a part is reserved for orders: a storm of market data reconnects cannot use it up.
#pragma once

#include <cstddef>
#include <mutex>

#include "engine/net/connection_limit.h"

namespace mm::net {

enum class ConnectionUse : std::uint8_t { kMarket, kOrders };

class SharedConnectionLimit {
 public:
  // `reserved` of the `attempts` are for orders only; less than all of them.
  SharedConnectionLimit(std::size_t attempts, Nanos window, std::size_t reserved)
      : all_(attempts, window), market_(attempts - reserved, window) {}

  bool take(ConnectionUse use, Nanos now) {
    const std::lock_guard lock(mutex_);
    if (use == ConnectionUse::kMarket && (all_.next(now) > now || !market_.take(now))) return false;
    return all_.take(now);
  }
  // When the next attempt is allowed: `now` if it already is.
  Nanos next(ConnectionUse use, Nanos now) const {
    const std::lock_guard lock(mutex_);
    return use == ConnectionUse::kMarket ? std::max(all_.next(now), market_.next(now))
                                         : all_.next(now);
  }

 private:
  mutable std::mutex mutex_;
  ConnectionLimit all_, market_;
};

}  // namespace mm::net
