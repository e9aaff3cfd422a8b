#include "engine/app/edges/live_edge.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>

#include "engine/app/config/core_setup.h"
#include "engine/app/edges/live_market.h"
#include "engine/app/edges/symbol_watch.h"
#include "engine/app/venue/feed_setup.h"
#include "engine/app/venue/venue_account.h"
#include "gateway/binance/client_order_id.h"
#include "gateway/binance/order_connector.h"
#include "gateway/binance/order_session.h"
#include "gateway/binance/read_lag.h"
#include "gateway/binance/reconciler.h"
#include "gateway/binance/rest_worker.h"
#include "gateway/order_gateway.h"

namespace mm::app {
namespace {

namespace orders = binance::orders;

constexpr RunnerConfig kColdThread{.duty = {.stall_threshold = 60 * kSecond, .sealed = false},
                                   .idle = IdleKind::kBackoff,
                                   .core = {},
                                   .nice = 5};

// How long orders of ours may be cancelled by REST when all else has stopped.
constexpr Nanos kEndPatience{10 * kSecond.v};
// And how long a ban may last before, if anything was quoted: what scripts/systemd grants a stop is
// a little more than both.
constexpr Nanos kEndPauseMax{90 * kSecond.v};
// What the session still has to say then; more than its rings hold.
constexpr int kLastTurnsMax = 1000;

orders::OrderSessionOptions session_options(const EdgeContext& c,
                                            std::span<const orders::LimitUsage> announced,
                                            std::span<const std::uint64_t> last_trades) {
  const VenueUrls urls = venue_urls(c.config.venue);
  const CoreConfig core = make_core_config(c.config, c.instruments);
  orders::OrderSessionOptions options;
  options.instruments.assign(c.instruments.begin(), c.instruments.end());
  options.ws_api_url = urls.ws_api;
  options.rest_url = urls.rest;
  options.ca_file = c.config.venue.ca_file;
  options.identity = {core.instance, core.epoch};
  options.last_trade_ids.assign(last_trades.begin(), last_trades.end());
  options.connections = c.config.order_management.modify_worker_count;
  options.limits.assign(announced.begin(), announced.end());
  options.recv_window_ms = static_cast<int>(c.config.venue.recv_window.v / kMillisecond.v);
  options.order_slots = static_cast<std::size_t>(2 * c.config.common.risk.max_order_count +
                                                 c.config.engine.order_table_headroom);
  if (c.config.execution.own_orders_at_start == OwnOrdersAtStart::kAdopt) {
    options.adopted_max = static_cast<std::size_t>(c.config.common.risk.max_order_count);
  }
  options.backoff_first = c.config.execution.backoff_first;
  options.backoff_longest = c.config.execution.backoff_longest;
  options.sweep_interval = c.config.execution.sweep_interval;
  options.silence = c.config.execution.silence;
  options.rest_fallback = c.config.venue.rest_fallback;
  options.rest_fallback_after = c.config.venue.rest_fallback_after;
  options.command_age_max = c.config.engine.command_age_max;
  options.seed = static_cast<std::uint64_t>(c.clock.now().v);
  return options;
}

// Those whose end the core does not know, the newest id of each first.
std::vector<orders::Reconciler::UnsettledOrder> unsettled_orders(const Core& core) {
  std::vector<orders::Reconciler::UnsettledOrder> all;
  for (const Order& o : core.orders().rows()) {
    if (!may_be_live(o.state)) continue;
    if (o.next_id.v != 0) all.push_back({o.instrument, o.side, o.next_id});
    all.push_back({o.instrument, o.side, o.id});
  }
  return all;
}

Event session_is_down(const Core& core, InstrumentId i) {
  Event event;
  event.kind = EventKind::kSessionStatus;
  event.instrument = i;
  event.session = {};
  event.session.state = SessionState::kDown;
  event.session.symbol_trading = core.instrument(i).trading ? 1 : 0;
  return event;
}

orders::NoteLines::Say say_to(LogWriter& log, const Clock& clock) {
  return [&log, &clock](LogLevel level, std::string_view line) {
    log.print(level, clock.now(), "orders: {}", line);
  };
}

// What should not have been, and how often; the log says of each kind what it was.
std::string troubles_text(const orders::OrderSessionCounters& n,
                          const orders::OrderEventCounters& e) {
  const std::pair<const char*, std::uint64_t> kinds[] = {
      {"messages not understood", n.bad_messages},
      {"errors about no request", n.session_errors},
      {"answers to nothing asked", n.stray_answers},
      {"refusals of our time", n.clock_errors},
      {"requests held back for the venue's limits", n.denied},
      {"unknown words", e.unknown_words},
      {"orders that lived on behind their end", e.risen},
      {"fills off the grid", e.off_grid_fills}};
  std::string text;
  for (const auto& [what, count] : kinds) {
    if (count > 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, what);
  }
  return text;
}

class LiveEdge : public VenueEdge {
 public:
  LiveEdge(const EdgeContext& c, const orders::Credentials& credentials,
           std::span<const orders::LimitUsage> announced,
           std::span<const std::uint64_t> last_trades)
      : instruments_(c.instruments),
        clock_(c.clock),
        latch_(c.kill_latch),
        exclusive_symbol_(c.config.order_management.exclusive_symbol),
        limits_(make_address_limits(c.config)),
        options_(session_options(c, announced, last_trades)),
        link_(static_cast<std::size_t>(options_.connections), c.instruments.size()),
        symbols_(c.instruments, link_),
        symbols_log_(c.log),
        market_({c.config, c.instruments, c.rings.market, &c.rings.feed_requests, c.clock, c.log,
                 limits_, nullptr, [this](const binance::ExchangeInfo& info) { on_symbols(info); },
                 &link_.symbols_wanted}),
        session_(options_, credentials.api_key.view(), *credentials.signer, link_,
                 limits_.requests),
        log_(c.log),
        connector_(
            options_, credentials, link_, limits_, c.clock, say_to(log_, c.clock),
            [this](std::string_view answer) { on_symbols(binance::parse_exchange_info(answer)); }),
        rest_log_(c.log),
        rest_(options_, credentials, link_, c.kill_latch, limits_, c.clock,
              say_to(rest_log_, c.clock)),
        gateway_({.command_age_max = c.config.engine.command_age_max,
                  .kill_latch = &c.kill_latch,
                  .stall_max = c.config.guard.timeout,
                  .clock = &c.clock},
                 c.rings.commands, c.rings.executions, session_),
        gateway_agent_(gateway_, c.clock),
        account_(c.config.venue, credentials, c.instruments, limits_.requests) {}

