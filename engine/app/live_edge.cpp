#include "engine/app/live_edge.h"

#include <fmt/format.h>

#include "engine/app/core_setup.h"
#include "engine/app/feed_setup.h"
#include "engine/app/live_market.h"
#include "engine/app/venue_account.h"
#include "gateway/binance/order_connector.h"
#include "gateway/binance/order_session.h"
#include "gateway/order_gateway.h"

namespace mm::app {
namespace {

namespace orders = binance::orders;

constexpr RunnerConfig kConnectorThread{.duty = {.stall_threshold = 60 * kSecond, .sealed = false},
                                        .idle = IdleKind::kBackoff,
                                        .core = {},
                                        .nice = 5};

// How long orders of ours may be cancelled by REST when all else has stopped.
constexpr Nanos kEndPatience{10 * kSecond.v};

orders::OrderSessionOptions session_options(const EdgeContext& c,
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
  options.recv_window_ms = static_cast<int>(c.config.venue.recv_window.v / kMillisecond.v);
  options.order_slots = static_cast<std::size_t>(2 * c.config.common.risk.max_order_count +
                                                 c.config.engine.order_table_headroom);
  options.backoff_first = c.config.execution.backoff_first;
  options.backoff_longest = c.config.execution.backoff_longest;
  options.sweep_interval = c.config.execution.sweep_interval;
  options.seed = static_cast<std::uint64_t>(c.clock.now().v);
  return options;
}

class LiveEdge : public VenueEdge {
 public:
  LiveEdge(const EdgeContext& c, const orders::Credentials& credentials,
           std::span<const std::uint64_t> last_trades)
      : instruments_(c.instruments),
        limit_(make_connection_limit(c.config)),
        market_({c.config, c.instruments, c.rings.market, &c.rings.feed_requests, c.clock, c.log,
                 limit_, nullptr}),
        options_(session_options(c, last_trades)),
        link_(static_cast<std::size_t>(options_.connections), c.instruments.size()),
        session_(options_, credentials.api_key.view(), *credentials.signer, link_),
        log_(c.log),
        connector_(options_, credentials, link_, limit_, c.clock,
                   [this, &clock = c.clock](std::string_view line) {
                     log_.print(LogLevel::kInfo, clock.now(), "orders: {}", line);
                   }),
        gateway_({.command_age_max = c.config.engine.command_age_max, .kill_latch = &c.kill_latch},
                 c.rings.commands, c.rings.executions, session_),
        gateway_agent_(gateway_, c.clock),
        account_(c.config.venue, credentials, c.instruments) {}

  std::string describe() const override {
    return fmt::format("live, {}, orders {}", market_.describe(), options_.ws_api_url);
  }
  AgentRef feed() override { return market_.feed(); }
  AgentRef gateway() override { return AgentRef(gateway_agent_); }
  std::string start(Nanos) override {
    if (!market_.error().empty()) return market_.error();
    if (!connector_.error().empty()) return connector_.error();
    market_.start();
    thread_.start();
    return {};
  }
  void stop() override {
    connector_.stop();
    thread_.stop();
    market_.stop();
  }
  void summarize(const Core& core, bool, Summary& summary) override {
    const VenueAccount::Left left = account_.cancel_all_ours(options_.identity, kEndPatience);
    account_.compare(core, left, link_.foreign_orders.load(), summary);
    summary.notes.push_back("market data: " + market_.report());
    const orders::OrderSessionCounters& n = session_.counters();
    summary.notes.push_back(fmt::format(
        "orders: {} requests, {} answers, {} user events, {} connections, {} lost, {} by REST",
        n.requests, n.answers, n.user_events, link_.connects.load(), n.lost, n.by_rest));
  }

 private:
  using Gateway = OrderGateway<SpscRing<Command>, SpscRing<Event>, orders::OrderSession>;

  std::span<const Instrument> instruments_;
  net::SharedConnectionLimit limit_;
  LiveMarket market_;
  orders::OrderSessionOptions options_;
  orders::SessionLink link_;
  orders::OrderSession session_;
  LogWriter log_;  // of the connector's thread
  orders::OrderConnector connector_;
  AgentRunner<orders::OrderConnector> thread_{kConnectorThread, connector_};
  Gateway gateway_;
  GatewayAgent<Gateway, Clock> gateway_agent_;
  VenueAccount account_;
};

}  // namespace

std::unique_ptr<VenueEdge> make_live_edge(const EdgeContext& context,
                                          const orders::Credentials& credentials,
                                          std::span<const std::uint64_t> last_trades) {
  return std::make_unique<LiveEdge>(context, credentials, last_trades);
}

}  // namespace mm::app
