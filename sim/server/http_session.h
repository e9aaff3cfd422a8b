// One connection of a client as HTTP, in the venue's dialect, until it becomes a WebSocket.
//
// The server's thread. Keeps itself alive while an operation is under way. Header and body are
// bounded, and so is the time a client may take.
#pragma once

#include "engine/net/http_connection.h"
#include "sim/server/ws_session.h"

namespace mm::server {

inline constexpr net::HttpBounds kHttpBounds{.header_bytes_max = 16u << 10,
                                             .body_bytes_max = 64u << 10,
                                             .handshake = std::chrono::seconds(10),
                                             .request = std::chrono::seconds(60)};

template <class Stream>
class HttpSession : public net::HttpConnection<Stream> {
  using Base = net::HttpConnection<Stream>;
  using Base::lowest, Base::write;
  using typename Base::Request, typename Base::Response;

 public:
  HttpSession(Stream stream, Frontend& frontend, Sessions& sessions)
      : Base(std::move(stream), kHttpBounds),
        timer_(lowest().get_executor()),
        frontend_(frontend),
        sessions_(sessions) {
    beast::error_code error;
    const auto end = lowest().socket().remote_endpoint(error);
    if (!error) {
      address_ = end.address().to_string();
      from_loopback_ = end.address().is_loopback();
    }
  }

 private:
  void on_request(const Request& request) override {
    ++sessions_.counters.http_requests;
    const auto self = std::static_pointer_cast<HttpSession>(this->shared_from_this());
    frontend_.answer(describe(request),
                     [self](HttpAnswer answer) { self->answer(std::move(answer)); });
  }

  // A late one keeps those behind it waiting.
  void answer(HttpAnswer answer) {
    if (answer.delay.v <= 0) return say(std::move(answer));
    timer_.expires_after(std::chrono::nanoseconds(answer.delay.v));
    const auto self = std::static_pointer_cast<HttpSession>(this->shared_from_this());
    timer_.async_wait([self, answer = std::move(answer)](beast::error_code) { self->say(answer); });
  }

  HttpRequest describe(const Request& request) const {
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

  void on_upgrade(const Request& request) override {
    const HttpRequest asked = describe(request);
    if (auto refusal = frontend_.refuse_upgrade(asked)) return say(std::move(*refusal));
    auto session = std::make_shared<WsSession<Stream>>(this->take_stream(), sessions_);
    session->start(request, frontend_.open(asked, *session));
  }

  void refuse(unsigned status, std::string_view why) override {
    say({static_cast<int>(status), fmt::format(R"({{"code":-1000,"msg":"{}"}})", why), {}});
  }

  void say(HttpAnswer answer) {
    if (answer.status == kNoAnswer) return lowest().close();
    lowest().rate_policy().read_limit(answer.bytes_per_s);
    lowest().rate_policy().write_limit(answer.bytes_per_s);
    Response response;
    response.result(static_cast<unsigned>(answer.status));
    response.set(http::field::content_type, "application/json;charset=UTF-8");
    for (const auto& [name, value] : answer.headers) response.set(name, value);
    write(std::move(response), std::move(answer.body));
  }

  asio::steady_timer timer_;
  Frontend& frontend_;
  Sessions& sessions_;
  std::string address_;
  bool from_loopback_ = false;
};

}  // namespace mm::server
