// Which limit of the configuration a request breaks that adds or moves an order, judged anew from
// the market that the core decided on.
//
// Any thread, no state, some nanoseconds.
#pragma once

#include <string_view>

#include "engine/core/command.h"
#include "engine/core/instrument_state.h"

namespace mm::sim {

// Empty: none. `seen` is of the decision, `config` is in force; `row` is the order's as it was
// before the request, nullptr for a new one.
std::string_view broken_limit(const Command& request, const InstrumentState& seen,
                              const InstrumentConfig& config, const Order* row);

}  // namespace mm::sim
