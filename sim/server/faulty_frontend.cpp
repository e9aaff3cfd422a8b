#include "sim/server/faulty_frontend.h"

#include <algorithm>
#include <array>

#include "sim/server/faulty_wire.h"
#include "sim/server/request_params.h"

namespace mm::server {
namespace {

using sim::Fault;
using sim::FaultKind;

constexpr std::array kKinds{
    FaultKind::kRequestLost,      FaultKind::kCancelIgnored,   FaultKind::kRequestDelayed,
    FaultKind::kRequestReordered, FaultKind::kRequestRepeated, FaultKind::kAnswerLost,
    FaultKind::kAnswerDelayed,    FaultKind::kReportRepeated,  FaultKind::kReportReordered,
    FaultKind::kNotFoundLie,      FaultKind::kStreamSilent,    FaultKind::kSessionDown,
    FaultKind::kRateLimited,      FaultKind::kBanned,          FaultKind::kPostOnlyStorm,
    FaultKind::kNoBalance,        FaultKind::kAmendRefused,    FaultKind::kTimestampRefused,
    FaultKind::kBookGap,          FaultKind::kBookRepeated,    FaultKind::kBookStaleDiff,
    FaultKind::kSnapshotTwice,    FaultKind::kDepthFrozen,     FaultKind::kMarketSilent,
    FaultKind::kFeedDown,         FaultKind::kConsumerStall};

constexpr std::string_view kApiPath = "/ws-api/v3", kOrderPath = "/api/v3/order";

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

// An orders' matter, which a fault may strike; looks at the account are as good as any.
bool is_order_matter(const HttpRequest& request) {
  return request.path.starts_with("/api/v3/order") || request.path == "/api/v3/openOrders" ||
         request.path == "/api/v3/myTrades" || request.path == "/api/v3/account";
}

}  // namespace

sim::FaultPlan FaultyFrontend::on_the_wire(sim::FaultPlan plan) {
  std::erase_if(plan,
                [](const Fault& f) { return std::ranges::find(kKinds, f.kind) == kKinds.end(); });
  for (Fault& f : plan) f.instrument = sim::kEveryInstrument;
  return plan;
}

FaultyFrontend::FaultyFrontend(Frontend& behind, sim::FaultPlan plan, std::uint64_t seed,
                               Nanos (*clock)())
    : behind_(behind), faults_(on_the_wire(std::move(plan)), seed), clock_(clock) {
  faults_.start(clock());
}

FaultyFrontend::~FaultyFrontend() = default;

std::optional<ApiError> FaultyFrontend::refusal(bool places, bool cancels, bool amends) {
  const Nanos now = clock_();
  if (const Fault* f = faults_.strikes(FaultKind::kBanned)) return errors::banned(now, f->end);
  if (!cancels) {
    if (const Fault* f = faults_.strikes(FaultKind::kRateLimited)) {
      return errors::too_much_weight(6000, now, f->end);
    }
  }
  if (!places && !cancels && !amends) return {};
  if (faults_.strikes(FaultKind::kTimestampRefused) != nullptr) return errors::outside_window();
  if (amends && faults_.strikes(FaultKind::kAmendRefused) != nullptr) {
    return errors::bad_request(-2038, "The requested action would change nothing.");
  }
  if (!places) return {};
  if (faults_.strikes(FaultKind::kPostOnlyStorm) != nullptr) {
    return errors::bad_request(-2010, "Order would immediately match and take.");
  }
  if (faults_.strikes(FaultKind::kNoBalance) != nullptr) {
    return errors::bad_request(-2010, "Account has insufficient balance for requested action.");
  }
  return {};
}

HttpAnswer FaultyFrontend::answer(const HttpRequest& request) {
  const bool order = request.path.starts_with(kOrderPath);
  const bool cancels = request.method == "DELETE";
  const bool places = order && request.method == "POST";
  if (!request.path.starts_with("/api/")) return behind_.answer(request);
  if (auto error = refusal(places, cancels, false)) return failure(*error, clock_());
  const bool snapshot = request.path == "/api/v3/depth";
  if (!snapshot && !is_order_matter(request)) return behind_.answer(request);
  if (faults_.strikes(FaultKind::kRequestLost) != nullptr) {
    return faults_.coin() ? page(502) : HttpAnswer{kNoAnswer, {}, {}};
  }
  const auto params = RequestParams::from_rest(request.query, request.body);
  if (order && request.method == "GET" && params && is_young(params->get("origClientOrderId")) &&
      faults_.strikes(FaultKind::kNotFoundLie) != nullptr) {
    return failure(errors::bad_request(-2013, "Order does not exist."), clock_());
  }
  if (places && params) note_birth(params->get("newClientOrderId"));
  HttpAnswer answer = snapshot ? old_snapshot(request) : behind_.answer(request);
  if (faults_.strikes(FaultKind::kAnswerLost) != nullptr) {
    return faults_.coin() ? page(503) : HttpAnswer{kNoAnswer, {}, {}};
  }
  return answer;
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
  const Nanos now = clock_();
  if (const Fault* f = faults_.strikes(FaultKind::kBanned)) {
    return failure(errors::banned(now, f->end), now);
  }
  const FaultKind down = request.path == kApiPath ? FaultKind::kSessionDown : FaultKind::kFeedDown;
  if (faults_.strikes(down) != nullptr) return page(503);
  return behind_.refuse_upgrade(request);
}

std::unique_ptr<Conversation> FaultyFrontend::open(const HttpRequest& request,
                                                   Connection& connection) {
  const auto use = request.path == kApiPath ? FaultyWire::Use::kApi : FaultyWire::Use::kStreams;
  auto wire = std::make_unique<FaultyWire>(*this, connection, use);
  wire->join(behind_.open(request, wire->near_end()));
  return wire;
}

void FaultyFrontend::advance() {
  const Nanos now = clock_();
  while (const auto edge = faults_.cross(now)) {
    if (edge->begins) on_begin(edge->fault.kind, edge->fault.end);
  }
  // A copy: what a wire lets go may end one.
  for (FaultyWire* wire : std::vector(wires_)) {
    if (std::ranges::find(wires_, wire) != wires_.end()) wire->release(now);
  }
  std::erase_if(births_, [&](const auto& birth) { return now - birth.second >= kYoung; });
}

void FaultyFrontend::on_begin(FaultKind kind, Nanos until) {
  const bool api = kind == FaultKind::kSessionDown, streams = kind == FaultKind::kFeedDown;
  const bool silent = kind == FaultKind::kConsumerStall;
  if (!api && !streams && !silent) return;
  for (FaultyWire* wire : std::vector(wires_)) {
    if (silent) {
      faults_.count(kind);
      wire->fall_silent(until - clock_());
    } else if ((wire->use() == FaultyWire::Use::kApi) == api) {
      faults_.count(kind);
      wire->cut();
    }
  }
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
