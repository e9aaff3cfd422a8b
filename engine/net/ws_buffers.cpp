#include "engine/net/ws_buffers.h"

#include <algorithm>

#include "engine/net/websocket.h"

namespace mm::net {

WsBuffers::WsBuffers(const WsLimits& limits)
    : message_bytes_max(limits.message_bytes_max),
      receive(std::max(limits.receive_bytes, limits.message_bytes_max + WebSocket::kFrameReserve) +
              WebSocket::kPadding),
      send(limits.send_bytes + WebSocket::kControlReserve) {}

WsBufferStore::WsBufferStore(const WsLimits& limits, std::size_t sets) : limits_(limits) {
  for (std::size_t i = 0; i < sets; ++i) sets_.push_back(std::make_shared<WsBuffers>(limits));
}

std::shared_ptr<WsBuffers> WsBufferStore::take() {
  ++taken_;
  const auto is_free = [](const std::shared_ptr<WsBuffers>& set) { return set.use_count() == 1; };
  const auto free = std::ranges::find_if(sets_, is_free);
  if (free != sets_.end()) return *free;
  return sets_.emplace_back(std::make_shared<WsBuffers>(limits_));
}

}  // namespace mm::net
