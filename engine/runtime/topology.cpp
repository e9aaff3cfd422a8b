#include "engine/runtime/topology.h"

#include <sched.h>

#include <algorithm>
#include <charconv>
#include <fstream>
#include <sstream>

#include "engine/core/assert.h"

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

Topology choose(int usable) {
  return usable == 1 ? Topology::kInline : usable < 4 ? Topology::kShared : Topology::kDedicated;
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

// Pins each thread to the first core given for one of its agents.
std::string pin(std::vector<ThreadPlan>& threads, const TopologyRequest& request,
                const HostCpus& host) {
  std::vector<int> taken;
  for (ThreadPlan& thread : threads) {
    for (const HotAgent a : thread.agents) {
      const std::optional<int> core = request.cores[static_cast<std::size_t>(a)];
      if (!core) continue;
      if (std::find(host.ids.begin(), host.ids.end(), *core) == host.ids.end()) {
        return "core_" + std::string(name(a)) + " = " + std::to_string(*core) +
               ": no such core for this process; allowed: " + list(host.ids);
      }
      if (!thread.core) thread.core = core;
    }
    if (!thread.core) continue;
    if (std::find(taken.begin(), taken.end(), *thread.core) != taken.end()) {
      return "core_" + std::string(name(thread.agents[0])) + " = " + std::to_string(*thread.core) +
             ": another thread is pinned there; give each thread its own of " + list(host.ids);
    }
    taken.push_back(*thread.core);
  }
  return {};
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

int HostCpus::usable() const {
  const int allowed = std::max(1, static_cast<int>(ids.size()));
  return quota > 0 ? std::min(allowed, quota) : allowed;
}

int read_cpu_quota(const fs::path& root) {
  std::optional<long> limit;
  for (const std::string& line : lines_of(root / "proc/self/cgroup")) {  // id:controllers:path
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const fs::path group = line.substr(second + 1);
    if (controllers.empty()) {
      tighten(limit, root / "sys/fs/cgroup", group);
    } else if (("," + controllers + ",").find(",cpu,") != std::string::npos) {
      tighten(limit, root / "sys/fs/cgroup" / controllers, group);
      if (controllers != "cpu") tighten(limit, root / "sys/fs/cgroup/cpu", group);
    }
  }
  return limit ? static_cast<int>(std::max(1L, *limit / 1000)) : 0;
}

HostCpus read_host_cpus(const fs::path& root) {
  HostCpus host;
  cpu_set_t set;
  CPU_ZERO(&set);
  if (sched_getaffinity(0, sizeof set, &set) == 0) {
    for (int id = 0; id < CPU_SETSIZE; ++id) {
      if (CPU_ISSET(static_cast<unsigned>(id), &set)) host.ids.push_back(id);
    }
  }
  host.quota = read_cpu_quota(root);
  return host;
}

TopologyPlan plan(const TopologyRequest& request, const HostCpus& host,
                  std::span<const HotAgent> agents) {
  MM_ASSERT(!agents.empty(), "a plan is made for at least one agent");
  const int usable = host.usable();
  TopologyPlan result;
  result.topology = request.topology == Topology::kAuto ? choose(usable) : request.topology;
  result.threads = divide(result.topology, agents);
  const int threads = static_cast<int>(result.threads.size());
  const std::string cpus = std::to_string(usable) + " usable (cores " + list(host.ids) +
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

}  // namespace mm
