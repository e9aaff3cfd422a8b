// The simulated exchange as one client's venue, in process: Command in, Event out.
//
// Owned by one thread (the driver's in virtual time, the venue agent's in real time); everything is
// allocated at construction. Adds to the exchange what lies on the way to it: latencies, rate
// limits, bounded queues. Requests go in with submit() and reach the matching after the order entry
// latency; market data come from on_market() (observed) or from a generator (attach()); all answers
// come out of next(), in time order. A market event costs about 100 ns on its way through. The same
// seed and the same calls give the same events, on every compiler.
//
// One account, with a wallet of its own for each instrument. Nothing here takes: orders are
// post-only, so a fill is always a maker's.
#pragma once

#include <array>
#include <span>
#include <vector>

#include "engine/core/command.h"
#include "engine/core/event.h"
#include "engine/core/instrument.h"
#include "sim/exchange.h"
#include "sim/latency.h"
#include "sim/rate_windows.h"
#include "sim/sim_config.h"
#include "sim/timed_queue.h"

namespace mm::sim {

struct VenueCounters {
  std::uint64_t requests = 0;
  std::uint64_t accepted = 0, replaced = 0, amended = 0;  // successful requests
  std::uint64_t canceled = 0, expired = 0;                // not counting what a replace cancelled
  std::array<std::uint64_t, static_cast<std::size_t>(RejectReason::kCount)> rejects{};
  std::uint64_t fills = 0;          // executions of ours
  std::uint64_t orders_filled = 0;  // completely
  std::uint64_t taker_fills = 0;    // must stay 0
  std::uint64_t self_trades_prevented = 0;
  std::uint64_t trades = 0;                 // printed by generated markets
  std::uint64_t generator_skips = 0;        // steps left out because the delivery queue was full
  std::uint64_t market_events_dropped = 0;  // observed data that found the delivery queue full
  std::uint64_t commands_denied = 0;        // requests that found the request queue full
};

struct Wallet {
  Amount base_free{}, base_locked{};
  Amount quote_free{}, quote_locked{};
  Amount position{};  // fills, less fees charged in base
  bool operator==(const Wallet&) const = default;
};

class SimVenue final : private ExchangeListener {
 public:
  SimVenue(const SimulatorConfig& config, std::span<const Instrument> instruments,
           std::uint64_t seed);

  // This instrument's market is generated; before start().
  void attach(InstrumentId instrument, const MarketConfig& market);
  // Sets the clock: sessions come up, generated markets publish their snapshot.
  void start(Nanos now);
  // The client is gone, and another one comes: what was on its way to the first is for nobody.
  // Orders, balances and what is used of the limits stay, and so do requests on their way.
  void change_client();

  // A request leaves the engine at `now`. Requests of one connection never overtake each other.
  void submit(const Command& command, Nanos now);
  // Observed market data: the venue sees them at `at` (not before earlier ones), the engine a feed
  // latency later, unchanged but for `received`.
  void on_market(std::span<const Event> events, Nanos at);

  // The venue changes its filters while orders rest: see Exchange.
  void set_grid(InstrumentId i, Ticks tick, Lots lot) { exchange_.set_grid(i, tick, lot); }

  // For faults: what becomes of a request that is still on its way. The new half of the replace
  // that brings this id is refused by the matching; the cancel of this order is only pretended.
  void refuse_new_half(ClientOrderId new_id, RejectReason reason);
  void pretend_cancel(ClientOrderId id);

  // When something will happen next, inside or towards the engine; kNever if nothing will.
  Nanos next_time() const;
  // The earliest delivery due by `now`, ties by (execution before market, order of emission); runs
  // the venue exactly as far as that. False if there is none.
  bool next(Nanos now, Event& out);
  // Most likely the delivery after the last; nullptr if none waits. Valid until the next call.
  const Event* upcoming() const { return deliveries_.empty() ? nullptr : &deliveries_.top(); }

