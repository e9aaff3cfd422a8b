#include "engine/app/edges/paper_edge.h"

#include "engine/app/config/sim_setup.h"
#include "engine/app/edges/live_market.h"
#include "engine/runtime/venue_agent.h"
#include "gateway/order_gateway.h"

namespace mm::app {
namespace {

// The feed's way to us is real; only orders and answers have to be delayed.
Config without_feed_latency(Config config) {
  config.simulator.feed = {.kind = sim::LatencyKind::kConstant,
                           .base = Nanos(0),
                           .spread = Nanos(0),
                           .samples_file = {},
                           .samples = {}};
  return config;
}

class PaperEdge : public VenueEdge {
 public:
  explicit PaperEdge(const EdgeContext& c)
      : clock_(c.clock),
        observed_(c.rings.market.capacity()),
        limits_(make_address_limits(c.config)),
        market_({c.config, c.instruments, observed_, &c.rings.feed_requests, c.clock, c.log,
                 limits_, nullptr}),
        requests_(c.rings.commands.capacity()),
        answers_(c.rings.executions.capacity()),
        venue_(make_observing_venue(without_feed_latency(c.config), c.instruments)),
        venue_agent_(*venue_, {requests_, answers_, c.rings.market}, c.clock),
        gateway_({.command_age_max = c.config.engine.command_age_max,
                  .kill_latch = &c.kill_latch,
                  .stall_max = c.config.guard.timeout,
                  .clock = &c.clock},
                 c.rings.commands, c.rings.executions, session_),
        gateway_agent_(gateway_, c.clock) {}

  std::string describe() const override { return "paper, " + market_.describe(); }
  std::vector<ConnectionState> connections() const override { return market_.connections(); }
  AgentRef feed() override { return AgentRef(feed_); }
  AgentRef gateway() override { return AgentRef(gateway_agent_); }
  std::function<void(Nanos)> sender() override {
    return [this](Nanos now) { gateway_.send_waiting(now); };
  }
  std::string start(Nanos now) override {
    if (!market_.error().empty()) return market_.error();
    venue_->start(now);
    market_.start();
    return {};
  }
  void stop() override { market_.stop(); }
  std::vector<Stage> stages() const override {
    std::vector<Stage> all;
    if (const binance::LiveFeedTimes* feed = market_.times()) {
      all.push_back({"receive", &feed->receive});
      all.push_back({"parse", &feed->parse});
    }
    append(all, gateway_.times());
    return all;
  }
  void summarize(const Core& core, bool flat, Summary& summary) override {
    summary.invariants.emplace_back("flat_at_end", flat && venue_->open_orders() == 0 ? 0 : 1);
    summary.invariants.emplace_back("venue_position", venue_differences(core, *venue_));
    summary.notes.push_back("market data: " + market_.report());
  }

 private:
  using Gateway = OrderGateway<SpscRing<Command>, SpscRing<Event>, RingSession>;

  // Socket, then simulated venue, then core: one turn of each.
  struct Feed {
    PaperEdge& edge;
    int do_work() {
      int work = edge.market_.feed().do_work();
      for (auto seen = edge.observed_.peek(); !seen.empty(); seen = edge.observed_.peek()) {
        edge.venue_->on_market(seen, edge.clock_.now());
        edge.observed_.consume(seen.size());
        work += static_cast<int>(seen.size());
      }
      return work + edge.venue_agent_.do_work();
    }
    std::string_view name() const { return "feed"; }
  };

  const Clock& clock_;
  SpscRing<Event> observed_;
  net::AddressLimits limits_;
  LiveMarket market_;
  SpscRing<Command> requests_;
  SpscRing<Event> answers_;
  std::unique_ptr<sim::SimVenue> venue_;
  VenueAgent<sim::SimVenue, Clock> venue_agent_;
  RingSession session_{requests_, answers_};
  Gateway gateway_;
  GatewayAgent<Gateway, Clock> gateway_agent_;
  Feed feed_{*this};
};

}  // namespace

std::unique_ptr<VenueEdge> make_paper_edge(const EdgeContext& context) {
  return std::make_unique<PaperEdge>(context);
}

}  // namespace mm::app
