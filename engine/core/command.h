// What the core decides: one fixed-size command per cache line, to gateway or simulated venue.
//
// Written by the core, carried by a ring, read by the gateway; trivially copyable, no allocation.
// A command names its order by client order id; what it means on the wire is the gateway's affair
// (VenueRules says which kinds a venue has). Time stamps are excluded from command hashes, so that
// one decision hashes the same in real and in virtual time.
#pragma once

#include <array>
#include <cstdint>
#include <new>
#include <span>
#include <type_traits>

#include "engine/core/types.h"

namespace mm {

enum class CommandKind : std::uint8_t {
  kNone = 0,
  kPlace,       // post-only limit order: id, ticks, lots
  kCancel,      // id
  kReplace,     // cancelReplace, STOP_ON_FAILURE + CANCEL_ONLY + ONLY_NEW: id -> new_id
  kModify,      // same order, new ticks and total lots (USD-M order.modify)
  kReduce,      // amend.keepPriority: new total lots, same id
  kQueryOrder,  // id
  kQueryOpenOrders,
  kResyncFeed,  // to the feed's control ring, not to the gateway
  kCancelAll,   // every order on the symbol, whoever placed it
  kCount
};
const char* name(CommandKind k);

struct alignas(kCacheLine) Command {
  Nanos time{};            // core time of the decision
  Nanos cause_received{};  // `received` of the event that led to it: tick-to-trade
  ClientOrderId id{};
  ClientOrderId new_id{};
  VenueOrderId venue_id{};  // 0 while unknown
  Lots lots{};
  std::int32_t ticks{};
  InstrumentId instrument{};
  CommandKind kind{CommandKind::kNone};
  Side side{Side::kBuy};
  std::uint8_t connection{};  // order-entry connection: all requests of one order use one
  std::uint8_t why{};         // DecisionReason, for explain
  std::uint8_t question{};    // kQueryOrder: its number, which the answer repeats
  std::uint8_t pad[5]{};
};
static_assert(sizeof(Command) == 64 && std::is_trivially_copyable_v<Command>);

// Bounded list of the commands of one event; owned by the core's caller, cleared by it.
class CommandBuffer {
 public:
  static constexpr std::size_t kCapacity = 4096;
  bool push(const Command& c) {
    return emplace([&c] { return c; });
  }
  // Made where it stays: the processor waits for a copy of what has just been written.
  template <class Make>
  bool emplace(Make&& make) {
    if (size_ == kCapacity) return false;
    new (&items_[size_++]) Command(make());
    return true;
  }
  void clear() { size_ = 0; }
  std::size_t size() const { return size_; }
  std::span<const Command> items() const { return {items_.data(), size_}; }

 private:
  std::array<Command, kCapacity> items_;
  std::size_t size_ = 0;
};

// 64-bit hash of everything a command says except its two time stamps; never 0.
std::uint64_t hash(const Command& c, std::uint64_t seed);

}  // namespace mm
