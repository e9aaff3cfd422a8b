// The exchange against a slow model of it: each price a list in order of arrival, accounts as sums.
//
// The model's market adds external quantity behind what stands there and cancels it from behind, so
// that its lists need no guess about queues. Same trades, books, orders and balances are asked for
// after every step.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <list>
#include <map>

#include "tests/exchange_harness.h"

namespace mm::sim {
namespace {

using test::ExchangeHarness;
using test::kEth;
using test::kUsdt;

constexpr std::int64_t kMid = 300'000;
constexpr int kAccounts = 3;

struct SlowOrder {
  AccountId account;
  NewOrder wanted;
  std::int64_t leaves, filled = 0;
  OrderStatusCode status = OrderStatusCode::kOpen;
};
struct SlowTrade {
  std::int64_t price, lots;
  std::uint64_t maker, taker;
  bool operator==(const SlowTrade&) const = default;
};
struct SlowFunds {
  std::int64_t base = 0, quote = 0;  // free and locked together
};

class SlowExchange {
 public:
  struct Entry {
    std::uint64_t order;  // 0: somebody else's
    std::int64_t lots;
  };
  using Levels = std::map<std::int64_t, std::list<Entry>>;

  explicit SlowExchange(const Instrument& instrument) : instrument_(instrument) {}

  Levels sides[2];
  std::map<std::uint64_t, SlowOrder> orders;
  std::vector<SlowTrade> trades;
  SlowFunds funds[kAccounts];
  SlowFunds lost;  // to fees and to others

  void display(Side side, std::int64_t price, std::int64_t lots) {
    sides[index(side)][price].push_back({0, lots});
    tidy(side);
  }
  // Up to so many from behind the last order; returns how many.
  std::int64_t withdraw(Side side, std::int64_t price, std::int64_t lots) {
    std::list<Entry>& level = sides[index(side)][price];
    std::int64_t gone = 0;
    while (!level.empty() && level.back().order == 0 && gone < lots) {
      const std::int64_t part = std::min(level.back().lots, lots - gone);
      gone += part;
      if ((level.back().lots -= part) == 0) level.pop_back();
    }
    return gone;
  }
  std::int64_t external(Side side, std::int64_t price) {
    std::int64_t sum = 0;
    for (const Entry& e : sides[index(side)][price]) sum += e.order == 0 ? e.lots : 0;
    return sum;
  }
  std::vector<std::pair<std::int64_t, std::int64_t>> levels(Side side) const {
    std::vector<std::pair<std::int64_t, std::int64_t>> out;
    for (const auto& [price, level] : sides[index(side)]) {
      std::int64_t sum = 0;
      for (const Entry& e : level) sum += e.lots;
      if (sum > 0) out.emplace_back(price, sum);
    }
    if (side == Side::kBuy) std::ranges::reverse(out);
    return out;
  }

  RejectReason place(AccountId account, const NewOrder& wanted) {
    const std::vector<Step> steps = plan(account, wanted);
    if (wanted.type == OrderType::kLimitMaker && would_match(wanted)) {
      return RejectReason::kWouldCross;
    }
    if (needed(wanted, steps) > free(account, wanted.side)) {
      return RejectReason::kInsufficientBalance;
    }
    const std::uint64_t id = ++last_id_;
    SlowOrder& order = orders[id] = {account, wanted, wanted.lots.v};
    const bool fok = wanted.type == OrderType::kLimit && wanted.time_in_force == TimeInForce::kFok;
    const bool takes =
        wanted.type != OrderType::kLimitMaker && (!fok || traded(steps) == order.leaves);
    const bool stopped = takes && carry_out(id, steps);
    const bool rests =
        wanted.type == OrderType::kLimitMaker ||
        (wanted.type == OrderType::kLimit && wanted.time_in_force == TimeInForce::kGtc && !stopped);
    if (order.leaves == 0) {
      order.status = OrderStatusCode::kFilled;
    } else if (rests) {
      sides[index(wanted.side)][wanted.price.v].push_back({id, order.leaves});
    } else {
      order.status = OrderStatusCode::kExpired;
    }
    return RejectReason::kNone;
  }
  bool cancel(AccountId account, std::uint64_t id, OrderStatusCode status) {
    const auto it = orders.find(id);
    if (it == orders.end() || it->second.account != account ||
        it->second.status != OrderStatusCode::kOpen) {
      return false;
    }
    it->second.status = status;
    const NewOrder& wanted = it->second.wanted;
    for (Entry& e : sides[index(wanted.side)][wanted.price.v]) {
      if (e.order == id) e.lots = 0;
    }
    tidy(wanted.side);
    return true;
  }
  void reduce(std::uint64_t id, std::int64_t leaves) {
    SlowOrder& order = orders.at(id);
    order.leaves = leaves;
    for (Entry& e : sides[index(order.wanted.side)][order.wanted.price.v]) {
      if (e.order == id) e.lots = leaves;
    }
  }
  // What open orders hold back.
  std::int64_t locked(AccountId account, Side side) const {
    std::int64_t sum = 0;
    for (const auto& [id, order] : orders) {
      if (order.status != OrderStatusCode::kOpen || order.account != account ||
          order.wanted.side != side) {
        continue;
      }
      sum += side == Side::kBuy ? quote_up(order.wanted.price.v, order.leaves) : base(order.leaves);
    }
    return sum;
  }

