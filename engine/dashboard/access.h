// Who may see and steer: the token, and how a request shows it.
//
// Pure values, any thread, cold; tokens are compared in constant time. The page brings its token as
// a bearer in the header Authorization, or, where a browser lets it set no header (a WebSocket), as
// the second of the subprotocols that it offers.
#pragma once

#include <string>
#include <string_view>

namespace mm::dashboard {

inline constexpr std::string_view kSubprotocol = "mm-logic";

// Such as 127.0.0.1:8080 or [::1]:8080.
struct ListenAddress {
  std::string address;
  unsigned short port = 0;  // 0: any free one
};
bool parse_listen_address(std::string_view text, ListenAddress& out);
bool is_loopback(const std::string& address);

// A new one: 128 bits.
std::string random_token();
// The one in a file that only its owner may read. False: `out` says why.
bool read_token(const std::string& file, std::string& out);

// Of the header Authorization.
bool is_bearer_of(std::string_view token, std::string_view authorization);
// Of the header Sec-WebSocket-Protocol.
bool offers_token(std::string_view token, std::string_view protocols);
// Of the header Host: this machine by a name or number that no name server decides, so that a page
// of somebody else's cannot make a browser ask us under a name of its own.
bool is_local_host(std::string_view host);

}  // namespace mm::dashboard
