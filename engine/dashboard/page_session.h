// One page that watches: a WebSocket that is told how things are, and asks for another engine or
// instrument with `watch ENGINE INSTRUMENT`.
//
// The server's thread. Keeps itself alive while an operation is under way. There is one message
// under way and none waiting: who reads slowly is told less often, who reads not at all loses the
// connection. At the server's end it is closed as going away (1001), so that the page can tell that
// from a monitor that cannot be reached.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <charconv>
#include <memory>

#include "engine/dashboard/access.h"
#include "engine/dashboard/board.h"
#include "engine/dashboard/connections.h"

namespace mm::dashboard {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
namespace websocket = beast::websocket;

template <class Stream>
class PageSession : public Page, public std::enable_shared_from_this<PageSession<Stream>> {
 public:
  using Request = http::request<http::string_body>;
  static constexpr std::size_t kRequestBytesMax = 64;

  PageSession(Stream stream, Board& board, Connections& all,
              std::shared_ptr<Connections::Seat> seat)
      : ws_(std::move(stream)), board_(board), all_(all), seat_(std::move(seat)) {}
  ~PageSession() override { all_.remove(*this); }

  void start(const Request& request) {
    beast::get_lowest_layer(ws_).expires_never();
    websocket::stream_base::timeout timeouts{.handshake_timeout = std::chrono::seconds(10),
                                             .idle_timeout = std::chrono::seconds(30),
                                             .keep_alive_pings = true};
    ws_.set_option(timeouts);
    ws_.set_option(websocket::stream_base::decorator([](websocket::response_type& response) {
      response.set(http::field::sec_websocket_protocol, {kSubprotocol.data(), kSubprotocol.size()});
    }));
    ws_.read_message_max(kRequestBytesMax);
    ws_.text(true);
    ws_.async_accept(request, [self = self()](beast::error_code error) {
      if (error) return;
      self->all_.add(*self);
      self->read();
      self->tell();
    });
  }

  void tell() override {
    if (writing_) return;
    writing_ = true;
    wishes_ = false;
    message_ = board_.message(watch_);
    ws_.async_write(asio::buffer(*message_), [self = self()](beast::error_code error, std::size_t) {
      self->writing_ = false;
      self->message_.reset();
      if (error) return self->close();
      if (self->ending_) return self->say_goodbye();
      if (self->watch_.behind || self->wishes_) self->tell();
    });
  }

  void end() override {
    ending_ = true;
    if (!writing_) say_goodbye();
  }

 private:
  std::shared_ptr<PageSession> self() { return this->shared_from_this(); }

  void read() {
    ws_.async_read(buffer_, [self = self()](beast::error_code error, std::size_t) {
      if (error || !self->take()) return self->close();
      self->read();
    });
  }
  // False for what is no request.
  bool take() {
    const auto data = buffer_.cdata();
    std::string_view text(static_cast<const char*>(data.data()), data.size());
    constexpr std::string_view kWord = "watch ";
    Watch wish;
    if (!text.starts_with(kWord)) return false;
    const char* const end = text.data() + text.size();
    const auto [space, bad_engine] = std::from_chars(text.data() + kWord.size(), end, wish.engine);
    if (bad_engine != std::errc() || space == end || *space != ' ') return false;
    const auto [last, bad_instrument] = std::from_chars(space + 1, end, wish.instrument);
    if (bad_instrument != std::errc() || last != end) return false;
    watch_ = wish;
    wishes_ = true;
    buffer_.clear();
    tell();
    return true;
  }
  void say_goodbye() {
    writing_ = true;
    ws_.async_close({websocket::close_code::going_away, "the monitor ends"},
                    [self = self()](beast::error_code) { self->close(); });
  }
  void close() {
    all_.remove(*this);
    beast::get_lowest_layer(ws_).close();
  }

  websocket::stream<Stream> ws_;
  Board& board_;
  Connections& all_;
  std::shared_ptr<Connections::Seat> seat_;
  beast::flat_buffer buffer_{kRequestBytesMax};
  Watch watch_;
  std::shared_ptr<const std::string> message_;
  bool writing_ = false, wishes_ = false, ending_ = false;
};

}  // namespace mm::dashboard
