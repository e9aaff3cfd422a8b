// Balances, positions and fees of the exchange's accounts.
//
// Owned by the exchange's thread; O(1), no allocation after construction. An account has one
// balance per asset, shared by all instruments that trade it. On spot a buy reserves its price x
// quantity in quote (rounded up) and a sell its quantity in base. Fees come out of what is free: if
// not out of what was received, they may take it a fee's breadth below zero. Futures reserve
// nothing: they have a position.
#pragma once

#include <algorithm>
#include <array>
#include <span>
#include <utility>
#include <vector>

#include "engine/core/instrument.h"
#include "sim/order_store.h"
#include "sim/sim_config.h"

namespace mm::sim {

struct Funds {
  Amount free{}, locked{};
  bool operator==(const Funds&) const = default;
};
struct BalanceUpdate {
  AssetId asset{};
  Funds funds{};
};

// An instrument as it is traded here: which balances it moves.
struct Listing {
  Instrument instrument;
  AssetId base{}, quote{};
  // Where fees in Asset::kOther come from, while it has enough; kNoAsset: they are only counted.
  AssetId third{kNoAsset};
  // Fees come out of what the fill brings (Binance spot), not out of instrument.fees.asset.
  bool fee_from_received = false;
};

// To 1e-8 of an asset, what is left over cut off.
Amount rounded_down(Money money);

class Accounts {
 public:
  Accounts(const ExchangeConfig& config, std::span<const Listing> listings);

  bool full() const { return count_ == accounts_max_; }
  std::uint32_t count() const { return count_; }
  std::size_t assets() const { return assets_; }
  AccountId open();  // not when full()
  void deposit(AccountId account, AssetId asset, Amount amount);

  // Holds back what the order's leaves need; false, and nothing changes, if that is not free.
  bool reserve(RestingOrder& order);
  // The same for a market order, which needs what it will pay.
  bool reserve(RestingOrder& order, Amount needed);
  void release(RestingOrder& order);
  // Books `lots` just filled (already counted in order.filled) and their fee.
  Execution settle(RestingOrder& order, Ticks price, Lots lots, bool maker);

  const Funds& funds(AccountId account, AssetId asset) const {
    return entries_[place(account, asset)].now;
  }
  // Fills, less fees charged in base.
  Amount position(AccountId account, InstrumentId i) const {
    return records_[record_of(account, i)].position;
  }
  // What the fills brought in quote less what they took, before fees; not rounded.
  Money cash(AccountId account, InstrumentId i) const {
    return records_[record_of(account, i)].cash;
  }
  // Paid so far, rebates negative, per asset.
  Amount fees(AccountId account, InstrumentId i, Asset asset) const {
    return records_[record_of(account, i)].fees[static_cast<std::size_t>(asset)];
  }

  // tell(account, span<const BalanceUpdate>) for each account whose balances differ from what was
  // told before.
  template <class Tell>
  void tell_changes(Tell&& tell);

 private:
  struct Entry {
    Funds now{}, told{};
    bool touched = false;
  };
  struct Record {
    Amount position{};
    Money cash{};
    std::array<Amount, 3> fees{};
  };
  struct Fee {
    Amount amount{};
    Asset asset{Asset::kQuote};
    AssetId from{kNoAsset};
  };

  std::size_t place(AccountId account, AssetId asset) const { return account * assets_ + asset; }
  std::size_t record_of(AccountId account, InstrumentId i) const {
    return account * listings_.size() + i;
  }
  Funds& touch(AccountId account, AssetId asset);
  AssetId paid_in(const RestingOrder& order) const;
  Amount need(const RestingOrder& order) const;
  Fee fee(const RestingOrder& order, Ticks price, Lots lots, Ratio rate) const;
  Fee fee_in(Asset asset, const Listing& listing, Ticks price, Lots lots, Ratio rate) const;

  std::span<const Listing> listings_;
  Amount fee_asset_price_;
  std::size_t assets_;
  std::uint32_t accounts_max_, count_ = 0;
  std::vector<Entry> entries_;        // by account, then asset
  std::vector<Record> records_;       // by account, then instrument
  std::vector<std::size_t> touched_;  // entries that may differ from what was told
  std::vector<BalanceUpdate> updates_;
};

template <class Tell>
void Accounts::tell_changes(Tell&& tell) {
  if (touched_.empty()) return;
  std::sort(touched_.begin(), touched_.end());
  for (std::size_t k = 0; k < touched_.size();) {
    const std::size_t account = touched_[k] / assets_;
    updates_.clear();
    for (; k < touched_.size() && touched_[k] / assets_ == account; ++k) {
      Entry& entry = entries_[touched_[k]];
      entry.touched = false;
      if (entry.now == entry.told) continue;
      entry.told = entry.now;
      updates_.push_back({static_cast<AssetId>(touched_[k] % assets_), entry.now});
    }
    if (!updates_.empty())
      tell(static_cast<AccountId>(account), std::span(std::as_const(updates_)));
  }
  touched_.clear();
}

}  // namespace mm::sim
