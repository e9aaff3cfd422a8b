#include "engine/app/control/guard_process.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <thread>

namespace mm::app {
namespace {

constexpr std::chrono::milliseconds kLook{10};
constexpr int kLooksMax = 300;  // of an orderly end it learns at its next look

}  // namespace

GuardProcess::GuardProcess() {
  for (const char* name : {"MM_API_KEY", "MM_API_SECRET"}) {
    const char* const value = std::getenv(name);
    if (value == nullptr) continue;
    const std::string_view key(name), text(value);
    binance::orders::SecretText entry(key.size() + 1 + text.size() + 1);
    if (entry.empty()) continue;  // no memory: the guard will say that it has no key
    char* at = std::ranges::copy(key, entry.bytes().data()).out;
    *at++ = '=';
    at = std::ranges::copy(text, at).out;
    *at = '\0';
    secrets_.push_back(std::move(entry));
  }
}

std::string GuardProcess::start(const std::string& session_folder) {
  session_ = session_folder;
  return spawn();
}

std::string GuardProcess::keep_up(Nanos now) {
  int status = 0;
  if (pid_ > 0) {
    if (began_ == Nanos{}) began_ = now;
    if (waitpid(pid_, &status, WNOHANG) == 0) return {};
    pid_ = 0;
    if (now - began_ > kPauseLongest) pause_ = kPauseFirst;
    due_ = now + pause_;
    const bool told = pause_ != kPauseFirst;
    pause_ = std::min(pause_ * 2, kPauseLongest);
    if (told) return {};
    const std::string how = WIFSIGNALED(status) ? fmt::format("by signal {}", WTERMSIG(status))
                                                : fmt::format("with {}", WEXITSTATUS(status));
    return fmt::format("the guard has ended {} and is started anew; guard.txt says why", how);
  }
  if (session_.empty() || now < due_) return {};
  began_ = now;
  due_ = now + kPauseLongest;
  return spawn();
}

std::string GuardProcess::spawn() {
  const std::string output = session_ + "/guard.txt";
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, output.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0644);
  posix_spawn_file_actions_adddup2(&files, STDOUT_FILENO, STDERR_FILENO);
  // A connection that it kept open would outlive the engine.
  posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
  std::string program = "/proc/self/exe", word = "guard", folder = session_;
  std::array<char*, 4> arguments{program.data(), word.data(), folder.data(), nullptr};
  std::vector<char*> environment;
  for (char** at = environ; *at != nullptr; ++at) environment.push_back(*at);
  for (auto& secret : secrets_) environment.push_back(secret.bytes().data());
  environment.push_back(nullptr);
  const int problem = posix_spawn(&pid_, program.c_str(), &files, &attributes, arguments.data(),
                                  environment.data());
  posix_spawn_file_actions_destroy(&files);
  posix_spawnattr_destroy(&attributes);
  if (problem == 0) return {};
  pid_ = 0;
  return fmt::format("the guard cannot be started: {}", std::strerror(problem));
}

GuardProcess::~GuardProcess() {
  for (int i = 0; pid_ > 0 && i < kLooksMax && waitpid(pid_, nullptr, WNOHANG) == 0; ++i) {
    std::this_thread::sleep_for(kLook);
  }
}

}  // namespace mm::app
