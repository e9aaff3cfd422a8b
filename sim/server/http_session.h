// One connection of a client as HTTP: requests one after the other, until it becomes a WebSocket.
//
// The server's thread. Keeps itself alive while an operation is under way. Header and body are
// bounded, and so is the time a client may take.
#pragma once

#include "sim/server/ws_session.h"

namespace mm::server {

template <class Stream>
class HttpSession : public std::enable_shared_from_this<HttpSession<Stream>> {
 public:
  static constexpr std::uint32_t kHeaderBytesMax = 16u << 10;
  static constexpr std::uint64_t kBodyBytesMax = 64u << 10;
  static constexpr std::chrono::seconds kHandshakeTime{10}, kRequestTime{60};
  static constexpr bool kTls = !std::is_same_v<Stream, TcpStream>;

  HttpSession(Stream stream, Frontend& frontend, Sessions& sessions)
      : stream_(std::move(stream)),
        timer_(stream_.get_executor()),
        frontend_(frontend),
        sessions_(sessions) {
    beast::error_code error;
    const auto end = lowest().socket().remote_endpoint(error);
    if (!error) {
      address_ = end.address().to_string();
      from_loopback_ = end.address().is_loopback();
    }
  }

  void start() {
    if constexpr (kTls) {
      lowest().expires_after(kHandshakeTime);
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
  TcpStream& lowest() { return beast::get_lowest_layer(stream_); }

  void read() {
    parser_.emplace();
    parser_->header_limit(kHeaderBytesMax);
    parser_->body_limit(kBodyBytesMax);
    lowest().expires_after(kRequestTime);
    http::async_read(
        stream_, buffer_, *parser_,
        [self = self()](beast::error_code error, std::size_t) { self->on_read(error); });
  }

  void on_read(beast::error_code error) {
    if (error == http::error::body_limit) return refuse(413, "request body too large");
    if (error == http::error::header_limit) return refuse(431, "request header too large");
    if (error.category() == http::make_error_code(http::error::end_of_stream).category() &&
        error != http::error::end_of_stream && error != http::error::partial_message) {
      return refuse(400, "not a request");
    }
    if (error) return close();
    const auto& request = parser_->get();
    keep_alive_ = request.keep_alive();
    head_only_ = request.method() == http::verb::head;
    const HttpRequest asked = describe(request);
    if (websocket::is_upgrade(request)) return upgrade(asked);
    ++sessions_.counters.http_requests;
    answer(frontend_.answer(asked));
  }

  // A late one keeps those behind it waiting.
  void answer(HttpAnswer answer) {
    if (answer.delay.v <= 0) return write(std::move(answer));
    timer_.expires_after(std::chrono::nanoseconds(answer.delay.v));
    timer_.async_wait(
        [self = self(), answer = std::move(answer)](beast::error_code) { self->write(answer); });
  }

  HttpRequest describe(const http::request<http::string_body>& request) const {
    const std::string target(request.target());
    const std::size_t mark = std::min(target.find('?'), target.size());
    HttpRequest asked;
    asked.method = std::string(request.method_string());
    asked.path = target.substr(0, mark);
    asked.query = target.substr(std::min(target.size(), mark + 1));
    asked.body = request.body();
    asked.api_key = std::string(request["X-MBX-APIKEY"]);
    asked.time_unit = std::string(request["X-MBX-TIME-UNIT"]);
    asked.address = address_;
    asked.from_loopback = from_loopback_;
    return asked;
  }

  void upgrade(const HttpRequest& asked) {
    if (auto refusal = frontend_.refuse_upgrade(asked)) return write(std::move(*refusal));
    const auto request = parser_->release();
    auto session = std::make_shared<WsSession<Stream>>(std::move(stream_), sessions_);
    session->start(request, frontend_.open(asked, *session));
  }

  void refuse(int status, std::string_view why) {
    keep_alive_ = false;
    write({status, fmt::format(R"({{"code":-1000,"msg":"{}"}})", why), {}});
  }

  void write(HttpAnswer answer) {
    if (answer.status == kNoAnswer) return lowest().close();
    lowest().rate_policy().read_limit(answer.bytes_per_s);
    lowest().rate_policy().write_limit(answer.bytes_per_s);
    response_ = {};
    response_.version(11);
    response_.result(static_cast<unsigned>(answer.status));
    response_.set(http::field::content_type, "application/json;charset=UTF-8");
    for (const auto& [name, value] : answer.headers) response_.set(name, value);
    response_.keep_alive(keep_alive_);
    response_.body() = std::move(answer.body);
    response_.prepare_payload();
    if (head_only_) response_.body().clear();  // its length stays
    lowest().expires_after(kRequestTime);
    http::async_write(stream_, response_, [self = self()](beast::error_code error, std::size_t) {
      if (error) return;
      if (!self->keep_alive_) return self->close();
      self->read();
    });
  }

  void close() {
    if constexpr (kTls) {
      lowest().expires_after(kHandshakeTime);
      stream_.async_shutdown([self = self()](beast::error_code) {});
    } else {
      beast::error_code ignored;
      stream_.socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    }
  }

  Stream stream_;
  asio::steady_timer timer_;
  Frontend& frontend_;
  Sessions& sessions_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
  std::string address_;
  bool from_loopback_ = false;
  bool keep_alive_ = true, head_only_ = false;
};

}  // namespace mm::server
