#include "gateway/binance/reconciler.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <thread>

#include "engine/runtime/clock.h"
#include "gateway/binance/read_lag.h"

namespace mm::binance::orders {

Reconciler::Reconciler(const InstrumentMap& instruments, Identity self, std::size_t adopted_max,
                       SessionLink& link, Nanos adoption_patience)
    : instruments_(instruments),
      self_(self),
      adopted_max_(adopted_max),
      adoption_patience_(adoption_patience),
      link_(link),
      no_trades_(instruments.size()),
      found_(std::bit_ceil(4 * OrderEvents::kRoom)),
      events_(instruments, self, 0, no_ids_, no_trades_, found_) {}

std::string Reconciler::run(Questions& venue, std::span<const std::uint64_t> known_trades,
                            OrderConnection& into) {
  const Nanos now = Clock().now();
  if (tried_since_ == Nanos{}) tried_since_ = now;
  tried_too_long_ = now - tried_since_ > adoption_patience_;
  std::string error = find_all(venue, known_trades, into);
  if (!error.empty() && adopted_max_ > 0 && !adopts()) {
    error +=
        "; that takes too long: open orders of an earlier start are cancelled where they are "
        "listed, none goes on";
  }
  return error;
}

std::string Reconciler::find_all(Questions& venue, std::span<const std::uint64_t> known_trades,
                                 OrderConnection& into) {
  owners_.clear();
  traded_.clear();
  kept_.assign(instruments_.size(), 0);
  foreign_ = 0;
  begins_ = !link_.begun.load(std::memory_order_acquire);
  into.last_trade_ids.assign(instruments_.size(), 0);
  // Orders that go on have executed until now, and what they did just before their reports came
  // here may not be listed yet.
  if (begins_ && adopts()) {
    std::this_thread::sleep_for(std::chrono::nanoseconds(kReadLagMax.v));
  }
  KnownTrades known(instruments_.size());
  for (std::size_t n = 0; n < instruments_.size(); ++n) {
    const auto i = static_cast<InstrumentId>(n);
    if (std::string error = settle_orders(venue, i, into); !error.empty()) return error;
    const bool configured = n < known_trades.size();
    const std::uint64_t told = link_.last_trades[n].load(std::memory_order_acquire);
    if (configured || told != 0 || link_.untraded[n].load(std::memory_order_acquire)) {
      known[n] = std::max(configured ? known_trades[n] : 0, told);
    }
  }
  std::string error = begins_ ? find_opening(venue, known, into) : find_news(venue, known, into);
  for (std::size_t n = 0; begins_ && n < instruments_.size() && error.empty(); ++n) {
    if (kept_[n] > 0) error = find_adoptable(venue, static_cast<InstrumentId>(n), into);
  }
  if (!error.empty()) return error;
  link_.foreign_orders.store(foreign_, std::memory_order_release);
  link_.reconciliations.fetch_add(1, std::memory_order_acq_rel);
  return {};
}

void Reconciler::collect(OrderConnection& into) {
  Event event;
  while (found_.try_pop(event)) into.findings.push_back(event);
}

// Once something was told, those that went on must not be cancelled here: the core knows which.
bool Reconciler::may_go_on(InstrumentId i, const OrderRecord& order, std::size_t kept) const {
  if (!adopts() || !begins_) return adopts();
  for (const std::size_t others : kept_) kept += others;
  return kept < adopted_max_ && instruments_.is_on_grid(i, order.price, order.quantity) &&
         instruments_.is_on_grid(i, order.price, order.executed);
}

// What is open on the symbol; of that, what an earlier start of this engine has left.
std::string Reconciler::list_orders(Questions& venue, InstrumentId i, OpenOrders& open) {
  open = {};
  const std::string symbol(instruments_[i].symbol());
  std::string error = venue.ask_signed("openOrders.status", {{"symbol", symbol}});
  if (!error.empty()) return error;
  for (const OrderRecord& order : venue.response().orders) {
    const auto id = parse_client_id(order.client_id);
    const Owner owner = id ? owner_of(*id, self_) : Owner::kForeign;
    if (owner == Owner::kLater) link_.rival.store(id->v, std::memory_order_release);
    const bool ours = owner == Owner::kOurs || owner == Owner::kEarlier;
    owners_[{i, order.order_id}] = ours ? *id : ClientOrderId(0);
    if (!ours) ++open.foreign;
    if (owner != Owner::kEarlier) continue;
    auto& those = may_go_on(i, order, open.kept.size()) ? open.kept : open.old;
    those.push_back({order.order_id, std::string(order.client_id), *id, order.executed > 0});
  }
  return {};
}

std::string Reconciler::settle_orders(Questions& venue, InstrumentId i, OrderConnection& into) {
  OpenOrders open;
  const std::string symbol(instruments_[i].symbol());
  for (int round = 0; round < kCancelRounds; ++round) {
    if (std::string error = list_orders(venue, i, open); !error.empty()) return error;
    if (open.old.empty()) {
      foreign_ += open.foreign;
      kept_[i] = open.kept.size();
      into.open_orders.push_back(padded(venue.text()));
      return {};
    }
    for (const OldOrder& order : open.old) {
      std::string error =
          venue.ask_signed("order.cancel", {{"symbol", symbol},
                                            number_param("orderId", order.order_id),
                                            {"origClientOrderId", order.client_id}});
      if (error.empty()) {
        link_.old_orders_canceled.fetch_add(1, std::memory_order_acq_rel);
      } else if (!venue.answered()) {
        return error;  // refused is fine (it was filled just now): the list tells
      }
    }
  }
  return fmt::format("{}: {} orders of an earlier start are still open after {} attempts", symbol,
                     open.old.size(), kCancelRounds);
}

// Listed again, and only then asked what it has executed: that holds all executions that were found
// before. What came after them will be told by the user data, or be missing and asked for.
std::string Reconciler::find_adoptable(Questions& venue, InstrumentId i, OrderConnection& into) {
  kept_[i] = 0;
  OpenOrders open;
  if (std::string error = list_orders(venue, i, open); !error.empty()) return error;
  kept_[i] = open.kept.size();
  into.open_orders[i] = padded(venue.text());
  for (const OldOrder& order : open.kept) {
    AdoptableOrder adoptable{
        .instrument = i, .id = order.id, .executed = {}, .last_trade = into.last_trade_ids[i]};
    if (order.executed || traded_.contains({i, order.order_id})) {
      std::string error =
          venue.ask_signed("myTrades", {{"symbol", std::string(instruments_[i].symbol())},
                                        number_param("orderId", order.order_id),
                                        number_param("limit", kTradePage)});
      if (!error.empty()) return error;
      for (const TradeRecord& t : venue.response().trades) {
        if (t.trade_id > adoptable.last_trade) continue;
        adoptable.executed += instruments_.lots(i, t.quantity);
      }
      if (venue.response().trades.size() >= kTradePage) continue;  // there may be more
    }
    into.adoptable.push_back(adoptable);
  }
  return {};
}

std::string Reconciler::find_balances(Questions& venue, OrderConnection& into) {
  std::string error = venue.ask_signed("account.status", {});
  if (!error.empty()) return error;
  std::erase_if(into.findings, [](const Event& e) { return e.kind == EventKind::kBalance; });
  into.balance_time_ms = venue.response().update_time_ms;
  for (const BalanceRecord& balance : venue.response().balances) {
    events_.on_balances({&balance, 1}, 0);
    collect(into);
  }
  for (const Instrument& i : instruments_.all()) {
    for (const std::string_view asset : {i.base(), i.quote()}) {
      const std::span<const BalanceRecord> told = venue.response().balances;
      if (std::ranges::find(told, asset, &BalanceRecord::asset) != told.end()) continue;
      const BalanceRecord nothing{.asset = asset};  // which venues may leave out
      events_.on_balances({&nothing, 1}, 0);
      collect(into);
    }
  }
  return {};
}

// Balances and the last trade of one instant: a trade of ours in between would be in the opening
// and counted as a fill too, or in neither. Others' move the balance whenever they like. What was
// traded since the last known one comes first.
std::string Reconciler::find_opening(Questions& venue, const KnownTrades& known,
                                     OrderConnection& into) {
  for (int round = 0; round < kOpeningRounds; ++round) {
    if (std::string error = look_at_trades(venue, known, into); !error.empty()) return error;
    if (std::string error = find_balances(venue, into); !error.empty()) return error;
    own_trades_ = 0;
    if (std::string error = look_again(venue, known, into); !error.empty()) return error;
    if (own_trades_ == 0) return {};
  }
  return "orders of ours traded whenever the balances were read";
}

std::string Reconciler::find_news(Questions& venue, const KnownTrades& known,
                                  OrderConnection& into) {
  std::string error = find_balances(venue, into);
  return error.empty() ? look_at_trades(venue, known, into) : error;
}

std::string Reconciler::look_at_trades(Questions& venue, const KnownTrades& known,
                                       OrderConnection& into) {
  for (std::size_t n = 0; n < instruments_.size(); ++n) {
    const auto i = static_cast<InstrumentId>(n);
    const std::uint64_t since = std::max(known[n].value_or(0), into.last_trade_ids[n]);
    std::string error =
        known[n] ? find_trades(venue, i, since, into) : find_last_trade(venue, i, into);
    if (!error.empty()) return error;
  }
  return {};
}

// Behind what was just found; where nothing was known before, that is where the opening is.
std::string Reconciler::look_again(Questions& venue, const KnownTrades& known,
                                   OrderConnection& into) {
  for (std::size_t n = 0; n < instruments_.size(); ++n) {
    const std::uint64_t since = std::max(known[n].value_or(0), into.last_trade_ids[n]);
    std::string error = find_trades(venue, static_cast<InstrumentId>(n), since, into,
                                    known[n] ? Fills::kTell : Fills::kCount);
    if (!error.empty()) return error;
  }
  return {};
}

// At start: what was traded before is not ours to count.
std::string Reconciler::find_last_trade(Questions& venue, InstrumentId i, OrderConnection& into) {
  const std::string symbol(instruments_[i].symbol());
  std::string error = venue.ask_signed("myTrades", {{"symbol", symbol}, number_param("limit", 1)});
  if (!error.empty()) return error;
  for (const TradeRecord& t : venue.response().trades) {
    into.last_trade_ids[i] = std::max(into.last_trade_ids[i], t.trade_id);
  }
  link_.untraded[i].store(venue.response().trades.empty(), std::memory_order_release);
  return {};
}

std::string Reconciler::find_trades(Questions& venue, InstrumentId i, std::uint64_t since,
                                    OrderConnection& into, Fills fills) {
  const std::string symbol(instruments_[i].symbol());
  for (int page = 0; page < kTradePagesMax; ++page) {
    std::string error = venue.ask_signed(
        "myTrades",
        {{"symbol", symbol}, number_param("fromId", since + 1), number_param("limit", kTradePage)});
    if (!error.empty()) return error;
    const std::uint64_t known = since;
    // Copied: asking whose an order is takes the parser.
    const std::span<const TradeRecord> records = venue.response().trades;
    std::vector<TradeRecord> trades(records.begin(), records.end());
    std::vector<std::string> fee_assets;
    for (TradeRecord& t : trades) fee_assets.emplace_back(t.fee_asset);
    for (std::size_t k = 0; k < trades.size(); ++k) {
      trades[k].fee_asset = fee_assets[k];
      trades[k].symbol = symbol;
      if (trades[k].trade_id <= known) continue;
      since = std::max(since, trades[k].trade_id);
      ClientOrderId id;
      if (error = whose(venue, i, trades[k].order_id, id); !error.empty()) return error;
      if (id.v == 0) continue;
      ++own_trades_;
      if (fills == Fills::kCount) continue;
      traded_.emplace(i, trades[k].order_id);
      events_.on_trade(i, id, trades[k]);
      collect(into);
    }
    into.last_trade_ids[i] = since;
    if (trades.size() < kTradePage) return {};
  }
  return fmt::format("{}: more than {} trades since the last known one", symbol,
                     kTradePagesMax * kTradePage);
}

std::string Reconciler::run_last(Questions& venue, std::span<const UnsettledOrder> orders,
                                 std::vector<Event>& found) {
  owners_.clear();
  OrderConnection into;
  into.last_trade_ids.assign(instruments_.size(), 0);
  std::string error;
  for (std::size_t n = 0; n < instruments_.size() && error.empty(); ++n) {
    const std::uint64_t told = link_.last_trades[n].load(std::memory_order_acquire);
    error = find_trades(venue, static_cast<InstrumentId>(n), told, into);
  }
  for (std::size_t k = 0; k < orders.size() && error.empty(); ++k) {
    error = find_end(venue, orders[k], into);
  }
  found = std::move(into.findings);
  return error;
}

std::string Reconciler::find_end(Questions& venue, const UnsettledOrder& order,
                                 OrderConnection& into) {
  const ClientIdText id = client_id_text(order.id);
  std::string error = venue.ask_signed(
      "order.status", {{"symbol", std::string(instruments_[order.instrument].symbol())},
                       {"origClientOrderId", std::string(id.data(), id.size())}});
  const Response& r = venue.response();
  const bool unknown =
      venue.answered() && judge(r.status, r.error).reason == RejectReason::kUnknownOrder;
  if (!error.empty() && !unknown) return error;
  events_.on_end_found(order.instrument, order.side, order.id, r);
  collect(into);
  return {};
}

// Known from before, from the list, or asked for by number. 0: not an order of this engine.
std::string Reconciler::whose(Questions& venue, InstrumentId i, std::uint64_t order_id,
                              ClientOrderId& id) {
  id = link_.venue_ids.find(i, VenueOrderId(order_id));
  if (id.v != 0) return {};
  const auto known = owners_.find({i, order_id});
  if (known != owners_.end()) {
    id = known->second;
    return {};
  }
  std::string error = venue.ask_signed(
      "order.status",
      {{"symbol", std::string(instruments_[i].symbol())}, number_param("orderId", order_id)});
  if (!error.empty() && !venue.answered()) return error;
  if (error.empty()) {
    const auto parsed = parse_client_id(venue.response().order.own_client_id());
    const Owner owner = parsed ? owner_of(*parsed, self_) : Owner::kForeign;
    if (owner == Owner::kOurs || owner == Owner::kEarlier) id = *parsed;
  } else if (judge(venue.response().status, venue.response().error).reason !=
             RejectReason::kUnknownOrder) {
    return error;
  }
  owners_[{i, order_id}] = id;
  return {};
}

}  // namespace mm::binance::orders
