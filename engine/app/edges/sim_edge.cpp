#include "engine/app/edges/sim_edge.h"

#include <type_traits>

#include "engine/app/config/sim_setup.h"
#include "engine/runtime/venue_agent.h"
#include "gateway/order_gateway.h"
#include "sim/faults/faulty_venue.h"

namespace mm::app {
namespace {

// The venue as the agent sees it: plain, or with faults on the way.
struct PlainWay {
  PlainWay(sim::SimVenue& v, const EdgeContext&, const sim::FaultPlan&) : venue(v) {}
  void summarize(Summary&) const {}
  sim::SimVenue& venue;
};
struct FaultyWay {
  FaultyWay(sim::SimVenue& v, const EdgeContext& context, const sim::FaultPlan& plan)
      : venue(v, context.instruments, plan, context.config.scenario.seed) {}
  void summarize(Summary& out) const { out.notes.push_back(sim::faults_text(venue.counts())); }
  sim::FaultyVenue venue;
};

template <class Way>
class SimEdge : public VenueEdge {
 public:
  explicit SimEdge(const EdgeContext& context, const sim::FaultPlan& plan = {})
      : requests_(context.rings.commands.capacity()),
        answers_(context.rings.executions.capacity()),
        venue_(make_sim_venue(context.config, context.instruments)),
        way_(*venue_, context, plan),
        venue_agent_(way_.venue,
                     {requests_, answers_, context.rings.market, &context.rings.feed_requests},
                     context.clock),
        gateway_({.command_age_max = context.config.engine.command_age_max,
                  .kill_latch = &context.kill_latch,
                  .stall_max = context.config.guard.timeout,
                  .clock = &context.clock},
                 context.rings.commands, context.rings.executions, session_),
        gateway_agent_(gateway_, context.clock) {}

  std::string describe() const override { return "simulated market"; }
  AgentRef feed() override { return AgentRef(venue_agent_); }
  AgentRef gateway() override { return AgentRef(gateway_agent_); }
  std::function<void(Nanos)> sender() override {
    return [this](Nanos now) { gateway_.send_waiting(now); };
  }
  std::string start(Nanos now) override {
    way_.venue.start(now);
    return {};
  }
  std::vector<Stage> stages() const override {
    std::vector<Stage> all;
    append(all, gateway_.times());
    return all;
  }
  void summarize(const Core& core, bool flat, Summary& summary) override {
    summary.invariants.emplace_back("flat_at_end", flat && venue_->open_orders() == 0 ? 0 : 1);
    summary.invariants.emplace_back("venue_position", venue_differences(core, *venue_));
    way_.summarize(summary);
  }

 private:
  using Gateway = OrderGateway<SpscRing<Command>, SpscRing<Event>, RingSession>;

  SpscRing<Command> requests_;
  SpscRing<Event> answers_;
  std::unique_ptr<sim::SimVenue> venue_;
  Way way_;
  VenueAgent<std::remove_reference_t<decltype(Way::venue)>, Clock> venue_agent_;
  RingSession session_{requests_, answers_};
  Gateway gateway_;
  GatewayAgent<Gateway, Clock> gateway_agent_;
};

}  // namespace

std::unique_ptr<VenueEdge> make_sim_edge(const EdgeContext& context) {
  return std::make_unique<SimEdge<PlainWay>>(context);
}

std::unique_ptr<VenueEdge> make_faulty_edge(const EdgeContext& context,
                                            const sim::FaultPlan& plan) {
  return std::make_unique<SimEdge<FaultyWay>>(context, plan);
}

}  // namespace mm::app
