// What the account holds of each asset, and what orders on their way will take of it.
//
// Owned by the core's thread; O(1), but for the few orders of one instrument; allocates only while
// instruments are added. A buy is paid with the quote asset, a sell with the base asset. Spot
// instruments that name the same asset share its balance; one with a wallet of its own (the
// simulated venue's) shares with nobody. The venue's free balance already lacks what acknowledged
// orders lock; what the venue cannot know yet is counted here, and what it has just acknowledged
// until a balance has been told again.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/event.h"
#include "engine/core/instrument.h"
#include "engine/core/order_table.h"
#include "engine/core/types.h"

namespace mm {

class AssetBalances {
 public:
  // In the order of their ids, before the first event.
  void add(const Instrument& instrument);

  void on_balance(InstrumentId id, const Balance& balance);
  // The instrument's orders may have changed, and so what they will take of a shared asset.
  void on_orders(InstrumentId id, const Instrument& instrument, const OrderTable& table);

  // The venue has acknowledged an order. Its lock is in the next balance of the asset, which may
  // have come first: after kUntoldMax it is taken to be in the one that is known.
  void on_acknowledged(InstrumentId id, const Instrument& instrument, const Order& order,
                       Nanos now);
  // A fill has been charged for: likewise.
  void on_fee(InstrumentId id, Amount fee, Asset asset, Nanos now);

  // Whether the venue has told the balance that pays for orders of this side.
  bool known(InstrumentId id, Side side) const { return holding(id, side).known; }
  // Free for this side, less what other instruments' orders on their way will take and what the
  // venue may have locked since it told the balance.
  Amount available(InstrumentId id, Side side, Nanos now) const;
  // Free and locked.
  Amount base_held(InstrumentId id) const { return holding(id, Side::kSell).held; }
  // Whether orders of one side of `a` are paid with what `b` pays with.
  bool pay_alike(InstrumentId a, Side a_side, InstrumentId b, Side b_side) const {
    return uses_[a][index(a_side)].asset == uses_[b][index(b_side)].asset;
  }

 private:
  static constexpr Nanos kUntoldMax{kSecond.v};
  struct Holding {
    std::string name;  // empty if it is one instrument's own
    Amount free{}, held{};
    Amount in_flight{};  // of all uses
    Amount untold{};     // taken since the balance was told
    Nanos untold_until{};
    int uses = 0;
    bool known = false;
  };
  // What one side of an instrument is paid with, and how much of that is on its way.
  struct Use {
    std::size_t asset = 0;
    Amount in_flight{};
  };
  Use use(std::string_view name);
  void take(InstrumentId id, Side side, Amount amount, Nanos now);
  const Holding& holding(InstrumentId id, Side side) const {
    return holdings_[uses_[id][index(side)].asset];
  }

  bool shared_ = false;  // any of them
  std::vector<Holding> holdings_;
  std::vector<std::array<Use, 2>> uses_;  // by instrument and side
};

}  // namespace mm
