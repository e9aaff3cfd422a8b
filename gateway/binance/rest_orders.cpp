#include "gateway/binance/rest_orders.h"

#include "gateway/binance/client_order_id.h"
#include "gateway/binance/text_writer.h"

namespace mm::binance::orders {
namespace {

std::string decimal_of(std::int64_t units, Amount step) {
  std::array<char, 48> room;
  TextWriter text(room);
  text.decimal(units * step.v, decimal_places(step));
  return std::string(text.view());
}

std::string id_of(ClientOrderId id) {
  const ClientIdText text = client_id_text(id);
  return {text.data(), text.size()};
}

}  // namespace

void RestOrders::add_order(const Command& c, Params& params) const {
  const Instrument& instrument = instruments_[c.instrument];
  params.push_back({"side", c.side == Side::kBuy ? "BUY" : "SELL"});
  params.push_back({"type", "LIMIT_MAKER"});
  params.push_back({"quantity", decimal_of(c.lots.v, instrument.lot)});
  params.push_back({"price", decimal_of(c.ticks, instrument.tick)});
  params.push_back({"newOrderRespType", "RESULT"});
  params.push_back({"selfTradePreventionMode", setup_.self_trade_prevention});
}

RestOrders::Request RestOrders::request_for(const Command& c) const {
  constexpr std::string_view kOrder = "/api/v3/order";
  Request call;
  call.params.push_back({"symbol", std::string(instruments_[c.instrument].symbol())});
  const Param own{"origClientOrderId", id_of(c.id)};
  switch (c.kind) {
    case CommandKind::kCancel:
      call.params.push_back(own);
      return {"DELETE", kOrder, std::move(call.params)};
    case CommandKind::kQueryOrder:
      call.params.push_back(own);
      return {"GET", kOrder, std::move(call.params)};
    case CommandKind::kQueryOpenOrders:
      return {"GET", "/api/v3/openOrders", std::move(call.params)};
    case CommandKind::kCancelAll:
      return {"DELETE", "/api/v3/openOrders", std::move(call.params)};
    case CommandKind::kPlace:
      add_order(c, call.params);
      call.params.push_back({"newClientOrderId", id_of(c.id)});
      return {"POST", kOrder, std::move(call.params)};
    case CommandKind::kReplace:
      add_order(c, call.params);
      call.params.push_back({"newClientOrderId", id_of(c.new_id)});
      call.params.push_back({"cancelOrigClientOrderId", id_of(c.id)});
      call.params.push_back({"cancelReplaceMode", "STOP_ON_FAILURE"});
      call.params.push_back({"cancelRestrictions", "ONLY_NEW"});
      call.params.push_back({"orderRateLimitExceededMode", "CANCEL_ONLY"});
      return {"POST", "/api/v3/order/cancelReplace", std::move(call.params)};
    case CommandKind::kReduce:
      call.params.push_back(own);
      call.params.push_back({"newClientOrderId", id_of(c.id)});
      call.params.push_back({"newQty", decimal_of(c.lots.v, instruments_[c.instrument].lot)});
      return {"PUT", "/api/v3/order/amend/keepPriority", std::move(call.params)};
    default:
      return call;
  }
}

RestOrders::Request RestOrders::trades_of(const Command& c) const {
  return {"GET",
          "/api/v3/myTrades",
          {{"symbol", std::string(instruments_[c.instrument].symbol())},
           number_param("orderId", c.venue_id.v)}};
}

void RestOrders::carry_out(RestCall& call) {
  const Command& command = call.request.command;
  const bool trades = call.request.purpose == Purpose::kTrades;
  const Request request = trades ? trades_of(command) : request_for(command);
  call.outcome = RestCall::Outcome::kNotSent;
  call.retry_at = Nanos(0);
  const Nanos now = setup_.clock.now();
  const bool cancel =
      command.kind == CommandKind::kCancel || command.kind == CommandKind::kCancelAll;
  const Nanos next =
      setup_.pause.next(cancel ? net::RequestUse::kCancel : net::RequestUse::kOther, now);
  if (next > now) {
    call.reason = RejectReason::kRateLimit;
    call.retry_at = next;
    return;
  }
  call.reason = RejectReason::kDisconnected;
  SignedRest& rest = setup_.rest;
  if (request.method == nullptr || (!rest.venue_clock().known() && !rest.measure_clock().empty())) {
    return;
  }
  // Judged when the request could be written: clock, name, TCP and TLS took their time.
  RejectReason refused = RejectReason::kNone;
  const auto may_go = [&] {
    refused = setup_.refuse(call);
    return refused == RejectReason::kNone;
  };
  const int window_ms = is_quote(command.kind) ? setup_.quote_window_ms : 0;
  const net::HttpResponse response =
      rest.ask_signed(request.method, request.path, request.params, setup_.key, window_ms, may_go);
  if (refused != RejectReason::kNone) {
    call.reason = refused;
  } else {
    read(response, call);
  }
}

void RestOrders::read(const net::HttpResponse& response, RestCall& call) {
  if (response.status == 0) {
    if (response.maybe_sent) call.outcome = RestCall::Outcome::kUnknown;
    return;
  }
  call.outcome = RestCall::Outcome::kAnswered;
  call.status = response.status;
  call.used = setup_.rest.used();
  call.body = padded(response.body);
  const Nanos asked = response.retry_after();
  if (asked > Nanos{}) call.retry_at = setup_.clock.now() + asked;
}

}  // namespace mm::binance::orders
