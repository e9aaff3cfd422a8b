// How a WebSocket ends: closing handshakes both ways, every violation of the protocol, broken
// streams. A hostile peer gets no crash and no memory.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "engine/net/ws_connect.h"
#include "engine/runtime/sanitized.h"
#include "engine/runtime/sealed_scope.h"
#include "tests/net_client.h"
#include "tests/net_server.h"

namespace mm::test {
namespace {

using net::WebSocket;
using net::WsEvent;
using net::WsLimits;
using testing::HasSubstr;

constexpr WsLimits kSmall{.message_bytes_max = 1000, .receive_bytes = 0, .send_bytes = 1000};

std::unique_ptr<WebSocket> open(const NetServer& server) {
  net::WsOpened opened =
      net::open_websocket(server.endpoint("/ws"), nullptr,
                          {.timeout = std::chrono::seconds(10), .stop = nullptr}, kSmall);
  EXPECT_TRUE(opened.socket) << opened.error;
  return std::move(opened.socket);
}

int code_in(const std::optional<WsFrame>& frame) {
  if (!frame || frame->first != 0x88 || frame->payload.size() < 2) return 0;
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(frame->payload[i]); };
  return byte(0) << 8 | byte(1);
}

TEST(WebSocketClose, ThePeersCloseIsAnsweredWithItsCode) {
  for (const std::uint16_t code :
       std::initializer_list<std::uint16_t>{1000, 1001, 1008, 1011, 1012, 3000, 4999}) {
    std::atomic<int> answered{-1};
    NetServer server(serve_websocket([&](WsPeer& peer) {
      peer.send_text("last words");
      peer.send_close(code, "because");
      answered = code_in(peer.read());
      answered.notify_all();
    }));
    const auto socket = open(server);
    EXPECT_EQ(next_event(*socket).payload, "last words");
    EXPECT_EQ(next_event(*socket).event, WsEvent::kClosed);
    EXPECT_EQ(socket->close_code(), code);
    EXPECT_EQ(socket->close_reason(), "because");
    EXPECT_EQ(socket->problem(), "");
    EXPECT_FALSE(socket->is_open());
    EXPECT_FALSE(socket->send_text("too late"));
    EXPECT_FALSE(socket->send_ping());
    EXPECT_TRUE(socket->prepare(10).empty());
    EXPECT_EQ(socket->poll().event, WsEvent::kClosed) << "for ever";
    answered.wait(-1);
    EXPECT_EQ(answered, code);
  }
}

TEST(WebSocketClose, ACloseWithoutACodeIsAnsweredNormally) {
  std::atomic<int> answered{-1};
  NetServer server(serve_websocket([&](WsPeer& peer) {
    peer.send(0x88, "");
    answered = code_in(peer.read());
    answered.notify_all();
  }));
  const auto socket = open(server);
  EXPECT_EQ(next_event(*socket).event, WsEvent::kClosed);
  EXPECT_EQ(socket->close_code(), 1005);
  answered.wait(-1);
  EXPECT_EQ(answered, 1000);
}

TEST(WebSocketClose, OurCloseEndsWithThePeersAnswer) {
  std::atomic<int> heard{-1};
  NetServer server(serve_websocket([&](WsPeer& peer) {
    heard = code_in(peer.read());
    peer.send_text("still under way");
    peer.send(0x89, "not answered");
    peer.send_close(1000);
    peer.peer().wait_for_end();
  }));
  const auto socket = open(server);
  socket->close(4000);
  EXPECT_FALSE(socket->is_open());
  EXPECT_FALSE(socket->send_text("no more"));
  EXPECT_EQ(next_event(*socket).payload, "still under way");
  EXPECT_EQ(next_event(*socket).event, WsEvent::kClosed);
  EXPECT_EQ(socket->close_code(), 1000);
  EXPECT_EQ(heard, 4000);
  EXPECT_EQ(socket->counters().pings_answered, 0U);
}

TEST(WebSocketClose, OurCloseAlsoEndsWithTheConnection) {
  NetServer server(serve_websocket([](WsPeer& peer) { peer.read(); }));
  const auto socket = open(server);
  socket->close();
  EXPECT_EQ(next_event(*socket).event, WsEvent::kClosed);
  EXPECT_EQ(socket->close_code(), 1006);
}

TEST(WebSocketClose, AnEndWithoutAHandshakeIsAFailure) {
  NetServer server(serve_websocket([](WsPeer& peer) {
    peer.send_text("whole");
    peer.peer().write("\x81\x05hal");
  }));
  const auto socket = open(server);
  EXPECT_EQ(next_event(*socket).payload, "whole");
  EXPECT_EQ(next_event(*socket).event, WsEvent::kFailed);
  EXPECT_EQ(socket->close_code(), 1006);
  EXPECT_EQ(socket->problem(), "closed by the peer without a closing handshake");
  EXPECT_EQ(socket->poll().event, WsEvent::kFailed) << "for ever";
  EXPECT_FALSE(socket->send_text("x"));
}

TEST(WebSocketClose, AResetIsAFailureWithTheSystemsReason) {
  NetServer server(serve_websocket([](WsPeer& peer) {
    peer.read();
    peer.peer().reset();
  }));
  const auto socket = open(server);
  EXPECT_TRUE(socket->send_text("go"));
  EXPECT_EQ(next_event(*socket).event, WsEvent::kFailed);
  EXPECT_EQ(socket->problem(), "socket: Connection reset by peer");
}

TEST(WebSocketClose, SendingIntoABrokenConnectionFailsWithoutASignal) {
  std::atomic<bool> gone{false};
  NetServer server(serve_websocket([&](WsPeer& peer) {
    peer.read();
    peer.peer().reset();
    gone = true;
  }));
  const auto socket = open(server);
  const std::string text(500, 'x');
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (socket->is_open() && std::chrono::steady_clock::now() < give_up) socket->send_text(text);
  EXPECT_TRUE(gone);
  EXPECT_EQ(socket->poll().event, WsEvent::kFailed);
  EXPECT_THAT(socket->problem(), HasSubstr("socket: "));
}

// Bytes on the wire that break a rule, the code we answer with, and what we call it.
struct Violation {
  std::string bytes;
  int code;
  const char* problem;
};

void PrintTo(const Violation& violation, std::ostream* out) {
  *out << violation.problem;
}

class WebSocketViolation : public testing::TestWithParam<Violation> {};

TEST_P(WebSocketViolation, FailsTheConnectionWithItsCode) {
  std::atomic<int> answered{-1};
  NetServer server(serve_websocket([&](WsPeer& peer) {
    peer.peer().write(GetParam().bytes);
    answered = code_in(peer.read());
    answered.notify_all();
    peer.peer().wait_for_end();
  }));
  const auto socket = open(server);
  EXPECT_EQ(next_event(*socket).event, WsEvent::kFailed);
  EXPECT_EQ(socket->problem(), GetParam().problem);
  EXPECT_EQ(socket->close_code(), GetParam().code);
  EXPECT_FALSE(socket->send_text("x"));
  EXPECT_EQ(socket->poll().event, WsEvent::kFailed);
  answered.wait(-1);
  EXPECT_EQ(answered, GetParam().code);
}

std::string bytes(std::initializer_list<int> values) {
  std::string made;
  for (const int value : values) made += static_cast<char>(value);
  return made;
}
std::string frame(std::uint8_t first, std::string_view payload) {
  return WsPeer::frame(first, payload);
}
std::string close_frame(std::uint16_t code, std::string_view reason = {}) {
  return frame(0x88, WsPeer::close_payload(code, reason));
}

constexpr char kReserved[] = "a reserved bit is set";
constexpr char kOpcode[] = "an unknown opcode";
constexpr char kLength[] = "a frame's length in the wrong form";
constexpr char kBig[] = "a message over the limit";
constexpr char kText[] = "a text that is not UTF-8";
constexpr char kCode[] = "a bad close code";

INSTANTIATE_TEST_SUITE_P(
    Frames, WebSocketViolation,
    testing::Values(
        Violation{bytes({0x81, 0x81, 1, 2, 3, 4, 5}), 1002, "a masked frame from the server"},
        Violation{frame(0xC1, "x"), 1002, kReserved}, Violation{frame(0xA1, "x"), 1002, kReserved},
        Violation{frame(0x91, "x"), 1002, kReserved}, Violation{frame(0x83, "x"), 1002, kOpcode},
        Violation{frame(0x87, "x"), 1002, kOpcode}, Violation{frame(0x8B, "x"), 1002, kOpcode},
        Violation{frame(0x8F, "x"), 1002, kOpcode},
        Violation{frame(0x09, "x"), 1002, "a fragmented control frame"},
        Violation{frame(0x08, ""), 1002, "a fragmented control frame"},
        Violation{frame(0x89, std::string(126, 'x')), 1002, "a control frame over 125 bytes"},
        Violation{frame(0x80, "x"), 1002, "a continuation of nothing"},
        Violation{frame(0x00, "x"), 1002, "a continuation of nothing"},
        Violation{frame(0x01, "x") + frame(0x81, "y"), 1002,
                  "a new message within a fragmented one"},
        Violation{frame(0x01, "x") + frame(0x02, "y"), 1002,
                  "a new message within a fragmented one"}));

INSTANTIATE_TEST_SUITE_P(
    Lengths, WebSocketViolation,
    testing::Values(
        Violation{bytes({0x81, 126, 0, 125}), 1002, kLength},
        Violation{bytes({0x81, 127, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}), 1002, kLength},
        Violation{bytes({0x81, 127, 0, 0, 0, 0, 0, 0, 0, 5}), 1002, kLength},
        Violation{bytes({0x81, 127, 0x80, 0, 0, 0, 0, 1, 0, 0}), 1002, kLength},
        Violation{bytes({0x81, 126, 0x03, 0xE9}), 1009, kBig},
        Violation{bytes({0x82, 127, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}), 1009, kBig},
        Violation{frame(0x01, std::string(600, 'x')) + frame(0x00, std::string(401, 'x')), 1009,
                  kBig}));

INSTANTIATE_TEST_SUITE_P(Texts, WebSocketViolation,
                         testing::Values(Violation{frame(0x81, "\xFF"), 1007, kText},
                                         Violation{frame(0x81, "cut \xE2\x82"), 1007, kText},
                                         Violation{frame(0x81, "\xC0\xAF"), 1007, kText},
                                         Violation{frame(0x81, "\xED\xA0\x80"), 1007, kText},
                                         Violation{frame(0x01, "\xE2\x82") + frame(0x80, "x"), 1007,
                                                   kText},
                                         Violation{close_frame(1000, "\xFF"), 1007,
                                                   "a close reason that is not UTF-8"}));

INSTANTIATE_TEST_SUITE_P(Closes, WebSocketViolation,
                         testing::Values(Violation{frame(0x88, "x"), 1002, kCode},
                                         Violation{close_frame(0), 1002, kCode},
                                         Violation{close_frame(999), 1002, kCode},
                                         Violation{close_frame(1004), 1002, kCode},
                                         Violation{close_frame(1005), 1002, kCode},
                                         Violation{close_frame(1006), 1002, kCode},
                                         Violation{close_frame(1015), 1002, kCode},
                                         Violation{close_frame(2999), 1002, kCode},
                                         Violation{close_frame(5000), 1002, kCode}));

std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t pages = 0;
  file >> pages >> pages;
  return pages * 4096;
}

