#include "engine/app/sim_edge.h"

#include "engine/app/sim_setup.h"
#include "engine/runtime/venue_agent.h"
#include "gateway/order_gateway.h"

namespace mm::app {
namespace {

class SimEdge : public VenueEdge {
 public:
  explicit SimEdge(const EdgeContext& context)
      : requests_(context.rings.commands.capacity()),
        answers_(context.rings.executions.capacity()),
        venue_(make_sim_venue(context.config, context.instruments)),
        venue_agent_(*venue_, {requests_, answers_, context.rings.market}, context.clock),
        gateway_({.command_age_max = context.config.engine.command_age_max,
                  .kill_latch = &context.kill_latch},
                 context.rings.commands, context.rings.executions, session_),
        gateway_agent_(gateway_, context.clock) {}

  std::string describe() const override { return "simulated market"; }
  AgentRef feed() override { return AgentRef(venue_agent_); }
  AgentRef gateway() override { return AgentRef(gateway_agent_); }
  std::string start(Nanos now) override {
    venue_->start(now);
    return {};
  }
  void summarize(const Core& core, bool flat, Summary& summary) override {
    summary.invariants.emplace_back("flat_at_end", flat && venue_->open_orders() == 0 ? 0 : 1);
    summary.invariants.emplace_back("venue_position", venue_differences(core, *venue_));
  }

 private:
  using Gateway = OrderGateway<SpscRing<Command>, SpscRing<Event>, RingSession>;

  SpscRing<Command> requests_;
  SpscRing<Event> answers_;
  std::unique_ptr<sim::SimVenue> venue_;
  VenueAgent<sim::SimVenue, Clock> venue_agent_;
  RingSession session_{requests_, answers_};
  Gateway gateway_;
  GatewayAgent<Gateway, Clock> gateway_agent_;
};

}  // namespace

std::unique_ptr<VenueEdge> make_sim_edge(const EdgeContext& context) {
  return std::make_unique<SimEdge>(context);
}

}  // namespace mm::app
