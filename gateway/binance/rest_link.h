// What the order session and the REST worker share while no WebSocket is up.
//
// Made at start with the session's link, outlives both. A call is the session's until its number is
// in the requests ring, the worker's until it is in the answers ring, then the session's again: no
// lock, and no allocation on the hot side. Findings are those of a connection without a socket.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string>

#include "engine/net/handover.h"
#include "engine/runtime/spsc_ring.h"
#include "gateway/binance/in_flight.h"
#include "gateway/binance/response_parser.h"

namespace mm::binance::orders {

struct OrderConnection;

// One request, and what came of it.
struct RestCall {
  enum class Outcome : std::uint8_t { kAnswered, kNotSent, kUnknown };

  PendingRequest request;
  std::uint32_t era = 0;  // of the link, when it was asked for
  Outcome outcome{};
  RejectReason reason{};  // of kNotSent
  Nanos retry_at{};       // of kNotSent, and of a refusal for a limit; 0: not told
  int status = 0;         // of kAnswered
  LimitsUsed used;        // of kAnswered
  std::string body;       // with room for a parser behind it
};

struct RestLink {
  static constexpr std::size_t kCallsMax = 64;

  std::array<RestCall, kCallsMax> calls;
  SpscRing<std::uint32_t> requests{kCallsMax}, answers{kCallsMax};  // numbers of calls
  net::Handover<OrderConnection> findings;
  std::atomic<bool> wanted{false};      // by the session: nothing else is up, for long enough
  std::atomic<bool> answers_us{false};  // the worker: the venue answers by REST
  std::atomic<bool> looking{false};     // the worker: its last look at the account went well
};

}  // namespace mm::binance::orders
