// Connects: name lookup, TCP, and TLS with the peer's certificate and name verified.
//
// Cold: blocks until connected, failed, past the deadline or told to stop (within 100 ms). Tries
// every address of the name, each with its share of the time left. A lookup that outlives the
// deadline is left to end by itself on a thread of its own.
#pragma once

#include <optional>
#include <string>

#include "engine/net/deadline.h"
#include "engine/net/endpoint.h"
#include "engine/net/stream.h"
#include "engine/net/tls_context.h"

namespace mm::net {

struct Dialed {
  std::optional<Stream> stream;
  std::string error;  // one line, where there is no stream
};

// `tls` is needed where the endpoint wants TLS, and must be ok().
Dialed dial(const Endpoint& to, const TlsContext* tls, const DialOptions& options);
Dialed dial(const Endpoint& to, const TlsContext* tls, const Deadline& deadline);

}  // namespace mm::net
