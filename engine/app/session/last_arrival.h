// Until when requests of an engine that has died may still come to the venue.
//
// Cold; reads the session's counters and configuration. A request may be on its way for as long as
// its recvWindow allows (not_found_margin), whatever has become of its sender.
#pragma once

#include <string>

#include "engine/app/config/config.h"
#include "engine/core/types.h"

namespace mm::app {

// How long after it was sent: by the configuration of the session it is of, or this one where that
// allows more, or the other cannot be read.
Nanos arrival_margin(const Config& config, const std::string& session);
// The engine's last sign of life, by Clock; 0 where nothing may come: it ended in order, has not
// traded, somebody has waited for that, or the host was started anew since.
Nanos last_sign_of_life(const std::string& session);
// Counted from that; 0 likewise.
Nanos last_arrival(const Config& config, const std::string& session);

}  // namespace mm::app
