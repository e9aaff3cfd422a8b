#include "engine/runtime/topology.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <numeric>
#include <thread>

namespace {

using mm::HotAgent;
using mm::IdleKind;
using mm::Topology;

constexpr std::array kAll{HotAgent::kFeed, HotAgent::kStrategy, HotAgent::kGateway};

mm::HostCpus host(int count, int quota = 0) {
  mm::HostCpus h;
  h.ids.resize(static_cast<std::size_t>(count));
  std::iota(h.ids.begin(), h.ids.end(), 0);
  h.quota = quota;
  return h;
}
std::string planned(const mm::TopologyRequest& request, const mm::HostCpus& h) {
  return mm::plan(request, h, kAll).describe();
}
mm::TopologyRequest wish(Topology t) {
  mm::TopologyRequest r;
  r.topology = t;
  return r;
}

TEST(Topology, AutoFitsTheCpusThereAre) {
  EXPECT_EQ(planned({}, host(1)), "inline: feed + strategy + gateway (backoff)");
  EXPECT_EQ(planned({}, host(2)), "shared: feed (yield) | strategy + gateway (yield)");
  EXPECT_EQ(planned({}, host(3)), "shared: feed (spin) | strategy + gateway (spin)");
  EXPECT_EQ(planned({}, host(4)), "dedicated: feed (spin) | strategy (spin) | gateway (spin)");
  EXPECT_EQ(planned({}, host(64)), "dedicated: feed (spin) | strategy (spin) | gateway (spin)");
}

TEST(Topology, AQuotaCountsLikeMissingCpus) {
  EXPECT_EQ(planned({}, host(64, 1)), "inline: feed + strategy + gateway (backoff)");
  EXPECT_EQ(planned({}, host(64, 2)), "shared: feed (yield) | strategy + gateway (yield)");
  EXPECT_EQ(planned({}, host(2, 8)), "shared: feed (yield) | strategy + gateway (yield)");
}

TEST(Topology, SpinnersNeverOutnumberTheCpus) {
  for (int cpus = 1; cpus <= 8; ++cpus) {
    for (const auto t :
         {Topology::kAuto, Topology::kDedicated, Topology::kShared, Topology::kInline}) {
      const auto p = mm::plan(wish(t), host(cpus), kAll);
      int spinners = 0;
      for (const auto& thread : p.threads) spinners += thread.idle == IdleKind::kSpin;
      EXPECT_LE(spinners, cpus) << p.describe();
      EXPECT_NE(p.topology, Topology::kAuto);
    }
  }
}

TEST(Topology, DedicatedRefusesTooFewCpusAndSaysWhatIsAllowed) {
  EXPECT_EQ(planned(wish(Topology::kDedicated), host(2)),
            "topology = dedicated: needs 3 CPUs, 2 usable (cores 0, 1); allowed: auto, shared, "
            "inline");
  EXPECT_EQ(planned(wish(Topology::kDedicated), host(4, 2)),
            "topology = dedicated: needs 3 CPUs, 2 usable (cores 0, 1, 2, 3; quota 2); allowed: "
            "auto, shared, inline");
  EXPECT_EQ(planned(wish(Topology::kDedicated), host(3)),
            "dedicated: feed (yield) | strategy (yield) | gateway (yield)");
}

TEST(Topology, DedicatedNeedsOnlyTheCpusOfItsAgents) {
  const std::array two{HotAgent::kStrategy, HotAgent::kGateway};
  EXPECT_TRUE(mm::plan(wish(Topology::kDedicated), host(2), two).ok());
  EXPECT_EQ(mm::plan(wish(Topology::kShared), host(2), two).describe(),
            "shared: strategy + gateway (spin)");
}

TEST(Topology, RefusesToSpinOnCpusThatAreNotThere) {
  auto request = wish(Topology::kShared);
  request.idle = IdleKind::kSpin;
  EXPECT_EQ(planned(request, host(1)),
            "idle = spin: 2 spinning threads, 1 usable (cores 0); allowed: yield, backoff, or "
            "topology = inline");
  EXPECT_EQ(planned(request, host(2)), "shared: feed (spin) | strategy + gateway (spin)");
  request.topology = Topology::kInline;
  EXPECT_EQ(planned(request, host(1)), "inline: feed + strategy + gateway (spin)");
}

TEST(Topology, PinsEachThreadToTheCoreGivenForIt) {
  auto request = wish(Topology::kShared);
  request.cores = {3, 1, std::nullopt};
  EXPECT_EQ(planned(request, host(4)),
            "shared: feed (core 3, spin) | strategy + gateway (core 1, spin)");
  request.cores = {std::nullopt, std::nullopt, 2};
  EXPECT_EQ(planned(request, host(4)), "shared: feed (spin) | strategy + gateway (core 2, spin)");
}

TEST(Topology, RefusesACoreThatDoesNotExist) {
  auto request = wish(Topology::kShared);
  request.cores[1] = 7;
  EXPECT_EQ(planned(request, host(2)),
            "core_strategy = 7: no such core for this process; allowed: 0, 1");
  request.cores = {std::nullopt, 1, -1};  // even where the thread already has one
  EXPECT_EQ(planned(request, host(2)),
            "core_gateway = -1: no such core for this process; allowed: 0, 1");
}

TEST(Topology, RefusesTwoThreadsOnOneCore) {
  auto request = wish(Topology::kDedicated);
  request.cores = {0, 1, 1};
  EXPECT_EQ(planned(request, host(4)),
            "core_gateway = 1: another thread is pinned there; give each thread its own of 0, 1, "
            "2, 3");
  request.topology = Topology::kInline;  // one thread: the strategy's wish does no harm
  EXPECT_EQ(planned(request, host(4)), "inline: feed + strategy + gateway (core 0, spin)");
}

class FakeRoot : public testing::Test {
 protected:
  void SetUp() override {
    root_ = std::filesystem::temp_directory_path() / ("mm_cgroup_" + std::to_string(getpid()));
    std::filesystem::remove_all(root_);
  }
  void TearDown() override { std::filesystem::remove_all(root_); }
  void put(const std::string& file, const std::string& text) {
    std::filesystem::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
  }
  std::filesystem::path root_;
};

class CpuQuota : public FakeRoot {
 protected:
  int quota() const { return mm::read_cpu_quota(root_); }
};

TEST_F(CpuQuota, NothingToReadMeansNoQuota) {
  EXPECT_EQ(quota(), 0);
  put("proc/self/cgroup", "nonsense\n0::/\n");
  put("sys/fs/cgroup/cpu.max", "garbage");
  EXPECT_EQ(quota(), 0);
}

TEST_F(CpuQuota, VersionTwoTakesTheTightestUpToTheRoot) {
  put("proc/self/cgroup", "0::/a/b\n");
  put("sys/fs/cgroup/a/b/cpu.max", "max 100000\n");
  EXPECT_EQ(quota(), 0);
  put("sys/fs/cgroup/a/cpu.max", "250000 100000\n");
  EXPECT_EQ(quota(), 2);
  put("sys/fs/cgroup/a/b/cpu.max", "50000 100000\n");
  EXPECT_EQ(quota(), 1);  // half a CPU is planned as one
}

TEST_F(CpuQuota, VersionOneReadsTheCpuController) {
  put("proc/self/cgroup", "3:cpuset:/\n1:cpu,cpuacct:/job\n");
  put("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us", "-1\n");
  put("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(quota(), 0);
  put("sys/fs/cgroup/cpu,cpuacct/job/cpu.cfs_quota_us", "300000\n");
  EXPECT_EQ(quota(), 3);
}

TEST_F(CpuQuota, InsideAContainerTheMountIsTheGroup) {
  put("proc/self/cgroup", "1:cpu:/docker/0123\n");  // the host's path, not visible here
  put("sys/fs/cgroup/cpu/cpu.cfs_quota_us", "150000\n");
  put("sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
  EXPECT_EQ(quota(), 1);
}

// As a boot with isolcpus leaves a host: init is kept off those CPUs, and with it every process.
class IsolatedCpus : public FakeRoot {
 protected:
  static constexpr const char* kFiles = "sys/devices/system/cpu/";

  void boot(const std::string& online, const std::string& isolated, const std::string& mask) {
    put(std::string(kFiles) + "online", online + "\n");
    put(std::string(kFiles) + "isolated", isolated + "\n");
    put("proc/thread-self/status", "Name:\tmm_logic\nCpus_allowed_list:\t" + mask + "\n");
  }
  void siblings(int cpu, const std::string& core) {
    put(kFiles + ("cpu" + std::to_string(cpu)) + "/topology/thread_siblings_list", core + "\n");
  }
  mm::TopologyPlan plan(const mm::TopologyRequest& request = {}) const {
    return mm::plan(request, mm::read_host_cpus(root_), kAll);
  }
};

TEST_F(IsolatedCpus, AreCountedAndHotThreadsPinnedThereWhileTheRestStaysOff) {
  boot("0-3", "1-3", "0");
  EXPECT_EQ(plan().describe(),
            "dedicated: feed (core 1, spin) | strategy (core 2, spin) | gateway (core 3, spin)");
  EXPECT_TRUE(plan().rest.empty()) << "everything else has CPU 0 anyway";
  boot("0-3", "2-3", "0-1");
  EXPECT_EQ(plan().describe(), "shared: feed (core 2, spin) | strategy + gateway (core 3, spin)");
  boot("0-1", "1", "0");
  EXPECT_EQ(plan().describe(), "inline: feed + strategy + gateway (core 1, spin)");
}

TEST_F(IsolatedCpus, AreAllowedByNumberAndTheOthersTakeWhatIsFree) {
  boot("0-3", "1-3", "0");
  mm::TopologyRequest request = wish(Topology::kShared);
  request.cores[0] = 3;
  EXPECT_EQ(plan(request).describe(),
            "shared: feed (core 3, spin) | strategy + gateway (core 1, spin)");
  request.cores[0] = 0;
  EXPECT_EQ(plan(request).describe(),
            "shared: feed (core 0, spin) | strategy + gateway (core 1, spin)");
  request.cores[0] = 4;
  EXPECT_EQ(plan(request).error,
            "core_feed = 4: no such core for this process; allowed: 0, 1, 2, 3");
}

TEST_F(IsolatedCpus, AQuotaLeavesOneForTheRest) {
  boot("0-3", "1-3", "0");
  put("proc/self/cgroup", "0::/\n");
  put("sys/fs/cgroup/cpu.max", "200000 100000\n");
  EXPECT_EQ(plan().describe(), "inline: feed + strategy + gateway (core 1, spin)");
}

TEST_F(IsolatedCpus, OfAnotherCpusetAreNotOurs) {
  boot("0-3", "2-3", "0-1");
  put("proc/self/cgroup", "0::/job/engine\n");
  put("sys/fs/cgroup/job/cpuset.cpus.effective", "0-2\n");
  EXPECT_EQ(plan().describe(), "inline: feed + strategy + gateway (core 2, spin)");
  put("sys/fs/cgroup/job/engine/cpuset.cpus.effective", "0-1\n");
  EXPECT_EQ(plan().describe(), "shared: feed (yield) | strategy + gateway (yield)");
  put("proc/self/cgroup", "4:cpuset:/\n");
  put("sys/fs/cgroup/cpuset/cpuset.effective_cpus", "0-2\n");
  EXPECT_EQ(plan().describe(), "inline: feed + strategy + gateway (core 2, spin)");
}

TEST_F(IsolatedCpus, InAMaskMadeByHandAreMeantAndNoOthers) {
  boot("0-3", "1-3", "0,2-3");
  EXPECT_EQ(plan().describe(), "shared: feed (core 2, spin) | strategy + gateway (core 3, spin)");
  EXPECT_EQ(plan().rest, std::vector<int>{0}) << "cold threads stay off the hot CPUs";
  boot("0-3", "1-3", "1-3");  // none for the rest: one of them is
  EXPECT_EQ(plan().describe(), "shared: feed (core 1, spin) | strategy + gateway (core 2, spin)");
  EXPECT_EQ(plan().rest, std::vector<int>{3});
}

TEST_F(IsolatedCpus, OfOneCoreAreNotGivenToTwoThreads) {
  boot("0-7", "1-3,5-7", "0,4");
  for (int cpu = 0; cpu < 4; ++cpu) {
    const std::string core = std::to_string(cpu) + "," + std::to_string(cpu + 4);
    siblings(cpu, core);
    siblings(cpu + 4, core);
  }
  EXPECT_EQ(plan().describe(),
            "dedicated: feed (core 1, spin) | strategy (core 2, spin) | gateway (core 3, spin)");
  boot("0-7", "1,4-6", "0,2-3,7");  // of cores that are all isolated there is 1 with 5
  EXPECT_EQ(plan().describe(),
            "dedicated: feed (core 1, spin) | strategy (core 4, spin) | gateway (core 6, spin)");
  boot("0-7", "1,5", "0,2-4,6-7");
  EXPECT_EQ(plan().describe(), "inline: feed + strategy + gateway (core 1, spin)");
}

TEST_F(IsolatedCpus, WithoutThemAutoCountsCoresAndNotTheirThreads) {
  boot("0-3", "", "0-3");
  siblings(0, "0-1");
  siblings(1, "0-1");
  siblings(2, "2-3");
  siblings(3, "2-3");
  EXPECT_EQ(plan().describe(), "shared: feed (spin) | strategy + gateway (spin)");
  EXPECT_EQ(plan(wish(Topology::kDedicated)).describe(),
            "dedicated: feed (spin) | strategy (spin) | gateway (spin)");
}

TEST(Topology, WhatIsNotPinnedStaysOffThePinnedCores) {
  auto request = wish(Topology::kShared);
  request.cores = {3, 1, std::nullopt};
  EXPECT_EQ(mm::plan(request, host(4), kAll).rest, (std::vector<int>{0, 2}));
  request.cores = {0, 1, std::nullopt};
  EXPECT_TRUE(mm::plan(request, host(2), kAll).rest.empty()) << "there is nowhere else";
  EXPECT_TRUE(mm::plan(wish(Topology::kShared), host(4), kAll).rest.empty());
}

TEST(KeptTo, HoldsForTheThreadsThatAreStartedMeanwhile) {
  const std::vector<int> all = mm::read_host_cpus().ids;
  const std::vector<int> last{all.back()};
  std::vector<int> seen;
  {
    const mm::KeptTo kept(last);
    std::thread([&] { seen = mm::read_host_cpus().ids; }).join();
  }
  EXPECT_EQ(seen, last);
  EXPECT_EQ(mm::read_host_cpus().ids, all);
  { const mm::KeptTo unchanged({}); }
  EXPECT_EQ(mm::read_host_cpus().ids, all);
}

TEST(HostCpus, TheMachineHasAtLeastOne) {
  const mm::HostCpus h = mm::read_host_cpus();
  EXPECT_GE(h.usable(), 1);
  EXPECT_FALSE(h.ids.empty());
}

}  // namespace
