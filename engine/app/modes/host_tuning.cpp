#include "engine/app/modes/host_tuning.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <optional>
#include <sstream>

namespace mm::app {
namespace {

namespace fs = std::filesystem;

// A wake-up from a deeper idle state than this is longer than a whole decision.
constexpr int kIdleStateExitUsMax = 1;

constexpr int kCpuMax = 4095;

// The kernel's files below a root.
class KernelFiles {
 public:
  explicit KernelFiles(const fs::path& root) : root_(root) {}

  // First line without the blanks at its ends; nothing: no such file.
  std::optional<std::string> read(const std::string& path) const {
    std::ifstream file(root_ / path.substr(1));
    std::string line;
    if (!file || !std::getline(file, line)) return {};
    const std::size_t first = line.find_first_not_of(" \t");
    if (first == std::string::npos) return std::string();
    return line.substr(first, line.find_last_not_of(" \t") - first + 1);
  }
  // Names in a folder that begin with `prefix`, in order.
  std::vector<std::string> names(const std::string& folder, std::string_view prefix) const {
    std::vector<std::string> found;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(root_ / folder.substr(1), error)) {
      std::string name = entry.path().filename().string();
      if (name.starts_with(prefix)) found.push_back(std::move(name));
    }
    std::ranges::sort(found);
    return found;
  }
  std::size_t line_count(const std::string& path) const {
    std::ifstream file(root_ / path.substr(1));
    std::size_t count = 0;
    for (std::string line; std::getline(file, line);) ++count;
    return count;
  }

 private:
  fs::path root_;
};

// The word in brackets of "always [madvise] never"; the text itself if there are none.
std::string chosen(const std::string& text) {
  const std::size_t open = text.find('['), close = text.find(']');
  if (open == std::string::npos || close == std::string::npos || close < open) return text;
  return text.substr(open + 1, close - open - 1);
}

std::vector<int> without(const std::vector<int>& all, const std::vector<int>& some) {
  std::vector<int> rest;
  std::ranges::set_difference(all, some, std::back_inserter(rest));
  return rest;
}

class Tuning {
 public:
  Tuning(const std::vector<int>& hot, const fs::path& root) : files_(root), hot_(hot) {
    std::ranges::sort(hot_);
    online_ = parse_cpu_list(files_.read("/sys/devices/system/cpu/online").value_or(""));
  }

  std::vector<TuningItem> run() {
    governor();
    idle_states();
    cpu_set("isolated CPUs", "/sys/devices/system/cpu/isolated", "isolcpus=managed_irq,domain,",
            "no other thread is put on a CPU of a hot thread");
    cpu_set("tickless CPUs", "/sys/devices/system/cpu/nohz_full",
            "nohz_full=", "the timer tick takes a hot thread's CPU up to 1,000 times a second");
    interrupts();
    one("huge pages", "/sys/kernel/mm/transparent_hugepage/enabled", "madvise",
        "the kernel's merging of pages stops whoever uses them");
    one("busy poll", "/proc/sys/net/core/busy_poll", "50",
        "poll looks at the network card itself instead of waiting for its interrupt");
    one("busy read", "/proc/sys/net/core/busy_read", "50",
        "a read looks at the network card itself instead of waiting for its interrupt");
    memory_lock();
    one("swappiness", "/proc/sys/vm/swappiness", "0", "a page on disk costs milliseconds");
    swap_space();
    one("NUMA balancing", "/proc/sys/kernel/numa_balancing", "0",
        "pages are unmapped now and then to see who uses them: page faults on hot threads");
    clock_source();
    one("real-time limit", "/proc/sys/kernel/sched_rt_runtime_us", "-1",
        "a spinning thread of real-time priority is stopped for 50 ms of each second");
    one("watchdog", "/proc/sys/kernel/nmi_watchdog", "0", "interrupts every CPU periodically");
    one("statistics", "/proc/sys/vm/stat_interval", "120",
        "the kernel's own counting takes each CPU once per interval, in seconds");
    return std::move(items_);
  }

