// A server's frames: messages within the limit, or a failed connection; and the same ones however
// the bytes are cut into reads.
#include "engine/net/websocket.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>

#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace mm::net;

constexpr WsLimits kLimits{.message_bytes_max = 1024, .receive_bytes = 256, .send_bytes = 512};

struct Heard {
  std::vector<std::pair<WsEvent, std::string>> messages;
  std::uint16_t close_code = 0;
  bool operator==(const Heard&) const = default;
};

Heard hear(std::string_view already_read, std::string_view later) {
  Heard heard;
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return heard;
  }
  {
    WebSocket socket{Stream{ends[0]}, std::make_shared<WsBuffers>(kLimits), already_read, 1};
    // A piece at a time, each read before the next comes.
    for (bool open = true; open;) {
      const std::string_view piece = later.substr(0, 100);
      later.remove_prefix(piece.size());
      if (piece.empty()) ::shutdown(ends[1], SHUT_WR);
      if (!piece.empty() && ::send(ends[1], piece.data(), piece.size(), MSG_NOSIGNAL) < 0) break;
      const std::size_t polls_max = already_read.size() + piece.size() + 64;
      for (std::size_t polls = 0; polls < polls_max; ++polls) {
        const WsMessage message = socket.poll();
        const bool ended = message.event == WsEvent::kClosed || message.event == WsEvent::kFailed;
        open = open && !ended;
        if (ended) break;
        if (message.event == WsEvent::kNone) continue;
        MM_ASSERT(message.payload.size() <= kLimits.message_bytes_max, "a message has its limit");
        heard.messages.emplace_back(message.event, message.payload);
      }
      MM_ASSERT(!piece.empty() || !open, "the end of the stream ends the connection");
    }
    heard.close_code = socket.close_code();
    MM_ASSERT(socket.close_code() != 0, "an end has its code");
  }
  ::close(ends[1]);
  return heard;
}

}  // namespace

MM_FUZZ_TARGET(websocket) {
  if (input.size() > 4096) return;
  const Heard at_once = hear(input, {});
  std::size_t bytes = 0;
  for (const auto& message : at_once.messages) bytes += message.second.size();
  MM_ASSERT(bytes <= input.size(), "nothing is made up");
  MM_ASSERT(hear({}, input) == at_once, "however it is cut, it says the same");
}
