#include "gateway/binance/reconciler.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>

namespace mm::binance::orders {

Reconciler::Reconciler(const InstrumentMap& instruments, Identity self, SessionLink& link)
    : instruments_(instruments),
      self_(self),
      link_(link),
      no_trades_(instruments.size()),
      found_(std::bit_ceil(4 * OrderEvents::kRoom)),
      events_(instruments, self, 0, no_ids_, no_trades_, found_) {}

std::string Reconciler::run(Questions& venue, std::span<const std::uint64_t> known_trades,
                            OrderConnection& into) {
  owners_.clear();
  foreign_ = 0;
  superseded_ = false;
  into.last_trade_ids.assign(instruments_.size(), 0);
  KnownTrades known(instruments_.size());
  for (std::size_t n = 0; n < instruments_.size(); ++n) {
    const auto i = static_cast<InstrumentId>(n);
    if (std::string error = settle_orders(venue, i, into); !error.empty()) return error;
    const std::uint64_t configured = n < known_trades.size() ? known_trades[n] : 0;
    const std::uint64_t told = link_.last_trades[n].load(std::memory_order_acquire);
    const std::uint64_t last = std::max(configured, told);
    if (last != 0 || link_.untraded[n].load(std::memory_order_acquire)) known[n] = last;
  }
  if (std::string error = find_opening(venue, known, into); !error.empty()) return error;
  for (std::size_t n = 0; n < instruments_.size(); ++n) {
    if (!known[n]) continue;
    std::string error = find_trades(venue, static_cast<InstrumentId>(n), *known[n], into);
    if (!error.empty()) return error;
  }
  link_.foreign_orders.store(foreign_, std::memory_order_release);
  link_.reconciliations.fetch_add(1, std::memory_order_acq_rel);
  return {};
}

void Reconciler::collect(OrderConnection& into) {
  Event event;
  while (found_.try_pop(event)) into.findings.push_back(event);
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
    if (owner == Owner::kLater) {
      superseded_ = true;
      return fmt::format(
          "{}: order {} is of start {} of instance {}, and we are start {}: another host runs "
          "this instance",
          symbol, order.client_id, parts(*id).epoch, self_.instance, self_.epoch);
    }
    const bool ours = owner == Owner::kOurs || owner == Owner::kEarlier;
    owners_[{i, order.order_id}] = ours ? *id : ClientOrderId(0);
    if (!ours) ++open.foreign;
    if (owner == Owner::kEarlier)
      open.old.push_back({order.order_id, std::string(order.client_id)});
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

std::string Reconciler::find_balances(Questions& venue, OrderConnection& into) {
  std::string error = venue.ask_signed("account.status", {});
  if (!error.empty()) return error;
  into.findings.clear();
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

// Balances and, where we start, the last trade, of one instant: a trade in between would be in the
// opening and counted as a fill too, or in neither.
std::string Reconciler::find_opening(Questions& venue, const KnownTrades& known,
                                     OrderConnection& into) {
  for (int round = 0; round < kOpeningRounds; ++round) {
    if (std::string error = find_last_trades(venue, known, into); !error.empty()) return error;
    const std::vector<std::uint64_t> before = into.last_trade_ids;
    if (std::string error = find_balances(venue, into); !error.empty()) return error;
    if (std::string error = find_last_trades(venue, known, into); !error.empty()) return error;
    if (into.last_trade_ids == before) return {};
  }
  return "the account traded whenever its balances were read";
}

// At start: what was traded before is not ours to count.
std::string Reconciler::find_last_trades(Questions& venue, const KnownTrades& known,
                                         OrderConnection& into) {
  for (std::size_t i = 0; i < instruments_.size(); ++i) {
    if (known[i]) continue;
    const std::string symbol(instruments_[static_cast<InstrumentId>(i)].symbol());
    std::string error =
        venue.ask_signed("myTrades", {{"symbol", symbol}, number_param("limit", 1)});
    if (!error.empty()) return error;
    for (const TradeRecord& t : venue.response().trades) {
      into.last_trade_ids[i] = std::max(into.last_trade_ids[i], t.trade_id);
    }
    link_.untraded[i].store(venue.response().trades.empty(), std::memory_order_release);
  }
  return {};
}

std::string Reconciler::find_trades(Questions& venue, InstrumentId i, std::uint64_t since,
                                    OrderConnection& into) {
  const std::string symbol(instruments_[i].symbol());
  for (int page = 0; page < kTradePagesMax; ++page) {
    std::string error = venue.ask_signed(
        "myTrades",
        {{"symbol", symbol}, number_param("fromId", since + 1), number_param("limit", kTradePage)});
    if (!error.empty()) return error;
    // Copied: asking whose an order is takes the parser.
    const std::span<const TradeRecord> records = venue.response().trades;
    std::vector<TradeRecord> trades(records.begin(), records.end());
    std::vector<std::string> fee_assets;
    for (TradeRecord& t : trades) fee_assets.emplace_back(t.fee_asset);
    for (std::size_t k = 0; k < trades.size(); ++k) {
      trades[k].fee_asset = fee_assets[k];
      trades[k].symbol = symbol;
      since = std::max(since, trades[k].trade_id);
      ClientOrderId id;
      if (error = whose(venue, i, trades[k].order_id, id); !error.empty()) return error;
      if (id.v == 0) continue;
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
