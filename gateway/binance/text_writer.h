// Appends text, whole numbers and decimals to a buffer of fixed size.
//
// Any thread; no allocation, a few nanoseconds a piece. What does not fit is left out and
// remembered: look at `overflowed` before using the text.
#pragma once

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "engine/core/decimal.h"

namespace mm::binance::orders {

class TextWriter {
 public:
  explicit TextWriter(std::span<char> room)
      : begin_(room.data()), at_(room.data()), end_(room.data() + room.size()) {}

  void text(std::string_view piece) {
    if (piece.size() > left()) {
      overflowed_ = true;
      return;
    }
    std::memcpy(at_, piece.data(), piece.size());
    at_ += piece.size();
  }
  void number(std::uint64_t value) {
    const auto [end, error] = std::to_chars(at_, end_, value);
    if (error == std::errc{}) {
      at_ = end;
    } else {
      overflowed_ = true;
    }
  }
  // `value` in 1e-8 with exactly `places` decimals; the caller knows that it has no more.
  void decimal(std::int64_t value, int places) {
    const auto unit = detail::kPowersOfTen[kDecimalPlaces];
    const auto v = static_cast<std::uint64_t>(value);
    number(v / unit);
    if (places == 0) return;
    if (left() < static_cast<std::size_t>(places) + 1) {
      overflowed_ = true;
      return;
    }
    *at_ = '.';
    auto rest = v % unit / detail::kPowersOfTen[static_cast<std::size_t>(kDecimalPlaces - places)];
    for (char* digit = at_ + places; digit != at_; --digit, rest /= 10) {
      *digit = static_cast<char>('0' + rest % 10);
    }
    at_ += places + 1;
  }

  bool overflowed() const { return overflowed_; }
  std::string_view view() const { return {begin_, static_cast<std::size_t>(at_ - begin_)}; }
  // To write a piece in place: at most left() bytes, then skip() what was written.
  std::span<char> room() const { return {at_, left()}; }
  void skip(std::size_t bytes) { at_ += bytes; }

 private:
  std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }

  char* begin_;
  char* at_;
  char* end_;
  bool overflowed_ = false;
};

// The decimals a multiple of this step needs: 0.01 has two.
constexpr int decimal_places(Amount step) {
  int places = kDecimalPlaces;
  for (std::int64_t v = step.v; places > 0 && v != 0 && v % 10 == 0; v /= 10) --places;
  return places;
}

}  // namespace mm::binance::orders
