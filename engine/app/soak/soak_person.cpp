#include "engine/app/soak/soak_person.h"

#include <fmt/format.h>

#include <array>

#include "sim/random.h"

namespace mm::app {
namespace {

constexpr Nanos kBetweenMin{20 * kSecond.v}, kBetweenMax{200 * kSecond.v};
constexpr Nanos kStopMin{kSecond.v / 10}, kStopMax{20 * kSecond.v};

}  // namespace

std::vector<PersonAct> random_acts(std::uint64_t seed, Nanos begin, Nanos end) {
  sim::Random random(seed ^ 0x9E4504);
  std::vector<PersonAct> acts;
  if (random.below(2) == 0) return acts;
  const auto span = [&](Nanos min, Nanos max) { return Nanos(random.between(min.v, max.v)); };
  for (Nanos at = begin + span(kBetweenMin, kBetweenMax);;) {
    const bool kill = random.below(4) == 0;
    const auto scope = kill ? PauseScope::kAll : static_cast<PauseScope>(random.below(4));
    const Nanos until = at + span(kStopMin, kStopMax);
    if (until >= end) return acts;
    acts.push_back({at, {kill ? ControlCode::kKill : ControlCode::kPause, scope, {}}});
    acts.push_back({until, {ControlCode::kResume, scope, {}}});
    at = until + span(kBetweenMin, kBetweenMax);
  }
}

std::string act_text(const PersonAct& act) {
  constexpr std::array<std::string_view, 4> kScopes{"all", "buy", "sell", "increase"};
  const std::string_view what = act.control.code == ControlCode::kKill     ? "kill"
                                : act.control.code == ControlCode::kResume ? "resume"
                                                                           : "pause";
  return fmt::format("{} {}", what, kScopes[static_cast<std::size_t>(act.control.scope)]);
}

}  // namespace mm::app