 private:
  struct Step {
    std::int64_t price;
    Entry* entry;
    std::int64_t lots;  // to trade; 0: this order of the account's own expires
    bool stop;          // and the taker ends here
  };

  // What is used up goes; neighbours that are somebody else's are one quantity.
  void tidy(Side side) {
    for (auto& [price, level] : sides[index(side)]) {
      level.remove_if([](const Entry& e) { return e.lots == 0; });
      for (auto it = level.begin(); it != level.end();) {
        const auto next = std::next(it);
        const bool joins = next != level.end() && it->order == 0 && next->order == 0;
        if (joins) next->lots += it->lots;
        it = joins ? level.erase(it) : next;
      }
    }
  }

  Int128 product(std::int64_t price, std::int64_t lots) const {
    return Int128{price} * instrument_.tick.v * lots * instrument_.lot.v;
  }
  std::int64_t quote(std::int64_t price, std::int64_t lots) const {
    return static_cast<std::int64_t>(product(price, lots) / kAmountScale);
  }
  std::int64_t quote_up(std::int64_t price, std::int64_t lots) const {
    return static_cast<std::int64_t>((product(price, lots) + kAmountScale - 1) / kAmountScale);
  }
  std::int64_t base(std::int64_t lots) const { return lots * instrument_.lot.v; }
  std::int64_t free(AccountId account, Side side) const {
    const SlowFunds& f = funds[account];
    return (side == Side::kBuy ? f.quote : f.base) - locked(account, side);
  }

  bool would_match(const NewOrder& wanted) {
    for (const auto& [price, level] : sides[index(opposite(wanted.side))]) {
      const bool reaches =
          wanted.side == Side::kBuy ? price <= wanted.price.v : price >= wanted.price.v;
      if (reaches && !level.empty()) return true;
    }
    return false;
  }

  // What an order would meet, in price-time order, until it is used up or stopped.
  std::vector<Step> plan(AccountId account, const NewOrder& wanted) {
    Levels& levels = sides[index(opposite(wanted.side))];
    std::vector<std::int64_t> prices;
    for (const auto& [price, level] : levels) prices.push_back(price);
    if (wanted.side == Side::kSell) std::ranges::reverse(prices);
    std::vector<Step> steps;
    std::int64_t left = wanted.lots.v;
    for (const std::int64_t price : prices) {
      const bool beyond =
          wanted.side == Side::kBuy ? price > wanted.price.v : price < wanted.price.v;
      if (beyond && wanted.type != OrderType::kMarket) break;
      for (Entry& entry : levels[price]) {
        if (left == 0) return steps;
        const bool own = entry.order != 0 && orders.at(entry.order).account == account;
        if (!own || wanted.self_trade == SelfTrade::kAllow) {
          const std::int64_t lots = std::min(left, entry.lots);
          left -= lots;
          steps.push_back({price, &entry, lots, false});
          continue;
        }
        const bool maker_ends = wanted.self_trade != SelfTrade::kExpireTaker;
        const bool taker_ends = wanted.self_trade != SelfTrade::kExpireMaker;
        steps.push_back({price, maker_ends ? &entry : nullptr, 0, taker_ends});
        if (taker_ends) return steps;
      }
    }
    return steps;
  }
  static std::int64_t traded(const std::vector<Step>& steps) {
    std::int64_t sum = 0;
    for (const Step& step : steps) sum += step.lots;
    return sum;
  }
  std::int64_t needed(const NewOrder& wanted, const std::vector<Step>& steps) const {
    if (wanted.side == Side::kSell) return base(wanted.lots.v);
    if (wanted.type != OrderType::kMarket) return quote_up(wanted.price.v, wanted.lots.v);
    std::int64_t sum = 0;
    for (const Step& step : steps) sum += quote(step.price, step.lots);
    return sum;
  }

