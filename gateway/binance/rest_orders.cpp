#include "gateway/binance/rest_orders.h"

#include "gateway/binance/request_channel.h"
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

RestOrders::RestOrders(const Setup& setup, const InstrumentMap& instruments,
                       SpscRing<Event>& answers)
    : setup_(setup),
      instruments_(instruments),
      rest_(setup.endpoint, setup.tls, {.timeout = setup.timeout, .stop = setup.stop}, setup.clock,
            setup.recv_window_ms),
      last_trades_(instruments.size()),
      answers_(answers),
      events_(instruments, setup.identity, 0xFFFF, venue_ids_, last_trades_, answers) {}

void RestOrders::add_order(const Command& c, Params& params) const {
  const Instrument& instrument = instruments_[c.instrument];
  params.push_back({"side", c.side == Side::kBuy ? "BUY" : "SELL"});
  params.push_back({"type", "LIMIT_MAKER"});
  params.push_back({"quantity", decimal_of(c.lots.v, instrument.lot)});
  params.push_back({"price", decimal_of(c.ticks, instrument.tick)});
  params.push_back({"newOrderRespType", "RESULT"});
  params.push_back({"selfTradePreventionMode", setup_.self_trade_prevention});
}

RestOrders::Call RestOrders::call_for(const Command& c) const {
  constexpr std::string_view kOrder = "/api/v3/order";
  Call call;
  call.params.push_back({"symbol", std::string(instruments_[c.instrument].symbol())});
  const Param own{"origClientOrderId", id_of(c.id)};
  switch (c.kind) {
    case CommandKind::kCancel:
      call.params.push_back(own);
      return {"DELETE", kOrder, std::move(call.params)};
    case CommandKind::kCancelAll:
      return {"DELETE", "/api/v3/openOrders", std::move(call.params)};
    case CommandKind::kQueryOrder:
      call.params.push_back(own);
      return {"GET", kOrder, std::move(call.params)};
    case CommandKind::kQueryOpenOrders:
      return {"GET", "/api/v3/openOrders", std::move(call.params)};
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

RestOrders::Call RestOrders::trades_of(const Command& c) const {
  return {"GET",
          "/api/v3/myTrades",
          {{"symbol", std::string(instruments_[c.instrument].symbol())},
           number_param("orderId", c.venue_id.v)}};
}

void RestOrders::carry_out(const Command& command) {
  const Nanos now = setup_.clock.now();
  events_.set_now(now);
  if (answers_.free_slots() < OrderEvents::kRoom) return;  // the core asks again
  const Call call = call_for(command);
  if (call.method == nullptr) return;
  const bool cancel = command.kind == CommandKind::kCancel;
  const Nanos next =
      setup_.pause.next(cancel ? net::RequestUse::kCancel : net::RequestUse::kOther, now);
  if (next > now) return events_.deny(command, RejectReason::kRateLimit, next);
  if (!rest_.venue_clock().known() && !rest_.measure_clock().empty()) {
    return events_.deny(command, RejectReason::kDisconnected, Nanos(0));
  }
  events_.on_sent(command);
  PendingRequest request;
  request.command = command;
  exchange(request, call);
  look_for_trades();
}

// Of an order that has executed more than was told: before the answer about it.
void RestOrders::look_for_trades() {
  const std::vector<OrderEvents::FollowUp> wanted(events_.follow_ups());
  events_.follow_ups().clear();
  for (const OrderEvents::FollowUp& f : wanted) {
    // Else the WebSocket session finds it when it is back.
    if (answers_.free_slots() < OrderEvents::kRoom) continue;
    PendingRequest request;
    request.command = f.command;
    request.purpose = f.purpose;
    request.then = f.then;
    exchange(request, trades_of(f.command));
  }
}

void RestOrders::exchange(const PendingRequest& request, const Call& call) {
  const net::HttpResponse response =
      rest_.ask_signed(call.method, call.path, call.params, {setup_.api_key, setup_.signer});
  events_.set_now(setup_.clock.now());
  if (response.status == 0) {
    if (response.maybe_sent) return events_.on_lost(request);
    if (request.purpose != Purpose::kCommand) return;
    return events_.deny(request.command, RejectReason::kDisconnected, Nanos(0));
  }
  body_ = padded(response.body);
  const char* const problem = parser_.parse_body(body_, response.status);
  if (*problem != '\0' && response.status == 200) return events_.on_lost(request);
  if (parser_.response().error.code == kClockError) rest_.forget_clock();
  const Nanos now = setup_.clock.now();
  const bool limited = limits_address(parser_.response());
  if (limited) setup_.pause.on_status(response.status, now + response.retry_after(), now);
  const Nanos retry_at = setup_.pause.next(net::RequestUse::kOther, now);
  events_.on_answer(request, parser_.response(), limited ? retry_at : Nanos(0));
}

}  // namespace mm::binance::orders
