#include "engine/core/asset_balances.h"

#include <algorithm>

namespace mm {
namespace {

constexpr Int128 kMoneyPerAmount = money(Amount(1)).v;

// What is taken, in the asset that pays, rounded up.
Amount amount(Int128 taken, Side side, const Instrument& instrument) {
  if (taken == 0) return Amount(0);
  if (side == Side::kSell) return base_amount(instrument, Lots(static_cast<std::int64_t>(taken)));
  const Int128 worth = taken * notional(instrument, Ticks(1), Lots(1)).v;
  return Amount(static_cast<std::int64_t>((worth + kMoneyPerAmount - 1) / kMoneyPerAmount));
}

}  // namespace

AssetBalances::Use AssetBalances::use(std::string_view name) {
  auto it = name.empty() ? holdings_.end() : std::ranges::find(holdings_, name, &Holding::name);
  if (it == holdings_.end()) {
    it = holdings_.insert(it, Holding{});
    it->name = name;
  }
  if (++it->uses > 1) shared_ = true;
  return {.asset = static_cast<std::size_t>(it - holdings_.begin()), .in_flight = {}};
}

void AssetBalances::add(const Instrument& instrument) {
  const bool alone = instrument.own_wallet || !instrument.is_spot;
  const Use quote = use(alone ? "" : instrument.quote());
  const Use base = use(alone ? "" : instrument.base());
  uses_.push_back({quote, base});
}

void AssetBalances::on_balance(InstrumentId id, const Balance& balance) {
  if (balance.asset == Asset::kOther) return;
  const Side side = balance.asset == Asset::kQuote ? Side::kBuy : Side::kSell;
  Holding& holding = holdings_[uses_[id][index(side)].asset];
  holding.free = balance.free;
  holding.held = balance.free + balance.locked;
  holding.known = true;
  holding.untold = Amount(0);
}

void AssetBalances::on_orders(InstrumentId id, const Instrument& instrument,
                              const OrderTable& table) {
  if (!shared_) return;
  for (const Side side : kSides) {
    Use& use = uses_[id][index(side)];
    Holding& holding = holdings_[use.asset];
    if (holding.uses < 2) continue;  // nobody else asks
    const Amount now = amount(table.payment(id, side).in_flight, side, instrument);
    holding.in_flight += now - use.in_flight;
    use.in_flight = now;
  }
}

void AssetBalances::on_acknowledged(InstrumentId id, const Instrument& instrument,
                                    const Order& order, Nanos now) {
  const Int128 locked = payment(order.side, order.price, order.leaves());
  take(id, order.side, amount(locked, order.side, instrument), now);
}

void AssetBalances::on_fee(InstrumentId id, Amount fee, Asset asset, Nanos now) {
  if (asset == Asset::kOther || fee.v <= 0) return;
  take(id, asset == Asset::kQuote ? Side::kBuy : Side::kSell, fee, now);
}

void AssetBalances::take(InstrumentId id, Side side, Amount amount, Nanos now) {
  Holding& holding = holdings_[uses_[id][index(side)].asset];
  if (now >= holding.untold_until) holding.untold = Amount(0);
  holding.untold += amount;
  holding.untold_until = now + kUntoldMax;
}

Amount AssetBalances::available(InstrumentId id, Side side, Nanos now) const {
  const Holding& all = holding(id, side);
  const Amount untold = now < all.untold_until ? all.untold : Amount(0);
  const Amount taken = all.in_flight - uses_[id][index(side)].in_flight + untold;
  return taken.v == 0 ? all.free : std::max(Amount(0), all.free - taken);
}

}  // namespace mm
