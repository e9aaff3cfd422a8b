#include "engine/app/session/last_arrival.h"

#include <algorithm>

#include "engine/core/order_lifecycle.h"
#include "engine/counters/counters_file.h"
#include "engine/ledger/session_folder.h"
#include "engine/runtime/clock.h"

namespace mm::app {
namespace {

Nanos margin_of(const Config& config) {
  return not_found_margin(config.venue.recv_window, config.engine.command_age_max);
}

}  // namespace

Nanos arrival_margin(const Config& config, const std::string& session) {
  const ConfigLoad its = load_config(SessionFolder(session).config());
  const Nanos margin = margin_of(config);
  return its.error.empty() ? std::max(margin, margin_of(its.config)) : margin;
}

Nanos last_sign_of_life(const std::string& session) {
  using counters::CountersFile;
  CountersFile engine;
  if (session.empty() || !engine.attach(session, CountersFile::Use::kLook).empty()) return {};
  if (!engine.may_have_orders()) return {};
  Nanos alive{};
  for (const counters::Heartbeat& beat : engine.layout().beats) {
    alive = std::max(alive, Nanos(beat.at.load(std::memory_order_acquire)));
  }
  const Nanos ago = counters::monotonic_now() - alive;
  if (alive == Nanos{} || ago < Nanos{}) return {};  // a beat to come is of an earlier boot
  return Clock().now() - ago;
}

Nanos last_arrival(const Config& config, const std::string& session) {
  const Nanos alive = last_sign_of_life(session);
  return alive == Nanos{} ? Nanos{} : alive + arrival_margin(config, session);
}

}  // namespace mm::app
