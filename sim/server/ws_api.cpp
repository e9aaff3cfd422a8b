#include "sim/server/ws_api.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace mm::server {
namespace {

constexpr int kSubscriptionIdsMax = 65'535;
constexpr std::size_t kSubscriptionsMax = 1000;
constexpr int kSessionWeight = 2;

bool good_id(const WsMessage& message) {
  return message.id_kind == JsonKind::kNone || message.id_kind == JsonKind::kNull ||
         message.id_kind == JsonKind::kInteger || message.id_kind == JsonKind::kString;
}

const Operation* find_operation(std::string_view method) {
  const auto all = operations();
  const auto it = std::ranges::find(all, method, &Operation::method);
  return it == all.end() || method.empty() ? nullptr : &*it;
}

}  // namespace

WsApi::WsApi(const VenueParts& parts, Connection& connection, std::string address,
             bool return_rate_limits, TimeUnit unit)
    : parts_(parts),
      connection_(connection),
      address_(std::move(address)),
      return_rate_limits_(return_rate_limits),
      unit_(unit),
      connected_(parts.clock()) {}

WsApi::~WsApi() {
  parts_.host.user_data().forget(*this);
}

void WsApi::on_text(std::string_view text) {
  const Nanos now = parts_.clock();
  parts_.host.run_until(now);
  WsMessage message;
  const WsMessageError error = reader_.read(text, message);
  Reply answered{errors::bad_request(-1135, "Invalid JSON Request"), 1};
  if (error == WsMessageError::kNone && !good_id(message)) {
    message.id = "null";
    answered.answer = errors::illegal_characters("id", "^[0-9a-zA-Z-_]{1,36}$");
  } else if (auto refusal = parts_.limits.admit(address_, now)) {
    answered = {*refusal};
  } else if (error == WsMessageError::kTooManyParameters) {
    answered.answer = errors::bad_request(-1101, "Too many parameters sent for this endpoint.");
  } else if (error == WsMessageError::kNone) {
    answered = reply(message, now);
  }
  parts_.limits.charge_weight(address_, answered.weight, now);
  send(message, answered, now);
  for (SharedText& event : std::exchange(afterwards_, {})) connection_.send(std::move(event));
  parts_.host.flush();
}

void WsApi::on_shutdown() {
  JsonText json(unit_);
  json.open_object().open_object("event").text("e", "serverShutdown").time("E", parts_.clock());
  connection_.send(std::make_shared<const std::string>(json.close_object().close_object().take()));
}

WsApi::Reply WsApi::reply(const WsMessage& message, Nanos now) {
  if (!message.method) return {errors::mandatory("method"), 1};
  if (message.params_kind != JsonKind::kNone && message.params_kind != JsonKind::kNull &&
      message.params_kind != JsonKind::kObject) {
    return {errors::bad_request(-1130, "Data sent for parameter 'params' is not valid."), 1};
  }
  std::string_view method = *message.method;
  constexpr std::string_view kVersion = "v3/";
  if (method.starts_with(kVersion)) method.remove_prefix(kVersion.size());
  if (auto answer = session_method(method, message.params, now)) {
    return {std::move(*answer), kSessionWeight};
  }
  const Operation* operation = find_operation(method);
  if (operation == nullptr) {
    return {errors::bad_request(-1020, "This operation is not supported."), 1};
  }
  return perform(*operation, message, now);
}

WsApi::Reply WsApi::perform(const Operation& operation, const WsMessage& message, Nanos now) {
  Request request{message.params, nullptr, now, unit_};
  ApiError error;
  if (operation.access != Access::kPublic) {
    request.key = authenticate(message.params, true, now, error);
    if (request.key == nullptr) return {error, operation.weight};
    const AccountConfig& account = *request.key->config;
    const bool may = operation.access == Access::kRead ? account.can_read : account.can_trade;
    if (!may) return {errors::bad_key(), operation.weight};
  }
  Reply reply{operation.perform(parts_.host, parts_.limits, request), operation.weight,
              operation.counts_orders, request.key};
  if (reply.answer.weight >= 0) {
    reply.weight = reply.answer.weight;
  } else if (!reply.answer.error) {
    reply.weight = operation.weight_of_success;
  }
  return reply;
}

const ApiKey* WsApi::authenticate(const RequestParams& params, bool may_be_session, Nanos now,
                                  ApiError& error) const {
  const bool is_signed = params.has("apiKey") || params.has("signature");
  if (!is_signed && may_be_session && session_ != nullptr) {
    const auto late = check_timing(params, now);
    if (late) error = *late;
    return late ? nullptr : session_;
  }
  if (params.get("apiKey").empty()) {
    error = errors::mandatory("apiKey");
    return nullptr;
  }
  const ApiKey* key = parts_.keys.find(params.get("apiKey"), error);
  if (key == nullptr) return nullptr;
  const auto problem = check_signed(*key, params, params.sorted_payload(), now);
  if (problem) error = *problem;
  return problem ? nullptr : key;
}

