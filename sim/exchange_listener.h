// Who hears what happens at the exchange, in the order in which it happens.
//
// Called by the exchange on its own thread, in the midst of matching: a listener takes notes and
// must not call back for anything but reading. An interface rather than a template parameter: the
// exchange is compiled once for the in-process venue, the server and the tests, and a call costs
// 1-2 ns of the 100 that any of these happenings takes.
#pragma once

#include <span>

#include "engine/core/event.h"
#include "sim/accounts.h"
#include "sim/order_request.h"
#include "sim/order_store.h"

namespace mm::sim {

enum class OrderChange : std::uint8_t {
  kNew,       // accepted; its fills come after it
  kCanceled,  // asked for, or the first half of a cancel-replace
  kExpired,   // order.expiry says why; EXPIRED_IN_MATCH is Expiry::kSelfTrade
  kAmended,   // less quantity in the same place, or (USD-M) moved
};

// A trade as the public sees it. In observed markets too, each has an id of this exchange.
struct PublicTrade {
  TradeId trade_id{};
  Ticks price{};
  Lots lots{};
  Nanos time{};
  Side aggressor{Side::kBuy};
  // The orders in it, 0 where a side is not an order of this exchange.
  VenueOrderId maker_id{}, taker_id{};
};

class ExchangeListener {
 public:
  virtual ~ExchangeListener() = default;

  virtual void on_order(OrderChange, const RestingOrder&) {}
  // The order counts the fill already; status kFilled with its last one. The maker's comes first.
  virtual void on_fill(const RestingOrder&, const Execution&) {}
  // Once after each request, trade of the market or piece of flow: what differs from what was told.
  virtual void on_balances(AccountId, std::span<const BalanceUpdate>) {}
  // Before the fills of that trade.
  virtual void on_trade(InstrumentId, const PublicTrade&) {}
  // The quantity at a price has changed: Exchange::update_id() counts these, lots_at() of the book
  // gives the new quantity once the request or piece of flow is done.
  virtual void on_level(InstrumentId, Side, Ticks) {}
  // Best prices or their quantities differ from what was told. Silent while a side is empty.
  virtual void on_touch(InstrumentId, const BookTicker&) {}
  // The rhythm of a generated market's book updates (MarketConfig::updates_per_s).
  virtual void on_publish(InstrumentId) {}
};

}  // namespace mm::sim
