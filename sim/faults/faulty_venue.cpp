// FaultyVenue's time: what comes next, and what happens when a window opens or closes.
#include "sim/faults/faulty_venue.h"

#include <algorithm>

#include "engine/core/assert.h"
#include "sim/make_event.h"

namespace mm::sim {
namespace {

constexpr std::uint32_t kHeldMax = 1u << 14, kRequestsMax = 1u << 12;
constexpr std::size_t kInFlightMax = 1u << 12, kMissedFillsMax = 1u << 14, kMessageMax = 2048;
// What faults may not use of the held events: room for what must not be lost.
constexpr std::size_t kHeldReserve = kHeldMax / 2;
constexpr std::uint8_t kRank = 0;
constexpr std::int64_t kCoarser = 10;

}  // namespace

FaultyVenue::FaultyVenue(SimVenue& venue, std::span<const Instrument> instruments,
                         const FaultPlan& plan, std::uint64_t seed)
    : venue_(venue),
      instruments_(instruments.begin(), instruments.end()),
      windows_(plan, seed),
      held_(kHeldMax),
      requests_(kRequestsMax),
      streams_(instruments.size()),
      positions_before_(instruments.size()),
      lied_lots_(instruments.size()) {
  in_flight_.reserve(kInFlightMax);
  missed_fills_.reserve(kMissedFillsMax);
  lies_.reserve(kInFlightMax);
  shown_.reserve(kInFlightMax);
  for (Stream& s : streams_) s.copy.reserve(kMessageMax);
}

void FaultyVenue::go_on() {
  goes_on_ = true;
  for (InstrumentId i = 0; i < streams_.size(); ++i) positions_before_[i] = venue_.position(i);
}

void FaultyVenue::start(Nanos now) {
  now_ = now;
  windows_.start(now);
  if (!goes_on_) return venue_.start(now);
  venue_.change_client();
  Event feed = make_event(EventKind::kFeedStatus, 0);
  feed.feed.up = 1;
  hold(feed, now_);
  lose_chain(kEveryInstrument);
  session_ = SessionState::kReconciling;
  tell_session(kEveryInstrument);
  tell_balances();
  adopt_open_orders();
  session_ = SessionState::kUp;
  tell_session(kEveryInstrument);
}

void FaultyVenue::hold(const Event& event, Nanos at) {
  MM_ASSERT(held_.room() > 0, "faults leave room for what must not be lost");
  held_.push(at, kRank, event);
}

void FaultyVenue::hold_if_room(const Event& event, Nanos at) {
  if (held_.room() > kHeldReserve) {
    held_.push(at, kRank, event);
  } else {
    ++skipped_;
  }
}

bool FaultyVenue::calm() const {
  return !windows_.any_active() &&
         std::min({reconciled_at_, grid_known_at_, sweep_at_}) == kNever && held_.empty() &&
         requests_.empty() && lies_.empty();
}

bool FaultyVenue::over() const {
  return next_boundary() == kNever && held_.empty() && requests_.empty() && lies_.empty();
}

Nanos FaultyVenue::next_boundary() const {
  return std::min(
      {windows_.next_time(), reconciled_at_, grid_known_at_, lies_shown_at_, sweep_at_});
}

Nanos FaultyVenue::next_time() const {
  const Nanos own = std::min(next_boundary(), requests_.next_time());
  if (active(FaultKind::kConsumerStall)) return own;
  return std::min({own, held_.next_time(), venue_.next_time()});
}

bool FaultyVenue::next(Nanos now, Event& out) {
  for (;;) {
    const Nanos boundary = next_boundary(), request = requests_.next_time();
    const bool stalled = active(FaultKind::kConsumerStall);
    if (!stalled && next_event(std::min({now, boundary, request}), out)) return true;
    if (std::min(boundary, request) > now) return false;
    if (request <= boundary) {
      release_request();
    } else {
      cross_boundary();
    }
  }
}

// The next event due by `limit` that passes; the venue runs as far as that.
bool FaultyVenue::next_event(Nanos limit, Event& out) {
  for (;;) {
    const Nanos held = held_.next_time();
    bool passes = false;
    if (held <= limit && held <= venue_.next_time()) {
      now_ = held;
      out = held_.top();
      held_.pop();
      out.received = held;
      passes = pass_held(out);
    } else if (venue_.next(std::min(limit, held), out)) {
      now_ = out.received;
      passes = is_market(out.kind) ? pass_market(out) : pass_execution(out);
    } else if (held_.next_time() > limit) {
      return false;
    }
    if (!passes) continue;
    pass_out(out);
    out.received += shift_;
    return true;
  }
}

void FaultyVenue::release_request() {
  now_ = requests_.next_time();
  const Command command = requests_.top();
  requests_.pop();
  if (now_ - command.time > kRecvWindow) {
    refuse(command, RejectReason::kOther, Nanos(0));
  } else {
    venue_.submit(command, now_);
  }
}

void FaultyVenue::cross_boundary() {
  now_ = next_boundary();
  if (reconciled_at_ == now_) return session_up();
  if (grid_known_at_ == now_) return grid_known();
  if (lies_shown_at_ == now_) return show_lies();
  if (sweep_at_ == now_) return sweep();
  const auto edge = windows_.cross(now_);
  if (!edge) return;
  if (edge->begins) {
    begin(edge->fault);
  } else {
    end(edge->fault);
  }
}

void FaultyVenue::begin(const Fault& fault) {
  switch (fault.kind) {
    case FaultKind::kSessionDown:
      session_down();
      break;
    case FaultKind::kSymbolHalted:
      for (InstrumentId i = 0; i < streams_.size(); ++i) {
        if (find(fault.kind, i) == nullptr) continue;
        streams_[i].halted = true;
        tell_session(i);
      }
      break;
    case FaultKind::kTickChanged:
    case FaultKind::kLotChanged:
      change_grid(fault);
      break;
    case FaultKind::kFeedDown: {
      Event feed = make_event(EventKind::kFeedStatus, 0);
      feed.feed.up = 0;
      hold(feed, now_);
      break;
    }
    case FaultKind::kSnapshotTwice:
      for (InstrumentId i = 0; i < streams_.size(); ++i) {
        if (find(fault.kind, i) != nullptr) streams_[i].snapshots_too_old = 1;
      }
      lose_chain(fault.instrument);
      break;
    case FaultKind::kClockAhead:
      shift_ = fault.delay_max;
      break;
    case FaultKind::kClockBehind:
      shift_ = -fault.delay_max;
      break;
    case FaultKind::kBanned:
      ban_known_at_ = kNever;
      return;
    case FaultKind::kHalfOpen:
      if (session_ == SessionState::kDown) return;
      half_open_ = true;
      break;
    case FaultKind::kStreamSilent:
      sweep_at_ = now_;
      break;
    case FaultKind::kMarketSilent:
    case FaultKind::kDepthFrozen:
    case FaultKind::kConsumerStall:
    case FaultKind::kServerShutdown:
      break;
    default:
      return;  // counted where it strikes
  }
  count(fault.kind);
}

void FaultyVenue::change_grid(const Fault& fault) {
  const bool tick = fault.kind == FaultKind::kTickChanged;
  for (InstrumentId i = 0; i < streams_.size(); ++i) {
    if (find(fault.kind, i) == nullptr) continue;
    venue_.set_grid(i, Ticks(tick ? kCoarser : 1), Lots(tick ? 1 : kCoarser));
    streams_[i].grid_known_at = now_ + fault.delay_max;
    grid_known_at_ = std::min(grid_known_at_, streams_[i].grid_known_at);
  }
}

// As a live session does once exchangeInfo has been asked for again.
void FaultyVenue::grid_known() {
  grid_known_at_ = kNever;
  for (InstrumentId i = 0; i < streams_.size(); ++i) {
    Stream& stream = streams_[i];
    if (stream.grid_known_at <= now_) {
      stream.grid_known_at = kNever;
      stream.new_grid = true;
      tell_session(i);
    }
    grid_known_at_ = std::min(grid_known_at_, stream.grid_known_at);
  }
}

void FaultyVenue::end(const Fault& fault) {
  switch (fault.kind) {
    case FaultKind::kSessionDown:
      return session_reconciles();
    case FaultKind::kStreamSilent:
      silent_until_ = now_;
      sweep_at_ = now_;
      if (!half_open_) tell_balances();
      return;
    // A gateway that hears nothing for so long ends the connection, and the next one lives.
    case FaultKind::kHalfOpen:
      if (!half_open_) return;
      session_down();
      return session_reconciles();
    case FaultKind::kServerShutdown:
      renew_session();
      return lose_chain(kEveryInstrument);
    case FaultKind::kSymbolHalted:
      for (InstrumentId i = 0; i < streams_.size(); ++i) {
        if (!streams_[i].halted) continue;
        streams_[i].halted = false;
        tell_session(i);
      }
      return;
    case FaultKind::kFeedDown: {
      Event feed = make_event(EventKind::kFeedStatus, 0);
      feed.feed.up = 1;
      hold(feed, now_);
      return lose_chain(kEveryInstrument);
    }
    case FaultKind::kMarketSilent:
    case FaultKind::kDepthFrozen:
      return lose_chain(fault.instrument);
    case FaultKind::kClockAhead:
    case FaultKind::kClockBehind:
      shift_ = Nanos(0);
      return;
    case FaultKind::kBalanceMoved:
      return tell_balances();
    default:
      return;
  }
}

}  // namespace mm::sim
