#include "engine/app/session/start_recovery.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <set>
#include <thread>

#include "engine/app/session/last_arrival.h"
#include "engine/app/session/session_ledger.h"
#include "engine/core/decimal_text.h"
#include "engine/core/risk.h"
#include "engine/journal/instrument_text.h"
#include "engine/journal/journal_reader.h"
#include "gateway/binance/error_table.h"
#include "gateway/binance/signed_request.h"

namespace mm::app {
namespace {

namespace orders = binance::orders;

constexpr std::uint64_t kTradePage = 1000;
constexpr int kOpeningRounds = 5;
// How long orders of ours may refuse to go.
constexpr Nanos kCancelPatience{10 * kSecond.v};
// A pause that the venue wants while it is asked for trades is kept up to here.
constexpr Nanos kPatience{300 * kSecond.v};

// For what will not pass by itself.
constexpr const char* kWayOut =
    " ([session] goes_on = no starts without it, from [risk] start_position)";

// Its ledger has all that was ever sent: it was made now, of all the journal. Where the journal
// does not replay only what was heard is in it.
bool has_requests(const SessionCompletion& done) {
  const ReplayStatus status = done.replayed.status;
  return done.built && (status == ReplayStatus::kSame || status == ReplayStatus::kTorn);
}

// What a fill moves the position by.
Amount moved_by(const RecoveredFill& f, const Instrument& i) {
  const Amount base = base_amount(i, f.fill.lots) * (f.sell ? -1 : 1);
  return f.fill.fee_asset == Asset::kBase ? base - f.fill.fee : base;
}

}  // namespace

StartRecovery::StartRecovery(const Config& config, const orders::Credentials& credentials,
                             std::span<const Instrument> instruments, orders::Identity self,
                             RecoveryProgress progress, Nanos read_lag)
    : config_(config),
      instruments_(instruments),
      self_(self),
      account_(config.venue, credentials, instruments_.all(), pause_),
      venue_(account_.questions()),
      adopts_(config.execution.own_orders_at_start == OwnOrdersAtStart::kAdopt),
      read_lag_(read_lag),
      progress_(std::move(progress)) {}

std::string StartRecovery::run(const std::string& previous) {
  // First: that needs no ledger. And no order of ours can execute any more when executions are
  // asked for.
  if (std::string error = cancel_orders(); !error.empty()) return error;
  if (!previous.empty() && !config_.session.goes_on) {
    if (std::string error = leave_behind(previous); !error.empty()) return error;
  }
  if (!previous.empty() && config_.session.goes_on) {
    if (std::string error = read_previous(previous); !error.empty()) return error + kWayOut;
  }
  tell_canceled();
  account_.give_up_at(Clock().now() + kPatience);
  std::string error = find_opening();
  const bool told = error.ends_with(kWayOut);
  return error.empty() || !goes_on_ || told ? error : error + kWayOut;
}

std::string StartRecovery::find_opening() {
  for (std::size_t i = 0; i < instruments_.size(); ++i) begin(static_cast<InstrumentId>(i));
  std::vector<Amount> bases;
  await_lists();
  if (std::string error = look(bases); !error.empty()) return error;
  bool differs = false;
  for (std::size_t i = 0; i < bases.size(); ++i) {
    differs |= unexplained(instruments_[static_cast<InstrumentId>(i)], bases[i]) != Amount(0);
  }
  // Before anything is called somebody else's.
  if (differs && go_back()) {
    if (std::string error = look(bases); !error.empty()) return error;
  }
  for (std::size_t i = 0; i < instruments_.size(); ++i) {
    tell_recovered(static_cast<InstrumentId>(i));
  }
  compare_balances(bases);
  return {};
}

// From here on no order of ours can execute. What one did until now may not be listed yet. Those
// that go on can: whoever adopts them waits for the lists.
void StartRecovery::await_lists() {
  if (adopts_ || (!after_crash_ && left_.canceled == 0)) return;
  std::this_thread::sleep_for(std::chrono::nanoseconds(read_lag_.v));
}

// The executions and, for the comparison only, the balances of one instant.
std::string StartRecovery::look(std::vector<Amount>& bases) {
  for (int round = 0;; ++round) {
    bool traded = false;
    for (std::size_t i = 0; i < instruments_.size(); ++i) {
      std::string error = look_at_trades(static_cast<InstrumentId>(i), traded);
      if (!error.empty()) return error;
    }
    if (round == kOpeningRounds || (round > 0 && !traded)) return {};
    if (std::string error = account_.read_bases(bases); !error.empty()) return error;
  }
}

// To where the session before began, as if it had settled nothing since. False if that is where we
// have looked from.
bool StartRecovery::go_back() {
  bool any = false;
  for (std::size_t i = 0; i < instruments_.size(); ++i) {
    const SymbolOpening* const before =
        before_.find(instruments_[static_cast<InstrumentId>(i)].symbol());
    if (!since_[i] || before == nullptr || before->trade_id >= *since_[i]) continue;
    since_[i] = opening_of(instruments_[static_cast<InstrumentId>(i)]).trade_id = before->trade_id;
    std::erase_if(opening_.fills, [before](const RecoveredFill& f) {
      return f.symbol() == before->symbol() && f.fill.trade_id.v > before->trade_id;
    });
    any = true;
  }
  return any;
}

SessionCompletion StartRecovery::complete(const std::string& path) {
  progress_.at("{}: its journal is read", path);
  constexpr Nanos kReaderPatience{120 * kSecond.v};
  const auto progress = [&](std::uint64_t records) {
    progress_.at("{}: its ledger is built: {} records so far", path, records);
  };
  return complete_session(SessionFolder(path), progress, kReaderPatience);
}

std::string StartRecovery::read_previous(const std::string& path) {
  const SessionFolder folder(path);
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    lines_.push_back(
        fmt::format("the session before, {}, is gone: position and losses begin anew", path));
    return {};
  }
  const SessionCompletion done = complete(path);
  if (!done.error.empty()) return done.error;
  after_crash_ = done.built;
  if (const std::string text = done.journal.text(); !text.empty()) lines_.push_back(text);
  if (done.built) {
    lines_.push_back(fmt::format("{}: ledger built: {}", path, done.replayed.message));
  }
  JournalReader journal;
  if (std::string error = journal.open(folder.journal()); !error.empty()) return error;
  if (std::string error = parse_opening(journal.header().opening, before_); !error.empty()) {
    return error;
  }
  const std::string& lines = journal.header().instruments;
  if (std::string error = parse_instrument_lines(lines, traded_before_); !error.empty()) {
    return error;
  }
  if (std::string error = ledger_.open(folder.ledger()); !error.empty()) return error;
  const Nanos began = journal.header().start_time;
  for (const LedgerReader::Closing& closing : ledger_.closing()) {
    carry(closing, std::max(closing.time, began));
  }
  // Of symbols that are not traded now: nobody recovers them, they are carried on.
  for (const RecoveredFill& f : before_.fills) {
    if (is_traded(f.symbol())) continue;
    if (!ledger_.has_trade(f.symbol(), f.fill.trade_id)) opening_.fills.push_back(f);
  }
  for (SymbolOpening other : before_.symbols) {
    if (opening_.find(other.symbol()) != nullptr) continue;
    if (!is_today(began)) other.profit_today = Amount(0), other.mark = HalfTicks(0);
    opening_.symbols.push_back(other);
  }
  goes_on_ = ledger_.error().empty();
  return goes_on_ ? await_arrivals(path, &ledger_, has_requests(done)) : ledger_.error();
}