// Empty fragments without end, pings between them, answers never read.
TEST(WebSocketHostile, AFloodOfFramesTakesNoMemory) {
  constexpr std::size_t kFlood = 128 << 20;
  NetServer server(serve_websocket([](WsPeer& peer) {
    std::string flood = frame(0x01, "");
    peer.peer().write(flood);
    flood.clear();
    for (int i = 0; i < 100; ++i) flood += frame(0x00, "") + frame(0x89, std::string(125, 'p'));
    for (std::size_t sent = 0; sent < kFlood; sent += flood.size()) {
      if (!peer.peer().write(flood)) return;
    }
    peer.send(0x80, "end");
    peer.peer().wait_for_end();
  }));
  const auto socket = open(server);
  const std::size_t before = resident_bytes();
  const std::uint64_t allocated_before = thread_hot_path_allocations();
  net::WsMessage message;
  {
    const SealedScope sealed;
    message = next_event(*socket);
  }
  EXPECT_EQ(thread_hot_path_allocations(), allocated_before);
  EXPECT_EQ(message.payload, "end") << socket->problem();
  EXPECT_GT(socket->counters().bytes_in, kFlood);
  EXPECT_GT(before, 0U);
  if (!kSanitized) {
    EXPECT_LT(resident_bytes(), before + kFlood / 4);
  }
}

TEST(WebSocketHostile, RandomBytesNeverCrash) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 100; ++round) {
    std::string noise(5000, '\0');
    for (char& c : noise) c = static_cast<char>(random());
    if (round % 2 == 0) noise[0] = '\x81';
    NetServer server(serve_websocket([&](WsPeer& peer) { peer.peer().write(noise); }));
    const auto socket = open(server);
    WsEvent event = WsEvent::kNone;
    for (int i = 0; i < 5000 && event != WsEvent::kFailed && event != WsEvent::kClosed; ++i) {
      event = next_event(*socket).event;
    }
    EXPECT_TRUE(event == WsEvent::kFailed || event == WsEvent::kClosed);
  }
}

}  // namespace
}  // namespace mm::test
