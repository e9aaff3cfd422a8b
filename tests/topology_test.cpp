#include "engine/runtime/topology.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>
#include <numeric>

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

class CpuQuota : public testing::Test {
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
  int quota() const { return mm::read_cpu_quota(root_); }
  std::filesystem::path root_;
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

TEST(HostCpus, TheMachineHasAtLeastOne) {
  const mm::HostCpus h = mm::read_host_cpus();
  EXPECT_GE(h.usable(), 1);
  EXPECT_FALSE(h.ids.empty());
}

}  // namespace
