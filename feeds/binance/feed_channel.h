// What passes between the hot feed and its cold connector: sockets and snapshots one way, requests
// the other. No locks.
//
// Made before both, outlives both. Its objects are made and destroyed on the cold side only; a
// socket that comes back is itself the news that it has ended.
#pragma once

#include <atomic>
#include <bit>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "engine/core/types.h"
#include "engine/net/handover.h"
#include "engine/net/websocket.h"
#include "engine/runtime/spsc_ring.h"

namespace mm::binance {

struct LineSocket {
  std::unique_ptr<net::WebSocket> socket;
  std::uint64_t serial = 0;  // the line's how many-th; tells late news of an old one
};

struct SnapshotBody {
  InstrumentId instrument{};
  std::string bytes;     // the text, then padding for the parser
  std::size_t size = 0;  // of the text
  std::string_view text() const { return {bytes.data(), size}; }
};

enum class FeedRequestKind : std::uint8_t {
  kSnapshot,  // of an instrument's book; answered once, however long it takes
  kRollOver   // the line's socket of that serial should be replaced
};

struct FeedRequest {
  std::uint64_t serial = 0;
  InstrumentId instrument{};
  std::uint16_t line = 0;
  FeedRequestKind kind{};
};

// For whoever watches; written by the cold side.
struct LineState {
  std::atomic<bool> up{false};
  std::atomic<std::uint64_t> opened{0};
};

struct FeedChannel {
  FeedChannel(std::size_t line_count, std::size_t instrument_count)
      : sockets(line_count),
        states(line_count),
        requests(std::bit_ceil(4 * line_count + 2 * instrument_count + 16)) {}

  std::deque<net::Handover<LineSocket>> sockets;  // by line
  std::deque<LineState> states;                   // likewise
  net::Handover<SnapshotBody> snapshot;
  SpscRing<FeedRequest> requests;  // from hot to cold
};

}  // namespace mm::binance