 private:
  TuningItem& add(std::string_view name, std::string_view why) {
    items_.push_back({.name = name, .why = why});
    return items_.back();
  }
  // An item of several files of the same meaning: what differs is said, and how many do.
  void settle(TuningItem& item, std::size_t files, std::string_view unit) {
    if (files == 0) {
      item.is = "not on this host";
    } else if (item.settings.empty()) {
      item.verdict = TuningVerdict::kOk;
      item.is = item.should;
    } else {
      item.verdict = TuningVerdict::kWarn;
      item.is =
          fmt::format("{} on {} of {} {}", item.settings[0].is, item.settings.size(), files, unit);
    }
  }

  void one(std::string_view name, const std::string& path, std::string_view should,
           std::string_view why) {
    TuningItem& item = add(name, why);
    item.should = should;
    const std::optional<std::string> text = files_.read(path);
    if (!text) {
      item.is = "not on this host";
      return;
    }
    item.is = chosen(*text);
    item.verdict = item.is == should ? TuningVerdict::kOk : TuningVerdict::kWarn;
    if (item.is != should) item.settings.push_back({path, item.is, item.should});
  }

  void governor() {
    TuningItem& item = add("CPU governor", "a CPU that slows down when idle is slow when woken");
    item.should = "performance";
    std::size_t files = 0;
    for (const int cpu : hot_) {
      const std::string path =
          fmt::format("/sys/devices/system/cpu/cpu{}/cpufreq/scaling_governor", cpu);
      const std::optional<std::string> text = files_.read(path);
      if (!text) continue;
      ++files;
      if (*text != item.should) item.settings.push_back({path, *text, item.should});
    }
    settle(item, files, "CPUs");
  }

  // A spinning thread never idles, but a thread that yields or backs off does.
  void idle_states() {
    TuningItem& item = add("idle states", "leaving a deep one takes up to 200 us");
    item.should = fmt::format("none that takes over {} us to leave", kIdleStateExitUsMax);
    std::size_t files = 0;
    for (const int cpu : hot_) {
      const std::string folder = fmt::format("/sys/devices/system/cpu/cpu{}/cpuidle", cpu);
      for (const std::string& state : files_.names(folder, "state")) {
        const std::string path = folder + "/" + state;
        int exit_us = 0;
        const std::string latency = files_.read(path + "/latency").value_or("0");
        std::from_chars(latency.data(), latency.data() + latency.size(), exit_us);
        if (exit_us <= kIdleStateExitUsMax) continue;
        ++files;
        if (files_.read(path + "/disable") != "1") {
          item.settings.push_back({path + "/disable", "0", "1"});
        }
      }
    }
    settle(item, files, "states");
    if (item.verdict == TuningVerdict::kWarn) {
      item.is = fmt::format("{} of {} allowed", item.settings.size(), files);
    }
  }

  void cpu_set(std::string_view name, const std::string& path, std::string_view parameter,
               std::string_view why) {
    TuningItem& item = add(name, why);
    if (without(online_, hot_).empty()) {
      item.is = "every CPU is for hot threads";
      item.should = "a CPU left for everything else";
      return;
    }
    item.should = cpu_list(hot_);
    const std::optional<std::string> text = files_.read(path);
    // "(null)" is what older kernels say for none.
    const std::vector<int> is = parse_cpu_list(text.value_or(""));
    item.is = is.empty() ? "none" : cpu_list(is);
    const bool good = without(hot_, is).empty();
    item.verdict = good ? TuningVerdict::kOk : TuningVerdict::kWarn;
    item.boot_parameter = std::string(parameter) + (good ? item.is : item.should);
  }

  void interrupts() {
    TuningItem& item = add("interrupts", "one takes its CPU from the hot thread for microseconds");
    const std::vector<int> others = without(online_, hot_);
    if (others.empty()) {
      item.is = "every CPU is for hot threads";
      item.should = "a CPU left for everything else";
      return;
    }
    item.should = "on CPUs " + cpu_list(others);
    std::size_t files = 0;
    for (const std::string& irq : files_.names("/proc/irq", "")) {
      const std::string path = "/proc/irq/" + irq + "/smp_affinity_list";
      const std::optional<std::string> text = files_.read(path);
      if (!text) continue;
      ++files;
      const std::vector<int> on = parse_cpu_list(*text);
      if (without(on, hot_).size() != on.size()) {
        item.settings.push_back({path, *text, cpu_list(others)});
      }
    }
    settle(item, files, "interrupts");
    if (item.verdict == TuningVerdict::kWarn) {
      item.is = fmt::format("{} of {} may come to hot CPUs", item.settings.size(), files);
    }
  }

