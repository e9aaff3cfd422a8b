// The simulated exchange, in process: any number of instruments, one account, its own clock.
//
// Owned by one thread (the driver's in virtual time, the venue agent's in real time); everything is
// allocated at construction. Requests go in with submit() and reach the matching after the order
// entry latency; market data come from on_market() (observed) or from a generator (attach()); all
// answers come out of next(), in time order. A market event costs about 100 ns on its way through.
// The same seed and the same calls give the same events, on every compiler.
//
// Nothing here takes: orders are post-only, so a fill is always a maker's.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <vector>

#include "engine/core/command.h"
#include "engine/core/event.h"
#include "engine/core/instrument.h"
#include "sim/account.h"
#include "sim/latency.h"
#include "sim/market_generator.h"
#include "sim/matching_book.h"
#include "sim/order_store.h"
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

class SimVenue {
 public:
  SimVenue(const SimulatorConfig& config, std::span<const Instrument> instruments,
           std::uint64_t seed);

  // This instrument's market is generated; before start().
  void attach(InstrumentId instrument, const MarketConfig& market);
  // Sets the clock: sessions come up, generated markets publish their snapshot.
  void start(Nanos now);

  // A request leaves the engine at `now`. Requests of one connection never overtake each other.
  void submit(const Command& command, Nanos now);
  // Observed market data: the venue sees them at `at` (not before earlier ones), the engine a feed
  // latency later, unchanged but for `received`.
  void on_market(std::span<const Event> events, Nanos at);

  // When something will happen next, inside or towards the engine; kNever if nothing will.
  Nanos next_time() const;
  // The earliest delivery due by `now`, ties by (execution before market, order of emission); runs
  // the venue exactly as far as that. False if there is none.
  bool next(Nanos now, Event& out);

  // Inspection, for tests, summary and invariants.
  Nanos clock() const { return clock_; }
  const Wallet& wallet(InstrumentId i) const { return account_.wallet(i); }
  Amount position(InstrumentId i) const { return account_.wallet(i).position; }
  Amount fees(InstrumentId i, Asset asset) const { return account_.fees(i, asset); }
  RateUsage rate_usage() const { return rates_.usage(); }
  const VenueCounters& counters() const { return counters_; }
  std::uint32_t open_orders() const { return orders_.open_count(); }
  std::uint32_t open_orders(InstrumentId i) const { return markets_[i].open_orders; }
  const MatchingBook& book(InstrumentId i) const { return markets_[i].book; }
  const RestingOrder& order(OrderRow row) const { return orders_[row]; }
  const RestingOrder* find(ClientOrderId id) const {
    const OrderRow row = orders_.find(id);
    return row == kNoRow ? nullptr : &orders_[row];
  }
  std::size_t pending_events() const { return deliveries_.size(); }

 private:
  struct Dirty {
    Ticks price;
    Side side;
    auto operator<=>(const Dirty&) const = default;
  };
  struct Market {
    Market(const SimulatorConfig& config, OrderStore& orders) : book(config, orders) {}

    MatchingBook book;
    std::unique_ptr<MarketGenerator> generator;
    std::uint32_t open_orders = 0;
    Ticks last_trade{};
    Nanos last_feed{};      // market data of one instrument stay in order
    bool dropping = false;  // the rest of a message that did not fit
    std::uint32_t sequence = 0;
    UpdateId update_id{}, published_id{};
    TradeId trade_id{};
    BookTicker ticker{};
    std::size_t levels_max = 0;  // a generated side holds no more
    bool snapshot_due = true;
    std::vector<Dirty> dirty;  // levels changed since the last book update
    Wallet reported{};
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
  void deliver_market(InstrumentId i, Event event);
  bool market_has_room(Market& market, const Event& event);
  void observe(const Event& event);

  // Generated markets (venue_market.cpp).
  void run_generator();
  void find_next_generator();
  void apply(InstrumentId i, const Flow& flow);
  Lots take(InstrumentId i, Side aggressor, Lots lots, Ticks limit);
  void print_trade(InstrumentId i, Side aggressor, const Match& match);
  void change_level(InstrumentId i, Side side, Ticks price, Lots lots);
  void mark_changed(InstrumentId i, Side side, Ticks price);
  void publish_ticker(InstrumentId i);
  void publish_book(InstrumentId i);
  void publish_levels(InstrumentId i);
  std::size_t generator_room(const Market& market, std::uint32_t open_orders) const;

  // Requests (venue_requests.cpp).
  void execute(const Command& command);
  Outcome perform(const Command& command, Event& answer);
  Outcome place(const Command& command, Event& answer);
  Outcome cancel(const Command& command, Event& answer);
  Outcome replace(const Command& command, Event& answer);
  Outcome modify(const Command& command, Event& answer);
  Outcome reduce(const Command& command, Event& answer);
  Outcome query(const Command& command, Event& answer);
  void query_open(InstrumentId i);
  RequestCost cost(const Command& command) const;
  bool passes_filters(const Command& command) const;
  bool crosses(InstrumentId i, Side side, Ticks price);
  RejectReason open_order(const Command& command, ClientOrderId id, Event& answer);
  bool move_order(RestingOrder& order, OrderRow row, Ticks price, Lots lots);
  void rest_order(OrderRow row);
  void end_order(OrderRow row, OrderStatusCode status);
  void fill_order(const Match& match, TradeId trade_id);
  void report_usage(bool at_once);
  // The assets that changed since they were last told, or both.
  void report_balances(InstrumentId i, bool all);

  SimulatorConfig config_;
  std::vector<Instrument> instruments_;
  Account account_;
  OrderStore orders_;
  RateWindows rates_;
  std::vector<Market> markets_;
  LatencyModel feed_, order_entry_, response_;
  std::uint64_t seed_;

  TimedQueue<Event> deliveries_;
  TimedQueue<Command> requests_;           // on their way to the matching
  std::array<Nanos, 256> last_request_{};  // per connection
  Nanos last_response_{};
  Nanos clock_{};
  Nanos next_generator_{kNever};
  InstrumentId next_generator_instrument_ = 0;
  Nanos usage_due_{kNever}, usage_reported_at_{-kSecond.v};
  RateUsage usage_reported_{};
  std::uint32_t response_sequence_ = 0;
  VenueOrderId venue_id_{};
  VenueCounters counters_;
};

}  // namespace mm::sim
