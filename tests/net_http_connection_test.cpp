// A server of ours as HTTP on loopback: what is refused, what is kept open, and how long a client
// may take.
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "engine/net/http_client.h"
#include "engine/net/http_connection.h"
#include "engine/net/listener.h"
#include "tests/certificates.h"
#include "tests/local_venue.h"
#include "tests/raw_client.h"

namespace mm::net {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
using test::RawClient;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;
using Text = std::shared_ptr<const std::string>;

constexpr HttpBounds kPatient{.header_bytes_max = 256,
                              .body_bytes_max = 64,
                              .handshake = std::chrono::seconds(20),
                              .request = std::chrono::seconds(20)};
constexpr HttpBounds kHasty{.header_bytes_max = 256,
                            .body_bytes_max = 64,
                            .handshake = std::chrono::milliseconds(50),
                            .request = std::chrono::milliseconds(50)};

// One text for everybody.
template <class Stream>
class TextConnection : public HttpConnection<Stream> {
  using Base = HttpConnection<Stream>;

 public:
  TextConnection(Stream stream, const HttpBounds& bounds, const Text& text)
      : Base(std::move(stream), bounds), text_(text) {}

 private:
  void on_request(const typename Base::Request&) override { say(200, text_); }
  void on_upgrade(const typename Base::Request&) override { say(403, std::string("no\n")); }
  void refuse(unsigned status, std::string_view why) override { say(status, std::string(why)); }
  void say(unsigned status, SentText text) {
    typename Base::Response response;
    response.result(status);
    this->write(std::move(response), std::move(text));
  }
  const Text& text_;
};

class TextServer {
 public:
  explicit TextServer(const HttpBounds& bounds, std::string text = "text",
                      const ListenOptions& at = {.address = "127.0.0.1"})
      : text_(std::make_shared<const std::string>(std::move(text))) {
    EXPECT_EQ(listener_.open(at), "");
    listener_.accept([this, bounds, tls = !at.tls_cert_file.empty()](Listener::Socket socket) {
      socket.set_option(asio::socket_base::send_buffer_size(64 << 10));
      beast::tcp_stream stream(std::move(socket));
      if (tls) {
        using Tls = beast::ssl_stream<beast::tcp_stream>;
        std::make_shared<TextConnection<Tls>>(Tls(std::move(stream), listener_.tls()), bounds,
                                              text_)
            ->start();
      } else {
        std::make_shared<TextConnection<beast::tcp_stream>>(std::move(stream), bounds, text_)
            ->start();
      }
    });
    thread_ = std::thread([this] { io_.run(); });
  }
  ~TextServer() {
    io_.stop();
    thread_.join();
  }
  std::uint16_t port() const { return listener_.port(); }
  // Answers on their way.
  long holders() const { return text_.use_count() - 1; }

