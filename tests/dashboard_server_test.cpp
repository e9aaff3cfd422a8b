// The dashboard's server with real clients on loopback: who is let in, who misbehaves, at what
// cost.
#include <gmock/gmock.h>

#include <atomic>
#include <thread>

#include "engine/dashboard/server.h"
#include "engine/net/http_client.h"
#include "engine/net/ws_connect.h"
#include "tests/local_venue.h"
#include "tests/net_client.h"
#include "tests/published_core.h"
#include "tests/raw_client.h"

namespace mm::dashboard {
namespace {

using test::PublishedCore;
using test::RawClient;
using testing::HasSubstr;

const std::string kToken = "0123456789abcdef0123456789abcdef";

std::string upgrade(const std::string& token) {
  return "GET /stream HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
         "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
         "Sec-WebSocket-Protocol: mm-logic, " +
         token + "\r\n\r\n";
}

std::string kill_of(int engine) {
  return "POST /control/" + std::to_string(engine) +
         " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer " + kToken +
         "\r\nContent-Length: 4\r\n\r\nkill";
}

std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t whole = 0, resident = 0;
  file >> whole >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

class DashboardServer : public testing::Test {
 protected:
  void SetUp() override {
    engine_.harness.start_quoting();
    engine_.publisher.publish_all();
    ASSERT_EQ(board_.add(engine_.here.path("session")), "");
  }
  void TearDown() override {
    hangs_ = false;
    stop();
    server_.reset();
  }
  void start(ServerOptions options = {}) {
    options.port = 0;
    options.token = kToken;
    server_ = std::make_unique<Server>(
        options, board_, [this](const std::string& session, const std::string& request) {
          ++asked_;
          const bool first = session == engine_.here.path("session");
          while (hangs_ && first) std::this_thread::yield();
          return "ok " + request;
        });
    ASSERT_EQ(server_->open(), "");
    port_ = server_->port();
    thread_ = std::thread([this] { server_->run([this] { return stop_.load(); }); });
  }
  void stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  net::WsOpened open_page(const std::string& token, const net::TlsContext* tls = nullptr) {
    const net::Endpoint to{"127.0.0.1", port_, tls != nullptr, "/stream"};
    net::DialOptions options;
    return net::open_websocket(to, tls, options, {},
                               {{"Sec-WebSocket-Protocol", "mm-logic, " + token}});
  }

