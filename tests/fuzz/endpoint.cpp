// Addresses: refused without showing their query, or taken apart so that they can be put together.
#include "engine/net/endpoint.h"

#include "tests/fuzz/fuzz_target.h"

MM_FUZZ_TARGET(endpoint) {
  using mm::net::parse_url;
  const auto parsed = parse_url(input);
  if (!parsed.error.empty()) {
    MM_ASSERT(parsed.error.size() <= input.substr(0, input.find('?')).size() + 64,
              "an error shows no query");
    return;
  }
  const mm::net::Endpoint& to = parsed.endpoint;
  MM_ASSERT(to.port != 0 && !to.host.empty() && to.target.starts_with('/'),
            "a place to connect to");
  const auto again = parse_url((to.tls ? "wss://" : "ws://") + to.authority() + to.target);
  MM_ASSERT(again.error.empty(), "it can be put together");
  MM_ASSERT(again.endpoint.host == to.host && again.endpoint.port == to.port &&
                again.endpoint.target == to.target,
            "and is the same");
}
