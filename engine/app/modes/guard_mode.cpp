// `mm_logic guard`: what the guard needs is the session's: its config, where it was started, its
// part of the client order ids.
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <set>
#include <thread>
#include <tuple>
#include <utility>

#include "engine/app/control/stop_signal.h"
#include "engine/app/modes/modes.h"
#include "engine/app/session/session_report.h"
#include "engine/app/venue/venue_account.h"
#include "engine/app/venue/venue_rest.h"
#include "engine/core/order_lifecycle.h"
#include "engine/ledger/halt_file.h"
#include "engine/ledger/session_folder.h"
#include "engine/runtime/errands.h"
#include "gateway/guard.h"
#include "gateway/venue_proof.h"

namespace mm::app {
namespace {

namespace orders = binance::orders;

constexpr Nanos kEndPatience{5 * kSecond.v};

// From the last sign of life to no order in 2 s: what the venue has for its answers is the rest. A
// request that it lets wait goes out again that soon, over another connection.
constexpr Nanos kFirstAnswerMax{800 * kMillisecond.v};
static_assert(GuardConfig{}.timeout + GuardConfig{}.interval + kFirstAnswerMax <= 2 * kSecond);

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
    account_.emplace(config.venue, credentials_, instruments_, pause_, kFirstAnswerMax);
    second_.emplace(config.venue, credentials_, instruments_, second_pause_);
    second_->give_up_at(Nanos(0));
  }

  // Why the venue can never be asked; empty if it may answer.
  std::string error() const { return account_ ? account_->error() : credentials_.error; }
  // Whether it does, so that it is known now and not when it matters; while the first account may
  // be cancelling, on another thread. One symbol, in turn.
  std::string check() {
    const std::string symbol(instruments_[turn_++ % instruments_.size()].symbol());
    return second_->questions().ask_signed("openOrders.status", {{"symbol", symbol}});
  }
  Left cancel_all(Nanos patience) override {
    const VenueAccount::Left left = account_->cancel_all({.self = identity_,
                                                          .everybody = exclusive_symbol_,
                                                          .arrivals_until{},
                                                          .patience = patience});
    return {left.client_ids, left.canceled, left.error};
  }
  std::size_t instrument_count() const { return instruments_.size(); }

 private:
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

// Lines for people, in order. Nobody waits for whoever is to take them: a pipe may be full, a
// terminal held, a disk stand still.
class Voice {
 public:
  void say(std::string_view line) {
    const Clock clock;
    put(stdout, fmt::format("{}  guard: {}\n", utc_name(clock.now()), line));
  }
  // Returns the exit code.
  int fail(std::string_view error) {
    put(stderr, fmt::format("mm_logic: {}\n", error));
    return 1;
  }
  // Before an end that may come to none otherwise. What nobody takes is lost.
  bool is_heard() { return errands_.wait(kEndPatience); }

 private:
  void put(std::FILE* out, std::string line) {
    errands_.hand_over([out, line = std::move(line)] {
      std::fputs(line.c_str(), out);
      std::fflush(out);
    });
  }

  Errands errands_;
};

int exit_code(Guard::Outcome outcome, bool venue_lost, Voice& voice) {
  const bool fired = outcome == Guard::Outcome::kFired || outcome == Guard::Outcome::kFiredNotFlat;
  if (!fired && venue_lost) return voice.fail("the venue did not answer the guard in the end");
  switch (outcome) {
    case Guard::Outcome::kEngineEnded:
      voice.say("the engine has ended in an orderly way");
      return 0;
    case Guard::Outcome::kNothingLeft:
      voice.say("the engine has died, and none of its orders is left");
      return 0;
    case Guard::Outcome::kStopped:
      voice.say("stopped: nobody watches the engine any more");
      return 0;
    case Guard::Outcome::kFired:
      return 1;
    case Guard::Outcome::kFiredNotFlat:
      return voice.fail("stopped before the venue showed that no order is left");
  }
  return 1;
}

int watch(counters::CountersFile& engine, const Config& config, Voice& voice) {
  const counters::Identity& id = engine.layout().identity;
  SessionSweeper venue(config, engine);
  if (std::string error = venue.error(); !error.empty()) return voice.fail(error);
  const auto say = [&voice](std::string_view line) { voice.say(line); };
  say(fmt::format("watching process {}, orders {}..., {} symbols, time-out {} ms", id.process.pid,
                  id.id_prefix.data(), venue.instrument_count(),
                  config.guard.timeout.v / kMillisecond.v));
  const auto halt = [&id, say](std::string_view reason) {
    const Clock clock;
    const std::string error =
        add_halt(id.sessions.data(), clock.now(),
                 fmt::format("{} ({} session {})", reason, id.mode.data(), id.session.data()));
    if (!error.empty()) say(error);
    return error.empty();
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
    const VenueProof proof({.ask = [&venue] { return venue.check(); },
                            .say = say,
                            .lost = engine.layout().guard.venue_lost,
                            .interval = config.guard.proof_interval});
    outcome = guard.watch();
  }
  const int code = exit_code(outcome, engine.layout().guard.venue_lost.exchange(0) != 0, voice);
  if (guard.has_halted(kEndPatience)) return code;
  std::ignore = voice.is_heard();
  std::_Exit(code);
}

// Of a folder of sessions, those that trade with money: simulations beside them need no guard.
class LiveSessions {
 public:
  LiveSessions(const std::string& sessions, Voice& voice) : sessions_(sessions), voice_(voice) {}

