// What a venue counts per address, for all that a process opens and asks there.
//
// One a process and venue; outlives everybody who uses it. See its two parts.
#pragma once

#include "engine/net/shared_connection_limit.h"
#include "engine/net/shared_request_pause.h"

namespace mm::net {

struct AddressLimits {
  // `made` of the attempts were made just before, until `now`: none of the orders' share, while
  // there are others.
  AddressLimits(std::size_t attempts, Nanos window, std::size_t reserved, std::size_t made = 0,
                Nanos now = {})
      : connections(attempts, window, reserved) {
    using enum ConnectionUse;
    for (std::size_t i = 0; i < made; ++i) {
      connections.take(kMarket, now) || connections.take(kOrders, now) ||
          connections.take(kOnlyOrders, now);
    }
  }

  SharedConnectionLimit connections;
  SharedRequestPause requests;
};

}  // namespace mm::net