// Because the user wants it; but no position is lost without a word, and no order at all.
std::string StartRecovery::leave_behind(const std::string& path) {
  const SessionFolder folder(path);
  const SessionCompletion done = complete(path);
  LedgerReader left;
  std::string error = done.error.empty() ? left.open(folder.ledger()) : done.error;
  if (!error.empty()) {
    lines_.push_back(
        fmt::format("goes_on = no: what the session before held is not known: {}", error));
    return await_arrivals(path, nullptr, false);
  }
  for (const LedgerReader::Closing& closing : left.closing()) {
    const Amount start = config_.symbol(closing.symbol).risk.start_position;
    lines_.push_back(fmt::format(
        "goes_on = no: {}: position {} and profit today {} of the session before are left behind; "
        "this one starts from {}",
        closing.symbol, decimal_text(closing.position).view(),
        decimal_text(closing.profit_today).view(), decimal_text(start).view()));
  }
  return await_arrivals(path, &left, has_requests(done));
}

// Where a symbol stood at the end of the session before.
void StartRecovery::carry(const LedgerReader::Closing& closing, Nanos ended) {
  const SymbolOpening* const before = before_.find(closing.symbol);
  if (before == nullptr) return;  // not a live session's
  SymbolOpening o = *before;
  o.position = closing.position;
  o.profit_today = is_today(ended) ? closing.profit_today : Amount(0);
  o.mark = is_today(ended) ? closing.mark : HalfTicks(0);
  o.tick = closing.tick;
  o.trade_id = std::max(o.trade_id, closing.settled_trade);
  if (!is_traded(closing.symbol)) carry_untraded(o, *before);
  opening_.symbols.push_back(o);
}

