#include "sim/server/stream_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "sim/server/stream_hub.h"

namespace mm::server {
namespace {

std::string control_error(int code, std::string_view message) {
  JsonText json;
  return json.open_object().integer("code", code).text("msg", message).close_object().take();
}

std::string result(std::string_view json, const std::string& id) {
  return fmt::format(R"({{"result":{},"id":{}}})", json, id);
}

bool good_id(const WsMessage& message) {
  constexpr std::size_t kQuotes = 2, kIdMax = 36;
  switch (message.id_kind) {
    case JsonKind::kNone:
    case JsonKind::kNull:
    case JsonKind::kInteger:
      return true;
    case JsonKind::kString:
      return message.id.size() <= kIdMax + kQuotes;
    default:
      return false;
  }
}

}  // namespace

StreamClient::StreamClient(StreamHub& hub, Connection& connection, const LimitsConfig& limits,
                           bool combined, TimeUnit unit)
    : hub_(hub), connection_(connection), limits_(limits), combined_(combined), unit_(unit) {}

StreamClient::~StreamClient() {
  for (const std::string& name : names_) hub_.unsubscribe(name, *this);
}

bool StreamClient::subscribe(std::span<const std::string> names) {
  for (const std::string& name : names) {
    if (std::ranges::find(names_, name) != names_.end()) continue;
    if (std::ssize(names_) >= limits_.streams_per_connection) return false;
    names_.push_back(name);
    hub_.subscribe(name, *this);
  }
  return true;
}

void StreamClient::on_text(std::string_view text) {
  WsMessage message;
  std::string answered;
  switch (reader_.read(text, message)) {
    case WsMessageError::kBadJson:
      answered = control_error(3, "Invalid JSON: expected value at line 1 column 1");
      break;
    case WsMessageError::kNotAnObject:
      answered = control_error(2, fmt::format("Invalid request: missing field `method` at line 1 "
                                              "column {}",
                                              text.size()));
      break;
    case WsMessageError::kTooManyParameters:
      answered = control_error(2, "Invalid request: too many parameters");
      break;
    case WsMessageError::kNone:
      answered = answer(message, text.size());
      break;
  }
  connection_.send(std::make_shared<const std::string>(std::move(answered)));
}

void StreamClient::on_shutdown() {
  send(hub_.shutdown_text(combined_, unit_));
}

std::string StreamClient::answer(const WsMessage& message, std::size_t bytes) {
  if (!good_id(message)) {
    return control_error(2, "Invalid request: request ID must be an unsigned integer");
  }
  if (!message.method) {
    return control_error(
        2, fmt::format("Invalid request: missing field `method` at line 1 column {}", bytes));
  }
  const std::string& method = *message.method;
  if (method == "SUBSCRIBE") return change(message, true, bytes);
  if (method == "UNSUBSCRIBE") return change(message, false, bytes);
  if (method == "SET_PROPERTY") return set_property(message);
  if (method == "GET_PROPERTY") return get_property(message);
  if (method == "LIST_SUBSCRIPTIONS") {
    JsonText names;
    names.open_array();
    for (const std::string& name : names_) names.element(quoted(name));
    return result(names.close_array().take(), message.id);
  }
  return control_error(2, fmt::format("Invalid request: unknown variant {}, expected one of "
                                      "`SUBSCRIBE`, `UNSUBSCRIBE`, `LIST_SUBSCRIPTIONS`, "
                                      "`SET_PROPERTY`, `GET_PROPERTY` at line 1 column {}",
                                      '`' + method + '`', bytes));
}

std::string StreamClient::change(const WsMessage& message, bool subscribing, std::size_t bytes) {
  if (message.params_kind != JsonKind::kList) {
    return control_error(
        2, fmt::format("Invalid request: missing field `params` at line 1 column {}", bytes));
  }
  std::vector<std::string> names;
  for (const JsonItem& item : message.list) {
    if (item.kind != JsonKind::kString) {
      return control_error(1, "Invalid value type: expected String");
    }
    names.push_back(item.text);
  }
  if (subscribing) {
    if (!subscribe(names)) return control_error(2, "Invalid request: too many parameters");
  } else {
    for (const std::string& name : names) {
      if (std::erase(names_, name) > 0) hub_.unsubscribe(name, *this);
    }
  }
  return result("null", message.id);
}

std::string StreamClient::bad_property(const WsMessage& message, std::size_t items_max) {
  if (message.list.size() > items_max) {
    return control_error(2, "Invalid request: too many parameters");
  }
  if (message.list.empty() || message.list[0].kind != JsonKind::kString) {
    return control_error(2, "Invalid request: property name must be a string");
  }
  if (message.list[0].text == "combined") return {};
  return fmt::format(R"({{"code":0,"msg":"Unknown property","id":{}}})", message.id);
}

std::string StreamClient::set_property(const WsMessage& message) {
  if (std::string bad = bad_property(message, 2); !bad.empty()) return bad;
  if (message.list.size() < 2 || message.list[1].kind != JsonKind::kFlag) {
    return control_error(1, "Invalid value type: expected Boolean");
  }
  combined_ = message.list[1].text == "true";
  return result("null", message.id);
}

std::string StreamClient::get_property(const WsMessage& message) {
  if (std::string bad = bad_property(message, 1); !bad.empty()) return bad;
  return result(combined_ ? "true" : "false", message.id);
}

}  // namespace mm::server
