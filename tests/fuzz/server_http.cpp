// The sockets of our servers, the venue's and the dashboard's: whatever a client sends (HTTP, an
// upgrade, frames), it is answered in HTTP or hung up on, and everything of the client's is gone
// with its connection.
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <string>

#include "engine/dashboard/http_session.h"
#include "sim/server/http_session.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/fuzz_venue.h"

namespace {

namespace asio = boost::asio;

// What has come so far; false if nothing has.
bool take(int socket, std::string& heard) {
  std::array<char, 4096> bytes;
  bool any = false;
  for (ssize_t n = 0; (n = ::recv(socket, bytes.data(), bytes.size(), 0)) > 0; any = true) {
    heard.append(bytes.data(), static_cast<std::size_t>(n));
  }
  return any;
}

// A client that says that, and no more.
template <class Serve>
void converse(std::string_view input, const Serve& serve) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return;
  std::string heard;
  {
    asio::io_context io(1);
    asio::ip::tcp::socket socket(io);
    socket.assign(asio::ip::tcp::v4(), ends[0]);  // only ever read and written
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
  MM_ASSERT(heard.empty() || heard.starts_with("HTTP/1.1 "), "it is answered in HTTP");
  ::close(ends[1]);
}

void ask_the_venue(std::string_view input) {
  using namespace mm::server;
  mm::test::FuzzVenue venue;
  converse(input, [&venue](asio::ip::tcp::socket socket) {
    std::make_shared<HttpSession<TcpStream>>(TcpStream(std::move(socket)), venue.frontend,
                                             venue.sessions)
        ->start();
  });
  MM_ASSERT(venue.sessions.all().empty(), "nothing is left of a connection");
}

void ask_the_dashboard(std::string_view input) {
  using namespace mm::dashboard;
  using TcpStream = boost::beast::tcp_stream;
  Board board{{}};
  Site site(board, "token", true,
            [](const std::string&, const std::string&, const auto& told) { told("ok 1"); });
  Connections connections;
  converse(input, [&](asio::ip::tcp::socket socket) {
    std::make_shared<HttpSession<TcpStream>>(TcpStream(std::move(socket)), site, connections)
        ->start();
  });
  MM_ASSERT(connections.pages().empty() && connections.taken() == 0,
            "nothing is left of a connection");
}

}  // namespace

MM_FUZZ_TARGET(server_http) {
  if (input.size() > (32 << 10)) return;
  ask_the_venue(input);
  ask_the_dashboard(input);
}
