#include "sim/faults/fault_windows.h"

#include <algorithm>

#include "engine/core/assert.h"

namespace mm::sim {

FaultWindows::FaultWindows(FaultPlan plan, std::uint64_t seed)
    : plan_(std::move(plan)), random_(seed ^ 0xFA177) {
  active_.fill(-1);
  boundaries_.reserve(2 * plan_.size());
}

void FaultWindows::start(Nanos now) {
  for (std::size_t k = 0; k < plan_.size(); ++k) {
    Fault& f = plan_[k];
    MM_ASSERT(f.begin < f.end, "a window has a length");
    f.begin += now;
    f.end += now;
    boundaries_.push_back({f.begin, k, true});
    boundaries_.push_back({f.end, k, false});
  }
  std::ranges::stable_sort(boundaries_, {}, &Boundary::time);
}

std::optional<FaultWindows::Edge> FaultWindows::cross(Nanos now) {
  if (next_ == boundaries_.size() || boundaries_[next_].time > now) return {};
  const Boundary& b = boundaries_[next_++];
  const Fault& fault = plan_[b.fault];
  active_[static_cast<std::size_t>(fault.kind)] =
      b.begins ? static_cast<std::int32_t>(b.fault) : -1;
  return Edge{fault.kind, b.begins, fault.end};
}

const Fault* FaultWindows::find(FaultKind kind) const {
  const std::int32_t at = active_[static_cast<std::size_t>(kind)];
  return at < 0 ? nullptr : &plan_[static_cast<std::size_t>(at)];
}

const Fault* FaultWindows::strikes(FaultKind kind) {
  const Fault* fault = find(kind);
  if (fault == nullptr || !random_.chance_in_million(fault->per_million)) return nullptr;
  count(kind);
  return fault;
}

}  // namespace mm::sim
