// The two edges of a real-time run: where market data come from and where orders go.
//
// One implementation a mode. Built, started, watched and stopped by the main thread; its two agents
// turn on the hot threads of the topology and meet the strategy in the rings; threads for cold work
// (connecting, REST) are the edge's own. A virtual call a turn is what the choice costs.
#pragma once

#include <algorithm>
#include <bit>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/app/config/config.h"
#include "engine/core/core.h"
#include "engine/ledger/summary.h"
#include "engine/runtime/agent.h"
#include "engine/runtime/clock.h"
#include "engine/runtime/histogram.h"
#include "engine/runtime/kill_latch.h"
#include "engine/runtime/log.h"
#include "engine/runtime/spsc_ring.h"
#include "gateway/order_gateway.h"

namespace mm::app {

// Between the hot agents; sized by [engine], allocated at start.
struct RunRings {
  // `recovered`: fills that are there before anybody takes them out.
  RunRings(const EngineConfig& c, std::size_t recovered)
      : market(slots(c.market_ring_slots)),
        executions(std::max(slots(c.execution_ring_slots), std::bit_ceil(2 * recovered))),
        control(slots(c.control_ring_slots)),
        commands(slots(c.command_ring_slots)),
        feed_requests(slots(c.control_ring_slots)) {}
  static std::size_t slots(std::int32_t configured) { return static_cast<std::size_t>(configured); }

  SpscRing<Event> market, executions, control;  // to the strategy
  SpscRing<Command> commands;                   // to the gateway
  SpscRing<Command> feed_requests;              // to the feed: resynchronise
};

// What a run offers its edge; outlives it.
struct EdgeContext {
  const Config& config;
  std::span<const Instrument> instruments;
  RunRings& rings;
  const Clock& clock;
  KillLatch& kill_latch;  // set: no quote may leave any more
  Log& log;               // each thread makes a writer of its own
};

// One connection of the edge's as it is now; the n-th is always the same one.
struct ConnectionState {
  std::string name;
  bool up = false;
  std::uint64_t opened = 0;
};

class VenueEdge {
 public:
  virtual ~VenueEdge() = default;

  // Market data and orders, for the header of log and status.
  virtual std::string describe() const = 0;
  // Any thread; none where there is no network.
  virtual std::vector<ConnectionState> connections() const { return {}; }
  // What it waits for that nobody would guess, for the status; empty: nothing. Any thread.
  virtual std::string waits(Nanos) const { return {}; }
  virtual AgentRef feed() = 0;
  virtual AgentRef gateway() = 0;
  // The part of the gateway's turn that sends, for the thread that turns the strategy as well.
  virtual std::function<void(Nanos)> sender() = 0;
  // Cold threads go; the hot ones follow at once. Returns the error, empty if none.
  virtual std::string start(Nanos now) = 0;
  // After the hot threads have stopped.
  virtual void stop() {}
  // Why this engine must not go on trading, told once; empty: it may. When it returns the latch is
  // set. Called by the steering's thread.
  virtual std::string take_halt() { return {}; }
  // What the core has not heard when everything has stopped; `tell` brings an event to it the usual
  // way, on this thread. What takes long is said; whoever is `hurried` has no time for it.
  struct Ending {
    std::function<void(const Event&)> tell;
    std::function<void(std::string_view)> say;
    std::function<bool()> hurried;
  };
  virtual void settle(const Core&, const Ending&) {}
  // Instead, when a hot thread does not stop, and others may go on: cancels what is open and
  // touches nothing of theirs. What has become of the orders; empty: they die with this process.
  virtual std::string sweep(const Ending&) { return {}; }
  // How long its stages took, in the order in which a tick passes them; read at the end.
  struct Stage {
    const char* name;
    const Histogram* times;
  };
  virtual std::vector<Stage> stages() const = 0;
  // What only the edge can say at the end: invariants against the venue, counters, notes.
  virtual void summarize(const Core& core, bool flat, Summary& summary) = 0;
};

// Those of the gateway, which every edge has.
inline void append(std::vector<VenueEdge::Stage>& stages, const GatewayTimes& times) {
  stages.push_back({"send", &times.send});
  stages.push_back({"command_to_sent", &times.command_to_sent});
  stages.push_back({"tick_to_sent", &times.tick_to_sent});
}

using EdgeFactory = std::function<std::unique_ptr<VenueEdge>(const EdgeContext&)>;

}  // namespace mm::app
