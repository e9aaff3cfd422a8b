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
      http_(setup.endpoint, setup.tls, {.timeout = setup.timeout, .stop = setup.stop}),
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

bool RestOrders::measure_clock() {
  const Nanos sent = setup_.clock.now();
  const net::HttpResponse response =
      http_.send({.method = "GET", .target = "/api/v3/time", .headers = {}, .body = {}});
  if (response.status != 200) return false;
  body_ = padded(response.body);
  if (*parser_.parse_body(body_, response.status) != '\0') return false;
  venue_clock_.observe(sent, setup_.clock.now(), parser_.response().server_time_ms);
  return venue_clock_.known();
}

net::HttpResponse RestOrders::send(const Call& call) {
  Params params = call.params;
  params.push_back({"recvWindow", std::to_string(setup_.recv_window_ms)});
  params.push_back({"timestamp", std::to_string(venue_clock_.timestamp_ms(setup_.clock.now()))});
  net::HttpRequest request;
  request.method = call.method;
  request.target = std::string(call.path) + "?" + signed_rest_query(params, setup_.signer);
  request.headers = {{"X-MBX-APIKEY", std::string(setup_.api_key)}};
  return http_.send(request);
}

void RestOrders::carry_out(const Command& command) {
  const Nanos now = setup_.clock.now();
  events_.set_now(now);
  if (answers_.free_slots() < OrderEvents::kRoom) return;  // the core asks again
  const Call call = call_for(command);
  if (call.method == nullptr) return;
  if (now < paused_until_) {
    return events_.deny(command, RejectReason::kRateLimit, paused_until_);
  }
  if (!venue_clock_.known() && !measure_clock()) {
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
  const net::HttpResponse response = send(call);
  events_.set_now(setup_.clock.now());
  if (response.status == 0) {
    if (response.maybe_sent) return events_.on_lost(request);
    if (request.purpose != Purpose::kCommand) return;
    return events_.deny(request.command, RejectReason::kDisconnected, Nanos(0));
  }
  const bool limited = response.status == 429 || response.status == 418;
  if (limited) {
    const auto asked = kSecond * static_cast<std::int64_t>(response.retry_after().count());
    paused_until_ = setup_.clock.now() + std::max(asked, kSecond);
  }
  body_ = padded(response.body);
  const char* const problem = parser_.parse_body(body_, response.status);
  if (*problem != '\0' && response.status == 200) return events_.on_lost(request);
  if (parser_.response().error.code == kClockError) venue_clock_.reset();
  events_.on_answer(request, parser_.response(), limited ? paused_until_ : Nanos(0));
}

}  // namespace mm::binance::orders