std::optional<Answer> WsApi::session_method(std::string_view method, const RequestParams& params,
                                            Nanos now) {
  if (method == "session.logon") return log_on(params, now);
  if (method == "session.logout") return log_out(now);
  if (method == "session.status") return session_state(now);
  if (method == "session.subscriptions") return subscriptions();
  if (method == "userDataStream.subscribe") {
    if (session_ == nullptr) return errors::bad_key();
    return subscribe(static_cast<sim::AccountId>(session_->account), true);
  }
  if (method == "userDataStream.subscribe.signature") return subscribe_signed(params, now);
  if (method == "userDataStream.unsubscribe") return unsubscribe(params, now);
  return std::nullopt;
}

Answer WsApi::log_on(const RequestParams& params, Nanos now) {
  ApiError error;
  const ApiKey* key = authenticate(params, false, now, error);
  if (key == nullptr) return error;
  if (key->config->kind != KeyKind::kEd25519) return errors::bad_key();
  session_ = key;
  authorized_ = now;
  return session_state(now);
}

Answer WsApi::log_out(Nanos now) {
  session_ = nullptr;
  for (const Subscription& s : subscriptions_) {
    if (s.of_session) end(s, now);
  }
  std::erase_if(subscriptions_, [](const Subscription& s) { return s.of_session; });
  return session_state(now);
}

Answer WsApi::session_state(Nanos now) const {
  JsonText json(unit_);
  json.open_object();
  if (session_ != nullptr) {
    json.text("apiKey", session_->config->api_key).time("authorizedSince", authorized_);
  } else {
    json.raw("apiKey", "null").raw("authorizedSince", "null");
  }
  const bool listens =
      std::ranges::any_of(subscriptions_, [](const Subscription& s) { return s.of_session; });
  return json.time("connectedSince", connected_)
      .flag("returnRateLimits", return_rate_limits_)
      .time("serverTime", now)
      .flag("userDataStream", listens)
      .close_object()
      .take();
}

Answer WsApi::subscribe(sim::AccountId account, bool of_session) {
  if (std::ranges::find(subscriptions_, account, &Subscription::account) != subscriptions_.end()) {
    return errors::bad_request(-2035, "User Data Stream subscription already active.");
  }
  if (next_subscription_ >= kSubscriptionIdsMax || subscriptions_.size() >= kSubscriptionsMax) {
    return errors::bad_request(-2042, "Too many User Data Stream subscriptions.");
  }
  const int id = next_subscription_++;
  subscriptions_.push_back({id, account, of_session});
  parts_.host.user_data().subscribe(*this, account, id);
  return fmt::format(R"({{"subscriptionId":{}}})", id);
}

Answer WsApi::subscribe_signed(const RequestParams& params, Nanos now) {
  ApiError error;
  const ApiKey* key = authenticate(params, false, now, error);
  if (key == nullptr) return error;
  return subscribe(static_cast<sim::AccountId>(key->account), false);
}

Answer WsApi::unsubscribe(const RequestParams& params, Nanos now) {
  const std::string* text = params.find("subscriptionId");
  const auto wanted = [&](const Subscription& s) {
    return text == nullptr || *text == std::to_string(s.id);
  };
  if (std::ranges::none_of(subscriptions_, wanted)) {
    return errors::bad_request(-2036, "User Data Stream subscription inactive.");
  }
  for (const Subscription& s : subscriptions_) {
    if (wanted(s)) end(s, now);
  }
  std::erase_if(subscriptions_, wanted);
  return std::string("{}");
}

Answer WsApi::subscriptions() const {
  JsonText json;
  json.open_array();
  for (const Subscription& s : subscriptions_) {
    json.open_object().integer("subscriptionId", s.id).close_object();
  }
  return json.close_array().take();
}

void WsApi::end(const Subscription& subscription, Nanos now) {
  parts_.host.user_data().unsubscribe(*this, subscription.id);
  JsonText json(unit_);
  json.open_object().integer("subscriptionId", subscription.id).open_object("event");
  json.text("e", "eventStreamTerminated").time("E", now).close_object().close_object();
  afterwards_.push_back(std::make_shared<const std::string>(json.take()));
}

void WsApi::send(const WsMessage& message, const Reply& reply, Nanos now) {
  JsonText json(unit_);
  json.open_object().raw("id", message.id);
  if (reply.answer.error) {
    json.integer("status", reply.answer.error->status)
        .raw("error", error_json(*reply.answer.error));
  } else {
    json.integer("status", 200).raw("result", reply.answer.json);
  }
  const std::string_view wanted = message.params.get("returnRateLimits");
  if (wanted.empty() ? return_rate_limits_ : wanted == "true") {
    json.open_array("rateLimits");
    if (reply.counts_orders && reply.key != nullptr) {
      json.element(parts_.limits.orders_json(reply.key->account, now));
    }
    json.element(parts_.limits.weight_json(address_, now)).close_array();
  }
  connection_.send(std::make_shared<const std::string>(json.close_object().take()));
}

}  // namespace mm::server
