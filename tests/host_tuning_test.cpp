// What the host should be like, read and changed on a folder that stands for its file system.
#include "engine/app/modes/host_tuning.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "tests/e2e_support.h"

namespace mm::app {
namespace {

using test::Scratch;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kCpus = "/sys/devices/system/cpu/";

// Four CPUs as a distribution sets them up: nothing isolated, everything saves power.
class HostTuning : public testing::Test {
 protected:
  HostTuning() {
    put(std::string(kCpus) + "online", "0-3");
    put(std::string(kCpus) + "isolated", "");
    put(std::string(kCpus) + "nohz_full", "(null)");
    for (int cpu = 0; cpu < 4; ++cpu) {
      const std::string folder = kCpus + ("cpu" + std::to_string(cpu));
      put(folder + "/cpufreq/scaling_governor", "schedutil");
      put(folder + "/cpuidle/state0/latency", "0");
      put(folder + "/cpuidle/state0/disable", "0");
      put(folder + "/cpuidle/state1/latency", "133");
      put(folder + "/cpuidle/state1/disable", "0");
    }
    put("/proc/irq/11/smp_affinity_list", "0-3");
    put("/proc/irq/12/smp_affinity_list", "1");
    put("/proc/irq/default_smp_affinity", "f");
    put("/sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never");
    put("/proc/sys/vm/swappiness", "60");
    put("/proc/swaps", "Filename Type Size Used Priority\n/swapfile file 1 0 -2");
    put("/sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet");
    put("/sys/devices/system/clocksource/clocksource0/available_clocksource", "tsc hpet acpi_pm");
    put("/etc/default/grub", "GRUB_CMDLINE_LINUX=\"quiet\"");
  }

  std::string root() const { return scratch_.path(""); }
  void put(const std::string& path, const std::string& text) const {
    const std::filesystem::path file = root() + path;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file) << text << '\n';
  }
  std::string get(const std::string& path) const { return test::read_file(root() + path); }
  TuningItem item(std::string_view name, const std::vector<int>& hot = {2, 3}) const {
    for (const TuningItem& i : host_tuning(hot, root())) {
      if (i.name == name) return i;
    }
    ADD_FAILURE() << "no item " << name;
    return {};
  }
  void siblings(int cpu, const std::string& core) const {
    put(kCpus + ("cpu" + std::to_string(cpu)) + "/topology/thread_siblings_list", core);
  }
  test::ProcessResult tune(const std::string& arguments,
                           const std::string& binary = test::binary()) const {
    return test::run_process("MM_HOST_ROOT=" + root() + " MM_LOGIC=" + binary + " " + test::kRoot +
                             "/scripts/tune_host " + arguments + " </dev/null");
  }

