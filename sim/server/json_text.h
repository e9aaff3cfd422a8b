// Writes compact JSON as the venue does: members in the order given, decimals with eight places.
//
// The server's thread; appends to one string. Commas follow from the character before, so objects
// need no state and the caller pairs open and close. Times are written in the unit the client
// chose.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/core/types.h"

namespace mm::server {

enum class TimeUnit : std::uint8_t { kMilliseconds, kMicroseconds };
constexpr std::int64_t in_unit(Nanos time, TimeUnit unit) {
  return time.v / (unit == TimeUnit::kMilliseconds ? kMillisecond.v : kMicrosecond.v);
}

// "23416.10000000"
std::string eight_places(Amount amount);
// A JSON string, quoted and escaped; the text must be valid UTF-8.
std::string quoted(std::string_view text);

class JsonText {
 public:
  explicit JsonText(TimeUnit unit = TimeUnit::kMilliseconds) : unit_(unit) {}

  JsonText& open_object() { return punctuate('{'); }
  JsonText& open_object(std::string_view key) { return name(key).punctuate('{'); }
  JsonText& close_object() { return close('}'); }
  JsonText& open_array() { return punctuate('['); }
  JsonText& open_array(std::string_view key) { return name(key).punctuate('['); }
  JsonText& close_array() { return close(']'); }

  JsonText& text(std::string_view key, std::string_view value) { return raw(key, quoted(value)); }
  JsonText& decimal(std::string_view key, Amount value) {
    name(key).text_ += '"' + eight_places(value) + '"';
    return *this;
  }
  template <std::integral T>
  JsonText& integer(std::string_view key, T value) {
    return raw(key, std::to_string(value));
  }
  JsonText& flag(std::string_view key, bool value) { return raw(key, value ? "true" : "false"); }
  JsonText& time(std::string_view key, Nanos value) { return integer(key, in_unit(value, unit_)); }
  // What is JSON already.
  JsonText& raw(std::string_view key, std::string_view json) {
    name(key).text_ += json;
    return *this;
  }
  JsonText& element(std::string_view json) {
    separate();
    text_ += json;
    return *this;
  }
  // A price level: ["0.01379900","3.43200000"]
  JsonText& level(Amount price, Amount quantity);

  TimeUnit unit() const { return unit_; }
  std::string take() { return std::move(text_); }

 private:
  void separate() {
    if (text_.empty()) return;
    const char last = text_.back();
    if (last != '{' && last != '[' && last != ':') text_ += ',';
  }
  JsonText& name(std::string_view key) {
    separate();
    text_ += '"';
    text_ += key;
    text_ += "\":";
    return *this;
  }
  JsonText& punctuate(char open) {
    separate();
    text_ += open;
    return *this;
  }
  JsonText& close(char bracket) {
    text_ += bracket;
    return *this;
  }

  TimeUnit unit_;
  std::string text_;
};

}  // namespace mm::server
