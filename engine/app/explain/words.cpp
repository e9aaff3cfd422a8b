#include "engine/app/explain/words.h"

#include "engine/core/assert.h"

namespace mm::app {

std::string_view words(QuoteReason reason) {
  switch (reason) {
    case QuoteReason::kQuoting:
      return "nothing stands against it";
    case QuoteReason::kDisconnected:
      return "a connection of market data or orders is down";
    case QuoteReason::kReconciling:
      return "what the venue has of our orders is being found out";
    case QuoteReason::kStaleData:
      return "the market data are too old, or the book is lost";
    case QuoteReason::kOwnLag:
      return "market data come to the engine too late";
    case QuoteReason::kBookCrossed:
      return "it would cross, or the market's book is crossed";
    case QuoteReason::kThinBook:
      return "the market has no side to quote against, or is wider than max_market_spread";
    case QuoteReason::kWarmUp:
      return "the measures of the market are warming up";
    case QuoteReason::kPositionLimit:
      return "the position, with what may still be filled, is at its limit";
    case QuoteReason::kOrderLimit:
      return "the number or the size of orders is at its limit";
    case QuoteReason::kInsufficientBalance:
      return "the balance does not suffice";
    case QuoteReason::kBelowMinSize:
      return "what may be quoted is less than the venue's smallest order";
    case QuoteReason::kPriceCollar:
      return "its price is beyond price_collar";
    case QuoteReason::kLossLimit:
      return "the loss limit is reached: a person has to resume";
    case QuoteReason::kVolatilityHalt:
      return "the price moved more than max_price_change: risk_cooldown";
    case QuoteReason::kPriceBand:
      return "its price is outside what the venue or price_floor and price_ceiling allow";
    case QuoteReason::kRateBudget:
      return "no request is left of the rate limits: it waits its turn";
    case QuoteReason::kFillPause:
      return "fill_pause after a fill";
    case QuoteReason::kPostOnlyBreaker:
      return "the venue refused several quotes because they would have been takers: a pause";
    case QuoteReason::kCircuitBreaker:
      return "the venue refused the same request again and again: a pause";
    case QuoteReason::kSymbolHalted:
      return "the symbol does not trade, or its units have changed";
    case QuoteReason::kReset:
      return "a timed reset cancels all orders first";
    case QuoteReason::kPaused:
      return "paused by a person";
    case QuoteReason::kHalted:
      return "halted: a person has to resume";
    case QuoteReason::kCount:
      break;
  }
  MM_ASSERT(false, "no such reason");
  return {};
}

std::string_view words(RejectReason reason) {
  switch (reason) {
    case RejectReason::kNone:
      return "no reason given";
    case RejectReason::kWouldCross:
      return "it would have been a taker";
    case RejectReason::kInsufficientBalance:
      return "the balance does not suffice";
    case RejectReason::kDuplicateId:
      return "its client order id is in use";
    case RejectReason::kUnknownOrder:
      return "there is no such order at the venue";
    case RejectReason::kFilter:
      return "a filter of the symbol is against it";
    case RejectReason::kMaxOrders:
      return "too many orders are open";
    case RejectReason::kMaxAmends:
      return "it was amended as often as the venue allows";
    case RejectReason::kRateLimit:
      return "a rate limit is reached";
    case RejectReason::kRestricted:
      return "it has fills, and only an untouched order was to be replaced";
    case RejectReason::kNoChange:
      return "it would have changed nothing";
    case RejectReason::kMarketHalted:
      return "the symbol does not trade";
    case RejectReason::kRingFull:
      return "the command ring had no room";
    case RejectReason::kTooOld:
      return "it was older than command_age_ms_max at the gateway";
    case RejectReason::kKillLatch:
      return "the kill latch is set";
    case RejectReason::kDisconnected:
      return "the order session is down";
    case RejectReason::kSelfTrade:
      return "it would have traded with an order of the same account";
    case RejectReason::kOther:
      return "a reason that the venue alone knows";
    case RejectReason::kCount:
      break;
  }
  MM_ASSERT(false, "no such reason");
  return {};
}

std::string_view words(OrderStatusCode status) {
  switch (status) {
    case OrderStatusCode::kNotFound:
      return "there is no such order";
    case OrderStatusCode::kOpen:
      return "it rests on the book";
    case OrderStatusCode::kFilled:
      return "it is filled";
    case OrderStatusCode::kCanceled:
      return "it is cancelled";
    case OrderStatusCode::kExpired:
      return "the venue ended it";
    case OrderStatusCode::kRejected:
      return "it was refused";
  }
  MM_ASSERT(false, "no such status");
  return {};
}

}  // namespace mm::app
