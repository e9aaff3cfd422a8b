#include "sim/server/venue_frontend.h"

#include <algorithm>

#include "engine/net/percent_encoding.h"
#include "sim/server/param_checks.h"
#include "sim/server/stream_client.h"

namespace mm::server {
namespace {

constexpr std::string_view kRaw = "/ws", kCombined = "/stream", kApi = "/ws-api/v3";
constexpr int kWeightOfConnecting = 2;

bool is_stream_path(std::string_view path) {
  return path == kRaw || path == kCombined || path.starts_with("/ws/");
}

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts;
  while (!list.empty()) {
    const std::string_view part = list.substr(0, list.find('/'));
    list.remove_prefix(std::min(list.size(), part.size() + 1));
    if (!part.empty()) parts.emplace_back(part);
  }
  return parts;
}

// The streams of "/ws/<a>/<b>" or of "/stream?streams=<a>/<b>"; nullopt if they cannot be read.
std::optional<std::vector<std::string>> streams_of(const HttpRequest& request,
                                                   const RequestParams& params) {
  if (request.path == kCombined) return split(params.get("streams"));
  const auto path = net::percent_decoded(request.path);
  if (!path) return std::nullopt;
  return split(std::string_view(*path).substr(kRaw.size()));
}

// What the query says about the connection; false if it says it wrongly.
bool read_time_unit_of(const RequestParams& params, TimeUnit& unit) {
  return !params.has("timeUnit") || read_time_unit(params.get("timeUnit"), unit);
}

}  // namespace

VenueFrontend::VenueFrontend(const ServerConfig& config, Sessions& sessions, Nanos (*clock)())
    : config_(config),
      sessions_(sessions),
      limits_(config.limits, config.accounts.size()),
      keys_(config.accounts),
      clock_(clock),
      host_(config, limits_),
      parts_{host_, limits_, keys_, clock_},
      rest_(parts_),
      random_(config.seed) {
  host_.start(now());
}

HttpAnswer VenueFrontend::answer(const HttpRequest& request) {
  if (is_admin(request, "/admin/drop")) return drop(request);
  return rest_.answer(request);
}

std::optional<HttpAnswer> VenueFrontend::refuse_upgrade(const HttpRequest& request) {
  const Nanos now = parts_.clock();
  const bool known = is_stream_path(request.path) || request.path == kApi;
  const auto failure = [now](const ApiError& error) { return error_answer(error, now); };
  if (!known) return failure({.status = 404, .code = -1099, .message = "Not found.", .data = {}});
  if (auto refusal = limits_.admit_connection(request.address, now)) return failure(*refusal);
  const auto params = RequestParams::from_rest(request.query, {});
  TimeUnit unit{};
  if (!params || (request.path != kApi && !streams_of(request, *params))) {
    return failure(errors::bad_request(-1100, "Illegal characters found in the address."));
  }
  if (!read_time_unit_of(*params, unit)) {
    return failure(errors::bad_request(-1194,
                                       "Invalid value for time unit; expected either "
                                       "MICROSECOND or MILLISECOND."));
  }
  return std::nullopt;
}

std::unique_ptr<Conversation> VenueFrontend::open(const HttpRequest& request,
                                                  Connection& connection) {
  const auto params = *RequestParams::from_rest(request.query, {});
  TimeUnit unit{};
  read_time_unit_of(params, unit);
  if (request.path == kApi) {
    limits_.charge_weight(request.address, kWeightOfConnecting, parts_.clock());
    const bool return_rate_limits = params.get("returnRateLimits") != "false";
    return std::make_unique<WsApi>(parts_, connection, request.address, return_rate_limits, unit);
  }
  auto client = std::make_unique<StreamClient>(host_.streams(), connection, config_.limits,
                                               request.path == kCombined, unit);
  if (!client->subscribe(*streams_of(request, params))) connection.close("too many streams");
  return client;
}

void VenueFrontend::advance() {
  host_.run_until(parts_.clock());
  host_.flush();
}

void VenueFrontend::shift_clock(Nanos ahead) {
  host_.run_until(now());
  host_.exchange().shift_clock(ahead - clock_.shift());
  clock_.set_shift(ahead);
}

void VenueFrontend::publish(Rhythm rhythm) {
  host_.streams().publish(rhythm);
}

// For tests of reconnecting: after=N messages more on each, all of them or one at random.
HttpAnswer VenueFrontend::drop(const HttpRequest& request) {
  const auto params = RequestParams::from_rest(request.query, request.body);
  std::int64_t after = 0;
  if (!params) return error_answer(errors::bad_request(-1101, "Too many parameters."), now());
  if (auto problem = param::integer(*params, "after", after)) return error_answer(*problem, now());
  std::vector<Session*> chosen = sessions_.all();
  if (params->get("which") == "random" && !chosen.empty()) {
    const auto lucky = static_cast<std::size_t>(random_.below(std::ssize(chosen)));
    chosen = {chosen[lucky]};
  }
  for (Session* session : chosen) session->drop_after(static_cast<std::uint64_t>(after));
  JsonText json;
  return {200, json.open_object().integer("dropped", chosen.size()).close_object().take(), {}};
}

}  // namespace mm::server
