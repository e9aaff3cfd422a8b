// Questions by REST: while no WebSocket is up, and for the end of a run.
//
// Cold, one thread; blocks. A pause the venue asks for (429, 418) is waited for and the question
// asked again, unless the pause lasts beyond the time that give_up_at() allows; a cancel waits for
// a ban only.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "engine/net/shared_request_pause.h"
#include "gateway/binance/questions.h"
#include "gateway/binance/signed_rest.h"

namespace mm::binance::orders {

class RestQuestions : public Questions {
 public:
  // All outlive it. `first` has its turn before each question: what must not wait for many of them.
  RestQuestions(SignedRest& rest, const RestKey& key, const net::SharedRequestPause& pause,
                const Clock& clock, std::function<void()> first = {})
      : rest_(rest), key_(key), pause_(pause), clock_(clock), first_(std::move(first)) {}

  // 0: no pause is waited for.
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
    net::RequestUse use = net::RequestUse::kOther;
  };
  static const Route& route_of(std::string_view method);
  std::string wait_for_pause(const Route& route) const;
  std::string exchange(const Route& route, Params params);

  SignedRest& rest_;
  RestKey key_;
  const net::SharedRequestPause& pause_;
  const Clock& clock_;
  std::function<void()> first_;
  ResponseParser parser_;
  std::string text_;
  Nanos give_up_{kNever};
  bool answered_ = false;
};

}  // namespace mm::binance::orders
