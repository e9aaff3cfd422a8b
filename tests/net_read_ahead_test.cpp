// What an owner who is behind takes in beforehand, and what it is told of it.
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

#include "engine/net/websocket.h"
#include "engine/net/ws_connect.h"
#include "tests/certificates.h"
#include "tests/e2e_support.h"
#include "tests/local_venue.h"
#include "tests/net_client.h"
#include "tests/net_server.h"

namespace mm::test {
namespace {

using net::WebSocket;
using net::WsEvent;

constexpr std::size_t kTextBytes = 1'000, kFrameBytes = kTextBytes + 4;

std::string text_of(int number) {
  std::string text = std::to_string(number) + ' ';
  return text + std::string(kTextBytes - text.size(), 'x');
}

// A server that sends so many texts, each with its number, and then says or does nothing more until
// it is let go; over TLS, as a feed's is.
class ReadAhead : public testing::Test {
 protected:
  void open(int texts, bool close = false) {
    server_ = std::make_unique<NetServer>(serve_websocket([this, texts, close](WsPeer& peer) {
                                            for (int i = 0; i < texts; ++i) {
                                              peer.send_text(text_of(i));
                                            }
                                            all_sent_ = true;
                                            if (close) return peer.peer().close();
                                            peer.peer().wait_for_end();
                                          }),
                                          NetServer::Tls{authority_.issue(), 0});
    const net::TlsContext tls = net::TlsContext::client(scratch_.write("ca.pem", authority_.pem()));
    net::WsOpened opened = net::open_websocket(server_->endpoint("/ws"), &tls, {}, {});
    ASSERT_TRUE(opened.socket) << opened.error;
    socket_ = std::move(opened.socket);
  }
  // That have come in, undecoded ones too.
  std::size_t texts_in() const {
    return static_cast<std::size_t>(socket_->counters().bytes_in) / kFrameBytes;
  }
  bool sent() {
    return wait_until([&] { return all_sent_.load(); });
  }
  std::string next_text() {
    const net::WsMessage message = next_event(*socket_);
    EXPECT_EQ(message.event, WsEvent::kText) << socket_->problem();
    return std::string(message.payload);
  }
  std::size_t peeked() const {
    std::size_t count = 0, at = 0;
    while (!socket_->peek_text(at).empty()) ++count;
    return count;
  }

  const Scratch scratch_;
  CertificateAuthority authority_;
  std::atomic<bool> all_sent_{false};
  std::unique_ptr<WebSocket> socket_;
  std::unique_ptr<NetServer> server_;
};

TEST_F(ReadAhead, SaysThatThereIsNoMoreWhenTheSocketIsEmpty) {
  open(0);
  EXPECT_FALSE(socket_->read_ahead());
  EXPECT_EQ(peeked(), 0u);
  EXPECT_EQ(socket_->poll().event, WsEvent::kNone);
}

TEST_F(ReadAhead, TakesInAllThatIsThereAndSaysThatItWasAll) {
  constexpr int kTexts = 20;
  open(kTexts);
  ASSERT_TRUE(wait_until([&] {
    EXPECT_FALSE(socket_->read_ahead()) << "it went on until there was nothing";
    return texts_in() == kTexts;
  }));
  EXPECT_EQ(peeked(), std::size_t{kTexts});
  for (int i = 0; i < kTexts; ++i) {
    EXPECT_TRUE(socket_->has_buffered());
    EXPECT_EQ(next_text(), text_of(i));
  }
  EXPECT_FALSE(socket_->has_buffered());
  EXPECT_FALSE(socket_->read_ahead());
}

TEST_F(ReadAhead, IsBoundedAndReadsNothingWhileMuchWaits) {
  constexpr int kTexts = 300;
  constexpr std::size_t kMost = WebSocket::kReadAhead;
  static_assert(kTexts * kFrameBytes > 2 * kMost);
  open(kTexts);
  ASSERT_TRUE(sent());
  ASSERT_TRUE(wait_until([&] { return socket_->read_ahead(); })) << "there is more than it takes";
  const auto bytes_in = [&] { return socket_->counters().bytes_in; };
  const std::uint64_t before = bytes_in();
  EXPECT_LE(before, kMost);
  EXPECT_TRUE(socket_->read_ahead());
  EXPECT_EQ(bytes_in(), before) << "more than a quarter of it waits";
  // A text less each time, until it reads again; every one in its order.
  int next = 0;
  for (; next < kTexts && bytes_in() == before; ++next) {
    ASSERT_EQ(next_text(), text_of(next));
    EXPECT_TRUE(socket_->read_ahead() || bytes_in() > before);
  }
  const std::size_t waiting =
      static_cast<std::size_t>(before) - static_cast<std::size_t>(next) * kFrameBytes;
  EXPECT_LT(waiting, kMost / 4);
  EXPECT_GT(waiting, kMost / 4 - 2 * kFrameBytes);
  for (; next < kTexts; ++next) ASSERT_EQ(next_text(), text_of(next));
  EXPECT_FALSE(socket_->read_ahead());
}

TEST_F(ReadAhead, TheEndOfTheStreamIsNoLossOfWhatCameBeforeIt) {
  constexpr int kTexts = 50;
  open(kTexts, true);
  ASSERT_TRUE(sent());
  ASSERT_TRUE(wait_until([&] {
    EXPECT_FALSE(socket_->read_ahead());
    return texts_in() == kTexts;
  }));
  for (int i = 0; i < kTexts; ++i) EXPECT_EQ(next_text(), text_of(i));
  EXPECT_EQ(next_event(*socket_).event, WsEvent::kFailed) << "by the poll that comes to it";
}

}  // namespace
}  // namespace mm::test
