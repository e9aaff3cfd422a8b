// What an instrument is: its units, filters, fees and the rules of its venue.
//
// Plain data, filled at start (from config, exchangeInfo or inference) and constant afterwards; the
// conversions between ticks, lots, amounts and money live here and are exact.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "engine/core/divide.h"
#include "engine/core/event.h"
#include "engine/core/types.h"

namespace mm {

inline constexpr std::size_t kMaxInstruments = 1024;

// What one request costs in each of the venue's budgets.
struct RequestCost {
  std::uint8_t raw = 1, weight = 0, orders = 0;
};

// How a venue changes a resting order, and what requests cost there.
struct VenueRules {
  bool modify_in_place;        // USD-M order.modify; otherwise a price change is kReplace
  bool keep_priority_reduce;   // spot order.amend.keepPriority
  bool cancel_replace;         // spot order.cancelReplace; without it: a cancel, then a place
  bool modify_includes_fills;  // quantity of a modify counts what is already executed
  std::uint16_t amends_per_order_max;
  RequestCost place, cancel, replace, modify, reduce;
};
inline constexpr VenueRules kBinanceSpotRules{.modify_in_place = false,
                                              .keep_priority_reduce = true,
                                              .cancel_replace = true,
                                              .modify_includes_fills = true,
                                              .amends_per_order_max = 10,
                                              .place = {1, 0, 1},
                                              .cancel = {1, 0, 0},
                                              .replace = {1, 0, 1},
                                              .modify = {},
                                              .reduce = {1, 4, 0}};
inline constexpr VenueRules kBinanceUsdmRules{.modify_in_place = true,
                                              .keep_priority_reduce = false,
                                              .cancel_replace = false,
                                              .modify_includes_fills = true,
                                              .amends_per_order_max = 9999,
                                              .place = {1, 0, 1},
                                              .cancel = {1, 1, 0},
                                              .replace = {},
                                              .modify = {1, 0, 1},
                                              .reduce = {}};

struct FeeRates {
  Ratio maker{1'000'000};  // 0.001; negative is a rebate
  Ratio taker{1'000'000};
  Asset asset{Asset::kQuote};
};

// Where prices of one side must lie, as fractions of the venue's reference price. 0: anywhere.
struct PriceBand {
  Ratio down{}, up{};
};

struct Instrument {
  std::array<char, 24> symbol_text{};  // zero-terminated, upper case as the venue writes it
  std::array<char, 12> base_text{}, quote_text{};
  Amount tick{};  // price of one tick in 1e-8 quote, > 0
  Amount lot{};   // size of one lot in 1e-8 base, > 0
  Ticks price_min{1}, price_max{2'000'000'000};
  Lots lots_min{1}, lots_max{1'000'000'000'000};
  Money notional_min{}, notional_max{};  // of one order; 0: no limit
  PriceBand bid_band{}, ask_band{};
  std::int32_t orders_max = 0;  // open at once; 0: no limit
  VenueRules rules{kBinanceSpotRules};
  FeeRates fees{};
  bool is_spot = true;            // balances bound orders; base fees reduce the position
  bool book_includes_own = true;  // false in backtest and paper: the feed never saw our orders
  bool own_wallet = false;        // the simulated venue's: balances shared with no other instrument

  std::string_view symbol() const { return symbol_text.data(); }
  std::string_view base() const { return base_text.data(); }
  std::string_view quote() const { return quote_text.data(); }
};

// price x quantity, exactly: tick and lot are 1e-8 each, so one tick-lot is tick*lot*100 money.
constexpr Money notional(const Instrument& i, Ticks price, Lots lots) {
  return Money(Int128{price.v} * i.tick.v * (Int128{lots.v} * i.lot.v) * 100);
}
// The worth of an amount of base at a price in half ticks.
constexpr Money value(const Instrument& i, Amount base, HalfTicks price) {
  return Money(Int128{price.v} * i.tick.v * base.v * 50);
}
// How many times one lot at one tick goes into `worth`.
constexpr Int128 tick_lots_worth(const Instrument& i, Money worth) {
  return worth.v / notional(i, Ticks(1), Lots(1)).v;
}
// The most lots that are worth no more at this price, and that the venue takes.
constexpr Lots lots_worth(const Instrument& i, Ticks price, Int128 tick_lots) {
  const Int128 lots = divide(tick_lots, price.v);
  return lots < i.lots_max.v ? Lots(static_cast<std::int64_t>(lots)) : i.lots_max;
}
constexpr Lots lots_worth(const Instrument& i, Ticks price, Money worth) {
  return lots_worth(i, price, tick_lots_worth(i, worth));
}
constexpr Amount base_amount(const Instrument& i, Lots lots) {
  return Amount(lots.v * i.lot.v);
}
constexpr Money money(Amount quote) {
  return Money(Int128{quote.v} * 10'000'000'000);
}

// value * ratio, rounded towards zero.
constexpr Money scaled(Money m, Ratio r) {
  // Split so that the product stays in 128 bits for any money below 1e10 quote.
  const Quotient q = divide_by<kRatioScale>(m.v);
  return Money(q.whole * r.v + divide(Int128{q.rest} * r.v, kRatioScale));
}

}  // namespace mm
