// Balances, positions and fees of the simulated account; each instrument has its own wallet.
//
// Owned by the venue's thread; O(1), no allocation after construction. On spot a buy reserves its
// price x quantity in quote (rounded up) and a sell its quantity in base; fees come out of what is
// free and may take it a fee's breadth below zero. Futures reserve nothing: they have a position.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "engine/core/instrument.h"
#include "sim/order_store.h"
#include "sim/sim_config.h"

namespace mm::sim {

struct Wallet {
  Amount base_free{}, base_locked{};
  Amount quote_free{}, quote_locked{};
  Amount position{};  // fills, less fees charged in base
  bool operator==(const Wallet&) const = default;
};

struct Fee {
  Amount amount{};
  Asset asset{Asset::kQuote};
};

class Account {
 public:
  Account(const SimulatorConfig& config, std::span<const Instrument> instruments);

  // Holds back what the order's leaves need; false, and nothing changes, if that is not free.
  bool reserve(RestingOrder& order);
  void release(RestingOrder& order);
  // Books `lots` just filled (already counted in order.filled) as maker, and their fee.
  Fee settle(RestingOrder& order, Lots lots);

  const Wallet& wallet(InstrumentId i) const { return wallets_[i]; }
  // Paid so far, rebates negative, per asset.
  Amount fees(InstrumentId i, Asset asset) const {
    return fees_[i][static_cast<std::size_t>(asset)];
  }

 private:
  Amount need(const RestingOrder& order) const;
  Fee fee(const Instrument& instrument, Ticks price, Lots lots) const;

  std::span<const Instrument> instruments_;
  Amount fee_asset_price_;
  std::vector<Wallet> wallets_;
  std::vector<std::array<Amount, 3>> fees_;
};

}  // namespace mm::sim
