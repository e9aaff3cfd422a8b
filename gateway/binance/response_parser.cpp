#include "gateway/binance/response_parser.h"

#include <algorithm>
#include <vector>

#include "gateway/binance/json_reader.h"

namespace mm::binance::orders {
namespace {

using json::Error;
using json::kOk;
namespace od = json::od;

LimitType limit_type(std::string_view word) {
  if (word == "ORDERS") return LimitType::kOrders;
  if (word == "REQUEST_WEIGHT") return LimitType::kWeight;
  if (word == "RAW_REQUESTS") return LimitType::kRawRequests;
  return word == "CONNECTIONS" ? LimitType::kConnections : LimitType::kOther;
}

Nanos interval_unit(std::string_view word) {
  if (word == "SECOND") return kSecond;
  if (word == "MINUTE") return 60 * kSecond;
  if (word == "HOUR") return 3600 * kSecond;
  return word == "DAY" ? 86400 * kSecond : Nanos(0);
}

std::uint32_t clamped(std::int64_t v) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(v, 0, 0xFFFFFFFF));
}

}  // namespace

struct ResponseParser::Impl {
  explicit Impl(std::size_t bytes_max)
      : json(bytes_max), orders(kRecordsMax), trades(kRecordsMax), balances(kBalancesMax) {
    ready = json.allocate(bytes_max) == kOk;
  }

  const char* parse(std::string_view text);
  const char* parse_body(std::string_view body, int status);

  od::parser json;
  bool ready;
  Response out;
  std::vector<OrderRecord> orders;
  std::vector<TradeRecord> trades;
  std::vector<BalanceRecord> balances;
  LimitsUsed announced;
  std::size_t order_count = 0, trade_count = 0, balance_count = 0;

 private:
  // An object that is an order, a trade, or (inside a result) many things: members tell.
  struct Item {
    OrderRecord order;
    TradeRecord trade;
    bool is_trade = false;
  };

  void reset() {
    out = Response{};
    announced = {};
    order_count = trade_count = balance_count = 0;
  }
  const char* finish(Error e);
  Error read_root(std::string_view key, od::value& value);
  Error read_error_member(std::string_view key, od::value& value);
  Error read_result(od::value& value);
  Error read_result_member(std::string_view key, od::value& value, Item& item);
  Error read_item_member(std::string_view key, od::value& value, Item& item);
  Error read_order_member(std::string_view key, od::value& value, OrderRecord& order);
  Error read_half(od::value& value, OrderRecord& order, ErrorBody& error);
  Error read_list(od::value& value);
  Error read_balances(od::value& value);
  static Error read_limits(od::value& value, LimitsUsed& into);
};

Error ResponseParser::Impl::read_order_member(std::string_view key, od::value& value,
                                              OrderRecord& order) {
  if (key == "symbol") return json::read_text(value, order.symbol);
  if (key == "orderId") {
    order.present = true;
    return json::read_id(value, order.order_id);
  }
  if (key == "clientOrderId") return json::read_text(value, order.client_id);
  if (key == "origClientOrderId") return json::read_text(value, order.original_client_id);
  if (key == "status") return json::read_text(value, order.status);
  if (key == "side") return json::read_text(value, order.side);
  if (key == "price") return json::read_decimal(value, order.price);
  if (key == "origQty" || key == "qty") return json::read_decimal(value, order.quantity);
  if (key == "executedQty") return json::read_decimal(value, order.executed);
  if (key == "preventedQuantity" || key == "preventedQty") {
    return json::read_decimal(value, order.prevented);
  }
  return kOk;
}

// Orders and trades share most members; only trades have an "id" and a commission.
Error ResponseParser::Impl::read_item_member(std::string_view key, od::value& value, Item& item) {
  if (key == "id") {
    item.is_trade = true;
    return json::read_id(value, item.trade.trade_id);
  }
  if (key == "commission") return json::read_decimal(value, item.trade.fee);
  if (key == "commissionAsset") return json::read_text(value, item.trade.fee_asset);
  if (key == "isBuyer") return json::read_bool(value, item.trade.buyer);
  if (key == "isMaker") return json::read_bool(value, item.trade.maker);
  return read_order_member(key, value, item.order);
}

