// `mm_logic guard`: what the guard needs is the session's: its config, where it was started, its
// part of the client order ids.
#include <fmt/format.h>
#include <unistd.h>

#include <optional>

#include "engine/app/control/stop_signal.h"
#include "engine/app/modes/modes.h"
#include "engine/app/session/session_report.h"
#include "engine/app/venue/venue_account.h"
#include "engine/app/venue/venue_rest.h"
#include "engine/core/order_lifecycle.h"
#include "engine/ledger/halt_file.h"
#include "engine/ledger/session_folder.h"
#include "gateway/guard.h"
#include "gateway/venue_proof.h"

namespace mm::app {
namespace {

namespace orders = binance::orders;

// Orders of the session's engine, by a connection of the guard's own.
class SessionSweeper : public OrderSweeper {
 public:
  SessionSweeper(const Config& config, const counters::CountersFile& engine)
      : credentials_(load_credentials(config)),
        identity_{static_cast<std::uint8_t>(engine.layout().identity.instance),
                  static_cast<std::uint16_t>(engine.layout().identity.epoch)},
        exclusive_symbol_(config.order_management.exclusive_symbol),
        instruments_(instruments_of(config, engine)) {
    if (!credentials_.error.empty()) return;
    account_.emplace(config.venue, credentials_, instruments_, pause_);
    second_.emplace(config.venue, credentials_, instruments_, second_pause_);
    second_->give_up_at(Nanos(0));
  }

  // Whether the venue can be asked, so that it is known now and not when it matters.
  std::string check() {
    if (!credentials_.error.empty()) return credentials_.error;
    std::string error;
    for (std::size_t i = 0; i < instruments_.size() && error.empty(); ++i) {
      error = ask_for(*account_, i);
    }
    return error;
  }
  // The same while the first may be cancelling, on another thread: one symbol, in turn.
  std::string check_again() { return ask_for(*second_, turn_++ % instruments_.size()); }
  Left cancel_all(Nanos patience) override {
    const VenueAccount::Left left = account_->cancel_all({.self = identity_,
                                                          .everybody = exclusive_symbol_,
                                                          .arrivals_until{},
                                                          .patience = patience});
    return {left.client_ids, left.canceled, left.error};
  }
  std::size_t instrument_count() const { return instruments_.size(); }

 private:
  std::string ask_for(VenueAccount& account, std::size_t i) const {
    const std::string symbol(instruments_[i].symbol());
    return account.questions().ask_signed("openOrders.status", {{"symbol", symbol}});
  }
  static std::vector<mm::Instrument> instruments_of(const Config& config,
                                                    const counters::CountersFile& engine) {
    std::vector<mm::Instrument> all;
    for (const counters::Instrument& i : engine.instruments()) {
      all.push_back(make_instrument(config, i.symbol.data()));
    }
    return all;
  }

  orders::Credentials credentials_;
  orders::Identity identity_;
  bool exclusive_symbol_;
  std::vector<mm::Instrument> instruments_;
  net::SharedRequestPause pause_, second_pause_;  // of this process alone
  std::optional<VenueAccount> account_, second_;
  std::size_t turn_ = 0;
};

void say(std::string_view line) {
  const Clock clock;
  fmt::print("{}  guard: {}\n", utc_name(clock.now()), line);
  std::fflush(stdout);
}

int exit_code(Guard::Outcome outcome, bool venue_lost) {
  const bool fired = outcome == Guard::Outcome::kFired || outcome == Guard::Outcome::kFiredNotFlat;
  if (!fired && venue_lost) return fail("the venue did not answer the guard in the end");
  switch (outcome) {
    case Guard::Outcome::kEngineEnded:
      say("the engine has ended in an orderly way");
      return 0;
    case Guard::Outcome::kNothingLeft:
      say("the engine has died, and none of its orders is left");
      return 0;
    case Guard::Outcome::kStopped:
      say("stopped: nobody watches the engine any more");
      return 0;
    case Guard::Outcome::kFired:
      return 1;
    case Guard::Outcome::kFiredNotFlat:
      return fail("stopped before the venue showed that no order is left");
  }
  return 1;
}

int watch(counters::CountersFile& engine, const Config& config) {
  const counters::Identity& id = engine.layout().identity;
  SessionSweeper venue(config, engine);
  if (std::string error = venue.check(); !error.empty()) return fail(error);
  const StopSignal signals;
  say(fmt::format("watching process {}, orders {}..., {} symbols, time-out {} ms", id.process.pid,
                  id.id_prefix.data(), venue.instrument_count(),
                  config.guard.timeout.v / kMillisecond.v));
  const auto halt = [&id](std::string_view reason) {
    const Clock clock;
    const std::string error =
        add_halt(id.sessions.data(), clock.now(),
                 fmt::format("{} ({} session {})", reason, id.mode.data(), id.session.data()));
    if (!error.empty()) say(error);
  };
  Guard guard(
      {.engine = engine,
       .venue = venue,
       .timeout = config.guard.timeout,
       .interval = config.guard.interval,
       .arrival_max = not_found_margin(config.venue.recv_window, config.engine.command_age_max),
       .halt = halt,
       .say = say,
       .stopped = StopSignal::requested});
  Guard::Outcome outcome;
  {
    const VenueProof proof({.ask = [&venue] { return venue.check_again(); },
                            .say = say,
                            .lost = engine.layout().guard.venue_lost,
                            .interval = config.guard.proof_interval});
    outcome = guard.watch();
  }
  return exit_code(outcome, engine.layout().guard.venue_lost.exchange(0) != 0);
}

bool may_have_orders(const counters::CountersFile& engine) {
  const counters::Layout& layout = engine.layout();
  const bool alive = engine.engine_alive();  // before its phase: what it wrote, it wrote alive
  const counters::Phase phase = layout.phase.load(std::memory_order_acquire);
  if (phase == counters::Phase::kEnded) return false;
  return alive || (phase != counters::Phase::kStarting && !layout.settled());
}

// The newest that may have orders, else the newest: simulations beside it need no guard.
std::string live_session(const std::string& sessions) {
  std::string ended;
  for (const SessionFolder& folder : SessionFolder::all(sessions)) {
    counters::CountersFile engine;
    if (!engine.attach(folder.path()).empty()) continue;
    if (std::string_view(engine.layout().identity.mode.data()) != "live") continue;
    if (may_have_orders(engine)) return folder.path();
    if (ended.empty()) ended = folder.path();
  }
  return ended;
}

}  // namespace

int guard_mode(const GuardOptions& options) {
  const std::string folder =
      options.session_dir.empty() ? live_session(options.sessions_dir) : options.session_dir;
  if (folder.empty()) {
    return fail("no live session found in " + options.sessions_dir +
                ": name one, or run one first");
  }
  counters::CountersFile engine;
  if (std::string error = engine.attach(folder); !error.empty()) return fail(error);
  const counters::Identity& id = engine.layout().identity;
  const std::string_view mode = id.mode.data();
  if (mode != "live") {
    return fail(
        fmt::format("{}: is a {} session; its orders die with it, only live ones need a "
                    "guard",
                    folder, mode));
  }
  const ConfigLoad load = load_config(SessionFolder(folder).config(), options.sets);
  if (!load.ok()) return fail(load.error);
  // Its key files are named as seen from there.
  if (chdir(id.working.data()) != 0) {
    return fail(fmt::format("{}: the engine's folder cannot be entered", id.working.data()));
  }
  return watch(engine, load.config);
}

}  // namespace mm::app
