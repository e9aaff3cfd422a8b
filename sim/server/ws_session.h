// One WebSocket of a client: reading, pinging, and a bounded queue of what is to be sent.
//
// The server's thread. Keeps itself alive while an operation is under way; stop() ends it. Every
// message waits at most once in memory, shared with all who get it; the queue is bounded in
// messages and bytes, and who lets it run full is cut off.
#pragma once

#include <fmt/format.h>

#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <deque>
#include <random>

#include "sim/server/frontend.h"
#include "sim/server/sessions.h"

namespace mm::server {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;

// May be made slow.
using TcpStream =
    beast::basic_stream<asio::ip::tcp, asio::any_io_executor, beast::simple_rate_policy>;

template <class Stream>
class WsSession : public Connection,
                  public Session,
                  public std::enable_shared_from_this<WsSession<Stream>> {
 public:
  using Request = http::request<http::string_body>;
  using Clock = std::chrono::steady_clock;
  static constexpr std::size_t kQueuedBytesMax = 4u << 20, kQueuedMessagesMax = 8192;
  static constexpr std::size_t kMessageBytesMax = 64u << 10;

  WsSession(Stream stream, Sessions& sessions)
      : ws_(std::move(stream)), timer_(ws_.get_executor()), sessions_(sessions) {
    sessions_.add(*this);
  }
  ~WsSession() override {
    conversation_.reset();
    sessions_.remove(*this);
  }

  void start(const Request& request, std::unique_ptr<Conversation> conversation) {
    conversation_ = std::move(conversation);
    lowest().expires_never();
    websocket::stream_base::timeout timeouts;
    timeouts.handshake_timeout = std::chrono::seconds(10);
    timeouts.idle_timeout = websocket::stream_base::none();  // our own pings find the silent
    timeouts.keep_alive_pings = false;
    ws_.set_option(timeouts);
    ws_.read_message_max(kMessageBytesMax);
    ws_.control_callback([this](websocket::frame_type type, beast::string_view payload) {
      on_control(type, {payload.data(), payload.size()});
    });
    ws_.text(true);
    ws_.auto_fragment(false);  // a message is one frame, as the venue's are
    ws_.async_accept(request, [self = self()](beast::error_code error) {
      if (error) return self->cut();
      self->open_ = true;
      self->started_ = self->pong_at_ = Clock::now();
      self->wait_for_ping();
      self->read();
      self->write_next();
    });
  }

  void send(SharedText text) override {
    if (closing_ || dead_ || frozen_) return;
    queued_bytes_ += text->size();
    queue_.push_back(std::move(text));
    if (queue_.size() > kQueuedMessagesMax || queued_bytes_ > kQueuedBytesMax) {
      ++sessions_.counters.slow_clients;
      return abort();
    }
    write_next();
  }
  void close(std::string_view reason) override {
    if (closing_ || dead_) return;
    closing_ = true;
    close_reason_ = reason.substr(0, 120);
    write_next();
  }

  // What is under way is thrown away, by the kernel too; the client sees a reset.
  void abort() override {
    beast::error_code ignored;
    lowest().socket().set_option(asio::socket_base::linger(true, 0), ignored);
    cut();
  }
  // What was under way is given up for good, so in the end the connection is cut.
  void freeze(Nanos length) override {
    if (frozen_ || dead_ || !open_) return;
    frozen_ = true;
    timer_.expires_after(std::chrono::nanoseconds(length.v));
    timer_.async_wait([self = self()](beast::error_code) { self->abort(); });
    lowest().cancel();
  }

  void limit_rate(std::size_t bytes_per_s) override {
    lowest().rate_policy().read_limit(bytes_per_s);
    lowest().rate_policy().write_limit(bytes_per_s);
  }

  // Session
  void shut_down() override {
    if (conversation_ && !closing_) conversation_->on_shutdown();
    close("server shutdown");
  }
  void drop_after(std::uint64_t messages) override {
    drop_after_ = messages;
    if (messages == 0) abort();
  }

 private:
  std::shared_ptr<WsSession> self() { return this->shared_from_this(); }
  TcpStream& lowest() { return beast::get_lowest_layer(ws_); }

  // Without a goodbye, or after it.
  void cut() {
    if (dead_) return;
    dead_ = true;
    timer_.cancel();
    lowest().close();
  }

  void read() {
    ws_.async_read(buffer_,
                   [self = self()](beast::error_code error, std::size_t) { self->on_read(error); });
  }
  void on_read(beast::error_code error) {
    if (frozen_) return;
    if (error || dead_) return cut();
    if (closing_) {
      buffer_.clear();
      return read();  // until the client has answered the close
    }
    if (sessions_.on_message) sessions_.on_message();
    ++sessions_.counters.messages_in;
    const auto data = buffer_.cdata();
    // A binary frame is read like a text one; the real venue answers neither better.
    if (allowed()) conversation_->on_text({static_cast<const char*>(data.data()), data.size()});
    buffer_.clear();
    if (buffer_.capacity() > kMessageBytesMax) buffer_.shrink_to_fit();
    if (!dead_) read();
  }

  // Counts what the client sends; too much in a second ends the connection.
  bool allowed() {
    const int limit = conversation_->messages_per_s();
    if (limit == 0) return true;
    const auto now = Clock::now();
    if (now - second_began_ >= std::chrono::seconds(1)) {
      second_began_ = now;
      in_second_ = 0;
    }
    if (++in_second_ <= limit) return true;
    close("too many messages");
    return false;
  }

  void on_control(websocket::frame_type type, std::string_view payload) {
    if (type == websocket::frame_type::close || closing_ || !conversation_) return;
    // Many clients answer a ping twice, with its payload and without: only the first one counts
    // for being alive, none of a ping's two against them.
    if (type == websocket::frame_type::pong && answers_left_ > 0) {
      --answers_left_;
      if (payload == ping_payload_) pong_at_ = Clock::now();
      return;
    }
    allowed();
  }

  void wait_for_ping() {
    timer_.expires_after(sessions_.ping_interval);
    timer_.async_wait([self = self()](beast::error_code error) {
      if (!error && !self->dead_ && !self->frozen_) self->ping();
    });
  }
  void ping() {
    const auto now = Clock::now();
    if (now - pong_at_ > 3 * sessions_.ping_interval) return abort();
    if (now - started_ > sessions_.lifetime) return shut_down();  // as the venue says it does
    if (now - close_began_ > std::chrono::seconds(10) && closing_) return cut();
    ping_payload_ = fmt::format("{}", std::chrono::system_clock::now().time_since_epoch().count());
    answers_left_ = 2;
    if (!closing_) {
      ws_.async_ping({ping_payload_.data(), ping_payload_.size()},
                     [self = self()](beast::error_code) {});
    }
    wait_for_ping();
  }

  void write_next() {
    if (!open_ || writing_ || dead_ || frozen_) return;
    if (queue_.empty()) {
      if (closing_) say_goodbye();
      return;
    }
    writing_ = true;
    ws_.async_write(asio::buffer(*queue_.front()),
                    [self = self()](beast::error_code error, std::size_t) {
                      self->writing_ = false;
                      if (self->frozen_) return;
                      if (error || self->dead_) return self->cut();
                      self->on_written();
                    });
  }
  void on_written() {
    queued_bytes_ -= queue_.front()->size();
    queue_.pop_front();
    ++sessions_.counters.messages_out;
    if (drop_after_ != kNoDrop && --drop_after_ == 0) return abort();
    write_next();
  }
  void say_goodbye() {
    writing_ = true;
    close_began_ = Clock::now();
    timer_.expires_after(std::chrono::seconds(5));  // a client that never answers is cut
    timer_.async_wait([self = self()](beast::error_code error) {
      if (!error) self->cut();
    });
    ws_.async_close({websocket::close_code::going_away, close_reason_.c_str()},
                    [self = self()](beast::error_code) { self->cut(); });
  }

  static constexpr std::uint64_t kNoDrop = ~std::uint64_t{0};

  websocket::stream<Stream> ws_;
  asio::steady_timer timer_;
  Sessions& sessions_;
  std::unique_ptr<Conversation> conversation_;
  beast::flat_buffer buffer_{kMessageBytesMax};
  std::deque<SharedText> queue_;
  std::size_t queued_bytes_ = 0;
  bool open_ = false, writing_ = false, closing_ = false, dead_ = false, frozen_ = false;
  std::string close_reason_;
  Clock::time_point started_{}, pong_at_{}, close_began_{}, second_began_{};
  std::string ping_payload_;
  int answers_left_ = 0;  // to the latest ping
  int in_second_ = 0;
  std::uint64_t drop_after_ = kNoDrop;
};

}  // namespace mm::server
