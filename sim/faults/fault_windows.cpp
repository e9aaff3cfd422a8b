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
    plan_[k].begin += now;
    plan_[k].end += now;
    note(k);
  }
}

void FaultWindows::add(const Fault& fault) {
  plan_.push_back(fault);
  note(plan_.size() - 1);
}

void FaultWindows::note(std::size_t fault) {
  const Fault& f = plan_[fault];
  MM_ASSERT(f.begin < f.end, "a window has a length");
  for (const bool begins : {true, false}) {
    const Boundary boundary{begins ? f.begin : f.end, fault, begins};
    const auto from = boundaries_.begin() + static_cast<std::ptrdiff_t>(next_);
    boundaries_.insert(
        std::ranges::upper_bound(from, boundaries_.end(), boundary.time, {}, &Boundary::time),
        boundary);
  }
}

std::optional<FaultWindows::Edge> FaultWindows::cross(Nanos now) {
  while (next_time() <= now) {
    const Boundary& b = boundaries_[next_++];
    const auto number = static_cast<std::int32_t>(b.fault);
    std::int32_t& active = active_[index(plan_[b.fault].kind)];
    if (!b.begins && active != number) continue;  // another one has taken its place
    open_[index(plan_[b.fault].kind)] = b.begins;
    active = b.begins ? number : -1;
    return Edge{plan_[b.fault], b.begins};
  }
  return {};
}

const Fault* FaultWindows::find(FaultKind kind, InstrumentId i) const {
  if (!active(kind)) return nullptr;
  const Fault& fault = plan_[static_cast<std::size_t>(active_[index(kind)])];
  const bool concerns = fault.instrument == kEveryInstrument || fault.instrument == i;
  return concerns ? &fault : nullptr;
}

const Fault* FaultWindows::strikes(FaultKind kind, InstrumentId i) {
  const Fault* fault = find(kind, i);
  if (fault == nullptr || !random_.chance_in_million(fault->per_million)) return nullptr;
  count(kind);
  return fault;
}

}  // namespace mm::sim
