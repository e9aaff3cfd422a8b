#include "gateway/binance/order_session.h"

#include <algorithm>
#include <bit>

#include "engine/core/assert.h"

namespace mm::binance::orders {
namespace {

constexpr Nanos kExpireInterval = kSecond;
constexpr Nanos kUsageInterval{100 * kMillisecond.v};
// How long a replaced connection may still be listened to, at least and at most.
constexpr Nanos kRetireMin{2 * kSecond.v}, kRetireMax{10 * kSecond.v};

constexpr bool is_request(CommandKind kind) {
  return kind == CommandKind::kPlace || kind == CommandKind::kCancel ||
         kind == CommandKind::kReplace || kind == CommandKind::kReduce ||
         kind == CommandKind::kQueryOrder || kind == CommandKind::kQueryOpenOrders ||
         kind == CommandKind::kCancelAll;
}
constexpr bool is_order(CommandKind kind) {
  return kind == CommandKind::kPlace || kind == CommandKind::kReplace;
}
// It does not trade now, or it does by other rules than those we know.
constexpr bool is_about_symbol(RejectReason reason) {
  return reason == RejectReason::kMarketHalted || reason == RejectReason::kFilter;
}
std::uint8_t lane_number(const OrderConnection& connection) {
  return static_cast<std::uint8_t>(connection.lane);
}

}  // namespace

OrderSession::OrderSession(const OrderSessionOptions& options, std::string_view api_key,
                           const Signer& signer, SessionLink& link, net::SharedRequestPause& pause)
    : options_(options),
      instruments_(options.instruments),
      link_(link),
      encoder_(options.instruments,
               {.recv_window_ms = options.recv_window_ms,
                .self_trade_prevention = options.self_trade_prevention,
                .sign_requests = signer.type() != KeyType::kEd25519},
               api_key, &signer),
      answers_(options.message_bytes_max),
      user_data_(options.message_bytes_max),
      out_(std::bit_ceil(4 * OrderEvents::kRoom)),
      events_(instruments_, options.identity, options.order_slots, link.venue_ids, link.last_trades,
              out_),
      in_flight_(options.in_flight_max),
      limits_(pause, options.limits),
      sweeps_(instruments_.size(), options.sweep_interval, options.answer_timeout),
      lane_count_(link.lanes.size()),
      halted_told_(instruments_.size()) {
  for (std::uint32_t i = RestLink::kCallsMax; i > 0; --i) calls_free_.push_back(i - 1);
  MM_ASSERT(lane_count_ > 0 && lane_count_ <= kLanesMax, "between one and kLanesMax connections");
}

OrderSession::~OrderSession() {
  delete found_;
  for (Lane& lane : lanes_) {
    delete lane.current;
    delete lane.retiring;
    for (OrderConnection* connection : lane.returning) delete connection;
  }
}

// --- out ------------------------------------------------------------------------------------

bool OrderSession::submit(const Command& c, Nanos now) {
  if (!is_request(c.kind) || out_.free_slots() < OrderEvents::kRoom) return false;
  events_.set_now(now);
  const Nanos refused = limits_.refused_until(c.kind, unanswered_orders_, now);
  if (refused != kNever) {
    events_.deny(c, RejectReason::kRateLimit, refused);
    ++counters_.denied;
    note({.kind = NoteKind::kHeldBack,
          .command = c.kind,
          .instrument = c.instrument,
          .until = refused});
    return true;
  }
  const bool quotes = is_order(c.kind) || c.kind == CommandKind::kReduce;
  if (quotes && (distrusted_ || state_ != SessionState::kUp ||
                 link_.rival.load(std::memory_order_acquire) != 0 ||
                 in_flight_.room() <= options_.in_flight_max / 4)) {
    return false;
  }
  OrderConnection* const to = connection_for(c);
  if (to == nullptr) return submit_by_rest(c, Purpose::kCommand, now);
  if (is_out_by_rest(c)) return false;
  // A quote must not leave later, when it may no longer be meant; a cancel may wait its turn.
  if (quotes && to->socket->bytes_waiting() > 0) return false;
  return send(*to, c, Purpose::kCommand, now);
}

// An order's own lane; while that is down any other serves: the order has nothing under way there
// that the core does not already doubt.
OrderConnection* OrderSession::connection_for(const Command& command) {
  const std::size_t own = command.connection % lane_count_;
  if (lanes_[own].current != nullptr) return lanes_[own].current;
  const auto other =
      std::ranges::find_if(lanes_, [](const Lane& lane) { return lane.current != nullptr; });
  return other != lanes_.end() ? other->current : nullptr;
}

bool OrderSession::any_connection() const {
  return std::ranges::any_of(lanes_, [](const Lane& lane) { return lane.current != nullptr; });
}

// While the user data do not come: any connection carries cancels and questions.
bool OrderSession::answers_questions() const {
  return any_connection() ||
         (rest_wanted_ && link_.rest.answers_us.load(std::memory_order_acquire));
}

// REST does for user data: quotes may go that way.
bool OrderSession::trades_by_rest() const {
  return options_.rest_fallback == RestFallback::kTrade && rest_wanted_ && found_told_ &&
         link_.rest.looking.load(std::memory_order_acquire);
}

bool OrderSession::send(OrderConnection& connection, const Command& command, Purpose purpose,
                        Nanos now, const Event& then) {
  if (in_flight_.room() == 0) return false;
  const std::span<char> room = connection.socket->prepare(RequestEncoder::kBytesMax);
  if (room.empty()) return false;
  PendingRequest& row = in_flight_.add();
  const std::uint64_t time = clock_.timestamp_ms(now);
  std::size_t bytes = 0;
  if (purpose == Purpose::kTime) {
    bytes = RequestEncoder::encode_time(row.id, room);
  } else if (purpose == Purpose::kTrades) {
    bytes = encoder_.encode_trades(command.instrument, command.venue_id, row.id, time, room);
  } else {
    bytes = encoder_.encode(command, row.id, time, room);
  }
  if (bytes == 0) {
    in_flight_.remove(row);
    return false;
  }
  row.command = command;
  row.connection = connection.serial;
  row.sent = now;
  row.purpose = purpose;
  row.then = then;
  count_out(row, now);
  // If this fails it may have been sent in part: the next poll finds the connection broken, and
  // the request unanswered.
  connection.socket->commit(bytes);
  return true;
}

void OrderSession::count_out(const PendingRequest& request, Nanos now) {
  ++counters_.requests;
  limits_.on_sent(now);
  if (request.purpose != Purpose::kCommand) return;
  events_.on_sent(request.command);
  if (is_order(request.command.kind)) ++unanswered_orders_;
}

// Those that do not go are given up, which may add others, due later.
void OrderSession::send_follow_ups(Nanos now) {
  std::vector<OrderEvents::FollowUp>& all = events_.follow_ups();
  for (std::size_t left = all.size(), i = 0; left > 0; --left) {
    if (all[i].due > now) {
      ++i;
      continue;
    }
    const OrderEvents::FollowUp f = all[i];
    all.erase(all.begin() + static_cast<std::ptrdiff_t>(i));
    if (!send_follow_up(f, now)) events_.give_up(f.command, f.then);
  }
}

bool OrderSession::send_follow_up(const OrderEvents::FollowUp& f, Nanos now) {
  if (limits_.refused_until(f.command.kind, 0, now) != kNever) return false;
  OrderConnection* const to = connection_for(f.command);
  return to != nullptr ? send(*to, f.command, f.purpose, now, f.then)
                       : submit_by_rest(f.command, f.purpose, now, f.then);
}

// --- in -------------------------------------------------------------------------------------

bool OrderSession::next(Nanos now, Event& event) {
  while (!out_.try_pop(event)) {
    events_.set_now(now);
    if (!work(now)) return false;
  }
  return true;
}

// One message of each connection at most; there is room for what they say. True while it is worth
// looking again.
bool OrderSession::work(Nanos now) {
  if (!state_told_) tell_state();  // down, whatever has come up meanwhile
  if (distrusted_) end_all();
  bool busy = take_connections(now);
  use_rest(now);
  tell_state();  // that questions are answered, before what was found
  for (std::size_t i = 0; i < lane_count_; ++i) {
    Lane& lane = lanes_[i];
    if (lane.retiring != nullptr) busy = poll(lane, *lane.retiring, now) || busy;
    if (lane.current == nullptr) continue;
    busy = (tell_findings(*lane.current) || poll(lane, *lane.current, now)) || busy;
  }
  std::uint32_t call = 0;
  while (out_.free_slots() > OrderEvents::kRoom && link_.rest.answers.try_pop(call)) {
    on_call(link_.rest.calls[call], now);
    calls_free_.push_back(call);
    busy = true;
  }
  busy = take_findings() || busy;
  if (const ClientOrderId rival = events_.take_rival(); rival.v != 0) {
    link_.rival.store(rival.v, std::memory_order_release);
  }
  send_follow_ups(now);
  keep_time(now);
  sweep(now);
  expire(now);
  tell_usage(now);
  tell_state();
  return busy || !out_.empty();
}

void OrderSession::end_all() {
  distrusted_ = false;
  link_.era.fetch_add(1, std::memory_order_acq_rel);  // what is being found out now is old too
  for (Lane& lane : lanes_) {
    if (lane.current != nullptr) end(lane, lane.current, EndReason::kDistrusted);
    if (lane.retiring != nullptr) end(lane, lane.retiring, EndReason::kDistrusted);
  }
  // By REST a new look is needed too: one that waits here may be old.
  if (found_ == nullptr) found_ = link_.rest.findings.take();
  if (found_ != nullptr) found_->settled = true;
  found_told_ = false;
}

bool OrderSession::is_of_this_era(const OrderConnection& found) const {
  return found.era == link_.era.load(std::memory_order_acquire);
}

bool OrderSession::take_connections(Nanos now) {
  bool taken = false;
  for (std::size_t i = 0; i < lane_count_; ++i) {
    Lane& lane = lanes_[i];
    net::Handover<OrderConnection>& handover = link_.lanes[i].handover;
    if (!return_waiting(lane, handover)) continue;
    OrderConnection* const connection = handover.take();
    if (connection == nullptr) continue;
    take(lane, *connection, now);
    if (connection->reconciled && !is_of_this_era(*connection)) {
      end(lane, lane.current, EndReason::kDistrusted);
    }
    taken = true;
  }
  return taken;
}

void OrderSession::take(Lane& lane, OrderConnection& connection, Nanos now) {
  if (lane.retiring != nullptr) end(lane, lane.retiring, EndReason::kReplaced);
  if (lane.current != nullptr) {
    lane.retiring = lane.current;
    lane.retired = now;
    ++counters_.renewals;
  }
  lane.current = &connection;
  connection.bytes_seen = connection.socket->counters().bytes_in;
  connection.heard = now;
  if (connection.clock.known()) clock_ = connection.clock;
  time_due_ = now + options_.clock_interval;
  limits_.announce(connection.limits);
  limits_.update(connection.used.all(), clock_, connection.used_at);
  begin_with(connection);
  if (connection.reconciled) sweeps_.reconciled(now);
  SessionLink::Lane& shared = link_.lanes[connection.lane];
  shared.wanted.store(false, std::memory_order_release);
  shared.taken.fetch_add(1, std::memory_order_acq_rel);
  shared.up.store(true, std::memory_order_relaxed);
  if (connection.reconciled) link_.reconciling.store(false, std::memory_order_release);
}

// What was traded before is in the first balances.
void OrderSession::begin_with(const OrderConnection& connection) {
  for (std::size_t i = 0; i < connection.last_trade_ids.size() && !reconciled_; ++i) {
    events_.begin_after(static_cast<InstrumentId>(i), connection.last_trade_ids[i]);
  }
}

// What the connector found, piece by piece; false when all is told.
bool OrderSession::tell_findings(OrderConnection& c) {
  if (c.settled) return false;
  std::size_t at = c.told++;
  if (at == c.findings.size() + c.open_orders.size() + c.backlog.size()) settle(c);
  if (c.settled) return false;
  // Balances and fills, and then the state of the orders they belong to.
  if (at < c.findings.size()) {
    events_.on_found(c.findings[at], c.balance_time_ms);
    return true;
  }
  at -= c.findings.size();
  if (at >= c.open_orders.size()) {
    on_user_data(c, c.backlog[at - c.open_orders.size()]);
    return true;
  }
  tell_open_orders(c, static_cast<InstrumentId>(at));
  return true;
}

void OrderSession::tell_open_orders(const OrderConnection& c, InstrumentId instrument) {
  // It has been understood already, where it was asked.
  const std::string& text = c.open_orders[instrument];
  c.socket != nullptr ? answers_.parse(text) : answers_.parse_body(text, 200);
  const std::span<const OrderRecord> orders = answers_.response().orders;
  for (const AdoptableOrder& order : c.adoptable) {
    if (order.instrument != instrument) continue;
    const ClientIdText id = client_id_text(order.id);
    const auto listed =
        std::ranges::find(orders, std::string_view(id.data(), id.size()), &OrderRecord::client_id);
    if (listed != orders.end()) events_.adopt(order, *listed);
  }
  // A new connection has put every order in doubt; without one a look may find that one has ended.
  if (c.socket == nullptr) return events_.on_list(instrument, orders, c.asked);
  for (const OrderRecord& order : orders) events_.on_open_order(instrument, order, c.asked);
}

// Only now is known what the next reconciliation need not look for again.
void OrderSession::settle(OrderConnection& c) {
  c.settled = true;
  reconciled_ |= c.reconciled;
  if (reconciled_) link_.begun.store(true, std::memory_order_release);
  for (std::size_t i = 0; i < c.last_trade_ids.size(); ++i) {
    events_.raise_last_trade(static_cast<InstrumentId>(i), c.last_trade_ids[i]);
  }
}

bool OrderSession::poll(Lane& lane, OrderConnection& connection, Nanos now) {
  OrderConnection*& slot = &connection == lane.current ? lane.current : lane.retiring;
  if (connection.end != EndReason::kNone) {
    end(lane, slot, connection.end);
    return true;
  }
  if (slot == lane.retiring && now - lane.retired > kRetireMin) {
    bool waiting = false;
    in_flight_.for_each(
        [&](PendingRequest& row) { waiting = waiting || row.connection == connection.serial; });
    if (!waiting || now - lane.retired > kRetireMax) {
      connection.socket->close();
      end(lane, slot, EndReason::kReplaced);
      return true;
    }
  }
  const net::WsMessage message = connection.socket->poll();
  switch (message.event) {
    case net::WsEvent::kNone:
      if (look_after(connection, now)) return false;
      connection.end = EndReason::kSilent;
      break;
    case net::WsEvent::kText:
      on_text(connection, message.payload, now);
      break;
    case net::WsEvent::kClosed:
    case net::WsEvent::kFailed:
      connection.end = slot == lane.retiring ? EndReason::kReplaced : EndReason::kSocket;
      break;
    default:
      break;
  }
  if (connection.end != EndReason::kNone) end(lane, slot, connection.end);
  return true;
}

// False if it is dead. After half the patience it is asked for a life sign, and has the other half
// to give one: a silence that is ours, as we stood still, ends nothing.
bool OrderSession::look_after(OrderConnection& connection, Nanos now) const {
  const std::uint64_t bytes = connection.socket->counters().bytes_in;
  if (bytes != connection.bytes_seen) {
    connection.bytes_seen = bytes;
    connection.heard = now;
    connection.pinged = Nanos{};
  }
  if (now - std::max(connection.heard, connection.pinged) < options_.silence / 2) return true;
  if (connection.pinged != Nanos{}) return false;
  connection.socket->send_ping();  // without room for it: what waits there is a question too
  connection.pinged = now;
  return true;
}

void OrderSession::on_text(OrderConnection& connection, std::string_view text, Nanos now) {
  if (text.starts_with("{\"subscriptionId\"") || text.starts_with("{\"event\"")) {
    return on_user_data(connection, text);
  }
  if (const char* const why = answers_.parse(text); *why != '\0') {
    return on_bad_message(lane_number(connection), why, text);
  }
  if (answers_.response().is_event) return on_user_data(connection, text);
  on_response(connection, answers_.response(), text, now);
}

void OrderSession::on_user_data(OrderConnection& connection, std::string_view text) {
  if (const char* const why = user_data_.parse(text); *why != '\0') {
    on_bad_message(lane_number(connection), why, text);
    // It may have been a fill: what the stream says next does not tell. Reconcile.
    if (connection.reconciled) connection.end = EndReason::kNotUnderstood;
    return;
  }
  ++counters_.user_events;
  const UserEvent& event = user_data_.event();
  switch (event.kind) {
    case UserEventKind::kExecutionReport:
      return events_.on_report(event.report);
    case UserEventKind::kAccountPosition:
      return events_.on_balances(event.balances, event.balance_time_ms);
    case UserEventKind::kServerShutdown:  // a new one first, then this goes
      if (lanes_[connection.lane].current == &connection) {
        link_.lanes[connection.lane].wanted.store(true, std::memory_order_release);
      }
      return;
    case UserEventKind::kStreamTerminated:
      connection.end = EndReason::kTerminated;
      return;
    case UserEventKind::kBalanceUpdate:
    case UserEventKind::kIgnored:
      return;
  }
}

void OrderSession::on_bad_message(std::uint8_t lane, const char* why, std::string_view text) {
  ++counters_.bad_messages;
  note({.kind = NoteKind::kNotUnderstood, .lane = lane, .why = why}, text);
}

// A full ring loses it: there is enough to say.
void OrderSession::note(SessionNote note, std::string_view words) {
  note.say(words);
  link_.notes.try_push(note);
}

// The core is told a reason of ours; where there is none the venue's words say more, and where it
// wants silence they say for how long. Without a code they are how its answer begins.
void OrderSession::note_failure(const PendingRequest& request, const Response& r,
                                std::string_view text) {
  if (r.status == 200 && !r.has_error) return;
  const Failure failure = failure_of(r);
  const Verdict& verdict = failure.verdict;
  const bool says_more = verdict.reason == RejectReason::kOther ||
                         verdict.reason == RejectReason::kFilter ||
                         verdict.reason == RejectReason::kRateLimit;
  if (!says_more) return;
  const bool clock = failure.error.code == kClockError;
  note({.kind = clock           ? NoteKind::kClockRefused
                : verdict.known ? NoteKind::kRefused
                                : NoteKind::kUncertain,
        .command = request.command.kind,
        .instrument = request.command.instrument,
        .status = r.status,
        .code = failure.error.code},
       failure.error.code != 0 ? failure.error.message : text);
}

void OrderSession::on_response(OrderConnection& connection, const Response& r,
                               std::string_view text, Nanos now) {
  ++counters_.answers;
  limits_.update(r, clock_, now);
  if (r.error.code == kClockError) {
    ++counters_.clock_errors;
    clock_.reset();
    time_due_ = now;
  }
  if (!r.has_id) return on_session_error(connection, r);
  PendingRequest* const row = in_flight_.find(r.id);
  if (row == nullptr) {
    ++counters_.stray_answers;
    return note({.kind = NoteKind::kStrayAnswer,
                 .lane = lane_number(connection),
                 .status = r.status,
                 .code = r.error.code},
                r.error.message);
  }
  const PendingRequest request = *row;
  in_flight_.remove(*row);
  if (request.purpose == Purpose::kTime) {
    clock_.observe(request.sent, now, r.server_time_ms);
    return;
  }
  on_answer(request, r, text, now);
}

void OrderSession::on_answer(const PendingRequest& request, const Response& r,
                             std::string_view text, Nanos now) {
  if (request.purpose == Purpose::kCommand) sent_to_answer_.record(now - request.sent);
  if (request.purpose == Purpose::kSweep && r.status == 200) {
    sweeps_.listed(request.command.instrument, request.sent);
  }
  if (request.purpose == Purpose::kCommand && is_order(request.command.kind)) {
    --unanswered_orders_;
  }
  note_failure(request, r, text);
  if (r.has_error && is_about_symbol(failure_of(r).verdict.reason)) {
    link_.symbols_wanted.store(true, std::memory_order_release);
  }
  const bool limited = r.status == 429 || r.status == 418;
  if (limited) usage_due_ = now;
  events_.on_answer(request, r, limited ? limits_.retry_at(now) : Nanos(0));
}

// About no request of ours: a key revoked (401) ends the session, the rest is counted.
void OrderSession::on_session_error(OrderConnection& connection, const Response& r) {
  ++counters_.session_errors;
  note({.kind = NoteKind::kSessionError,
        .lane = lane_number(connection),
        .status = r.status,
        .code = r.error.code},
       r.error.message);
  if (r.status != 401 && !refuses_key(r.error.code)) return;
  connection.end = EndReason::kKeyRefused;
}

// The connection is no more: nobody will answer what it carried.
void OrderSession::end(Lane& lane, OrderConnection*& slot, EndReason why) {
  OrderConnection* const connection = slot;
  connection->end = why;
  in_flight_.for_each([&](PendingRequest& row) {
    if (row.connection != connection->serial) return;
    if (row.purpose == Purpose::kCommand && is_order(row.command.kind)) --unanswered_orders_;
    events_.on_lost(row);
    ++counters_.lost;
    in_flight_.remove(row);
  });
  if (slot == lane.current) {
    ++counters_.connections_lost;
    link_.lanes[connection->lane].wanted.store(true, std::memory_order_release);
    link_.lanes[connection->lane].up.store(false, std::memory_order_relaxed);
  }
  slot = nullptr;
  // REST need not wait once more for what was not there already.
  if (why == EndReason::kSilent && is_alone()) alone_since_ = connection->heard;
  give_back(lane, connection);
}

void OrderSession::give_back(Lane& lane, OrderConnection* connection) {
  if (link_.lanes[connection->lane].handover.give_back(connection)) return;
  const auto free = std::ranges::find(lane.returning, nullptr);
  MM_ASSERT(free != lane.returning.end(), "no new one is taken before the last ones have gone");
  *free = connection;
}

// False while some have not gone.
bool OrderSession::return_waiting(Lane& lane, net::Handover<OrderConnection>& handover) {
  for (OrderConnection*& connection : lane.returning) {
    if (connection == nullptr) continue;
    if (!handover.give_back(connection)) return false;
    connection = nullptr;
  }
  return true;
}

// --- by REST --------------------------------------------------------------------------------

bool OrderSession::is_alone() const {
  return std::ranges::all_of(
      lanes_, [](const Lane& lane) { return lane.current == nullptr && lane.retiring == nullptr; });
}

// Wanted when nothing has been up for long enough.
void OrderSession::use_rest(Nanos now) {
  const bool alone = is_alone();
  if (!alone) {
    alone_since_ = Nanos{};
  } else if (alone_since_ == Nanos{}) {
    alone_since_ = now;
  }
  const bool wanted = alone && options_.rest_fallback != RestFallback::kOff &&
                      now - alone_since_ >= options_.rest_fallback_after;
  if (wanted == rest_wanted_) return;
  rest_wanted_ = wanted;
  found_told_ = false;
  link_.rest.wanted.store(wanted, std::memory_order_release);
}

bool OrderSession::submit_by_rest(const Command& command, Purpose purpose, Nanos now,
                                  const Event& then) {
  if (!answers_questions() || calls_free_.empty()) return false;
  const std::uint32_t number = calls_free_.back();
  RestCall& call = link_.rest.calls[number];
  call.request = {};
  call.era = link_.era.load(std::memory_order_acquire);
  call.request.id = number + 1;  // in use
  call.request.command = command;
  call.request.sent = now;
  call.request.purpose = purpose;
  call.request.then = then;
  if (!link_.rest.requests.try_push(number)) return false;  // cannot be
  calls_free_.pop_back();
  count_out(call.request, now);
  ++counters_.by_rest;
  return true;
}

// The order has a request under way there; its answer comes first.
bool OrderSession::is_out_by_rest(const Command& command) const {
  if (calls_free_.size() == RestLink::kCallsMax) return false;
  const auto concerns = [&](const RestCall& call) {
    const Command& c = call.request.command;
    return call.request.id != 0 && c.id.v != 0 && (c.id == command.id || c.new_id == command.id);
  };
  return std::ranges::any_of(link_.rest.calls, concerns);
}

void OrderSession::on_call(RestCall& call, Nanos now) {
  const PendingRequest& request = call.request;
  call.request.id = 0;
  if (call.outcome == RestCall::Outcome::kAnswered) {
    const char* const why = answers_.parse_body(call.body, call.status);
    if (*why == '\0' || call.status != 200) {
      ++counters_.answers;
      limits_.update(answers_.response(), clock_, now, call.retry_at);
      limits_.update(call.used.all(), clock_, now);
      return on_answer(request, answers_.response(), call.body, now);
    }
    on_bad_message(SessionNote::kByRest, why, call.body);
  }
  if (request.purpose != Purpose::kCommand) return events_.on_lost(request);
  if (is_order(request.command.kind)) --unanswered_orders_;
  if (call.outcome == RestCall::Outcome::kNotSent) {
    return events_.deny(request.command, call.reason, call.retry_at);
  }
  ++counters_.lost;
  events_.on_lost(request);
}

// A look at the account, told as that of a new connection is.
bool OrderSession::take_findings() {
  if (found_ == nullptr) {
    found_ = link_.rest.findings.take();
    if (found_ == nullptr) return false;
    if (rest_wanted_ && is_of_this_era(*found_)) {
      begin_with(*found_);
      limits_.update(found_->used.all(), clock_, found_->used_at);
    } else {  // a WebSocket has told, or will tell, the same; or it was asked before a standstill
      found_->settled = true;
    }
  }
  if (!found_->settled) {
    if (out_.free_slots() > OrderEvents::kRoom) tell_findings(*found_);
    if (!found_->settled) return true;
    found_told_ = rest_wanted_;
  }
  if (link_.rest.findings.give_back(found_)) found_ = nullptr;
  return found_ == nullptr;
}

// --- time -----------------------------------------------------------------------------------

void OrderSession::keep_time(Nanos now) {
  if (now < time_due_) return;
  time_due_ = now + options_.clock_interval;
  Command any;
  OrderConnection* const to = connection_for(any);
  if (to != nullptr && limits_.refused_until(CommandKind::kQueryOrder, 0, now) == kNever) {
    send(*to, any, Purpose::kTime, now);
  }
}

void OrderSession::sweep(Nanos now) {
  if (state_ != SessionState::kUp) return;
  const std::optional<InstrumentId> symbol = sweeps_.due(now);
  if (!symbol) return;
  Command look;
  look.kind = CommandKind::kQueryOpenOrders;
  look.instrument = *symbol;
  OrderConnection* const to = connection_for(look);
  if (to == nullptr || limits_.refused_until(look.kind, 0, now) != kNever) return;
  if (!send(*to, look, Purpose::kSweep, now)) return;
  ++counters_.sweeps;
  sweeps_.sent(*symbol, now);
}

void OrderSession::expire(Nanos now) {
  if (now < expire_due_) return;
  expire_due_ = now + kExpireInterval;
  in_flight_.for_each([&](PendingRequest& row) {
    if (now - row.sent < options_.answer_timeout) return;
    if (row.purpose == Purpose::kCommand && is_order(row.command.kind)) --unanswered_orders_;
    events_.on_lost(row);
    ++counters_.lost;
    in_flight_.remove(row);
  });
  for (std::size_t i = 0; i < lane_count_; ++i) {
    const OrderConnection* const c = lanes_[i].current;
    if (c != nullptr && now - c->opened > options_.renew_after) {
      link_.lanes[i].wanted.store(true, std::memory_order_release);
    }
  }
}

// When it has changed, at most every 100 ms; at once after a refusal.
void OrderSession::tell_usage(Nanos now) {
  if (now < usage_due_) return;
  const RateUsage usage = limits_.usage(now);
  if (usage == usage_told_) return;
  usage_told_ = usage;
  usage_due_ = now + kUsageInterval;
  Event event;
  event.kind = EventKind::kRateUsage;
  event.rate = usage;
  events_.emit(event);
}

// Up, while the user data come and all before them is told; reconciling, while that is not so but
// questions are answered.
void OrderSession::tell_state() {
  const Lane& lane = lanes_[0];
  SessionState state = SessionState::kDown;
  if (!state_told_) {
    // as it is at first
  } else if (lane.current != nullptr && lane.current->settled) {
    state = SessionState::kUp;
  } else if (lane.retiring != nullptr && state_ == SessionState::kUp) {
    state = SessionState::kUp;  // made before broken
  } else if (trades_by_rest()) {
    state = SessionState::kUp;
  } else if (lane.current != nullptr || answers_questions()) {
    state = SessionState::kReconciling;
  }
  const std::uint32_t news = link_.halted_news.load(std::memory_order_acquire);
  const bool same = state == state_ && state_told_;
  if (same && news == halted_news_) return;
  state_ = state;
  state_told_ = true;
  halted_news_ = news;
  for (std::size_t i = 0; i < instruments_.size(); ++i) {
    const bool halted = link_.halted[i].load(std::memory_order_acquire);
    if (same && halted == halted_told_[i]) continue;
    halted_told_[i] = halted;
    Event event;
    event.kind = EventKind::kSessionStatus;
    event.instrument = static_cast<InstrumentId>(i);
    event.session = {};
    event.session.state = state;
    event.session.symbol_trading = halted ? 0 : 1;
    events_.emit(event);
  }
}

}  // namespace mm::binance::orders
