// Reading JSON members with simdjson on demand: what the gateway's parsers share.
//
// Pure functions on a parser of the caller; no allocation. Included by parsers' sources only. A
// value of the wrong type, or a number that cannot be kept exactly, is an error of the message.
#pragma once

#include <simdjson.h>

#include <cstdint>
#include <string_view>

#include "engine/core/decimal.h"

namespace mm::binance::orders::json {

namespace od = simdjson::ondemand;
using Error = simdjson::error_code;
inline constexpr Error kOk = simdjson::SUCCESS;

// Calls `visit(key, value)` for each member, until one is not kOk.
template <class Visit>
Error for_each_member(od::object& object, Visit&& visit) {
  for (auto member : object) {
    if (const Error e = member.error()) return e;
    od::field&& field = std::move(member).value_unsafe();
    std::string_view key;
    if (const Error e = field.unescaped_key().get(key)) return e;
    if (const Error e = visit(key, field.value())) return e;
  }
  return kOk;
}
template <class Visit>
Error for_each_member(od::value& value, Visit&& visit) {
  od::object object;
  if (const Error e = value.get_object().get(object)) return e;
  return for_each_member(object, visit);
}
// Calls `visit(value)` for each element.
template <class Visit>
Error for_each_element(od::value& value, Visit&& visit) {
  od::array array;
  if (const Error e = value.get_array().get(array)) return e;
  for (auto element : array) {
    od::value v;
    if (const Error e = element.get(v)) return e;
    if (const Error e = visit(v)) return e;
  }
  return kOk;
}

inline od::json_type type_of(od::value& value) {
  od::json_type type{};
  return value.type().get(type) == kOk ? type : od::json_type::null;
}

// null leaves `out` as it is, here and below.
inline Error read_text(od::value& value, std::string_view& out) {
  if (type_of(value) == od::json_type::null) return kOk;
  return value.get_string().get(out);
}
inline Error read_decimal(od::value& value, std::int64_t& out) {
  std::string_view text;
  if (type_of(value) == od::json_type::null) return kOk;
  if (const Error e = value.get_string().get(text)) return e;
  const Decimal d = parse_decimal(text);
  if (d.error != DecimalError::kNone) return simdjson::NUMBER_ERROR;
  out = d.value;
  return kOk;
}
// Numbers, also where a server writes them as text.
inline Error read_integer(od::value& value, std::int64_t& out) {
  if (type_of(value) == od::json_type::null) return kOk;
  if (type_of(value) == od::json_type::string) return value.get_int64_in_string().get(out);
  return value.get_int64().get(out);
}
inline Error read_id(od::value& value, std::uint64_t& out) {
  std::int64_t number = 0;
  const Error e = read_integer(value, number);
  if (e == kOk && number > 0) out = static_cast<std::uint64_t>(number);  // -1: there is none
  return e;
}
inline Error read_bool(od::value& value, bool& out) {
  if (type_of(value) == od::json_type::null) return kOk;
  return value.get_bool().get(out);
}

// One JSON object, and nothing behind it: `read(object)`.
template <class Read>
Error read_message(od::parser& parser, std::string_view text, std::size_t padding, Read&& read) {
  od::document document;
  if (const Error e =
          parser.iterate(text.data(), text.size(), text.size() + padding).get(document)) {
    return e;
  }
  od::object object;
  if (const Error e = document.get_object().get(object)) return e;
  if (const Error e = read(object)) return e;
  const char* rest = nullptr;
  return document.current_location().get(rest) == kOk ? simdjson::TRAILING_CONTENT : kOk;
}

}  // namespace mm::binance::orders::json
