#include <fmt/format.h>

#include "engine/app/modes/host_tuning.h"
#include "engine/app/modes/modes.h"
#include "engine/runtime/cpu_list.h"

namespace mm::app {

// One record a line, fields between bars, for scripts/tune_host:
// `item|verdict|name|is|should|why|boot parameter` and below it `set|path|is|should`, or `hand` if
// it differs and only a person can change that.
int host_mode(const HostOptions& options) {
  const std::vector<int> cpus =
      options.cpus.empty() ? hot_cpus_by_default(options.root) : parse_cpu_list(options.cpus);
  if (cpus.empty()) {
    fmt::print(stderr, "mm_logic: --cpus {}: must be CPU numbers, as 2-3 or 1,3\n", options.cpus);
    return 2;
  }
  if (const std::vector<int> online = online_cpus(options.root);
      !cpus_without(cpus, online).empty()) {
    fmt::print(stderr, "mm_logic: --cpus {}: not all of them are online, which are {}\n",
               options.cpus, cpu_list(online));
    return 2;
  }
  for (const TuningItem& item : host_tuning(cpus, options.root)) {
    constexpr const char* kVerdicts[] = {"ok", "warn", "unknown"};
    fmt::print("item|{}|{}|{}|{}|{}|{}\n", kVerdicts[static_cast<int>(item.verdict)], item.name,
               item.is, item.should, item.why, item.boot_parameter);
    const bool applied = !item.settings.empty() || !item.boot_parameter.empty();
    if (item.verdict == TuningVerdict::kWarn && !applied) fmt::print("hand\n");
    for (const FileSetting& s : item.settings) {
      fmt::print("set|{}|{}|{}\n", s.path, s.is, s.should);
    }
  }
  return 0;
}

}  // namespace mm::app