// What recover() and compare_balances() do for the others: up to the last execution that is
// counted.
void StartRecovery::carry_untraded(SymbolOpening& o, const SymbolOpening& before) {
  o.trade_id = std::max(o.trade_id, ledger_.last_trade(o.symbol()));
  o.balance += o.position - before.position;
  const auto instrument = std::ranges::find(traded_before_, o.symbol(), &Instrument::symbol);
  if (instrument == traded_before_.end()) return;
  // Those that session was told first had moved the balance already.
  for (const RecoveredFill& f : before_.fills) {
    if (f.symbol() == o.symbol() && ledger_.has_trade(f.symbol(), f.fill.trade_id)) {
      o.balance -= moved_by(f, *instrument);
    }
  }
}

bool StartRecovery::is_traded(std::string_view symbol) const {
  return instruments_.find(symbol) != orders::kNoInstrument;
}

bool StartRecovery::is_today(Nanos time) const {
  const Nanos day_start = config_.common.risk.day_start;
  return next_day(time, day_start) == next_day(now_, day_start);
}

// Orders on symbols that are not traded now cannot go on: nobody would look after them.
std::string StartRecovery::cancel_orders(Nanos arrivals_until) {
  using Where = VenueAccount::Where;
  VenueAccount::Left left =
      account_.cancel_all({.self = self_,
                           .where = adopts_ ? Where::kElsewhere : Where::kAccount,
                           .arrivals_until = arrivals_until,
                           .patience = kCancelPatience});
  left.canceled += left_.canceled;
  for (const auto& [symbol, count] : left_.canceled_on) left.canceled_on[symbol] += count;
  left_ = std::move(left);
  if (!left_.error.empty()) return left_.error;
  if (left_.client_ids.empty()) return {};
  return fmt::format(
      "{} orders of an earlier start cannot be cancelled, or come back since another engine still "
      "trades as this instance, such as {}",
      left_.client_ids.size(), left_.client_ids.front());
}

// What was sent last and never answered, as it is when an engine is killed, may come to the venue
// after the first look. One that the venue knows has come; for one that it does not we wait until
// it can come no more, so that nothing of before rests beside what this start quotes. Where the
// ledger may lack requests, anything may come. What was answered last may be missing in the first
// list.
std::string StartRecovery::await_arrivals(const std::string& session, LedgerReader* ledger,
                                          bool has_requests) {
  const Nanos now = Clock().now(), margin = arrival_margin(config_, session);
  Nanos until = last_sign_of_life(session);
  after_crash_ = after_crash_ || until != Nanos{};
  if (until != Nanos{}) until = until + (has_requests ? read_lag_ : margin);
  std::vector<LedgerReader::Unanswered> unanswered;
  if (ledger != nullptr) {
    unanswered = ledger->unanswered(now - margin);
    if (!ledger->error().empty()) return ledger->error();
  }
  for (const LedgerReader::Unanswered& order : unanswered) {
    std::string error =
        ask("order.status", {{"symbol", order.symbol}, {"origClientOrderId", order.client_id}});
    if (error.empty()) continue;
    if (!is_unknown_order()) return error;
    until = std::max(until, std::min(order.sent, now) + margin);
    break;  // all others were sent before
  }
  if (until <= now_ && unanswered.empty()) return {};
  if (until > now) {
    progress_.at("a request of {} may still come to the venue: {} s until it cannot", session,
                 (until - now).v / kSecond.v + 1);
  }
  // One that has come may not be listed yet.
  if (!unanswered.empty()) until = std::max(until, Clock().now() + read_lag_);
  return cancel_orders(until);
}

