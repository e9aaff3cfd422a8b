// A core that trades beside a session, on the same market: every request happens at once.
//
// One thread, cold. It is given the session's journal: market, connections, balances, pauses and
// fills are taken over, whatever answers the session's own requests is not. Its orders are never
// filled; the fills of the session move its position as those of an earlier start would.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "engine/core/core.h"

namespace mm::app {

// What a venue without latency says to a request: that it has happened. kNone: nothing.
Event answer_to(const Command& command);
// Rounds of answers, and of what follows from them, after which a core that still asks is left.
inline constexpr int kAnswerRoundsMax = 100;

class ShadowCore {
 public:
  // `config` is the session's; it decides from that time on, and learns the market before.
  ShadowCore(CoreConfig config, Nanos decides_from);

  void on_event(const Event& event);
  // Requests so far.
  std::int64_t requests(InstrumentId id) const { return core_.requests().of(id).sent.raw; }

 private:
  static CoreConfig other_ids(CoreConfig config);
  void deliver(Event event);
  void decide();
  void answer();

  Core core_;
  Nanos decides_from_, now_{};
  std::unique_ptr<CommandBuffer> commands_ = std::make_unique<CommandBuffer>();
  std::vector<Command> asked_;
};

}  // namespace mm::app
