// Questions by REST: for the end of a run, when no WebSocket may be there any more.
//
// Cold, one thread; blocks. A pause the venue asks for (429, 418) is waited for and the question
// asked again, unless the pause lasts beyond the time that give_up_at() allows.
#pragma once

#include <string>
#include <string_view>

#include "engine/net/http_client.h"
#include "engine/runtime/clock.h"
#include "gateway/binance/questions.h"
#include "gateway/binance/venue_clock.h"

namespace mm::binance::orders {

class RestQuestions : public Questions {
 public:
  struct Setup {
    net::Endpoint endpoint;
    const net::TlsContext* tls = nullptr;
    const Clock& clock;
    std::string_view api_key;
    const Signer& signer;
    int recv_window_ms = 5000;
    std::chrono::nanoseconds timeout{};  // of one request
  };
  explicit RestQuestions(const Setup& setup);

  void give_up_at(Nanos time) { give_up_ = time; }

  std::string ask_signed(std::string_view method, Params params) override;
  const Response& response() const override { return parser_.response(); }
  std::string_view text() const override { return text_; }
  bool answered() const override { return answered_; }

 private:
  struct Route {
    std::string_view method;
    const char* verb;
    std::string_view path;
  };
  static const Route& route_of(std::string_view method);
  std::string wait_for_pause(std::string_view method) const;
  std::string measure_clock();
  std::string exchange(const Route& route, Params params);
  std::string take(const net::HttpResponse& response, std::string_view what);

  Setup setup_;
  net::HttpClient http_;
  ResponseParser parser_;
  VenueClock venue_clock_;
  std::string text_;
  Nanos give_up_{kNever}, paused_until_{};
  bool answered_ = false;
};

}  // namespace mm::binance::orders
