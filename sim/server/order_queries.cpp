// Questions about the orders and trades of an account.
#include <algorithm>
#include <vector>

#include "sim/server/param_checks.h"
#include "sim/server/requests.h"

namespace mm::server::order_queries {
namespace {

constexpr std::int64_t kListDefault = 500, kListMax = 1000;

}  // namespace

Answer status(ExchangeHost& host, Limits&, const Request& request) {
  InstrumentId instrument{};
  param::OrderReference reference;
  if (auto problem = param::symbol(host, request.params, instrument)) return *problem;
  if (auto problem = param::order(host, request, "orderId", "origClientOrderId", reference)) {
    return *problem;
  }
  if (reference.order == nullptr || reference.order->instrument != instrument) {
    return errors::bad_request(-2013, "Order does not exist.");
  }
  return order_json(host.view(*reference.order), request.unit);
}

Answer open_orders(ExchangeHost& host, Limits&, const Request& request) {
  constexpr int kWeightOfAll = 80;
  std::optional<InstrumentId> only;
  if (request.params.has("symbol")) {
    InstrumentId instrument{};
    if (auto problem = param::symbol(host, request.params, instrument)) return *problem;
    only = instrument;
  }
  JsonText json;
  json.open_array();
  if (host.looks_back()) {
    host.past().for_each_open(request.account(), host.then(),
                              [&](const RecentPast::OrderThen& then) {
                                if (only && *only != then.order.instrument) return;
                                json.element(order_json(host.view(then), request.unit));
                              });
  }
  for (std::size_t i = 0; i < host.exchange().instruments() && !host.looks_back(); ++i) {
    const auto instrument = static_cast<InstrumentId>(i);
    if (only && *only != instrument) continue;
    host.exchange().for_each_open(request.account(), instrument,
                                  [&](const sim::RestingOrder& order) {
                                    json.element(order_json(host.view(order), request.unit));
                                  });
  }
  Answer answer(json.close_array().take());
  if (!only) answer.weight = kWeightOfAll;
  return answer;
}

Answer all_orders(ExchangeHost& host, Limits&, const Request& request) {
  InstrumentId instrument{};
  std::int64_t from_id = 0, count = kListDefault;
  param::Span span;
  if (auto problem = param::symbol(host, request.params, instrument)) return *problem;
  if (auto problem = param::integer(request.params, "orderId", from_id)) return *problem;
  if (auto problem = param::limit(request.params, kListMax, count)) return *problem;
  if (auto problem = param::span(request.params, span)) return *problem;
  std::vector<const sim::RestingOrder*> found;
  for (const auto& [number, named] : host.names().all()) {
    if (named.account != request.account()) continue;
    const auto* order = host.exchange().find(named.account, ClientOrderId(number));
    if (order == nullptr || order->instrument != instrument) continue;
    const bool asked = order->venue_id.v >= static_cast<std::uint64_t>(from_id) &&
                       order->created >= span.from && order->created < span.to &&
                       (!host.looks_back() || order->created <= host.then());
    if (asked) found.push_back(order);
  }
  // From an id onwards the oldest are meant, otherwise the newest.
  const auto most = static_cast<std::size_t>(count);
  if (found.size() > most && from_id == 0) found.erase(found.begin(), found.end() - count);
  if (found.size() > most) found.resize(most);
  JsonText json;
  json.open_array();
  for (const auto* order : found) {
    const RecentPast::OrderThen* const then =
        host.looks_back() ? host.past().find(order->id, host.then()) : nullptr;
    const OrderView view = then != nullptr ? host.view(*then) : host.view(*order);
    json.element(order_json(view, request.unit));
  }
  return json.close_array().take();
}

Answer amendments(ExchangeHost& host, Limits&, const Request& request) {
  InstrumentId symbol{};
  param::OrderReference reference;
  if (auto problem = param::symbol(host, request.params, symbol)) return *problem;
  if (!request.params.has("orderId")) return errors::mandatory("orderId");
  if (auto problem = param::order(host, request, "orderId", "origClientOrderId", reference)) {
    return *problem;
  }
  JsonText json(request.unit);
  json.open_array();
  if (reference.order != nullptr && reference.order->instrument == symbol) {
    const Instrument& instrument = host.exchange().instrument(symbol);
    for (const Amendment& a : host.names()[reference.order->id].amendments) {
      json.open_object()
          .text("symbol", instrument.symbol())
          .integer("orderId", reference.order->venue_id.v)
          .integer("executionId", a.execution_id)
          .text("origClientOrderId", a.from_name)
          .text("newClientOrderId", a.to_name)
          .decimal("origQty", base_amount(instrument, a.from_lots))
          .decimal("newQty", base_amount(instrument, a.to_lots))
          .time("time", a.time)
          .close_object();
    }
  }
  return json.close_array().take();
}

Answer my_trades(ExchangeHost& host, Limits&, const Request& request) {
  constexpr int kWeightOfOneOrder = 5;
  InstrumentId symbol{};
  std::int64_t order_id = -1, from_id = -1, count = kListDefault;
  param::Span span;
  if (auto problem = param::symbol(host, request.params, symbol)) return *problem;
  if (auto problem = param::integer(request.params, "orderId", order_id)) return *problem;
  if (auto problem = param::integer(request.params, "fromId", from_id)) return *problem;
  if (auto problem = param::limit(request.params, kListMax, count)) return *problem;
  if (auto problem = param::span(request.params, span)) return *problem;
  std::vector<sim::Execution> found;
  host.exchange().for_each_trade(request.account(), [&](const sim::Execution& e) {
    const bool asked = e.instrument == symbol && e.time >= span.from && e.time < span.to &&
                       (order_id < 0 || e.venue_id.v == static_cast<std::uint64_t>(order_id)) &&
                       (from_id < 0 || e.trade_id.v >= static_cast<std::uint64_t>(from_id)) &&
                       (!host.looks_back() || e.time <= host.then());
    if (asked) found.push_back(e);
  });
  const auto most = static_cast<std::size_t>(count);
  if (found.size() > most && from_id < 0) found.erase(found.begin(), found.end() - count);
  if (found.size() > most) found.resize(most);
  JsonText json;
  json.open_array();
  for (const sim::Execution& e : found) {
    json.element(trade_json(e, host.exchange().instrument(symbol), host.assets(), request.unit));
  }
  Answer answer(json.close_array().take());
  if (order_id >= 0) answer.weight = kWeightOfOneOrder;
  return answer;
}

}  // namespace mm::server::order_queries
