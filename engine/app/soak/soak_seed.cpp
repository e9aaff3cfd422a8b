#include "engine/app/soak/soak_seed.h"

#include <fmt/format.h>

#include <algorithm>
#include <ctime>

#include "engine/app/config/config_change.h"
#include "engine/app/config/sim_setup.h"
#include "engine/app/reload/reloader.h"
#include "engine/app/soak/checked_run.h"
#include "engine/app/soak/soak_config.h"
#include "engine/app/soak/soak_journal.h"
#include "engine/app/soak/soak_person.h"
#include "engine/app/soak/soak_reloads.h"
#include "engine/core/decimal_text.h"
#include "sim/latency.h"
#include "sim/random.h"

namespace mm::app {
namespace {

constexpr Nanos kStart{1'704'067'200 * kSecond.v};  // 2024-01-01 00:00 UTC
// No fault before the engine quotes, nor so late that there is no time left to heal.
constexpr Nanos kQuiet{15 * kSecond.v}, kHeal{150 * kSecond.v};

sim::FaultPlan plan_of(std::uint64_t seed, Nanos duration, std::size_t instruments) {
  return sim::random_plan({.seed = seed,
                           .quiet = kQuiet,
                           .end = std::max(kQuiet, duration - kHeal),
                           .instruments = static_cast<InstrumentId>(instruments)});
}

// What the seed chooses, then what the user wants.
std::vector<std::string> sets_of(std::uint64_t seed, std::span<const std::string> sets) {
  std::vector<std::string> all = random_sets(seed);
  all.insert(all.end(), sets.begin(), sets.end());
  return all;
}

Nanos thread_cpu() {
  timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return kSecond * t.tv_sec + Nanos(t.tv_nsec);
}

std::string seconds(Nanos t) {
  return DecimalText((t.v + kMillisecond.v / 2) / kMillisecond.v, 3).str();
}

std::string command_text(const Command& c) {
  return fmt::format("> {} {} {:x}{} {} @ {} ({})", name(c.kind), name(c.side), c.id.v,
                     c.new_id.v == 0 ? "" : fmt::format(" as {:x}", c.new_id.v), c.lots.v, c.ticks,
                     name(static_cast<DecisionReason>(c.why)));
}

std::string event_text(const Event& e) {
  const auto kind = name(e.kind);
  switch (e.kind) {
    case EventKind::kFilled:
      return fmt::format("< {} {} {:x} {} @ {} trade {}", kind, name(e.side()), e.fill.id.v,
                         e.fill.lots.v, e.fill.ticks, e.fill.trade_id.v);
    case EventKind::kRejected:
    case EventKind::kReplaceRejected:
    case EventKind::kAmendRejected:
    case EventKind::kCancelRejected:
    case EventKind::kDenied:
    case EventKind::kOutcomeUnknown:
      return fmt::format("< {} of {} {:x}: {}{}", kind,
                         name(static_cast<CommandKind>(e.failure.command)), e.failure.id.v,
                         name(e.failure.reason), e.failure.old_canceled != 0 ? ", old gone" : "");
    case EventKind::kSessionStatus:
      return fmt::format("< {} {}{}", kind, static_cast<int>(e.session.state),
                         e.session.symbol_trading != 0 ? "" : ", halted");
    case EventKind::kFeedStatus:
      return fmt::format("< {} {}", kind, e.feed.up != 0 ? "up" : "down");
    case EventKind::kBookStale:
    case EventKind::kControl:
      return fmt::format("< {}", kind);
    default:
      return fmt::format("< {} {:x}{} {} @ {}{}", kind, e.report.id.v,
                         e.report.new_id.v == 0 ? "" : fmt::format(" as {:x}", e.report.new_id.v),
                         e.report.lots.v, e.report.ticks,
                         e.kind == EventKind::kOrderStatus
                             ? fmt::format(" status {}", e.report.status)
                             : std::string());
  }
}

// Of the engine, when and for how long.
struct Death {
  Nanos at{kNever}, pause{};
};

// A kill is left behind in the HALT file: who resumes it starts the engine.
Death but_after_resume(Death death, std::uint64_t seed, Nanos duration) {
  Nanos killed{kNever};
  for (const PersonAct& act : random_acts(seed, Nanos(0), duration - kHeal)) {
    if (act.control.code == ControlCode::kKill) killed = act.at;
    if (act.control.code != ControlCode::kResume) continue;
    const bool halted = killed <= death.at && act.at > death.at;
    if (halted) death.pause = std::max(death.pause, act.at - death.at);
    killed = kNever;
  }
  return death;
}

// Long enough before the end for the next start to meet faults, and to heal. Not where a tick or a
// lot has changed, which the next start would have to be configured for.
Death death_of(std::uint64_t seed, Nanos duration, const sim::FaultPlan& plan) {
  constexpr Nanos kAliveMin{30 * kSecond.v}, kRestMin{250 * kSecond.v};
  sim::Random random(seed ^ 0xDEAD);
  if (duration <= kAliveMin + kRestMin || random.below(2) == 0) return {};
  const Death death{.at = Nanos(random.between(kAliveMin.v, (duration - kRestMin).v)),
                    .pause = kSecond * random.between(2, 20)};
  const bool lasting = std::ranges::any_of(plan, [&](const sim::Fault& f) {
    // Nor with orders open that the next start would adopt and the last did not know of.
    const bool lies = f.kind == sim::FaultKind::kCancelLie && death.at < f.end + 30 * kSecond;
    return f.begin <= death.at && (lies || sim::lasting_faults()[static_cast<std::size_t>(f.kind)]);
  });
  return lasting ? Death{} : but_after_resume(death, seed, duration);
}

sim::FaultPlan plan_after(std::uint64_t seed, Nanos duration, const Death& death,
                          std::size_t instruments) {
  return plan_of(~seed, duration - death.at - death.pause, instruments);
}

// The venue with nobody there.
void pass(sim::SimVenue& venue, Nanos until) {
  Event nobodys;
  while (venue.next(until, nobodys)) continue;
}

// As a start does that adopts none: until the venue shows none.
Nanos cancel_all(sim::SimVenue& venue, std::size_t instruments, Nanos now) {
  constexpr int kRoundsMax = 30;
  for (int round = 0; round < kRoundsMax && venue.open_orders() > 0; ++round) {
    for (InstrumentId i = 0; i < instruments; ++i) {
      for (const Side side : kSides) {
        for (sim::OrderRow row = venue.book(i).first(side); row != sim::kNoRow;
             row = venue.order(row).next) {
          Command cancel;
          cancel.time = now;
          cancel.id = venue.order(row).id;
          cancel.venue_id = venue.order(row).venue_id;
          cancel.instrument = i;
          cancel.kind = CommandKind::kCancel;
          cancel.side = side;
          venue.submit(cancel, now);
        }
      }
    }
    now += 2 * kSecond;
    pass(venue, now);
  }
  return now;
}

// Position, last mark and the day's profit, as a ledger would have them; what was filled meanwhile
// is recovered.
SessionOpening opening_after(const Core& core, const sim::SimVenue& venue) {
  SessionOpening opening;
  for (InstrumentId i = 0; i < core.instrument_count(); ++i) {
    const InstrumentState& s = core.instrument(i);
    SymbolOpening& o = opening.symbols.emplace_back();
    o.symbol_text = s.config.instrument.symbol_text;
    o.position = s.opened ? s.position.opening() + venue.position(i) : s.config.risk.start_position;
    o.tick = s.config.instrument.tick;
    o.mark = s.marked ? s.mark : HalfTicks(0);
    o.profit_today = Amount(static_cast<std::int64_t>(s.today().v / money(Amount(1)).v));
  }
  return opening;
}

void take(CheckedRun& run, std::uint64_t output_hash, SeedResult& result) {
  constexpr std::uint64_t kPrime = 0x100000001b3;
  result.output_hash = (result.output_hash * kPrime) ^ output_hash;
  result.duration = run.now() - kStart;
  result.faults_skipped += run.faults().skipped();
  result.events += run.events_in();
  result.acts += run.acts_done();
  for (std::size_t k = 0; k < result.faults.size(); ++k) {
    result.faults[k] += run.faults().counts()[k];
  }
  for (InstrumentId i = 0; i < run.core().instrument_count(); ++i) {
    result.quoted += run.core().instrument(i).uptime.quoted();
    result.measured += run.core().instrument(i).uptime.measured();
  }
  const sim::Checker& checker = run.checker();
  result.quoting.add(checker.quoting());
  const bool first = checker.violated() && result.violations == 0;
  result.violations += checker.violations();
  if (!first) return;
  result.first = checker.first();
  result.traces = checker.traces();
}

// An engine of the seed, and what its configuration becomes on the way.
class Life {
 public:
  Life(const Config& config, std::span<const Instrument> instruments, sim::SimVenue& venue,
       const sim::FaultPlan& faults, SeedResult& result, const SessionOpening& opening = {})
      : config_(config),
        instruments_(instruments),
        opening_(opening),
        result_(result),
        journaled_(is_journaled(result.seed)),
        run(config_, instruments, venue, faults, journaled_ ? &journal_.writer() : nullptr,
            opening_) {
    if (!journaled_) return;
    const std::string error = journal_.open(config_, instruments_, opening_);
    if (result_.error.empty()) result_.error = error;
  }

  void advance(std::span<const SoakReload> due, Nanos until) {
    for (const SoakReload& reload : due) {
      if (kStart + reload.at <= run.now() || kStart + reload.at >= until) continue;
      run.advance(kStart + reload.at);
      take_over(reload.next);
    }
    run.advance(until);
  }
  // What became of it, whether it was shut down or has died.
  void end(bool killed) {
    const std::uint64_t output_hash = run.close_output();
    take(run, output_hash, result_);
    if (!journaled_) return;
    std::string differs;
    if (!killed) differs = journal_.end(run.now(), output_hash, run.commands_out());
    if (differs.empty()) differs = journal_.replay(run.events_in());
    result_.replayed += run.events_in();
    if (differs.empty() || result_.violations++ > 0) return;
    result_.first = {.check = sim::Check::kReplay,
                     .step = run.events_in(),
                     .time = run.now(),
                     .instrument = 0,
                     .text = {}};
    differs.copy(result_.first.text.data(), result_.first.text.size() - 1);
  }
  const Config& config() const { return reloader_.running(); }

 private:
  // As an engine that runs does it.
  void take_over(Config next) {
    // The order table was made for no more.
    std::int32_t& orders_max = next.common.risk.max_order_count;
    orders_max = std::min(orders_max, config_.common.risk.max_order_count);
    const ConfigAnswer answer = reloader_.configure(effective_text(next), true);
    if (!answer.error.empty()) result_.error = "a reload was refused: " + answer.error;
    if (!answer.taken) return;
    if (journaled_) journal_.writer().config(effective_text(reloader_.running()));
    run.take_up_reload(make_core_config(reloader_.running(), instruments_, opening_));
    ++result_.reloads;
  }

  const Config config_;
  std::span<const Instrument> instruments_;
  const SessionOpening opening_;
  SeedResult& result_;
  const bool journaled_;
  SoakJournal journal_;

 public:
  CheckedRun run;

 private:
  Reloader reloader_{{config_, instruments_, opening_, run.core_to_reload(), nullptr}};
};

struct Restart {
  const CheckedRun& dead;
  sim::SimVenue& venue;
  const sim::FaultPlan& faults;
  std::span<const SoakReload> reloads;
  Nanos pause{}, end{};
};

void start_again(Config config, const Restart& restart, SeedResult& result) {
  sim::SimVenue& venue = restart.venue;
  const std::vector<Instrument> instruments = simulated_instruments(config);
  Nanos now = restart.dead.now() + restart.pause;
  pass(venue, now);
  if (config.execution.own_orders_at_start == OwnOrdersAtStart::kCancel) {
    now = cancel_all(venue, instruments.size(), now);
    if (venue.open_orders() > 0) result.error = "orders of the first start cannot be cancelled";
  }
  config.engine.epoch = 2;
  Life life(config, instruments, venue, restart.faults, result,
            opening_after(restart.dead.core(), venue));
  CheckedRun& run = life.run;
  run.go_on_from(restart.dead);
  result.restarted = now - kStart;
  run.plan(random_acts(~result.seed, now, restart.end - kHeal));
  run.begin(now);
  life.advance(restart.reloads, restart.end);
  run.shut_down();
  life.end(false);
  result.adopted = run.core().lifecycle().counters().adopted;
}

std::string plan_text(const sim::FaultPlan& plan) {
  std::string text;
  for (const sim::Fault& f : plan) {
    text += fmt::format(
        "  {:>9} to {:>9} s: {}{}\n", seconds(f.begin), seconds(f.end), name(f.kind),
        f.instrument == sim::kEveryInstrument ? std::string() : fmt::format(" #{}", f.instrument));
  }
  return text;
}

std::string acts_text(std::uint64_t seed, Nanos planned, Nanos lived) {
  std::string text;
  for (const PersonAct& act : random_acts(seed, Nanos(0), planned)) {
    if (act.at > lived) break;
    text += fmt::format("  {:>9} s: a person's {}\n", seconds(act.at), act_text(act));
  }
  return text;
}

}  // namespace

SeedResult run_seed(std::uint64_t seed, Nanos duration, std::span<const std::string> sets) {
  const Nanos cpu_before = thread_cpu();
  SeedResult result;
  result.seed = seed;
  result.begun = kStart;
  ConfigLoad load = parse_config("", "soak", sets_of(seed, sets));
  if (load.ok()) load.error = sim::load_latency_samples(load.config.simulator).problem;
  result.error = load.error;
  if (!load.ok()) return result;
  const Config& config = load.config;
  const std::vector<Instrument> instruments = simulated_instruments(config);
  const auto venue = make_sim_venue(config, instruments);
  const sim::FaultPlan plan = plan_of(seed, duration, instruments.size());
  const Death death = death_of(seed, duration, plan);
  const SoakReloads reloads = random_reloads(seed, duration, random_sets(seed), sets);
  result.error = reloads.error;
  if (!result.error.empty()) return result;
  Life life(config, instruments, *venue, plan, result);
  CheckedRun& run = life.run;
  run.plan(random_acts(seed, kStart, kStart + duration - kHeal));
  run.begin(kStart);
  const bool lives = death.at == kNever;
  life.advance(reloads.due, kStart + (lives ? duration : death.at));
  if (lives) run.shut_down();
  life.end(!lives);
  if (!lives) {
    result.killed = death.at;
    const auto faults = plan_after(seed, duration, death, instruments.size());
    start_again(life.config(), {run, *venue, faults, reloads.due, death.pause, kStart + duration},
                result);
  }
  result.fills = venue->counters().fills;
  result.cpu = thread_cpu() - cpu_before;
  return result;
}

std::string reloads_text(std::uint64_t seed, Nanos duration, const Config& config,
                         std::span<const std::string> user) {
  std::string text;
  const Config* before = &config;
  const SoakReloads reloads = random_reloads(seed, duration, random_sets(seed), user);
  for (const SoakReload& reload : reloads.due) {
    text += fmt::format("  {:>9} s: reload: {}\n", seconds(reload.at),
                        changes_text(config_changes(*before, reload.next)));
    before = &reload.next;
  }
  return text;
}

std::string violation_text(const SeedResult& r) {
  if (!r.error.empty()) return fmt::format("seed {}: {}\n", r.seed, r.error);
  const sim::Violation& v = r.first;
  std::string text =
      fmt::format("seed {}, step {}, {} s, checker {}, instrument {}: {}\n", r.seed, v.step,
                  seconds(v.time - r.begun), name(v.check), v.instrument, v.text.data());
  for (const sim::Trace& t : r.traces) {
    const bool command = t.command.kind != CommandKind::kNone;
    const Nanos time = (command ? t.command.time : t.event.time) - r.begun;
    text += fmt::format("  {:>9} #{} {}\n", seconds(time),
                        command ? t.command.instrument : t.event.instrument,
                        command ? command_text(t.command) : event_text(t.event));
  }
  return text;
}

std::string seed_text(const SeedResult& result, Nanos duration, std::span<const std::string> more) {
  const std::uint64_t seed = result.seed;
  std::string text = fmt::format("seed {}\n", seed);
  const std::vector<std::string> sets = sets_of(seed, more);
  for (const std::string& set : sets) text += fmt::format("  --set '{}'\n", set);
  const ConfigLoad load = parse_config("", "soak", sets);
  if (!load.ok()) return text + load.error + "\n";
  const std::size_t instruments = load.config.venue.symbols.size();
  const sim::FaultPlan plan = plan_of(seed, duration, instruments);
  text += plan_text(plan);
  text += reloads_text(seed, duration, load.config, more);
  const Death death = death_of(seed, duration, plan);
  text += acts_text(seed, duration - kHeal, death.at);
  if (death.at == kNever) return text;
  text += fmt::format("  {:>9} s: the engine dies; it begins again at {} s, and since then:\n",
                      seconds(death.at), seconds(result.restarted));
  return text + plan_text(plan_after(seed, duration, death, instruments)) +
         acts_text(~seed, duration - kHeal - result.restarted, kNever);
}

}  // namespace mm::app
