// Placing, changing and canceling orders.
#include <fmt/format.h>

#include "sim/server/new_order_params.h"
#include "sim/server/param_checks.h"
#include "sim/server/requests.h"

namespace mm::server::order_requests {
namespace {

using param::Problem;
using sim::Half;

ApiError unknown_order() {
  return errors::bad_request(-2011, "Unknown order sent.");
}

bool is_open(const sim::RestingOrder* order) {
  return order != nullptr && order->status == OrderStatusCode::kOpen;
}

// An open order of this name, other than the one that gives its name up.
bool is_duplicate(ExchangeHost& host, sim::AccountId account, const std::string& name,
                  const sim::RestingOrder* leaving) {
  const auto number = host.names().find(account, name);
  if (!number) return false;
  const sim::RestingOrder* order = host.exchange().find(account, *number);
  return is_open(order) && order != leaving;
}

std::string placed_text(ExchangeHost& host, const Request& request, const sim::OrderAnswer& answer,
                        ResponseType type) {
  return placed_json(host.view(*answer.order), type, answer.fills, host.assets(), request.unit);
}

std::string canceled_text(ExchangeHost& host, const Request& request,
                          const sim::RestingOrder& order) {
  return canceled_json(host.view(order), host.names()[order.id].cancel_name, request.unit);
}

Problem read_restriction(const RequestParams& params, sim::CancelRestriction& out) {
  const std::string_view word = params.get("cancelRestrictions");
  out = sim::CancelRestriction::kNone;
  if (word == "ONLY_NEW") {
    out = sim::CancelRestriction::kOnlyNew;
  } else if (word == "ONLY_PARTIALLY_FILLED") {
    out = sim::CancelRestriction::kOnlyPartiallyFilled;
  } else if (params.has("cancelRestrictions")) {
    return errors::bad_request(-1145, "Invalid cancelRestrictions");
  }
  return std::nullopt;
}

// Everything of order.cancelReplace but the order count.
struct ReplaceParams {
  NewOrderParams wanted;
  sim::ReplaceMode mode{};
  sim::CancelRestriction restriction{};
  bool cancel_only = false;  // when there is no order left to place
  std::string cancel_name;
  const sim::RestingOrder* old = nullptr;
};

Problem read_replace(ExchangeHost& host, const Request& request, ReplaceParams& out) {
  const RequestParams& params = request.params;
  const std::string_view mode = params.get("cancelReplaceMode");
  if (mode.empty()) return errors::mandatory("cancelReplaceMode");
  if (mode != "STOP_ON_FAILURE" && mode != "ALLOW_FAILURE") {
    return errors::bad_request(-1130, "Data sent for parameter 'cancelReplaceMode' is not valid.");
  }
  out.mode =
      mode == "ALLOW_FAILURE" ? sim::ReplaceMode::kAllowFailure : sim::ReplaceMode::kStopOnFailure;
  const std::string_view exceeded = params.get("orderRateLimitExceededMode");
  if (!exceeded.empty() && exceeded != "DO_NOTHING" && exceeded != "CANCEL_ONLY") {
    return errors::bad_request(
        -1130, "Data sent for parameter 'orderRateLimitExceededMode' is not valid.");
  }
  out.cancel_only = exceeded == "CANCEL_ONLY";
  if (auto problem = read_restriction(params, out.restriction)) return problem;
  if (auto problem = param::client_id(params, "cancelNewClientOrderId", out.cancel_name)) {
    return problem;
  }
  param::OrderReference old;
  if (auto problem = param::order(host, request, "cancelOrderId", "cancelOrigClientOrderId", old)) {
    return problem;
  }
  if (auto problem = read_new_order(host, params, out.wanted)) return problem;
  if (is_open(old.order) && old.order->instrument == out.wanted.order.instrument) {
    out.old = old.order;
  }
  return std::nullopt;
}

// Both halves, and what each of them said.
struct ReplaceOutcome {
  Half canceled{Half::kNotAttempted}, placed{Half::kNotAttempted};
  std::string cancel_response = "null", place_response = "null";
};

std::string_view half_word(Half half) {
  constexpr std::string_view kWords[] = {"NOT_ATTEMPTED", "SUCCESS", "FAILURE"};
  return kWords[static_cast<std::size_t>(half)];
}

std::string outcome_json(const ReplaceOutcome& outcome) {
  JsonText json;
  return json.open_object()
      .text("cancelResult", half_word(outcome.canceled))
      .text("newOrderResult", half_word(outcome.placed))
      .raw("cancelResponse", outcome.cancel_response)
      .raw("newOrderResponse", outcome.place_response)
      .close_object()
      .take();
}

Answer replace_answer(const ReplaceOutcome& outcome, int status_of_failure) {
  const std::string data = outcome_json(outcome);
  const bool canceled = outcome.canceled == Half::kSuccess;
  const bool placed = outcome.placed == Half::kSuccess;
  if (canceled && placed) return data;
  if (canceled || placed) {
    return ApiError{409, -2021, "Order cancel-replace partially failed.", data};
  }
  return ApiError{status_of_failure, -2022, "Order cancel-replace failed.", data};
}

// The old order alone, when the new one cannot come: `why` stands for its answer.
Answer cancel_without_place(ExchangeHost& host, const Request& request, const ReplaceParams& asked,
                            const ApiError& why, int status_of_failure) {
  ReplaceOutcome outcome;
  host.name_next_cancel(asked.cancel_name);
  const sim::OrderAnswer canceled = host.exchange().cancel(
      request.account(), asked.old != nullptr ? asked.old->venue_id : VenueOrderId(0),
      asked.restriction);
  host.name_next_cancel({});
  if (canceled.refusal) {
    outcome.canceled = Half::kFailure;
    outcome.cancel_response = error_json(*refused(canceled.refusal));
    if (asked.mode == sim::ReplaceMode::kStopOnFailure) {
      return replace_answer(outcome, status_of_failure);
    }
  } else {
    outcome.canceled = Half::kSuccess;
    outcome.cancel_response = canceled_text(host, request, *canceled.order);
  }
  outcome.placed = Half::kFailure;
  outcome.place_response = error_json(why);
  return replace_answer(outcome, 400);
}

// What the venue's matching rejects, each with its own words; those for what is executed already it
// has not published.
Problem check_amend(const Instrument& instrument, const sim::RestingOrder& order, Lots lots) {
  const char* why = nullptr;
  if (!instrument.rules.keep_priority_reduce) {
    why = "Order amend is not supported for this symbol.";
  } else if (lots > order.lots) {
    why = "Order amend (quantity increase) is not supported.";
  } else if (lots <= order.filled) {
    why = "Order amend (quantity at or below what is executed) is not supported.";
  }
  return why == nullptr ? Problem{} : errors::bad_request(-2038, why);
}

}  // namespace

Answer place(ExchangeHost& host, Limits& limits, const Request& request) {
  NewOrderParams wanted;
  if (auto problem = read_new_order(host, request.params, wanted)) return *problem;
  const sim::AccountId account = request.account();
  if (auto problem = limits.admit_order(account, request.now)) return *problem;
  if (is_duplicate(host, account, wanted.name, nullptr)) {
    return errors::bad_request(-2010, "Duplicate order sent.");
  }
  wanted.order.id = host.names().add(account, wanted.name);
  limits.charge_order(account, request.now);
  const sim::OrderAnswer answer = host.exchange().place(account, wanted.order);
  if (auto problem = refused(answer.refusal)) {
    host.names().forget(wanted.order.id);
    if (answer.refusal.before_matching()) limits.return_order(account, request.now);
    return *problem;
  }
  return placed_text(host, request, answer, wanted.response);
}

Answer test(ExchangeHost& host, Limits&, const Request& request) {
  NewOrderParams wanted;
  if (auto problem = read_new_order(host, request.params, wanted)) return *problem;
  if (request.params.get("computeCommissionRates") != "true") return std::string("{}");
  const FeeRates& fees = host.exchange().instrument(wanted.order.instrument).fees;
  const auto rates = [](const FeeRates& f) {
    JsonText json;
    return json.open_object()
        .decimal("maker", Amount(f.maker.v / 10))
        .decimal("taker", Amount(f.taker.v / 10))
        .close_object()
        .take();
  };
  JsonText json;
  json.open_object().raw("standardCommissionForOrder", rates(fees));
  json.raw("taxCommissionForOrder", rates({.maker = Ratio(0), .taker = Ratio(0)}));
  return Answer(json.close_object().take()).with_weight(20);
}

Answer cancel(ExchangeHost& host, Limits&, const Request& request) {
  InstrumentId instrument{};
  param::OrderReference reference;
  sim::CancelRestriction restriction{};
  std::string name;
  if (auto problem = param::symbol(host, request.params, instrument)) return *problem;
  if (auto problem = param::client_id(request.params, "newClientOrderId", name)) return *problem;
  if (auto problem = read_restriction(request.params, restriction)) return *problem;
  if (auto problem = param::order(host, request, "orderId", "origClientOrderId", reference)) {
    return *problem;
  }
  if (!is_open(reference.order) || reference.order->instrument != instrument) {
    return unknown_order();
  }
  host.name_next_cancel(name);
  const sim::OrderAnswer answer =
      host.exchange().cancel(request.account(), reference.order->venue_id, restriction);
  host.name_next_cancel({});
  if (auto problem = refused(answer.refusal)) return *problem;
  return canceled_text(host, request, *answer.order);
}

Answer cancel_replace(ExchangeHost& host, Limits& limits, const Request& request) {
  ReplaceParams asked;
  if (auto problem = read_replace(host, request, asked)) return *problem;
  const sim::AccountId account = request.account();
  const auto exceeded = limits.admit_order(account, request.now);
  if (exceeded && !asked.cancel_only) return *exceeded;
  limits.charge_order(account, request.now);
  if (exceeded) return cancel_without_place(host, request, asked, *exceeded, 429);
  if (is_duplicate(host, account, asked.wanted.name, asked.old)) {
    return cancel_without_place(host, request, asked,
                                errors::bad_request(-2010, "Duplicate order sent."), 400);
  }
  asked.wanted.order.id = host.names().add(account, asked.wanted.name);
  host.name_next_cancel(asked.cancel_name);
  const sim::ReplaceAnswer answer = host.exchange().cancel_replace(
      account, asked.old != nullptr ? asked.old->venue_id : VenueOrderId(0), asked.restriction,
      asked.mode, asked.wanted.order);
  host.name_next_cancel({});
  if (answer.placed != Half::kSuccess) host.names().forget(asked.wanted.order.id);
  if (answer.canceled == Half::kNotAttempted && answer.placed == Half::kNotAttempted) {
    return *refused(answer.place.refusal);
  }
  ReplaceOutcome outcome{answer.canceled, answer.placed};
  if (answer.canceled == Half::kSuccess) {
    outcome.cancel_response = canceled_text(host, request, *answer.cancel.order);
  } else if (answer.canceled == Half::kFailure) {
    outcome.cancel_response = error_json(*refused(answer.cancel.refusal));
  }
  if (answer.placed == Half::kSuccess) {
    outcome.place_response = placed_text(host, request, answer.place, asked.wanted.response);
  } else if (answer.placed == Half::kFailure) {
    outcome.place_response = error_json(*refused(answer.place.refusal));
  }
  return replace_answer(outcome, 400);
}

Answer amend(ExchangeHost& host, Limits&, const Request& request) {
  InstrumentId symbol{};
  param::OrderReference reference;
  std::string new_name;
  Amount quantity;
  if (auto problem = param::symbol(host, request.params, symbol)) return *problem;
  if (auto problem = param::client_id(request.params, "newClientOrderId", new_name)) {
    return *problem;
  }
  if (auto problem = param::order(host, request, "orderId", "origClientOrderId", reference)) {
    return *problem;
  }
  if (auto problem = param::decimal(request.params, "newQty", quantity)) return *problem;
  const sim::RestingOrder* order = reference.order;
  if (!is_open(order) || order->instrument != symbol) return unknown_order();
  const Instrument& instrument = host.exchange().instrument(symbol);
  if (quantity.v <= 0 || quantity.v % instrument.lot.v != 0) return errors::filter("LOT_SIZE");
  const Lots lots(quantity.v / instrument.lot.v);
  if (auto problem = check_amend(instrument, *order, lots)) return *problem;
  const sim::AccountId account = request.account();
  if (is_duplicate(host, account, new_name, order)) {
    return errors::bad_request(-2010, "Duplicate order sent.");
  }
  const Amendment before{0, host.names()[order->id].name, {}, order->lots, lots, request.now};
  host.name_next_amend(new_name);
  const sim::OrderAnswer answer =
      host.exchange().amend_keep_priority(account, order->venue_id, lots);
  host.name_next_amend({});
  if (auto problem = refused(answer.refusal)) return *problem;
  NamedOrder& named = host.names()[answer.order->id];
  named.amendments.push_back(before);
  named.amendments.back().execution_id = host.last_execution_id();
  named.amendments.back().to_name = named.name;
  return amended_json(host.view(*answer.order), before.from_name, host.last_execution_id(),
                      request.unit);
}

Answer cancel_all(ExchangeHost& host, Limits&, const Request& request) {
  InstrumentId instrument{};
  if (auto problem = param::symbol(host, request.params, instrument)) return *problem;
  const auto rows = host.exchange().cancel_all(request.account(), instrument);
  if (rows.empty()) return unknown_order();
  JsonText json;
  json.open_array();
  for (const sim::OrderRow row : rows) {
    json.element(canceled_text(host, request, host.exchange().order(row)));
  }
  return json.close_array().take();
}

}  // namespace mm::server::order_requests
