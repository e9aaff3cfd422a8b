// The venue server's socket: whatever a client sends (HTTP, an upgrade, frames), the server answers
// in HTTP or hangs up, and everything of the client's is gone with its connection.
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <string>

#include "sim/server/http_session.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/fuzz_venue.h"

namespace {

using namespace mm::server;

// What has come so far; false if nothing has.
bool take(int socket, std::string& heard) {
  std::array<char, 4096> bytes;
  bool any = false;
  for (ssize_t n = 0; (n = ::recv(socket, bytes.data(), bytes.size(), 0)) > 0; any = true) {
    heard.append(bytes.data(), static_cast<std::size_t>(n));
  }
  return any;
}

}  // namespace

MM_FUZZ_TARGET(server_http) {
  if (input.size() > (32 << 10)) return;
  mm::test::FuzzVenue venue;
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return;
  std::string heard;
  {
    asio::io_context io(1);
    asio::ip::tcp::socket socket(io);
    socket.assign(asio::ip::tcp::v4(), ends[0]);  // only ever read and written
    std::make_shared<HttpSession<TcpStream>>(TcpStream(std::move(socket)), venue.frontend,
                                             venue.sessions)
        ->start();
    ::send(ends[1], input.data(), input.size(), MSG_NOSIGNAL);
    ::shutdown(ends[1], SHUT_WR);
    int rounds = 0;
    for (bool busy = true; busy && rounds < 10'000; ++rounds) {
      busy = io.poll() > 0;
      busy = take(ends[1], heard) || busy;
    }
    MM_ASSERT(rounds < 10'000, "a client that has said its last does not keep the server busy");
  }
  MM_ASSERT(venue.sessions.all().empty(), "nothing is left of a connection");
  MM_ASSERT(heard.empty() || heard.starts_with("HTTP/1.1 "), "it is answered in HTTP");
  ::close(ends[1]);
}
