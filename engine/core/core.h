// The trading core: a deterministic state machine from events to commands.
//
// Owned by one thread at a time (the driver's), does no I/O, reads no clock, allocates everything
// in its constructor. `on` costs tens of nanoseconds for market data and a few hundred for a
// decision; what can wait until its commands are on their way is done in `conclude`. Same events,
// same commands, bit for bit, whatever drives it: simulation, backtest, paper, live or replay.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "engine/core/asset_balances.h"
#include "engine/core/command.h"
#include "engine/core/deadline_heap.h"
#include "engine/core/event.h"
#include "engine/core/instrument_state.h"
#include "engine/core/invariants.h"
#include "engine/core/order_lifecycle.h"
#include "engine/core/order_table.h"
#include "engine/core/quote_planner.h"
#include "engine/core/rate_budget.h"
#include "engine/core/request_meter.h"

namespace mm {

struct CoreConfig {
  std::vector<InstrumentConfig> instruments;  // index = InstrumentId
  RiskParams account;                         // order count and losses of the whole account
  OrderManagementParams orders;
  MeasureParams measures;
  OrderBook::Config book;
  std::uint8_t instance = 1;            // which engine of this key
  std::uint16_t epoch = 1;              // which start of it: client ids never repeat
  std::uint32_t id_nonce = 0;           // where the numbers in client ids begin
  std::uint16_t unknown_headroom = 64;  // table rows beyond 2 x max_order_count
};

class Core {
 public:
  explicit Core(const CoreConfig& config);

  // Consumes one event; event.time must not go back. Appends what follows from it to `out`, which
  // the caller has cleared. Quotes are decided only at kBatchEnd.
  void on(const Event& event, CommandBuffer& out);
  // To be called after each `on`, before anything is looked at: checks the invariants and measures
  // what was decided, `sent` being the commands. A broken invariant pulls the quotes at the next
  // batch, which is due at once.
  void conclude(const CommandBuffer& sent);
  // Any one thread: the parameters that the next kReload event takes over. They are the caller's
  // and stay as they are until reload_waits() is false again. Of the same instruments, with the
  // same values of all that a running core cannot change (config_change.h).
  void offer(const CoreConfig& next) { offered_.store(&next, std::memory_order_release); }
  bool reload_waits() const { return offered_.load(std::memory_order_acquire) != nullptr; }
  // When the core wants a kTimer; kNever if it waits for nothing.
  Nanos next_deadline() const;
  bool stopping() const { return stopping_; }
  // After a shutdown: no order of ours may be live any more.
  bool stopped() const {
    return stopping_ && table_.live_count() == 0 && lifecycle_.stray_count() == 0;
  }

  // Views for status, summary and tests; read on the core's thread or when it rests.
  std::size_t instrument_count() const { return count_; }
  const InstrumentState& instrument(InstrumentId id) const { return instruments_[id]; }
  // Of all instruments of its account together, as the account's loss limits see it.
  Money account_total(InstrumentId id) const { return accounts_[instruments_[id].account].total; }
  // What SideState::quoted says once the last event is concluded.
  bool is_quoted(InstrumentId id, Side side) const;
  const OrderTable& orders() const { return table_; }
  const OrderLifecycle& lifecycle() const { return lifecycle_; }
  const RequestMeter& requests() const { return meter_; }
  const RateBudget& budget() const { return budget_; }
  bool feed_up() const { return feed_up_; }
  const InvariantCounts& invariants() const { return invariants_; }
  // Of the event consumed last.
  std::span<const Denial> denials() const { return denials_; }
  QuoteReason trip() const { return trip_; }  // kQuoting, or why everything stands still
  Nanos now() const { return now_; }
  // Hash of positions, cash and live orders, free of time stamps: equal states hash equal.
  std::uint64_t state_hash() const;

 private:
  // core_events.cpp: what each event does to the state.
  void start(Nanos now);
  void on_market(InstrumentState& s, const Event& e, CommandBuffer& out);
  void on_execution(InstrumentState& s, const Event& e, CommandBuffer& out);
  void judge_cancel_lane(const Event& e);
  void on_fill(InstrumentState& s, const Event& e, const OrderChange& change);
  void on_control(const Control& control);
  void pause(PauseScope scope, bool paused);
  void want_all_canceled();
  void resume();
  void request_resync(InstrumentState& s, CommandBuffer& out);
  void on_timer(CommandBuffer& out);
  void on_off_grid_fill(InstrumentState& s, const OffGridFill& fill);
  void on_balance(InstrumentState& s, const Balance& balance);
  void count(InstrumentState& s, const Event& e, const OrderChange& change);
  void deny(InstrumentState& s, const Denial& denial);
  void touch_changed(InstrumentState& s);
  void judge_lag();
  void judge_silence();
  void mark_dirty(InstrumentState& s);
  void mark_all_dirty();
  void trip(QuoteReason reason);

