// A simulated exchange: many accounts trade on instruments whose markets are generated or observed.
//
// Owned by one thread; everything is allocated at construction, and nothing takes time: what is
// asked is answered at once, on the exchange's own clock, and everything that happens is told to
// the listener in order. The same seed and the same calls give the same happenings, on every
// compiler. Front-ends add what lies between it and a client: SimVenue latencies and one client's
// rate limits, the venue server sockets, dialect and keys.
//
// Orders match in price-time order at the resting order's price, against each other and against
// external quantity. In a generated market the external quantity is the market itself; in an
// observed one it is what captured or live data display, and what an order takes of a level stays
// taken for as long as the level is displayed: one quantity never fills two orders.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <vector>

#include "sim/accounts.h"
#include "sim/due_times.h"
#include "sim/exchange_listener.h"
#include "sim/market_generator.h"
#include "sim/matching_book.h"
#include "sim/order_request.h"
#include "sim/order_store.h"
#include "sim/sim_config.h"

namespace mm::sim {

class Exchange {
 public:
  Exchange(const ExchangeConfig& config, std::span<const Listing> listings, std::uint64_t seed,
           ExchangeListener& listener);

  // Before start(): this instrument's market is generated. Others are observed.
  void attach(InstrumentId i, const MarketConfig& market);
  // Sets the clock. Tells nothing: books and touches are there to be read.
  void start(Nanos now);

  // Time. run_until() does what is due by `now`, a piece of flow at a time; a front-end that must
  // make room for each piece's happenings calls step() and skip() itself.
  Nanos now() const { return now_; }
  Nanos next_time() const { return due_.first_time(); }  // kNever without a generated market
  InstrumentId next_instrument() const { return static_cast<InstrumentId>(due_.first()); }
  void run_until(Nanos now);
  void step();             // what is due at next_time()
  void skip(Nanos until);  // leaves out what the next instrument had due before `until`
  void set_time(Nanos now) { now_ = std::max(now_, now); }  // what is due stays due
  // The clock is set, forwards or backwards; generated markets go on as if it had not been.
  void shift_clock(Nanos by);

  // Observed data of one instrument, an event at a time, seen now.
  void observe(const Event& event);

  // kHalted and kCancelOnly refuse orders, kHalted cancels too; nothing trades in either.
  void set_status(InstrumentId i, TradingStatus status);
  TradingStatus status(InstrumentId i) const { return markets_[i].status; }
  // New filters: orders are for whole numbers of so many ticks and lots from now on. What rests
  // stays.
  void set_grid(InstrumentId i, Ticks tick, Lots lot) {
    markets_[i].tick = tick;
    markets_[i].lot = lot;
  }
  Ticks tick(InstrumentId i) const { return markets_[i].tick; }
  Lots lot(InstrumentId i) const { return markets_[i].lot; }
  // The generated market keeps to the grid too from now on; what it displays beside it goes.
  void follow_grid(InstrumentId i);

  // Accounts. A new one is empty; there must be room.
  bool accounts_full() const { return accounts_.full(); }
  AccountId open_account() { return accounts_.open(); }
  // Not told to the listener; negative to withdraw.
  void deposit(AccountId account, AssetId asset, Amount amount) {
    accounts_.deposit(account, asset, amount);
  }
  const Accounts& accounts() const { return accounts_; }

  // Requests of an account, at now(). Another account's order is unknown to it. check() asks for
  // what place() refuses on the way to the matching: status, filters, number of open orders.
  Refusal check(AccountId account, const NewOrder& wanted) const;
  OrderAnswer place(AccountId account, const NewOrder& wanted);
  OrderAnswer cancel(AccountId account, VenueOrderId id,
                     CancelRestriction restriction = CancelRestriction::kNone);
  // Status, filters and the number of open orders are checked before the cancel.
  ReplaceAnswer cancel_replace(AccountId account, VenueOrderId id, CancelRestriction restriction,
                               ReplaceMode mode, const NewOrder& wanted);
  // Spot: less quantity (the new total), same place in the queue, same order.
  OrderAnswer amend_keep_priority(AccountId account, VenueOrderId id, Lots lots);
  // USD-M: same order at the back of the queue; `lots` is the new total. The answer's order may
  // have ended: what is executed already cancels it, a post-only one across the market expires.
  OrderAnswer modify(AccountId account, VenueOrderId id, Ticks price, Lots lots);
  // For faults. The matching refuses the next new order, for no reason of ours; the next cancel is
  // answered as if it had been carried out, and the order stays. kNone and false take it back.
  void refuse_next(RejectReason reason) { refuse_next_ = reason; }
  void pretend_next_cancel(bool pretends) { pretends_ = pretends; }
  // Rows of the orders that were canceled, in order of arrival.
  std::span<const OrderRow> cancel_all(AccountId account, InstrumentId i);

  // Orders, open or among the last closed; of this account only. nullptr: not known (any more).
  const RestingOrder* find(AccountId account, VenueOrderId id) const;
  const RestingOrder* find(AccountId account, ClientOrderId id) const;
  const RestingOrder& order(OrderRow row) const { return orders_[row]; }
  std::uint32_t open_orders() const { return orders_.open_count(); }
  std::uint32_t open_orders(InstrumentId i) const { return markets_[i].open_orders; }
  std::uint32_t open_orders(AccountId account, InstrumentId i) const {
    return open_[account * markets_.size() + i];
  }
  // use(order) for each open order of the account, bids before asks, each from the best.
  template <class Use>
  void for_each_open(AccountId account, InstrumentId i, Use&& use) const;
  // use(execution) for each remembered execution of the account, oldest first.
  template <class Use>
  void for_each_trade(AccountId account, Use&& use) const;

