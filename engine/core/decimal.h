// Decimal text to integers and back, exactly: "2683.80000000" is 268380000000 units of 1e-8.
//
// Pure functions for any thread, a few nanoseconds each, no allocation except where a std::string
// is returned. What cannot be said exactly (a ninth significant decimal, an exponent, a sign, more
// than 92 billion) is an error, never a rounded number. ExactDivisor turns a price into ticks with
// one multiplication and knows when it is off the grid; a grid of zero never divides anything.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "engine/core/types.h"

namespace mm {

enum class DecimalError : std::uint8_t {
  kNone,
  kEmpty,
  kNegative,
  kBadCharacter,
  kTooPrecise,  // finer than 1e-8
  kOutOfRange   // does not fit
};

struct Decimal {
  std::int64_t value{};  // in 1e-8
  DecimalError error{DecimalError::kNone};
};

inline constexpr int kDecimalPlaces = 8;
inline constexpr std::uint64_t kWholeMax = 92'233'720'367;  // times 1e8 plus a fraction fits int64

namespace detail {

inline constexpr std::array<std::uint64_t, 9> kPowersOfTen{
    1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000};

constexpr bool is_digit(char c) {
  return static_cast<unsigned char>(c - '0') < 10;
}

// Eight digits at once: Binance spot writes every number with eight decimals.
inline bool eight_digits(const char* p, std::uint64_t& value) {
  static_assert(std::endian::native == std::endian::little);
  std::uint64_t word;
  std::memcpy(&word, p, sizeof word);
  const std::uint64_t high = word & 0xF0F0F0F0F0F0F0F0;
  const std::uint64_t carried = (word + 0x0606060606060606) & 0xF0F0F0F0F0F0F0F0;
  if (((high ^ 0x3030303030303030) | (carried ^ 0x3030303030303030)) != 0) return false;
  word -= 0x3030303030303030;
  word = word * 10 + (word >> 8);  // pairs, in every other byte
  const std::uint64_t mask = 0x000000FF000000FF;
  value = ((word & mask) * (100 + (std::uint64_t{1'000'000} << 32)) +
           ((word >> 16) & mask) * (1 + (std::uint64_t{10'000} << 32))) >>
          32;
  return true;
}

// The digits after the point, at `p`; leaves `p` behind the last of them.
inline DecimalError parse_fraction(const char*& p, const char* end, std::uint64_t& fraction) {
  if (end - p >= kDecimalPlaces && eight_digits(p, fraction)) {
    p += kDecimalPlaces;
  } else {
    const char* const first = p;
    while (p != end && is_digit(*p) && p - first < kDecimalPlaces)
      fraction = fraction * 10 + static_cast<std::uint64_t>(*p++ - '0');
    if (p == first) return DecimalError::kBadCharacter;
    fraction *= kPowersOfTen[static_cast<std::size_t>(kDecimalPlaces - (p - first))];
  }
  for (; p != end && is_digit(*p); ++p)
    if (*p != '0') return DecimalError::kTooPrecise;
  return DecimalError::kNone;
}

}  // namespace detail

// Parses the number at `p` and leaves `p` at the first character that is not part of it.
[[gnu::always_inline]] inline Decimal parse_decimal_prefix(const char*& p, const char* end) {
  const char* const first = p;
  std::uint64_t whole = 0;
  for (; p != end && detail::is_digit(*p); ++p) {
    whole = whole * 10 + static_cast<std::uint64_t>(*p - '0');
    if (whole > kWholeMax) return {0, DecimalError::kOutOfRange};
  }
  if (p == first) {
    if (p == end) return {0, DecimalError::kEmpty};
    return {0, *p == '-' ? DecimalError::kNegative : DecimalError::kBadCharacter};
  }
  std::uint64_t fraction = 0;
  if (p != end && *p == '.') {
    const DecimalError error = detail::parse_fraction(++p, end, fraction);
    if (error != DecimalError::kNone) return {0, error};
  }
  return {static_cast<std::int64_t>(whole * detail::kPowersOfTen[kDecimalPlaces] + fraction)};
}

// Parses all of `text`.
inline Decimal parse_decimal(std::string_view text) {
  const char* p = text.data();
  const char* const end = p + text.size();
  Decimal d = parse_decimal_prefix(p, end);
  if (d.error == DecimalError::kNone && p != end) d = {0, DecimalError::kBadCharacter};
  return d;
}

// Divides by a fixed number those numbers that are whole multiples of it: n = d * q exactly when
// n * inverse(d) mod 2^64 is not above max / d, for odd d; powers of two are shifted out first.
class ExactDivisor {
 public:
  constexpr ExactDivisor() = default;
  constexpr explicit ExactDivisor(std::int64_t divisor) {
    if (divisor <= 0) return;
    const auto d = static_cast<std::uint64_t>(divisor);
    shift_ = std::countr_zero(d);
    low_bits_ = (std::uint64_t{1} << shift_) - 1;
    const std::uint64_t odd = d >> shift_;
    inverse_ = odd * 3 ^ 2;                                      // right in its low 5 bits
    for (int i = 0; i < 4; ++i) inverse_ *= 2 - odd * inverse_;  // doubles the right bits
    quotient_max_ = ~std::uint64_t{0} / odd;
  }

  // False if `n` is negative or not a multiple; a divisor of zero divides only zero.
  constexpr bool divide(std::int64_t n, std::int64_t& quotient) const {
    const auto u = static_cast<std::uint64_t>(n);
    if (n < 0 || (u & low_bits_) != 0) return false;
    const std::uint64_t q = (u >> shift_) * inverse_;
    quotient = static_cast<std::int64_t>(q);
    return q <= quotient_max_;
  }

 private:
  std::uint64_t inverse_ = 0;
  std::uint64_t quotient_max_ = 0;
  std::uint64_t low_bits_ = ~std::uint64_t{0};
  int shift_ = 0;
};

enum class UnitError : std::uint8_t { kNone, kOffGrid, kOutOfRange };

// The grid of one instrument: 1e-8 numbers to its ticks and lots.
class UnitGrid {
 public:
  constexpr UnitGrid() = default;
  constexpr UnitGrid(Amount tick, Amount lot) : tick_(tick.v), lot_(lot.v) {}

  constexpr UnitError ticks(std::int64_t price, std::int32_t& out) const {
    std::int64_t q = 0;
    if (!tick_.divide(price, q)) return UnitError::kOffGrid;
    if (q > std::numeric_limits<std::int32_t>::max()) return UnitError::kOutOfRange;
    out = static_cast<std::int32_t>(q);
    return UnitError::kNone;
  }
  constexpr UnitError lots(std::int64_t quantity, std::int64_t& out) const {
    return lot_.divide(quantity, out) ? UnitError::kNone : UnitError::kOffGrid;
  }

 private:
  ExactDivisor tick_, lot_;
};

inline constexpr std::size_t kDecimalTextMax = 22;

// Writes 1e-8 units without trailing zeros ("2683.8", "0.0001", "-3"); returns the end.
inline char* format_decimal(std::int64_t value, char* out) {
  auto magnitude = static_cast<std::uint64_t>(value);
  if (value < 0) {
    *out++ = '-';
    magnitude = 0 - magnitude;
  }
  std::array<char, 2 * kDecimalTextMax> digits;
  char* const end = digits.data() + digits.size();
  char* p = end;
  int places = 0;
  for (; magnitude != 0 || places <= kDecimalPlaces; magnitude /= 10, ++places) {
    if (places == kDecimalPlaces) *--p = '.';
    *--p = static_cast<char>('0' + magnitude % 10);
  }
  char* last = end;
  while (last[-1] == '0') --last;
  if (last[-1] == '.') --last;
  std::memcpy(out, p, static_cast<std::size_t>(last - p));
  return out + (last - p);
}
inline std::string decimal_text(std::int64_t value) {
  std::array<char, kDecimalTextMax> text;
  return {text.data(), format_decimal(value, text.data())};
}

}  // namespace mm