  // core_reload.cpp: other parameters from here on.
  void reload();
  void reload(InstrumentState& s, const InstrumentConfig& next);

  // core_decide.cpp: what follows from the state.
  void end_batch(CommandBuffer& out);
  void decide_dirty(CommandBuffer& out);
  void decide(InstrumentState& s, CommandBuffer& out);
  void value_position(InstrumentState& s);
  void open_position(InstrumentState& s);
  void price_fees(const InstrumentState& s);
  void set_limits(InstrumentState& s);
  void build_ladder(InstrumentState& s);
  void set_funds(InstrumentState& s);
  SizeLimits size_limits(const InstrumentState& s, Side side) const;
  void conclude(InstrumentState& s);
  static bool is_due(const InstrumentState& s, Side side);
  void check_invariants(InstrumentState& s);
  void measure(InstrumentState& s);

  // core_gates.cpp: what may be quoted now, and when to look again.
  void judge_gates(InstrumentState& s);
  QuoteReason stop_reason(const InstrumentState& s) const;
  bool keeps_adopted(const InstrumentState& s, QuoteReason stop) const;
  void judge_side(InstrumentState& s, Side side);
  void step_reset(InstrumentState& s);
  int requote_cost(const InstrumentState& s) const;
  void plan_wake(InstrumentState& s);

  // core_orders.cpp: from ladder to requests.
  void pull(InstrumentState& s, Side side, DecisionReason why, CommandBuffer& out);
  void cancel_all(InstrumentState& s, CommandBuffer& out);
  Lots excess(const InstrumentState& s, Side side) const;
  bool is_in_doubt(const InstrumentState& s, Side side) const;
  static void hold(InstrumentState& s, Side side, const PlanAction& action, QuoteReason why);
  static void hold_all(InstrumentState& s, Side side, QuoteReason why);
  void trim(InstrumentState& s, Side side, Lots allowed, CommandBuffer& out);
  void work_side(InstrumentState& s, Side side, CommandBuffer& out);
  bool act(InstrumentState& s, Side side, const PlanAction& action, CommandBuffer& out);
  void refuse(InstrumentState& s, Side side, const PlanAction& action, const Quote& quote,
              QuoteReason denied);
  bool amend(InstrumentState& s, Order& order, const Quote& quote, const PlanAction& action,
             CommandBuffer& out);
  bool may_request(InstrumentState& s, Side side);
  bool fit_balance(const InstrumentState& s, Side side, const Order* freed,
                   const PlanAction& action, Quote& quote) const;
  void spend(Side side, const Quote& quote, const Order* freed);
  void send(InstrumentState& s, Command command, CommandBuffer& out);

  // Entries of deadlines_ after the instruments' own.
  static constexpr std::size_t kAccountDeadlines = 3;
  std::size_t silence_entry() const { return count_; }
  std::size_t budget_entry() const { return count_ + 1; }
  std::size_t day_entry() const { return count_ + 2; }

  CoreConfig config_;
  std::atomic<const CoreConfig*> offered_{nullptr};
  std::size_t count_;                        // of instruments: what a deque would work out
  std::deque<InstrumentState> instruments_;  // never grows; a deque since the states do not move
  OrderTable table_;
  OrderLifecycle lifecycle_;
  AssetBalances balances_;
  QuotePlanner planner_;
  RequestMeter meter_;
  RateBudget budget_;
  BudgetQueue waiting_;
  DeadlineHeap deadlines_;  // one entry an instrument, then silence, budget, day
  InvariantCounts invariants_;
  std::uint64_t illegal_seen_ = 0;
  std::vector<InstrumentId> dirty_;
  std::vector<InstrumentId> decided_;  // since the last conclusion
  bool concluded_ = true;
  std::vector<Denial> denials_;
  // Profit and its limits of all instruments that have one quote asset: others do not add up.
  struct AccountTotal {
    LossGuard loss;
    Money total{}, carried{};
  };
  std::vector<AccountTotal> accounts_;
  Nanos now_{}, last_market_{}, cause_{};
  Nanos lag_{};                 // with which the last market event came
  Nanos data_age_min_{kNever};  // the least max_data_age of any instrument
  QuoteReason trip_ = QuoteReason::kQuoting;
  bool started_ = false, feed_up_ = false, stopping_ = false;
  bool silent_ = true, lagging_ = false;  // some instrument is
  bool increase_paused_ = false;
  // The account's side of the decision under way.
  struct Turn {
    Amount position_limit{};  // of the risk limits alone
    bool blocked = false;     // something waits for a token
    bool spent = false;       // a token was used
    PlanBounds bounds{};      // where something is quoted
    Lots margin{};            // of the room, left free by what is added
  };
  Turn turn_;
  // Of the balance that pays for a side, as in Payment; without a known one it is not bounded, and
  // nothing counts.
  struct Funds {
    bool bounded = false;
    Int128 spare{};  // what new requests may take
    Int128 taken{};  // what our orders take already
  };
  Funds funds_[2];
};

}  // namespace mm
