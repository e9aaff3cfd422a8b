// Whether an event can be one that feeds, gateway and driver write: for events that come out of a
// file, whose bytes nobody vouches for.
//
// Any thread, cold: a few comparisons. What it lets through the core can take: words are in their
// range, and quantities so bounded that sums of them stay in 64 bits.
#pragma once

#include "engine/core/event.h"

namespace mm {

bool is_possible(const Event& event);

}  // namespace mm
