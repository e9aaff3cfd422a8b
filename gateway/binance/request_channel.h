// Questions to the WebSocket API from the cold side: one at a time, each with its answer.
//
// Cold: blocks until answered, failed or past the deadline. Used while a connection is being
// prepared; user data that arrive meanwhile are kept for the session. Errors are one line, and
// never show the key or a signature.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/net/websocket.h"
#include "engine/runtime/clock.h"
#include "gateway/binance/questions.h"
#include "gateway/binance/venue_clock.h"

namespace mm::binance::orders {

class RequestChannel : public Questions {
 public:
  struct Setup {
    net::WebSocket& socket;
    ResponseParser& parser;
    const Clock& clock;
    std::string_view api_key;
    const Signer& signer;
    int recv_window_ms = 5000;
    std::chrono::nanoseconds timeout{};
    const std::atomic<bool>* stop = nullptr;
  };
  explicit RequestChannel(const Setup& setup) : setup_(setup) {}

  std::string ask(std::string_view method, Params params = {});  // public
  // SIGNED, or on a session that is logged on.
  std::string ask_signed(std::string_view method, Params params) override;
  std::string measure_clock(int exchanges);
  std::string log_on();
  std::string subscribe_user_data();

  const Response& response() const override { return setup_.parser.response(); }
  std::string_view text() const override { return text_; }
  bool answered() const override { return answered_; }
  const VenueClock& venue_clock() const { return venue_clock_; }
  std::vector<std::string>& backlog() { return backlog_; }
  // Of the venue's limits, as the last answer told, and when.
  const LimitsUsed& used() const { return used_; }
  Nanos used_at() const { return used_at_; }

 private:
  static constexpr std::size_t kBacklogMax = 10'000;

  std::string exchange(std::string_view method, Params params, bool with_key);
  std::string await(std::uint64_t id);

  Setup setup_;
  VenueClock venue_clock_;
  std::string text_;
  std::vector<std::string> backlog_;
  LimitsUsed used_;
  Nanos used_at_{};
  std::uint64_t last_id_ = 0;  // below those of the session
  bool logged_on_ = false;
  bool answered_ = false;
};

}  // namespace mm::binance::orders
