// The last lines of a log that is being written.
//
// Cold; reads the end of the file, never the whole.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace mm::monitor {

// The last of at most `lines` whole lines, oldest first; none if there is no such file.
std::vector<std::string> log_tail(const std::string& path, std::size_t lines);

}  // namespace mm::monitor
