#include "sim/venue.h"

#include <algorithm>

#include "engine/core/assert.h"
#include "sim/make_event.h"

namespace mm::sim {
namespace {

// Deliveries due at one time: what happened to our orders comes before market data.
constexpr std::uint8_t kRankExecution = 0, kRankMarket = 1;
// The most events one request causes, beside the rows of kQueryOpenOrders; and one fill.
constexpr std::size_t kEventsPerRequest = 8, kEventsPerFill = 4;

// A wallet for each instrument: two assets of its own.
constexpr AssetId base_of(InstrumentId i) {
  return static_cast<AssetId>(2 * i);
}
constexpr AssetId quote_of(InstrumentId i) {
  return static_cast<AssetId>(2 * i + 1);
}

std::vector<Listing> listings_of(std::span<const Instrument> instruments) {
  std::vector<Listing> listings;
  for (const Instrument& instrument : instruments) {
    const auto i = static_cast<InstrumentId>(listings.size());
    listings.push_back({.instrument = instrument, .base = base_of(i), .quote = quote_of(i)});
  }
  return listings;
}

}  // namespace

SimVenue::SimVenue(const SimulatorConfig& config, std::span<const Instrument> instruments,
                   std::uint64_t seed)
    : config_(config),
      exchange_(config_, listings_of(instruments), seed, *this),
      rates_(config),
      markets_(instruments.size()),
      feed_(config.feed, seed ^ 0xFEED),
      order_entry_(config.order_entry, seed ^ 0x0DE2),
      response_(config.response, seed ^ 0x2E59),
      deliveries_(
          std::max(config.pending_events_max,
                   static_cast<std::uint32_t>(config.open_orders_max + 64 * instruments.size()))),
      requests_(config.pending_commands_max) {
  exchange_.open_account();
  for (InstrumentId i = 0; i < markets_.size(); ++i) {
    exchange_.deposit(kAccount, base_of(i), config.balance_base);
    exchange_.deposit(kAccount, quote_of(i), config.balance_quote);
  }
  balances_.reserve(2 * markets_.size());
}

void SimVenue::attach(InstrumentId instrument, const MarketConfig& config) {
  MM_ASSERT(deliveries_.empty(), "markets are attached before the venue is started");
  exchange_.attach(instrument, config);
  const auto own_max = static_cast<std::uint32_t>(config_.max_orders_per_symbol);
  markets_[instrument].dirty.reserve(2 * exchange_.levels_max(instrument) + own_max);
  // A queue that one step of the market could not pass through would stop it for good.
  const std::size_t least = generator_room(instrument, own_max) + 64 * markets_.size();
  if (deliveries_.room() < least) {
    deliveries_ = TimedQueue<Event>(static_cast<std::uint32_t>(least));
  }
}

void SimVenue::start(Nanos now) {
  exchange_.start(now);
  for (InstrumentId i = 0; i < markets_.size(); ++i) {
    Event session = make_event(EventKind::kSessionStatus, i);
    session.session = {.state = SessionState::kUp, .symbol_trading = 1, .pad = {}};
    respond(session);
    for (const AssetId asset : {base_of(i), quote_of(i)}) {
      report_balance({asset, exchange_.accounts().funds(kAccount, asset)});
    }
    if (!exchange_.generated(i)) continue;
    Event feed = make_event(EventKind::kFeedStatus, i);
    feed.feed = {.connection = 0, .up = 1, .pad = {}};
    deliver_market(feed);
    publish_book(i);
    if (exchange_.touch(i).bid_lots.v > 0) on_touch(i, exchange_.touch(i));
  }
  report_usage(true);
}

void SimVenue::change_client() {
  while (!deliveries_.empty()) deliveries_.pop();
  report_usage(true);
}

Wallet SimVenue::wallet(InstrumentId i) const {
  const Funds& base = exchange_.accounts().funds(kAccount, base_of(i));
  const Funds& quote = exchange_.accounts().funds(kAccount, quote_of(i));
  return {base.free, base.locked, quote.free, quote.locked, position(i)};
}

void SimVenue::submit(const Command& command, Nanos now) {
  MM_ASSERT(command.instrument < markets_.size(), "a command names an instrument of the venue");
  if (requests_.room() == 0) {
    ++counters_.commands_denied;
    if (deliveries_.room() == 0) return;
    Event denied = make_event(EventKind::kDenied, command.instrument);
    denied.failure.id = command.id;
    denied.failure.new_id = command.new_id;
    denied.failure.reason = RejectReason::kRingFull;
    denied.failure.command = static_cast<std::uint8_t>(command.kind);
    respond(denied);
    return;
  }
  Nanos& last = last_request_[command.connection];
  last = std::max({now + order_entry_.draw(), last, clock()});
  requests_.push(last, 0, command);
}

void SimVenue::on_market(std::span<const Event> events, Nanos at) {
  while (next_internal() < at) run_internal();
  exchange_.set_time(at);
  for (const Event& event : events) observe(event);
}

Nanos SimVenue::next_time() const {
  return std::min(next_internal(), deliveries_.next_time());
}

bool SimVenue::next(Nanos now, Event& out) {
  for (;;) {
    const Nanos internal = next_internal(), delivery = deliveries_.next_time();
    if (internal <= now && internal <= delivery) {
      run_internal();
      continue;
    }
    if (delivery > now || deliveries_.empty()) return false;
    out = deliveries_.top();
    deliveries_.pop();
    out.received = delivery;
    return true;
  }
}

// A request that finds no room for its answers waits until deliveries have been taken.
Nanos SimVenue::next_internal() const {
  Nanos time = std::min(exchange_.next_time(), usage_due_);
  if (!requests_.empty() && has_room_for(requests_.top())) {
    time = std::min(time, requests_.next_time());
  }
  return time;
}

void SimVenue::run_internal() {
  const Nanos time = next_internal();
  exchange_.set_time(time);
  if (exchange_.next_time() == time) {
    run_generator();
  } else if (usage_due_ == time) {
    rates_.roll(clock());
    report_usage(true);
  } else {
    const Command command = requests_.top();
    requests_.pop();
    execute(command);
  }
}

bool SimVenue::has_room_for(const Command& command) const {
  const bool lists = command.kind == CommandKind::kQueryOpenOrders;
  const std::size_t rows = lists ? open_orders(command.instrument) : 0;
  return deliveries_.room() >= kEventsPerRequest + rows;
}

// Answers and fills travel on one session and keep their order.
void SimVenue::respond(Event event) {
  event.sequence = ++response_sequence_;
  last_response_ = std::max(last_response_, clock() + response_.draw());
  deliveries_.push(last_response_, kRankExecution, event);
}

// The parts of one message arrive together.
void SimVenue::deliver_market(const Event& event) {
  Market& market = markets_[event.instrument];
  if (event.kind != EventKind::kBookLevels) {
    market.last_feed = std::max(market.last_feed, clock() + feed_.draw());
  }
  deliveries_.push(market.last_feed, kRankMarket, event);
}

// A book message is taken whole or left out whole; a hole in `sequence` tells the engine.
bool SimVenue::market_has_room(InstrumentId i, const Event& event) {
  Market& market = markets_[i];
  std::size_t needed = kEventsPerFill * (open_orders(i) + 1u);
  const bool begins = event.kind == EventKind::kBookBegin;
  if (begins) needed += event.book.level_count / 2 + 2;
  const bool continues = event.kind == EventKind::kBookLevels;
  if (!continues) market.dropping = deliveries_.room() < needed;
  if (deliveries_.room() == 0) market.dropping = true;
  return !market.dropping;
}

void SimVenue::observe(const Event& event) {
  MM_ASSERT(event.instrument < markets_.size(), "market data name an instrument of the venue");
  if (!market_has_room(event.instrument, event)) {
    ++counters_.market_events_dropped;
    return;
  }
  deliver_market(event);
  exchange_.observe(event);
}

}  // namespace mm::sim
