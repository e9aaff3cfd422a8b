#include "sim/server/faulty_frontend.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/server/faulty_wire.h"
#include "sim/server/param_checks.h"
#include "sim/server/recent_past.h"
#include "sim/server/request_params.h"

namespace mm::server {
namespace {

using sim::Fault;
using sim::FaultKind;

constexpr std::string_view kApiPath = "/ws-api/v3", kDepthPath = "/api/v3/depth";
// Before a path: past all faults, for who wants to know what is true.
constexpr std::string_view kCalm = "/calm";
constexpr std::size_t kSlowBytesPerS = 4096;
constexpr std::int64_t kCoarser = 10, kAdminSecondsMax = 3600;
constexpr std::int64_t kLeftOver = 4;  // a part of so many, when balances move

// What stands before a venue and does not know its dialect.
HttpAnswer page(int status) {
  return {status,
          "<html><head><title>Error</title></head><body>The request failed.</body></html>",
          {{"Content-Type", "text/html"}}};
}

HttpAnswer failure(const ApiError& error, Nanos now) {
  HttpAnswer answer{error.status, error_json(error), {}};
  if (error.retry_after > now) {
    answer.headers.emplace_back("Retry-After",
                                std::to_string((error.retry_after - now).v / kSecond.v + 1));
  }
  return answer;
}

// Of a replace whose cancel was refused: the order is as it was.
ApiError not_replaced() {
  return {.status = 400,
          .code = -2022,
          .message = "Order cancel-replace failed.",
          .data = R"({"cancelResult":"FAILURE","newOrderResult":"NOT_ATTEMPTED",)"
                  R"("cancelResponse":{"code":-2011,"msg":"Order was not canceled due to cancel )"
                  R"(restrictions."},"newOrderResponse":null})"};
}

OrderRequest classify(const HttpRequest& request) {
  const std::string_view path = request.path, verb = request.method;
  const bool order = path == "/api/v3/order", list = path == "/api/v3/openOrders";
  const bool looks = list || path == "/api/v3/allOrders" || path == "/api/v3/myTrades" ||
                     path == "/api/v3/account";
  return {.places = order && verb == "POST",
          .replaces = path == "/api/v3/order/cancelReplace" && verb == "POST",
          .amends = path == "/api/v3/order/amend/keepPriority" && verb == "PUT",
          .cancels = (order || list) && verb == "DELETE",
          .asks = order && verb == "GET",
          .looks = looks && verb != "DELETE"};
}

bool may_fail(const HttpRequest& request, const OrderRequest& asked) {
  return asked.any() || request.path == kDepthPath;
}

}  // namespace

sim::FaultPlan FaultyFrontend::on_the_wire(sim::FaultPlan plan) {
  std::erase_if(plan, [kinds = sim::wire_faults()](const Fault& f) {
    return !kinds[static_cast<std::size_t>(f.kind)];
  });
  for (Fault& f : plan) {
    if (f.kind != FaultKind::kSymbolHalted) f.instrument = sim::kEveryInstrument;
  }
  return plan;
}

// A copy: what is done to a wire may end it, or another.
template <class Use>
void FaultyFrontend::for_each_wire(Use&& use) {
  for (FaultyWire* wire : std::vector(wires_)) {
    if (std::ranges::find(wires_, wire) != wires_.end()) use(*wire);
  }
}

template <class Strike>
void FaultyFrontend::strike_wires(FaultKind kind, Strike&& strike) {
  for_each_wire([&](FaultyWire& wire) {
    if (strike(wire)) faults_.count(kind);
  });
}

FaultyFrontend::FaultyFrontend(VenueFrontend& behind, sim::FaultPlan plan, std::uint64_t seed,
                               Nanos (*clock)())
    : behind_(behind), faults_(on_the_wire(std::move(plan)), seed), clock_(clock) {
  faults_.start(clock());
}

FaultyFrontend::~FaultyFrontend() = default;