  Scratch scratch_;
};

TEST_F(HostTuning, HotThreadsGetTheIsolatedCpusElseAllButTheFirst) {
  EXPECT_THAT(hot_cpus_by_default(root()), ElementsAre(1, 2, 3));
  put(std::string(kCpus) + "isolated", "2");
  EXPECT_THAT(hot_cpus_by_default(root()), ElementsAre(2));
  put(std::string(kCpus) + "isolated", "");
  for (int cpu = 0; cpu < 4; ++cpu) siblings(cpu, cpu < 2 ? "0-1" : "2-3");
  EXPECT_THAT(hot_cpus_by_default(root()), ElementsAre(0, 1, 2, 3));
  for (int cpu = 2; cpu < 4; ++cpu) siblings(cpu, std::to_string(cpu));
  EXPECT_THAT(hot_cpus_by_default(root()), ElementsAre(2, 3)) << "all of the first core is not hot";
  put(std::string(kCpus) + "online", "0-1");
  EXPECT_THAT(hot_cpus_by_default(root()), ElementsAre(0, 1));
}

TEST_F(HostTuning, EveryItemSaysWhatItIsAndWhatToWrite) {
  const TuningItem governor = item("CPU governor");
  EXPECT_EQ(governor.verdict, TuningVerdict::kWarn);
  EXPECT_EQ(governor.is, "schedutil on 2 of 2 CPUs");
  ASSERT_EQ(governor.settings.size(), 2u);
  EXPECT_EQ(governor.settings[0].path, std::string(kCpus) + "cpu2/cpufreq/scaling_governor");
  EXPECT_EQ(item("idle states").is, "2 of 2 allowed");  // one deep state on each hot CPU
  EXPECT_EQ(item("isolated CPUs").boot_parameter, "isolcpus=managed_irq,domain,2-3");
  EXPECT_EQ(item("tickless CPUs").boot_parameter, "nohz_full=2-3");
  const TuningItem interrupts = item("interrupts");
  ASSERT_EQ(interrupts.settings.size(), 1u) << "number 12 comes to no hot CPU";
  EXPECT_EQ(interrupts.settings[0].should, "0-1");
  EXPECT_EQ(item("huge pages").is, "always");
  EXPECT_EQ(item("swap").is, "1 in use");
  EXPECT_EQ(item("clock source").settings.at(0).should, "tsc");
}

TEST_F(HostTuning, NewInterruptsAreKeptOffTheHotCpusAsWell) {
  const TuningItem interrupts = item("new interrupts");
  EXPECT_EQ(interrupts.verdict, TuningVerdict::kWarn);
  EXPECT_EQ(interrupts.is, "on CPUs 0-3");
  ASSERT_EQ(interrupts.settings.size(), 1u);
  EXPECT_EQ(interrupts.settings[0].should, "3");
  put("/proc/irq/default_smp_affinity", "ffffffff,fffffff3");  // bits of CPUs that are not there
  EXPECT_EQ(item("new interrupts").verdict, TuningVerdict::kOk);
}

TEST_F(HostTuning, WhatMovesInterruptsBackIsSaidUnlessItLeavesTheHotCpusOut) {
  put("/proc/1/comm", "systemd");
  EXPECT_EQ(item("irqbalance").is, "not running");
  put("/proc/77/comm", "irqbalance");
  EXPECT_EQ(item("irqbalance").verdict, TuningVerdict::kWarn);
  const test::ProcessResult applied = tune("apply --cpus 2-3");
  EXPECT_THAT(applied.output, HasSubstr("irqbalance: running; it should be not running"));
  put(std::string(kCpus) + "isolated", "2-3");
  EXPECT_EQ(item("irqbalance").verdict, TuningVerdict::kOk);
}

TEST_F(HostTuning, AHotCpusCoreIsItsOwn) {
  EXPECT_EQ(item("SMT siblings").verdict, TuningVerdict::kUnknown);
  for (int cpu = 0; cpu < 4; ++cpu) siblings(cpu, cpu % 2 == 0 ? "0,2" : "1,3");
  EXPECT_EQ(item("SMT siblings", {2, 3}).is, "for everything else: 0-1");
  EXPECT_EQ(item("SMT siblings", {1, 3}).verdict, TuningVerdict::kOk);
  put(std::string(kCpus) + "online", "1-3");
  EXPECT_EQ(item("SMT siblings", {1, 2, 3}).verdict, TuningVerdict::kOk) << "0 is offline";
}

TEST_F(HostTuning, HotCpusOfTwoNodesAreFarApart) {
  put("/sys/devices/system/node/node0/cpulist", "0-2");
  put("/sys/devices/system/node/node1/cpulist", "3");
  EXPECT_EQ(item("NUMA node", {1, 2}).verdict, TuningVerdict::kOk);
  EXPECT_EQ(item("NUMA node", {2, 3}).verdict, TuningVerdict::kWarn);
  EXPECT_EQ(item("NUMA node", {2, 3}).is, "node0: 2, node1: 3");
}

TEST_F(HostTuning, NoHugePagesAtAllAreFineToo) {
  put("/sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]");
  EXPECT_EQ(item("huge pages").verdict, TuningVerdict::kOk);
  put("/sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never");
  EXPECT_EQ(item("huge pages").settings.at(0).should, "madvise");
}

TEST_F(HostTuning, AHostThatWasNotLookedAtIsNotFine) {
  for (const char* action : {"check", "apply --boot"}) {
    for (const char* binary : {"/bin/false", "/bin/true"}) {
      EXPECT_EQ(tune(action, binary).exit_code, 2) << action << " by " << binary;
    }
    for (const char* cpus : {"4-2", "9", "2-4"}) {
      const test::ProcessResult wrong = tune(std::string(action) + " --cpus " + cpus);
      EXPECT_EQ(wrong.exit_code, 2) << action << " " << cpus << "\n" << wrong.output;
    }
  }
  EXPECT_THAT(tune("check --cpus 2-4").output, HasSubstr("online, which are 0-3"));
  EXPECT_FALSE(std::filesystem::exists(root() + "/var/lib/mm_logic")) << "nothing was begun";
}

TEST_F(HostTuning, WhatAHostDoesNotHaveIsUnknown) {
  const TuningItem numa = item("NUMA balancing");
  EXPECT_EQ(numa.verdict, TuningVerdict::kUnknown);
  EXPECT_EQ(numa.is, "not on this host");
  EXPECT_THAT(numa.settings, IsEmpty());
}

TEST_F(HostTuning, CpusCanOnlyBeIsolatedIfOneIsLeft) {
  const TuningItem isolated = item("isolated CPUs", {0, 1, 2, 3});
  EXPECT_EQ(isolated.verdict, TuningVerdict::kUnknown);
  EXPECT_EQ(isolated.boot_parameter, "");
}

TEST_F(HostTuning, TheScriptAppliesOnceAndPutsEverythingBack) {
  const test::ProcessResult before = tune("check --cpus 2-3");
  EXPECT_EQ(before.exit_code, 1) << before.output;
  EXPECT_THAT(before.output, HasSubstr("should be: performance"));

  const test::ProcessResult applied = tune("apply --cpus 2-3");
  EXPECT_EQ(applied.exit_code, 0) << applied.output;
  EXPECT_EQ(get(kCpus + std::string("cpu2/cpufreq/scaling_governor")), "performance\n");
  EXPECT_EQ(get(kCpus + std::string("cpu0/cpufreq/scaling_governor")), "schedutil\n");
  EXPECT_EQ(get("/proc/irq/11/smp_affinity_list"), "0-1\n");
  EXPECT_EQ(get("/sys/devices/system/clocksource/clocksource0/current_clocksource"), "tsc\n");
  EXPECT_THAT(applied.output, HasSubstr("not changed: --boot"));
  EXPECT_EQ(get("/etc/default/grub"), "GRUB_CMDLINE_LINUX=\"quiet\"\n");

  for (int twice = 0; twice < 2; ++twice) {
    const test::ProcessResult boot = tune("apply --cpus 2-3 --boot");
    EXPECT_EQ(boot.exit_code, 0) << boot.output;
    EXPECT_EQ(get("/etc/default/grub"),
              "GRUB_CMDLINE_LINUX=\"quiet\"\nGRUB_CMDLINE_LINUX=\"$GRUB_CMDLINE_LINUX "
              "isolcpus=managed_irq,domain,2-3 nohz_full=2-3\" # by scripts/tune_host of "
              "mm_logic\n");
  }

  const test::ProcessResult reverted = tune("revert");
  EXPECT_EQ(reverted.exit_code, 0) << reverted.output;
  EXPECT_EQ(get(kCpus + std::string("cpu2/cpufreq/scaling_governor")), "schedutil\n");
  EXPECT_EQ(get("/proc/irq/11/smp_affinity_list"), "0-3\n");
  EXPECT_EQ(get("/proc/sys/vm/swappiness"), "60\n");
  EXPECT_EQ(get("/etc/default/grub"), "GRUB_CMDLINE_LINUX=\"quiet\"\n");
  EXPECT_EQ(tune("revert").output, "") << "nothing is left to put back";
}

TEST_F(HostTuning, ASecondApplyKeepsTheParametersThatAreInForceByNow) {
  EXPECT_EQ(tune("apply --cpus 2-3 --boot").exit_code, 0);
  put(std::string(kCpus) + "isolated", "2-3");  // booted since, by a kernel without nohz_full
  EXPECT_EQ(tune("apply --cpus 2-3 --boot").exit_code, 0);
  EXPECT_THAT(get("/etc/default/grub"),
              HasSubstr(" isolcpus=managed_irq,domain,2-3 nohz_full=2-3\""));
  put(std::string(kCpus) + "nohz_full", "2-3");
  const std::string before = get("/etc/default/grub");
  EXPECT_THAT(tune("apply --cpus 2-3 --boot").output, Not(HasSubstr("boot")));
  EXPECT_EQ(get("/etc/default/grub"), before);
}

TEST_F(HostTuning, RevertTakesOutItsOwnLineAndNoOthers) {
  EXPECT_EQ(tune("apply --cpus 2-3 --boot").exit_code, 0);
  put("/etc/default/grub", get("/etc/default/grub") + "GRUB_TIMEOUT=1");
  EXPECT_EQ(tune("revert").exit_code, 0);
  EXPECT_EQ(get("/etc/default/grub"), "GRUB_CMDLINE_LINUX=\"quiet\"\nGRUB_TIMEOUT=1\n");
}

TEST_F(HostTuning, WhatCannotBePutBackStaysKept) {
  EXPECT_EQ(tune("apply --cpus 2-3").exit_code, 0);
  const std::string path = root() + "/proc/sys/vm/swappiness";
  std::filesystem::remove(path);
  std::filesystem::create_directory(path);  // nobody can write that
  const test::ProcessResult refused = tune("revert");
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_THAT(refused.output, HasSubstr("does not let it be changed back to 60"));
  EXPECT_EQ(get(kCpus + std::string("cpu2/cpufreq/scaling_governor")), "schedutil\n");
  std::filesystem::remove(path);
  put("/proc/sys/vm/swappiness", "0");
  const test::ProcessResult rest = tune("revert");
  EXPECT_EQ(rest.exit_code, 0);
  EXPECT_EQ(rest.output, "/proc/sys/vm/swappiness: 60\n");
  EXPECT_EQ(get("/proc/sys/vm/swappiness"), "60\n");
}

TEST_F(HostTuning, WhatCannotBeNotedIsNotChanged) {
  std::filesystem::create_directories(root() + "/var/lib/mm_logic/tune_host");
  EXPECT_NE(tune("apply --cpus 2-3").exit_code, 0);
  EXPECT_EQ(get(kCpus + std::string("cpu2/cpufreq/scaling_governor")), "schedutil\n");
}

}  // namespace
}  // namespace mm::app
