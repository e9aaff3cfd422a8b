#include "engine/app/soak/soak_reloads.h"

#include <algorithm>

#include "engine/app/soak/soak_config.h"
#include "sim/random.h"

namespace mm::app {

SoakReloads random_reloads(std::uint64_t seed, Nanos duration, std::span<const std::string> sets,
                           std::span<const std::string> user) {
  constexpr Nanos kFirst{20 * kSecond.v}, kRest{60 * kSecond.v}, kEvery{150 * kSecond.v};
  SoakReloads reloads;
  if (duration <= kFirst + kRest) return reloads;
  sim::Random random(seed ^ 0x4E10AD);
  const std::int64_t count = random.between(0, duration.v / kEvery.v);
  for (std::int64_t k = 0; k < count && reloads.error.empty(); ++k) {
    const Nanos at(random.between(kFirst.v, (duration - kRest).v));
    std::vector<std::string> all(sets.begin(), sets.end());
    for (std::string& set : random_live_sets(seed ^ static_cast<std::uint64_t>(at.v))) {
      all.push_back(std::move(set));
    }
    all.insert(all.end(), user.begin(), user.end());
    ConfigLoad load = parse_config("", "soak, a reload", all);
    reloads.error = load.error;
    reloads.due.push_back({at, std::move(load.config)});
  }
  std::ranges::sort(reloads.due, {}, &SoakReload::at);
  return reloads;
}

}  // namespace mm::app
