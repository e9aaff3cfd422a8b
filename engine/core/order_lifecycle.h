// The life of our orders: requests, their answers, time-outs, fills and questions to the venue.
//
// The only writer of order state; on the core's thread, O(1) per event, allocates in the
// constructor only. It decides no quotes: the core requests, execution events are applied, and
// `on_time` (call it at every BatchEnd and timer; `OrderTable::next_deadline` says when) sends what
// became due: wanted cancels, questions about Unknown orders, releases of old rows.
//
// What it relies on: all requests of one order travel one connection in order; the gateway matches
// answers to requests, so an answer may be late or lost, but only user-stream reports repeat.
// An order ends only on a definitive answer. Doubt makes it Unknown: counted with the larger of
// all sizes it may have, never re-sent, asked for with growing pauses until settled:
// - After an unanswered replace the new id is asked for first. Found: the row goes on under it.
//   Not found: the old id is asked for.
// - kOutcomeUnknown with command kNone doubts the order whatever was in flight.
// - An amend counts once, when the venue first tells of it: that may be after the order's end.
// - After an unanswered modify the size stays doubtful even if the order is found open: it keeps
//   both sizes and is cancelled, so a late answer can never be taken for that of a newer request.
// - "Not found" counts only if asked later than not_found_margin after the request and after the
//   last news of the order: the venue refuses a request older than its recvWindow, and its answers
//   lag behind its matching engine.
// - An order that has executed more than we have seen stays Unknown, exposed by what is missing,
//   until the fills come. After missing_fill_answers_max answers without them the position is known
//   to be wrong: no fill is invented, the instrument is held in reconciling until a resume.
// - A fill older than the memory of trade ids counts if nothing of its order has been counted. Else
//   the order, if it may live, is in doubt until the venue says what it has executed; if it has
//   left, and not with all its executions counted, the instrument is held until a resume.
// - A session that leaves kUp puts every live order in doubt: reports may have been lost.
// - An acknowledged order in doubt with nothing in flight that must go is cancelled, not asked for.
// - Questions share a budget of tokens: they must not use up the weight that requests need.
// - A report that an order of ours lives which has no row makes it a stray (stray_orders.h), but
//   for kAdopted: an order of an earlier start goes on under its own id, once, if there is room.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/core/circuit_breaker.h"
#include "engine/core/command.h"
#include "engine/core/event.h"
#include "engine/core/order_table.h"
#include "engine/core/rate_budget.h"
#include "engine/core/request_cost.h"
#include "engine/core/stray_orders.h"
#include "engine/core/trade_id_window.h"

namespace mm {

// How long after a request left the core "not found" proves nothing: it may wait for the gateway,
// carry a time up to a second ahead of the venue's and be as old as recvWindow; two seconds more
// are for clocks, queues and answers that lag.
constexpr Nanos not_found_margin(Nanos recv_window, Nanos command_age_max) {
  return recv_window + command_age_max + kSecond * 3;
}

struct LifecycleConfig {
  Nanos modification_timeout{2 * kSecond.v};
  Nanos retry_backoff_base{100 * kMillisecond.v};  // doubles with each failure
  Nanos retry_backoff_max{5 * kSecond.v};
  Nanos question_pause_min{kSecond};  // doubles with each question about one order
  Nanos question_pause_max{30 * kSecond.v};
  int questions_per_second = 20 / kQueryCost.weight;  // until the venue has told its limits
  Nanos not_found_margin{mm::not_found_margin(Nanos(5 * kSecond.v), Nanos(kSecond.v / 2))};
  Nanos terminal_retention{7200 * kSecond.v};  // cleanup_interval
  CircuitBreakerConfig breaker{};
  int retries_max = 3;  // failed amends in a row, then the order is cancelled
  int missing_fill_answers_max = 12;
  std::uint8_t connections = 1;  // modify_worker_count; an order keeps to one
  std::size_t trade_ids = 4096;  // remembered per instrument
  std::size_t strays_max = 64;
};

// What one event did to one order.
struct OrderChange {
  Order* order{};  // nullptr: no row has this id any more
  OrderState before{OrderState::kFree}, after{OrderState::kFree};
  RejectReason reason{RejectReason::kNone};
  bool rejected{};      // a request of this order was refused, by the venue or by us
  bool fill_counted{};  // kFilled seen for the first time: the position moves, also without a row
  bool fill_too_old{};  // kFilled older than the memory of trade ids
  ClientOrderId ended_id{};  // the id that is over for good, 0 without one (kReplaced: the old)
};

struct LifecycleCounters {
  std::uint64_t timeouts{};
  std::uint64_t questions{};
  std::uint64_t amends{}, failed_amends{};  // confirmed; refused by the venue
  std::uint64_t duplicate_fills{}, too_old_fills{}, rowless_fills{};
  std::uint64_t overfills{};          // more executed than ordered
  std::uint64_t missing_fills{};      // orders whose reported fills never came
  std::uint64_t unexplained_fills{};  // too old, of orders that tell nothing any more
  std::uint64_t strays{};             // orders of ours found alive without a row
  std::uint64_t adopted{};            // of earlier starts
  std::uint64_t unmatched{};          // reports that fit no row or no request
  std::uint64_t breaker_trips{};
};

struct PlaceRequest {
  InstrumentId instrument{};
  Side side{Side::kBuy};
  Ticks price{};
  Lots lots{};
  DecisionReason why{DecisionReason::kNone};
  std::int8_t level{-1};
};

class OrderLifecycle {
 public:
  OrderLifecycle(OrderTable& table, const LifecycleConfig& config);