bool StartRecovery::is_unknown_order() const {
  const orders::Response& r = venue_.response();
  return venue_.answered() &&
         orders::judge(r.status, r.error).reason == RejectReason::kUnknownOrder;
}

// But for those that tell_recovered() tells.
void StartRecovery::tell_canceled() {
  for (const auto& [symbol, count] : left_.canceled_on) {
    const bool traded = is_traded(symbol);
    if (traded && goes_on_ && opening_.find(symbol) != nullptr) continue;
    lines_.push_back(fmt::format("{}: {} open orders of an earlier start cancelled{}", symbol,
                                 count, traded ? "" : "; it is not traded now"));
  }
}

SymbolOpening& StartRecovery::opening_of(const Instrument& instrument) {
  const auto found =
      std::ranges::find(opening_.symbols, instrument.symbol(), &SymbolOpening::symbol);
  if (found != opening_.symbols.end()) return *found;
  SymbolOpening& o = opening_.symbols.emplace_back();
  o.symbol_text = instrument.symbol_text;
  o.position = config_.symbol(instrument.symbol()).risk.start_position;
  return o;
}

void StartRecovery::begin(InstrumentId i) {
  const Instrument& instrument = instruments_[i];
  const bool known = goes_on_ && opening_.find(instrument.symbol()) != nullptr;
  const SymbolOpening& o = opening_of(instrument);
  since_.push_back(known ? std::optional(o.trade_id) : std::nullopt);
  if (!known) return;
  // Recovered by the start before, whose session ended before it had counted them.
  for (const RecoveredFill& f : before_.fills) {
    if (f.symbol() != o.symbol() || ledger_.has_trade(f.symbol(), f.fill.trade_id)) continue;
    opening_.fills.push_back(f);
  }
}

std::string StartRecovery::look_at_trades(InstrumentId i, bool& traded) {
  SymbolOpening& o = opening_of(instruments_[i]);
  const std::uint64_t before = o.trade_id;
  std::string error = since_[i] ? recover(i) : find_last_trade(i, o.trade_id);
  traded |= o.trade_id != before;
  return error;
}

// What was executed since the last look.
std::string StartRecovery::recover(InstrumentId i) {
  const std::string_view symbol = instruments_[i].symbol();
  std::uint64_t read = 0;
  do {
    const std::uint64_t since = opening_of(instruments_[i]).trade_id;
    if (std::string error = list_trades(i, since); !error.empty()) return error;
    read += page_.size();
    if (std::string error = learn_owners(i); !error.empty()) return error;
    for (const Trade& trade : page_) {
      progress_.at("{}: {} trades read, {} is looked at", symbol, read, trade.fill.fill.trade_id.v);
      if (std::string error = take(i, trade); !error.empty()) return error;
    }
    if (page_.size() == kTradePage && opening_of(instruments_[i]).trade_id == since) {
      return fmt::format("{}: the venue lists no trades behind {}, but others{}", symbol, since,
                         kWayOut);
    }
  } while (page_.size() == kTradePage);
  return {};
}

std::string StartRecovery::take(InstrumentId i, const Trade& trade) {
  const Instrument& instrument = instruments_[i];
  RecoveredFill found = trade.fill;
  const TradeId id = found.fill.trade_id;
  SymbolOpening& o = opening_of(instrument);
  o.trade_id = std::max(o.trade_id, id.v);
  const bool told = ledger_.has_trade(instrument.symbol(), id);
  if (!ledger_.error().empty()) return ledger_.error();
  if (told) return {};
  if (std::string error = whose(i, trade.order_id, found.fill.id); !error.empty()) return error;
  if (found.fill.id.v == 0) return {};
  if (found.fill.lots.v == 0 || found.fill.ticks == 0) {
    return fmt::format("{}: trade {} of ours is not in whole lots and ticks{}", instrument.symbol(),
                       id.v, kWayOut);
  }
  opening_.fills.push_back(found);
  return {};
}

