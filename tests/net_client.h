// Waiting for what a non-blocking client gets, bounded in time.
#pragma once

#include <poll.h>

#include <chrono>

#include "engine/net/websocket.h"

namespace mm::test {

// Until there is something to read, or a moment has passed.
inline void wait_readable(int fd, int timeout_ms = 10) {
  pollfd waited{.fd = fd, .events = POLLIN, .revents = 0};
  poll(&waited, 1, timeout_ms);
}

// The next event; kNone after 20 seconds without one.
inline net::WsMessage next_event(net::WebSocket& socket) {
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (std::chrono::steady_clock::now() < give_up) {
    const net::WsMessage message = socket.poll();
    if (message.event != net::WsEvent::kNone) return message;
    wait_readable(socket.stream().fd());
  }
  return {};
}

}  // namespace mm::test
