// `key=value` pairs of integers and short texts, a record a line: how a journal's header carries
// plain structs, exactly.
//
// Any thread, cold. `visit_fields(record, visit)` names the fields once, for writing and reading;
// every key must be there, in its order.
#pragma once

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "engine/core/decimal_text.h"
#include "engine/core/event.h"

namespace mm::field_text {

template <std::size_t N>
std::string text_of(const std::array<char, N>& text) {
  return {text.data(), ::strnlen(text.data(), N)};
}
template <class T>
std::string text_of(T number) {
  return DecimalText(static_cast<Int128>(number), 0).str();
}

template <std::size_t N>
bool read(std::string_view text, std::array<char, N>& out) {
  if (text.size() >= N) return false;
  out = {};
  std::copy(text.begin(), text.end(), out.begin());
  return true;
}
template <class T>
bool read_number(std::string_view text, T& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size();
}
inline bool read(std::string_view text, Int128& out) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty() || text.size() > 37) return false;
  Int128 value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + (c - '0');
  }
  out = negative ? -value : value;
  return true;
}
inline bool read(std::string_view text, bool& out) {
  out = text == "1";
  return text == "0" || text == "1";
}
inline bool read(std::string_view text, Asset& out) {
  std::uint8_t value = 0;
  if (!read_number(text, value) || value > static_cast<std::uint8_t>(Asset::kOther)) return false;
  out = static_cast<Asset>(value);
  return true;
}
template <class T>
requires std::is_integral_v<T>
bool read(std::string_view text, T& out) {
  return read_number(text, out);
}

// Cuts the part before `separator` (or all) off the front of `text`.
inline std::string_view cut(std::string_view& text, char separator) {
  const std::size_t at = std::min(text.find(separator), text.size());
  const std::string_view front = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return front;
}

template <class Record>
std::string line_of(const Record& record) {
  std::string line;
  visit_fields(record, [&line](std::string_view key, const auto& value) {
    if (!line.empty()) line += ' ';
    line += key;
    line += '=';
    line += text_of(value);
  });
  return line;
}
// Returns the key without a proper value, empty if all are there; `line` is what is left.
template <class Record>
std::string read_line(std::string_view& line, Record& record) {
  std::string wrong;
  visit_fields(record, [&](std::string_view key, auto& value) {
    if (!wrong.empty()) return;
    std::string_view pair = cut(line, ' ');
    if (cut(pair, '=') != key || !read(pair, value)) wrong = key;
  });
  return wrong;
}

}  // namespace mm::field_text