void StartRecovery::tell_recovered(InstrumentId i) {
  const Instrument& instrument = instruments_[i];
  if (!since_[i]) return;
  const SymbolOpening& o = opening_of(instrument);
  const auto canceled = left_.canceled_on.find(std::string(instrument.symbol()));
  Amount after = o.position;
  int fills = 0;
  std::uint64_t first = LedgerReader::kTradeIdMax, settled = *since_[i];
  for (const RecoveredFill& f : opening_.fills) {
    if (f.symbol() != o.symbol()) continue;
    after += moved_by(f, instrument);
    first = std::min(first, f.fill.trade_id.v);
    ++fills;
  }
  // The last one that the session before had counted and none is missing before.
  settled = std::max(settled, ledger_.last_trade(instrument.symbol(), first));
  lines_.push_back(fmt::format(
      "recovered {}: {} fills since trade id {}, up to {}; position {} -> {}; profit today {}; {}",
      instrument.symbol(), fills, settled, o.trade_id, decimal_text(o.position).view(),
      decimal_text(after).view(), decimal_text(o.profit_today).view(),
      adopts_ ? "open orders go on"
              : fmt::format("{} orders cancelled",
                            canceled == left_.canceled_on.end() ? 0 : canceled->second)));
}

// At the first start: what was traded before is not ours to count.
std::string StartRecovery::find_last_trade(InstrumentId i, std::uint64_t& last) {
  std::string error = venue_.ask_signed(
      "myTrades",
      {{"symbol", std::string(instruments_[i].symbol())}, orders::number_param("limit", 1)});
  for (const orders::TradeRecord& t : venue_.response().trades) last = std::max(last, t.trade_id);
  return error;
}

// As long as it goes on nobody gives up.
std::string StartRecovery::ask(std::string_view method, orders::Params params) {
  spare_weight();
  account_.give_up_at(Clock().now() + kPatience);
  return venue_.ask_signed(method, std::move(params));
}

// A page of them.
std::string StartRecovery::list_trades(InstrumentId i, std::uint64_t since) {
  const Instrument& instrument = instruments_[i];
  std::string error = ask("myTrades", {{"symbol", std::string(instrument.symbol())},
                                       orders::number_param("fromId", since + 1),
                                       orders::number_param("limit", kTradePage)});
  if (!error.empty()) return error;
  page_.clear();
  for (const orders::TradeRecord& t : venue_.response().trades) {
    RecoveredFill& f = page_.emplace_back(Trade{t.order_id, {}}).fill;
    f.symbol_text = instrument.symbol_text;
    f.sell = !t.buyer;
    f.maker = t.maker;
    f.fill = {};
    f.fill.trade_id = TradeId(t.trade_id);
    f.fill.lots = instruments_.lots(i, t.quantity);
    f.fill.fee = Amount(t.fee);
    f.fill.ticks = instruments_.ticks(i, t.price);
    f.fill.fee_asset = instruments_.role(i, t.fee_asset);
  }
  return {};
}

// The rest is for cancels, for the guard, and for whoever else shares the address.
void StartRecovery::spare_weight() {
  constexpr std::chrono::milliseconds kLook{200};
  const Nanos until = account_.weight_free_at(config_.feed.options.weight_per_minute);
  for (Nanos now = Clock().now(); now < until; now = Clock().now()) {
    progress_.at("the venue's weight of this minute is used: {} s until the next trades are read",
                 (until - now).v / kSecond.v + 1);
    std::this_thread::sleep_for(
        std::min<std::chrono::nanoseconds>(kLook, std::chrono::nanoseconds((until - now).v)));
  }
}

// Of the orders of a page that the ledger does not know. A list of 1000 costs as much as asking for
// five, so it has to tell of as many.
std::string StartRecovery::learn_owners(InstrumentId i) {
  constexpr std::size_t kWorthAList = 5;
  const std::string symbol(instruments_[i].symbol());
  owners_.clear();
  std::set<std::uint64_t> unknown;
  for (const Trade& trade : page_) {
    const bool known = ledger_.has_trade(symbol, trade.fill.fill.trade_id) ||
                       ledger_.order(symbol, VenueOrderId(trade.order_id)).v != 0;
    if (!known) unknown.insert(trade.order_id);
  }
  while (unknown.size() >= kWorthAList) {
    const std::size_t before = unknown.size();
    const std::uint64_t first = *unknown.begin();
    std::string error = ask("allOrders", {{"symbol", symbol},
                                          orders::number_param("orderId", first),
                                          orders::number_param("limit", kTradePage)});
    if (!error.empty()) return error;
    for (const orders::OrderRecord& order : venue_.response().orders) {
      if (unknown.erase(order.order_id) == 0) continue;
      owners_.emplace(std::pair{i, order.order_id}, own_id(order));
    }
    unknown.erase(first);  // it may not be listed
    progress_.at("{}: whose orders are those of {} trades? {} are left", symbol, page_.size(),
                 unknown.size());
    if (before - unknown.size() < kWorthAList) break;
  }
  return {};
}

