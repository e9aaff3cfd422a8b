// JSON as a venue's program writes it, read in one pass without a parser.
//
// Owned by one thread; no allocation, nothing is copied. Only the compact form is known: no white
// space, no escapes, plain ASCII, numbers without a sign or leading zeros. Everything else is
// refused, not judged: whoever is refused reads the text again with a real parser. What is not
// refused means the same to both. Some 64 bytes behind the text must be readable.
#pragma once

#include <emmintrin.h>

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "engine/core/decimal.h"
#include "feeds/binance/price_level.h"

namespace mm::binance {

// All reading functions: false if what is there is of another form; then the cursor is of no use.
class CompactCursor {
 public:
  explicit CompactCursor(std::string_view text)
      : p_(text.data()), end_(text.data() + text.size()) {}

  const char* at() const { return p_; }
  char peek() const { return p_ < end_ ? *p_ : '\0'; }
  bool at_end() const { return p_ == end_; }
  bool take(char c) {
    const bool there = peek() == c;
    p_ += there ? 1 : 0;
    return there;
  }

  // Of an object, in front of its first or next member: the key, and the cursor at its value.
  bool key(std::string_view& out) {
    if (end_ - p_ >= 4 && p_[0] == '"' && is_letter(p_[1]) && p_[2] == '"' && p_[3] == ':') {
      out = {p_ + 1, 1};
      p_ += 4;
      return true;
    }
    return string(out) && take(':');
  }
  bool string(std::string_view& out) {
    if (!take('"')) return false;
    const char* const first = p_;
    unsigned special = 0;
    for (; p_ < end_ && (special = special_in_16(p_)) == 0; p_ += 16) continue;
    p_ += std::countr_zero(special | 0x10000u);
    out = {first, static_cast<std::size_t>(p_ - first)};
    return take('"');
  }
  bool integer(std::uint64_t& out) {
    constexpr int kDigitsMax = 19;
    const char* const first = p_;
    out = 0;
    for (std::uint64_t eight = 0;
         end_ - p_ >= 8 && p_ - first <= 8 && detail::eight_digits(p_, eight); p_ += 8)
      out = out * 100'000'000 + eight;
    while (p_ < end_ && detail::is_digit(*p_) && p_ - first < kDigitsMax)
      out = out * 10 + static_cast<std::uint64_t>(*p_++ - '0');
    const bool padded = *first == '0' && p_ - first > 1;
    return p_ != first && !padded && ends_value();
  }
  bool boolean(bool& out) {
    const bool yes = starts_with("true");
    if (!yes && !starts_with("false")) return false;
    p_ += yes ? 4 : 5;
    out = yes;
    return true;
  }
  // A decimal in quotes, in units of 1e-8.
  bool decimal(std::int64_t& out) {
    if (!take('"')) return false;
    const Decimal d = parse_decimal_prefix(p_, end_);
    out = d.value;
    return d.error == DecimalError::kNone && take('"');
  }
  // [["price","quantity"],...]
  bool levels(std::span<PriceLevel> room, std::size_t& count);
  // A value that nobody wants, if it is a scalar.
  bool skip() {
    std::string_view ignored;
    if (peek() == '"') return string(ignored);
    const char* const first = p_;
    while (p_ < end_ && (is_letter(*p_) || detail::is_digit(*p_) || is_sign(*p_))) ++p_;
    return p_ != first && ends_value();
  }

 private:
  // A bit for each of 16 bytes that ends a string, escapes something or is not printable ASCII.
  static unsigned special_in_16(const char* p) {
    const __m128i bytes = _mm_loadu_si128(static_cast<const __m128i*>(static_cast<const void*>(p)));
    const __m128i low = _mm_cmpgt_epi8(_mm_set1_epi8(' '), bytes);  // and what is above 0x7F
    const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
    const __m128i escape = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
    const __m128i top = _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7F));
    const __m128i any = _mm_or_si128(_mm_or_si128(low, quote), _mm_or_si128(escape, top));
    return static_cast<unsigned>(_mm_movemask_epi8(any));
  }
  static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
  static bool is_sign(char c) { return c == '-' || c == '+' || c == '.'; }
  bool ends_value() const { return peek() == ',' || peek() == '}'; }
  bool starts_with(std::string_view word) const {
    return std::string_view(p_, static_cast<std::size_t>(end_ - p_)).starts_with(word);
  }
  bool level(PriceLevel& out);

  const char* p_;
  const char* const end_;
};

// The literals between the numbers are compared without looking for the end: what stands behind it
// is readable, and a cursor that has gone beyond it is refused.
[[gnu::always_inline]] inline bool CompactCursor::level(PriceLevel& out) {
  constexpr std::ptrdiff_t kShortest = 9;  // ["1","1"]
  if (end_ - p_ < kShortest || p_[0] != '[' || p_[1] != '"') return false;
  p_ += 2;
  const Decimal price = parse_decimal_prefix(p_, end_);
  if (price.error != DecimalError::kNone || std::memcmp(p_, "\",\"", 3) != 0) return false;
  p_ += 3;
  if (p_ >= end_) return false;
  const Decimal quantity = parse_decimal_prefix(p_, end_);
  if (quantity.error != DecimalError::kNone || p_[0] != '"' || p_[1] != ']') return false;
  p_ += 2;
  out = {price.value, quantity.value};
  return true;
}

inline bool CompactCursor::levels(std::span<PriceLevel> room, std::size_t& count) {
  count = 0;
  if (!take('[')) return false;
  if (take(']')) return true;
  for (; count < room.size(); ++p_) {
    if (!level(room[count])) return false;
    ++count;
    if (p_ >= end_) return false;
    if (*p_ == ']') return ++p_ <= end_;
    if (*p_ != ',') return false;
  }
  return false;
}

}  // namespace mm::binance
