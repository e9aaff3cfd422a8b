// When a seed's configuration changes while its engine runs, and to what: the same seed, the same
// changes.
//
// Cold, any thread. Values are drawn as those of random configurations, of the keys that a running
// engine takes over; what is not drawn is as the seed began with.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "engine/app/config/config.h"

namespace mm::app {

struct SoakReload {
  Nanos at{};  // since the seed began
  Config next;
};

struct SoakReloads {
  std::vector<SoakReload> due;  // in turn
  std::string error;            // a configuration was refused: a fault of the generator
};

// `sets` are those of the seed, and `user` go over them all.
SoakReloads random_reloads(std::uint64_t seed, Nanos duration, std::span<const std::string> sets,
                           std::span<const std::string> user);

}  // namespace mm::app