std::optional<ApiError> FaultyFrontend::refusal(const OrderRequest& request) {
  if (const Fault* f = faults_.strikes(FaultKind::kBanned)) {
    return errors::banned(behind_.now(), venue_time(f->end));
  }
  if (!request.cancels) {
    if (const Fault* f = faults_.strikes(FaultKind::kRateLimited)) {
      return errors::too_much_weight(6000, behind_.now(), venue_time(f->end));
    }
  }
  const bool amends = request.amends || request.replaces;
  if (!request.places && !request.cancels && !amends) return {};
  if (faults_.strikes(FaultKind::kTimestampRefused) != nullptr) return errors::outside_window();
  if (amends && faults_.strikes(FaultKind::kAmendRefused) != nullptr) {
    return request.replaces
               ? not_replaced()
               : errors::bad_request(-2038, "The requested action would change nothing.");
  }
  if (!request.places) return {};
  if (faults_.strikes(FaultKind::kPostOnlyStorm) != nullptr) {
    return errors::bad_request(-2010, "Order would immediately match and take.");
  }
  if (faults_.strikes(FaultKind::kNoBalance) != nullptr) {
    return errors::bad_request(-2010, "Account has insufficient balance for requested action.");
  }
  return {};
}

ApiError FaultyFrontend::status_unknown() {
  if (faults_.coin()) {
    return {.status = 504,
            .code = -1007,
            .message =
                "Timeout waiting for response from backend server. Send status unknown; "
                "execution status unknown.",
            .data = {}};
  }
  return {.status = 500,
          .code = -1006,
          .message =
              "An unexpected response was received from the message bus. Execution status "
              "unknown.",
          .data = {}};
}

bool FaultyFrontend::changes_fate(const OrderRequest& request) {
  sim::Exchange& exchange = behind_.host().exchange();
  if (request.cancels && faults_.strikes(FaultKind::kCancelLie) != nullptr) {
    exchange.pretend_next_cancel(true);
    return true;
  }
  if (request.looks) {
    const Fault* const lag = faults_.strikes(FaultKind::kListLag);
    if (lag != nullptr)
      behind_.host().look_back(std::min(faults_.late(*lag, Nanos(0)), RecentPast::kLength));
    return lag != nullptr;
  }
  if (!request.replaces) return false;
  if (faults_.strikes(FaultKind::kPostOnlyStorm) != nullptr) {
    exchange.refuse_next(RejectReason::kWouldCross);
    return true;
  }
  if (faults_.strikes(FaultKind::kNoBalance) != nullptr) {
    exchange.refuse_next(RejectReason::kInsufficientBalance);
    return true;
  }
  return false;
}

void FaultyFrontend::leave_fate() {
  behind_.host().exchange().pretend_next_cancel(false);
  behind_.host().exchange().refuse_next(RejectReason::kNone);
  behind_.host().look_back(Nanos(0));
}

void FaultyFrontend::answer(const HttpRequest& request, Reply reply) {
  if (behind_.is_admin(request, "/admin/fault")) return reply(begin_fault(request));
  if (request.path.starts_with(kCalm) && behind_.trusts(request)) {
    HttpRequest asked = request;
    asked.path.erase(0, kCalm.size());
    return behind_.answer(asked, std::move(reply));
  }
  if (!request.path.starts_with("/api/")) return behind_.answer(request, std::move(reply));
  const OrderRequest asked = classify(request);
  if (auto stopped = stop(request, asked)) return say(std::move(*stopped), reply);
  const bool fated = changes_fate(asked);
  if (const auto at = fated ? std::nullopt : late_until(asked)) {
    if (hold(*at, [=, this] { say(carry_out(request, asked), reply); })) return;
  }
  HttpAnswer answer = carry_out(request, asked);
  if (fated) leave_fate();
  say(std::move(answer), reply);
}

