// A client that says all it has to say, ends its side, and listens until the server has finished.
//
// One thread: `serve(socket)` starts the server's session, which is turned here and is gone at the
// end. Returns what was heard.
#pragma once

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <string>
#include <string_view>

#include "engine/core/assert.h"

namespace mm::test {

// What has come so far; false if nothing has.
inline bool take(int socket, std::string& heard) {
  std::array<char, 4096> bytes;
  bool any = false;
  for (ssize_t n = 0; (n = ::recv(socket, bytes.data(), bytes.size(), 0)) > 0; any = true) {
    heard.append(bytes.data(), static_cast<std::size_t>(n));
  }
  return any;
}

template <class Serve>
std::string say_and_listen(std::string_view input, const Serve& serve) {
  std::array<int, 2> ends{};
  std::string heard;
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return heard;
  }
  {
    boost::asio::io_context io(1);
    boost::asio::ip::tcp::socket socket(io);
    socket.assign(boost::asio::ip::tcp::v4(), ends[0]);  // only ever read and written
    serve(std::move(socket));
    ::send(ends[1], input.data(), input.size(), MSG_NOSIGNAL);
    ::shutdown(ends[1], SHUT_WR);
    int rounds = 0;
    for (bool busy = true; busy && rounds < 10'000; ++rounds) {
      busy = io.poll() > 0;
      busy = take(ends[1], heard) || busy;
    }
    MM_ASSERT(rounds < 10'000, "a client that has said its last does not keep the server busy");
  }
  ::close(ends[1]);
  MM_ASSERT(heard.empty() || heard.starts_with("HTTP/1.1 "), "it is answered in HTTP");
  return heard;
}

}  // namespace mm::test