  PublishedCore engine_;
  Board board_{{}};
  std::unique_ptr<Server> server_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stop_{false}, hangs_{false};
  std::atomic<int> asked_{0};
  std::thread thread_;
};

TEST_F(DashboardServer, APageIsToldHowThingsAreAgainAndAgain) {
  start();
  net::WsOpened page = open_page(kToken);
  ASSERT_NE(page.socket, nullptr) << page.error;
  for (int i = 0; i < 3; ++i) {
    const net::WsMessage message = test::next_event(*page.socket);
    ASSERT_EQ(message.event, net::WsEvent::kText);
    EXPECT_THAT(std::string(message.payload), HasSubstr("\"life\":\"running\""));
    EXPECT_EQ(message.payload.find("\"about\"") != std::string_view::npos, i == 0);
  }
  EXPECT_TRUE(page.socket->send_text("watch 1 0"));
  for (;;) {
    const net::WsMessage message = test::next_event(*page.socket);
    ASSERT_EQ(message.event, net::WsEvent::kText);
    if (message.payload.find("\"about\"") != std::string_view::npos) break;
  }
}

TEST_F(DashboardServer, WhoHasNoTokenIsNotLetIn) {
  start();
  for (const std::string& token : {std::string("x"), kToken.substr(1), kToken + "0"}) {
    EXPECT_EQ(open_page(token).http_status, 401);
  }
  RawClient client(port_);
  EXPECT_EQ(client.status("POST /control/1 HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                          "Content-Length: 4\r\n\r\nkill"),
            "HTTP/1.1 401");
}

TEST_F(DashboardServer, WhatAPageSaysThatIsNoWishEndsIt) {
  start();
  for (const std::string& word :
       {std::string("watch"), std::string("watch 1"), std::string("watch 1 0 "),
        std::string("kill"), std::string("watch -1 0"), std::string(65, 'x')}) {
    net::WsOpened page = open_page(kToken);
    ASSERT_NE(page.socket, nullptr) << page.error;
    EXPECT_TRUE(page.socket->send_text(word));
    net::WsMessage message;
    do {
      message = test::next_event(*page.socket);
    } while (message.event == net::WsEvent::kText);
    EXPECT_TRUE(message.event == net::WsEvent::kClosed || message.event == net::WsEvent::kFailed)
        << word;
  }
}

TEST_F(DashboardServer, RequestsThatAreTooLongOrNoneAreRefused) {
  start();
  const std::string head = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n";
  EXPECT_EQ(RawClient(port_).status(head + "X: " + std::string(20'000, 'x') + "\r\n\r\n"),
            "HTTP/1.1 431");
  EXPECT_EQ(RawClient(port_).status("GET /" + std::string(20'000, 'x') + " HTTP/1.1\r\n\r\n"),
            "HTTP/1.1 431");
  EXPECT_EQ(RawClient(port_).status("POST /control/1 HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                                    "Content-Length: 1000000\r\n\r\n" +
                                    std::string(1000, 'x')),
            "HTTP/1.1 413");
  for (const char* nonsense :
       {"\x16\x03\x01 what is this\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n"}) {
    EXPECT_EQ(RawClient(port_).status(nonsense), "HTTP/1.1 400") << nonsense;
  }
  EXPECT_EQ(RawClient(port_).status("GET /../../../etc/passwd HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"),
            "HTTP/1.1 404");
  EXPECT_EQ(RawClient(port_).status(head + "\r\n"), "HTTP/1.1 200") << "and it goes on";
}

TEST_F(DashboardServer, NothingComesFromOtherHosts) {
  start();
  RawClient client(port_);
  client.say("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
  const std::string answer = client.hear("</html>");
  EXPECT_THAT(answer, HasSubstr("Content-Security-Policy: default-src 'none'; script-src 'self'"));
  EXPECT_THAT(answer, HasSubstr("nosniff"));
  EXPECT_EQ(answer.find("://"), std::string::npos);
  EXPECT_EQ(answer.find(kToken), std::string::npos);
}

TEST_F(DashboardServer, TwoHundredIdleClientsAndSlowReadersCostLittle) {
  for (std::size_t i = 0; i < WatchedEngine::kRowsMax; ++i) {
    engine_.harness.now += kSecond;
    engine_.harness.book(Ticks(299'999), Ticks(300'001));
    engine_.publisher.publish_all();
    for (int turn = 0; turn < 4; ++turn) board_.turn();
  }
  start();
  // What one page takes, before.
  RawClient(port_).status(upgrade(kToken));
  const std::size_t before = resident_bytes();
  std::vector<std::unique_ptr<RawClient>> idle, slow;
  for (int i = 0; i < 200; ++i) idle.push_back(std::make_unique<RawClient>(port_));
  for (int i = 0; i < 40; ++i) {
    slow.push_back(std::make_unique<RawClient>(port_, 4096));
    EXPECT_EQ(slow.back()->status(upgrade(kToken)), "HTTP/1.1 101");
  }
  // A page that reads is told all of the past, and things as they are.
  net::WsOpened page = open_page(kToken);
  ASSERT_NE(page.socket, nullptr) << page.error;
  std::size_t bytes = 0;
  for (int i = 0; i < 20; ++i) {
    const net::WsMessage message = test::next_event(*page.socket);
    ASSERT_EQ(message.event, net::WsEvent::kText);
    bytes += message.payload.size();
    EXPECT_LT(message.payload.size(), 128u << 10) << "what a client can hold up";
  }
  EXPECT_GT(bytes, 300u << 10);
  EXPECT_LT(resident_bytes() - std::min(before, resident_bytes()), 32u << 20);
}

CoreConfig many_instruments(int count) {
  CoreConfig config = test::one_instrument();
  const InstrumentConfig first = config.instruments.front();
  for (int i = 1; i < count; ++i) {
    config.instruments.push_back(first);
    const std::string symbol = "S" + std::to_string(i);
    config.instruments.back().instrument.symbol_text = {};
    symbol.copy(config.instruments.back().instrument.symbol_text.data(), symbol.size());
  }
  return config;
}

// A text that no kernel's buffer takes off our hands, of the turns that there were meanwhile.
TEST_F(DashboardServer, TwoHundredSlowReadersOfMetricsShareTheirText) {
  PublishedCore many(many_instruments(60));
  many.publisher.publish_all();
  ASSERT_EQ(board_.add(many.here.path("session")), "");
  const std::size_t bytes = board_.prometheus()->size();
  ASSERT_GT(bytes, 500u << 10);
  start();
  const std::string request = "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
  EXPECT_GT(RawClient(port_).status(request).size(), 0u);
  const std::size_t before = resident_bytes();
  std::vector<std::unique_ptr<RawClient>> slow;
  for (int i = 0; i < 200; ++i) {
    slow.push_back(std::make_unique<RawClient>(port_, 4096));
    EXPECT_EQ(slow.back()->status(request), "HTTP/1.1 200");
  }
  const std::size_t grown = resident_bytes() - std::min(before, resident_bytes());
  EXPECT_LT(grown, 100 * bytes) << "a text each would be " << 200 * bytes;
}

TEST_F(DashboardServer, WhoTakesAllSeatsWithoutATokenKeepsNobodyOut) {
  start();
  std::vector<std::unique_ptr<RawClient>> all;
  for (int i = 0; i < 300; ++i) all.push_back(std::make_unique<RawClient>(port_));
  RawClient owner(port_);
  owner.say(kill_of(1));
  EXPECT_THAT(owner.hear("ok kill"), HasSubstr("HTTP/1.1 200"));
  EXPECT_EQ(RawClient(port_).status(upgrade(kToken)), "HTTP/1.1 101");
  EXPECT_EQ(all.front()->hear_all(), "") << "who came first has made room";
}

TEST_F(DashboardServer, WhoComesWhenAllSeatsArePagesIsTurnedAway) {
  start();
  std::vector<std::unique_ptr<RawClient>> all;
  for (int i = 0; i < 256; ++i) {
    all.push_back(std::make_unique<RawClient>(port_));
    ASSERT_EQ(all.back()->status(upgrade(kToken)), "HTTP/1.1 101");
  }
  const std::string request = "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
  EXPECT_EQ(RawClient(port_).status(request), "");
  all.erase(all.begin(), all.begin() + 100);
  EXPECT_TRUE(test::wait_until([&] { return RawClient(port_).status(request) != ""; }));
}

TEST_F(DashboardServer, AnEngineThatHangsHoldsUpNobody) {
  start();
  hangs_ = true;
  RawClient asker(port_);
  asker.say(kill_of(1));
  net::WsOpened page = open_page(kToken);
  ASSERT_NE(page.socket, nullptr) << page.error;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(test::next_event(*page.socket).event, net::WsEvent::kText);
  }
  hangs_ = false;
  EXPECT_THAT(asker.hear("ok kill"), HasSubstr("HTTP/1.1 200"));
}

TEST_F(DashboardServer, AnEngineThatHangsIsAskedTwiceAndAnotherAtOnce) {
  PublishedCore other;
  ASSERT_EQ(board_.add(other.here.path("session")), "");
  start();
  hangs_ = true;
  RawClient first(port_), second(port_), third(port_), elsewhere(port_);
  first.say(kill_of(1));
  second.say(kill_of(1));
  ASSERT_TRUE(test::wait_until([&] { return asked_ == 2; }));
  third.say(kill_of(1));
  EXPECT_THAT(third.hear("yet"), HasSubstr("HTTP/1.1 502"));
  elsewhere.say(kill_of(2));
  EXPECT_THAT(elsewhere.hear("ok kill"), HasSubstr("HTTP/1.1 200"));
  hangs_ = false;
  EXPECT_THAT(first.hear("ok kill"), HasSubstr("HTTP/1.1 200"));
  EXPECT_THAT(second.hear("ok kill"), HasSubstr("HTTP/1.1 200"));
}

TEST_F(DashboardServer, PagesAreToldTheLastWord) {
  start();
  net::WsOpened page = open_page(kToken);
  ASSERT_NE(page.socket, nullptr) << page.error;
  ASSERT_EQ(test::next_event(*page.socket).event, net::WsEvent::kText);
  engine_.ours.layout().phase = counters::Phase::kEnded;
  stop_ = true;
  bool ended = false;
  net::WsMessage message;
  while ((message = test::next_event(*page.socket)).event == net::WsEvent::kText) {
    ended = message.payload.find("\"life\":\"ended\"") != std::string_view::npos;
  }
  EXPECT_TRUE(ended);
  EXPECT_EQ(message.event, net::WsEvent::kClosed);
  EXPECT_EQ(page.socket->close_code(), 1001) << "going away, not gone";
}

// The end waits for a goodbye, but not for long.
TEST_F(DashboardServer, APageThatDoesNotReadHoldsUpNoEnd) {
  start();
  RawClient page(port_, 4096);
  EXPECT_EQ(page.status(upgrade(kToken)), "HTTP/1.1 101");
  stop();
  EXPECT_FALSE(thread_.joinable());
}

TEST_F(DashboardServer, SpeaksTls) {
  const test::CertificateAuthority authority;
  const test::Certificate mine = authority.issue();
  const test::Scratch here;
  ServerOptions options{.tls_cert_file = here.write("c.pem", mine.certificate_pem),
                        .tls_key_file = here.write("k.pem", mine.key_pem),
                        .token = {}};
  start(options);
  const net::TlsContext tls = net::TlsContext::client(here.write("a.pem", authority.pem()));
  net::WsOpened page = open_page(kToken, &tls);
  ASSERT_NE(page.socket, nullptr) << page.error;
  EXPECT_EQ(test::next_event(*page.socket).event, net::WsEvent::kText);
  EXPECT_EQ(open_page("x", &tls).http_status, 401);
  EXPECT_EQ(RawClient(port_).status("GET / HTTP/1.1\r\n\r\n").substr(0, 4), "") << "not plain";
}

TEST_F(DashboardServer, WhatCannotBeServedIsSaid) {
  const auto error_of = [this](ServerOptions options) {
    return Server(std::move(options), board_, {}).open();
  };
  EXPECT_THAT(error_of({.port = 0, .tls_cert_file = "missing.pem"}), HasSubstr("missing.pem"));
  start();
  EXPECT_THAT(error_of({.port = port_}), HasSubstr("Address already in use"));
  EXPECT_EQ(error_of({.port = port_, .takes_any_port = true}), "");
}

}  // namespace
}  // namespace mm::dashboard
