#include "sim/server/order_names.h"

namespace mm::server {

ClientOrderId OrderNames::add(sim::AccountId account, std::string name) {
  newest_[key(account, name)] = ++last_;
  orders_.emplace(last_, NamedOrder{account, std::move(name), {}, {}});
  return ClientOrderId(last_);
}

void OrderNames::forget(ClientOrderId number) {
  const auto it = orders_.find(number.v);
  if (it == orders_.end()) return;
  const auto newest = newest_.find(key(it->second.account, it->second.name));
  if (newest != newest_.end() && newest->second == number.v) newest_.erase(newest);
  orders_.erase(it);
}

void OrderNames::rename(ClientOrderId number, std::string name) {
  NamedOrder& order = orders_.at(number.v);
  const auto old = newest_.find(key(order.account, order.name));
  if (old != newest_.end() && old->second == number.v) newest_.erase(old);
  newest_[key(order.account, name)] = number.v;
  order.name = std::move(name);
}

std::optional<ClientOrderId> OrderNames::find(sim::AccountId account, std::string_view name) const {
  const auto it = newest_.find(key(account, name));
  if (it == newest_.end()) return std::nullopt;
  return ClientOrderId(it->second);
}

std::string OrderNames::random_name() {
  constexpr std::string_view kCharacters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  constexpr std::size_t kLength = 22;
  std::string name;
  while (name.size() < kLength) {
    name += kCharacters[static_cast<std::size_t>(random_.below(std::ssize(kCharacters)))];
  }
  return name;
}

}  // namespace mm::server