  // `received` of the event being handled, copied into every command until the next call.
  void set_cause(Nanos received) { cause_ = received; }

  // For requests and rows from here on.
  void set_times(Nanos modification_timeout, Nanos terminal_retention) {
    config_.modification_timeout = modification_timeout;
    config_.terminal_retention = terminal_retention;
  }

  // Requests. Each sends one command and marks the order in flight; where it cannot be sent now
  // (no room, something in flight, back-off) nothing changes and the answer is nullptr or false.
  Order* place(const PlaceRequest& request, Nanos now, CommandBuffer& out);
  // Whether an amend would be sent: resting, nothing in flight, no cancel wanted, no back-off.
  bool may_amend(const Order& row, Nanos now) const;
  // Cancel and place as one request, for an order without fills (ONLY_NEW).
  bool request_replace(Order& row, Ticks price, Lots lots, DecisionReason why, Nanos now,
                       CommandBuffer& out);
  // Same order, new price and total quantity (fills included).
  bool request_modify(Order& row, Ticks price, Lots total, DecisionReason why, Nanos now,
                      CommandBuffer& out);
  // Same order, smaller total quantity, keeping its priority.
  bool request_reduce(Order& row, Lots total, DecisionReason why, Nanos now, CommandBuffer& out);
  // True if the cancel left now. Otherwise it stays wanted and `on_time` sends it as soon as it may
  // be; asking again is harmless.
  bool request_cancel(Order& row, DecisionReason why, Nanos now, CommandBuffer& out);

  // An execution event that names an order (kAccepted..kOrderStatus, kAdopted); others change
  // nothing.
  OrderChange apply(const Event& event);
  // Everything due: time-outs, questions, wanted cancels, releases.
  void on_time(Nanos now, CommandBuffer& out);
  Nanos next_deadline() const { return std::min(table_.next_deadline(), strays_.next_deadline()); }
  // No longer up: every live order of the instrument becomes Unknown. While it is down nothing is
  // asked; when it answers again, as fast as the budget of questions allows.
  void on_session(InstrumentId instrument, SessionState state, Nanos now);
  // As last told, kDown before; kUp counts as kReconciling while strays or missing fills hold it.
  SessionState session(InstrumentId instrument) const;
  std::size_t stray_count() const { return strays_.size(); }
  // By then whatever was sent is on the venue's book, or never will be.
  Nanos arrivals_until() const;
  // A fifth of the venue's weight is for questions.
  void on_weight_limit(std::uint32_t limit, Nanos window);
  // True if it is heard for the first time. What the orders of this instrument have executed is no
  // longer known: fills that are missing are not waited for.
  bool on_off_grid_fill(InstrumentId instrument, TradeId trade_id);
  // Missing fills are accepted as such: instruments held for them go on.
  void resume();
  // Frees the terminal rows of one instrument now (reset); Unknown ones keep theirs.
  void release_terminal(InstrumentId instrument);