  std::string describe() const override {
    return fmt::format("live, {}, orders {}", market_.describe(), options_.ws_api_url);
  }
  std::vector<ConnectionState> connections() const override {
    std::vector<ConnectionState> all = market_.connections();
    for (std::size_t i = 0; i < link_.lanes.size(); ++i) {
      const orders::SessionLink::Lane& lane = link_.lanes[i];
      all.push_back({fmt::format("orders {}", i + 1), lane.up.load(std::memory_order_relaxed),
                     lane.taken.load(std::memory_order_relaxed)});
    }
    return all;
  }
  std::string waits(Nanos now) const override {
    std::string text;
    for (std::size_t i = 0; i < link_.lanes.size(); ++i) {
      const Nanos until(link_.lanes[i].waits_until.load(std::memory_order_relaxed));
      if (until <= now) continue;
      text += fmt::format("{}{} waits {} s", text.empty() ? "order connection " : ", ", i + 1,
                          (until - now).v / kSecond.v + 1);
    }
    return text.empty() ? text : text + ": as many attempts were made as the venue allows";
  }
  AgentRef feed() override { return market_.feed(); }
  AgentRef gateway() override { return AgentRef(gateway_agent_); }
  std::function<void(Nanos)> sender() override {
    return [this](Nanos now) { gateway_.send_waiting(now); };
  }
  std::string start(Nanos) override {
    if (!market_.error().empty()) return market_.error();
    if (!connector_.error().empty()) return connector_.error();
    if (!rest_.error().empty()) return rest_.error();
    market_.start();
    thread_.start();
    rest_thread_.start();
    return {};
  }
  void stop() override {
    connector_.stop();
    rest_.stop();
    thread_.stop();
    rest_thread_.stop();
    market_.stop();
  }
  std::string take_halt() override;
  void settle(const Core& core, const Ending& ending) override;
  std::string sweep(const Ending& ending) override;
  std::vector<Stage> stages() const override {
    std::vector<Stage> all;
    if (const binance::LiveFeedTimes* feed = market_.times()) {
      all.push_back({"receive", &feed->receive});
      all.push_back({"parse", &feed->parse});
    }
    append(all, gateway_.times());
    all.push_back({"sent_to_answer", &session_.sent_to_answer()});
    return all;
  }
  void summarize(const Core& core, bool, Summary& summary) override {
    const orders::OrderEventCounters& heard = session_.event_counters();
    const std::uint64_t others = heard.foreign_reports + heard.other_instances;
    account_.compare(core, left_, link_.foreign_orders.load() + others, summary);
    summary.notes.push_back("market data: " + market_.report());
    const orders::OrderSessionCounters& n = session_.counters();
    summary.notes.push_back(fmt::format(
        "orders: {} requests, {} answers, {} user events, {} connections, {} lost, {} by REST",
        n.requests, n.answers, n.user_events, link_.connects.load(), n.lost, n.by_rest));
    if (const std::string troubles = troubles_text(n, session_.event_counters()); !troubles.empty())
      summary.notes.push_back("orders: " + troubles);
    // Whoever comes last cancels what the others have: neither end is what it seems.
    if (rival_seen_.load(std::memory_order_acquire)) summary.invariants.emplace_back("no_rival", 1);
  }

