// The venue's answers and user events, told to the core in its own words.
//
// Owned by one thread; no sockets here, no allocation after construction. Answers and user events
// may come in any order, twice, or not at all: an order is accepted, replaced, amended and ended
// once, by whichever says so first; every fill carries its trade id, so the core counts it once. An
// order of ours that should not live is told as open: the core cancels it. Executions that are
// missing become follow-ups for the session to send. Orders that are not ours are counted, never
// touched. One that only this engine could have placed, and did not, shows a rival: another engine
// with our instance, started later or at the same epoch from a state folder of its own.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "engine/core/event.h"
#include "engine/runtime/spsc_ring.h"
#include "gateway/binance/client_order_id.h"
#include "gateway/binance/error_table.h"
#include "gateway/binance/in_flight.h"
#include "gateway/binance/instrument_map.h"
#include "gateway/binance/order_facts.h"
#include "gateway/binance/response_parser.h"
#include "gateway/binance/user_data_parser.h"
#include "gateway/binance/venue_order_ids.h"

namespace mm::binance::orders {

struct OrderEventCounters {
  std::uint64_t foreign_reports = 0;  // user events about orders that are not ours
  std::uint64_t other_instances = 0;  // those of another engine on this account
  std::uint64_t rivals = 0;           // those of another engine that takes itself for this one
  std::uint64_t strays = 0;           // orders of ours we do not know: told, the core cancels
  std::uint64_t risen = 0;            // orders told as ended that live: likewise
  std::uint64_t adopted = 0;          // orders of earlier starts
  std::uint64_t unlisted = 0;         // open orders of ours that a list of all did not have
  std::uint64_t repeats = 0;          // told before, by the other channel
  std::uint64_t unknown_words = 0;    // states and kinds nobody has told us of
  std::uint64_t balances_left_out = 0;
  std::uint64_t stale_balances = 0;  // older than what was told
  std::uint64_t off_grid_fills = 0;  // told as they are, since no lots and ticks can say them
};

class OrderEvents {
 public:
  // Room `out` must have before any call, so that nothing that matters is lost.
  static constexpr std::size_t kRoom = 2 * ResponseParser::kRecordsMax + 64;

  OrderEvents(const InstrumentMap& instruments, Identity self, std::size_t order_slots,
              VenueOrderIds& venue_ids, std::span<std::atomic<std::uint64_t>> last_trades,
              SpscRing<Event>& out);

  void set_now(Nanos now) { now_ = now; }

  // A request has left.
  void on_sent(const Command& command);
  // What came back for it; `retry_at` is 0 or when the venue wants to hear from us again.
  void on_answer(const PendingRequest& request, const Response& response, Nanos retry_at);
  // Nothing will come back for it.
  void on_lost(const PendingRequest& request);
  void on_report(const ExecutionReport& report);
  // `as_of_ms`: when they were so, by the venue's clock; 0: not known.
  void on_balances(std::span<const BalanceRecord> balances, std::int64_t as_of_ms);
  // One execution of an order. Only the user data stream tells them in order and without a hole, so
  // only its reports raise the last trade known: what is asked for may come before others.
  void on_trade(InstrumentId instrument, ClientOrderId id, const TradeRecord& trade);
  // Found while reconciling: a fill or a balance.
  void on_found(const Event& event, std::int64_t balances_as_of_ms);
  // What became of an order whose executions have all been told; one that the venue does not know
  // can no longer arrive.
  void on_end_found(InstrumentId instrument, Side side, ClientOrderId id, const Response& r);
  // Executions up to this one are in the first balance: they are not told.
  void begin_after(InstrumentId i, std::uint64_t trade_id) { opening_trades_[i] = trade_id; }
  // An order of an earlier start that the venue lists as open goes on as ours. One that we know
  // already is left alone; without room for it, it is told as any other.
  void adopt(const AdoptableOrder& order, const OrderRecord& record);
  // An order that the venue lists as open, asked at that time. One that was told as ended long
  // before lives all the same: whatever said otherwise was wrong, so the core cancels it.
  void on_open_order(InstrumentId instrument, const OrderRecord& order, Nanos asked = {});
  // All of a symbol that was open when it was asked for. An order of ours that was open well before
  // and is not among it has ended without a word: it is put in doubt, and the core asks.
  void on_list(InstrumentId instrument, std::span<const OrderRecord> orders, Nanos asked);
  void deny(const Command& command, RejectReason reason, Nanos retry_at);
  void emit(Event event);

