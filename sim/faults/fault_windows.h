// A plan of faults as time goes by: which windows are open, and whether a fault strikes.
//
// One thread; time comes in. Reserves in the constructor. Deterministic: same plan, same seed, same
// questions, same answers.
#pragma once

#include <optional>
#include <vector>

#include "sim/faults/fault_plan.h"
#include "sim/random.h"

namespace mm::sim {

class FaultWindows {
 public:
  struct Edge {
    const Fault& fault;
    bool begins;
  };

  FaultWindows(FaultPlan plan, std::uint64_t seed);

  // The times of the plan count from now on.
  void start(Nanos now);
  // After that, one more; allocates.
  void add(const Fault& fault);
  // When the next window opens or closes; kNever after the last.
  Nanos next_time() const { return next_ < boundaries_.size() ? boundaries_[next_].time : kNever; }
  // The next window that opens or closes up to now, one at a time. Of two of a kind the later one
  // counts.
  std::optional<Edge> cross(Nanos now);

  bool active(FaultKind kind) const { return active_[index(kind)] >= 0; }
  bool any_active() const { return open_.any(); }
  bool any_active(const FaultKinds& kinds) const { return (open_ & kinds).any(); }
  // The open window of this kind that concerns the instrument; none: nullptr.
  const Fault* find(FaultKind kind, InstrumentId i = kEveryInstrument) const;
  // The same if it strikes this time, which is counted.
  const Fault* strikes(FaultKind kind, InstrumentId i = kEveryInstrument);
  void count(FaultKind kind) { ++counts_[index(kind)]; }
  // When what this fault delays is due.
  Nanos late(const Fault& fault, Nanos now) {
    return now + Nanos(random_.below(fault.delay_max.v));
  }
  bool coin() { return random_.below(2) == 0; }
  Random& random() { return random_; }

  const FaultCounts& counts() const { return counts_; }

 private:
  struct Boundary {
    Nanos time;
    std::size_t fault;
    bool begins;
  };
  void note(std::size_t fault);
  static std::size_t index(FaultKind kind) { return static_cast<std::size_t>(kind); }

  FaultPlan plan_;
  Random random_;
  std::vector<Boundary> boundaries_;
  std::size_t next_ = 0;
  std::array<std::int32_t, kFaultKinds> active_{};  // index into the plan, or -1
  FaultKinds open_;                                 // those that are active
  FaultCounts counts_{};
};

}  // namespace mm::sim
