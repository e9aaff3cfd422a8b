#include "sim/accounts.h"

#include "engine/core/assert.h"
#include "sim/fixed_math.h"

namespace mm::sim {
namespace {

constexpr Int128 kMoneyPerAmount = 10'000'000'000;

Amount rounded_up(Money money) {
  return rounded_down(money + Money(kMoneyPerAmount - 1));
}

std::size_t asset_count(std::span<const Listing> listings) {
  std::size_t count = 0;
  for (const Listing& listing : listings) {
    for (const AssetId asset : {listing.base, listing.quote, listing.third}) {
      if (asset != kNoAsset) count = std::max(count, std::size_t{asset} + 1);
    }
  }
  return count;
}

}  // namespace

Amount rounded_down(Money money) {
  return Amount(static_cast<std::int64_t>(money.v / kMoneyPerAmount));
}

Accounts::Accounts(const ExchangeConfig& config, std::span<const Listing> listings)
    : listings_(listings),
      fee_asset_price_(config.fee_asset_price),
      assets_(std::max<std::size_t>(asset_count(listings), config.assets)),
      accounts_max_(config.accounts_max),
      entries_(accounts_max_ * assets_),
      records_(accounts_max_ * listings.size()) {
  touched_.reserve(entries_.size());
  updates_.reserve(assets_);
}

AccountId Accounts::open() {
  MM_ASSERT(!full(), "the caller checks that there is room for one more account");
  return static_cast<AccountId>(count_++);
}

void Accounts::deposit(AccountId account, AssetId asset, Amount amount) {
  MM_ASSERT(asset < assets_, "an asset of a listing, or of those that the config counts");
  Entry& entry = entries_[place(account, asset)];
  entry.now.free += amount;
  entry.told.free += amount;
}

bool Accounts::reserve(RestingOrder& order) {
  return reserve(order, need(order));
}

bool Accounts::reserve(RestingOrder& order, Amount needed) {
  const Listing& listing = listings_[order.instrument];
  if (!listing.instrument.is_spot) return true;
  Funds& funds = touch(order.account, paid_in(order));
  const Amount more = needed - order.reserved;
  if (more.v > 0 && more > funds.free) return false;
  funds.free -= more;
  funds.locked += more;
  order.reserved = needed;
  return true;
}

void Accounts::release(RestingOrder& order) {
  if (order.reserved.v == 0) return;
  Funds& funds = touch(order.account, paid_in(order));
  funds.free += order.reserved;
  funds.locked -= order.reserved;
  order.reserved = Amount(0);
}

Execution Accounts::settle(RestingOrder& order, Ticks price, Lots lots, bool maker) {
  const Listing& listing = listings_[order.instrument];
  const Instrument& instrument = listing.instrument;
  const bool buys = order.side == Side::kBuy;
  const Amount base = base_amount(instrument, lots);
  const Money worth = notional(instrument, price, lots);
  const Amount quote = rounded_down(worth);
  Record& record = records_[record_of(order.account, order.instrument)];
  record.position += buys ? base : -base;
  record.cash += buys ? -worth : worth;
  if (instrument.is_spot) {
    // What the fill uses leaves the reserve; rounding leftovers become free again. A market buy's
    // reserve goes as a whole with its first fill: what it buys later is paid before anything else.
    const Amount paid = buys ? quote : base;
    const Amount unlocked = order.reserved - need(order);
    order.reserved -= unlocked;
    Funds& funds = touch(order.account, paid_in(order));
    funds.locked -= unlocked;
    funds.free += unlocked - paid;
    touch(order.account, buys ? listing.base : listing.quote).free += buys ? base : quote;
  }
  const Ratio rate = maker ? instrument.fees.maker : instrument.fees.taker;
  const Fee charged = fee(order, price, lots, rate);
  if (charged.from != kNoAsset) touch(order.account, charged.from).free -= charged.amount;
  if (charged.asset == Asset::kBase) record.position -= charged.amount;
  record.fees[static_cast<std::size_t>(charged.asset)] += charged.amount;
  return {.venue_id = order.venue_id,
          .price = price,
          .lots = lots,
          .quote = quote,
          .fee = charged.amount,
          .account = order.account,
          .instrument = order.instrument,
          .fee_asset_id = charged.from,
          .fee_asset = charged.asset,
          .side = order.side,
          .maker = maker};
}

Funds& Accounts::touch(AccountId account, AssetId asset) {
  const std::size_t at = place(account, asset);
  if (!entries_[at].touched) {
    entries_[at].touched = true;
    touched_.push_back(at);
  }
  return entries_[at].now;
}

AssetId Accounts::paid_in(const RestingOrder& order) const {
  const Listing& listing = listings_[order.instrument];
  return order.side == Side::kBuy ? listing.quote : listing.base;
}

Amount Accounts::need(const RestingOrder& order) const {
  const Instrument& instrument = listings_[order.instrument].instrument;
  return order.side == Side::kBuy ? rounded_up(notional(instrument, order.price, order.leaves()))
                                  : base_amount(instrument, order.leaves());
}

Accounts::Fee Accounts::fee(const RestingOrder& order, Ticks price, Lots lots, Ratio rate) const {
  const Listing& listing = listings_[order.instrument];
  const Asset received = order.side == Side::kBuy ? Asset::kBase : Asset::kQuote;
  const Asset asset = listing.instrument.fees.asset;
  if (asset != Asset::kOther) {
    return fee_in(listing.fee_from_received ? received : asset, listing, price, lots, rate);
  }
  const Fee third = fee_in(asset, listing, price, lots, rate);
  if (third.from == kNoAsset || funds(order.account, third.from).free >= third.amount) return third;
  return fee_in(received, listing, price, lots, rate);
}

// Truncated to 1e-8 of the asset, as the venue does.
Accounts::Fee Accounts::fee_in(Asset asset, const Listing& listing, Ticks price, Lots lots,
                               Ratio rate) const {
  const Instrument& instrument = listing.instrument;
  if (asset == Asset::kBase) {
    const Amount base = base_amount(instrument, lots);
    return {Amount(mul_div(base.v, rate.v, kRatioScale)), asset, listing.base};
  }
  const Amount quote = rounded_down(scaled(notional(instrument, price, lots), rate));
  if (asset == Asset::kQuote) return {quote, asset, listing.quote};
  return {Amount(mul_div(quote.v, kAmountScale, fee_asset_price_.v)), asset, listing.third};
}

}  // namespace mm::sim
