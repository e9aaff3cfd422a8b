#include "engine/monitor/log_tail.h"

#include <algorithm>
#include <deque>
#include <fstream>

namespace mm::monitor {

std::vector<std::string> log_tail(const std::string& path, std::size_t lines) {
  constexpr std::streamoff kLineBytesMax = 320;  // of the log's own lines
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return {};
  const std::streamoff size = file.tellg();
  const auto wanted = static_cast<std::streamoff>(lines + 1) * kLineBytesMax;
  const std::streamoff from = std::max<std::streamoff>(0, size - wanted);
  file.seekg(from);
  std::deque<std::string> tail;
  std::string line;
  if (from > 0) std::getline(file, line);  // half of one
  while (std::getline(file, line) && !file.eof()) {
    tail.push_back(std::move(line));
    if (tail.size() > lines) tail.pop_front();
  }
  return {tail.begin(), tail.end()};
}

}  // namespace mm::monitor
