// One HTTP/1.1 request and its response on a stream: what the client and the WebSocket upgrade
// share.
//
// Cold: blocks until the response is whole, the stream fails or the deadline passes.
#pragma once

#include <cstddef>
#include <string>

#include "engine/net/deadline.h"
#include "engine/net/endpoint.h"
#include "engine/net/http_client.h"
#include "engine/net/stream.h"

namespace mm::net {

struct HttpExchange {
  HttpResponse response;
  std::string rest;         // received behind the response
  bool keep_alive = false;  // the stream may be used again
  bool answered = false;    // at least one byte came back
};

// As `body_bytes_max`: the response is whole with its header; of its body nothing is looked at, and
// the stream is of no further use unless there is none.
inline constexpr std::size_t kLeaveBody = 0;

HttpExchange exchange(Stream& stream, const Endpoint& to, const HttpRequest& request,
                      std::size_t body_bytes_max, const Deadline& deadline);

}  // namespace mm::net
