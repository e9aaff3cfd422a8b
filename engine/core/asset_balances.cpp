#include "engine/core/asset_balances.h"

#include <algorithm>

namespace mm {
namespace {

constexpr Int128 kMoneyPerAmount = money(Amount(1)).v;

// What the orders of one side may lock beyond what the venue has acknowledged.
Amount in_flight(InstrumentId id, Side side, const Instrument& instrument,
                 const OrderTable& table) {
  Lots lots{};
  Money cost{};
  for (const std::uint16_t slot : table.live(id, side)) {
    const Order& o = table.row(slot);
    lots += o.exposure();
    cost += notional(instrument, o.aggressive_price(), o.exposure());
    if (!o.acknowledged) continue;
    lots -= o.leaves();
    cost -= notional(instrument, o.price, o.leaves());
  }
  if (side == Side::kSell) return base_amount(instrument, lots);
  if (cost.v == 0) return Amount(0);
  return Amount(static_cast<std::int64_t>((cost.v + kMoneyPerAmount - 1) / kMoneyPerAmount));
}

}  // namespace

AssetBalances::Use AssetBalances::use(std::string_view name) {
  auto it = name.empty() ? holdings_.end() : std::ranges::find(holdings_, name, &Holding::name);
  if (it == holdings_.end()) {
    it = holdings_.insert(it, Holding{});
    it->name = name;
  }
  ++it->uses;
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
}

void AssetBalances::on_orders(InstrumentId id, const Instrument& instrument,
                              const OrderTable& table) {
  for (const Side side : kSides) {
    Use& use = uses_[id][index(side)];
    Holding& holding = holdings_[use.asset];
    if (holding.uses < 2) continue;  // nobody else asks
    const Amount now = in_flight(id, side, instrument, table);
    holding.in_flight += now - use.in_flight;
    use.in_flight = now;
  }
}

Amount AssetBalances::available(InstrumentId id, Side side) const {
  const Holding& all = holding(id, side);
  const Amount elsewhere = all.in_flight - uses_[id][index(side)].in_flight;
  return elsewhere.v == 0 ? all.free : std::max(Amount(0), all.free - elsewhere);
}

}  // namespace mm