std::optional<HttpAnswer> FaultyFrontend::stop(const HttpRequest& request,
                                               const OrderRequest& asked) {
  if (auto error = refusal(asked)) return failure(*error, behind_.now());
  if (!may_fail(request, asked)) return {};
  if (faults_.strikes(FaultKind::kRequestLost) != nullptr ||
      (asked.cancels && faults_.strikes(FaultKind::kCancelIgnored) != nullptr)) {
    return faults_.coin() ? page(502) : HttpAnswer{kNoAnswer, {}, {}};
  }
  const auto params = RequestParams::from_rest(request.query, request.body);
  if (asked.asks && params && is_young(params->get("origClientOrderId")) &&
      faults_.strikes(FaultKind::kNotFoundLie) != nullptr) {
    return failure(errors::bad_request(-2013, "Order does not exist."), behind_.now());
  }
  if ((asked.places || asked.replaces) && params) note_birth(params->get("newClientOrderId"));
  if (asked.any() && faults_.strikes(FaultKind::kStatusUnknown) != nullptr) {
    if (faults_.coin()) behind_.answer(request);
    return failure(status_unknown(), behind_.now());
  }
  return {};
}

// Others go past it. On its own connection nothing does: that waits for the answer, or is given up
// by a client that has no more time, and comes again on another.
std::optional<Nanos> FaultyFrontend::late_until(const OrderRequest& asked) {
  if (!asked.any()) return {};
  for (const FaultKind kind : {FaultKind::kRequestDelayed, FaultKind::kRequestReordered}) {
    if (const Fault* f = faults_.strikes(kind)) return faults_.late(*f, clock_());
  }
  return {};
}

// Asked twice, as by a proxy on the way: either answer gets through.
HttpAnswer FaultyFrontend::carry_out(const HttpRequest& request, const OrderRequest& asked) {
  HttpAnswer answer = request.path == kDepthPath ? old_snapshot(request) : behind_.answer(request);
  if ((asked.cancels || asked.asks) && faults_.strikes(FaultKind::kRequestRepeated) != nullptr) {
    HttpAnswer again = behind_.answer(request);
    if (faults_.coin()) answer = std::move(again);
  }
  if (may_fail(request, asked) && faults_.strikes(FaultKind::kAnswerLost) != nullptr) {
    return faults_.coin() ? page(503) : HttpAnswer{kNoAnswer, {}, {}};
  }
  return answer;
}

void FaultyFrontend::say(HttpAnswer answer, const Reply& reply) {
  if (const Fault* f = faults_.strikes(FaultKind::kAnswerDelayed)) {
    answer.delay = faults_.late(*f, Nanos(0));
  }
  if (faults_.strikes(FaultKind::kSlowVenue) != nullptr) answer.bytes_per_s = kSlowBytesPerS;
  reply(std::move(answer));
}

bool FaultyFrontend::hold(Nanos at, std::function<void()> carry_out) {
  if (late_.size() == kLateMax) return false;
  late_.emplace(at, std::move(carry_out));
  return true;
}

// The snapshot before the one that was asked for: older than the stream, if time has passed.
HttpAnswer FaultyFrontend::old_snapshot(const HttpRequest& request) {
  HttpAnswer fresh = behind_.answer(request);
  if (!snapshots_.contains(request.query) && snapshots_.size() == kSnapshotsMax) return fresh;
  const auto [last, first_time] = snapshots_.try_emplace(request.query, fresh);
  if (first_time || faults_.strikes(FaultKind::kSnapshotTwice) == nullptr) {
    last->second = fresh;
    return fresh;
  }
  return std::exchange(last->second, std::move(fresh));
}

std::optional<HttpAnswer> FaultyFrontend::refuse_upgrade(const HttpRequest& request) {
  if (const Fault* f = faults_.strikes(FaultKind::kBanned)) {
    return failure(errors::banned(behind_.now(), venue_time(f->end)), behind_.now());
  }
  const FaultKind down = request.path == kApiPath ? FaultKind::kSessionDown : FaultKind::kFeedDown;
  if (faults_.strikes(down) != nullptr) return page(503);
  return behind_.refuse_upgrade(request);
}

