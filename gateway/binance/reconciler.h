// Finds out where we stand before anything is quoted: open orders, executions, balances.
//
// Cold: a few requests an instrument on a fresh connection, after its user data were subscribed, so
// that nothing falls between. Orders of earlier starts of this engine are cancelled by id, and it
// is checked that they are gone; or the first so many of them go on as ours, those that are whole
// ticks and lots. Orders that are not ours are counted and left alone; one of a later start of this
// engine is told to whoever halts us (SessionLink::rival). Executions since the last
// known one are told with their trade ids, so each counts once; at first they and the balances are
// of one instant, as far as our own orders go, and where none is known all there are count as
// known. Orders that are to go on are cancelled all the same once the first run has failed for too
// long: until the core has been told of them nobody looks after them. Once a session has begun
// nothing is taken over any more: an old order that turns up is told, and the core cancels it. At
// the end of a run the same is asked once more, by REST, for what nobody could tell.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gateway/binance/order_events.h"
#include "gateway/binance/questions.h"
#include "gateway/binance/session_link.h"

namespace mm::binance::orders {

class Reconciler {
 public:
  // `adopted_max` and `adoption_patience` as in the options.
  Reconciler(const InstrumentMap& instruments, Identity self, std::size_t adopted_max,
             SessionLink& link, Nanos adoption_patience = {});

  // Empty, and `into` holds what was found; or what went wrong. `known_trades` as in the options.
  std::string run(Questions& venue, std::span<const std::uint64_t> known_trades,
                  OrderConnection& into);
  struct UnsettledOrder {
    InstrumentId instrument;
    Side side;
    ClientOrderId id;
  };
  // When no order of ours is left and nobody reports any more: `found` are the executions that were
  // not told, and then what became of `orders`; also those before something went wrong.
  std::string run_last(Questions& venue, std::span<const UnsettledOrder> orders,
                       std::vector<Event>& found);

 private:
  static constexpr int kCancelRounds = 5;
  static constexpr int kOpeningRounds = 5;
  static constexpr int kTradePagesMax = 100;
  static constexpr std::uint64_t kTradePage = 1000;

  struct OldOrder {
    std::uint64_t order_id;
    std::string client_id;
    ClientOrderId id;
    bool executed;  // in part
  };
  struct OpenOrders {
    std::vector<OldOrder> old;   // of earlier starts of this engine
    std::vector<OldOrder> kept;  // of those: may go on
    std::uint64_t foreign = 0;   // of people and other engines
  };
  // Venue order numbers are unique on one symbol only.
  using OrderKey = std::pair<InstrumentId, std::uint64_t>;

  bool may_go_on(InstrumentId i, const OrderRecord& order, std::size_t kept) const;
  std::string list_orders(Questions& venue, InstrumentId i, OpenOrders& open);
  std::string settle_orders(Questions& venue, InstrumentId i, OrderConnection& into);
  std::string find_adoptable(Questions& venue, InstrumentId i, OrderConnection& into);
  using KnownTrades = std::vector<std::optional<std::uint64_t>>;  // by instrument
  std::string find_opening(Questions& venue, const KnownTrades& known, OrderConnection& into);
  std::string find_news(Questions& venue, const KnownTrades& known, OrderConnection& into);
  std::string look_at_trades(Questions& venue, const KnownTrades& known, OrderConnection& into);
  std::string look_again(Questions& venue, const KnownTrades& known, OrderConnection& into);
  std::string find_all(Questions& venue, std::span<const std::uint64_t> known_trades,
                       OrderConnection& into);
  std::string find_last_trade(Questions& venue, InstrumentId i, OrderConnection& into);
  std::string find_balances(Questions& venue, OrderConnection& into);
  enum class Fills : std::uint8_t {
    kTell,
    kCount  // only how many there are of ours
  };
  std::string find_trades(Questions& venue, InstrumentId i, std::uint64_t since,
                          OrderConnection& into, Fills fills = Fills::kTell);
  bool adopts() const { return adopted_max_ > 0 && !(begins_ && tried_too_long_); }
  std::string find_end(Questions& venue, const UnsettledOrder& order, OrderConnection& into);
  std::string whose(Questions& venue, InstrumentId i, std::uint64_t order_id, ClientOrderId& id);
  void collect(OrderConnection& into);

  const InstrumentMap& instruments_;
  Identity self_;
  std::size_t adopted_max_;
  Nanos adoption_patience_;
  SessionLink& link_;
  VenueOrderIds no_ids_{4};
  std::vector<std::atomic<std::uint64_t>> no_trades_;
  SpscRing<Event> found_;
  OrderEvents events_;
  std::map<OrderKey, ClientOrderId> owners_;  // of one run; 0: not ours
  std::set<OrderKey> traded_;                 // with executions that one run has found
  std::vector<std::size_t> kept_;             // by instrument: orders that may go on
  std::uint64_t foreign_ = 0;
  bool begins_ = false;  // nothing was told yet
  Nanos tried_since_{};  // the first run; 0: none
  bool tried_too_long_ = false;
  int own_trades_ = 0;  // in the trades that were read last
};

}  // namespace mm::binance::orders
