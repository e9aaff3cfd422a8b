// One connection of a client as HTTP: requests one after the other, until it becomes a page's
// WebSocket.
//
// The server's thread. Keeps itself alive while an operation is under way. Header, body and time of
// a request are bounded.
#pragma once

#include "engine/dashboard/page_session.h"
#include "engine/dashboard/site.h"

namespace mm::dashboard {

template <class Stream>
class HttpSession : public std::enable_shared_from_this<HttpSession<Stream>> {
 public:
  static constexpr std::uint32_t kHeaderBytesMax = 8u << 10;
  static constexpr std::uint64_t kBodyBytesMax = 256;
  static constexpr std::chrono::seconds kTime{15};  // of a request, the wait for it included
  static constexpr bool kTls = !std::is_same_v<Stream, beast::tcp_stream>;

  HttpSession(Stream stream, Site& site, Connections& all)
      : stream_(std::move(stream)),
        site_(site),
        all_(all),
        seat_(std::make_shared<Connections::Seat>(all)) {}

  void start() {
    beast::get_lowest_layer(stream_).expires_after(kTime);
    if constexpr (kTls) {
      stream_.async_handshake(asio::ssl::stream_base::server,
                              [self = self()](beast::error_code error) {
                                if (!error) self->read();
                              });
    } else {
      read();
    }
  }

 private:
  std::shared_ptr<HttpSession> self() { return this->shared_from_this(); }

  void read() {
    parser_.emplace();
    parser_->header_limit(kHeaderBytesMax);
    parser_->body_limit(kBodyBytesMax);
    beast::get_lowest_layer(stream_).expires_after(kTime);
    http::async_read(
        stream_, buffer_, *parser_,
        [self = self()](beast::error_code error, std::size_t) { self->on_read(error); });
  }

  void on_read(beast::error_code error) {
    if (error == http::error::body_limit) return refuse(413, "a request is shorter\n");
    if (error == http::error::header_limit || error == http::error::buffer_overflow) {
      return refuse(431, "a request has a shorter header\n");
    }
    const bool malformed = error.category() == http::make_error_code({}).category() &&
                           error != http::error::end_of_stream &&
                           error != http::error::partial_message;
    if (malformed) return refuse(400, "this is no request\n");
    if (error) return close();
    const Request asked = describe(parser_->get());
    if (websocket::is_upgrade(parser_->get())) return upgrade(asked);
    keep_alive_ = parser_->get().keep_alive();
    head_only_ = parser_->get().method() == http::verb::head;
    site_.answer(asked, [self = self()](Answer answer) { self->write(std::move(answer)); });
  }

  // Of a query nothing is asked.
  static Request describe(const http::request<http::string_body>& request) {
    const auto view = [](beast::string_view text) {
      return std::string_view(text.data(), text.size());
    };
    const std::string_view target = view(request.target());
    return {.method = view(request.method_string()),
            .path = target.substr(0, target.find('?')),
            .host = view(request[http::field::host]),
            .authorization = view(request[http::field::authorization]),
            .protocols = view(request[http::field::sec_websocket_protocol]),
            .body = request.body()};
  }

  void upgrade(const Request& asked) {
    if (Answer answer = site_.admit(asked); answer.status != 200) {
      keep_alive_ = false;
      return write(std::move(answer));
    }
    std::make_shared<PageSession<Stream>>(std::move(stream_), site_.board(), all_, seat_)
        ->start(parser_->release());
  }

  void refuse(int status, std::string why) {
    keep_alive_ = false;
    write({.status = status, .body = std::move(why)});
  }

  void write(Answer answer) {
    response_ = {};
    response_.version(11);
    response_.result(static_cast<unsigned>(answer.status));
    response_.set(http::field::content_type, {answer.type.data(), answer.type.size()});
    if (answer.status == 401) response_.set(http::field::www_authenticate, "Bearer");
    response_.set("Content-Security-Policy",
                  "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
                  "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    response_.set("X-Content-Type-Options", "nosniff");
    response_.set("Referrer-Policy", "no-referrer");
    response_.set("Cross-Origin-Opener-Policy", "same-origin");
    response_.set("Cross-Origin-Resource-Policy", "same-origin");
    response_.set(http::field::cache_control, "no-store");
    response_.keep_alive(keep_alive_);
    response_.body() = std::move(answer.body);
    response_.prepare_payload();
    if (head_only_) response_.body().clear();  // its length stays
    beast::get_lowest_layer(stream_).expires_after(kTime);
    http::async_write(stream_, response_, [self = self()](beast::error_code error, std::size_t) {
      if (error) return;
      if (!self->keep_alive_) return self->close();
      self->read();
    });
  }

  // What is still sent is thrown away, within the time of a request: were it left unread, the
  // client would see a reset in place of the answer.
  void close() {
    beast::error_code ignored;
    beast::get_lowest_layer(stream_).socket().shutdown(asio::ip::tcp::socket::shutdown_send,
                                                       ignored);
    drain();
  }
  void drain() {
    buffer_.clear();
    beast::get_lowest_layer(stream_).async_read_some(
        buffer_.prepare(4096), [self = self()](beast::error_code error, std::size_t) {
          if (!error) self->drain();
        });
  }

  Stream stream_;
  Site& site_;
  Connections& all_;
  std::shared_ptr<Connections::Seat> seat_;
  beast::flat_buffer buffer_{kHeaderBytesMax + kBodyBytesMax};
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
  bool keep_alive_ = false, head_only_ = false;
};

}  // namespace mm::dashboard
