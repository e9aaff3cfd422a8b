#include "engine/runtime/topology.h"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <functional>
#include <tuple>

#include "engine/core/assert.h"
#include "engine/runtime/cpu_list.h"

namespace mm {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> lines_of(const fs::path& file) {
  std::vector<std::string> lines;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::optional<long> number(std::string_view text) {
  long value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<long> number_in(const fs::path& file) {
  const auto lines = lines_of(file);
  return lines.empty() ? std::nullopt : number(lines[0]);
}

// Thousandths of a CPU that one cgroup folder grants; none if it sets no limit.
std::optional<long> limit_of(const fs::path& group) {
  std::optional<long> quota, period;
  if (const auto v2 = lines_of(group / "cpu.max"); !v2.empty()) {  // "max 100000" | "150000 100000"
    const std::size_t space = v2[0].find(' ');
    quota = number(std::string_view(v2[0]).substr(0, space));
    if (space != std::string::npos) period = number(std::string_view(v2[0]).substr(space + 1));
  } else {
    quota = number_in(group / "cpu.cfs_quota_us");  // -1: no limit
    period = number_in(group / "cpu.cfs_period_us");
  }
  if (!quota || !period || *quota <= 0 || *period <= 0) return std::nullopt;
  return *quota * 1000 / *period;
}

// The tightest limit from the group up to the root of its hierarchy.
void tighten(std::optional<long>& limit, const fs::path& mount, const fs::path& group) {
  for (fs::path p = group.relative_path();; p = p.parent_path()) {
    if (const auto here = limit_of(mount / p); here && (!limit || *here < *limit)) limit = here;
    if (p.empty()) return;
  }
}

std::string list(const std::vector<int>& ids) {
  std::string out;
  for (const int id : ids) out += (out.empty() ? "" : ", ") + std::to_string(id);
  return out;
}

bool contains(const std::vector<int>& ids, int id) {
  return std::ranges::find(ids, id) != ids.end();
}

// Two threads on one core hold each other up: cores count, not CPUs.
Topology choose(const HostCpus& host) {
  const auto within = [&](int cores, int quota) {
    return host.quota > 0 ? std::min(cores, quota) : cores;
  };
  // Isolated CPUs are for hot threads alone, if there is another for the rest.
  if (!host.isolated.empty() && !cpus_without(host.ids, host.isolated).empty()) {
    const int hot = within(host.cores(host.isolated), host.quota - 1);
    return hot <= 1 ? Topology::kInline : hot == 2 ? Topology::kShared : Topology::kDedicated;
  }
  const int cores = within(host.cores(host.all()), host.quota);
  return cores <= 1 ? Topology::kInline : cores < 4 ? Topology::kShared : Topology::kDedicated;
}

// The agents of each thread.
std::vector<ThreadPlan> divide(Topology topology, std::span<const HotAgent> agents) {
  std::vector<ThreadPlan> threads;
  for (const HotAgent a : agents) {
    const bool joins = topology == Topology::kInline ||
                       (topology == Topology::kShared && a == HotAgent::kGateway &&
                        !threads.empty() && threads.back().agents.back() == HotAgent::kStrategy);
    if (threads.empty() || !joins) threads.emplace_back();
    threads.back().agents.push_back(a);
  }
  return threads;
}

// An isolated CPU that no thread has; rather on a core that no other thread of ours is on, then on
// one that nobody else can be on.
std::optional<int> free_isolated(const HostCpus& host, const std::vector<int>& taken) {
  const auto shared = [&](int cpu) {
    const auto on_its_core = [&](int other) { return host.core_of(other) == host.core_of(cpu); };
    return std::tuple(std::ranges::any_of(taken, on_its_core),
                      std::ranges::any_of(cpus_without(host.ids, host.isolated), on_its_core));
  };
  std::optional<int> best;
  for (const int cpu : host.isolated) {
    if (!contains(taken, cpu) && (!best || shared(cpu) < shared(*best))) best = cpu;
  }
  return best;
}

// Pins each thread to the first core given for one of its agents, the others to isolated CPUs.
std::string pin(std::vector<ThreadPlan>& threads, const TopologyRequest& request,
                const HostCpus& host) {
  const std::vector<int> allowed = host.all();
  std::vector<int> taken;
  for (ThreadPlan& thread : threads) {
    for (const HotAgent a : thread.agents) {
      const std::optional<int> core = request.cores[static_cast<std::size_t>(a)];
      if (!core) continue;
      if (!contains(allowed, *core)) {
        return "core_" + std::string(name(a)) + " = " + std::to_string(*core) +
               ": no such core for this process; allowed: " + list(allowed);
      }
      if (!thread.core) thread.core = core;
    }
    if (!thread.core) continue;
    if (contains(taken, *thread.core)) {
      return "core_" + std::string(name(thread.agents[0])) + " = " + std::to_string(*thread.core) +
             ": another thread is pinned there; give each thread its own of " + list(allowed);
    }
    taken.push_back(*thread.core);
  }
  for (ThreadPlan& thread : threads) {
    if (!thread.core) thread.core = free_isolated(host, taken);
    if (thread.core) taken.push_back(*thread.core);
  }
  return {};
}

// Off the pinned threads' CPUs, if that leaves any.
std::vector<int> rest_of(const std::vector<ThreadPlan>& threads, const HostCpus& host) {
  std::vector<int> pinned;
  for (const ThreadPlan& thread : threads) {
    if (thread.core) pinned.push_back(*thread.core);
  }
  std::ranges::sort(pinned);
  std::vector<int> rest = cpus_without(host.ids, pinned);
  return rest == host.ids ? std::vector<int>() : rest;
}

// Calls visit(mount, group) for the groups of this process in hierarchies that may have the
// controller.
void visit_groups(const fs::path& root, const std::string& controller,
                  const std::function<void(const fs::path&, const fs::path&)>& visit) {
  for (const std::string& line : lines_of(root / "proc/self/cgroup")) {  // id:controllers:path
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const fs::path group = line.substr(second + 1);
    if (controllers.empty()) {
      visit(root / "sys/fs/cgroup", group);
    } else if (("," + controllers + ",").find("," + controller + ",") != std::string::npos) {
      visit(root / "sys/fs/cgroup" / controllers, group);
      if (controllers != controller) visit(root / "sys/fs/cgroup" / controller, group);
    }
  }
}

// The CPUs that the cgroups let this process be pinned to; none: they do not say.
std::optional<std::vector<int>> read_cpuset(const fs::path& root) {
  std::optional<std::vector<int>> allowed;
  visit_groups(root, "cpuset", [&](const fs::path& mount, const fs::path& group) {
    for (fs::path p = group.relative_path(); !allowed; p = p.parent_path()) {
      for (const char* file : {"cpuset.cpus.effective", "cpuset.effective_cpus"}) {
        if (const auto lines = lines_of(mount / p / file); !lines.empty()) {
          allowed = parse_cpu_list(lines[0]);
        }
      }
      if (p.empty()) return;
    }
  });
  return allowed;
}

std::vector<int> affinity_mask() {
  std::vector<int> ids;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) != 0) return ids;
  for (int id = 0; id < CPU_SETSIZE; ++id) {
    if (CPU_ISSET(static_cast<unsigned>(id), &set)) ids.push_back(id);
  }
  return ids;
}

void set_affinity_mask(const std::vector<int>& ids) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int id : ids) CPU_SET(static_cast<unsigned>(id), &set);
  sched_setaffinity(0, sizeof set, &set);
}

