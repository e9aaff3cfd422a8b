// How well the host is set up for threads that must not be held up: what is, what should be, why.
//
// Cold, main thread; reads the kernel's files, changes none. One table for `mm_logic check` and
// scripts/tune_host, which applies and reverts it. Sources: the kernel's documentation
// (admin-guide/kernel-parameters, admin-guide/pm, core-api/irq, timers/no_hz, admin-guide/sysctl).
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace mm::app {

enum class TuningVerdict {
  kOk,
  kWarn,     // differs
  kUnknown,  // this host does not have it, or does not tell
};

struct FileSetting {
  std::string path;  // from the root of the file system
  std::string is, should;
};

struct TuningItem {
  std::string_view name;
  TuningVerdict verdict = TuningVerdict::kUnknown;
  std::string is{}, should{};
  std::string_view why{};
  std::vector<FileSetting> settings{};  // what to write, for now and until the next boot
  std::string boot_parameter{};         // or what the kernel has to be started with, or was
};

std::vector<int> online_cpus(const std::filesystem::path& root = "/");

// The CPUs for hot threads if nobody names any: the isolated ones, else all but the first core's
// (of two cores or fewer: all).
std::vector<int> hot_cpus_by_default(const std::filesystem::path& root = "/");

// All items in the order of their weight; `root` stands in for / in tests.
std::vector<TuningItem> host_tuning(const std::vector<int>& hot_cpus,
                                    const std::filesystem::path& root = "/");

}  // namespace mm::app
