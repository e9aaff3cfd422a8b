#include "gateway/binance/instrument_map.h"

#include <algorithm>

namespace mm::binance::orders {
namespace {

constexpr std::string_view kFeeAsset = "BNB";  // what Asset::kOther is on this venue

}  // namespace

InstrumentMap::InstrumentMap(std::span<const Instrument> instruments)
    : instruments_(instruments.begin(), instruments.end()) {
  bool fee_asset_traded = false;
  for (std::size_t i = 0; i < instruments_.size(); ++i) {
    const Instrument& instrument = instruments_[i];
    const auto id = static_cast<InstrumentId>(i);
    grids_.emplace_back(instrument.tick, instrument.lot);
    by_symbol_.push_back(id);
    const std::string_view quote = instrument.quote_text.data();
    add_use(instrument.base(), {id, Asset::kBase});
    add_use(quote, {id, Asset::kQuote});
    fee_asset_traded = fee_asset_traded || instrument.base() == kFeeAsset || quote == kFeeAsset;
  }
  if (!fee_asset_traded && !instruments_.empty()) add_use(kFeeAsset, {0, Asset::kOther});
  std::ranges::sort(by_symbol_, {}, [this](InstrumentId i) { return instruments_[i].symbol(); });
  std::ranges::sort(by_asset_, {}, &NamedUses::asset);
}

void InstrumentMap::add_use(std::string_view asset, AssetUse use) {
  const auto found = std::ranges::find(by_asset_, asset, &NamedUses::asset);
  if (found == by_asset_.end()) {
    by_asset_.push_back({asset, {use}});
  } else {
    found->uses.push_back(use);
  }
}

InstrumentId InstrumentMap::find(std::string_view symbol) const {
  const auto symbol_of = [this](InstrumentId i) { return instruments_[i].symbol(); };
  const auto found = std::ranges::lower_bound(by_symbol_, symbol, {}, symbol_of);
  return found != by_symbol_.end() && symbol_of(*found) == symbol ? *found : kNoInstrument;
}

std::int32_t InstrumentMap::ticks(InstrumentId i, std::int64_t price) const {
  std::int32_t ticks = 0;
  return grids_[i].ticks(price, ticks) == UnitError::kNone ? ticks : 0;
}

Lots InstrumentMap::lots(InstrumentId i, std::int64_t quantity) const {
  std::int64_t lots = 0;
  const bool whole = grids_[i].lots(quantity, lots) == UnitError::kNone;
  return Lots(whole ? lots : quantity / instruments_[i].lot.v);
}

bool InstrumentMap::is_on_grid(InstrumentId i, std::int64_t price, std::int64_t quantity) const {
  std::int32_t ticks = 0;
  std::int64_t lots = 0;
  return grids_[i].ticks(price, ticks) == UnitError::kNone &&
         grids_[i].lots(quantity, lots) == UnitError::kNone;
}

Asset InstrumentMap::role(InstrumentId i, std::string_view asset) const {
  if (instruments_[i].base() == asset) return Asset::kBase;
  return asset == instruments_[i].quote_text.data() ? Asset::kQuote : Asset::kOther;
}

std::span<const InstrumentMap::AssetUse> InstrumentMap::uses(std::string_view asset) const {
  const auto found = std::ranges::lower_bound(by_asset_, asset, {}, &NamedUses::asset);
  if (found == by_asset_.end() || found->asset != asset) return {};
  return found->uses;
}

}  // namespace mm::binance::orders
