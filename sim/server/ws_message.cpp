#include "sim/server/ws_message.h"

#include <simdjson.h>

namespace mm::server {
namespace {

using simdjson::ondemand::json_type;

std::string_view trimmed(std::string_view token) {
  const std::size_t end = token.find_last_not_of(" \t\r\n");
  return token.substr(0, end + 1);
}

JsonItem item_of(simdjson::ondemand::value value) {
  std::string_view text;
  switch (value.type()) {
    case json_type::string:
      if (value.get_string().get(text) != simdjson::SUCCESS) return {};
      return {JsonKind::kString, std::string(text)};
    case json_type::number: {
      text = trimmed(value.raw_json_token());
      const bool integer = text.find_first_of(".eE") == std::string_view::npos;
      return {integer ? JsonKind::kInteger : JsonKind::kOther, std::string(text)};
    }
    case json_type::boolean:
      return {JsonKind::kFlag, std::string(trimmed(value.raw_json_token()))};
    case json_type::null:
      return {JsonKind::kNull, "null"};
    case json_type::array:
      return {JsonKind::kList, std::string(simdjson::to_json_string(value).value())};
    case json_type::object:
      return {JsonKind::kObject, std::string(simdjson::to_json_string(value).value())};
  }
  return {};
}

bool read_params(simdjson::ondemand::value value, WsMessage& out) {
  switch (value.type()) {
    case json_type::array:
      out.params_kind = JsonKind::kList;
      for (auto element : value.get_array()) out.list.push_back(item_of(element.value()));
      return true;
    case json_type::object:
      out.params_kind = JsonKind::kObject;
      for (auto field : value.get_object()) {
        const std::string_view name = field.unescaped_key();
        const JsonItem item = item_of(field.value());
        if (item.kind != JsonKind::kNull && !out.params.add(name, item.text)) return false;
      }
      return true;
    default:
      out.params_kind = item_of(value).kind;
      return true;
  }
}

}  // namespace

struct WsMessageReader::Parsers {
  simdjson::dom::parser whole;
  simdjson::ondemand::parser parts;
};

WsMessageReader::WsMessageReader() : parsers_(std::make_unique<Parsers>()) {
  if (parsers_->whole.allocate(1u << 17, kDepthMax) != simdjson::SUCCESS) {
    throw std::bad_alloc();
  }
}

WsMessageReader::~WsMessageReader() = default;

// Twice over the text: once to know that all of it is JSON, once for the numbers as written.
WsMessageError WsMessageReader::read(std::string_view text, WsMessage& out) {
  const simdjson::padded_string padded(text);
  simdjson::dom::element whole;
  if (parsers_->whole.parse(padded).get(whole) != simdjson::SUCCESS) {
    return WsMessageError::kBadJson;
  }
  if (!whole.is_object()) return WsMessageError::kNotAnObject;
  try {
    auto document = parsers_->parts.iterate(padded).value();
    for (auto field : document.get_object()) {
      const std::string_view name = field.unescaped_key();
      if (name == "id") {
        const std::string raw(trimmed(simdjson::to_json_string(field.value()).value()));
        JsonItem item{JsonKind::kOther, raw};
        if (raw == "null") item.kind = JsonKind::kNull;
        if (raw.front() == '"') item.kind = JsonKind::kString;
        if (raw.find_first_not_of("-0123456789") == std::string::npos) {
          item.kind = JsonKind::kInteger;
        }
        out.id = raw;
        out.id_kind = item.kind;
      } else if (name == "method") {
        const JsonItem item = item_of(field.value());
        if (item.kind == JsonKind::kString) out.method = item.text;
      } else if (name == "params") {
        if (!read_params(field.value(), out)) return WsMessageError::kTooManyParameters;
      }
    }
  } catch (const simdjson::simdjson_error&) {
    return WsMessageError::kBadJson;
  }
  return WsMessageError::kNone;
}

}  // namespace mm::server
