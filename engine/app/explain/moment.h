// An instant of a session as people write and read it, in UTC.
//
// Pure functions, any thread, cold.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/core/types.h"

namespace mm::app {

// 2026-11-27T11:15:02.123456Z
std::string moment_text(Nanos time);

// The same form, with or without its fraction and Z, with T or a space between; HH:MM:SS[.f], the
// first such time at or after `begin`; +S[.f] seconds after `begin`; or ns since 1970. Empty for
// anything else.
std::optional<Nanos> parse_moment(std::string_view text, Nanos begin);

}  // namespace mm::app
