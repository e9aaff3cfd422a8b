// The WebSocket against real servers on loopback: opening, messages, control frames, sending.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <thread>

#include "engine/net/tls_memory.h"
#include "engine/net/websocket.h"
#include "engine/net/ws_connect.h"
#include "engine/runtime/sealed_scope.h"
#include "tests/e2e_support.h"
#include "tests/net_client.h"
#include "tests/net_server.h"

namespace mm::test {
namespace {

using net::DialOptions;
using net::open_websocket;
using net::WebSocket;
using net::WsEvent;
using net::WsLimits;
using net::WsMessage;
using net::WsOpened;
using testing::HasSubstr;

constexpr DialOptions kPatient{.timeout = std::chrono::seconds(10), .stop = nullptr};

std::unique_ptr<WebSocket> open(const NetServer& server, const WsLimits& limits = {}) {
  WsOpened opened = open_websocket(server.endpoint("/ws"), nullptr, kPatient, limits);
  EXPECT_TRUE(opened.socket) << opened.error;
  return std::move(opened.socket);
}

std::string next_text(WebSocket& socket) {
  const WsMessage message = next_event(socket);
  EXPECT_EQ(message.event, WsEvent::kText) << socket.problem();
  return std::string(message.payload);
}

// Sends even when there is no room at first.
void send_patiently(WebSocket& socket, std::string_view text) {
  while (!socket.send_text(text)) {
    ASSERT_TRUE(socket.is_open()) << socket.problem();
    EXPECT_EQ(socket.poll().event, WsEvent::kNone);
    std::this_thread::yield();
  }
}

TEST(WsConnect, AsksForAnUpgradeAndIsUnderstood) {
  std::string request;
  NetServer server(serve_websocket([&](WsPeer& peer) {
    request = peer.request();
    peer.send_text("hello");
    peer.peer().wait_for_end();
  }));
  WsOpened opened = open_websocket(server.endpoint("/stream?streams=a"), nullptr, kPatient, {},
                                   {{"X-MBX-APIKEY", "key"}});
  ASSERT_TRUE(opened.socket) << opened.error;
  EXPECT_EQ(opened.http_status, 101);
  EXPECT_EQ(next_text(*opened.socket), "hello");
  EXPECT_THAT(request, HasSubstr("GET /stream?streams=a HTTP/1.1\r\n"));
  EXPECT_THAT(request, HasSubstr("Host: " + server.endpoint().authority() + "\r\n"));
  EXPECT_THAT(request, HasSubstr("Sec-WebSocket-Version: 13\r\n"));
  EXPECT_THAT(request, HasSubstr("X-MBX-APIKEY: key\r\n"));
  EXPECT_EQ(request.find("Sec-WebSocket-Extensions"), std::string::npos);
}

// How often connections come and go is the peer's to say, how much memory they take is not.
TEST(WsConnect, OneThatComesAnewTakesTheMemoryOfOneThatHasGone) {
  NetServer server(serve_websocket([](WsPeer& peer) {
    peer.send_text("hello");
    peer.peer().wait_for_end();
  }));
  net::WsBufferStore store({}, 1);
  const auto connect = [&] {
    WsOpened opened = open_websocket(server.endpoint(), nullptr, kPatient, store);
    EXPECT_TRUE(opened.socket) << opened.error;
    return std::move(opened.socket);
  };
  const auto heard_at = [](WebSocket& socket) { return next_event(socket).payload.data(); };
  auto first = connect();
  const char* const at = heard_at(*first);
  first.reset();
  const auto second = connect();
  EXPECT_EQ(heard_at(*second), at);
  EXPECT_EQ(store.sets(), 1u);
  const auto beside = connect();
  EXPECT_NE(heard_at(*beside), at) << "somebody has it";
  EXPECT_EQ(store.sets(), 2u);
}

TEST(WsConnect, ARefusalCarriesItsStatusAndWhenToComeBack) {
  for (const int status : {403, 418, 429, 451, 503}) {
    NetServer server(serve_http([&](const ServedRequest&) {
      return ServedResponse{.status = status,
                            .body = "<html>" + std::string(1'000'000, 'x') + "</html>",
                            .headers = {{"Retry-After", "30"}}};
    }));
    const WsOpened opened = open_websocket(server.endpoint(), nullptr, kPatient, {});
    EXPECT_FALSE(opened.socket);
    EXPECT_EQ(opened.http_status, status);
    EXPECT_EQ(opened.retry_after, 30 * kSecond);
    EXPECT_EQ(opened.error.find(server.endpoint().authority() + ": websocket upgrade: HTTP " +
                                std::to_string(status)),
              0u)
        << opened.error;
    EXPECT_NE(opened.error.find("nothing more for 30 s"), std::string::npos) << opened.error;
    EXPECT_EQ(opened.error.find("<html>"), std::string::npos) << "its page is not read";
  }
}

TEST(WsConnect, APageInPlaceOfAnUpgradeIsNone) {
  NetServer server(
      serve_http([](const ServedRequest&) { return ServedResponse{.body = "<html>"}; }));
  const WsOpened opened = open_websocket(server.endpoint(), nullptr, kPatient, {});
  EXPECT_FALSE(opened.socket);
  EXPECT_THAT(opened.error, HasSubstr("the answer is no upgrade to a WebSocket"));
}

TEST(WsConnect, AnAnswerThatIsNoUpgradeIsRefused) {
  const std::string start = "HTTP/1.1 101 Switching Protocols\r\n";
  const std::string upgrade = "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n";
  struct Case {
    std::string headers, reason;
  };
  for (const auto& [headers, reason] : {
           Case{"", "no upgrade"},
           Case{"Upgrade: h2c\r\nConnection: Upgrade\r\n", "no upgrade"},
           Case{"Upgrade: websocket\r\n", "no upgrade"},
           Case{upgrade, "another key"},
           Case{upgrade + "Sec-WebSocket-Accept: " + WsPeer::accept_of("other") + "\r\n",
                "another key"},
           Case{upgrade + "Sec-WebSocket-Extensions: permessage-deflate\r\n"
                          "Sec-WebSocket-Accept: RIGHT\r\n",
                "not offered"},
       }) {
    NetServer server([&](Peer& peer) {
      const std::string request = peer.read_until("\r\n\r\n");
      const std::string key = request.substr(request.find("-Key: ") + 6, 24);
      std::string answer = start + headers + "\r\n";
      const std::size_t right = answer.find("RIGHT");
      if (right != std::string::npos) answer.replace(right, 5, WsPeer::accept_of(key));
      peer.write(answer);
      peer.wait_for_end();
    });
    const WsOpened opened = open_websocket(server.endpoint(), nullptr, kPatient, {});
    EXPECT_FALSE(opened.socket);
    EXPECT_THAT(opened.error, HasSubstr(reason)) << headers;
  }
}

TEST(WsConnect, GarbageSilenceAndNobodyAreErrors) {
  NetServer garbage([](Peer& peer) {
    peer.read_until("\r\n\r\n");
    peer.write("\x81\x05hello\r\n\r\n");
  });
  EXPECT_THAT(open_websocket(garbage.endpoint(), nullptr, kPatient, {}).error,
              HasSubstr("not HTTP"));
  NetServer silent([](Peer& peer) { peer.wait_for_end(); });
  const DialOptions brief{.timeout = std::chrono::milliseconds(100), .stop = nullptr};
  EXPECT_THAT(open_websocket(silent.endpoint(), nullptr, brief, {}).error,
              HasSubstr("no answer within 100 ms"));
}

TEST(WebSocket, FramesGluedToTheUpgradeAreNotLost) {
  NetServer server([](Peer& raw) {
    WsPeer peer(raw);
    peer.upgrade(WsPeer::frame(0x81, "one") + WsPeer::frame(0x81, "two") + "\x81");
    raw.write("\x05three");
    raw.wait_for_end();
  });
  const auto socket = open(server);
  EXPECT_EQ(next_text(*socket), "one");
  EXPECT_EQ(next_text(*socket), "two");
  EXPECT_EQ(next_text(*socket), "three");
}

TEST(WebSocket, TextsAndBinariesOfEveryLengthFormArrive) {
  const std::vector<std::size_t> sizes{0, 1, 125, 126, 127, 65535, 65536, 1'000'000};
  NetServer server(serve_websocket([&](WsPeer& peer) {
    for (const std::size_t bytes : sizes) {
      peer.send_text(std::string(bytes, 't'));
      peer.send(0x82, std::string(bytes, '\xFF'));
    }
    peer.peer().wait_for_end();
  }));
  const auto socket = open(server);
  for (const std::size_t bytes : sizes) {
    EXPECT_EQ(next_text(*socket), std::string(bytes, 't'));
    const WsMessage binary = next_event(*socket);
    EXPECT_EQ(binary.event, WsEvent::kBinary);
    EXPECT_EQ(binary.payload, std::string(bytes, '\xFF'));
  }
  EXPECT_EQ(socket->counters().messages_in, 2 * sizes.size());
}

TEST(WebSocket, FragmentsArriveAsOneMessageAroundControlFrames) {
  NetServer server(serve_websocket([](WsPeer& peer) {
    peer.send(0x01, "one ");
    peer.send(0x89, "ping");
    peer.send(0x00, "");
    peer.send(0x8A, "pong");
    peer.send(0x00, "\xE2\x82");  // a character cut in two
    peer.send(0x80, "\xAC three");
    peer.send_text("next");
    const auto pong = peer.read();
    peer.send_text(pong ? pong->payload : "no pong");
    peer.peer().wait_for_end();
  }));
  const auto socket = open(server);
  const WsMessage pong = next_event(*socket);
  EXPECT_EQ(pong.event, WsEvent::kPong);
  EXPECT_EQ(pong.payload, "pong");
  EXPECT_EQ(next_text(*socket), "one \xE2\x82\xAC three");
  EXPECT_EQ(next_text(*socket), "next");
  EXPECT_EQ(next_text(*socket), "ping");
}

TEST(WebSocket, FragmentsArriveByteByByte) {
  NetServer server(serve_websocket([](WsPeer& peer) {
    const std::string bytes = WsPeer::frame(0x01, "ab") + WsPeer::frame(0x89, "p") +
                              WsPeer::frame(0x00, "c") + WsPeer::frame(0x80, std::string(200, 'd'));
    for (const char& byte : bytes) peer.peer().write({&byte, 1});
    peer.peer().wait_for_end();
  }));
  const auto socket = open(server);
  EXPECT_EQ(next_text(*socket), "abc" + std::string(200, 'd'));
  EXPECT_EQ(socket->counters().pings_answered, 1U);
}

TEST(WebSocket, PaddingBehindAMessageIsReadable) {
  const WsLimits tight{.message_bytes_max = 1000, .receive_bytes = 0, .send_bytes = 0};
  NetServer server(serve_websocket([](WsPeer& peer) {
    peer.send_text(std::string(1000, 'x'));
    peer.peer().wait_for_end();
  }));
  const auto socket = open(server, tight);
  const WsMessage message = next_event(*socket);
  ASSERT_EQ(message.payload.size(), 1000U);
  int sum = 0;  // AddressSanitizer would object
  for (std::size_t i = 0; i < WebSocket::kPadding; ++i) sum += message.payload.data()[1000 + i];
  EXPECT_GE(sum, 0);
}

TEST(WebSocket, PingsAreEchoedWithTheirPayload) {
  NetServer server(serve_websocket([](WsPeer& peer) {
    for (const std::string& payload : {std::string(), std::string("x"), std::string(125, 'y')}) {
      peer.send(0x89, payload);
      const auto pong = peer.read();
      peer.send_text(pong && pong->first == 0x8A && pong->payload == payload ? "good" : "bad");
    }
    peer.peer().wait_for_end();
  }));
  const auto socket = open(server);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(next_text(*socket), "good");
  EXPECT_EQ(socket->counters().pings_answered, 3U);
}

TEST(WebSocket, OurPingsGoOut) {
  NetServer server(serve_websocket([](WsPeer& peer) {
    const auto ping = peer.read();
    if (ping && ping->first == 0x89) peer.send(0x8A, ping->payload);
    peer.peer().wait_for_end();
  }));
  const auto socket = open(server);
  EXPECT_TRUE(socket->send_ping("are you there"));
  const WsMessage pong = next_event(*socket);
  EXPECT_EQ(pong.event, WsEvent::kPong);
  EXPECT_EQ(pong.payload, "are you there");
}

TEST(WebSocket, SentTextsArriveMaskedEachWithAnotherKey) {
  std::string first, second;
  NetServer server([&](Peer& raw) {
    WsPeer peer(raw);
    peer.upgrade();
    first = raw.read_exactly(2 + 4 + 5);
    second = raw.read_exactly(2 + 4 + 5);
    peer.send_text("done");
    raw.wait_for_end();
  });
  const auto socket = open(server);
  EXPECT_TRUE(socket->send_text("hello"));
  EXPECT_TRUE(socket->send_text("hello"));
  EXPECT_EQ(next_text(*socket), "done");
  for (const std::string& frame : {first, second}) {
    ASSERT_EQ(frame.size(), 11U);
    EXPECT_EQ(frame.substr(0, 2), "\x81\x85");
    std::string text = frame.substr(6);
    for (std::size_t i = 0; i < text.size(); ++i) {
      text[i] = static_cast<char>(text[i] ^ frame[2 + i % 4]);
    }
    EXPECT_EQ(text, "hello");
  }
  EXPECT_NE(first.substr(2, 4), second.substr(2, 4));
}

TEST(WebSocket, WhatIsEncodedInPlaceArrives) {
  NetServer server(serve_websocket_echo());
  const auto socket = open(server);
  for (const std::size_t bytes : {0U, 5U, 126U, 1000U}) {
    const std::span<char> room = socket->prepare(2000);
    ASSERT_EQ(room.size(), 2000U);
    std::fill_n(room.begin(), bytes, 'e');
    EXPECT_TRUE(socket->commit(bytes));
    EXPECT_EQ(next_text(*socket), std::string(bytes, 'e'));
  }
  EXPECT_EQ(socket->counters().messages_out, 4U);
}

TEST(WebSocket, APreparedRoomMayBeLeftUnused) {
  NetServer server(serve_websocket_echo());
  const auto socket = open(server);
  EXPECT_FALSE(socket->prepare(100).empty());
  EXPECT_TRUE(socket->send_text("after all"));
  EXPECT_EQ(next_text(*socket), "after all");
}

TEST(WebSocket, AMessageThatCanNeverFitIsNotSent) {
  NetServer server(serve_websocket_echo());
  const auto socket = open(server, {.send_bytes = 1000});
  EXPECT_FALSE(socket->send_text(std::string(1001, 'x')));
  EXPECT_TRUE(socket->prepare(std::size_t{1} << 62).empty());
  EXPECT_TRUE(socket->send_text("small"));
  EXPECT_EQ(next_text(*socket), "small");
}

// The server reads nothing until told; then everything that was accepted arrives, whole.
TEST(WebSocket, ASlowReaderFillsTheBoundedBufferAndNothingIsLost) {
  std::atomic<bool> read{false};
  std::atomic<std::size_t> received{0};
  NetServer server(serve_websocket([&](WsPeer& peer) {
    read.wait(false);
    std::size_t expected = 0;
    while (true) {
      const auto frame = peer.read();
      if (!frame || frame->payload == "end") break;
      if (frame->payload !=
          std::string(3000 + expected % 7, static_cast<char>('a' + expected % 26))) {
        break;
      }
      received = ++expected;
    }
    peer.send_text("enough");
    peer.peer().wait_for_end();
  }));
  const auto socket = open(server, {.send_bytes = 10'000});
  std::size_t sent = 0;
  const auto message = [&] {
    return std::string(3000 + sent % 7, static_cast<char>('a' + sent % 26));
  };
  while (socket->send_text(message())) ++sent;
  EXPECT_TRUE(socket->is_open());
  EXPECT_GT(sent, 3U);
  EXPECT_EQ(socket->poll().event, WsEvent::kNone);
  EXPECT_FALSE(socket->send_text(message())) << "still full";
  EXPECT_GT(socket->bytes_waiting(), 0U);
  read = true;
  read.notify_all();
  for (int more = 0; more < 100; ++more) {
    send_patiently(*socket, message());
    ++sent;
  }
  send_patiently(*socket, "end");
  EXPECT_EQ(next_text(*socket), "enough");
  EXPECT_EQ(received, sent);
}

TEST(WebSocket, PingsOfAPeerThatDoesNotReadAreAnsweredByTheLatest) {
  std::atomic<bool> full{false};
  NetServer server(serve_websocket([&](WsPeer& peer) {
    full.wait(false);
    for (int i = 0; i < 1000; ++i) peer.send(0x89, std::to_string(i));
    peer.send_text("pinged");
    std::string last;
    while (last != "999") {
      const auto frame = peer.read();
      if (!frame) break;
      if (frame->first == 0x8A) last = frame->payload;
    }
    peer.send_text(last);
    peer.peer().wait_for_end();
  }));
  const auto socket = open(server, {.send_bytes = 100'000});
  while (socket->send_text(std::string(9000, 'x'))) continue;
  full = true;
  full.notify_all();
  EXPECT_EQ(next_text(*socket), "pinged");
  EXPECT_EQ(next_text(*socket), "999");
  EXPECT_LE(socket->counters().pings_answered, 1000U);
}

// Echoed by Beast, in fragments: whatever was sent comes back, in order, over TLS and plain.
void echo_property(const NetServer& server, const net::TlsContext* tls) {
  const WsLimits limits{.message_bytes_max = 20'000, .receive_bytes = 0, .send_bytes = 25'000};
  WsOpened opened = open_websocket(server.endpoint("/"), tls, kPatient, limits);
  ASSERT_TRUE(opened.socket) << opened.error;
  const auto in_order = [&](const std::vector<std::uint16_t>& sizes) {
    for (const std::uint16_t size : sizes) {
      const std::size_t bytes = size % 20'001;
      const std::string text(bytes, static_cast<char>('a' + size % 26));
      send_patiently(*opened.socket, text);
      const WsMessage message = next_event(*opened.socket);
      RC_ASSERT(message.event == WsEvent::kText);
      RC_ASSERT(message.payload == text);
    }
  };
  EXPECT_TRUE(rc::check("messages come back whole and in order", in_order));
}

TEST(WebSocket, BeastUnderstandsUsAndWeUnderstandBeast) {
  NetServer server(serve_websocket_echo(777));
  echo_property(server, nullptr);
}

TEST(WebSocket, BeastUnderstandsUsAndWeUnderstandBeastThroughTls) {
  Scratch scratch;
  const CertificateAuthority authority;
  const auto tls = net::TlsContext::client(scratch.write("ca.pem", authority.pem()));
  NetServer server(serve_websocket_echo(777), {authority.issue()});
  echo_property(server, &tls);
}

// A random cut of random messages into fragments, pings between, sent in random pieces.
struct Conversation {
  std::string wire;
  std::vector<std::string> messages;
};

Conversation random_conversation() {
  Conversation made;
  const int count = *rc::gen::inRange(1, 8);
  for (int m = 0; m < count; ++m) {
    const int fragments = *rc::gen::inRange(1, 6);
    std::string message;
    for (int f = 0; f < fragments; ++f) {
      const int bytes = *rc::gen::weightedOneOf<int>(
          {{5, rc::gen::inRange(0, 200)}, {1, rc::gen::inRange(0, 70'000)}});
      const std::string part(static_cast<std::size_t>(bytes), static_cast<char>('a' + f));
      const int first = (f == 0 ? 0x01 : 0x00) | (f + 1 == fragments ? 0x80 : 0x00);
      made.wire += WsPeer::frame(static_cast<std::uint8_t>(first), part);
      message += part;
      if (*rc::gen::inRange(0, 4) == 0) made.wire += WsPeer::frame(0x89, "ping");
    }
    made.messages.push_back(message);
  }
  return made;
}

RC_GTEST_PROP(WebSocketProperty, RandomFragmentsInRandomPiecesArriveWhole, ()) {
  const Conversation conversation = random_conversation();
  const auto piece = static_cast<std::size_t>(*rc::gen::inRange(1, 5000));
  NetServer server(serve_websocket([&](WsPeer& peer) {
    for (std::size_t at = 0; at < conversation.wire.size(); at += piece) {
      peer.peer().write(std::string_view(conversation.wire).substr(at, piece));
    }
    peer.peer().wait_for_end();
  }));
  const WsLimits limits{.message_bytes_max = 350'000, .receive_bytes = 0, .send_bytes = 1000};
  WsOpened opened = open_websocket(server.endpoint(), nullptr, kPatient, limits);
  RC_ASSERT(opened.socket != nullptr);
  for (const std::string& expected : conversation.messages) {
    const WsMessage message = next_event(*opened.socket);
    RC_ASSERT(message.event == WsEvent::kText);
    RC_ASSERT(message.payload == expected);
  }
}

// After a warm-up, thousands of echoes allocate nothing of ours.
std::uint64_t allocations_of_echoes(const NetServer& server, const net::TlsContext* tls) {
  WsOpened opened = open_websocket(server.endpoint("/"), tls, kPatient, {});
  EXPECT_TRUE(opened.socket) << opened.error;
  const std::string text(300, 'x');
  const auto echo = [&] {
    bool sent = opened.socket->send_text(text);
    while (sent) {
      const WsMessage message = opened.socket->poll();
      if (message.event == WsEvent::kText) return message.payload == text;
      sent = message.event == WsEvent::kNone;
    }
    return false;
  };
  EXPECT_TRUE(echo());
  const std::uint64_t before = thread_hot_path_allocations();
  bool good = true;
  {
    const SealedScope sealed;
    for (int i = 0; i < 500 && good; ++i) good = echo();
  }
  EXPECT_TRUE(good);
  return thread_hot_path_allocations() - before;
}

TEST(WebSocket, PollingAndSendingAllocateNothing) {
  NetServer server(serve_websocket_echo());
  EXPECT_EQ(allocations_of_echoes(server, nullptr), 0U);
}

TEST(WebSocket, PollingAndSendingThroughTlsAllocateOnlyWhatOpenSslDoes) {
  Scratch scratch;
  const CertificateAuthority authority;
  const auto tls = net::TlsContext::client(scratch.write("ca.pem", authority.pem()));
  NetServer server(serve_websocket_echo(), {authority.issue()});
  // From the heap: four small nodes a round trip, its packet writer's.
  const std::uint64_t allowed = net::install_tls_memory() ? 0 : 4 * 500;
  EXPECT_LE(allocations_of_echoes(server, &tls), allowed);
}

}  // namespace
}  // namespace mm::test
