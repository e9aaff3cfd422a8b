// REST of an account: its questions and orders signed, stamped with the venue's time.
//
// Cold, one thread: each call blocks until answered or past its deadline. Of the answers it looks
// only for a pause, which it tells all who share it, for a clock that was refused, which it
// forgets, and for what is used of the limits; the order path and the pre-flight read the rest each
// in their own way. Neither the key
// nor a query gets into an error text.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "engine/net/http_client.h"
#include "engine/net/shared_request_pause.h"
#include "engine/runtime/clock.h"
#include "gateway/binance/response_parser.h"
#include "gateway/binance/signed_request.h"
#include "gateway/binance/venue_clock.h"

namespace mm::binance::orders {

// Whose account; both outlive the call.
struct RestKey {
  std::string_view api_key;
  const Signer& signer;
};

class SignedRest {
 public:
  // `tls` may be null for http.
  SignedRest(const net::Endpoint& endpoint, const net::TlsContext* tls,
             const net::HttpOptions& options, const Clock& clock, net::SharedRequestPause& pause,
             int recv_window_ms);

  // What anybody may ask.
  net::HttpResponse ask(const std::string& target);
  // Stamped and signed; the clock has been measured. `window_ms`: 0 is the usual recvWindow;
  // `may_go` as in net::HttpRequest.
  net::HttpResponse ask_signed(const char* method, std::string_view path, Params params,
                               const RestKey& key, int window_ms = 0,
                               std::function<bool()> may_go = {});

  // Asks for the venue's time. Empty, or why it is not known.
  std::string measure_clock();
  const VenueClock& venue_clock() const { return venue_clock_; }
  // Of the venue's limits, as the last answer told, and when that came.
  const LimitsUsed& used() const { return used_; }
  Nanos used_at() const { return used_at_; }
  const net::Endpoint& endpoint() const { return http_.endpoint(); }
  // Of the next requests.
  void set_timeout(std::chrono::nanoseconds timeout) { http_.set_timeout(timeout); }

 private:
  net::HttpResponse send(const net::HttpRequest& request);

  net::HttpClient http_;
  const Clock& clock_;
  net::SharedRequestPause& pause_;
  int recv_window_ms_;
  ResponseParser parser_{std::size_t{64} << 10};  // of the time, and of refusals
  VenueClock venue_clock_;
  LimitsUsed used_;
  Nanos used_at_{};
};

}  // namespace mm::binance::orders
