// `mm_logic venue`: the simulated venue as a server, until it is told to stop.
//
// Main thread, which also serves.
#pragma once

#include <string>

#include "sim/server/server_config.h"

namespace mm::app {

struct VenueOptions {
  std::string capture_file;               // empty: the markets are generated
  std::string key_dir;                    // empty: no account with a made-up Ed25519 key
  std::string measure_file;               // empty: nobody asks how fast clients react
  std::int32_t measured_updates = 2'000;  // of them, in a row
  bool spin = false;                      // never sleep
};
int venue_mode(const VenueOptions& options, server::ServerConfig config);

}  // namespace mm::app
