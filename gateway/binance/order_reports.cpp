// OrderEvents: what the user data stream and lists of open orders tell.
#include <algorithm>
#include <utility>

#include "gateway/binance/order_events.h"
#include "gateway/binance/read_lag.h"

namespace mm::binance::orders {
namespace {

// What has ended may still be in a list of what is open; but not for so long.
constexpr Nanos kEndLagMax{5 * kSecond.v};

Side side_of(std::string_view word) {
  return word == "SELL" ? Side::kSell : Side::kBuy;
}

RejectReason expiry_reason(const ExecutionReport& report) {
  if (report.execution == "TRADE_PREVENTION" || report.status == "EXPIRED_IN_MATCH") {
    return RejectReason::kSelfTrade;
  }
  return report.expiry_reason == "EXCHANGE_CANCELED" ? RejectReason::kMarketHalted
                                                     : RejectReason::kOther;
}

RejectReason refusal_reason(std::string_view word) {
  if (word == "WOULD_MATCH_IMMEDIATELY") return RejectReason::kWouldCross;
  return word == "INSUFFICIENT_BALANCES" ? RejectReason::kInsufficientBalance
                                         : RejectReason::kOther;
}

}  // namespace

// Whose it is, then what happened. In the report of a cancel `c` names the cancel, `C` the order.
void OrderEvents::on_report(const ExecutionReport& report) {
  const InstrumentId i = instruments_.find(report.symbol);
  if (i == kNoInstrument) {
    ++counters_.foreign_reports;
    return;
  }
  raise_last_trade(i, report.trade_id);
  const VenueOrderId venue_id(report.order_id);
  auto id = parse_client_id(report.original_client_id);
  if (!id) id = parse_client_id(report.client_id);
  if (!id) id = venue_ids_.find(i, venue_id);
  const Owner owner = id->v == 0 ? Owner::kForeign : owner_of(*id, self_);
  if (!is_ours(owner, *id)) return;
  const Shape order{.instrument = i,
                    .side = side_of(report.side),
                    .id = *id,
                    .venue_id = venue_id,
                    .lots = instruments_.lots(i, report.quantity),
                    .executed = instruments_.lots(i, report.executed),
                    .prevented = instruments_.lots(i, report.prevented),
                    .ticks = instruments_.ticks(i, report.price)};
  if (report.execution == "TRADE") return on_fill(report, order);
  if (report.execution == "NEW") return opened(order);
  if (report.execution == "REPLACED") return amended(order);
  if (report.execution == "CANCELED") return ended(EventKind::kCanceled, order, {});
  if (report.execution == "EXPIRED" || report.execution == "TRADE_PREVENTION") {
    // A prevented trade may also leave the order on the book, smaller.
    if (phase_of(report.status) == OrderPhase::kOpen) return shrunk(order);
    return ended(EventKind::kExpired, order, expiry_reason(report));
  }
  if (report.execution != "REJECTED") {
    ++counters_.unknown_words;
    return;
  }
  OrderFacts* const facts = facts_.find(order.id);
  // Of the new half of a replace the answer says more.
  if (facts == nullptr || facts->refused || facts->replaces.v != 0) return;
  facts->refused = true;
  Command place;
  place.kind = CommandKind::kPlace;
  place.id = order.id;
  place.instrument = i;
  place.side = order.side;
  emit(failure_event(EventKind::kRejected, place, refusal_reason(report.reject_reason), Nanos(0)));
}

// Others' are counted, and that is all; a rival's are remembered too.
bool OrderEvents::is_ours(Owner owner, ClientOrderId id) {
  if (owner == Owner::kForeign) ++counters_.foreign_reports;
  if (owner == Owner::kOtherInstance) ++counters_.other_instances;
  if (owner == Owner::kLater || (owner == Owner::kOurs && !facts_.was_opened(id))) {
    ++counters_.rivals;
    rival_ = id;
    return false;
  }
  return owner == Owner::kOurs || owner == Owner::kEarlier;
}

// On the book: a placed order, or the one that took another's place.
void OrderEvents::opened(const Shape& order) {
  venue_ids_.insert(order.instrument, order.venue_id, order.id);
  OrderFacts* const facts = facts_.find(order.id);
  if (facts == nullptr || facts->refused) return tell_open(order);
  if (facts->accepted || facts->ended) {
    ++counters_.repeats;
    return;
  }
  facts->accepted = true;
  facts->venue_id = order.venue_id;
  facts->opened = now_;
  facts->instrument = order.instrument;
  facts->side = order.side;
  Event event = report_event(EventKind::kAccepted, order, order.lots);
  if (facts->replaces.v != 0) {
    event.kind = EventKind::kReplaced;
    event.report.id = facts->replaces;
    event.report.new_id = order.id;
  }
  emit(event);
}

void OrderEvents::amended(const Shape& order) {
  OrderFacts* const facts = facts_.find(order.id);
  if (facts != nullptr && facts->lots == order.lots) {
    ++counters_.repeats;
    return;
  }
  emit(report_event(EventKind::kAmended, order, order.lots));
  if (facts == nullptr) return;
  facts->lots = order.lots;
  // What was prevented before is no part of what rests now, either.
  Shape whole = order;
  whole.prevented = std::max(order.prevented, std::exchange(facts->prevented, Lots(0)));
  shrunk(whole);
}

// Self-trade prevention by decrement has taken some of it without a trade: less rests.
void OrderEvents::shrunk(const Shape& order) {
  OrderFacts* const facts = facts_.find(order.id);
  const Lots told = facts != nullptr ? facts->prevented : Lots(0);
  if (order.prevented <= told || order.prevented > order.lots) return;
  if (facts != nullptr) facts->prevented = order.prevented;
  Event event = report_event(EventKind::kAmended, order, order.lots - order.prevented);
  event.report.reason = RejectReason::kSelfTrade;
  emit(event);
}

void OrderEvents::ended(EventKind kind, const Shape& order, RejectReason reason) {
  OrderFacts* const facts = facts_.find(order.id);
  if ((facts != nullptr && facts->ended) || ends_later(order.id)) {
    ++counters_.repeats;
    return;
  }
  Event event = report_event(kind, order, order.executed);
  event.report.reason = reason;
  // The core knows no more of it than we do: its fills are there before its end.
  const bool unknown = facts == nullptr && order.executed > Lots(0);
  if (!unknown || !want_trades(order, event, now_ + kReadLagMax)) tell(event);
}

void OrderEvents::on_fill(const ExecutionReport& report, const Shape& order) {
  venue_ids_.insert(order.instrument, order.venue_id, order.id);
  TradeRecord trade;
  trade.trade_id = report.trade_id;
  trade.price = report.last_price;
  trade.quantity = report.last_quantity;
  trade.fee = report.fee;
  trade.fee_asset = report.fee_asset;
  trade.buyer = order.side == Side::kBuy;
  trade.maker = report.maker;
  on_trade(order.instrument, order.id, trade);
  OrderFacts* const facts = facts_.find(order.id);
  if (facts == nullptr) return;
  // No more than was told: what is missing is asked for until it has come.
  if (report.trade_id > facts->last_trade) {
    facts->executed += instruments_.lots(order.instrument, report.last_quantity);
  }
  facts->last_trade = std::max(facts->last_trade, report.trade_id);
  const Lots prevented = std::max(order.prevented, facts->prevented);
  const bool over = order.executed + prevented >= order.lots;
  if (over && prevented > Lots(0)) {
    return ended(EventKind::kExpired, order, RejectReason::kSelfTrade);
  }
  const bool filled = over && phase_of(report.status) == OrderPhase::kFilled;
  const bool missing = order.executed > facts->executed && !facts->ended;
  if (missing) {
    const Event state =
        status_event(order, filled ? OrderStatusCode::kFilled : OrderStatusCode::kOpen);
    if (!want_trades(order, state)) tell(state);
  } else if (filled) {
    facts->end(now_);
  }  // else it rests, or a part was prevented: a sweep tells
}

void OrderEvents::on_balances(std::span<const BalanceRecord> balances, std::int64_t as_of_ms) {
  for (const BalanceRecord& b : balances) {
    for (const auto& [instrument, asset] : instruments_.uses(b.asset)) {
      if (out_.free_slots() <= kRoom / 2) {  // the next one tells the same again
        ++counters_.balances_left_out;
        continue;
      }
      Event event;
      event.kind = EventKind::kBalance;
      event.instrument = instrument;
      event.balance = {Amount(b.free), Amount(b.locked), asset, {}};
      tell_balance(event, as_of_ms);
    }
  }
}

// Of two sources, or two connections, the slower one may tell what is over.
void OrderEvents::tell_balance(const Event& event, std::int64_t as_of_ms) {
  const auto asset = static_cast<std::size_t>(event.balance.asset);
  std::int64_t& told = balances_as_of_ms_[event.instrument][asset];
  if (as_of_ms != 0 && as_of_ms < told) {
    ++counters_.stale_balances;
    return;
  }
  told = std::max(told, as_of_ms);
  emit(event);
}

// In a list an order speaks for itself.
OrderEvents::Shape OrderEvents::shape_of(InstrumentId i, ClientOrderId id,
                                         const OrderRecord& record) const {
  return {.instrument = i,
          .side = side_of(record.side),
          .id = id,
          .venue_id = VenueOrderId(record.order_id),
          .lots = instruments_.lots(i, record.quantity),
          .executed = instruments_.lots(i, record.executed),
          .prevented = instruments_.lots(i, record.prevented),
          .ticks = instruments_.ticks(i, record.price)};
}

// What it has executed beyond what was told is asked for, as of any order.
void OrderEvents::adopt(const AdoptableOrder& known, const OrderRecord& record) {
  const Shape order = shape_of(known.instrument, known.id, record);
  const Lots lots = order.lots - order.prevented;
  if (facts_.find(order.id) != nullptr || known.executed >= lots) return;
  OrderFacts* const facts = facts_.adopt(order.id);
  if (facts == nullptr) return;
  ++counters_.adopted;
  facts->venue_id = order.venue_id;
  facts->lots = order.lots;
  facts->prevented = order.prevented;
  facts->executed = known.executed;
  facts->last_trade = known.last_trade;
  facts->opened = now_;
  facts->instrument = order.instrument;
  facts->side = order.side;
  facts->accepted = true;
  Event event = report_event(EventKind::kAdopted, order, {});
  event.adoption = {order.id, order.venue_id, lots, known.executed, order.ticks, {}};
  emit(event);
}

void OrderEvents::on_open_order(InstrumentId instrument, const OrderRecord& record, Nanos asked) {
  const auto id = parse_client_id(record.client_id);
  const Owner owner = id ? owner_of(*id, self_) : Owner::kForeign;
  if (!is_ours(owner, id.value_or(ClientOrderId(0)))) return;
  const Shape order = shape_of(instrument, *id, record);
  venue_ids_.insert(instrument, order.venue_id, order.id);
  OrderFacts* const facts = facts_.find(*id);
  if (facts != nullptr && facts->ended) {
    // It lags behind, or the venue was wrong when it said that the order had ended.
    if (asked <= facts->ended_at + kEndLagMax) return;
    facts->ended = false;
    facts->accepted = true;
    return tell_risen(order);
  }
  tell_open(order);
  shrunk(order);
  if (facts != nullptr && order.executed > facts->executed) want_trades(order);
}

void OrderEvents::on_list(InstrumentId instrument, std::span<const OrderRecord> orders,
                          Nanos asked) {
  ++list_;
  for (const OrderRecord& order : orders) {
    on_open_order(instrument, order, asked);
    const auto id = parse_client_id(order.client_id);
    OrderFacts* const facts = id ? facts_.find(*id) : nullptr;
    if (facts != nullptr) facts->listed = list_;
  }
  facts_.for_each([&](const OrderFacts& facts) {
    const bool expected =
        facts.is_open() && facts.instrument == instrument && facts.opened + kReadLagMax < asked;
    if (!expected || facts.listed == list_) return;
    ++counters_.unlisted;
    Command nothing_asked;
    nothing_asked.id = facts.id;
    nothing_asked.instrument = instrument;
    nothing_asked.side = facts.side;
    emit(failure_event(EventKind::kOutcomeUnknown, nothing_asked, RejectReason::kOther, Nanos(0)));
  });
}

// Unasked. The core may have given it up, or never have known it: then it cancels it.
void OrderEvents::tell_open(const Shape& order) {
  const OrderFacts* const facts = facts_.find(order.id);
  if (facts == nullptr || facts->refused) ++counters_.strays;
  emit(status_event(order, OrderStatusCode::kOpen));
}

// The reason tells it from what lags behind.
void OrderEvents::tell_risen(const Shape& order) {
  ++counters_.risen;
  Event event = status_event(order, OrderStatusCode::kOpen);
  event.report.reason = RejectReason::kOther;
  emit(event);
}

// Its end is known, and waits for its fills.
bool OrderEvents::ends_later(ClientOrderId id) const {
  return std::ranges::any_of(follow_ups_, [&](const FollowUp& f) {
    return f.command.id == id && f.then.kind != EventKind::kNone &&
           f.then.kind != EventKind::kOrderStatus;
  });
}

// False if there is no room: the order is asked for again.
bool OrderEvents::want_trades(const Shape& order, const Event& then, Nanos due) {
  if (follow_ups_.size() == follow_ups_.capacity()) return false;
  Command command;
  command.kind = CommandKind::kQueryOrder;
  command.instrument = order.instrument;
  command.side = order.side;
  command.id = order.id;
  command.venue_id = order.venue_id;
  follow_ups_.push_back({Purpose::kTrades, command, then, due});
  return true;
}

}  // namespace mm::binance::orders