  // Inspection, for tests, summary and invariants.
  Nanos clock() const { return exchange_.now(); }
  Wallet wallet(InstrumentId i) const;
  Amount position(InstrumentId i) const { return exchange_.accounts().position(kAccount, i); }
  Money cash(InstrumentId i) const { return exchange_.accounts().cash(kAccount, i); }
  Amount fees(InstrumentId i, Asset asset) const {
    return exchange_.accounts().fees(kAccount, i, asset);
  }
  RateUsage rate_usage() const { return rates_.usage(); }
  const VenueCounters& counters() const { return counters_; }
  std::uint32_t open_orders() const { return exchange_.open_orders(); }
  std::uint32_t open_orders(InstrumentId i) const { return exchange_.open_orders(i); }
  const MatchingBook& book(InstrumentId i) const { return exchange_.book(i); }
  const RestingOrder& order(OrderRow row) const { return exchange_.order(row); }
  const RestingOrder* find(ClientOrderId id) const { return exchange_.find(kAccount, id); }
  std::size_t pending_events() const { return deliveries_.size(); }

 private:
  static constexpr AccountId kAccount = 0;

  struct Dirty {
    Ticks price;
    Side side;
    auto operator<=>(const Dirty&) const = default;
  };
  // What the engine has been told, or is to be told, of one instrument's market.
  struct Market {
    Nanos last_feed{};      // market data of one instrument stay in order
    bool dropping = false;  // the rest of a message that did not fit
    std::uint32_t sequence = 0;
    UpdateId published_id{};
    bool snapshot_due = true;
    std::vector<Dirty> dirty;  // levels changed since the last book update
  };

  struct Outcome {
    RejectReason reason = RejectReason::kNone;
    Nanos retry_after{};
    bool old_canceled = false;  // of a replace
  };

  // Time and observed market data (venue.cpp).
  Nanos next_internal() const;
  void run_internal();
  bool has_room_for(const Command& command) const;
  void respond(Event event);
  void deliver_market(const Event& event);
  bool market_has_room(InstrumentId i, const Event& event);
  void observe(const Event& event);

  // Generated markets (venue_market.cpp).
  void run_generator();
  void publish_book(InstrumentId i);
  void publish_levels(InstrumentId i);
  std::size_t generator_room(InstrumentId i, std::uint32_t open_orders) const;
  void on_trade(InstrumentId i, const PublicTrade& trade) override;
  void on_level(InstrumentId i, Side side, Ticks price) override;
  void on_touch(InstrumentId i, const BookTicker& touch) override;
  void on_publish(InstrumentId i) override { publish_book(i); }

  // Requests (venue_requests.cpp).
  void execute(const Command& command);
  // What is to become of a request; kNone pretends a cancel.
  struct Fate {
    ClientOrderId id;
    RejectReason reason;
  };
  bool take_fate(ClientOrderId id, RejectReason& reason);
  Outcome perform(const Command& command, Event& answer);
  Outcome place(const Command& command, Event& answer);
  Outcome cancel(const Command& command, Event& answer);
  Outcome replace(const Command& command, Event& answer);
  Outcome modify(const Command& command, Event& answer);
  Outcome reduce(const Command& command, Event& answer);
  Outcome query(const Command& command, Event& answer);
  void query_open(InstrumentId i);
  RequestCost cost(const Command& command) const;
  VenueOrderId venue_id(ClientOrderId id) const;
  Outcome refused(const Refusal& refusal, const NewOrder& wanted);
  void count_self_trade(InstrumentId i, Side side, Ticks price);
  void on_fill(const RestingOrder& order, const Execution& execution) override;
  void on_balances(AccountId account, std::span<const BalanceUpdate> updates) override;
  void report_balance(const BalanceUpdate& update);
  void report_usage(bool at_once);

  SimulatorConfig config_;
  Exchange exchange_;
  RateWindows rates_;
  std::vector<Market> markets_;
  LatencyModel feed_, order_entry_, response_;

  TimedQueue<Event> deliveries_;
  TimedQueue<Command> requests_;           // on their way to the matching
  std::array<Nanos, 256> last_request_{};  // per connection
  Nanos last_response_{};
  Nanos usage_due_{kNever}, usage_reported_at_{-kSecond.v};
  RateUsage usage_reported_{};
  std::array<Fate, 64> fates_{};  // the newest
  std::size_t next_fate_ = 0;
  std::uint32_t response_sequence_ = 0;
  bool answering_ = false;  // balances wait until a request is answered
  std::vector<BalanceUpdate> balances_;
  VenueCounters counters_;
};

}  // namespace mm::sim
