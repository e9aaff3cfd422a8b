// What a strategy is, and how one is chosen by its configured name.
//
// A strategy is a small trivially destructible object, one per instrument, owned by the core's
// thread. `quote` is called at a decision and fills the ladder with the levels it would like; it
// must not allocate, block or look at a clock; what follows from instrument and params alone is
// worked out in the constructor. Everything else (clamps, limits, matching with live
// orders, requests) is the engine's. To add one: write a file in engine/core/strategies with the
// type and `const StrategyRegistration<MyStrategy> registration{"my_name"};`.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>

#include "engine/core/instrument.h"
#include "engine/core/ladder.h"
#include "engine/core/market.h"
#include "engine/core/params.h"

namespace mm {

// Everything a strategy may look at. Own resting quantity is already excluded from fair value and
// touch where the venue's book contains it.
struct QuoteInput {
  Nanos now;
  const Instrument& instrument;
  const StrategyParams& params;
  const Market& market;
  HalfTicks fair_value;
  const Touch& touch;
  Amount position;
  Amount position_limit;  // base, > 0: the tighter of the risk limits at this fair value
};

template <class S>
concept Strategy = std::constructible_from<S, const Instrument&, const StrategyParams&> &&
    std::is_trivially_destructible_v<S> && requires(S strategy, const QuoteInput& in, Ladder& out) {
  { strategy.quote(in, out) } -> std::same_as<void>;
};

inline constexpr std::size_t kStrategyBytesMax = 512;

// How the core calls a registered strategy: one indirect call a decision.
struct StrategyType {
  std::string_view name;
  void (*construct)(void* where, const Instrument& instrument, const StrategyParams& params);
  void (*quote)(void* self, const QuoteInput& in, Ladder& out);
};

// Adds a type to the list; called before main by StrategyRegistration.
void register_strategy(const StrategyType& type);
std::span<const StrategyType> registered_strategies();
const StrategyType* find_strategy(std::string_view name);  // nullptr if there is none

template <Strategy S>
struct StrategyRegistration {
  static_assert(sizeof(S) <= kStrategyBytesMax && alignof(S) <= kCacheLine);
  explicit StrategyRegistration(std::string_view name) {
    register_strategy(
        {name,
         [](void* where, const Instrument& i, const StrategyParams& p) { new (where) S(i, p); },
         [](void* self, const QuoteInput& in, Ladder& out) {
           static_cast<S*>(self)->quote(in, out);
         }});
  }
};

// One instrument's strategy, in place.
class StrategyInstance {
 public:
  // `params.strategy` must name a registered strategy (the config reader checks it).
  StrategyInstance(const Instrument& instrument, const StrategyParams& params) {
    construct(instrument, params);
  }
  // Anew, in the place of the one before.
  void construct(const Instrument& instrument, const StrategyParams& params);
  void quote(const QuoteInput& in, Ladder& out) { type_->quote(storage_.data(), in, out); }
  std::string_view name() const { return type_->name; }

 private:
  const StrategyType* type_ = nullptr;
  alignas(kCacheLine) std::array<std::byte, kStrategyBytesMax> storage_{};
};

}  // namespace mm
