// Public market data over REST: JSON or one line of error, and never silent for longer than a ban.
//
// Input: what the server sends, from its status line on.
#include "feeds/binance/rest_market.h"

#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "engine/net/http_exchange.h"
#include "tests/fuzz/fuzz_target.h"

namespace {

using namespace mm;

// Read as a client reads it, over a socket that is there already.
net::HttpResponse response_of(std::string_view bytes) {
  std::array<int, 2> ends{};
  net::HttpResponse none;
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    return none;
  }
  ::send(ends[1], bytes.data(), bytes.size(), MSG_NOSIGNAL);
  ::shutdown(ends[1], SHUT_WR);
  net::Stream stream(ends[0]);
  const net::Endpoint to{.host = "venue", .port = 80, .tls = false, .target = "/"};
  const net::Deadline deadline({.timeout = std::chrono::seconds(2)});
  net::HttpExchange done = exchange(stream, to, net::HttpRequest{}, 64 << 10, deadline);
  ::close(ends[1]);
  return std::move(done.response);
}

}  // namespace

MM_FUZZ_TARGET(rest_market) {
  if (input.size() > (32 << 10)) return;
  constexpr Nanos kNow{1'700'000'000 * kSecond.v};
  constexpr std::int32_t kWeight = 50;
  binance::LiveFeedOptions options;
  options.rest_url = "http://venue";
  net::SharedRequestPause pause;
  binance::RestMarket rest(options, nullptr, pause, nullptr);
  const binance::RestAnswer answer =
      rest.take(response_of(input), "/api/v3/depth?symbol=ETHUSDT&signature=secret", kNow);
  MM_ASSERT(!answer.error.empty() || (answer.status == 200 && !answer.body.empty()),
            "an answer, or a reason why not");
  const bool one_line = std::ranges::all_of(
      answer.error, [](char c) { return static_cast<unsigned char>(c) >= ' '; });
  MM_ASSERT(one_line, "a reason is one line");
  MM_ASSERT(answer.error.empty() || answer.error.starts_with("http://venue/api/v3/depth: "),
            "which says where, without the query");
  const Nanos next = rest.next(kNow, kWeight);
  MM_ASSERT(next >= kNow && next <= kNow + net::SharedRequestPause::kLongest,
            "it asks again, if not at once");
  MM_ASSERT(rest.next(next, kWeight) == next, "and when it said it would");
}
