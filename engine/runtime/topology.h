// Which hot agents share a thread, where the threads run and how they idle.
//
// plan() is a pure function of the wish and the host's CPUs, called once at start by the main
// thread; read_host_cpus() asks the kernel for them (affinity mask, isolated CPUs, cgroup quota).
// Spinning threads never outnumber the CPUs there are: three spinners on two CPUs cost milliseconds
// a hop. Where CPUs are isolated (isolcpus) the hot threads are pinned there, as nothing gets there
// by itself, and all else stays on the others; where none are, the kernel places what nobody pins.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/runtime/idle_strategy.h"

namespace mm {

enum class Topology : std::uint8_t {
  kAuto,       // the best of the following that the CPUs allow
  kDedicated,  // a thread an agent
  kShared,     // feed on one thread, strategy and gateway on another
  kInline,     // all on one thread
};
const char* name(Topology t);

enum class HotAgent : std::uint8_t { kFeed, kStrategy, kGateway, kCount };  // feed: or venue in sim
inline constexpr std::size_t kHotAgents = static_cast<std::size_t>(HotAgent::kCount);
const char* name(HotAgent a);
std::string names(std::span<const HotAgent> agents);  // as "feed + strategy"

// Lists of CPUs in order.
struct HostCpus {
  std::vector<int> ids;       // the kernel puts this process on any of them
  std::vector<int> isolated;  // it puts nothing there, but lets this process be pinned there
  std::vector<std::vector<int>> siblings;  // those that share a core
  int quota = 0;                           // whole CPUs the cgroups grant, at least 1; 0 = no quota

  std::vector<int> all() const;
  int usable() const;
  int core_of(int cpu) const;  // the first CPU of its core
  int cores(const std::vector<int>& cpus) const;
};
// `root` stands in for / in tests.
HostCpus read_host_cpus(const std::filesystem::path& root = "/");
// CPUs granted by the cgroups of this process; 0 = no quota.
int read_cpu_quota(const std::filesystem::path& root);

struct TopologyRequest {
  Topology topology = Topology::kAuto;
  std::optional<IdleKind> idle;  // chosen when not given
  // By HotAgent; not given: pinned only where CPUs are isolated.
  std::array<std::optional<int>, kHotAgents> cores;
};

struct ThreadPlan {
  std::vector<HotAgent> agents;  // in the order of their turns
  std::optional<int> core;
  IdleKind idle = IdleKind::kBackoff;
};

struct TopologyPlan {
  Topology topology = Topology::kInline;  // never kAuto
  std::vector<ThreadPlan> threads;
  std::vector<int> rest;  // CPUs of everything else; empty: those it has anyway
  std::string error;      // why the wish cannot be met, naming the key; empty if it can

  bool ok() const { return error.empty(); }
  // One line for log and check, as "shared: feed (yield) | strategy + gateway (core 1, yield)".
  std::string describe() const;
};

// `agents` in the order feed, strategy, gateway, at least one.
TopologyPlan plan(const TopologyRequest& request, const HostCpus& host,
                  std::span<const HotAgent> agents);

// While this lives the calling thread is on these CPUs only, and so is all that it starts. None:
// nothing changes.
class KeptTo {
 public:
  explicit KeptTo(const std::vector<int>& cpus);
  ~KeptTo();
  KeptTo(const KeptTo&) = delete;
  KeptTo& operator=(const KeptTo&) = delete;

 private:
  std::vector<int> before_;
};

}  // namespace mm
