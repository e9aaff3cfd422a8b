// What the venue knew a moment ago: its lists are read from a store that lags behind its matching.
//
// The server's thread. Told of every change when it happens; O(log orders) each. Remembers what is
// open, and of everything else the last kLength.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>

#include "sim/accounts.h"
#include "sim/order_store.h"

namespace mm::server {

class RecentPast {
 public:
  static constexpr Nanos kLength{10 * kSecond.v};

  struct OrderThen {
    Nanos since{};
    sim::RestingOrder order;
    std::string name;
  };

  void note(const sim::RestingOrder& order, std::string name, Nanos now);
  void note(sim::AccountId account, sim::AssetId asset, const sim::Funds& funds, Nanos now);

  // nullptr: it had not come yet, or ended so long ago that it is as it was.
  const OrderThen* find(ClientOrderId number, Nanos then) const;
  // nullptr: as they are.
  const sim::Funds* find(sim::AccountId account, sim::AssetId asset, Nanos then) const;

  // Those that were open, oldest first.
  template <class Use>
  void for_each_open(sim::AccountId account, Nanos then, Use&& use) const {
    for (const auto& [number, versions] : orders_) {
      if (versions.back().order.account != account) continue;
      const OrderThen* const order = find(ClientOrderId(number), then);
      if (order != nullptr && order->order.status == OrderStatusCode::kOpen) use(*order);
    }
  }

 private:
  struct FundsThen {
    Nanos since{};
    sim::Funds funds;
  };
  void forget(Nanos before);

  // Versions, oldest first; the first one may be older than what is remembered.
  std::map<std::uint64_t, std::deque<OrderThen>> orders_;
  std::map<std::pair<sim::AccountId, sim::AssetId>, std::deque<FundsThen>> funds_;
  std::deque<std::pair<Nanos, std::uint64_t>> ended_;  // orders, and when
};

}  // namespace mm::server
