#include "gateway/binance/rest_questions.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "engine/core/assert.h"
#include "gateway/binance/error_table.h"
#include "gateway/binance/request_channel.h"

namespace mm::binance::orders {

RestQuestions::RestQuestions(const Setup& setup)
    : setup_(setup), http_(setup.endpoint, setup.tls, {.timeout = setup.timeout}) {}

const RestQuestions::Route& RestQuestions::route_of(std::string_view method) {
  static constexpr Route kRoutes[] = {{"account.status", "GET", "/api/v3/account"},
                                      {"myTrades", "GET", "/api/v3/myTrades"},
                                      {"order.status", "GET", "/api/v3/order"},
                                      {"order.cancel", "DELETE", "/api/v3/order"},
                                      {"openOrders.status", "GET", "/api/v3/openOrders"},
                                      {"openOrders.cancelAll", "DELETE", "/api/v3/openOrders"}};
  const auto* const route = std::ranges::find(kRoutes, method, &Route::method);
  MM_ASSERT(route != std::end(kRoutes), "a method that REST has");
  return *route;
}

std::string RestQuestions::ask_signed(std::string_view method, Params params) {
  answered_ = false;
  const Route& route = route_of(method);
  for (;;) {
    if (std::string error = wait_for_pause(method); !error.empty()) return error;
    std::string error = venue_clock_.known() ? std::string{} : measure_clock();
    if (error.empty()) error = exchange(route, params);
    if (paused_until_ <= setup_.clock.now()) return error;
  }
}

std::string RestQuestions::wait_for_pause(std::string_view method) const {
  const Nanos now = setup_.clock.now();
  if (paused_until_ <= now) return {};
  const Nanos left = paused_until_ - now;
  if (paused_until_ >= give_up_) {
    return fmt::format("{}: the venue wants no request for another {} s, too long to wait", method,
                       left.v / kSecond.v + 1);
  }
  std::this_thread::sleep_for(std::chrono::nanoseconds(left.v));
  return {};
}

std::string RestQuestions::measure_clock() {
  const Nanos sent = setup_.clock.now();
  const net::HttpResponse response =
      http_.send({.target = "/api/v3/time", .headers = {}, .body = {}});
  if (std::string error = take(response, "time"); !error.empty()) return error;
  venue_clock_.observe(sent, setup_.clock.now(), parser_.response().server_time_ms);
  return venue_clock_.known() ? std::string{} : "the venue does not tell its time";
}

std::string RestQuestions::exchange(const Route& route, Params params) {
  params.push_back(number_param("recvWindow", static_cast<std::uint64_t>(setup_.recv_window_ms)));
  params.push_back(number_param("timestamp", venue_clock_.timestamp_ms(setup_.clock.now())));
  net::HttpRequest request;
  request.method = route.verb;
  request.target = std::string(route.path) + "?" + signed_rest_query(params, setup_.signer);
  request.headers = {{"X-MBX-APIKEY", std::string(setup_.api_key)}};
  std::string error = take(http_.send(request), route.method);
  if (answered_ && response().error.code == kClockError) venue_clock_.reset();
  return error;
}

// What came back, into the parser. Returns the error.
std::string RestQuestions::take(const net::HttpResponse& response, std::string_view what) {
  answered_ = false;
  if (response.status == 0) return fmt::format("{}: {}", what, response.error);
  if (response.status == 429 || response.status == 418) {
    const auto asked = kSecond * static_cast<std::int64_t>(response.retry_after().count());
    paused_until_ = setup_.clock.now() + std::max(asked, kSecond);
  }
  text_ = padded(response.body);
  if (*parser_.parse_body(text_, response.status) != '\0') {
    return fmt::format("{}: HTTP {}, and not JSON", what, response.status);
  }
  answered_ = true;
  const Response& r = parser_.response();
  return r.status == 200 && !r.has_error ? std::string{} : refusal_text(what, r, setup_.api_key);
}

}  // namespace mm::binance::orders
