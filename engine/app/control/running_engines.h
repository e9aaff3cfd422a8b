// Which engines run: what a command means that names no session.
//
// Cold; looks at the counters of each session.
#pragma once

#include <string>
#include <vector>

namespace mm::app {

// Folders of the sessions in `sessions` whose engine is alive: those that trade with money come
// first, then the newest.
std::vector<std::string> running_engines(const std::string& sessions);

}  // namespace mm::app