 private:
  const Text text_;
  asio::io_context io_{1};
  Listener listener_{io_};
  std::thread thread_;
};

const std::string kGet = "GET / HTTP/1.1\r\nHost: here\r\n\r\n";

TEST(HttpConnection, AnswersOneRequestAfterTheOther) {
  const TextServer server(kPatient);
  RawClient client(server.port());
  client.say(kGet + "HEAD / HTTP/1.1\r\n\r\n" + "POST / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc" +
             "GET / HTTP/1.0\r\n\r\n");
  const std::string heard = client.hear_all();
  EXPECT_EQ(client.error(), 0);
  EXPECT_EQ(test::count_of(heard, "HTTP/1.1 200 OK\r\n"), 4u);
  EXPECT_EQ(test::count_of(heard, "Content-Length: 4\r\n"), 4u);
  EXPECT_EQ(test::count_of(heard, "text"), 3u) << "none for HEAD";
  EXPECT_THAT(heard, EndsWith("text"));
}

// However much of the request is left unread.
TEST(HttpConnection, WhatIsRefusedIsToldWhyAndEnds) {
  const TextServer server(kPatient);
  const std::string much(200'000, 'x');
  const std::pair<std::string, std::string> refused[] = {
      {"GET / HTTP/1.1\r\nX: " + much + "\r\n\r\n", "HTTP/1.1 431"},
      {"POST / HTTP/1.1\r\nContent-Length: 200000\r\n\r\n" + much, "HTTP/1.1 413"},
      {"\x16\x03\x01 nonsense\r\n\r\n" + much, "HTTP/1.1 400"}};
  for (const auto& [request, status] : refused) {
    RawClient client(server.port());
    client.say(kGet + request);
    client.hear(status);
    shutdown(client.fd(), SHUT_WR);
    const std::string heard = client.hear_all();
    EXPECT_THAT(heard, StartsWith("HTTP/1.1 200")) << status;
    EXPECT_THAT(heard, HasSubstr(status)) << "and what came before it was answered";
    EXPECT_EQ(client.error(), 0) << status << " is heard to its end";
  }
}

TEST(HttpConnection, WhoIsRefusedAWebSocketMayAskOn) {
  const TextServer server(kPatient);
  RawClient client(server.port());
  EXPECT_EQ(client.status("GET /s HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                          "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
                          "dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"),
            "HTTP/1.1 403");
  client.say(kGet);
  EXPECT_THAT(client.hear("text"), EndsWith("text"));
}

TEST(HttpConnection, WhoTakesTooLongIsCut) {
  const TextServer server(kHasty);
  EXPECT_EQ(RawClient(server.port()).hear_all(), "") << "says nothing";
  RawClient half(server.port());
  half.say("GET / HTTP/1.1\r\n");
  EXPECT_EQ(half.hear_all(), "") << "says half of a request";
  RawClient idle(server.port());
  idle.say(kGet);
  EXPECT_THAT(idle.hear_all(), EndsWith("text")) << "has no further request";
}

TEST(HttpConnection, WhoDoesNotReadIsCutAndHoldsNothing) {
  const TextServer server(kHasty, std::string(64 << 20, 'x'));
  RawClient client(server.port(), 4096);
  client.say(kGet);
  EXPECT_TRUE(test::wait_until([&] { return server.holders() > 0; }));
  EXPECT_TRUE(test::wait_until([&] { return server.holders() == 0; }));
}

// A byte at a time: minutes for all of it.
TEST(HttpConnection, WhoReadsLittleByLittleIsCutAsWell) {
  const TextServer server(kHasty, std::string(64 << 20, 'x'));
  RawClient client(server.port(), 4096);
  client.say(kGet);
  while (client.read_some(1)) continue;
  EXPECT_LT(client.heard().size(), 64u << 20);
  EXPECT_TRUE(test::wait_until([&] { return server.holders() == 0; }));
}

TEST(HttpConnection, ManyWhoDoNotReadShareTheText) {
  const TextServer server(kPatient, std::string(16 << 20, 'x'));
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 50; ++i) {
    clients.push_back(std::make_unique<RawClient>(server.port(), 4096));
    EXPECT_EQ(clients.back()->status(kGet), "HTTP/1.1 200");
  }
  EXPECT_GE(server.holders(), 50) << "one and the same";
}

TEST(HttpConnection, SpeaksTlsAndCutsWhoDoesNot) {
  const test::CertificateAuthority authority;
  const test::Certificate mine = authority.issue();
  const test::Scratch here;
  const ListenOptions at{.address = "127.0.0.1",
                         .tls_cert_file = here.write("c.pem", mine.certificate_pem),
                         .tls_key_file = here.write("k.pem", mine.key_pem)};
  const TlsContext tls = TlsContext::client(here.write("a.pem", authority.pem()));
  const TextServer server(kPatient, "text", at);
  HttpClient client({"127.0.0.1", server.port(), true, "/"}, &tls);
  EXPECT_EQ(client.send({}).body, "text");
  EXPECT_EQ(client.send({}).body, "text");
  EXPECT_EQ(client.connections(), 1u);
  const TextServer hasty(kHasty, "text", at);
  EXPECT_EQ(RawClient(hasty.port()).hear_all(), "") << "no word of TLS";
}

TEST(Listener, TakesAnotherPortOnlyWhereItMay) {
  asio::io_context io;
  Listener first(io), second(io), third(io);
  ASSERT_EQ(first.open({.address = "127.0.0.1"}), "");
  ListenOptions same{.address = "127.0.0.1", .port = first.port()};
  EXPECT_THAT(second.open(same), HasSubstr("Address already in use"));
  same.takes_any_port = true;
  EXPECT_EQ(third.open(same), "");
  EXPECT_NE(third.port(), first.port());
  EXPECT_THAT(Listener(io).open({.address = "nowhere"}), HasSubstr("cannot listen on nowhere:0"));
}

}  // namespace
}  // namespace mm::net
