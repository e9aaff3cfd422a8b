// Tells whether two engines, or one at two times, run with the same configuration.
//
// Cold, pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace mm::app {

// Of the text of a configuration as in force (effective_text); FNV-1a.
constexpr std::uint64_t config_hash(std::string_view text) {
  std::uint64_t h = 0xcbf29ce484222325ULL;
  for (const char c : text) h = (h ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return h;
}

}  // namespace mm::app
