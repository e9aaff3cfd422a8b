// The venue on real sockets: TLS, many clients, slow ones, rude ones, and the end.
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>

#include "engine/net/dial.h"
#include "engine/net/http_client.h"
#include "engine/net/ws_connect.h"
#include "sim/server/server.h"
#include "tests/certificates.h"
#include "tests/e2e_support.h"
#include "tests/net_client.h"
#include "tests/raw_client.h"
#include "tests/venue_harness.h"

namespace mm::test {
namespace {

using namespace std::chrono_literals;
using server::ServerConfig;
using server::VenueServer;

// Serves on a thread of its own until it is stopped.
class RunningVenue {
 public:
  explicit RunningVenue(ServerConfig config, server::MarketSource source = {},
                        server::ServerProbe probe = {})
      : venue_(listening_anywhere(std::move(config)), std::move(source), std::move(probe)) {
    EXPECT_EQ(venue_.open(), "");
    thread_ = std::thread([this] { venue_.run([this] { return stop_.load(); }); });
  }
  ~RunningVenue() {
    if (thread_.joinable()) stop();
  }

  server::ServerSummary stop() {
    stop_ = true;
    thread_.join();
    return venue_.summary();
  }
  void ask_to_stop() { stop_ = true; }
  net::Endpoint endpoint(const std::string& target, bool tls = false) const {
    return {.host = "127.0.0.1", .port = venue_.port(), .tls = tls, .target = target};
  }

