// The reasons of the core and of venues as sentences: what status and ledger show by name.
//
// Pure functions, any thread, cold. Each reads on after a colon or "since": no capital, no stop.
#pragma once

#include <string_view>

#include "engine/core/event.h"
#include "engine/core/reason.h"

namespace mm::app {

inline constexpr std::string_view kStopping = "the session ends: no order may stay behind";

std::string_view words(QuoteReason reason);
std::string_view words(RejectReason reason);
std::string_view words(OrderStatusCode status);

}  // namespace mm::app