  // kTrades requests the session should send from `due` on; it takes them out. One that did not go
  // comes back by give_up().
  struct FollowUp {
    Purpose purpose;
    Command command;
    Event then;  // see PendingRequest
    Nanos due{};
  };
  std::vector<FollowUp>& follow_ups() { return follow_ups_; }
  // Executions were asked for in vain. What was to be told after them is told without: an order is
  // in doubt as long as fills of it are missing, and the core asks. Of an order that the core does
  // not doubt they are asked for again.
  void give_up(const Command& command, const Event& then);

  // An order of a rival that was seen, once; 0: none.
  ClientOrderId take_rival() { return std::exchange(rival_, ClientOrderId(0)); }

  void raise_last_trade(InstrumentId i, std::uint64_t trade_id);
  const OrderEventCounters& counters() const { return counters_; }

 private:
  struct Shape {  // what an order looks like in a report
    InstrumentId instrument;
    Side side;
    ClientOrderId id;
    VenueOrderId venue_id;
    Lots lots, executed, prevented;
    std::int32_t ticks;
  };

  Shape shape_of(const Command& command, const OrderRecord& record) const;
  Shape shape_of(InstrumentId instrument, ClientOrderId id, const OrderRecord& record) const;
  Event report_event(EventKind kind, const Shape& order, Lots lots) const;
  Event failure_event(EventKind kind, const Command& command, RejectReason reason,
                      Nanos retry_at) const;
  void on_placed(const Command& command, const Response& r, Nanos retry_at);
  void on_canceled(const Command& command, const Response& r, Nanos retry_at);
  void on_all_canceled(const Command& command, const Response& r, Nanos retry_at);
  void on_replaced(const Command& command, const Response& r, Nanos retry_at);
  void on_replace_failed(const Command& command, const Response& r, Nanos retry_at);
  void on_reduced(const Command& command, const Response& r, Nanos retry_at);
  void on_queried(const Command& command, const Response& r);
  Event status_event(const Shape& order, OrderStatusCode code, std::uint8_t asked = 0) const;
  void on_trades(const PendingRequest& request, const Response& r);
  void tell(const Event& state);
  void refuse(EventKind kind, const Command& command, const Response& r, Nanos retry_at);
  bool is_ours(Owner owner, ClientOrderId id);
  void opened(const Shape& order);
  void amended(const Shape& order);
  void shrunk(const Shape& order);
  void ended(EventKind kind, const Shape& order, RejectReason reason);
  void ended_by_phase(OrderPhase phase, const Shape& order, const Command& command);
  void on_fill(const ExecutionReport& report, const Shape& order);
  bool want_trades(const Shape& order, const Event& then = {}, Nanos due = {});
  bool ends_later(ClientOrderId id) const;
  void tell_open(const Shape& order);
  void tell_risen(const Shape& order);
  void tell_balance(const Event& event, std::int64_t as_of_ms);

  const InstrumentMap& instruments_;
  Identity self_;
  OrderFactsTable facts_;
  VenueOrderIds& venue_ids_;
  SpscRing<Event>& out_;
  std::vector<FollowUp> follow_ups_;
  std::span<std::atomic<std::uint64_t>> last_trades_;           // the highest told, by instrument
  std::vector<std::uint64_t> opening_trades_;                   // see begin_after
  std::vector<std::array<std::int64_t, 3>> balances_as_of_ms_;  // told, by instrument and asset
  Nanos now_{};
  std::uint32_t sequence_ = 0;
  ClientOrderId rival_{};
  std::uint64_t list_ = 0;  // number of the last list of open orders
  OrderEventCounters counters_;
};

}  // namespace mm::binance::orders
