// From the venue's words (symbol, asset) to our instruments and units.
//
// Made at start, then only read, by any thread. Finding takes a binary search, no allocation.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "engine/core/decimal.h"
#include "engine/core/instrument.h"

namespace mm::binance::orders {

inline constexpr InstrumentId kNoInstrument = 0xFFFF;

class InstrumentMap {
 public:
  struct AssetUse {
    InstrumentId instrument;
    Asset asset;
  };

  explicit InstrumentMap(std::span<const Instrument> instruments);
  InstrumentMap(InstrumentMap&&) = default;  // no copies: names are looked at where they are

  InstrumentId find(std::string_view symbol) const;  // kNoInstrument: none of ours
  const Instrument& operator[](InstrumentId i) const { return instruments_[i]; }
  std::size_t size() const { return instruments_.size(); }
  std::span<const Instrument> all() const { return instruments_; }

  // 1e-8 to ticks and lots. Off the grid, which has changed then: 0, and whole lots only.
  std::int32_t ticks(InstrumentId i, std::int64_t price) const;
  Lots lots(InstrumentId i, std::int64_t quantity) const;
  bool is_on_grid(InstrumentId i, std::int64_t price, std::int64_t quantity) const;
  // What an asset is to one instrument, and to all that trade in it.
  Asset role(InstrumentId i, std::string_view asset) const;
  std::span<const AssetUse> uses(std::string_view asset) const;

 private:
  struct NamedUses {
    std::string_view asset;
    std::vector<AssetUse> uses;
  };
  void add_use(std::string_view asset, AssetUse use);

  std::vector<Instrument> instruments_;
  std::vector<UnitGrid> grids_;
  std::vector<InstrumentId> by_symbol_;  // sorted
  std::vector<NamedUses> by_asset_;      // sorted
};

}  // namespace mm::binance::orders
