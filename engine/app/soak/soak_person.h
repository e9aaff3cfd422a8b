// What a person does to the engine of a seed: pauses of all four kinds, kills, and resumes.
//
// Cold, any thread: drawn before the run. The same seed gives the same acts.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/core/event.h"

namespace mm::app {

struct PersonAct {
  Nanos at;
  Control control;
};
// In order of time, all of them in [begin, end); each stop is resumed within seconds. In one seed
// of two there are none.
std::vector<PersonAct> random_acts(std::uint64_t seed, Nanos begin, Nanos end);
// Without its time.
std::string act_text(const PersonAct& act);

}  // namespace mm::app
