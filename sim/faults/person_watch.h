// What a person has told the engine to stop, from the controls as the core consumed them.
//
// On the core's thread; constant time, no allocation.
#pragma once

#include <algorithm>
#include <array>

#include "engine/core/event.h"
#include "engine/core/types.h"

namespace mm::sim {

class PersonWatch {
 public:
  void on_control(const Control& control, Nanos now) {
    switch (control.code) {
      case ControlCode::kPause:
        return pause(control.scope, now);
      case ControlCode::kResume:
        pause(control.scope, kNever);
        if (control.scope == PauseScope::kAll) *this = {};
        return;
      case ControlCode::kKill:
        killed_ = std::min(killed_, now);
        return;
      case ControlCode::kShutdown:
      case ControlCode::kReload:
        return;
    }
  }

  bool killed() const { return killed_ != kNever; }
  bool paused(Side side) const { return paused_[index(side)] != kNever; }
  bool reduces_only() const { return reduces_only_; }
  // Since when this side is to have no order; kNever: it may.
  Nanos stopped(Side side) const { return std::min(killed_, paused_[index(side)]); }

 private:
  // `since` is kNever where it goes on.
  void pause(PauseScope scope, Nanos since) {
    if (scope == PauseScope::kIncrease) reduces_only_ = since != kNever;
    for (const Side side : kSides) {
      const bool concerned = scope == PauseScope::kAll ||
                             scope == (side == Side::kBuy ? PauseScope::kBuy : PauseScope::kSell);
      Nanos& paused = paused_[index(side)];
      if (concerned) paused = since == kNever ? kNever : std::min(paused, since);
    }
  }

  Nanos killed_{kNever};
  std::array<Nanos, 2> paused_{kNever, kNever};
  bool reduces_only_ = false;
};

}  // namespace mm::sim
