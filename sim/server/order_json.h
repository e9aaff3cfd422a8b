// An order in the venue's words: answers to requests, list items, and events of the user's data.
//
// Pure functions; field names, their order and even their spelling are the venue's.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "engine/core/instrument.h"
#include "sim/order_store.h"
#include "sim/server/json_text.h"

namespace mm::server {

enum class ResponseType : std::uint8_t { kAck, kResult, kFull };

struct OrderView {
  const sim::RestingOrder& order;
  const Instrument& instrument;
  std::string_view client_id;
};

std::string_view status_word(const sim::RestingOrder& order);
std::string_view type_word(sim::OrderType type);
std::string_view time_in_force_word(sim::TimeInForce time_in_force);
std::string_view self_trade_word(sim::SelfTrade mode);
std::string_view side_word(Side side);
std::string_view expiry_word(sim::Expiry expiry);

// Of order.place. `asset_of` names a fee's asset.
using AssetNames = std::span<const std::string>;
std::string placed_json(const OrderView& view, ResponseType type,
                        std::span<const sim::Execution> fills, AssetNames assets, TimeUnit unit);
// Of order.cancel; `cancel_id` names the cancel.
std::string canceled_json(const OrderView& view, std::string_view cancel_id, TimeUnit unit);
// Of order.status, openOrders.status and allOrders.
std::string order_json(const OrderView& view, TimeUnit unit);
// Of order.amend.keepPriority.
std::string amended_json(const OrderView& view, std::string_view old_client_id,
                         std::uint64_t execution_id, TimeUnit unit);
// Of myTrades.
std::string trade_json(const sim::Execution& execution, const Instrument& instrument,
                       AssetNames assets, TimeUnit unit);

struct ExecutionReport {
  OrderView view;                             // client_id: c
  std::string_view original_client_id;        // C, of cancels and amendments
  std::string_view type;                      // x
  const sim::Execution* execution = nullptr;  // of x TRADE
  std::uint64_t execution_id = 0;             // I
  Nanos now{};
};
std::string execution_report_json(const ExecutionReport& report, AssetNames assets, TimeUnit unit);

}  // namespace mm::server
