// What one command costs in the venue's budgets, by the venue's rules.
//
// A pure function, any thread: the request meter and the simulated venue count by the same prices.
#pragma once

#include "engine/core/command.h"
#include "engine/core/instrument.h"

namespace mm {

// Questions cost the same on every venue we know (spot order.status 4, openOrders.status 6).
inline constexpr RequestCost kQueryCost{1, 4, 0};
inline constexpr RequestCost kQueryOpenCost{1, 6, 0};

constexpr RequestCost request_cost(const VenueRules& rules, CommandKind kind) {
  switch (kind) {
    case CommandKind::kPlace:
      return rules.place;
    case CommandKind::kCancel:
    case CommandKind::kCancelAll:
      return rules.cancel;
    case CommandKind::kReplace:
      return rules.replace;
    case CommandKind::kModify:
      return rules.modify;
    case CommandKind::kReduce:
      return rules.reduce;
    case CommandKind::kQueryOrder:
      return kQueryCost;
    case CommandKind::kQueryOpenOrders:
      return kQueryOpenCost;
    default:
      return {0, 0, 0};  // not a request to the order session
  }
}

}  // namespace mm