  // True if the taker was stopped.
  bool carry_out(std::uint64_t taker, const std::vector<Step>& steps) {
    const Side side = orders.at(taker).wanted.side;
    bool stopped = false;
    std::vector<std::uint64_t> expired;
    for (const Step& step : steps) {
      stopped = stopped || step.stop;
      if (step.lots == 0) {
        if (step.entry != nullptr) expired.push_back(step.entry->order);
        continue;
      }
      const std::uint64_t maker = step.entry->order;
      step.entry->lots -= step.lots;
      trades.push_back({step.price, step.lots, maker, taker});
      settle(taker, side, step);
      settle(maker, opposite(side), step);
    }
    for (const std::uint64_t id : expired) {
      cancel(orders.at(id).account, id, OrderStatusCode::kExpired);
    }
    tidy(opposite(side));
    return stopped;
  }

  void settle(std::uint64_t id, Side side, const Step& step) {
    const std::int64_t got_base = sign(side) * base(step.lots);
    const std::int64_t got_quote = -sign(side) * quote(step.price, step.lots);
    if (id == 0) {
      lost.base += got_base;
      lost.quote += got_quote;
      return;
    }
    SlowOrder& order = orders.at(id);
    order.leaves -= step.lots;
    order.filled += step.lots;
    if (order.leaves == 0) order.status = OrderStatusCode::kFilled;
    SlowFunds& mine = funds[order.account];
    mine.base += got_base;
    mine.quote += got_quote;
    // 0.1 % of what came in, cut to 1e-8.
    const Int128 thousandth = product(step.price, step.lots) / 1'000;
    const std::int64_t fee = side == Side::kBuy
                                 ? got_base / 1'000
                                 : static_cast<std::int64_t>(thousandth / kAmountScale);
    (side == Side::kBuy ? mine.base : mine.quote) -= fee;
    (side == Side::kBuy ? lost.base : lost.quote) += fee;
  }

  Instrument instrument_;
  std::uint64_t last_id_ = 0;
};

// Both, side by side.
class Pair {
 public:
  explicit Pair(const Instrument& instrument)
      : slow_(instrument), h_(test::exchange_config(), test::two_listings(instrument)) {
    h_.exchange.open_account();
    for (AccountId a = 0; a < kAccounts; ++a) {
      slow_.funds[a] = {500 * instrument.lot.v, 150 * instrument.tick.v * instrument.lot.v / 300};
      h_.exchange.deposit(a, kEth, Amount(slow_.funds[a].base) - h_.total(a, kEth));
      h_.exchange.deposit(a, kUsdt, Amount(slow_.funds[a].quote) - h_.total(a, kUsdt));
    }
  }

  void step() {
    const Side side = *rc::gen::element(Side::kBuy, Side::kSell);
    const std::int64_t price = kMid + *rc::gen::inRange(-3, 4);
    const auto account = static_cast<AccountId>(*rc::gen::inRange(0, kAccounts));
    const std::uint64_t id = *rc::gen::inRange<std::uint64_t>(1, 20);
    switch (*rc::gen::inRange(0, 8)) {
      case 0:
        slow_.display(side, price, *rc::gen::inRange<std::int64_t>(1, 100));
        show(side, price);
        break;
      case 1:
        slow_.withdraw(side, price, *rc::gen::inRange<std::int64_t>(1, 100));
        show(side, price);
        break;
      case 2:
        RC_ASSERT((h_.exchange.cancel(account, VenueOrderId(id)).order != nullptr) ==
                  slow_.cancel(account, id, OrderStatusCode::kCanceled));
        break;
      case 3:
        replace(account, id, side, price);
        break;
      case 4:
        reduce(id);
        break;
      default:
        place(account, wanted(side, price));
    }
    take_notes();
  }

  void compare() {
    for (const Side side : {Side::kBuy, Side::kSell})
      RC_ASSERT(h_.levels(side) == slow_.levels(side));
    RC_ASSERT(trades_ == slow_.trades);
    for (const auto& [id, order] : slow_.orders) {
      const RestingOrder* ours = h_.exchange.find(order.account, VenueOrderId(id));
      if (ours == nullptr) continue;  // closed long ago
      RC_ASSERT(ours->status == order.status);
      RC_ASSERT(ours->filled.v == order.filled);
    }
    SlowFunds sum = slow_.lost;
    for (AccountId a = 0; a < kAccounts; ++a) {
      RC_ASSERT(h_.total(a, kEth).v == slow_.funds[a].base);
      RC_ASSERT(h_.total(a, kUsdt).v == slow_.funds[a].quote);
      const Accounts& accounts = h_.exchange.accounts();
      RC_ASSERT(accounts.funds(a, kEth).locked.v == slow_.locked(a, Side::kSell));
      RC_ASSERT(accounts.funds(a, kUsdt).locked.v == slow_.locked(a, Side::kBuy));
      RC_ASSERT(accounts.funds(a, kEth).free.v >= 0 && accounts.funds(a, kUsdt).free.v >= 0);
      sum.base += h_.total(a, kEth).v;
      sum.quote += h_.total(a, kUsdt).v;
    }
    if (start_.base == 0) start_ = sum;
    RC_ASSERT(sum.base == start_.base && sum.quote == start_.quote);
  }

