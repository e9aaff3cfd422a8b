// Where the recorded captures are: in the folder that MM_CAPTURES names, else beside the project.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace mm {

// Empty if there is no such capture here; the benchmark then skips itself.
inline std::string find_capture(const std::string& name) {
  const char* const folder = std::getenv("MM_CAPTURES");
  const auto path = std::filesystem::path(folder == nullptr ? "../shared/captures" : folder) / name;
  return std::filesystem::exists(path) ? path.string() : std::string();
}

}  // namespace mm
