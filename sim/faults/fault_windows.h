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
    FaultKind kind;
    bool begins;
    Nanos until;  // when the window ends
  };

  FaultWindows(FaultPlan plan, std::uint64_t seed);

  // The times of the plan count from now on.
  void start(Nanos now);
  // The next window that opens or closes up to now, one at a time.
  std::optional<Edge> cross(Nanos now);

  // The open window of this kind; none: nullptr.
  const Fault* find(FaultKind kind) const;
  // The same if it strikes this time, which is counted.
  const Fault* strikes(FaultKind kind);
  void count(FaultKind kind) { ++counts_[static_cast<std::size_t>(kind)]; }
  // When what this fault delays is due.
  Nanos late(const Fault& fault, Nanos now) {
    return now + Nanos(random_.below(fault.delay_max.v));
  }
  bool coin() { return random_.below(2) == 0; }

  const FaultCounts& counts() const { return counts_; }

 private:
  struct Boundary {
    Nanos time;
    std::size_t fault;
    bool begins;
  };

  FaultPlan plan_;
  Random random_;
  std::vector<Boundary> boundaries_;
  std::size_t next_ = 0;
  std::array<std::int32_t, kFaultKinds> active_{};  // index into the plan, or -1
  FaultCounts counts_{};
};

}  // namespace mm::sim