  // The newest that may have orders; empty if none has.
  std::string find() {
    for (const SessionFolder& folder : SessionFolder::all(sessions_)) {
      if (over_.contains(folder.path())) continue;
      counters::CountersFile engine;
      if (!engine.attach(folder.path(), counters::CountersFile::Use::kLook).empty()) continue;
      const bool live = std::string_view(engine.layout().identity.mode.data()) == "live";
      if (live && engine.may_have_orders()) return folder.path();
      if (live && newest_over_.empty()) newest_over_ = folder.path();
      over_.insert(folder.path());
    }
    return {};
  }
  // Until there is one, or a person ends it. No venue is asked meanwhile.
  std::string wait() {
    constexpr std::chrono::milliseconds kLook{250};
    std::string found = find();
    if (found.empty()) voice_.say(fmt::format("waiting for a live session in {}", sessions_));
    for (; found.empty() && !StopSignal::requested(); found = find()) {
      std::this_thread::sleep_for(kLook);
    }
    return found;
  }
  // Of those that find() has passed.
  const std::string& newest_over() const { return newest_over_; }

 private:
  std::string sessions_, newest_over_;
  Voice& voice_;
  std::set<std::string> over_;  // and will stay so
};

int guard_session(const std::string& folder, const std::vector<std::string>& sets, Voice& voice) {
  counters::CountersFile engine;
  if (std::string error = engine.attach(folder); !error.empty()) return voice.fail(error);
  const counters::Layout& layout = engine.layout();
  const counters::Identity& id = layout.identity;
  const std::string_view mode = id.mode.data();
  if (mode != "live") {
    return voice.fail(
        fmt::format("{}: is a {} session; its orders die with it, only live ones need a "
                    "guard",
                    folder, mode));
  }
  engine.layout().guard.venue_lost.store(0);  // whatever a guard before could do
  if (!engine.may_have_orders()) {
    const bool ended = layout.phase.load(std::memory_order_acquire) == counters::Phase::kEnded;
    return exit_code(ended ? Guard::Outcome::kEngineEnded : Guard::Outcome::kNothingLeft, false,
                     voice);
  }
  const ConfigLoad load = load_config(SessionFolder(folder).config(), sets);
  if (!load.ok()) return voice.fail(load.error);
  // Its key files are named as seen from there.
  if (chdir(id.working.data()) != 0) {
    return voice.fail(fmt::format("{}: the engine's folder cannot be entered", id.working.data()));
  }
  return watch(engine, load.config, voice);
}

int guard(const GuardOptions& options, Voice& voice) {
  std::string folder = options.session_dir;
  LiveSessions sessions(options.sessions_dir, voice);
  if (folder.empty()) folder = options.wait ? sessions.wait() : sessions.find();
  if (folder.empty()) folder = sessions.newest_over();
  if (StopSignal::requested()) return 0;
  if (folder.empty()) {
    return voice.fail("no live session found in " + options.sessions_dir +
                      ": name one, or run one first");
  }
  return guard_session(folder, options.sets, voice);
}

}  // namespace

int guard_mode(const GuardOptions& options) {
  const StopSignal signals;
  Voice voice;
  const int code = guard(options, voice);
  if (!voice.is_heard()) std::_Exit(code);
  return code;
}

}  // namespace mm::app