// Of the calling thread, as the kernel's files have it, so that a test can say what it is.
std::vector<int> allowed_cpus(const fs::path& root) {
  constexpr std::string_view kKey = "Cpus_allowed_list:\t";
  for (const std::string& line : lines_of(root / "proc/thread-self/status")) {
    if (line.starts_with(kKey)) return parse_cpu_list(line.substr(kKey.size()));
  }
  return affinity_mask();
}

std::vector<int> cpus_in(const fs::path& file) {
  const auto lines = lines_of(file);
  return lines.empty() ? std::vector<int>() : parse_cpu_list(lines[0]);
}

}  // namespace

const char* name(Topology t) {
  constexpr std::array kNames{"auto", "dedicated", "shared", "inline"};
  return kNames[static_cast<std::size_t>(t)];
}
const char* name(HotAgent a) {
  constexpr std::array kNames{"feed", "strategy", "gateway"};
  return kNames[static_cast<std::size_t>(a)];
}

std::vector<int> HostCpus::all() const {
  return cpus_of_either(ids, isolated);
}

int HostCpus::usable() const {
  const int allowed = std::max(1, static_cast<int>(all().size()));
  return quota > 0 ? std::min(allowed, quota) : allowed;
}

int HostCpus::core_of(int cpu) const {
  for (const std::vector<int>& core : siblings) {
    if (contains(core, cpu)) return core[0];
  }
  return cpu;
}

