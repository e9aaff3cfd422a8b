#include "sim/server/order_json.h"

#include "sim/server/book_levels.h"

namespace mm::server {
namespace {

using sim::RestingOrder;

bool is_working(const RestingOrder& order) {
  return order.status == OrderStatusCode::kOpen;
}

JsonText& write_names(JsonText& json, const OrderView& view) {
  return json.text("symbol", view.instrument.symbol())
      .integer("orderId", view.order.venue_id.v)
      .integer("orderListId", -1);
}

JsonText& write_quantities(JsonText& json, const OrderView& view) {
  return json.decimal("price", price_amount(view.instrument, view.order.price))
      .decimal("origQty", base_amount(view.instrument, view.order.lots))
      .decimal("executedQty", base_amount(view.instrument, view.order.filled));
}

JsonText& write_kind(JsonText& json, const RestingOrder& order) {
  return json.text("status", status_word(order))
      .text("timeInForce", time_in_force_word(order.time_in_force))
      .text("type", type_word(order.type))
      .text("side", side_word(order.side));
}

std::string_view asset_name(const sim::Execution& execution, AssetNames assets) {
  return execution.fee_asset_id < assets.size() ? std::string_view(assets[execution.fee_asset_id])
                                                : std::string_view("BNB");
}

void write_fills(JsonText& json, const Instrument& instrument,
                 std::span<const sim::Execution> fills, AssetNames assets) {
  json.open_array("fills");
  for (const sim::Execution& fill : fills) {
    json.open_object()
        .decimal("price", price_amount(instrument, fill.price))
        .decimal("qty", base_amount(instrument, fill.lots))
        .decimal("commission", fill.fee)
        .text("commissionAsset", asset_name(fill, assets))
        .integer("tradeId", fill.trade_id.v)
        .close_object();
  }
  json.close_array();
}

// l L n N T t Y: the last execution, or that there was none.
void write_execution(JsonText& json, const ExecutionReport& report, AssetNames assets) {
  const Instrument& instrument = report.view.instrument;
  const sim::Execution* fill = report.execution;
  json.decimal("l", fill ? base_amount(instrument, fill->lots) : Amount(0));
  json.decimal("z", base_amount(instrument, report.view.order.filled));
  json.decimal("L", fill ? price_amount(instrument, fill->price) : Amount(0));
  if (fill != nullptr) {
    json.decimal("n", fill->fee).text("N", asset_name(*fill, assets)).time("T", fill->time);
    json.integer("t", fill->trade_id.v);
  } else {
    json.text("n", "0").raw("N", "null").time("T", report.view.order.updated).integer("t", -1);
  }
}

}  // namespace

std::string_view status_word(const RestingOrder& order) {
  switch (order.status) {
    case OrderStatusCode::kOpen:
      return order.filled.v > 0 ? "PARTIALLY_FILLED" : "NEW";
    case OrderStatusCode::kFilled:
      return "FILLED";
    case OrderStatusCode::kCanceled:
      return "CANCELED";
    case OrderStatusCode::kExpired:
      return order.expiry == sim::Expiry::kSelfTrade ? "EXPIRED_IN_MATCH" : "EXPIRED";
    default:
      return "REJECTED";
  }
}

std::string_view type_word(sim::OrderType type) {
  constexpr std::string_view kWords[] = {"LIMIT_MAKER", "LIMIT", "MARKET"};
  return kWords[static_cast<std::size_t>(type)];
}

std::string_view time_in_force_word(sim::TimeInForce time_in_force) {
  constexpr std::string_view kWords[] = {"GTC", "IOC", "FOK"};
  return kWords[static_cast<std::size_t>(time_in_force)];
}

std::string_view self_trade_word(sim::SelfTrade mode) {
  constexpr std::string_view kWords[] = {"NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"};
  return kWords[static_cast<std::size_t>(mode)];
}

std::string_view side_word(Side side) {
  return side == Side::kBuy ? "BUY" : "SELL";
}

std::string_view expiry_word(sim::Expiry expiry) {
  constexpr std::string_view kWords[] = {"",
                                         "UNFILLED_IOC_QUANTITY_EXPIRED",
                                         "UNFILLED_FOK_ORDER_EXPIRED",
                                         "INSUFFICIENT_LIQUIDITY",
                                         "",
                                         ""};
  return kWords[static_cast<std::size_t>(expiry)];
}

std::string placed_json(const OrderView& view, ResponseType type,
                        std::span<const sim::Execution> fills, AssetNames assets, TimeUnit unit) {
  JsonText json(unit);
  write_names(json.open_object(), view)
      .text("clientOrderId", view.client_id)
      .time("transactTime", view.order.updated);
  if (type != ResponseType::kAck) {
    write_quantities(json, view)
        .decimal("origQuoteOrderQty", Amount(0))
        .decimal("cummulativeQuoteQty", view.order.quote_filled);
    write_kind(json, view.order)
        .time("workingTime", view.order.created)
        .text("selfTradePreventionMode", self_trade_word(view.order.self_trade));
    const std::string_view why = expiry_word(view.order.expiry);
    if (!why.empty()) json.text("expiryReason", why);
  }
  if (type == ResponseType::kFull) write_fills(json, view.instrument, fills, assets);
  return json.close_object().take();
}

std::string canceled_json(const OrderView& view, std::string_view cancel_id, TimeUnit unit) {
  JsonText json(unit);
  json.open_object()
      .text("symbol", view.instrument.symbol())
      .text("origClientOrderId", view.client_id)
      .integer("orderId", view.order.venue_id.v)
      .integer("orderListId", -1)
      .text("clientOrderId", cancel_id)
      .time("transactTime", view.order.updated);
  write_quantities(json, view)
      .decimal("origQuoteOrderQty", Amount(0))
      .decimal("cummulativeQuoteQty", view.order.quote_filled);
  return write_kind(json, view.order)
      .text("selfTradePreventionMode", self_trade_word(view.order.self_trade))
      .close_object()
      .take();
}

std::string order_json(const OrderView& view, TimeUnit unit) {
  JsonText json(unit);
  write_names(json.open_object(), view).text("clientOrderId", view.client_id);
  write_quantities(json, view).decimal("cummulativeQuoteQty", view.order.quote_filled);
  return write_kind(json, view.order)
      .decimal("stopPrice", Amount(0))
      .decimal("icebergQty", Amount(0))
      .time("time", view.order.created)
      .time("updateTime", view.order.updated)
      .flag("isWorking", true)
      .time("workingTime", view.order.created)
      .decimal("origQuoteOrderQty", Amount(0))
      .text("selfTradePreventionMode", self_trade_word(view.order.self_trade))
      .close_object()
      .take();
}

std::string amended_json(const OrderView& view, std::string_view old_client_id,
                         std::uint64_t execution_id, TimeUnit unit) {
  JsonText json(unit);
  json.open_object()
      .time("transactTime", view.order.updated)
      .integer("executionId", execution_id)
      .open_object("amendedOrder");
  write_names(json, view)
      .text("origClientOrderId", old_client_id)
      .text("clientOrderId", view.client_id)
      .decimal("price", price_amount(view.instrument, view.order.price))
      .decimal("qty", base_amount(view.instrument, view.order.lots))
      .decimal("executedQty", base_amount(view.instrument, view.order.filled))
      .decimal("preventedQty", base_amount(view.instrument, view.order.prevented))
      .decimal("quoteOrderQty", Amount(0))
      .decimal("cumulativeQuoteQty", view.order.quote_filled);
  return write_kind(json, view.order)
      .time("workingTime", view.order.created)
      .text("selfTradePreventionMode", self_trade_word(view.order.self_trade))
      .close_object()
      .close_object()
      .take();
}

std::string trade_json(const sim::Execution& execution, const Instrument& instrument,
                       AssetNames assets, TimeUnit unit) {
  JsonText json(unit);
  return json.open_object()
      .text("symbol", instrument.symbol())
      .integer("id", execution.trade_id.v)
      .integer("orderId", execution.venue_id.v)
      .integer("orderListId", -1)
      .decimal("price", price_amount(instrument, execution.price))
      .decimal("qty", base_amount(instrument, execution.lots))
      .decimal("quoteQty", execution.quote)
      .decimal("commission", execution.fee)
      .text("commissionAsset", asset_name(execution, assets))
      .time("time", execution.time)
      .flag("isBuyer", execution.side == Side::kBuy)
      .flag("isMaker", execution.maker)
      .flag("isBestMatch", true)
      .close_object()
      .take();
}

std::string execution_report_json(const ExecutionReport& report, AssetNames assets, TimeUnit unit) {
  const RestingOrder& order = report.view.order;
  const Instrument& instrument = report.view.instrument;
  const sim::Execution* fill = report.execution;
  JsonText json(unit);
  json.open_object().text("e", "executionReport").time("E", report.now);
  json.text("s", instrument.symbol()).text("c", report.view.client_id);
  json.text("S", side_word(order.side)).text("o", type_word(order.type));
  json.text("f", time_in_force_word(order.time_in_force));
  json.decimal("q", base_amount(instrument, order.lots));
  json.decimal("p", price_amount(instrument, order.price));
  json.decimal("P", Amount(0)).decimal("F", Amount(0)).integer("g", -1);
  json.text("C", report.original_client_id).text("x", report.type).text("X", status_word(order));
  json.text("r", "NONE").integer("i", order.venue_id.v);
  write_execution(json, report, assets);
  json.integer("I", report.execution_id);
  json.flag("w", is_working(order)).flag("m", fill != nullptr && fill->maker).flag("M", false);
  json.time("O", order.created).decimal("Z", order.quote_filled);
  json.decimal("Y", fill ? fill->quote : Amount(0)).decimal("Q", Amount(0));
  if (is_working(order)) json.time("W", order.created);
  json.text("V", self_trade_word(order.self_trade));
  if (order.prevented.v > 0) {
    json.decimal("A", base_amount(instrument, order.prevented));
    json.decimal("B", base_amount(instrument, order.prevented));
  }
  const std::string_view why = expiry_word(order.expiry);
  if (!why.empty()) json.text("eR", why);
  return json.close_object().take();
}

}  // namespace mm::server
