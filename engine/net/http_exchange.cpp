#include "engine/net/http_exchange.h"

#include <poll.h>

#include <array>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <limits>
#include <optional>
#include <string_view>

namespace mm::net {
namespace {

namespace http = boost::beast::http;
using boost::beast::flat_buffer;
using boost::system::error_code;
using Parser = http::response_parser<http::string_body>;

constexpr std::uint32_t kHeaderBytesMax = 64 << 10;
constexpr std::size_t kReadBytes = 16 << 10;

bool breaks_lines(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos;
}

// A header that held a line break would start another one; whoever wrote it, it does not leave.
bool is_clean(const HttpRequest& request) {
  if (breaks_lines(request.method) || breaks_lines(request.target)) return false;
  if (request.target.find(' ') != std::string::npos) return false;
  for (const auto& [name, value] : request.headers) {
    if (name.empty() || breaks_lines(name) || breaks_lines(value)) return false;
  }
  return true;
}

std::string serialise(const Endpoint& to, const HttpRequest& request) {
  http::request<http::string_body> message;
  message.version(11);
  message.method_string(request.method);
  message.target(request.target.empty() ? to.target : request.target);
  message.set(http::field::host, to.authority());
  message.set(http::field::user_agent, "mm_logic");
  for (const auto& [name, value] : request.headers) message.insert(name, value);
  message.body() = request.body;
  message.prepare_payload();

  std::string bytes;
  http::request_serializer<http::string_body> serializer(message);
  while (!serializer.is_done()) {
    error_code error;
    serializer.next(error, [&](error_code&, const auto& buffers) {
      for (const auto& buffer : boost::beast::buffers_range_ref(buffers)) {
        bytes.append(static_cast<const char*>(buffer.data()), buffer.size());
      }
      serializer.consume(boost::beast::buffer_bytes(buffers));
    });
  }
  return bytes;
}

// One exchange, step by step; the first thing that goes wrong ends it.
class Conversation {
 public:
  Conversation(Stream& stream, const Deadline& deadline) : stream_(stream), deadline_(deadline) {}

  bool write(std::string_view bytes) {
    while (!bytes.empty()) {
      const IoResult io = stream_.write_some(bytes);
      if (io.status == IoStatus::kOk) {
        sent_any_ = true;
        bytes.remove_prefix(io.bytes);
      } else if (!may_go_on(io.status, POLLOUT)) {
        return false;
      }
    }
    return true;
  }

  bool read(const HttpRequest& request, std::size_t body_bytes_max) {
    while (true) {
      parser_.emplace();
      parser_->eager(true);
      parser_->header_limit(kHeaderBytesMax);
      parser_->body_limit(body_bytes_max);
      parser_->skip(request.method == "HEAD" || body_bytes_max == kLeaveBody);
      if (!parse()) return false;
      // Interim answers come before the real one; 101 is the last of its connection's HTTP.
      const unsigned status = parser_->get().result_int();
      if (status >= 200 || status == 101) return true;
    }
  }

  HttpExchange result() && {
    HttpExchange done;
    done.answered = answered_;
    done.response.error = std::move(error_);
    done.response.maybe_sent = sent_any_ && !done.response.error.empty();
    if (!done.response.error.empty()) return done;
    auto& message = parser_->get();
    done.response.status = message.result_int() <= 999 ? static_cast<int>(message.result_int()) : 0;
    for (const auto& field : message) {
      done.response.headers.emplace_back(field.name_string(), field.value());
    }
    done.response.body = std::move(message.body());
    done.keep_alive = parser_->keep_alive() && !parser_->need_eof() && buffer_.size() == 0;
    done.rest.assign(static_cast<const char*>(buffer_.data().data()), buffer_.size());
    return done;
  }

 private:
  bool fail(std::string why) {
    error_ = std::move(why);
    return false;
  }

  // After a status that is not kOk: waited for what was missing, or failed.
  bool may_go_on(IoStatus status, short events) {
    if (status == IoStatus::kFailed) return fail(std::string(stream_.problem()));
    if (status == IoStatus::kClosed) return fail("closed by the server");
    if (deadline_.wait(stream_.fd(), events) == Deadline::Wait::kReady) return true;
    return fail(deadline_.why());
  }

  bool parse() {
    while (!parser_->is_done()) {
      error_code error;
      if (buffer_.size() > 0) {
        buffer_.consume(parser_->put(buffer_.data(), error));
        if (error && error != http::error::need_more) return fail(describe(error));
        if (parser_->is_done()) return true;
      }
      if (!fill()) return false;
    }
    return true;
  }

  // Reads more, or ends a body that lasts until the connection closes.
  bool fill() {
    if (buffer_.size() > kHeaderBytesMax) return fail("not HTTP: a line without end");
    while (!deadline_.over()) {
      const auto room = buffer_.prepare(kReadBytes);
      const IoResult io = stream_.read_some({static_cast<char*>(room.data()), room.size()});
      if (io.status == IoStatus::kOk) {
        answered_ = true;
        buffer_.commit(io.bytes);
        return true;
      }
      if (io.status == IoStatus::kClosed && parser_->is_header_done() && parser_->need_eof()) {
        error_code error;
        parser_->put_eof(error);
        return !error || fail(describe(error));
      }
      if (!may_go_on(io.status, POLLIN)) return false;
    }
    return fail(deadline_.why());
  }

  std::string describe(const error_code& error) const {
    if (error == http::error::body_limit) return "the body is over the limit";
    if (error == http::error::header_limit) return "the header is over the limit";
    const std::string what = parser_->is_header_done() ? "bad body: " : "not HTTP: ";
    return what + error.message();
  }

  Stream& stream_;
  const Deadline& deadline_;
  flat_buffer buffer_;
  std::optional<Parser> parser_;
  std::string error_;
  bool sent_any_ = false, answered_ = false;
};

}  // namespace

HttpExchange exchange(Stream& stream, const Endpoint& to, const HttpRequest& request,
                      std::size_t body_bytes_max, const Deadline& deadline) {
  if (!is_clean(request)) {
    HttpExchange refused;
    refused.response.error = "a line break or blank where the request must not have one";
    refused.keep_alive = true;
    return refused;
  }
  Conversation conversation(stream, deadline);
  if (conversation.write(serialise(to, request))) conversation.read(request, body_bytes_max);
  return std::move(conversation).result();
}

}  // namespace mm::net
