// Reads venue.ini: what the venue server serves.
//
// Cold, main thread. Keys of instruments and generated markets are those of config.ini.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "sim/server/server_config.h"

namespace mm::app {

struct VenueConfigLoad {
  server::ServerConfig config;
  std::string error;  // one line; empty: the config is complete and valid

  bool ok() const { return error.empty(); }
};

// `sets` are "section.key=value"; the last word wins. Without symbols there are BTCUSDT and
// ETHUSDT, without accounts the test account.
VenueConfigLoad parse_venue_config(std::string_view text, std::string_view source,
                                   std::span<const std::string> sets = {});
VenueConfigLoad load_venue_config(const std::string& path, std::span<const std::string> sets = {});

// Every key with its default, its meaning and what is allowed.
std::string venue_config_text();

}  // namespace mm::app
