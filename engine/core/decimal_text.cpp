#include "engine/core/decimal_text.h"

#include "engine/core/assert.h"

namespace mm {

DecimalText::DecimalText(Int128 value, int decimals) : begin_(sizeof text_) {
  MM_ASSERT(decimals >= 0 && decimals <= kDecimalsMax, "the digits fit into the text");
  __extension__ using UInt128 = unsigned __int128;
  // The magnitude of the least value is not an Int128.
  UInt128 rest = value < 0 ? -static_cast<UInt128>(value) : static_cast<UInt128>(value);
  const auto put = [this](char c) { text_[--begin_] = c; };
  const auto next_digit = [&rest] {
    const auto digit = static_cast<char>('0' + static_cast<int>(rest % 10));
    rest /= 10;
    return digit;
  };
  bool fraction = false;
  for (int i = 0; i < decimals; ++i) {
    const char digit = next_digit();
    fraction = fraction || digit != '0';
    if (fraction) put(digit);
  }
  if (fraction) put('.');
  do {
    put(next_digit());
  } while (rest != 0);
  if (value < 0) put('-');
}

}  // namespace mm
