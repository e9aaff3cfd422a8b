#include "sim/server/api_error.h"

#include <fmt/format.h>

namespace mm::server {

std::string error_json(const ApiError& error) {
  JsonText json;
  json.open_object().integer("code", error.code).text("msg", error.message);
  if (!error.data.empty()) json.raw("data", error.data);
  return json.close_object().take();
}

namespace errors {
namespace {

ApiError limited(int status, int code, std::string message, Nanos now, Nanos retry_after) {
  JsonText data;
  data.open_object().time("serverTime", now).time("retryAfter", retry_after).close_object();
  return {status, code, std::move(message), data.take(), retry_after};
}

}  // namespace

ApiError mandatory(std::string_view parameter) {
  return bad_request(-1102, fmt::format("Mandatory parameter '{}' was not sent, was empty/null, "
                                        "or malformed.",
                                        parameter));
}

ApiError illegal_characters(std::string_view parameter, std::string_view legal) {
  return bad_request(-1100, fmt::format("Illegal characters found in parameter '{}'; legal range "
                                        "is '{}'.",
                                        parameter, legal));
}

ApiError too_precise(std::string_view parameter) {
  return bad_request(-1111, fmt::format("Parameter '{}' has too much precision.", parameter));
}

ApiError not_required(std::string_view parameter) {
  return bad_request(-1106, fmt::format("Parameter '{}' sent when not required.", parameter));
}

ApiError filter(std::string_view name) {
  return bad_request(name == "MAX_NUM_ORDER_AMENDS" ? -2038 : -1013,
                     fmt::format("Filter failure: {}", name));
}

ApiError bad_key_format() {
  return {.status = 401, .code = -2014, .message = "API-key format invalid.", .data = {}};
}

ApiError bad_key() {
  return {.status = 401,
          .code = -2015,
          .message = "Invalid API-key, IP, or permissions for action.",
          .data = {}};
}

ApiError bad_signature() {
  return bad_request(-1022, "Signature for this request is not valid.");
}

ApiError bad_symbol() {
  return bad_request(-1121, "Invalid symbol.");
}

ApiError outside_window() {
  return bad_request(-1021, "Timestamp for this request is outside of the recvWindow.");
}

ApiError ahead_of_server() {
  return bad_request(-1021, "Timestamp for this request was 1000ms ahead of the server's time.");
}

ApiError too_much_weight(int limit, Nanos now, Nanos retry_after) {
  return limited(429, -1003,
                 fmt::format("Too much request weight used; current limit is {} request weight per "
                             "1 MINUTE. Please use WebSocket Streams for live updates to avoid "
                             "polling the API.",
                             limit),
                 now, retry_after);
}

// The venue's documents have no words for this one; these are those of its other -1003.
ApiError too_many_requests(int limit, Nanos now, Nanos retry_after) {
  return limited(429, -1003,
                 fmt::format("Too many requests; current limit is {} requests per 5 MINUTE. Please "
                             "use WebSocket Streams for live updates to avoid polling the API.",
                             limit),
                 now, retry_after);
}

ApiError too_many_connections(Nanos now, Nanos retry_after) {
  return limited(429, -1034, "Too many connections.", now, retry_after);
}

ApiError banned(Nanos now, Nanos until) {
  return limited(418, -1003,
                 fmt::format("Way too much request weight used; IP banned until {}. Please use "
                             "WebSocket Streams for live updates to avoid bans.",
                             in_unit(until, TimeUnit::kMilliseconds)),
                 now, until);
}

ApiError too_many_orders(int limit, std::string_view interval, Nanos now, Nanos retry_after) {
  return limited(
      429, -1015,
      fmt::format("Too many new orders; current limit is {} orders per {}.", limit, interval), now,
      retry_after);
}

}  // namespace errors
}  // namespace mm::server
