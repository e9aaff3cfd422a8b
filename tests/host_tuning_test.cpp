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
  test::ProcessResult tune(const std::string& arguments) const {
    return test::run_process("MM_HOST_ROOT=" + root() + " MM_LOGIC=" + test::binary() + " " +
                             test::kRoot + "/scripts/tune_host " + arguments + " </dev/null");
  }

  Scratch scratch_;
};

TEST(CpuList, IsReadAndWrittenAsTheKernelDoes) {
  EXPECT_THAT(parse_cpu_list("0-2,5,7-8"), ElementsAre(0, 1, 2, 5, 7, 8));
  EXPECT_THAT(parse_cpu_list("3,1,3"), ElementsAre(1, 3));
  EXPECT_THAT(parse_cpu_list(""), IsEmpty());
  EXPECT_THAT(parse_cpu_list("(null)"), IsEmpty());
  EXPECT_THAT(parse_cpu_list("1-x"), IsEmpty());
  EXPECT_THAT(parse_cpu_list("2147483647"), IsEmpty());
  EXPECT_EQ(parse_cpu_list("0-2147483647").size(), 4096u);
  EXPECT_EQ(cpu_list({0, 1, 2, 5, 7, 8}), "0-2,5,7-8");
  EXPECT_EQ(cpu_list({}), "");
}

TEST_F(HostTuning, HotThreadsGetTheIsolatedCpusElseAllButTheFirst) {
  EXPECT_THAT(hot_cpus_by_default(root()), ElementsAre(1, 2, 3));
  put(std::string(kCpus) + "isolated", "2");
  EXPECT_THAT(hot_cpus_by_default(root()), ElementsAre(2));
  put(std::string(kCpus) + "isolated", "");
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
