// Position and profit of one instrument, exactly: every fill moves base, cash and fees by integers.
//
// Owned by the core's thread; O(1) per fill, no allocation. Position = opening + fills - fees
// charged in base. Realised profit uses average cost; what a division would round stays in the
// cost of the open position, so realised + unrealised - fees is always the exact total. A fee in
// base is a sale at the fill's price whose proceeds pay the fee; a fee in a third asset is
// converted at that asset's price when known, else listed unconverted.
#pragma once

#include <cstdint>

#include "engine/core/event.h"
#include "engine/core/instrument.h"
#include "engine/core/types.h"

namespace mm {

inline constexpr const char* kThirdFeeAsset = "BNB";  // what Asset::kOther is at our venues

class Position {
 public:
  explicit Position(const Instrument& instrument) : instrument_(&instrument) {}

  // The holding before the first fill, valued at `mark`; replaces an earlier opening. From then on
  // total(m) is cash + value of base at m - value of the opening - fees.
  void open(Amount base, HalfTicks mark);
  void fill(Side side, Ticks price, Lots lots, Amount fee, Asset fee_asset);
  // Quote price of one unit of the third fee asset; 0 = unknown.
  void set_fee_asset_price(Amount price) { fee_asset_price_ = price; }

  Amount base() const { return base_; }
  Amount opening() const { return opening_; }
  Money opening_value() const { return opening_value_; }
  Money realized() const { return realized_; }
  Money fees() const { return fees_; }
  Amount fees_unconverted() const { return fees_unconverted_; }
  Money unrealized(HalfTicks mark) const { return value(*instrument_, base_, mark) - cost_; }
  Money total(HalfTicks mark) const { return realized_ + unrealized(mark) - fees_; }

  std::uint64_t fills() const { return fills_; }
  Lots bought() const { return bought_; }
  Lots sold() const { return sold_; }
  Amount base_fees() const { return base_fees_; }
  // Independent of base(): what the fills add up to. Invariant 4.
  Amount explained_base() const {
    return opening_ + base_amount(*instrument_, bought_ - sold_) - base_fees_;
  }

 private:
  void move(Amount delta, HalfTicks price);

  const Instrument* instrument_;
  Amount base_{}, opening_{}, base_fees_{}, fees_unconverted_{}, fee_asset_price_{};
  Money cost_{};  // paid for the open position; negative when short
  Money opening_value_{};
  Money realized_{}, fees_{};
  Lots bought_{}, sold_{};
  std::uint64_t fills_ = 0;
};

}  // namespace mm
