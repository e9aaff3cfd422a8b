#include "engine/app/control/monitor_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <string_view>
#include <thread>
#include <vector>

namespace mm::app {
namespace {

constexpr std::chrono::milliseconds kLook{10};
constexpr int kLooksMax = 100;  // then it is killed
constexpr std::size_t kLineBytesMax = 512;

std::vector<char*> environment_without_keys() {
  std::vector<char*> all;
  for (char** at = environ; *at != nullptr; ++at) {
    if (!std::string_view(*at).starts_with("MM_API_")) all.push_back(*at);
  }
  all.push_back(nullptr);
  return all;
}

}  // namespace

std::string MonitorProcess::start(const std::string& session_folder) {
  std::array<int, 2> in{-1, -1}, out{-1, -1};
  if (pipe2(in.data(), O_CLOEXEC) != 0) return std::strerror(errno);
  if (pipe2(out.data(), O_CLOEXEC) != 0) {
    close(in[0]);
    close(in[1]);
    return std::strerror(errno);
  }
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, in[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files, out[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&files, out[1], STDERR_FILENO);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  std::string program = "/proc/self/exe", word = "monitor", folder = session_folder, flag = "-c",
              config = session_folder + "/config.ini", beside = "--beside-run";
  std::array<char*, 7> arguments{program.data(), word.data(),   folder.data(), flag.data(),
                                 config.data(),  beside.data(), nullptr};
  const int problem = posix_spawn(&pid_, program.c_str(), &files, &attributes, arguments.data(),
                                  environment_without_keys().data());
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  close(in[0]);
  close(out[1]);
  input_ = in[1];
  output_ = out[0];
  fcntl(output_, F_SETFL, O_NONBLOCK);
  if (problem == 0) return {};
  pid_ = 0;
  return std::strerror(problem);
}

std::string MonitorProcess::heard() {
  std::array<char, kLineBytesMax> bytes;
  if (output_ >= 0 && said_.size() < kLineBytesMax) {
    const ssize_t count = read(output_, bytes.data(), bytes.size());
    if (count > 0) said_.append(bytes.data(), static_cast<std::size_t>(count));
  }
  const std::size_t end = said_.find('\n');
  if (end == std::string::npos) return {};
  std::string line = said_.substr(0, end);
  said_.erase(0, end + 1);
  return line;
}

bool MonitorProcess::ended() {
  if (pid_ == 0 || waitpid(pid_, nullptr, WNOHANG) != pid_) return false;
  pid_ = 0;
  return true;
}

MonitorProcess::~MonitorProcess() {
  if (input_ >= 0) close(input_);
  if (output_ >= 0) close(output_);
  for (int i = 0; pid_ > 0 && waitpid(pid_, nullptr, WNOHANG) == 0; ++i) {
    if (i == kLooksMax) kill(pid_, SIGKILL);
    std::this_thread::sleep_for(kLook);
  }
}

}  // namespace mm::app
