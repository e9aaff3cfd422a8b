// Names of market data streams: "btcusdt@depth20@100ms" is a symbol and one of these kinds.
//
// Pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mm::server {

enum class StreamKind : std::uint8_t {
  kTrade,
  kAggTrade,
  kBookTicker,
  kDiff,
  kDiffFast,
  kDepth5,
  kDepth5Fast,
  kDepth10,
  kDepth10Fast,
  kDepth20,
  kDepth20Fast,
  kCount
};
inline constexpr auto kStreamKinds = static_cast<std::size_t>(StreamKind::kCount);

inline constexpr std::array<std::string_view, kStreamKinds> kStreamSuffixes{
    "trade",        "aggTrade", "bookTicker",    "depth",   "depth@100ms",  "depth5",
    "depth5@100ms", "depth10",  "depth10@100ms", "depth20", "depth20@100ms"};

struct StreamName {
  std::string symbol;  // in upper case, as the rest of the venue writes it
  StreamKind kind{};
};
// nullopt: no stream of ours. Stream names are in lower case.
std::optional<StreamName> parse_stream_name(std::string_view text);

}  // namespace mm::server
