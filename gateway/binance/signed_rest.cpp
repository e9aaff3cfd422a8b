#include "gateway/binance/signed_rest.h"

#include <fmt/format.h>

#include "engine/net/refusal_words.h"
#include "gateway/binance/error_table.h"
#include "gateway/binance/usage_headers.h"

namespace mm::binance::orders {

SignedRest::SignedRest(const net::Endpoint& endpoint, const net::TlsContext* tls,
                       const net::HttpOptions& options, const Clock& clock,
                       net::SharedRequestPause& pause, int recv_window_ms)
    : http_(endpoint, tls, options),
      clock_(clock),
      pause_(pause),
      recv_window_ms_(recv_window_ms) {}

net::HttpResponse SignedRest::send(const net::HttpRequest& request) {
  net::HttpResponse response = http_.send(request);
  used_ = limits_used(response.headers);
  used_at_ = clock_.now();
  if (response.status < 400 || response.status >= 500) return response;
  const std::string body = padded(response.body);
  parser_.parse_body(body, response.status);  // a page of HTML is a refusal without a code
  const Response& r = parser_.response();
  if (r.error.code == kClockError) venue_clock_.reset();
  const Nanos now = clock_.now();
  if (limits_address(r)) pause_.on_wait(r.status, response.retry_after(), now);
  return response;
}

net::HttpResponse SignedRest::ask(const std::string& target) {
  return send({.target = target, .headers = {}, .body = {}});
}

net::HttpResponse SignedRest::ask_signed(const char* method, std::string_view path, Params params,
                                         const RestKey& key, int window_ms,
                                         std::function<bool()> may_go) {
  const int window = window_ms > 0 ? window_ms : recv_window_ms_;
  params.push_back(number_param("recvWindow", static_cast<std::uint64_t>(window)));
  params.push_back(number_param("timestamp", venue_clock_.timestamp_ms(clock_.now())));
  return send({.method = method,
               .target = fmt::format("{}?{}", path, signed_rest_query(params, key.signer)),
               .headers = {{"X-MBX-APIKEY", std::string(key.api_key)}},
               .body = {},
               .may_go = std::move(may_go)});
}

std::string SignedRest::measure_clock() {
  constexpr const char* kTime = "/api/v3/time";
  const Nanos sent = clock_.now();
  const net::HttpResponse response = ask(kTime);
  const Nanos received = clock_.now();
  if (response.status == 0) return response.error;
  const std::string where = endpoint().host + kTime;
  if (response.status != 200 || !net::is_json(response.body)) {
    return fmt::format("{}: {}", where, net::refusal_words(response));
  }
  const std::string body = padded(response.body);
  if (*parser_.parse_body(body, response.status) != '\0' ||
      !VenueClock::is_possible(parser_.response().server_time_ms)) {
    return where + ": no serverTime in its answer";
  }
  venue_clock_.observe(sent, received, parser_.response().server_time_ms);
  return {};
}

}  // namespace mm::binance::orders
