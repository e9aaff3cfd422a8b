// HALT: a file in the sessions folder that refuses live starts until a person resumes.
//
// Cold, any process. A line for each reason, added whole and on the disk when the call returns.
// That the file is there halts, whatever is in it.
#pragma once

#include <string>
#include <string_view>

#include "engine/core/types.h"

namespace mm {

std::string halt_path(const std::string& sessions);

// Makes the folder if need be. Returns the error.
[[nodiscard]] std::string add_halt(const std::string& sessions, Nanos time,
                                   std::string_view reason);
// The reasons, oldest first and one a line; empty: nothing halts.
std::string read_halt(const std::string& sessions);
// Returns the error; there is none where there was no file.
[[nodiscard]] std::string clear_halt(const std::string& sessions);

}  // namespace mm