  // The same reject too often: place and amend nothing on this side for now. Success closes it.
  bool breaker_open(InstrumentId instrument, Side side, Nanos now) const;
  // As above, for post-only orders that would have crossed.
  bool post_only_breaker_open(InstrumentId instrument, Side side, Nanos now) const;

  const LifecycleCounters& counters() const { return counters_; }

 private:
  struct SideBreakers {
    CircuitBreaker post_only, other;
  };
  struct Session {
    SessionState state{SessionState::kDown};
    bool held{};  // fills are missing for good, or strays found no room
    bool off_grid{};
  };

  OrderChange adopt(const Event& event);
  void on_fill(const Event& event, OrderChange& change);
  void doubt_old_fill(const Event& event, OrderChange& change);
  void on_accepted(Order& row, const OrderReport& report, Nanos now);
  void on_replaced(Order& row, const OrderReport& report, Nanos now);
  void on_amended(Order& row, const OrderReport& report, Nanos now);
  void on_late_amend(Order& row, const OrderReport& report, Nanos now);
  void on_ended(Order& row, const OrderReport& report, OrderState state, Nanos now);
  void on_status(Order& row, const OrderReport& report, Nanos now);
  void on_status_open(Order& row, const OrderReport& report, Nanos now);
  static std::uint8_t next_question(Order& row, bool early);
  static bool is_proof(const Order& row, const OrderReport& report);
  static void take_news(Order& row, Nanos now);
  void on_status_not_found(Order& row, const OrderReport& report, Nanos now);
  void on_status_ended(Order& row, const OrderReport& report, OrderState state, Nanos now);
  void on_rejected(Order& row, const RequestFailure& failure, Nanos now);
  void on_replace_rejected(Order& row, const RequestFailure& failure, Nanos now);
  void on_amend_rejected(Order& row, const RequestFailure& failure, Nanos now);
  void on_cancel_rejected(Order& row, const RequestFailure& failure, Nanos now);
  void on_denied(Order& row, const RequestFailure& failure, Nanos now);
  void on_outcome_unknown(Order& row, const RequestFailure& failure, Nanos now);
  void apply_report(Order& row, const Event& event);
  void apply_failure(Order& row, const Event& event);
  bool apply_to_stray(const Event& event, ClientOrderId id, OrderChange& change);
  void take_stray(const Event& event, ClientOrderId id);
  void cancel_strays(Nanos now, CommandBuffer& out);

  void promote(Order& row, VenueOrderId venue_id, Nanos now);
  void drop_amend(Order& row);
  void amend_failed(Order& row, const RequestFailure& failure, Nanos now);
  void end(Order& row, OrderState state, Lots executed, Nanos now);
  void settle(Order& row, Nanos now);
  void enter(Order& row, OrderState to, Nanos now);
  template <class Terms>
  void start(Order& row, CommandKind kind, DecisionReason why, Nanos now, CommandBuffer& out,
             Terms&& terms);
  bool send_cancel(Order& row, Nanos now, CommandBuffer& out);
  bool may_cancel(const Order& row) const;
  void ask(Order& row, Nanos now, CommandBuffer& out);
  bool gives_up_fills(Order& row, const OrderReport& report);
  template <class Make>
  Order* make_row(Make&& make);
  Command command(const Order& row, CommandKind kind, Nanos now) const;
  Nanos backoff(int failures) const;
  Nanos question_pause(const Order& row, Nanos now) const;
  void count_reject(const Order& row, RejectReason reason, Nanos now);
  void count_success(const Order& row);

  OrderTable& table_;
  LifecycleConfig config_;
  std::vector<TradeIdWindow> trade_ids_;
  std::vector<SideBreakers> breakers_;
  std::vector<Session> sessions_;
  StrayOrders strays_;
  RateBudget questions_;
  LifecycleCounters counters_;
  Nanos cause_{};
};

}  // namespace mm
