// What a venue counts per address, for all that a process opens and asks there.
//
// One a process and venue; outlives everybody who uses it. See its two parts.
#pragma once

#include "engine/net/shared_connection_limit.h"
#include "engine/net/shared_request_pause.h"

namespace mm::net {

struct AddressLimits {
  AddressLimits(std::size_t attempts, Nanos window, std::size_t reserved)
      : connections(attempts, window, reserved) {}

  SharedConnectionLimit connections;
  SharedRequestPause requests;
};

}  // namespace mm::net
