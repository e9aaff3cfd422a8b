// venue.ini: refused with one line, or something that the server can serve.
#include "engine/app/config/venue_config.h"

#include "tests/fuzz/fuzz_target.h"

MM_FUZZ_TARGET(venue_config) {
  // A key file could be a device that never ends.
  if (input.find("_file") != std::string_view::npos) return;
  const mm::app::VenueConfigLoad load = mm::app::parse_venue_config(input, "fuzz.ini");
  if (!load.ok()) {
    MM_ASSERT(load.error.find('\n') == std::string::npos, "an error is one line");
    return;
  }
  MM_ASSERT(!load.config.symbols.empty() && !load.config.accounts.empty(), "something to serve");
  for (const auto& symbol : load.config.symbols) {
    MM_ASSERT(symbol.instrument.tick.v > 0 && symbol.instrument.lot.v > 0, "in units");
  }
}
