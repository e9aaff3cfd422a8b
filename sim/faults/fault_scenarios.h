// The named things that go wrong, S1 to S25: each from a thread in which a trading system broke.
//
// One table: name, what happens, what is expected, the plan of faults and the keys it needs.
// Constant; a plan is made on request.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "sim/faults/fault_plan.h"

namespace mm::sim {

struct FaultScenario {
  std::string_view name;
  std::string_view happens, expected;
  FaultPlan (*plan)();
  std::string_view sets;   // "section.key=value", separated by blanks
  std::int64_t hours = 0;  // what it takes, in virtual time; 0: as long as one likes
};

std::span<const FaultScenario> fault_scenarios();
// Until what goes wrong is over and the quotes are back, in seconds; 0: it has no end.
std::int64_t seconds_of(const FaultScenario& scenario);
// nullptr for an unknown name.
const FaultScenario* find_fault_scenario(std::string_view name);
// All of them, a line each, for help and error messages.
std::string fault_scenario_list();

}  // namespace mm::sim
