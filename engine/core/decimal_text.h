// Exact integers as decimal text, for people, files and venues: no trailing zeros, no exponent.
//
// Pure functions, any thread; digits are written into the returned value itself, so nothing is
// allocated. Cold: a 128-bit division a digit. decimal.h reads decimals and writes them fast.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "engine/core/instrument.h"
#include "engine/core/types.h"

namespace mm {

class DecimalText {
 public:
  static constexpr int kDecimalsMax = 38;

  // value / 10^decimals.
  DecimalText(Int128 value, int decimals);
  std::string_view view() const { return {text_.data() + begin_, text_.size() - begin_}; }
  std::string str() const { return std::string(view()); }

 private:
  std::array<char, 48> text_;  // right-aligned: sign, 39 digits and a point fit
  std::size_t begin_;
};

inline DecimalText decimal_text(Amount a) {
  return {a.v, 8};
}
inline DecimalText decimal_text(Ratio r) {
  return {r.v, 9};
}
inline DecimalText decimal_text(Money m) {
  return {m.v, 18};
}
inline DecimalText price_text(const Instrument& i, Ticks price) {
  return {Int128{price.v} * i.tick.v, 8};
}
inline DecimalText price_text(const Instrument& i, HalfTicks price) {
  return {Int128{price.v} * i.tick.v * 5, 9};
}
inline DecimalText quantity_text(const Instrument& i, Lots lots) {
  return {Int128{lots.v} * i.lot.v, 8};
}

}  // namespace mm
