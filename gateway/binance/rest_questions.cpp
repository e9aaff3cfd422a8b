#include "gateway/binance/rest_questions.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

#include "engine/core/assert.h"

namespace mm::binance::orders {

const RestQuestions::Route& RestQuestions::route_of(std::string_view method) {
  constexpr auto kCancel = net::RequestUse::kCancel;
  static constexpr Route kRoutes[] = {
      {"account.status", "GET", "/api/v3/account"},
      {"myTrades", "GET", "/api/v3/myTrades"},
      {"order.status", "GET", "/api/v3/order"},
      {"order.cancel", "DELETE", "/api/v3/order", kCancel},
      {"openOrders.status", "GET", "/api/v3/openOrders"},
      {"allOrders", "GET", "/api/v3/allOrders"},
      {"openOrders.cancelAll", "DELETE", "/api/v3/openOrders", kCancel}};
  const auto* const route = std::ranges::find(kRoutes, method, &Route::method);
  MM_ASSERT(route != std::end(kRoutes), "a method that REST has");
  return *route;
}

std::string RestQuestions::ask_signed(std::string_view method, Params params) {
  const Route& route = route_of(method);
  for (;;) {
    answered_ = false;
    if (std::string error = wait_for_pause(route); !error.empty()) return error;
    if (first_) first_();
    std::string error = rest_.venue_clock().known() ? std::string{} : rest_.measure_clock();
    if (error.empty()) error = exchange(route, params);
    const Nanos now = clock_.now();
    if (error.empty() || pause_.next(route.use, now) == now) return error;
  }
}

std::string RestQuestions::wait_for_pause(const Route& route) const {
  const Nanos now = clock_.now();
  const Nanos next = pause_.next(route.use, now);
  if (next == now) return {};
  if (next >= give_up_) {
    return fmt::format("{}: the venue wants no request for another {} s, too long to wait",
                       route.method, (next - now).v / kSecond.v + 1);
  }
  std::this_thread::sleep_for(std::chrono::nanoseconds((next - now).v));
  return {};
}

std::string RestQuestions::exchange(const Route& route, Params params) {
  const net::HttpResponse response =
      rest_.ask_signed(route.verb, route.path, std::move(params), key_);
  if (response.status == 0) return fmt::format("{}: {}", route.method, response.error);
  text_ = padded(response.body);
  if (*parser_.parse_body(text_, response.status) != '\0') {
    return fmt::format("{}: {}", route.method, rest_refusal(response, {}, key_.api_key));
  }
  answered_ = true;
  const Response& r = parser_.response();
  if (r.status == 200 && !r.has_error) return {};
  return fmt::format("{} was refused: {}", route.method,
                     rest_refusal(response, r.error, key_.api_key));
}

}  // namespace mm::binance::orders