// 0: not of this engine.
ClientOrderId StartRecovery::own_id(const orders::OrderRecord& order) const {
  const auto id = orders::parse_client_id(order.own_client_id());
  const orders::Owner owner = id ? orders::owner_of(*id, self_) : orders::Owner::kForeign;
  const bool ours = owner == orders::Owner::kOurs || owner == orders::Owner::kEarlier;
  return ours ? *id : ClientOrderId(0);
}

// By the ledger, or by asking. 0: not an order of this engine.
std::string StartRecovery::whose(InstrumentId i, std::uint64_t order_id, ClientOrderId& id) {
  id = ledger_.order(instruments_[i].symbol(), VenueOrderId(order_id));
  if (id.v != 0) return {};
  const auto asked = owners_.find({i, order_id});
  if (asked != owners_.end()) {
    id = asked->second;
    return {};
  }
  std::string error = ask("order.status", {{"symbol", std::string(instruments_[i].symbol())},
                                           orders::number_param("orderId", order_id)});
  const orders::Response& r = venue_.response();
  if (!error.empty()) {
    const bool unknown = is_unknown_order();
    if (unknown) owners_.emplace(std::pair{i, order_id}, id);
    return unknown ? std::string() : error;
  }
  id = own_id(r.order);
  owners_.emplace(std::pair{i, order_id}, id);
  return {};
}

// By our fills since the session before began: those it was told first were in its balance already.
Amount StartRecovery::explained(std::string_view base) const {
  Amount sum{};
  for (const Instrument& i : instruments_.all()) {
    const SymbolOpening* const before = before_.find(i.symbol());
    const SymbolOpening* const now = opening_.find(i.symbol());
    if (i.base() != base || before == nullptr || now == nullptr) continue;
    sum += now->position - before->position;
    for (const RecoveredFill& f : opening_.fills) {
      if (f.symbol() == i.symbol()) sum += moved_by(f, i);
    }
    for (const RecoveredFill& f : before_.fills) {
      if (f.symbol() == i.symbol()) sum -= moved_by(f, i);
    }
  }
  return sum;
}

Amount StartRecovery::unexplained(const Instrument& instrument, Amount balance) const {
  const SymbolOpening* const before = before_.find(instrument.symbol());
  if (!goes_on_ || before == nullptr) return {};
  return balance - before->balance - explained(instrument.base());
}

void StartRecovery::compare_balances(std::span<const Amount> bases) {
  for (std::size_t n = 0; n < bases.size(); ++n) {
    const Instrument& instrument = instruments_[static_cast<InstrumentId>(n)];
    opening_of(instrument).balance = bases[n];
    const Amount others = unexplained(instrument, bases[n]);
    if (others == Amount(0)) continue;
    const Amount ours = explained(instrument.base());
    lines_.push_back(fmt::format(
        "{}: since that session began the balance moved by {}, our fills by {}: {} is not of ours",
        instrument.symbol(), decimal_text(ours + others).view(), decimal_text(ours).view(),
        decimal_text(others).view()));
  }
}

std::vector<Event> recovered_events(const SessionOpening& opening,
                                    std::span<const Instrument> instruments, Nanos now) {
  std::vector<Event> events;
  for (const RecoveredFill& f : opening.fills) {
    const auto at = std::ranges::find(instruments, f.symbol(), &Instrument::symbol);
    if (at == instruments.end()) continue;
    Event event;
    event.kind = EventKind::kFilled;
    event.instrument = static_cast<InstrumentId>(at - instruments.begin());
    event.received = now;
    event.flags = static_cast<std::uint8_t>((f.sell ? kFlagSell : 0) | (f.maker ? kFlagMaker : 0));
    event.fill = f.fill;
    events.push_back(event);
  }
  return events;
}

}  // namespace mm::app
