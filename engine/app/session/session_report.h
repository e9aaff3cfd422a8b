// The end of a session for the user: summary on the terminal, exit code.
//
// Cold, main thread.
#pragma once

#include <string>

#include "engine/ledger/summary.h"

namespace mm::app {

// Prints the summary; 0, or 1 with a line on stderr if an invariant was broken or the session could
// not be recorded, for the reason in `unrecorded`.
int report_session(const Summary& summary, const std::string& unrecorded);

// One line on stderr; returns the exit code for a failure.
int fail(const std::string& error);

// Colours only where somebody sees them.
bool stdout_is_terminal();

}  // namespace mm::app