 private:
  NewOrder wanted(Side side, std::int64_t price) {
    NewOrder order;
    order.id = ClientOrderId(++last_id_);
    order.side = side;
    order.type = *rc::gen::element(OrderType::kLimitMaker, OrderType::kLimit, OrderType::kLimit,
                                   OrderType::kMarket);
    order.time_in_force =
        *rc::gen::element(TimeInForce::kGtc, TimeInForce::kIoc, TimeInForce::kFok);
    order.self_trade = *rc::gen::element(SelfTrade::kAllow, SelfTrade::kExpireTaker,
                                         SelfTrade::kExpireMaker, SelfTrade::kExpireBoth);
    order.price = Ticks(price);
    order.lots = Lots(*rc::gen::inRange(1, 150));
    return order;
  }
  void place(AccountId account, const NewOrder& order) {
    const RejectReason slow = slow_.place(account, order);
    RC_ASSERT(h_.exchange.place(account, order).refusal.reason == slow);
  }
  void replace(AccountId account, std::uint64_t id, Side side, std::int64_t price) {
    const ReplaceMode mode =
        *rc::gen::element(ReplaceMode::kStopOnFailure, ReplaceMode::kAllowFailure);
    const NewOrder order = wanted(side, price);
    const ReplaceAnswer answer = h_.exchange.cancel_replace(account, VenueOrderId(id),
                                                            CancelRestriction::kNone, mode, order);
    const bool canceled = slow_.cancel(account, id, OrderStatusCode::kCanceled);
    RC_ASSERT(answer.canceled == (canceled ? Half::kSuccess : Half::kFailure));
    if (!canceled && mode == ReplaceMode::kStopOnFailure) {
      RC_ASSERT(answer.placed == Half::kNotAttempted);
      return;
    }
    RC_ASSERT(answer.place.refusal.reason == slow_.place(account, order));
  }
  void reduce(std::uint64_t id) {
    const auto it = slow_.orders.find(id);
    if (it == slow_.orders.end() || it->second.status != OrderStatusCode::kOpen) return;
    const std::int64_t leaves = *rc::gen::inRange<std::int64_t>(1, 150);
    const Lots lots(it->second.filled + leaves);
    const OrderAnswer answer =
        h_.exchange.amend_keep_priority(it->second.account, VenueOrderId(id), lots);
    RC_ASSERT((leaves < it->second.leaves) == (answer.order != nullptr));
    if (answer.order != nullptr) slow_.reduce(id, leaves);
  }
  // The market displays what is there and, knowing nothing of it, what was taken here.
  void show(Side side, std::int64_t price) {
    const std::int64_t displayed = slow_.external(side, price) + taken_[{side, price}];
    if (displayed == 0) taken_.erase({side, price});
    h_.display(side, price, displayed);
  }
  void take_notes() {
    for (const PublicTrade& t : h_.told.trades) {
      trades_.push_back({t.price.v, t.lots.v, t.maker_id.v, t.taker_id.v});
      RC_ASSERT(t.trade_id.v == trades_.size());
      if (t.maker_id.v == 0) taken_[{opposite(t.aggressor), t.price.v}] += t.lots.v;
    }
    h_.told.clear();
  }

  SlowExchange slow_;
  ExchangeHarness h_;
  std::vector<SlowTrade> trades_;
  std::map<std::pair<Side, std::int64_t>, std::int64_t> taken_;
  SlowFunds start_;
  std::uint64_t last_id_ = 0;
};

TEST(ExchangeModel, TradesBooksOrdersAndBalancesAgree) {
  ASSERT_TRUE(rc::check("the exchange is its slow model", [] {
    Instrument instrument = test::sim_spot();
    instrument.tick = Amount(*rc::gen::element(7, 1'000'000));
    instrument.lot = Amount(*rc::gen::element(1'300, 10'000));
    instrument.notional_min = Money(0);
    Pair pair(instrument);
    pair.compare();
    const auto steps = *rc::gen::inRange(1, 80);
    for (int step = 0; step < steps; ++step) {
      pair.step();
      pair.compare();
    }
  }));
}

}  // namespace
}  // namespace mm::sim