  void memory_lock() {
    TuningItem& item =
        add("memlock", "[engine] lock_memory needs it: no page fault on hot threads");
    item.should = "unlimited (ulimit -l, LimitMEMLOCK=infinity)";
    rlimit limit{};
    if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0) return;
    const bool free = limit.rlim_cur == RLIM_INFINITY;
    item.is = free ? "unlimited" : fmt::format("{} KiB", limit.rlim_cur / 1024);
    item.verdict = free ? TuningVerdict::kOk : TuningVerdict::kWarn;
  }

  void swap_space() {
    TuningItem& item = add("swap", "what is not locked may be on disk when it is needed");
    item.should = "none (swapoff -a)";
    const std::size_t lines = files_.line_count("/proc/swaps");
    if (lines == 0) {
      item.is = "not on this host";
      return;
    }
    const std::size_t count = lines - 1;  // below a heading
    item.is = count == 0 ? "none" : fmt::format("{} in use", count);
    item.verdict = count == 0 ? TuningVerdict::kOk : TuningVerdict::kWarn;
  }

  void clock_source() {
    const std::string folder = "/sys/devices/system/clocksource/clocksource0/";
    TuningItem& item = add("clock source", "reading any other costs a system call or more");
    item.should = "tsc";
    const std::optional<std::string> now = files_.read(folder + "current_clocksource");
    item.is = now.value_or("not on this host");
    if (!now) return;
    // On a virtual machine kvm-clock is read without a system call as well.
    const bool good = *now == "tsc" || *now == "kvm-clock";
    item.verdict = good ? TuningVerdict::kOk : TuningVerdict::kWarn;
    std::istringstream names(files_.read(folder + "available_clocksource").value_or(""));
    for (std::string name; !good && names >> name;) {
      if (name == "tsc") item.settings.push_back({folder + "current_clocksource", *now, name});
    }
  }

  KernelFiles files_;
  std::vector<int> hot_, online_;
  std::vector<TuningItem> items_;
};

}  // namespace

std::vector<int> parse_cpu_list(std::string_view text) {
  std::vector<int> cpus;
  while (!text.empty()) {
    const std::string_view part = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), part.size() + 1));
    int first = 0, last = 0;
    const auto from = std::from_chars(part.begin(), part.end(), first);
    if (from.ec != std::errc() || first < 0 || first > kCpuMax) break;
    last = first;
    if (from.ptr != part.end()) {
      if (*from.ptr != '-') break;
      if (std::from_chars(from.ptr + 1, part.end(), last).ec != std::errc()) break;
    }
    for (int cpu = first; cpu <= std::min(last, kCpuMax); ++cpu) cpus.push_back(cpu);
  }
  std::ranges::sort(cpus);
  cpus.erase(std::unique(cpus.begin(), cpus.end()), cpus.end());
  return cpus;
}

std::string cpu_list(const std::vector<int>& cpus) {
  std::string text;
  for (std::size_t i = 0; i < cpus.size();) {
    std::size_t last = i;
    while (last + 1 < cpus.size() && cpus[last + 1] == cpus[last] + 1) ++last;
    if (!text.empty()) text += ',';
    text += last == i ? fmt::format("{}", cpus[i]) : fmt::format("{}-{}", cpus[i], cpus[last]);
    i = last + 1;
  }
  return text;
}

std::vector<int> hot_cpus_by_default(const fs::path& root) {
  const KernelFiles files(root);
  const auto list = [&](const char* name) {
    return parse_cpu_list(files.read(std::string("/sys/devices/system/cpu/") + name).value_or(""));
  };
  std::vector<int> cpus = list("isolated");
  if (!cpus.empty()) return cpus;
  cpus = list("online");
  if (cpus.size() > 2) cpus.erase(cpus.begin());
  return cpus;
}

std::vector<TuningItem> host_tuning(const std::vector<int>& hot_cpus, const fs::path& root) {
  return Tuning(hot_cpus, root).run();
}

}  // namespace mm::app
