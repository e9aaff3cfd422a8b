// A server's HTTP: an answer within its bounds, or an error, whatever bytes come.
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "engine/net/http_exchange.h"
#include "tests/fuzz/fuzz_target.h"

MM_FUZZ_TARGET(http_response) {
  using namespace mm::net;
  constexpr std::size_t kBodyMax = 4096;
  if (input.size() > (64 << 10)) return;  // what a socket takes without being read
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return;
  const ssize_t sent = ::send(ends[1], input.data(), input.size(), MSG_NOSIGNAL);
  ::shutdown(ends[1], SHUT_WR);
  {
    Stream stream(ends[0]);
    HttpRequest request;
    request.method = input.size() % 7 == 0 ? "HEAD" : "GET";
    const Endpoint to{.host = "venue", .port = 80, .tls = false, .target = "/"};
    const Deadline deadline({.timeout = std::chrono::seconds(2)});
    const HttpExchange done = exchange(stream, to, request, kBodyMax, deadline);
    const HttpResponse& r = done.response;
    MM_ASSERT((r.status == 0) == !r.error.empty(), "an answer, or a reason why not");
    MM_ASSERT(r.status >= 0 && r.status <= 999 && r.body.size() <= kBodyMax, "within its bounds");
    MM_ASSERT(r.retry_after().v >= 0, "no wait is negative");
    MM_ASSERT(r.error.find('\n') == std::string::npos, "a reason is one line");
    MM_ASSERT(sent < 0 || done.rest.size() <= static_cast<std::size_t>(sent), "nothing is made up");
  }
  ::close(ends[1]);
}
