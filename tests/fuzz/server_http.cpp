// The venue server's socket: whatever a client sends (HTTP, an upgrade, frames), it is answered in
// HTTP or hung up on, and everything of the client's is gone with its connection.
#include "sim/server/http_session.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/fuzz/fuzz_venue.h"
#include "tests/fuzz/socket_client.h"

MM_FUZZ_TARGET(server_http) {
  using namespace mm::server;
  if (input.size() > (32 << 10)) return;
  mm::test::FuzzVenue venue;
  mm::test::say_and_listen(input, [&](asio::ip::tcp::socket socket) {
    std::make_shared<HttpSession<TcpStream>>(TcpStream(std::move(socket)), venue.frontend,
                                             venue.sessions)
        ->start();
  });
  MM_ASSERT(venue.sessions.all().empty(), "nothing is left of a connection");
}
