// Client order ids: owner, instance, session epoch, table slot and generation in 64 bits.
//
// Made by the order table, read wherever a report must find its order. A late report carries an
// old generation and so never hits a reused slot. Where generations begin is a live start's own
// chance (the nonce), so that two starts that both take themselves for the next one, on two hosts,
// share no id: each knows the other's orders by generations it never sent. The gateway prints the
// id as text (`mm<16 hex digits>`), so any client can tell ours from a person's orders.
#pragma once

#include <cstdint>

#include "engine/core/types.h"

namespace mm {

// Field widths, from the top: instance 8 (which engine of the key), epoch 16 (which start of it),
// slot 16, generation 24 (wraps only after 16.7 million orders in one slot of one session).
struct OrderIdParts {
  std::uint8_t instance;
  std::uint16_t epoch;
  std::uint16_t slot;
  std::uint32_t generation;
};

constexpr ClientOrderId make_order_id(OrderIdParts p) {
  return ClientOrderId((std::uint64_t{p.instance} << 56) | (std::uint64_t{p.epoch} << 40) |
                       (std::uint64_t{p.slot} << 24) | (p.generation & 0xFFFFFFu));
}
constexpr OrderIdParts parts(ClientOrderId id) {
  return {static_cast<std::uint8_t>(id.v >> 56), static_cast<std::uint16_t>(id.v >> 40),
          static_cast<std::uint16_t>(id.v >> 24), static_cast<std::uint32_t>(id.v & 0xFFFFFFu)};
}

}  // namespace mm
