#include "engine/ledger/halt_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "engine/ledger/session_folder.h"
#include "engine/runtime/durable_file.h"

namespace mm {
namespace {

namespace fs = std::filesystem;

constexpr std::uintmax_t kBytesMax = 64 << 10;  // then the reasons there are have to do

std::string failed(const std::string& path, const char* what) {
  return fmt::format("{}: cannot be {}: {}", path, what, std::strerror(errno));
}

}  // namespace

std::string halt_path(const std::string& sessions) {
  return sessions + "/HALT";
}

std::string add_halt(const std::string& sessions, Nanos time, std::string_view reason) {
  std::error_code ignored;  // what cannot be made cannot be opened either, which says more
  fs::create_directories(sessions, ignored);
  const std::string path = halt_path(sessions);
  if (fs::exists(path, ignored) && fs::file_size(path, ignored) > kBytesMax) return {};
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return failed(path, "opened");
  std::string line = fmt::format("{} {}", utc_name(time), reason);
  std::ranges::replace(line, '\n', ' ');
  line += '\n';
  const bool written =
      ::write(file, line.data(), line.size()) == static_cast<ssize_t>(line.size()) &&
      ::fsync(file) == 0;
  const std::string error = written ? std::string() : failed(path, "written");
  ::close(file);
  if (!error.empty()) return error;
  return sync_folder_of(path) ? std::string() : failed(path, "made durable");
}

std::string read_halt(const std::string& sessions) {
  const std::string path = halt_path(sessions);
  std::error_code error;
  if (!fs::exists(fs::symlink_status(path, error))) return {};
  std::string text;
  if (fs::is_regular_file(path, error)) {
    std::ifstream file(path, std::ios::binary);
    text.assign(std::istreambuf_iterator<char>(file), {});
  }
  return text.empty() ? "for a reason that was not written down\n" : text;
}

std::string clear_halt(const std::string& sessions) {
  const std::string path = halt_path(sessions);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return failed(path, "removed");
  return {};
}

}  // namespace mm
