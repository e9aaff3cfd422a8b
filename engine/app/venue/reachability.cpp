#include "engine/app/venue/reachability.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <vector>

#include "engine/app/venue/feed_setup.h"
#include "engine/net/tls_context.h"
#include "engine/net/ws_connect.h"
#include "engine/runtime/clock.h"
#include "gateway/binance/request_channel.h"

namespace mm::app {
namespace {

namespace orders = binance::orders;

constexpr std::chrono::seconds kPatience{5};
constexpr Nanos kAtOnce{2 * kSecond.v};
constexpr std::size_t kMessageBytesMax = std::size_t{2} << 20;

class Opener {
 public:
  Opener(const Config& config, net::SharedRequestPause& pause)
      : tls_(net::TlsContext::client(config.venue.ca_file)), pause_(pause) {}

  const Clock& clock() const { return clock_; }
  std::size_t tried() const { return tried_; }  // connections

  // A venue that wants silence is not asked. Nothing but a ban is about connections.
  net::WsOpened open(const std::string& url, net::RequestUse use) {
    net::WsOpened opened;
    const net::ParsedUrl parsed = net::parse_url(url);
    opened.error = parsed.error.empty() ? tls_.error() : parsed.error;
    if (!opened.error.empty()) return opened;
    const Nanos now = clock_.now();
    if (const Nanos next = pause_.next(use, now); next > now) {
      opened.error = fmt::format("{}: not asked: the venue wants nothing for another {} s",
                                 parsed.endpoint.authority(), (next - now).v / kSecond.v + 1);
      return opened;
    }
    opened = try_once(parsed.endpoint);
    // One dropped connection is no finding.
    const bool dropped = opened.socket == nullptr && opened.http_status == 0;
    if (dropped && clock_.now() - now < kAtOnce) opened = try_once(parsed.endpoint);
    if (opened.http_status == 418) pause_.on_wait(418, opened.retry_after, now);
    return opened;
  }

 private:
  net::WsOpened try_once(const net::Endpoint& endpoint) {
    ++tried_;
    return net::open_websocket(endpoint, &tls_, {.timeout = kPatience},
                               {.message_bytes_max = kMessageBytesMax});
  }

  net::TlsContext tls_;
  net::SharedRequestPause& pause_;
  Clock clock_;
  std::size_t tried_ = 0;
};

// Connection i uses the address at i modulo their number.
std::vector<std::string> stream_urls_in_use(const Config& config) {
  const binance::LiveFeedOptions options = feed_options(config);
  std::vector<std::string> urls = options.stream_urls;
  urls.resize(std::min(urls.size(), static_cast<std::size_t>(options.connections)));
  return urls;
}

std::string opens_text(const std::string& url, Nanos begun, Nanos now) {
  return fmt::format("{} opens in {} ms", url, (now - begun).v / kMillisecond.v);
}

// Empty, or why no orders can be sent with this key.
std::string try_key(const Config& config, net::WebSocket& socket, const orders::Credentials& key,
                    const Clock& clock) {
  orders::ResponseParser parser(kMessageBytesMax);
  orders::RequestChannel channel(
      {.socket = socket,
       .parser = parser,
       .clock = clock,
       .api_key = key.api_key.view(),
       .signer = *key.signer,
       .recv_window_ms = static_cast<int>(config.venue.recv_window.v / kMillisecond.v),
       .timeout = kPatience});
  std::string error = channel.measure_clock(1);
  const bool logs_on = key.signer->type() == orders::KeyType::kEd25519;
  return error.empty() && logs_on ? channel.log_on() : error;
}

}  // namespace

std::size_t check_streams(const Config& config, net::SharedRequestPause& pause,
                          Findings& findings) {
  if (config.feed.source != FeedSource::kWebSocket) return 0;
  Opener opener(config, pause);
  for (const std::string& url : stream_urls_in_use(config)) {
    const Nanos begun = opener.clock().now();
    const net::WsOpened opened = opener.open(url + "/ws", net::RequestUse::kCancel);
    if (opened.socket != nullptr) {
      opened.socket->close();
      findings.ok("streams", opens_text(url, begun, opener.clock().now()));
    } else {
      findings.fail("streams", opened.error);
    }
  }
  return opener.tried();
}

std::size_t check_order_entry(const Config& config, const orders::Credentials* key,
                              net::SharedRequestPause& pause, Findings& findings) {
  const std::string url = venue_urls(config.venue).ws_api;
  Opener opener(config, pause);
  const Nanos begun = opener.clock().now();
  const net::WsOpened opened = opener.open(url, net::RequestUse::kOther);
  std::string error = opened.error;
  if (opened.socket != nullptr) {
    if (key != nullptr) error = try_key(config, *opened.socket, *key, opener.clock());
    opened.socket->close();
  }
  if (error.empty()) {
    const bool logged_on = key != nullptr && key->signer->type() == orders::KeyType::kEd25519;
    findings.ok("orders", opens_text(url, begun, opener.clock().now()) +
                              (logged_on ? ", the key logs on" : ""));
    return opener.tried();
  }
  const bool by_rest = config.venue.rest_fallback == orders::RestFallback::kTrade;
  findings.add(by_rest ? Verdict::kWarn : Verdict::kFail, "orders",
               by_rest ? error + ": orders go by REST" : error);
  return opener.tried();
}

}  // namespace mm::app
