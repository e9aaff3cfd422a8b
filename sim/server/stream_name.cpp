#include "sim/server/stream_name.h"

#include <algorithm>

namespace mm::server {

std::optional<StreamName> parse_stream_name(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos) return std::nullopt;
  StreamName name;
  for (const char c : text.substr(0, at)) {
    if (c >= 'A' && c <= 'Z') return std::nullopt;
    name.symbol += c >= 'a' && c <= 'z' ? static_cast<char>(c - 0x20) : c;
  }
  const auto suffix = std::ranges::find(kStreamSuffixes, text.substr(at + 1));
  if (suffix == kStreamSuffixes.end()) return std::nullopt;
  name.kind = static_cast<StreamKind>(suffix - kStreamSuffixes.begin());
  return name;
}

}  // namespace mm::server