int HostCpus::cores(const std::vector<int>& cpus) const {
  std::vector<int> different;
  for (const int cpu : cpus) {
    if (!contains(different, core_of(cpu))) different.push_back(core_of(cpu));
  }
  return static_cast<int>(different.size());
}

int read_cpu_quota(const fs::path& root) {
  std::optional<long> limit;
  visit_groups(root, "cpu",
               [&](const fs::path& mount, const fs::path& group) { tighten(limit, mount, group); });
  return limit ? static_cast<int>(std::max(1L, *limit / 1000)) : 0;
}

HostCpus read_host_cpus(const fs::path& root) {
  const fs::path cpus = root / "sys/devices/system/cpu";
  HostCpus host;
  host.ids = allowed_cpus(root);
  host.isolated = cpus_of_both(cpus_in(cpus / "isolated"), cpus_in(cpus / "online"));
  if (const auto allowed = read_cpuset(root)) {
    host.isolated = cpus_of_both(host.isolated, *allowed);
  }
  // A mask with isolated CPUs in it was made by hand: it means those, and no others.
  const std::vector<int> chosen = cpus_of_both(host.isolated, host.ids);
  if (!chosen.empty()) host.isolated = chosen;
  for (const int cpu : host.all()) {
    const std::vector<int> core =
        cpus_in(cpus / ("cpu" + std::to_string(cpu)) / "topology/thread_siblings_list");
    if (core.size() > 1 && std::ranges::find(host.siblings, core) == host.siblings.end())
      host.siblings.push_back(core);
  }
  host.quota = read_cpu_quota(root);
  return host;
}

TopologyPlan plan(const TopologyRequest& request, const HostCpus& host,
                  std::span<const HotAgent> agents) {
  MM_ASSERT(!agents.empty(), "a plan is made for at least one agent");
  const int usable = host.usable();
  TopologyPlan result;
  result.topology = request.topology == Topology::kAuto ? choose(host) : request.topology;
  result.threads = divide(result.topology, agents);
  const int threads = static_cast<int>(result.threads.size());
  const std::string cpus = std::to_string(usable) + " usable (cores " + list(host.all()) +
                           (host.quota > 0 ? "; quota " + std::to_string(host.quota) : "") + ")";
  if (result.topology == Topology::kDedicated && threads > usable) {
    result.error = "topology = dedicated: needs " + std::to_string(threads) + " CPUs, " + cpus +
                   "; allowed: auto, shared, inline";
    return result;
  }
  if (request.idle == IdleKind::kSpin && threads > usable) {
    result.error = "idle = spin: " + std::to_string(threads) + " spinning threads, " + cpus +
                   "; allowed: yield, backoff, or topology = inline";
    return result;
  }
  // Spin only where a CPU is left for the cold threads; one CPU is nobody's to burn.
  const IdleKind idle = threads < usable ? IdleKind::kSpin
                        : usable > 1     ? IdleKind::kYield
                                         : IdleKind::kBackoff;
  for (ThreadPlan& thread : result.threads) thread.idle = request.idle.value_or(idle);
  result.error = pin(result.threads, request, host);
  result.rest = rest_of(result.threads, host);
  return result;
}

std::string names(std::span<const HotAgent> agents) {
  std::string all;
  for (const HotAgent agent : agents) (all += all.empty() ? "" : " + ") += name(agent);
  return all;
}

std::string TopologyPlan::describe() const {
  if (!ok()) return error;
  std::string out = std::string(name(topology)) + ":";
  for (std::size_t i = 0; i < threads.size(); ++i) {
    const ThreadPlan& thread = threads[i];
    out += i == 0 ? " " : " | ";
    out += names(thread.agents);
    out += thread.core ? " (core " + std::to_string(*thread.core) + ", " : " (";
    out += std::string(name(thread.idle)) + ")";
  }
  return out;
}

KeptTo::KeptTo(const std::vector<int>& cpus) {
  if (cpus.empty()) return;
  before_ = affinity_mask();
  set_affinity_mask(cpus);
}

KeptTo::~KeptTo() {
  if (!before_.empty()) set_affinity_mask(before_);
}

}  // namespace mm
