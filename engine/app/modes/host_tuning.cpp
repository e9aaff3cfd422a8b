#include "engine/app/modes/host_tuning.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <initializer_list>
#include <map>
#include <optional>
#include <sstream>

#include "engine/runtime/cpu_list.h"

namespace mm::app {
namespace {

namespace fs = std::filesystem;

// A wake-up from a deeper idle state than this is longer than a whole decision.
constexpr int kIdleStateExitUsMax = 1;

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

class Tuning {
 public:
  Tuning(const std::vector<int>& hot, const fs::path& root) : files_(root), hot_(hot) {
    std::ranges::sort(hot_);
    online_ = online_cpus(root);
  }

  std::vector<TuningItem> run() {
    governor();
    idle_states();
    cpu_set("isolated CPUs", "/sys/devices/system/cpu/isolated", "isolcpus=managed_irq,domain,",
            "no other thread is put on a CPU of a hot thread");
    cpu_set("tickless CPUs", "/sys/devices/system/cpu/nohz_full",
            "nohz_full=", "the timer tick takes a hot thread's CPU up to 1,000 times a second");
    siblings();
    numa_nodes();
    interrupts();
    new_interrupts();
    interrupt_balancer();
    one("huge pages", "/sys/kernel/mm/transparent_hugepage/enabled", {"madvise", "never"},
        "the kernel's merging of pages stops whoever uses them");
    // Hot threads read their sockets without waiting and never poll: of the two settings for that,
    // busy_poll would only make cold threads spin. This one counts for a read that does not wait,
    // too: it looks once.
    one("busy read", "/proc/sys/net/core/busy_read", {"50"},
        "a read looks at the network card itself instead of waiting for its interrupt");
    memory_lock();
    one("swappiness", "/proc/sys/vm/swappiness", {"0"}, "a page on disk costs milliseconds");
    swap_space();
    one("NUMA balancing", "/proc/sys/kernel/numa_balancing", {"0"},
        "pages are unmapped now and then to see who uses them: page faults on hot threads");
    clock_source();
    one("watchdog", "/proc/sys/kernel/nmi_watchdog", {"0"}, "interrupts every CPU periodically");
    one("statistics", "/proc/sys/vm/stat_interval", {"120"},
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

  // The first of `good` is what it is set to.
  void one(std::string_view name, const std::string& path,
           std::initializer_list<std::string_view> good, std::string_view why) {
    TuningItem& item = add(name, why);
    item.should = fmt::format("{}", fmt::join(good, " or "));
    const std::optional<std::string> text = files_.read(path);
    if (!text) {
      item.is = "not on this host";
      return;
    }
    item.is = chosen(*text);
    const bool fine = std::ranges::find(good, item.is) != good.end();
    item.verdict = fine ? TuningVerdict::kOk : TuningVerdict::kWarn;
    if (!fine) item.settings.push_back({path, item.is, std::string(*good.begin())});
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
    if (others(item).empty()) return;
    item.should = cpu_list(hot_);
    const std::optional<std::string> text = files_.read(path);
    // "(null)" is what older kernels say for none.
    const std::vector<int> is = parse_cpu_list(text.value_or(""));
    item.is = is.empty() ? "none" : cpu_list(is);
    const bool good = cpus_without(hot_, is).empty();
    item.verdict = good ? TuningVerdict::kOk : TuningVerdict::kWarn;
    item.boot_parameter = std::string(parameter) + (good ? item.is : item.should);
  }

  // The other CPUs of the hot ones' cores.
  void siblings() {
    TuningItem& item = add("SMT siblings", "a CPU that works slows down the other one of its core");
    item.should = "idle: isolated as well (--cpus), or offline";
    std::vector<int> busy;
    bool known = false;
    for (const int cpu : hot_) {
      const std::optional<std::string> text = files_.read(
          fmt::format("/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list", cpu));
      known = known || text.has_value();
      const std::vector<int> core = parse_cpu_list(text.value_or(""));
      busy = cpus_of_either(busy, cpus_without(cpus_of_both(core, online_), hot_));
    }
    if (!known) {
      item.is = "not on this host";
      return;
    }
    item.is = busy.empty() ? "none in use" : "for everything else: " + cpu_list(busy);
    item.verdict = busy.empty() ? TuningVerdict::kOk : TuningVerdict::kWarn;
  }

  void numa_nodes() {
    TuningItem& item = add("NUMA node", "memory and caches of another node are twice as far");
    item.should = "one for all hot CPUs, the network card's";
    std::map<std::string, std::vector<int>> nodes;
    for (const std::string& node : files_.names("/sys/devices/system/node", "node")) {
      const std::vector<int> its =
          parse_cpu_list(files_.read("/sys/devices/system/node/" + node + "/cpulist").value_or(""));
      if (const std::vector<int> hot = cpus_of_both(hot_, its); !hot.empty()) nodes[node] = hot;
    }
    if (nodes.empty()) {
      item.is = "not on this host";
      return;
    }
    for (const auto& [node, cpus] : nodes) {
      item.is += fmt::format("{}{}: {}", item.is.empty() ? "" : ", ", node, cpu_list(cpus));
    }
    item.verdict = nodes.size() == 1 ? TuningVerdict::kOk : TuningVerdict::kWarn;
  }

  // The CPUs that are left; none: says so in the item.
  std::vector<int> others(TuningItem& item) const {
    std::vector<int> left = cpus_without(online_, hot_);
    if (left.empty()) {
      item.is = "every CPU is for hot threads";
      item.should = "a CPU left for everything else";
    }
    return left;
  }

  void interrupts() {
    TuningItem& item = add("interrupts", "one takes its CPU from the hot thread for microseconds");
    const std::vector<int> left = others(item);
    if (left.empty()) return;
    item.should = "on CPUs " + cpu_list(left);
    std::size_t files = 0;
    for (const std::string& irq : files_.names("/proc/irq", "")) {
      const std::string path = "/proc/irq/" + irq + "/smp_affinity_list";
      const std::optional<std::string> text = files_.read(path);
      if (!text) continue;
      ++files;
      if (!cpus_of_both(parse_cpu_list(*text), hot_).empty()) {
        item.settings.push_back({path, *text, cpu_list(left)});
      }
    }
    settle(item, files, "interrupts");
    if (item.verdict == TuningVerdict::kWarn) {
      item.is = fmt::format("{} of {} may come to hot CPUs", item.settings.size(), files);
    }
  }

  void new_interrupts() {
    const std::string path = "/proc/irq/default_smp_affinity";
    TuningItem& item = add("new interrupts", "a driver that starts anew brings its own again");
    const std::vector<int> left = others(item);
    const std::optional<std::string> text = files_.read(path);
    if (left.empty() || !text) {
      if (!text) item.is = "not on this host";
      return;
    }
    item.should = "on CPUs " + cpu_list(left);
    const std::vector<int> on = cpus_of_both(parse_cpu_mask(*text), online_);
    item.is = "on CPUs " + cpu_list(on);
    const bool good = cpus_of_both(on, hot_).empty();
    item.verdict = good ? TuningVerdict::kOk : TuningVerdict::kWarn;
    if (!good) item.settings.push_back({path, *text, cpu_mask(left)});
  }

  // irqbalance leaves out isolated CPUs by itself (its setup_banned_cpus), and no others.
  void interrupt_balancer() {
    TuningItem& item = add("irqbalance", "it moves interrupts back to the hot CPUs");
    item.should = "not running (systemctl disable --now irqbalance)";
    std::vector<std::string> processes = files_.names("/proc", "");
    std::erase_if(processes,
                  [](const std::string& name) { return name[0] < '0' || name[0] > '9'; });
    if (processes.empty()) {
      item.is = "not on this host";
      return;
    }
    const bool runs = std::ranges::any_of(processes, [&](const std::string& process) {
      return files_.read("/proc/" + process + "/comm") == "irqbalance";
    });
    const std::vector<int> isolated =
        parse_cpu_list(files_.read("/sys/devices/system/cpu/isolated").value_or(""));
    const bool good = !runs || cpus_without(hot_, isolated).empty();
    item.is = !runs ? "not running" : good ? "running, off isolated CPUs" : "running";
    item.verdict = good ? TuningVerdict::kOk : TuningVerdict::kWarn;
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

std::vector<int> online_cpus(const fs::path& root) {
  return parse_cpu_list(KernelFiles(root).read("/sys/devices/system/cpu/online").value_or(""));
}

std::vector<int> hot_cpus_by_default(const fs::path& root) {
  const KernelFiles files(root);
  const std::string folder = "/sys/devices/system/cpu/";
  const std::vector<int> online = online_cpus(root);
  const auto read = [&](const std::string& file) {
    return cpus_of_both(parse_cpu_list(files.read(folder + file).value_or("")), online);
  };
  if (std::vector<int> isolated = read("isolated"); !isolated.empty()) return isolated;
  std::vector<std::vector<int>> cores;
  for (const int cpu : online) {
    std::vector<int> core = read(fmt::format("cpu{}/topology/thread_siblings_list", cpu));
    if (core.empty()) core = {cpu};
    if (std::ranges::find(cores, core) == cores.end()) cores.push_back(std::move(core));
  }
  return cores.size() > 2 ? cpus_without(online, cores[0]) : online;
}

std::vector<TuningItem> host_tuning(const std::vector<int>& hot_cpus, const fs::path& root) {
  return Tuning(hot_cpus, root).run();
}

}  // namespace mm::app
