#include "sim/server/new_order_params.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "engine/core/decimal.h"
#include "sim/server/book_levels.h"
#include "sim/server/param_checks.h"

namespace mm::server {
namespace {

using param::Problem;
using sim::OrderType;

template <class E, std::size_t N>
bool read_word(std::string_view text, const std::array<std::pair<std::string_view, E>, N>& words,
               E& out) {
  const auto it = std::ranges::find(words, text, &std::pair<std::string_view, E>::first);
  if (it == words.end()) return false;
  out = it->second;
  return true;
}

constexpr std::array<std::pair<std::string_view, Side>, 2> kSideWords{
    {{"BUY", Side::kBuy}, {"SELL", Side::kSell}}};
constexpr std::array<std::pair<std::string_view, OrderType>, 3> kTypes{
    {{"LIMIT", OrderType::kLimit},
     {"LIMIT_MAKER", OrderType::kLimitMaker},
     {"MARKET", OrderType::kMarket}}};
constexpr std::array<std::pair<std::string_view, sim::TimeInForce>, 3> kTimesInForce{
    {{"GTC", sim::TimeInForce::kGtc},
     {"IOC", sim::TimeInForce::kIoc},
     {"FOK", sim::TimeInForce::kFok}}};
constexpr std::array<std::pair<std::string_view, ResponseType>, 3> kResponses{
    {{"ACK", ResponseType::kAck},
     {"RESULT", ResponseType::kResult},
     {"FULL", ResponseType::kFull}}};
constexpr std::array<std::pair<std::string_view, sim::SelfTrade>, 4> kSelfTrades{
    {{"NONE", sim::SelfTrade::kAllow},
     {"EXPIRE_TAKER", sim::SelfTrade::kExpireTaker},
     {"EXPIRE_MAKER", sim::SelfTrade::kExpireMaker},
     {"EXPIRE_BOTH", sim::SelfTrade::kExpireBoth}}};

// Words of the venue that this one does not serve.
constexpr std::array<std::string_view, 4> kOtherTypes{"STOP_LOSS", "STOP_LOSS_LIMIT", "TAKE_PROFIT",
                                                      "TAKE_PROFIT_LIMIT"};
constexpr std::array<std::string_view, 2> kOtherSelfTrades{"DECREMENT", "TRANSFER"};
constexpr std::array<std::string_view, 4> kOtherParams{"stopPrice", "trailingDelta", "icebergQty",
                                                       "pegPriceType"};

Problem read_kind(const RequestParams& params, sim::NewOrder& order) {
  const std::string_view side = params.get("side"), type = params.get("type");
  if (side.empty()) return errors::mandatory("side");
  if (!read_word(side, kSideWords, order.side)) return errors::bad_request(-1117, "Invalid side.");
  if (type.empty()) return errors::mandatory("type");
  const bool other = std::ranges::find(kOtherTypes, type) != kOtherTypes.end() ||
                     std::ranges::any_of(kOtherParams, [&](auto p) { return params.has(p); });
  if (other) return errors::bad_request(-2010, "Unsupported order combination.");
  if (!read_word(type, kTypes, order.type)) {
    return errors::bad_request(-1116, "Invalid orderType.");
  }
  if (order.type != OrderType::kLimit && params.has("timeInForce")) {
    return errors::not_required("timeInForce");
  }
  if (order.type == OrderType::kLimit) {
    const std::string_view word = params.get("timeInForce");
    if (word.empty()) return errors::mandatory("timeInForce");
    if (!read_word(word, kTimesInForce, order.time_in_force)) {
      return errors::bad_request(-1115, "Invalid timeInForce.");
    }
  }
  return std::nullopt;
}

Problem read_self_trade(const RequestParams& params, sim::SelfTrade& out) {
  constexpr std::string_view kName = "selfTradePreventionMode";
  out = sim::SelfTrade::kExpireMaker;
  if (!params.has(kName)) return std::nullopt;
  const std::string_view word = params.get(kName);
  if (std::ranges::find(kOtherSelfTrades, word) != kOtherSelfTrades.end()) {
    return errors::bad_request(
        -1013, "This symbol does not allow the specified self-trade prevention mode.");
  }
  if (read_word(word, kSelfTrades, out)) return std::nullopt;
  return errors::bad_request(-1130,
                             fmt::format("Data sent for parameter '{}' is not valid.", kName));
}

Problem read_price(const Instrument& instrument, const RequestParams& params,
                   sim::NewOrder& order) {
  if (order.type == OrderType::kMarket) {
    if (params.has("price")) return errors::not_required("price");
    return std::nullopt;
  }
  Amount price;
  if (auto problem = param::decimal(params, "price", price)) return problem;
  if (price.v % instrument.tick.v != 0) return errors::filter("PRICE_FILTER");
  order.price = Ticks(price.v / instrument.tick.v);
  const bool in_range = order.price >= instrument.price_min && order.price <= instrument.price_max;
  if (!in_range) return errors::filter("PRICE_FILTER");
  return std::nullopt;
}

// As much as the displayed book gives for this much of the quote asset.
Lots lots_for(const ExchangeHost& host, const sim::NewOrder& order, Amount quote) {
  const Instrument& instrument = host.exchange().instrument(order.instrument);
  Money left = money(quote);
  Lots lots{0};
  for_each_level(host.exchange(), order.instrument, opposite(order.side), SIZE_MAX,
                 [&](Ticks price, Lots there) {
                   if (left.v <= 0) return;
                   const Lots taken = std::min(there, lots_worth(instrument, price, left));
                   lots += taken;
                   left -= notional(instrument, price, taken);
                   if (taken < there) left = Money(0);
                 });
  return lots;
}

Problem read_quantity(const ExchangeHost& host, const RequestParams& params, sim::NewOrder& order) {
  const Instrument& instrument = host.exchange().instrument(order.instrument);
  Amount quantity;
  if (params.has("quoteOrderQty")) {
    if (order.type != OrderType::kMarket || params.has("quantity")) {
      return errors::not_required("quoteOrderQty");
    }
    if (auto problem = param::decimal(params, "quoteOrderQty", quantity)) return problem;
    order.lots = lots_for(host, order, quantity);
  } else {
    if (auto problem = param::decimal(params, "quantity", quantity)) return problem;
    if (quantity.v % instrument.lot.v != 0) return errors::filter("LOT_SIZE");
    order.lots = Lots(quantity.v / instrument.lot.v);
  }
  const bool in_range = order.lots >= instrument.lots_min && order.lots <= instrument.lots_max;
  if (!in_range) return errors::filter("LOT_SIZE");
  return std::nullopt;
}

}  // namespace

Problem read_new_order(ExchangeHost& host, const RequestParams& params, NewOrderParams& out) {
  sim::NewOrder& order = out.order;
  if (auto problem = param::symbol(host, params, order.instrument)) return problem;
  if (auto problem = read_kind(params, order)) return problem;
  if (auto problem = read_self_trade(params, order.self_trade)) return problem;
  if (auto problem = param::client_id(params, "newClientOrderId", out.name)) return problem;
  if (out.name.empty()) out.name = host.names().random_name();
  out.response = order.type == OrderType::kLimitMaker ? ResponseType::kAck : ResponseType::kFull;
  const std::string_view response = params.get("newOrderRespType");
  if (!response.empty() && !read_word(response, kResponses, out.response)) {
    return errors::bad_request(-1130, "Data sent for parameter 'newOrderRespType' is not valid.");
  }
  const Instrument& instrument = host.exchange().instrument(order.instrument);
  if (auto problem = read_price(instrument, params, order)) return problem;
  return read_quantity(host, params, order);
}

Problem refused(const sim::Refusal& refusal) {
  switch (refusal.reason) {
    case RejectReason::kNone:
      return std::nullopt;
    case RejectReason::kFilter:
    case RejectReason::kMaxOrders:
    case RejectReason::kMaxAmends:
      return errors::filter(name(refusal.filter));
    case RejectReason::kWouldCross:
      return errors::bad_request(-2010, "Order would immediately match and take.");
    case RejectReason::kInsufficientBalance:
      return errors::bad_request(-2010, "Account has insufficient balance for requested action.");
    case RejectReason::kDuplicateId:
      return errors::bad_request(-2010, "Duplicate order sent.");
    case RejectReason::kMarketHalted:
      return errors::bad_request(-2010, "Market is closed.");
    case RejectReason::kUnknownOrder:
      return errors::bad_request(-2011, "Unknown order sent.");
    case RejectReason::kRestricted:
      return errors::bad_request(-2011, "Order was not canceled due to cancel restrictions.");
    case RejectReason::kNoChange:
      return errors::bad_request(-2038, "The requested action would change no state; rejecting");
    default:
      return errors::bad_request(-2010, "Order rejected.");
  }
}

}  // namespace mm::server
