#include "engine/core/position.h"

namespace mm {
namespace {

constexpr std::int64_t magnitude(Amount a) {
  return a.v < 0 ? -a.v : a.v;
}

}  // namespace

void Position::open(Amount base, HalfTicks mark) {
  const Money worth = value(*instrument_, base, mark);
  base_ += base - opening_;
  cost_ += worth - opening_value_;
  opening_ = base;
  opening_value_ = worth;
}

// Adds `delta` of base at `price`. The part that reduces the position realises its share of the
// average cost; a part that goes through zero opens a new position at `price`.
void Position::move(Amount delta, HalfTicks price) {
  const bool reduces = base_.v != 0 && (base_.v > 0) != (delta.v > 0);
  if (!reduces) {
    base_ += delta;
    cost_ += value(*instrument_, delta, price);
    return;
  }
  const Amount closing = magnitude(delta) < magnitude(base_) ? delta : -base_;
  // In two steps: cost x closed may exceed 128 bits for a billion cheap coins.
  const Int128 whole = magnitude(base_), closed = magnitude(closing);
  const Money share(cost_.v / whole * closed + cost_.v % whole * closed / whole);
  realized_ += -value(*instrument_, closing, price) - share;
  cost_ -= share;
  base_ += closing;
  const Amount rest = delta - closing;
  base_ += rest;
  cost_ += value(*instrument_, rest, price);
}

void Position::fill(Side side, Ticks price, Lots lots, Amount fee, Asset fee_asset) {
  ++fills_;
  (side == Side::kBuy ? bought_ : sold_) += lots;
  const HalfTicks at = half_ticks(price);
  move(base_amount(*instrument_, lots) * sign(side), at);
  switch (fee_asset) {
    case Asset::kQuote:
      fees_ += money(fee);
      return;
    case Asset::kBase:
      base_fees_ += fee;
      fees_ += value(*instrument_, fee, at);
      move(-fee, at);
      return;
    case Asset::kOther:
      if (fee_asset_price_.v == 0) {
        fees_unconverted_ += fee;
      } else {
        fees_ += Money(Int128{fee.v} * fee_asset_price_.v * 100);
      }
      return;
  }
}

}  // namespace mm