 private:
  static ServerConfig listening_anywhere(ServerConfig config) {
    config.port = 0;
    return config;
  }
  VenueServer venue_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

std::unique_ptr<net::WebSocket> connect(const RunningVenue& venue, const std::string& target) {
  net::WsOpened opened = net::open_websocket(venue.endpoint(target), nullptr, {.timeout = 10s}, {});
  EXPECT_TRUE(opened.socket) << opened.error;
  return std::move(opened.socket);
}

std::string next_text(net::WebSocket& socket) {
  const net::WsMessage message = next_event(socket);
  EXPECT_EQ(message.event, net::WsEvent::kText) << socket.problem();
  return std::string(message.payload);
}

// Reads on until the connection has ended; how it ended.
net::WsEvent end_of(net::WebSocket& socket) {
  while (true) {
    const net::WsEvent event = next_event(socket).event;
    if (event != net::WsEvent::kText) return event;
  }
}

net::HttpRequest request(const std::string& method, const std::string& target) {
  net::HttpRequest request;
  request.method = method;
  request.target = target;
  return request;
}

// Whether the far end has gone, with what it sent before still unread.
bool has_ended(int fd) {
  pollfd waited{.fd = fd, .events = POLLRDHUP, .revents = 0};
  return poll(&waited, 1, 0) == 1 && (waited.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0;
}

TEST(VenueServer, AConnectionOfItsFullAgeIsToldBeforeItIsClosed) {
  ServerConfig config = VenueHarness::default_config();
  config.ping_interval_s = config.connection_lifetime_s = 1;
  const RunningVenue venue(std::move(config));
  const auto socket = connect(venue, "/ws/btcusdt@trade");
  bool told = false;
  net::WsMessage message;
  while ((message = next_event(*socket)).event == net::WsEvent::kText) {
    told = told || message.payload.find("serverShutdown") != std::string_view::npos;
  }
  EXPECT_TRUE(told);
  EXPECT_EQ(message.event, net::WsEvent::kClosed);
}

TEST(VenueServer, ServesRestOnAKeptConnection) {
  RunningVenue venue(VenueHarness::default_config());
  net::HttpClient client(venue.endpoint("/"), nullptr);
  for (int i = 0; i < 3; ++i) {
    const auto answer = client.send(request("GET", "/api/v3/time"));
    EXPECT_EQ(answer.status, 200) << answer.error;
    EXPECT_GT(Json(answer.body).integer("/serverTime"), 0);
  }
  EXPECT_EQ(client.connections(), 1u);
  EXPECT_EQ(client.send(request("HEAD", "/api/v3/ping")).status, 200);
  EXPECT_EQ(client.send(request("GET", "/nothing")).status, 404);
  EXPECT_GE(venue.stop().http_requests, 5u);
}

// In spite of all that is left unread.
TEST(VenueServer, WhatIsRefusedIsHeard) {
  const RunningVenue venue(VenueHarness::default_config());
  RawClient client(venue.endpoint("/").port);
  client.say("POST /api/v3/order HTTP/1.1\r\nContent-Length: 500000\r\n\r\n" +
             std::string(500'000, 'x'));
  shutdown(client.fd(), SHUT_WR);
  const std::string heard = client.hear_all();
  EXPECT_TRUE(heard.starts_with("HTTP/1.1 413")) << heard;
  EXPECT_TRUE(heard.ends_with("}")) << heard;
  EXPECT_EQ(client.error(), 0);
}

ServerConfig with_tls(const Scratch& scratch, const CertificateAuthority& authority) {
  const Certificate certificate = authority.issue();
  ServerConfig config = VenueHarness::default_config();
  config.tls_cert_file = scratch.write("cert.pem", certificate.certificate_pem);
  config.tls_key_file = scratch.write("key.pem", certificate.key_pem);
  return config;
}

TEST(VenueServer, ServesTlsToWhoTrustsItsCertificate) {
  const Scratch scratch;
  const CertificateAuthority authority;
  RunningVenue venue(with_tls(scratch, authority));
  const auto tls = net::TlsContext::client(scratch.write("ca.pem", authority.pem()));
  ASSERT_TRUE(tls.ok()) << tls.error();
  net::HttpClient client(venue.endpoint("/", true), &tls);
  EXPECT_EQ(client.send(request("GET", "/api/v3/ping")).body, "{}");
  auto opened = net::open_websocket(venue.endpoint("/ws/btcusdt@bookTicker", true), &tls,
                                    {.timeout = 10s}, {});
  ASSERT_TRUE(opened.socket) << opened.error;
  EXPECT_EQ(Json(next_text(*opened.socket)).text("/s"), "BTCUSDT");
}

// What a client gets is not its choice: one measured beside another would else be handicapped.
TEST(VenueServer, EveryClientGetsTheSameCipher) {
  const Scratch scratch;
  const CertificateAuthority authority;
  const RunningVenue venue(with_tls(scratch, authority));
  for (const char* wanted : {"TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256",
                             "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256"}) {
    const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(
        SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
    SSL_CTX_set_ciphersuites(context.get(), wanted);
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> bio(BIO_new_ssl_connect(context.get()),
                                                            BIO_free_all);
    const std::string address = "127.0.0.1:" + std::to_string(venue.endpoint("/").port);
    BIO_set_conn_hostname(bio.get(), address.c_str());
    ASSERT_EQ(BIO_do_handshake(bio.get()), 1);
    const SSL* tls = nullptr;
    BIO_get_ssl(bio.get(), &tls);
    EXPECT_STREQ(SSL_get_cipher_name(tls), "TLS_AES_128_GCM_SHA256");
  }
}

TEST(VenueServer, SaysWhatIsWrongBeforeItServes) {
  ServerConfig config = VenueHarness::default_config();
  config.tls_cert_file = config.tls_key_file = "nothing.pem";
  EXPECT_NE(VenueServer(config).open(), "");
  config.tls_cert_file = config.tls_key_file = "";
  config.listen_address = "not an address";
  EXPECT_NE(VenueServer(config).open(), "");
}

TEST(VenueServer, StreamsAndTakesOrdersOnOnePort) {
  RunningVenue venue(VenueHarness::default_config());
  auto market = connect(venue, "/stream?streams=btcusdt@depth5@100ms");
  EXPECT_EQ(Json(next_text(*market)).size("/data/bids"), 5u);
  auto api = connect(venue, "/ws-api/v3");
  VenueHarness::now =
      Nanos(std::chrono::nanoseconds(std::chrono::system_clock::now().time_since_epoch()).count());
  ASSERT_TRUE(api->send_text(VenueHarness::signed_request("account.status", {})));
  EXPECT_EQ(Json(next_text(*api)).integer("/result/uid"), 1);
}

// Where somebody measures, a venue that was held up sends late what it would otherwise leave out.
TEST(VenueServer, AMeasuredVenueLeavesNoUpdateOut) {
  constexpr Nanos kInterval{5 * kMillisecond.v};
  ServerConfig config = VenueHarness::default_config();
  config.publish_hz = 200;
  config.capture_file = "the source below";
  Event level;
  level.kind = EventKind::kBookLevels;
  level.flags = kFlagLast;
  level.levels.count = 1;
  level.levels.ticks[0] = 1'000;
  std::int64_t changes = 0;
  const auto source = [&](Nanos since_start, Event& out) {
    if (since_start.v / kInterval.v <= changes) return false;
    level.levels.lots[0] = ++changes;
    out = level;
    return true;
  };
  std::vector<Nanos> due;
  const auto on_publish = [&](Nanos at, Nanos) {
    due.push_back(at);
    while (due.size() == 1 && server::steady_now() < at + Nanos(kInterval.v * 40)) continue;
  };
  RunningVenue venue(config, source, {.on_publish = on_publish, .on_message = {}});
  auto market = connect(venue, "/ws/btcusdt@depth20@100ms");
  for (int i = 0; i < 60; ++i) next_text(*market);
  venue.stop();
  ASSERT_GE(due.size(), 60u);
  for (std::size_t i = 1; i < due.size(); ++i) EXPECT_EQ(due[i] - due[i - 1], kInterval) << i;
}

TEST(VenueServer, PingsAndCutsWhoDoesNotAnswer) {
  ServerConfig config = VenueHarness::default_config();
  config.ping_interval_s = 1;
  RunningVenue venue(config);
  auto polite = connect(venue, "/ws");
  auto silent = connect(venue, "/ws");  // pongs are sent by polling, which it does not do
  while (polite->counters().pings_answered < 5) {
    polite->poll();
    wait_readable(polite->stream().fd());
  }
  EXPECT_TRUE(polite->is_open());
  EXPECT_NE(end_of(*silent), net::WsEvent::kNone);
}

TEST(VenueServer, AnUnsolicitedPongKeepsNobody) {
  ServerConfig config = VenueHarness::default_config();
  config.limits.messages_per_s = 5;
  RunningVenue venue(config);
  auto client = connect(venue, "/ws");
  for (int i = 0; i < 6; ++i) EXPECT_TRUE(client->send_ping("x"));
  EXPECT_EQ(end_of(*client) == net::WsEvent::kText, false) << "six messages in a second";
}

TEST(VenueServer, TooManyMessagesInASecondEndAStreamConnection) {
  RunningVenue venue(VenueHarness::default_config());
  auto client = connect(venue, "/ws");
  for (int i = 0; i < 6; ++i) client->send_text(R"({"method":"LIST_SUBSCRIPTIONS","id":1})");
  int answers = 0;
  net::WsEvent event = net::WsEvent::kText;
  while ((event = next_event(*client).event) == net::WsEvent::kText) ++answers;
  EXPECT_EQ(answers, 5);
  EXPECT_EQ(event, net::WsEvent::kClosed);
}

TEST(VenueServer, CutsAClientThatDoesNotRead) {
  ServerConfig config = VenueHarness::default_config();
  config.publish_hz = 20'000;
  for (auto& symbol : config.symbols) symbol.market.orders_per_s = 20'000;
  RunningVenue venue(config);
  auto slow = connect(venue,
                      "/stream?streams=btcusdt@depth20@100ms/ethusdt@depth20@100ms/"
                      "btcusdt@depth@100ms/btcusdt@bookTicker/ethusdt@bookTicker");
  auto reader = connect(venue, "/ws/btcusdt@trade");
  const auto give_up = std::chrono::steady_clock::now() + 60s;
  net::HttpClient client(venue.endpoint("/"), nullptr);
  bool cut = false;
  while (!cut && std::chrono::steady_clock::now() < give_up) {
    // The reader is served all the time, and the connection of the other one ends.
    next_text(*reader);
    cut = has_ended(slow->stream().fd());
  }
  EXPECT_TRUE(cut);
  EXPECT_EQ(venue.stop().slow_clients, 1u);
}

TEST(VenueServer, RudeClientsAreAnsweredOrCutAndOthersServed) {
  RunningVenue venue(VenueHarness::default_config());
  const std::vector<std::string> rude{
      "\x16\x03\x01\x02\x01",                           // TLS where there is none
      "GET /\r\n\r\n",                                  // no version
      "GET / HTTP/1.1\r\n" + std::string(40'000, 'a'),  // a header without end
      "POST /api/v3/order HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999\r\n\r\n",
      "POST /api/v3/order HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
      std::string(1000, '\0'),
      "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
      "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
      "\x83\x80\x00\x00\x00\x00",  // a reserved opcode
      "GET /ws-api/v3 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
      "\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00",  // 2^63 bytes to come
      "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
      "\x81\x02hi",  // not masked
  };
  for (const std::string& bytes : rude) {
    net::Dialed dialed = net::dial(venue.endpoint("/"), nullptr, net::DialOptions{.timeout = 10s});
    ASSERT_TRUE(dialed.stream) << dialed.error;
    const int fd = dialed.stream->fd();
    EXPECT_GT(send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL), 0);
    shutdown(fd, SHUT_WR);
    pollfd waited{.fd = fd, .events = POLLIN, .revents = 0};
    EXPECT_EQ(poll(&waited, 1, 20'000), 1) << "neither answered nor cut";
  }
  net::HttpClient client(venue.endpoint("/"), nullptr);
  EXPECT_EQ(client.send(request("GET", "/api/v3/ping")).status, 200);
}

TEST(VenueServer, AMessageOverTheLimitEndsTheConnection) {
  RunningVenue venue(VenueHarness::default_config());
  net::WsOpened opened = net::open_websocket(venue.endpoint("/ws-api/v3"), nullptr,
                                             {.timeout = 10s}, {.send_bytes = 1u << 20});
  ASSERT_TRUE(opened.socket);
  EXPECT_TRUE(opened.socket->send_text(std::string(100'000, ' ')));
  EXPECT_NE(end_of(*opened.socket), net::WsEvent::kNone);
}

TEST(VenueServer, ALongMessageIsOneFrame) {
  RunningVenue venue(VenueHarness::default_config());
  const net::Dialed dialed =
      net::dial(venue.endpoint("/"), nullptr, net::DialOptions{.timeout = 10s});
  ASSERT_TRUE(dialed.stream) << dialed.error;
  const std::string question =
      R"({"id":1,"method":"depth","params":{"symbol":"BTCUSDT","limit":1000}})";
  const std::string handshake =
      "GET /ws-api/v3 HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  std::string asked = "\x81";
  asked += static_cast<char>(0x80 | question.size());
  asked += std::string(4, '\0') + question;  // a mask that changes nothing
  const int fd = dialed.stream->fd();
  ASSERT_EQ(send(fd, handshake.data(), handshake.size(), MSG_NOSIGNAL), std::ssize(handshake));
  std::string got;
  std::size_t frame = std::string::npos;
  for (ssize_t n = 1; n != 0 && (frame == std::string::npos || got.size() < frame + 4);) {
    wait_readable(fd, 20'000);
    char some[4096];
    n = recv(fd, some, sizeof some, 0);
    if (n < 0) break;
    got.append(some, static_cast<std::size_t>(n));
    const std::size_t end = got.find("\r\n\r\n");
    if (end == got.npos || frame != got.npos) continue;
    frame = end + 4;
    ASSERT_EQ(send(fd, asked.data(), asked.size(), MSG_NOSIGNAL), std::ssize(asked));
  }
  ASSERT_LE(frame + 4, got.size());
  EXPECT_EQ(static_cast<unsigned char>(got[frame]), 0x81) << "text, and its end";
  EXPECT_EQ(got[frame + 1], 126);
  EXPECT_GT(static_cast<unsigned char>(got[frame + 2]), 4096 >> 8) << "longer than a buffer";
}

TEST(VenueServer, DropsConnectionsForTestsOfReconnecting) {
  RunningVenue venue(VenueHarness::default_config());
  auto all = connect(venue, "/ws/btcusdt@bookTicker");
  next_text(*all);
  net::HttpClient client(venue.endpoint("/"), nullptr);
  const auto answer = client.send(request("POST", "/admin/drop?after=2"));
  EXPECT_EQ(Json(answer.body).integer("/dropped"), 1);
  EXPECT_EQ(end_of(*all), net::WsEvent::kFailed) << "without a goodbye";
}

TEST(VenueServer, RefusesConnectionsOverTheLimitWithATimeToComeBack) {
  ServerConfig config = VenueHarness::default_config();
  config.limits.connections_per_5min = 1;
  RunningVenue venue(config);
  auto first = connect(venue, "/ws");
  const auto second = net::open_websocket(venue.endpoint("/ws"), nullptr, {.timeout = 10s}, {});
  EXPECT_FALSE(second.socket);
  EXPECT_EQ(second.http_status, 429);
  EXPECT_GT(second.retry_after, Nanos(0));
}

TEST(VenueServer, SaysGoodbyeToEverybody) {
  RunningVenue venue(VenueHarness::default_config());
  auto market = connect(venue, "/stream");
  auto api = connect(venue, "/ws-api/v3");
  venue.ask_to_stop();
  EXPECT_EQ(Json(next_text(*market)).text("/stream"), "!serverShutdown");
  EXPECT_EQ(Json(next_text(*api)).text("/event/e"), "serverShutdown");
  EXPECT_EQ(end_of(*market), net::WsEvent::kClosed);
  EXPECT_EQ(end_of(*api), net::WsEvent::kClosed);
}

}  // namespace
}  // namespace mm::test
