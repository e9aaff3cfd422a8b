#include "sim/server/json_text.h"

#include <fmt/format.h>

namespace mm::server {

std::string eight_places(Amount amount) {
  const bool negative = amount.v < 0;
  auto magnitude = static_cast<std::uint64_t>(amount.v);
  if (negative) magnitude = 0 - magnitude;
  constexpr auto kScale = static_cast<std::uint64_t>(kAmountScale);
  return fmt::format("{}{}.{:08}", negative ? "-" : "", magnitude / kScale, magnitude % kScale);
}

std::string quoted(std::string_view text) {
  std::string out;
  out.reserve(text.size() + 2);
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out += '"';
}

JsonText& JsonText::level(Amount price, Amount quantity) {
  separate();
  text_ += "[\"";
  text_ += eight_places(price);
  text_ += "\",\"";
  text_ += eight_places(quantity);
  text_ += "\"]";
  return *this;
}

}  // namespace mm::server