// One half of a cancelReplace: an order, an error, or null.
Error ResponseParser::Impl::read_half(od::value& value, OrderRecord& order, ErrorBody& error) {
  if (json::type_of(value) != od::json_type::object) return kOk;
  return json::for_each_member(value, [&](std::string_view key, od::value& v) {
    if (key == "code") return json::read_integer(v, error.code);
    if (key == "msg") return json::read_text(v, error.message);
    return read_order_member(key, v, order);
  });
}

Error ResponseParser::Impl::read_result_member(std::string_view key, od::value& value, Item& item) {
  if (key == "cancelResult") return json::read_text(value, out.cancel_result);
  if (key == "newOrderResult") return json::read_text(value, out.new_order_result);
  if (key == "cancelResponse") return read_half(value, out.canceled, out.cancel_error);
  if (key == "newOrderResponse") return read_half(value, item.order, out.new_order_error);
  if (key == "amendedOrder") {
    return json::for_each_member(value, [&](std::string_view k, od::value& v) {
      return read_order_member(k, v, item.order);
    });
  }
  if (key == "serverTime") return json::read_integer(value, out.server_time_ms);
  if (key == "updateTime") return json::read_integer(value, out.update_time_ms);
  if (key == "retryAfter") return json::read_integer(value, out.retry_after_ms);
  if (key == "balances") return read_balances(value);
  if (key == "rateLimits") return read_limits(value, announced);
  return read_order_member(key, value, item.order);
}

Error ResponseParser::Impl::read_list(od::value& value) {
  return json::for_each_element(value, [this](od::value& element) {
    if (json::type_of(element) != od::json_type::object) return kOk;
    Item item;
    const Error e = json::for_each_member(element, [&](std::string_view key, od::value& v) {
      return read_item_member(key, v, item);
    });
    if (e != kOk) return e;
    if (item.is_trade) {
      if (trade_count == trades.size()) return simdjson::CAPACITY;
      TradeRecord& t = trades[trade_count++];
      t = item.trade;
      t.symbol = item.order.symbol;
      t.order_id = item.order.order_id;
      t.price = item.order.price;
      t.quantity = item.order.quantity;
    } else if (item.order.present) {
      if (order_count == orders.size()) return simdjson::CAPACITY;
      orders[order_count++] = item.order;
    }
    return kOk;
  });
}

Error ResponseParser::Impl::read_balances(od::value& value) {
  return json::for_each_element(value, [this](od::value& element) {
    if (balance_count == balances.size()) return simdjson::CAPACITY;
    BalanceRecord& b = balances[balance_count++];
    b = {};
    return json::for_each_member(element, [&b](std::string_view key, od::value& v) {
      if (key == "asset") return json::read_text(v, b.asset);
      if (key == "free") return json::read_decimal(v, b.free);
      return key == "locked" ? json::read_decimal(v, b.locked) : kOk;
    });
  });
}

Error ResponseParser::Impl::read_limits(od::value& value, LimitsUsed& into) {
  return json::for_each_element(value, [&into](od::value& element) {
    LimitUsage limit;
    std::string_view type, interval;
    std::int64_t count = 1, maximum = 0, used = 0;
    const Error e = json::for_each_member(element, [&](std::string_view key, od::value& v) {
      if (key == "rateLimitType") return json::read_text(v, type);
      if (key == "interval") return json::read_text(v, interval);
      if (key == "intervalNum") return json::read_integer(v, count);
      if (key == "limit") return json::read_integer(v, maximum);
      return key == "count" ? json::read_integer(v, used) : kOk;
    });
    if (e != kOk) return e;
    limit.type = limit_type(type);
    limit.window = interval_unit(interval) * std::clamp<std::int64_t>(count, 0, 1000);
    limit.limit = clamped(maximum);
    limit.used = clamped(used);
    into.add(limit);
    return kOk;
  });
}

