// A server's own words, fit to stand in a line of the log: cut, and without control characters,
// which would begin another line or steer a terminal.
//
// Pure; any thread, cold, one allocation.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace mm::net {

inline std::string server_words(std::string_view text, std::size_t bytes_max) {
  std::string words(text.substr(0, bytes_max));
  std::ranges::replace_if(
      words, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
  return words;
}

}  // namespace mm::net
