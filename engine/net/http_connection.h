// One connection of a client to a server of ours as HTTP: requests one after the other, until it
// becomes a WebSocket. What they are answered is the derived class's.
//
// The server's thread. Keeps itself alive while an operation is under way. Memory and time are
// bounded: a header, a body, the wait for a request, and the time a client takes to read an answer;
// whoever waits for its next request holds no answer. Included where sockets are served, nowhere
// else: it brings all of Beast.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/ssl.hpp>
#include <boost/beast/websocket.hpp>
#include <chrono>
#include <memory>
#include <optional>

#include "engine/net/sent_text.h"

namespace mm::net {

struct HttpBounds {
  std::uint32_t header_bytes_max;
  std::uint64_t body_bytes_max;
  std::chrono::milliseconds handshake;  // of TLS, and its goodbye
  std::chrono::milliseconds request;    // to come as a whole; then to be read as a whole
};

template <class Stream>
class HttpConnection : public std::enable_shared_from_this<HttpConnection<Stream>> {
 public:
  using Request = boost::beast::http::request<boost::beast::http::string_body>;
  using Response = boost::beast::http::response<boost::beast::http::span_body<const char>>;
  using Socket = boost::beast::lowest_layer_type<Stream>;
  static constexpr bool kTls = !std::is_same_v<Stream, Socket>;

  HttpConnection(Stream stream, const HttpBounds& bounds)
      : stream_(std::move(stream)),
        bounds_(bounds),
        buffer_(static_cast<std::size_t>(bounds.header_bytes_max + bounds.body_bytes_max)) {}
  virtual ~HttpConnection() = default;

  void start() {
    if constexpr (kTls) {
      lowest().expires_after(bounds_.handshake);
      stream_.async_handshake(boost::asio::ssl::stream_base::server, [self = self()](Error error) {
        if (!error) self->read();
      });
    } else {
      read();
    }
  }

 protected:
  using Error = boost::beast::error_code;

  // Each of these ends in a write, now or later. The request stays until then.
  virtual void on_request(const Request& request) = 0;
  // Or takes the stream: a WebSocket is asked for.
  virtual void on_upgrade(const Request& request) = 0;
  // What came is no request, or a longer one than any; the connection ends with the answer.
  virtual void refuse(unsigned status, std::string_view why) = 0;

  // The response has status and fields of its own.
  void write(Response response, SentText text) {
    namespace http = boost::beast::http;
    response_ = std::move(response);
    text_ = std::move(text);
    response_.version(11);
    response_.keep_alive(keep_alive_);
    response_.body() = {text_.view().data(), text_.view().size()};
    response_.prepare_payload();
    if (head_only_) response_.body() = {};  // its length stays
    lowest().expires_after(bounds_.request);
    http::async_write(stream_, response_, [self = self()](Error error, std::size_t) {
      self->response_ = {};
      self->text_ = {};
      if (error) return;
      if (!self->keep_alive_) return self->close();
      self->read();
    });
  }

  Socket& lowest() { return boost::beast::get_lowest_layer(stream_); }
  Stream take_stream() { return std::move(stream_); }

 private:
  std::shared_ptr<HttpConnection> self() { return this->shared_from_this(); }

  void read() {
    namespace http = boost::beast::http;
    parser_.emplace();
    parser_->header_limit(bounds_.header_bytes_max);
    parser_->body_limit(bounds_.body_bytes_max);
    lowest().expires_after(bounds_.request);
    http::async_read(stream_, buffer_, *parser_,
                     [self = self()](Error error, std::size_t) { self->on_read(error); });
  }

  void on_read(Error error) {
    namespace http = boost::beast::http;
    head_only_ = false;
    keep_alive_ = false;
    if (error == http::error::body_limit) return refuse(413, "a request is shorter");
    if (error == http::error::header_limit || error == http::error::buffer_overflow) {
      return refuse(431, "a request has a shorter header");
    }
    const bool malformed = error.category() == http::make_error_code({}).category() &&
                           error != http::error::end_of_stream &&
                           error != http::error::partial_message;
    if (malformed) return refuse(400, "this is no request");
    if (error) return close();
    const Request& request = parser_->get();
    keep_alive_ = request.keep_alive();
    head_only_ = request.method() == http::verb::head;
    if (boost::beast::websocket::is_upgrade(request)) return on_upgrade(request);
    on_request(request);
  }

  void close() {
    if constexpr (kTls) {
      lowest().expires_after(bounds_.handshake);
      stream_.async_shutdown([self = self()](Error) { self->hang_up(); });
    } else {
      hang_up();
    }
  }
  // What is still sent is thrown away, within the time of a request: were it left unread, the
  // client would see a reset in place of the answer.
  void hang_up() {
    Error ignored;
    lowest().socket().shutdown(boost::asio::ip::tcp::socket::shutdown_send, ignored);
    lowest().expires_after(bounds_.request);
    drain();
  }
  void drain() {
    constexpr std::size_t kBytes = 4096;
    buffer_.clear();
    lowest().async_read_some(buffer_.prepare(std::min(kBytes, buffer_.max_size())),
                             [self = self()](Error error, std::size_t) {
                               if (!error) self->drain();
                             });
  }

  Stream stream_;
  const HttpBounds bounds_;
  boost::beast::flat_buffer buffer_;
  std::optional<boost::beast::http::request_parser<boost::beast::http::string_body>> parser_;
  Response response_;
  SentText text_;
  bool keep_alive_ = true, head_only_ = false;
};

}  // namespace mm::net