 private:
  // On the market's cold thread once a minute, by REST; on the connector's with each connection.
  void on_symbols(const binance::ExchangeInfo& info) {
    const std::lock_guard lock(symbols_mutex_);
    if (!info.error.empty()) {
      symbols_log_.write(LogLevel::kWarning, clock_.now(), info.error);
      return link_.symbols_wanted.store(true, std::memory_order_release);
    }
    for (const std::string& line : symbols_.take(info)) {
      symbols_log_.write(LogLevel::kWarning, clock_.now(), line);
    }
  }

  VenueAccount::Closing closing(Nanos arrivals_until, Nanos pause_max, const Ending& ending) const {
    return {.self = options_.identity,
            .everybody = exclusive_symbol_,
            .arrivals_until = arrivals_until,
            .patience = kEndPatience,
            .pause_max = pause_max,
            .say = ending.say,
            .hurried = ending.hurried};
  }

  using Gateway = OrderGateway<SpscRing<Command>, SpscRing<Event>, orders::OrderSession>;

  std::span<const Instrument> instruments_;
  const Clock& clock_;
  KillLatch& latch_;
  std::atomic<bool> rival_seen_{false};
  bool exclusive_symbol_;
  net::AddressLimits limits_;
  orders::OrderSessionOptions options_;
  orders::SessionLink link_;
  std::mutex symbols_mutex_;  // of the two lines that follow
  SymbolWatch symbols_;
  LogWriter symbols_log_;
  LiveMarket market_;
  orders::OrderSession session_;
  LogWriter log_;  // of the connector's thread
  orders::OrderConnector connector_;
  AgentRunner<orders::OrderConnector> thread_{kColdThread, connector_};
  LogWriter rest_log_;  // of the worker's
  orders::RestWorker rest_;
  AgentRunner<orders::RestWorker> rest_thread_{kColdThread, rest_};
  Gateway gateway_;
  GatewayAgent<Gateway, Clock> gateway_agent_;
  VenueAccount account_;
  VenueAccount::Left left_;
};

// No quote leaves in between: the latch is set before the session lets them go on.
std::string LiveEdge::take_halt() {
  const ClientOrderId id(link_.rival.load(std::memory_order_acquire));
  if (id.v == 0) return {};
  rival_seen_.store(true, std::memory_order_release);
  latch_.set(KillLatch::kKilled);
  link_.rival.store(0, std::memory_order_release);
  const orders::ClientIdText text = orders::client_id_text(id);
  return fmt::format(
      "another engine trades on this account as instance {}: order {} is of its start {}, we are "
      "start {}; end one of the two, or give it another [engine] instance",
      options_.identity.instance, std::string_view(text.data(), text.size()), parts(id).epoch,
      options_.identity.epoch);
}

// Over REST, whatever has become of the connections: no order of ours is left, the core gets the
// fills that it was not told, and then the end of each order that it still thinks alive.
void LiveEdge::settle(const Core& core, const Ending& ending) {
  for (int turn = 0; turn < kLastTurnsMax && gateway_agent_.do_work() > 0; ++turn) continue;
  connector_.finish_notes();
  for (std::size_t i = 0; i < instruments_.size(); ++i) {
    ending.tell(session_is_down(core, static_cast<InstrumentId>(i)));
  }
  left_ = account_.cancel_all(closing(core.lifecycle().arrivals_until(),
                                      session_.has_begun() ? kEndPauseMax : Nanos(0), ending));
  if (!left_.error.empty() || !session_.has_begun()) return;
  const orders::InstrumentMap instruments(instruments_);
  orders::Reconciler last(instruments, options_.identity, options_.adopted_max, link_);
  std::vector<Event> found;
  const auto unsettled = unsettled_orders(core);
  // Executions that nobody told may not be listed yet, either.
  if (!unsettled.empty()) {
    std::this_thread::sleep_for(std::chrono::nanoseconds(orders::kReadLagMax.v));
  }
  left_.untold = last.run_last(account_.questions(), unsettled, found);
  for (const Event& event : found) ending.tell(event);
}

// What was sent last is as old as now, for all that is known.
std::string LiveEdge::sweep(const Ending& ending) {
  const Nanos arrival_max =
      not_found_margin(kMillisecond * options_.recv_window_ms, options_.command_age_max);
  const VenueAccount::Left left =
      account_.cancel_all(closing(clock_.now() + arrival_max, kEndPauseMax, ending));
  if (!left.error.empty()) return "orders may be open at the venue: " + left.error;
  if (left.client_ids.empty()) return fmt::format("{} cancelled, none is left", left.canceled);
  return fmt::format("{} orders are open at the venue: {}", left.client_ids.size(),
                     fmt::join(left.client_ids, " "));
}

}  // namespace

std::unique_ptr<VenueEdge> make_live_edge(const EdgeContext& context,
                                          const orders::Credentials& credentials,
                                          std::span<const orders::LimitUsage> limits,
                                          std::span<const std::uint64_t> last_trades) {
  return std::make_unique<LiveEdge>(context, credentials, limits, last_trades);
}

}  // namespace mm::app
