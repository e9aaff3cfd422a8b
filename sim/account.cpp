#include "sim/account.h"

#include "sim/fixed_math.h"

namespace mm::sim {
namespace {

constexpr Int128 kMoneyPerAmount = 10'000'000'000;

Amount rounded_down(Money money) {
  return Amount(static_cast<std::int64_t>(money.v / kMoneyPerAmount));
}
Amount rounded_up(Money money) {
  return rounded_down(money + Money(kMoneyPerAmount - 1));
}

}  // namespace

Account::Account(const SimulatorConfig& config, std::span<const Instrument> instruments)
    : instruments_(instruments),
      fee_asset_price_(config.fee_asset_price),
      wallets_(instruments.size()),
      fees_(instruments.size()) {
  for (Wallet& wallet : wallets_) {
    wallet.base_free = config.balance_base;
    wallet.quote_free = config.balance_quote;
  }
}

bool Account::reserve(RestingOrder& order) {
  Wallet& wallet = wallets_[order.instrument];
  const Amount amount = need(order);
  Amount& free = order.side == Side::kBuy ? wallet.quote_free : wallet.base_free;
  Amount& locked = order.side == Side::kBuy ? wallet.quote_locked : wallet.base_locked;
  if (amount > order.reserved && amount - order.reserved > free) return false;
  free -= amount - order.reserved;
  locked += amount - order.reserved;
  order.reserved = amount;
  return true;
}

void Account::release(RestingOrder& order) {
  Wallet& wallet = wallets_[order.instrument];
  (order.side == Side::kBuy ? wallet.quote_free : wallet.base_free) += order.reserved;
  (order.side == Side::kBuy ? wallet.quote_locked : wallet.base_locked) -= order.reserved;
  order.reserved = Amount(0);
}

Fee Account::settle(RestingOrder& order, Lots lots) {
  const Instrument& instrument = instruments_[order.instrument];
  Wallet& wallet = wallets_[order.instrument];
  const Amount base = base_amount(instrument, lots);
  const Amount quote = rounded_down(notional(instrument, order.price, lots));
  const Amount sold = order.side == Side::kBuy ? -base : base;
  wallet.position -= sold;
  if (instrument.is_spot) {
    // What the fill uses leaves the reserve; rounding leftovers become free again.
    const Amount unlocked = order.reserved - need(order);
    order.reserved -= unlocked;
    if (order.side == Side::kBuy) {
      wallet.quote_locked -= unlocked;
      wallet.quote_free += unlocked - quote;
      wallet.base_free += base;
    } else {
      wallet.base_locked -= unlocked;
      wallet.base_free += unlocked - base;
      wallet.quote_free += quote;
    }
  }
  const Fee charged = fee(instrument, order.price, lots);
  if (charged.asset == Asset::kBase) {
    wallet.base_free -= charged.amount;
    wallet.position -= charged.amount;
  } else if (charged.asset == Asset::kQuote) {
    wallet.quote_free -= charged.amount;
  }
  fees_[order.instrument][static_cast<std::size_t>(charged.asset)] += charged.amount;
  return charged;
}

Amount Account::need(const RestingOrder& order) const {
  const Instrument& instrument = instruments_[order.instrument];
  if (!instrument.is_spot) return Amount(0);
  return order.side == Side::kBuy ? rounded_up(notional(instrument, order.price, order.leaves()))
                                  : base_amount(instrument, order.leaves());
}

// Truncated to 1e-8 of the asset, as the venue does.
Fee Account::fee(const Instrument& instrument, Ticks price, Lots lots) const {
  const FeeRates& rates = instrument.fees;
  if (rates.asset == Asset::kBase) {
    const Amount base = base_amount(instrument, lots);
    return {Amount(mul_div(base.v, rates.maker.v, kRatioScale)), rates.asset};
  }
  const Amount quote = rounded_down(scaled(notional(instrument, price, lots), rates.maker));
  if (rates.asset == Asset::kQuote) return {quote, rates.asset};
  return {Amount(mul_div(quote.v, kAmountScale, fee_asset_price_.v)), rates.asset};
}

}  // namespace mm::sim
