// What can be asked about orders at the exchange, and what it answers at once.
//
// Plain data, any thread. The words are Binance's, so that a front-end translates field by field.
// An answer's pointers and spans hold until the exchange is asked for something else.
#pragma once

#include <cstdint>
#include <span>

#include "engine/core/event.h"
#include "engine/core/types.h"

namespace mm::sim {

struct RestingOrder;

using AccountId = std::uint16_t;  // of an exchange, in order of opening
using AssetId = std::uint16_t;    // index into an account's balances
using OrderRow = std::uint32_t;   // a place in the order store
inline constexpr AssetId kNoAsset = 0xFFFF;
inline constexpr OrderRow kNoRow = 0xFFFFFFFF;

enum class OrderType : std::uint8_t { kLimitMaker, kLimit, kMarket };
enum class TimeInForce : std::uint8_t { kGtc, kIoc, kFok };
// What happens when an order meets one of its own account; the taker's choice decides.
enum class SelfTrade : std::uint8_t { kAllow, kExpireTaker, kExpireMaker, kExpireBoth };
enum class CancelRestriction : std::uint8_t { kNone, kOnlyNew, kOnlyPartiallyFilled };
enum class ReplaceMode : std::uint8_t { kStopOnFailure, kAllowFailure };
enum class TradingStatus : std::uint8_t { kTrading, kCancelOnly, kHalted };

// Which filter a kFilter, kMaxOrders or kMaxAmends refusal means: "Filter failure: " + name().
enum class Filter : std::uint8_t {
  kNone,
  kPrice,         // PRICE_FILTER (that a price is a whole number of ticks is the caller's check)
  kLotSize,       // LOT_SIZE (likewise)
  kNotional,      // NOTIONAL
  kPercentPrice,  // PERCENT_PRICE_BY_SIDE
  kMaxNumOrders,  // MAX_NUM_ORDERS
  kMaxNumAmends,  // MAX_NUM_ORDER_AMENDS
  kCount
};
const char* name(Filter filter);

// Why an order ended as kExpired.
enum class Expiry : std::uint8_t {
  kNone,
  kUnfilledIoc,  // UNFILLED_IOC_QUANTITY_EXPIRED
  kUnfilledFok,  // UNFILLED_FOK_ORDER_EXPIRED
  kLiquidity,    // INSUFFICIENT_LIQUIDITY: a market order found no more
  kSelfTrade,    // status EXPIRED_IN_MATCH
  kPostOnly,     // a USD-M modify moved a post-only order across the market
};

struct NewOrder {
  // The front-end's own number for it: no two open orders of an account have the same. It comes
  // back with everything told about the order, so it may be an index into a table of names, where
  // the same name has the same number.
  ClientOrderId id{};
  InstrumentId instrument{};
  Side side{Side::kBuy};
  OrderType type{OrderType::kLimitMaker};
  TimeInForce time_in_force{TimeInForce::kGtc};  // of kLimit only
  SelfTrade self_trade{SelfTrade::kAllow};
  Ticks price{};  // not of kMarket
  Lots lots{};
};

// One order's part in one trade.
struct Execution {
  TradeId trade_id{};
  VenueOrderId venue_id{};
  Ticks price{};
  Lots lots{};
  Amount quote{};  // price x quantity, rounded down
  Amount fee{};    // negative is a rebate
  Nanos time{};
  AccountId account{};
  InstrumentId instrument{};
  AssetId fee_asset_id{kNoAsset};  // where it was charged
  Asset fee_asset{Asset::kQuote};
  Side side{Side::kBuy};
  bool maker{};
};

struct Refusal {
  RejectReason reason{RejectReason::kNone};
  Filter filter{Filter::kNone};

  explicit operator bool() const { return reason != RejectReason::kNone; }
  // Refused on the way to the matching (-1013) rather than by it (-2010): does not count as order.
  bool before_matching() const {
    return reason == RejectReason::kFilter || reason == RejectReason::kMaxOrders;
  }
};

// Of place, cancel, amend and modify: the order as it is now, open or closed, unless refused.
struct OrderAnswer {
  Refusal refusal{};
  const RestingOrder* order = nullptr;
  std::span<const Execution> fills{};  // of a place, in order
};

enum class Half : std::uint8_t { kNotAttempted, kSuccess, kFailure };
// Both halves of a cancel-replace. If both are kNotAttempted, the request as a whole was refused:
// the reason is in place.refusal, and the old order is as it was.
struct ReplaceAnswer {
  Half canceled{Half::kNotAttempted}, placed{Half::kNotAttempted};
  OrderAnswer cancel{}, place{};
};

}  // namespace mm::sim
