#include "sim/server/rest_api.h"

#include <algorithm>

namespace mm::server {

bool read_time_unit(std::string_view word, TimeUnit& out) {
  if (word == "MICROSECOND" || word == "microsecond") {
    out = TimeUnit::kMicroseconds;
  } else if (word == "MILLISECOND" || word == "millisecond") {
    out = TimeUnit::kMilliseconds;
  } else {
    return false;
  }
  return true;
}

HttpAnswer RestApi::answer(const HttpRequest& asked) {
  const Nanos now = parts_.clock();
  parts_.host.run_until(now);
  if (auto refusal = parts_.limits.admit(asked.address, now)) return wrap(asked, *refusal, now);
  const std::string_view verb = asked.method == "HEAD" ? "GET" : std::string_view(asked.method);
  const auto all = operations();
  const auto same_path = [&](const Operation& o) { return o.path == asked.path; };
  const auto operation =
      std::ranges::find_if(all, [&](const Operation& o) { return same_path(o) && o.verb == verb; });
  if (operation == all.end()) {
    const bool known = std::ranges::any_of(all, same_path);
    ApiError error = known ? errors::bad_request(-1020, "This operation is not supported.")
                           : errors::bad_request(-1099,
                                                 "Not found, unauthenticated, or "
                                                 "unauthorized.");
    error.status = known ? 405 : 404;
    return wrap(asked, error, now);
  }
  const auto params = RequestParams::from_rest(asked.query, asked.body);
  if (!params) {
    return wrap(asked, errors::bad_request(-1101, "Too many parameters, or not legal ones."), now);
  }
  const ApiKey* key = nullptr;
  const Answer answer = perform(*operation, asked, *params, now, key);
  int weight = answer.error ? operation->weight : operation->weight_of_success;
  if (answer.weight >= 0) weight = answer.weight;
  parts_.limits.charge_weight(asked.address, weight, now);
  HttpAnswer wrapped = wrap(asked, answer, now);
  if (operation->counts_orders && key != nullptr) {
    const auto used = parts_.limits.orders_used(key->account, now);
    wrapped.headers.emplace_back("X-MBX-ORDER-COUNT-10S", std::to_string(used.in_10s));
    wrapped.headers.emplace_back("X-MBX-ORDER-COUNT-1D", std::to_string(used.today));
  }
  parts_.host.flush();
  return wrapped;
}

Answer RestApi::perform(const Operation& operation, const HttpRequest& asked,
                        const RequestParams& params, Nanos now, const ApiKey*& key) {
  Request request{params, nullptr, now};
  if (!asked.time_unit.empty() && !read_time_unit(asked.time_unit, request.unit)) {
    return errors::bad_request(-1194,
                               "Invalid value for time unit; expected either MICROSECOND or "
                               "MILLISECOND.");
  }
  if (operation.access != Access::kPublic) {
    ApiError error;
    request.key = authenticate(asked, params, now, error);
    if (request.key == nullptr) return error;
    const AccountConfig& account = *request.key->config;
    const bool may = operation.access == Access::kRead ? account.can_read : account.can_trade;
    if (!may) return errors::bad_key();
  }
  key = request.key;
  return operation.perform(parts_.host, parts_.limits, request);
}

const ApiKey* RestApi::authenticate(const HttpRequest& asked, const RequestParams& params,
                                    Nanos now, ApiError& error) const {
  const ApiKey* key = parts_.keys.find(asked.api_key, error);
  if (key == nullptr) return nullptr;
  const auto problem = check_signed(*key, params, params.rest_payload(), now);
  if (problem) error = *problem;
  return problem ? nullptr : key;
}

HttpAnswer RestApi::wrap(const HttpRequest& asked, const Answer& answer, Nanos now) {
  HttpAnswer wrapped;
  if (answer.error) {
    wrapped = error_answer(*answer.error, now);
  } else {
    wrapped.body = answer.json;
  }
  wrapped.headers.emplace_back("X-MBX-USED-WEIGHT-1M",
                               std::to_string(parts_.limits.weight_used(asked.address, now)));
  return wrapped;
}

HttpAnswer error_answer(const ApiError& error, Nanos now) {
  HttpAnswer answer{error.status, error_json(error), {}};
  if (error.retry_after.v > 0) {
    const std::int64_t seconds = (error.retry_after - now).v / kSecond.v + 1;
    answer.headers.emplace_back("Retry-After", std::to_string(seconds));
  }
  return answer;
}

}  // namespace mm::server
