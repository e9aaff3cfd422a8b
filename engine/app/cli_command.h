// One command of the command line: its options, and what to do once they are read.
//
// Main thread, once.
#pragma once

#include <functional>
#include <string>

namespace CLI {
class App;
}

namespace mm::app {

inline constexpr int kBadUsage = 2;

struct Command {
  CLI::App* app;
  std::function<int()> execute;
};

// One line on stderr; the exit code of bad usage.
int complain(const std::string& line);

// Commands with a file of their own.
Command add_venue(CLI::App& app);

}  // namespace mm::app