Error ResponseParser::Impl::read_result(od::value& value) {
  const od::json_type type = json::type_of(value);
  if (type == od::json_type::array) return read_list(value);
  if (type != od::json_type::object) return kOk;
  Item item;
  const Error e = json::for_each_member(
      value, [&](std::string_view key, od::value& v) { return read_result_member(key, v, item); });
  out.order = item.order;
  return e;
}

Error ResponseParser::Impl::read_error_member(std::string_view key, od::value& value) {
  if (key == "code") return json::read_integer(value, out.error.code);
  if (key == "msg") return json::read_text(value, out.error.message);
  return key == "data" ? read_result(value) : kOk;
}

Error ResponseParser::Impl::read_root(std::string_view key, od::value& value) {
  if (key == "id") {
    const od::json_type type = json::type_of(value);
    out.has_id = type == od::json_type::number || type == od::json_type::string;
    // An id that is not ours in form is not ours.
    if (!out.has_id || json::read_id(value, out.id) != kOk) out.id = 0;
    return kOk;
  }
  if (key == "status") {
    std::int64_t status = 0;
    const Error e = json::read_integer(value, status);
    out.status = static_cast<int>(std::clamp<std::int64_t>(status, 0, 999));
    return e;
  }
  if (key == "result") {
    out.has_result = true;
    return read_result(value);
  }
  if (key == "error") {
    out.has_error = true;
    return json::for_each_member(
        value, [this](std::string_view k, od::value& v) { return read_error_member(k, v); });
  }
  if (key == "rateLimits") return read_limits(value, out.limits);
  if (key == "event" || key == "subscriptionId") out.is_event = true;
  return kOk;
}

const char* ResponseParser::Impl::finish(Error e) {
  out.orders = {orders.data(), order_count};
  out.trades = {trades.data(), trade_count};
  out.balances = {balances.data(), balance_count};
  out.announced = announced.all();
  return e == kOk ? "" : simdjson::error_message(e);
}

const char* ResponseParser::Impl::parse(std::string_view text) {
  reset();
  if (!ready) return "no memory";
  return finish(json::read_message(json, text, kPadding, [this](od::object& object) {
    return json::for_each_member(
        object, [this](std::string_view key, od::value& v) { return read_root(key, v); });
  }));
}

const char* ResponseParser::Impl::parse_body(std::string_view body, int status) {
  reset();
  if (!ready) return "no memory";
  out.status = status;
  od::document document;
  Error e = json.iterate(body.data(), body.size(), body.size() + kPadding).get(document);
  if (e != kOk) return finish(e);
  od::value value;
  if ((e = document.get_value().get(value)) != kOk) return finish(e);
  if (status == 200) {
    out.has_result = true;
    return finish(read_result(value));
  }
  out.has_error = true;
  return finish(json::for_each_member(
      value, [this](std::string_view k, od::value& v) { return read_error_member(k, v); }));
}

ResponseParser::ResponseParser(std::size_t message_bytes_max)
    : impl_(std::make_unique<Impl>(message_bytes_max)) {}
ResponseParser::~ResponseParser() = default;
ResponseParser::ResponseParser(ResponseParser&&) noexcept = default;
ResponseParser& ResponseParser::operator=(ResponseParser&&) noexcept = default;

const char* ResponseParser::parse(std::string_view text) {
  return impl_->parse(text);
}
const char* ResponseParser::parse_body(std::string_view body, int status) {
  return impl_->parse_body(body, status);
}
const Response& ResponseParser::response() const {
  return impl_->out;
}

std::string padded(std::string_view text) {
  std::string copy;
  copy.reserve(text.size() + ResponseParser::kPadding);
  copy.assign(text);
  return copy;
}

}  // namespace mm::binance::orders
