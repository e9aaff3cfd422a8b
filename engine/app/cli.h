// The command line: reads arguments and config, then hands over to one mode.
//
// Main thread, once. Bad usage and bad config are one line on stderr and exit code 2, before
// anything is started.
#pragma once

namespace mm::app {

int run_command_line(int argc, char** argv);

}  // namespace mm::app