std::unique_ptr<Conversation> FaultyFrontend::open(const HttpRequest& request,
                                                   Connection& connection) {
  const auto use = request.path == kApiPath ? FaultyWire::Use::kApi : FaultyWire::Use::kStreams;
  auto wire = std::make_unique<FaultyWire>(*this, connection, use);
  if (faults_.strikes(FaultKind::kSlowVenue) != nullptr) wire->limit_rate(kSlowBytesPerS);
  wire->join(behind_.open(request, wire->near_end()));
  return wire;
}

void FaultyFrontend::advance() {
  const Nanos now = clock_();
  while (const auto edge = faults_.cross(now)) {
    const Fault fault = edge->fault;
    if (edge->begins) {
      on_begin(fault);
    } else {
      on_end(fault);
    }
  }
  while (!late_.empty() && late_.begin()->first <= now) {
    const auto first = late_.extract(late_.begin());
    first.mapped()();
  }
  for_each_wire([=](FaultyWire& wire) { wire.release(now); });
  std::erase_if(births_, [&](const auto& birth) { return now - birth.second >= kYoung; });
}

void FaultyFrontend::on_begin(const Fault& fault) {
  using enum FaultKind;
  using Use = FaultyWire::Use;
  switch (fault.kind) {
    case kSessionDown:
    case kFeedDown: {
      const Use struck = fault.kind == kSessionDown ? Use::kApi : Use::kStreams;
      return strike_wires(fault.kind, [=](FaultyWire& wire) {
        if (wire.use() != struck) return false;
        wire.cut();
        return true;
      });
    }
    case kConsumerStall:
    case kHalfOpen:
      return strike_wires(fault.kind, [=, length = fault.end - clock_()](FaultyWire& wire) {
        if (fault.kind == kHalfOpen && wire.use() != Use::kApi) return false;
        wire.fall_silent(length);
        return true;
      });
    case kServerShutdown:
      return strike_wires(fault.kind, [](FaultyWire& wire) {
        wire.announce_end();
        return true;
      });
    case kSlowVenue:
      return strike_wires(fault.kind, [](FaultyWire& wire) {
        wire.limit_rate(kSlowBytesPerS);
        return true;
      });
    case kClockAhead:
    case kClockBehind:
      set_clock();
      break;
    case kSymbolHalted:
      halt(fault.instrument);
      break;
    case kBalanceMoved:
      take_balances();
      break;
    case kTickChanged:
    case kLotChanged:
      change_grid(fault.kind == kTickChanged);
      break;
    default:
      return;  // counted where it strikes
  }
  faults_.count(fault.kind);
}

void FaultyFrontend::on_end(const Fault& fault) {
  switch (fault.kind) {
    case FaultKind::kServerShutdown:
      return for_each_wire([](FaultyWire& wire) { wire.end(); });
    case FaultKind::kSlowVenue:
      return for_each_wire([](FaultyWire& wire) { wire.limit_rate(Connection::kAnyRate); });
    case FaultKind::kClockAhead:
    case FaultKind::kClockBehind:
      return set_clock();
    case FaultKind::kSymbolHalted:
      return resume_trading();
    case FaultKind::kBalanceMoved:
      return give_back_balances();
    default:
      return;
  }
}

// A clock of the client's that is ahead is one of the venue's that is behind.
void FaultyFrontend::set_clock() {
  Nanos ahead{};
  if (const Fault* f = faults_.find(FaultKind::kClockAhead)) ahead -= f->delay_max;
  if (const Fault* f = faults_.find(FaultKind::kClockBehind)) ahead += f->delay_max;
  behind_.shift_clock(ahead);
}

// The one that is named, or any.
void FaultyFrontend::halt(InstrumentId i) {
  sim::Exchange& exchange = behind_.host().exchange();
  const auto all = static_cast<std::int64_t>(exchange.instruments());
  if (i >= all) i = static_cast<InstrumentId>(faults_.random().below(all));
  exchange.set_status(i, sim::TradingStatus::kHalted);
  halted_.push_back(i);
}

