// How long processes have stood ready for a CPU that others had: what a busy host takes from a
// bound on time.
//
// By the kernel's count, of every thread that is there when it is sampled.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace mm::test {

class CpuWait {
 public:
  // Counts from now on.
  explicit CpuWait(std::vector<pid_t> processes) : processes_(std::move(processes)) {
    sample();
    for (auto& [thread, wait] : threads_) wait.first = wait.last;
  }
  void sample() {
    for (const pid_t process : processes_) {
      std::error_code gone;
      const std::filesystem::path tasks = "/proc/" + std::to_string(process) + "/task";
      for (const auto& task : std::filesystem::directory_iterator(tasks, gone)) {
        std::int64_t ran = 0, waited = 0;
        std::ifstream file(task.path() / "schedstat");
        if (file >> ran >> waited) threads_[task.path().filename()].last = waited;
      }
    }
  }
  // Of all threads, also those that have ended since.
  std::int64_t ms() const {
    std::int64_t all = 0;
    for (const auto& [thread, wait] : threads_) all += wait.last - wait.first;
    return all / 1'000'000;
  }

 private:
  struct Wait {
    std::int64_t first = 0, last = 0;
  };
  std::vector<pid_t> processes_;
  std::map<std::string, Wait> threads_;
};

}  // namespace mm::test
