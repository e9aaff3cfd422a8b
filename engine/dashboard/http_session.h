// One connection of a client as HTTP, until it becomes a page's WebSocket.
//
// The server's thread. Keeps itself alive while an operation is under way, and takes a seat as long
// as it is there. Header, body and time of a request are bounded.
#pragma once

#include "engine/dashboard/page_session.h"
#include "engine/dashboard/site.h"
#include "engine/net/http_connection.h"

namespace mm::dashboard {

inline constexpr net::HttpBounds kHttpBounds{.header_bytes_max = 8u << 10,
                                             .body_bytes_max = 256,
                                             .handshake = std::chrono::seconds(15),
                                             .request = std::chrono::seconds(15)};

template <class Stream>
class HttpSession : public net::HttpConnection<Stream>, public Guest {
  using Base = net::HttpConnection<Stream>;
  using typename Base::Request, typename Base::Response;

 public:
  HttpSession(Stream stream, Site& site, Connections& all)
      : Base(std::move(stream), kHttpBounds),
        site_(site),
        all_(all),
        seat_(std::make_shared<Connections::Seat>(all)) {
    all_.enter(*this);
  }
  ~HttpSession() override { all_.leave(*this); }

  void cut() override { this->lowest().close(); }

 private:
  void on_request(const Request& request) override {
    const auto self = std::static_pointer_cast<HttpSession>(this->shared_from_this());
    site_.answer(describe(request), [self](Answer answer) { self->say(std::move(answer)); });
  }

  // Of a query nothing is asked.
  static dashboard::Request describe(const Request& request) {
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

  void on_upgrade(const Request& request) override {
    Answer answer = site_.admit(describe(request));
    if (answer.status != 200) return say(std::move(answer));
    std::make_shared<PageSession<Stream>>(this->take_stream(), site_.board(), all_, seat_)
        ->start(request);
  }

  void refuse(unsigned status, std::string_view why) override {
    say({.status = static_cast<int>(status), .body = std::string(why) + "\n"});
  }

  void say(Answer answer) {
    Response response;
    response.result(static_cast<unsigned>(answer.status));
    response.set(http::field::content_type, {answer.type.data(), answer.type.size()});
    if (answer.status == 401) response.set(http::field::www_authenticate, "Bearer");
    response.set("Content-Security-Policy",
                 "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
                 "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    response.set("X-Content-Type-Options", "nosniff");
    response.set("Referrer-Policy", "no-referrer");
    response.set("Cross-Origin-Opener-Policy", "same-origin");
    response.set("Cross-Origin-Resource-Policy", "same-origin");
    response.set(http::field::cache_control, "no-store");
    this->write(std::move(response), std::move(answer.body));
  }

  Site& site_;
  Connections& all_;
  std::shared_ptr<Connections::Seat> seat_;
};

}  // namespace mm::dashboard