void FaultyFrontend::resume_trading() {
  for (const InstrumentId i : halted_) {
    behind_.host().exchange().set_status(i, sim::TradingStatus::kTrading);
  }
  halted_.clear();
}

// Whoever owns the accounts uses most of what is free, and brings it back at the end.
void FaultyFrontend::take_balances() {
  ExchangeHost& host = behind_.host();
  const sim::Accounts& accounts = host.exchange().accounts();
  for (sim::AccountId account = 0; account < accounts.count(); ++account) {
    for (sim::AssetId asset = 0; asset < accounts.assets(); ++asset) {
      const Amount free = accounts.funds(account, asset).free;
      const Amount taken = free - free / kLeftOver;
      if (taken <= Amount(0)) continue;
      host.move_balance(account, asset, -taken);
      taken_.push_back({account, asset, taken});
    }
  }
  host.flush();
}

void FaultyFrontend::give_back_balances() {
  for (const Taken& t : taken_) behind_.host().move_balance(t.account, t.asset, t.amount);
  taken_.clear();
  behind_.host().flush();
}

void FaultyFrontend::change_grid(bool tick) {
  sim::Exchange& exchange = behind_.host().exchange();
  for (InstrumentId i = 0; i < exchange.instruments(); ++i) {
    exchange.set_grid(i, tick ? Ticks(kCoarser) : exchange.tick(i),
                      tick ? exchange.lot(i) : Lots(kCoarser));
    if (exchange.generated(i)) exchange.follow_grid(i);
  }
}

// For tests: kind=NAME for so many seconds from now on, as often (per_million) and as late
// (delay_ms at most) as it is usual for the kind, or as is said.
HttpAnswer FaultyFrontend::begin_fault(const HttpRequest& request) {
  const auto params = RequestParams::from_rest(request.query, request.body);
  if (!params) return failure(errors::bad_request(-1101, "Too many parameters."), behind_.now());
  const auto kind = sim::find_fault(params->get("kind"));
  if (!kind || !sim::wire_faults()[static_cast<std::size_t>(*kind)]) {
    return failure(
        errors::bad_request(-1130, "kind: must be one of " + sim::names(sim::wire_faults(), ", ")),
        behind_.now());
  }
  const Nanos now = clock_();
  Fault fault = sim::typical_fault(*kind, now, now);
  std::int64_t seconds = 1, per_million = fault.per_million;
  std::int64_t delay_ms = fault.delay_max.v / kMillisecond.v;
  const auto read = [&](const char* name, std::int64_t least, std::int64_t most,
                        std::int64_t& value) -> std::optional<ApiError> {
    if (auto problem = param::integer(*params, name, value)) return problem;
    if (value >= least && value <= most) return {};
    return errors::bad_request(-1130, fmt::format("{}: must be {} to {}", name, least, most));
  };
  auto problem = read("seconds", 1, kAdminSecondsMax, seconds);
  if (!problem) problem = read("per_million", 1, 1'000'000, per_million);
  if (!problem) problem = read("delay_ms", 1, kAdminSecondsMax * 1000, delay_ms);
  if (problem) return failure(*problem, behind_.now());
  fault.end = now + seconds * kSecond;
  fault.per_million = static_cast<std::int32_t>(per_million);
  fault.delay_max = kMillisecond * delay_ms;
  faults_.add(fault);
  advance();
  JsonText json;
  json.open_object().text("kind", sim::name(*kind)).time("until", now + seconds * kSecond);
  return {200, json.close_object().take(), {}};
}

void FaultyFrontend::note_birth(std::string_view client_id) {
  if (births_.size() < kBirthsMax && !client_id.empty()) {
    births_.insert_or_assign(std::string(client_id), clock_());
  }
}

bool FaultyFrontend::is_young(std::string_view client_id) const {
  const auto birth = births_.find(client_id);
  return birth != births_.end() && clock_() - birth->second < kYoung;
}

}  // namespace mm::server
