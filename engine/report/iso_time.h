// Times as text that people and every library read: 2026-11-23T08:15:00.123456789Z.
//
// Pure, any thread, cold.
#pragma once

#include <string>

#include "engine/core/types.h"

namespace mm {

std::string iso_time(Nanos time);

}  // namespace mm
