// The addresses of a host name, within a deadline.
//
// Cold. The system's lookup can be neither interrupted nor given a deadline, so it runs on a thread
// of its own, which is left behind if it takes too long; addresses in figures need none.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <vector>

#include "engine/net/deadline.h"

namespace mm::net {

struct Address {
  sockaddr_storage socket{};
  socklen_t bytes = 0;

  const sockaddr* generic() const;
};

struct Resolved {
  std::vector<Address> addresses;  // in the order to try
  std::string error;
};

Resolved resolve(const std::string& host, std::uint16_t port, const Deadline& deadline);

}  // namespace mm::net
