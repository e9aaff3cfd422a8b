#include "sim/server/faulty_wire.h"

#include <fmt/format.h>

#include <algorithm>

namespace mm::server {
namespace {

using sim::Fault;
using sim::FaultKind;

OrderRequest classify(std::string_view method) {
  return {.places = method == "order.place",
          .replaces = method == "order.cancelReplace",
          .amends = method == "order.amend.keepPriority",
          .cancels = method == "order.cancel" || method == "openOrders.cancelAll",
          .asks = method == "order.status",
          .looks = method == "openOrders.status" || method == "myTrades" || method == "allOrders" ||
                   method == "account.status"};
}

SharedText shared(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

std::string refusal_text(const std::string& id, const ApiError& error) {
  return fmt::format(R"({{"id":{},"status":{},"error":{},"rateLimits":[]}})", id, error.status,
                     error_json(error));
}

// The id of an answer as written: {"id":"x","status":...
std::string id_of(std::string_view answer) {
  constexpr std::string_view kBegin = R"({"id":)", kEnd = R"(,"status":)";
  if (!answer.starts_with(kBegin)) return {};
  answer.remove_prefix(kBegin.size());
  return std::string(answer.substr(0, answer.find(kEnd)));
}

// Books of all kinds say one of these near their beginning.
bool says_early(std::string_view text, std::string_view word) {
  return text.substr(0, 160).find(word) != std::string_view::npos;
}
bool is_diff(std::string_view text) {
  return says_early(text, "depthUpdate");
}
bool is_depth(std::string_view text) {
  return is_diff(text) || says_early(text, "lastUpdateId");
}

// Puts `value`, as written, in place of what stands there for `key`.
void put_in_place(std::string& json, std::string_view key, std::string_view value) {
  const std::size_t at = json.find(key);
  if (at == std::string::npos) return;
  const std::size_t begin = at + key.size();
  json.replace(begin, json.find(',', begin) - begin, value);
}

bool is_reply(std::string_view text) {
  return text.starts_with(R"({"result")") || text.starts_with(R"({"error")");
}

}  // namespace

FaultyWire::FaultyWire(FaultyFrontend& owner, Connection& socket, Use use)
    : owner_(owner), socket_(socket), use_(use) {
  owner_.wires_.push_back(this);
}

FaultyWire::~FaultyWire() {
  line_->wire = nullptr;
  line_.reset();
  std::erase(owner_.wires_, this);
}

void FaultyWire::on_text(std::string_view text) {
  WsMessage message;
  if (use_ == Use::kStreams || reader_.read(text, message) != WsMessageError::kNone) {
    return line_->behind->on_text(text);
  }
  on_request(text, message);
}

void FaultyWire::on_request(std::string_view text, const WsMessage& message) {
  sim::FaultWindows& faults = owner_.faults_;
  const OrderRequest request = classify(message.method.value_or(""));
  if (auto error = owner_.refusal(request)) {
    return socket_.send(shared(refusal_text(message.id, *error)));
  }
  if (!request.any()) return line_->behind->on_text(text);
  if (faults.strikes(FaultKind::kRequestLost) != nullptr) return;
  if (request.cancels && faults.strikes(FaultKind::kCancelIgnored) != nullptr) return;
  if (request.asks && owner_.is_young(message.params.get("origClientOrderId")) &&
      faults.strikes(FaultKind::kNotFoundLie) != nullptr) {
    return socket_.send(
        shared(refusal_text(message.id, errors::bad_request(-2013, "Order does not exist."))));
  }
  if (request.places || request.replaces) {
    owner_.note_birth(message.params.get("newClientOrderId"));
  }
  if (faults.strikes(FaultKind::kStatusUnknown) != nullptr) {
    if (faults.coin() || unknown_.size() == kIdsMax) {
      return socket_.send(shared(refusal_text(message.id, owner_.status_unknown())));
    }
    unknown_.insert(message.id);
    return line_->behind->on_text(text);
  }
  if (owner_.changes_fate(request)) {
    line_->behind->on_text(text);
    return owner_.leave_fate();
  }
  if (asked_.size() < kIdsMax) asked_.insert(message.id);

  const Nanos now = owner_.clock_();
  if (const Fault* f = faults.strikes(FaultKind::kRequestDelayed)) {
    line_busy_until_ = std::max(line_busy_until_, faults.late(*f, now));
  }
  if (line_busy_until_ > now && hold_request(line_busy_until_, text)) return;
  if (const Fault* f = faults.strikes(FaultKind::kRequestReordered)) {
    if (hold_request(faults.late(*f, now), text)) return;
  }
  line_->behind->on_text(text);
  if ((request.cancels || request.asks) && faults.strikes(FaultKind::kRequestRepeated) != nullptr) {
    line_->behind->on_text(text);
  }
}

void FaultyWire::send(SharedText text) {
  if (use_ == Use::kStreams) return send_market(std::move(text));
  if (text->starts_with(R"({"subscriptionId")")) return send_event(std::move(text));
  send_answer(std::move(text));
}

void FaultyWire::send_market(SharedText text) {
  sim::FaultWindows& faults = owner_.faults_;
  if (is_reply(*text)) return socket_.send(std::move(text));
  if (faults.strikes(FaultKind::kMarketSilent) != nullptr) return;
  if (!is_depth(*text)) return socket_.send(std::move(text));
  if (faults.strikes(FaultKind::kDepthFrozen) != nullptr) return;
  // The next one does not follow on the last: the client finds the gap.
  if (is_diff(*text) && faults.strikes(FaultKind::kBookGapFound) != nullptr) return;
  socket_.send(text);
  if (faults.strikes(FaultKind::kBookRepeated) != nullptr) socket_.send(text);
  if (const Fault* f = faults.strikes(FaultKind::kBookStaleDiff)) {
    hold(faults.late(*f, owner_.clock_()), std::move(text));
  }
}

void FaultyWire::send_event(SharedText text) {
  sim::FaultWindows& faults = owner_.faults_;
  if (faults.strikes(FaultKind::kStreamSilent) != nullptr) return;
  const Nanos now = owner_.clock_();
  if (const Fault* f = faults.strikes(FaultKind::kReportReordered)) {
    if (hold(faults.late(*f, now), text)) return;
  }
  socket_.send(text);
  send_foreign(*text);
  if (const Fault* f = faults.strikes(FaultKind::kReportRepeated)) {
    hold(faults.late(*f, now), std::move(text));
  }
}

// The same happens to an order of a person's on the account, or of another engine's of ours.
void FaultyWire::send_foreign(std::string_view event) {
  constexpr std::string_view kReport = R"("e":"executionReport")";
  sim::FaultWindows& faults = owner_.faults_;
  if (event.find(kReport) == std::string_view::npos) return;
  if (faults.strikes(FaultKind::kForeignReport) == nullptr) return;
  constexpr std::int64_t kForeignFrom = 1'000'000'000'000;  // numbers that the venue never gets to
  const std::int64_t number = kForeignFrom + faults.random().below(kForeignFrom);
  const std::string id =
      faults.coin() ? fmt::format(R"("web_{}")", number) : fmt::format(R"("mm{:016x}")", number);
  std::string foreign(event);
  put_in_place(foreign, R"("c":)", id);
  if (foreign.find(R"("C":"")") == std::string::npos) put_in_place(foreign, R"("C":)", id);
  put_in_place(foreign, R"("i":)", std::to_string(number));
  if (foreign.find(R"("t":-1)") == std::string::npos) {
    put_in_place(foreign, R"("t":)", std::to_string(number));
  }
  socket_.send(shared(std::move(foreign)));
}

void FaultyWire::send_answer(SharedText text) {
  sim::FaultWindows& faults = owner_.faults_;
  const std::string id = id_of(*text);
  if (unknown_.erase(id) > 0) {
    return socket_.send(shared(refusal_text(id, owner_.status_unknown())));
  }
  if (asked_.erase(id) == 0) return socket_.send(std::move(text));
  if (faults.strikes(FaultKind::kAnswerLost) != nullptr) return;
  if (const Fault* f = faults.strikes(FaultKind::kAnswerDelayed)) {
    if (hold(faults.late(*f, owner_.clock_()), text)) return;
  }
  socket_.send(std::move(text));
}

bool FaultyWire::hold_request(Nanos at, std::string_view text) {
  return owner_.hold(at, [&owner = owner_, line = line_, text = std::string(text)] {
    if (line->wire == nullptr) ++owner.orphans_;
    line->behind->on_text(text);
  });
}

bool FaultyWire::hold(Nanos at, SharedText text) {
  if (held_.size() == kHeldMax) return false;
  const auto after = std::ranges::upper_bound(held_, at, {}, &Held::at);
  held_.insert(after, {at, std::move(text)});
  return true;
}

void FaultyWire::release(Nanos now) {
  while (!held_.empty() && held_.front().at <= now) {
    const Held first = std::move(held_.front());
    held_.erase(held_.begin());
    socket_.send(first.text);
  }
}

}  // namespace mm::server
