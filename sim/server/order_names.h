// What clients call their orders: the exchange knows numbers, clients know texts of their choice.
//
// The server's thread; O(1). An order keeps its entry for as long as the exchange remembers it; a
// name may be used again once its order has ended, and then means the newer one.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sim/order_request.h"
#include "sim/random.h"

namespace mm::server {

struct Amendment {
  std::uint64_t execution_id = 0;
  std::string from_name, to_name;
  Lots from_lots{}, to_lots{};
  Nanos time{};
};

struct NamedOrder {
  sim::AccountId account{};
  std::string name;
  std::string cancel_name;  // of the request that canceled it
  std::vector<Amendment> amendments;
};

class OrderNames {
 public:
  explicit OrderNames(std::uint64_t seed) : random_(seed) {}

  // The number for a new order of this name.
  ClientOrderId add(sim::AccountId account, std::string name);
  void forget(ClientOrderId number);
  void rename(ClientOrderId number, std::string name);

  NamedOrder& operator[](ClientOrderId number) { return orders_.at(number.v); }
  const NamedOrder& operator[](ClientOrderId number) const { return orders_.at(number.v); }
  // The newest of this name.
  std::optional<ClientOrderId> find(sim::AccountId account, std::string_view name) const;
  // By number, so by age.
  const std::map<std::uint64_t, NamedOrder>& all() const { return orders_; }

  // As the venue makes them up: 22 letters and digits.
  std::string random_name();

 private:
  static std::string key(sim::AccountId account, std::string_view name) {
    return std::to_string(account) + ':' + std::string(name);
  }

  std::map<std::uint64_t, NamedOrder> orders_;
  std::unordered_map<std::string, std::uint64_t> newest_;
  std::uint64_t last_ = 0;
  sim::Random random_;
};

}  // namespace mm::server
