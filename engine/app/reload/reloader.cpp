#include "engine/app/reload/reloader.h"

#include <fmt/format.h>

#include <chrono>
#include <thread>
#include <utility>

#include "engine/app/config/core_setup.h"

namespace mm::app {
namespace {

// A kill waits behind it, and the guard for a sign of life.
constexpr std::chrono::milliseconds kJournalPatience{250};

}  // namespace

// What the start has drawn, the venue bounds or only another process reads is no change.
std::vector<ConfigChange> Reloader::compare(Config& next) const {
  if (next.engine.epoch == 0) next.engine.epoch = running_.engine.epoch;
  if (next.engine.id_nonce == 0) next.engine.id_nonce = running_.engine.id_nonce;
  next.monitor = running_.monitor;
  if (setup_.obey) setup_.obey(next);
  std::vector<ConfigChange> changes = config_changes(running_, next);
  const std::int32_t orders_max = setup_.config.common.risk.max_order_count;
  for (ConfigChange& c : changes) {
    const bool of_account = c.section == "risk" && c.key == "max_order_count";
    if (!of_account || next.common.risk.max_order_count <= orders_max) continue;
    c.problem = fmt::format("must be at most {}, which the order table was made for", orders_max);
  }
  judge_sizes(next, changes);
  return changes;
}

// Of new values only: what does not fit as it was, at the price of now, is no fault of the change.
void Reloader::judge_sizes(const Config& next, std::vector<ConfigChange>& changes) const {
  if (!setup_.size_problem) return;
  for (InstrumentId i = 0; i < setup_.instruments.size(); ++i) {
    const std::string symbol(setup_.instruments[i].symbol());
    const StrategyParams was = running_.symbol(symbol).strategy, is = next.symbol(symbol).strategy;
    if (is.order_size == was.order_size && is.order_notional == was.order_notional) continue;
    const std::string problem = setup_.size_problem(next, i);
    if (problem.empty()) continue;
    const auto blame = [&](std::string_view key) {
      bool any = false;
      for (ConfigChange& c : changes) {
        if (c.key != key || (c.section != "strategy" && c.section != "symbol " + symbol)) continue;
        if (c.problem.empty()) c.problem = symbol + ": " + problem;
        any = true;
      }
      return any;
    };
    // The one that counts, or the one that no longer does.
    if (!blame(is.order_size.v > 0 ? "order_size" : "order_notional")) blame("order_size");
  }
}

// For the core, to take over the one before.
bool Reloader::waits() const {
  return setup_.lane != nullptr ? setup_.lane->reloads() != taken_ : setup_.core.reload_waits();
}

// In the journal and in the session's folder, before anybody acts on it.
std::string Reloader::keep(const std::string& text, const OnDisk& disk) {
  if (setup_.lane == nullptr) return {};
  using State = JournalLane::ConfigState;
  const auto give_up = std::chrono::steady_clock::now() + kJournalPatience;
  const std::uint64_t number = setup_.lane->offer_config(redacted(text));
  State state = setup_.lane->config_state(number);
  while (state == State::kWaits && std::chrono::steady_clock::now() < give_up) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    state = setup_.lane->config_state(number);
  }
  if (state != State::kWritten) return "the journal has not taken it: its disk is full or too slow";
  const auto write = [text, session = session_] {
    return SessionFolder(session).write_config(text);
  };
  return disk ? disk(write).error : write();
}

ConfigAnswer Reloader::configure(std::string_view text, bool apply, const OnDisk& disk) {
  ConfigLoad load = parse_config(text, "the new configuration");
  if (!load.ok()) return {.taken = false, .error = load.error};
  const std::vector<ConfigChange> changes = compare(load.config);
  ConfigAnswer answer;
  answer.changes = write_changes(changes);
  answer.words = changes.empty() ? "nothing changes" : changes_text(changes);
  if (!all_live(changes)) {
    for (const ConfigChange& c : changes) {
      if (!c.problem.empty() && answer.error.empty()) answer.error = change_text(c);
    }
    return answer;
  }
  if (!apply || changes.empty()) return answer;
  if (waits()) {
    answer.error = "the core has not taken up the reload before this one";
    return answer;
  }
  const std::string in_force = effective_text(load.config);
  answer.error = keep(in_force, disk);
  if (!answer.error.empty()) return answer;
  offered_ = std::make_unique<CoreConfig>(
      make_core_config(load.config, setup_.instruments, setup_.opening));
  setup_.core.offer(*offered_);
  running_ = std::move(load.config);
  hash_before_ = std::exchange(hash_, config_hash(in_force));
  answer.taken = true;
  ++taken_;
  return answer;
}

}  // namespace mm::app
