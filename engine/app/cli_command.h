// One command of the command line: its options, and what to do once they are read.
//
// Main thread, once.
#pragma once

#include <functional>
#include <initializer_list>
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

// What is wrong with `option FILE`, which is written when all is done; empty: nothing. Nobody waits
// for hours to be told at the end. A folder that is made on the way need not be there yet.
std::string find_unwritable(const char* option, const std::string& file,
                            std::initializer_list<std::string> made_folders = {});

// Commands with a file of their own.
Command add_venue(CLI::App& app);

}  // namespace mm::app
