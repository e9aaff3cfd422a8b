#include "engine/runtime/durable_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace mm {
namespace {

std::string temporary_of(const std::string& path) {
  return fmt::format("{}.{}.tmp", path, ::getpid());
}

}  // namespace

bool sync_file(const std::string& path) {
  const int handle = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (handle < 0) return false;
  const bool done = ::fsync(handle) == 0;
  ::close(handle);
  return done;
}

bool sync_folder_of(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::absolute(path).parent_path();
  const int handle = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (handle < 0) return false;
  const bool done = ::fsync(handle) == 0;
  ::close(handle);
  return done;
}

std::string write_durably(const std::string& path, std::string_view text) {
  const std::string temporary = temporary_of(path);
  const auto failed = [&](const char* what) {
    const std::string why = std::strerror(errno);
    std::remove(temporary.c_str());
    return fmt::format("{}: cannot be {}: {}", path, what, why);
  };
  std::FILE* file = std::fopen(temporary.c_str(), "wbe");
  if (file == nullptr) return failed("created");
  const bool written = std::fwrite(text.data(), 1, text.size(), file) == text.size() &&
                       std::fflush(file) == 0 && ::fsync(::fileno(file)) == 0;
  if (std::fclose(file) != 0 || !written) return failed("written");
  if (std::rename(temporary.c_str(), path.c_str()) != 0) return failed("renamed");
  if (!sync_folder_of(path)) return failed("made durable");
  return {};
}

std::string find_unwritable(const std::string& path) {
  std::error_code ignored;
  const std::filesystem::file_status there = std::filesystem::status(path, ignored);
  if (std::filesystem::is_directory(there)) return path + ": is a folder";
  if (std::filesystem::exists(there) && !std::filesystem::is_regular_file(there)) {
    return path + ": is not a regular file";
  }
  const std::string temporary = temporary_of(path);
  const int handle = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (handle < 0) return fmt::format("{}: cannot be created: {}", path, std::strerror(errno));
  ::close(handle);
  std::remove(temporary.c_str());
  return {};
}

}  // namespace mm
