// One virtual-time session, inline on the caller's thread: driver, gateway, venue and journal.
//
// Used by backtest, soak and `run --speed max`. Everything is built before the first event;
// advance() runs sealed, so an allocation on the way is counted. The journal is written inline and
// never drops.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "engine/app/config/config.h"
#include "engine/app/config/core_setup.h"
#include "engine/app/session/session_record.h"
#include "engine/app/session/summarize.h"
#include "engine/runtime/sealed_scope.h"
#include "engine/runtime/virtual_loop.h"
#include "gateway/order_gateway.h"
#include "sim/venue.h"

namespace mm::app {

// Where commands go is the journal's affair too: whoever watches one watches the other.
inline CommandRouter make_sink(SpscRing<Command>& gateway, JournalWriter&) {
  return {gateway, nullptr};
}

template <class Source, class Venue = sim::SimVenue, class Journal = JournalWriter,
          class CoreT = Core>
class VirtualRun {
 public:
  using Sink = decltype(make_sink(std::declval<SpscRing<Command>&>(), std::declval<Journal&>()));
  using VirtualDriver = Driver<CoreT, Journal, Sink>;
  using Session = DirectSession<Venue>;
  using Gateway = OrderGateway<SpscRing<Command>, SpscRing<Event>, Session>;
  using Loop = VirtualLoop<VirtualDriver, Gateway, Venue, Source>;

  VirtualRun(const Config& config, std::span<const Instrument> instruments, Venue& venue,
             Journal& journal, const SessionOpening& opening = {})
      : core_(make_core_config(config, instruments, opening)),
        commands_(CommandBuffer::kCapacity * 2),
        executions_(static_cast<std::size_t>(config.engine.execution_ring_slots)),
        sink_(make_sink(commands_, journal)),
        driver_(core_, journal, sink_),
        session_{venue},
        gateway_({.command_age_max = config.engine.command_age_max}, commands_, executions_,
                 session_),
        venue_(venue) {}

  // With a generated market, from `start` on.
  void begin(Nanos start) {
    venue_.start(start);
    loop_ = std::make_unique<Loop>(driver_, gateway_, executions_, venue_, start);
  }
  // With recorded data.
  void begin(Source& source) {
    loop_ = std::make_unique<Loop>(driver_, gateway_, executions_, venue_, source);
    venue_.start(loop_->now());
  }
  bool advance(Nanos until) {
    return advance(until, [] { return false; });
  }
  // See VirtualLoop.
  template <class Interrupted>
  bool advance(Nanos until, const Interrupted& interrupted) {
    const SealedScope sealed;
    return loop_->advance(until, interrupted);
  }
  // The parameters of `next` from here on; the journal has its text already.
  void reload(const CoreConfig& next) {
    core_.offer(next);
    take_up_reload();
  }
  // A person's.
  void control(const Control& control) { loop_->control(control); }
  // What a Reloader has offered to the core is in force from here on.
  void take_up_reload() { loop_->control(ControlCode::kReload); }
  CoreT& core_to_reload() { return core_; }
  bool shut_down() { return loop_->shut_down(); }
  Nanos now() const { return loop_->now(); }
  // When the last order was gone.
  Nanos ended() const { return loop_->now(); }
  const Core& core() const { return core_; }
  std::uint64_t events_in() const { return driver_.events_in(); }

  // What the session came to; the output hash is closed with the final state.
  void summarize_into(Summary& out) {
    close_output();
    summarize(core_, out);
    summarize(driver_.events().read(), out);
    out.latency.push_back(summarize("event_to_command", loop_->event_to_command()));
    out.latency.push_back(summarize("turn", loop_->turn()));
    out.hot_path_allocations = static_cast<std::int64_t>(hot_path_allocations());
  }
  std::uint64_t output_hash() { return driver_.output_hash().value(); }
  // With the final state; once, when nothing is to come any more.
  std::uint64_t close_output() {
    driver_.output_hash().add(core_.state_hash());
    return output_hash();
  }
  std::uint64_t commands_out() const { return driver_.commands_out(); }

 private:
  CoreT core_;
  SpscRing<Command> commands_;
  SpscRing<Event> executions_;
  Sink sink_;
  VirtualDriver driver_;
  Session session_;
  Gateway gateway_;
  Venue& venue_;
  std::unique_ptr<Loop> loop_;
};

}  // namespace mm::app
