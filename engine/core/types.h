// The units of the engine: strong integer types for price, quantity, time, amounts and money.
//
// Used by every thread; no state, no allocation, every operation is one machine instruction or a
// few. A price is a whole number of ticks and a quantity a whole number of lots of its instrument;
// an Amount is 1e-8 of an asset (the resolution of Binance's own numbers); Money is 1e-18 of the
// quote asset in 128 bits, fine enough that tick x lot products, half ticks and 1e-8 fees all
// convert to it exactly. Nothing here is ever a double.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <limits>

namespace mm {

__extension__ using Int128 = __int128;

inline constexpr std::size_t kCacheLine = 64;

// A number with a unit: adds and compares with its own kind, scales by plain integers.
template <class Tag, class Rep>
struct Unit {
  Rep v{};

  constexpr Unit() = default;
  constexpr explicit Unit(Rep value) : v(value) {}

  constexpr auto operator<=>(const Unit&) const = default;
  constexpr Unit operator-() const { return Unit(-v); }
  constexpr Unit& operator+=(Unit o) {
    v += o.v;
    return *this;
  }
  constexpr Unit& operator-=(Unit o) {
    v -= o.v;
    return *this;
  }
  friend constexpr Unit operator+(Unit a, Unit b) { return Unit(a.v + b.v); }
  friend constexpr Unit operator-(Unit a, Unit b) { return Unit(a.v - b.v); }
  friend constexpr Unit operator*(Unit a, Rep k) { return Unit(a.v * k); }
  friend constexpr Unit operator*(Rep k, Unit a) { return Unit(a.v * k); }
  friend constexpr Unit operator/(Unit a, Rep k) { return Unit(a.v / k); }

  static constexpr Unit max() { return Unit(std::numeric_limits<Rep>::max()); }
  static constexpr Unit min() { return Unit(std::numeric_limits<Rep>::min()); }
};

using Ticks = Unit<struct TicksTag, std::int64_t>;          // price in ticks
using HalfTicks = Unit<struct HalfTicksTag, std::int64_t>;  // mid prices: price in half ticks
using Lots = Unit<struct LotsTag, std::int64_t>;            // quantity in lots
using Nanos = Unit<struct NanosTag, std::int64_t>;    // time since the Unix epoch, or a duration
using Amount = Unit<struct AmountTag, std::int64_t>;  // 1e-8 of an asset: position, balance, fee
using Ratio = Unit<struct RatioTag, std::int64_t>;    // a fraction in 1e-9: 0.002 is 2,000,000
using Money = Unit<struct MoneyTag, Int128>;          // 1e-18 of the quote asset

using InstrumentId = std::uint16_t;  // index into the core's array of instruments
using ClientOrderId = Unit<struct ClientOrderIdTag, std::uint64_t>;  // ours; see order_id.h
using VenueOrderId = Unit<struct VenueOrderIdTag, std::uint64_t>;
using TradeId = Unit<struct TradeIdTag, std::uint64_t>;
using UpdateId = Unit<struct UpdateIdTag, std::uint64_t>;  // the venue's book update number

inline constexpr std::int64_t kAmountScale = 100'000'000;   // Amounts in one unit of an asset
inline constexpr std::int64_t kRatioScale = 1'000'000'000;  // Ratios in 1.0
inline constexpr Int128 kMoneyScale = Int128{1'000'000'000} * 1'000'000'000;
inline constexpr Nanos kMicrosecond{1'000};
inline constexpr Nanos kMillisecond{1'000'000};
inline constexpr Nanos kSecond{1'000'000'000};
inline constexpr Nanos kNever = Nanos::max();

enum class Side : std::uint8_t { kBuy = 0, kSell = 1 };
inline constexpr Side kSides[] = {Side::kBuy, Side::kSell};
constexpr Side opposite(Side s) {
  return s == Side::kBuy ? Side::kSell : Side::kBuy;
}
constexpr std::int64_t sign(Side s) {
  return s == Side::kBuy ? 1 : -1;
}
constexpr std::size_t index(Side s) {
  return static_cast<std::size_t>(s);
}
constexpr const char* name(Side s) {
  return s == Side::kBuy ? "buy" : "sell";
}

constexpr HalfTicks half_ticks(Ticks t) {
  return HalfTicks(t.v * 2);
}
constexpr HalfTicks mid(Ticks bid, Ticks ask) {
  return HalfTicks(bid.v + ask.v);
}

}  // namespace mm

template <class Tag, class Rep>
struct std::hash<mm::Unit<Tag, Rep>> {
  std::size_t operator()(mm::Unit<Tag, Rep> u) const noexcept { return std::hash<Rep>{}(u.v); }
};
