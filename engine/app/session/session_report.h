// The end of a session for the user: summary on the terminal, exit code.
//
// Cold, main thread.
#pragma once

#include <string>
#include <string_view>

#include "engine/ledger/summary.h"

namespace mm::app {

// Prints the summary; 0, or 1 with a line on stderr if an invariant was broken or the session could
// not be recorded, for the reason in `unrecorded`.
int report_session(const Summary& summary, const std::string& unrecorded);

// Writes all of `text`, whatever signals come meanwhile, and waits for a reader who takes his time;
// what nobody can read any more is dropped.
void write_whole(int file, std::string_view text);

// One line on stderr; returns the exit code for a failure.
int fail(const std::string& error);

// One that understands ANSI sequences.
bool stdout_is_terminal();
// There, unless the environment has a NO_COLOR that is not empty (no-color.org).
bool stdout_has_colours();

}  // namespace mm::app