  // The public market: external quantity and all resting orders.
  const Instrument& instrument(InstrumentId i) const { return listings_[i].instrument; }
  const Listing& listing(InstrumentId i) const { return listings_[i]; }
  std::size_t instruments() const { return listings_.size(); }
  const MatchingBook& book(InstrumentId i) const { return markets_[i].book; }
  const BookTicker& touch(InstrumentId i) const { return markets_[i].touch; }  // as last told
  UpdateId update_id(InstrumentId i) const { return markets_[i].update_id; }
  Ticks last_price(InstrumentId i) const { return markets_[i].last_price; }  // 0: no trade yet
  bool generated(InstrumentId i) const { return markets_[i].generator.has_value(); }
  // A generated side holds no more external levels than this.
  std::size_t levels_max(InstrumentId i) const { return markets_[i].levels_max; }

 private:
  struct Market {
    Market(const ExchangeConfig& config, OrderStore& orders) : book(config, orders) {}

    MatchingBook book;
    std::size_t levels_max = 0;
    std::uint32_t open_orders = 0;
    TradingStatus status{TradingStatus::kTrading};
    Ticks tick{1};  // of the listing's
    Lots lot{1};
    bool on_grid = false;  // external quantity too
    bool told = false;     // the listener hears of levels, touch and trades
    Ticks last_price{};
    UpdateId update_id{};
    TradeId trade_id{};
    BookTicker touch{};
    std::optional<MarketGenerator> generator;
  };
  struct Executions {  // a ring
    std::vector<Execution> items;
    std::size_t next = 0, count = 0;
  };

  // Time and markets (exchange.cpp).
  void renew_due(InstrumentId i);
  void expect(InstrumentId next) const;
  static Flow on_grid(const Market& market, Flow flow);
  void apply(InstrumentId i, const Flow& flow);
  Lots take_flow(InstrumentId i, const Flow& flow);
  void forget_levels(InstrumentId i);
  void observe_trade(const Event& event);
  void change_level(InstrumentId i, Side side, Ticks price, Lots lots);
  void level_changed(InstrumentId i, Side side, Ticks price);
  bool renew_touch(InstrumentId i);
  // After a request or a piece of the market: tells what differs.
  void finish(InstrumentId i);

  // Orders in the book and executions (exchange_matching.cpp).
  void enter(OrderRow row);
  bool match(OrderRow row);
  Meeting meet(OrderRow taker, OrderRow met);
  void trade(InstrumentId i, Side aggressor, const Match& match, OrderRow taker);
  void fill(OrderRow row, const Match& match, TradeId trade_id, bool maker);
  void remember(const Execution& execution);
  bool fits(const RestingOrder& order) const;
  Amount price_of_taking(const RestingOrder& order) const;
  // preview() of the order's part: use(price, lots) for what it would trade.
  template <class Use>
  void preview(const RestingOrder& order, Use&& use) const;
  Ticks limit_of(const RestingOrder& order) const;
  void rest(OrderRow row);
  void leave(OrderRow row);
  void end(OrderRow row, OrderStatusCode status, Expiry expiry = Expiry::kNone);
  void close(OrderRow row, OrderStatusCode status);

  // Requests (exchange_requests.cpp).
  Filter broken_filter(const NewOrder& wanted) const;
  Ticks reference_price(InstrumentId i) const;
  OrderAnswer open(AccountId account, const NewOrder& wanted);
  Refusal may_cancel(OrderRow row, CancelRestriction restriction) const;
  OrderRow find_open(AccountId account, VenueOrderId id) const;
  Refusal change(OrderRow row, Ticks price, Lots lots);
  bool move(OrderRow row, Ticks price, Lots lots);

  ExchangeConfig config_;
  std::vector<Listing> listings_;
  std::uint64_t seed_;
  ExchangeListener& listener_;
  OrderStore orders_;
  Accounts accounts_;
  std::vector<Market> markets_;
  std::vector<std::uint32_t> open_;  // by account, then instrument
  std::vector<Executions> executions_;
  std::vector<Execution> fills_;  // of the order being placed
  std::vector<OrderRow> rows_;    // canceled together
  RejectReason refuse_next_{RejectReason::kNone};
  bool pretends_ = false;
  RestingOrder pretended_;  // as it would be
  Nanos now_{};
  DueTimes due_;  // of the generated markets
};

template <class Use>
void Exchange::for_each_open(AccountId account, InstrumentId i, Use&& use) const {
  for (const Side side : kSides) {
    for (OrderRow row = markets_[i].book.first(side); row != kNoRow; row = orders_[row].next) {
      if (orders_[row].account == account) use(orders_[row]);
    }
  }
}

template <class Use>
void Exchange::for_each_trade(AccountId account, Use&& use) const {
  const Executions& ring = executions_[account];
  for (std::size_t k = 0; k < ring.count; ++k) {
    use(ring.items[(ring.next + ring.items.size() - ring.count + k) % ring.items.size()]);
  }
}

}  // namespace mm::sim
