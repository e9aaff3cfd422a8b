#include "engine/core/strategy.h"

#include "engine/core/assert.h"

namespace mm {
namespace {

constexpr std::size_t kStrategiesMax = 64;

struct Registry {
  std::array<StrategyType, kStrategiesMax> types{};
  std::size_t count = 0;
};

// A function's static: registrations run before main in no particular order.
Registry& registry() {
  static Registry instance;
  return instance;
}

}  // namespace

void register_strategy(const StrategyType& type) {
  Registry& r = registry();
  MM_ASSERT(r.count < kStrategiesMax, "no more strategies than the registry holds");
  MM_ASSERT(find_strategy(type.name) == nullptr, "strategy names are unique");
  r.types[r.count++] = type;
}

std::span<const StrategyType> registered_strategies() {
  return {registry().types.data(), registry().count};
}

const StrategyType* find_strategy(std::string_view name) {
  for (const StrategyType& type : registered_strategies()) {
    if (type.name == name) return &type;
  }
  return nullptr;
}

void StrategyInstance::construct(const Instrument& instrument, const StrategyParams& params) {
  type_ = find_strategy(params.strategy.data());
  MM_ASSERT(type_ != nullptr, "a configured strategy is registered");
  type_->construct(storage_.data(), instrument, params);
}

}  // namespace mm
