// Where to connect: the parts of a ws, wss, http or https address.
//
// Plain values; parsing is cold and allocates strings. What is wrong with an address is an error
// text, so that a setting can be refused with its reason.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mm::net {

struct Endpoint {
  std::string host;  // a name, an IPv4 address, or an IPv6 address without its brackets
  std::uint16_t port = 0;
  bool tls = false;
  std::string target;  // path and query, at least "/"

  // host:port for a Host header; the port only where it is not the scheme's own.
  std::string authority() const;
};

struct ParsedUrl {
  Endpoint endpoint;
  std::string error;  // empty: the endpoint is good
};

ParsedUrl parse_url(std::string_view url);

}  // namespace mm::net
