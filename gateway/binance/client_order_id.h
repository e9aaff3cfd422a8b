// Client order ids as the venue sees them: "mm" and sixteen hexadecimal digits.
//
// Pure functions, any thread, no allocation. The text alone says whose an order is, so a person's
// orders, and those of another engine on the same account, are never touched.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "engine/core/order_id.h"

namespace mm::binance::orders {

inline constexpr std::string_view kClientIdPrefix = "mm";
inline constexpr std::size_t kClientIdDigits = 16;
inline constexpr std::size_t kClientIdBytes = kClientIdPrefix.size() + kClientIdDigits;

using ClientIdText = std::array<char, kClientIdBytes>;

constexpr ClientIdText client_id_text(ClientOrderId id) {
  ClientIdText text{};
  for (std::size_t i = 0; i < kClientIdPrefix.size(); ++i) text[i] = kClientIdPrefix[i];
  for (std::size_t i = 0; i < kClientIdDigits; ++i) {
    text[kClientIdBytes - 1 - i] = "0123456789abcdef"[(id.v >> (4 * i)) & 0xF];
  }
  return text;
}

// Nothing for every text client_id_text() does not write.
constexpr std::optional<ClientOrderId> parse_client_id(std::string_view text) {
  if (text.size() != kClientIdBytes || !text.starts_with(kClientIdPrefix)) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text.substr(kClientIdPrefix.size())) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit && (c < 'a' || c > 'f')) return std::nullopt;
    value = (value << 4) | static_cast<std::uint64_t>(digit ? c - '0' : c - 'a' + 10);
  }
  return ClientOrderId(value);
}

enum class Owner : std::uint8_t {
  kOurs,           // this start of this engine
  kEarlier,        // this engine, before it was started again
  kLater,          // this engine, started after us: from another state folder
  kOtherInstance,  // another engine
  kForeign         // a person, or another program
};

// Which engine of the account we are, and which start of it.
struct Identity {
  std::uint8_t instance = 0;
  std::uint16_t epoch = 0;
};

constexpr Owner owner_of(ClientOrderId id, Identity self) {
  const OrderIdParts p = parts(id);
  if (p.instance != self.instance) return Owner::kOtherInstance;
  if (p.epoch == self.epoch) return Owner::kOurs;
  // Epochs begin anew after the last one: the nearer way round counts.
  const auto ahead = static_cast<std::uint16_t>(p.epoch - self.epoch);
  return ahead < 0x8000 ? Owner::kLater : Owner::kEarlier;
}
constexpr Owner owner_of(std::string_view text, Identity self) {
  const std::optional<ClientOrderId> id = parse_client_id(text);
  return id ? owner_of(*id, self) : Owner::kForeign;
}

}  // namespace mm::binance::orders
