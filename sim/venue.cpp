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

}  // namespace

SimVenue::SimVenue(const SimulatorConfig& config, std::span<const Instrument> instruments,
                   std::uint64_t seed)
    : config_(config),
      instruments_(instruments.begin(), instruments.end()),
      account_(config_, instruments_),
      orders_(config.open_orders_max, config.closed_orders_max),
      rates_(config),
      feed_(config.feed, seed ^ 0xFEED),
      order_entry_(config.order_entry, seed ^ 0x0DE2),
      response_(config.response, seed ^ 0x2E59),
      seed_(seed),
      deliveries_(
          std::max(config.pending_events_max,
                   static_cast<std::uint32_t>(config.open_orders_max + 64 * instruments.size()))),
      requests_(config.pending_commands_max) {
  markets_.reserve(instruments_.size());
  for (std::size_t i = 0; i < instruments_.size(); ++i) markets_.emplace_back(config_, orders_);
}

void SimVenue::attach(InstrumentId instrument, const MarketConfig& config) {
  MM_ASSERT(deliveries_.empty(), "markets are attached before the venue is started");
  Market& market = markets_[instrument];
  MarketConfig bounded = config;
  const auto levels_max = static_cast<std::int32_t>(config_.book_levels_max / 2);
  bounded.depth_levels = std::clamp(config.depth_levels, 1, levels_max);
  market.generator = std::make_unique<MarketGenerator>(
      bounded, instruments_[instrument], seed_ + 0x9E3779B97F4A7C15u * (instrument + 1u));
  market.book.become_truth();
  market.levels_max = static_cast<std::size_t>(bounded.depth_levels * 3 / 2);
  const auto own_max = static_cast<std::uint32_t>(config_.max_orders_per_symbol);
  market.dirty.reserve(2 * market.levels_max + own_max);
  // A queue that one step of the market could not pass through would stop it for good.
  const std::size_t least = generator_room(market, own_max) + 64 * instruments_.size();
  if (deliveries_.room() < least) {
    deliveries_ = TimedQueue<Event>(static_cast<std::uint32_t>(least));
  }
  for (const Side side : {Side::kBuy, Side::kSell}) {
    for (int i = 0; i < bounded.depth_levels; ++i) {
      const PriceLevel level = market.generator->initial_level(side, i);
      market.book.set_level(side, level.price, level.lots);
    }
  }
}

void SimVenue::start(Nanos now) {
  clock_ = now;
  for (InstrumentId i = 0; i < markets_.size(); ++i) {
    Event session = make_event(EventKind::kSessionStatus, i);
    session.session = {.state = SessionState::kUp, .symbol_trading = 1, .pad = {}};
    respond(session);
    report_balances(i, true);
    if (markets_[i].generator == nullptr) continue;
    Event feed = make_event(EventKind::kFeedStatus, i);
    feed.feed = {.connection = 0, .up = 1, .pad = {}};
    deliver_market(i, feed);
    markets_[i].generator->start(now);
    publish_book(i);
    publish_ticker(i);
  }
  report_usage(true);
  find_next_generator();
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
  last = std::max({now + order_entry_.draw(), last, clock_});
  requests_.push(last, 0, command);
}

void SimVenue::on_market(std::span<const Event> events, Nanos at) {
  while (next_internal() < at) run_internal();
  clock_ = std::max(clock_, at);
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
    out = deliveries_.pop();
    out.received = delivery;
    return true;
  }
}

// A request that finds no room for its answers waits until deliveries have been taken.
Nanos SimVenue::next_internal() const {
  Nanos time = std::min(next_generator_, usage_due_);
  if (!requests_.empty() && has_room_for(requests_.top())) {
    time = std::min(time, requests_.next_time());
  }
  return time;
}

void SimVenue::run_internal() {
  const Nanos time = next_internal();
  clock_ = std::max(clock_, time);
  if (next_generator_ == time) {
    run_generator();
  } else if (usage_due_ == time) {
    rates_.roll(clock_);
    report_usage(true);
  } else {
    execute(requests_.pop());
  }
}

bool SimVenue::has_room_for(const Command& command) const {
  const bool lists = command.kind == CommandKind::kQueryOpenOrders;
  const std::size_t rows = lists ? markets_[command.instrument].open_orders : 0;
  return deliveries_.room() >= kEventsPerRequest + rows;
}

// Answers and fills travel on one session and keep their order.
void SimVenue::respond(Event event) {
  event.sequence = ++response_sequence_;
  last_response_ = std::max(last_response_, clock_ + response_.draw());
  deliveries_.push(last_response_, kRankExecution, event);
}

// The parts of one message arrive together.
void SimVenue::deliver_market(InstrumentId i, Event event) {
  Market& market = markets_[i];
  event.instrument = i;
  if (event.kind != EventKind::kBookLevels) {
    market.last_feed = std::max(market.last_feed, clock_ + feed_.draw());
  }
  deliveries_.push(market.last_feed, kRankMarket, event);
}

// A book message is taken whole or left out whole; a hole in `sequence` tells the engine.
bool SimVenue::market_has_room(Market& market, const Event& event) {
  std::size_t needed = kEventsPerFill * (market.open_orders + 1u);
  const bool begins = event.kind == EventKind::kBookBegin;
  if (begins) needed += event.book.level_count / 2 + 2;
  const bool continues = event.kind == EventKind::kBookLevels;
  if (!continues) market.dropping = deliveries_.room() < needed;
  if (deliveries_.room() == 0) market.dropping = true;
  return !market.dropping;
}

void SimVenue::observe(const Event& event) {
  MM_ASSERT(event.instrument < markets_.size(), "market data name an instrument of the venue");
  Market& market = markets_[event.instrument];
  if (!market_has_room(market, event)) {
    ++counters_.market_events_dropped;
    return;
  }
  deliver_market(event.instrument, event);
  switch (event.kind) {
    case EventKind::kBookBegin:
      market.book.begin_message(event.book.last_id, (event.flags & kFlagSnapshot) != 0);
      break;
    case EventKind::kBookLevels:
      for (std::size_t k = 0; k < event.levels.count; ++k) {
        market.book.set_level(event.side(), Ticks(event.levels.ticks[k]),
                              Lots(event.levels.lots[k]));
      }
      break;
    case EventKind::kBookTicker:
      market.book.observe_touch(event.ticker);
      break;
    case EventKind::kTrade: {
      const Ticks price(event.trade.ticks);
      market.last_trade = price;
      if (market.open_orders == 0) break;
      market.book.trade(event.side(), price, event.trade.lots, [&](const Match& match) {
        fill_order(match, TradeId(++market.trade_id.v));
      });
      report_balances(event.instrument, false);
      break;
    }
    default:
      break;
  }
  const bool closes =
      event.last() && (event.kind == EventKind::kBookBegin || event.kind == EventKind::kBookLevels);
  if (closes) market.book.end_message();
}

}  // namespace mm::sim
