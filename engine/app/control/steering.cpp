#include "engine/app/control/steering.h"

#include <fmt/format.h>

#include "engine/ledger/halt_file.h"

namespace mm::app {
namespace {

constexpr RunnerConfig kThread{.duty = {.stall_threshold = 60 * kSecond, .sealed = false},
                               .idle = IdleKind::kYield,  // it waits in poll
                               .core = {},
                               .nice = 0};
constexpr std::chrono::milliseconds kLook{20};
constexpr std::size_t kWaitingMax = 64;
constexpr Nanos kGuardSilence{5 * kSecond.v};
constexpr std::string_view kPlan = "plan\n", kReload = "reload\n";

struct Word {
  std::string_view text;
  PauseScope scope;
};
constexpr Word kScopes[] = {{"all", PauseScope::kAll},
                            {"buy", PauseScope::kBuy},
                            {"sell", PauseScope::kSell},
                            {"increase", PauseScope::kIncrease}};

std::string broken_invariants(const counters::EngineBlock::Copy& numbers) {
  std::string names;
  for (std::size_t i = 0; i < static_cast<std::size_t>(Invariant::kCount); ++i) {
    if (numbers.value("invariants_broken_total", i) == 0) continue;
    names += fmt::format("{}{}", names.empty() ? "" : ", ", name(static_cast<Invariant>(i)));
  }
  return names;
}

std::int64_t broken_count(const counters::EngineBlock::Copy& numbers) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(Invariant::kCount); ++i) {
    sum += numbers.value("invariants_broken_total", i);
  }
  return sum;
}

}  // namespace

std::optional<Control> parse_control(std::string_view request) {
  Control control{};
  if (request == "kill") {
    control.code = ControlCode::kKill;
    return control;
  }
  const std::size_t space = request.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const std::string_view verb = request.substr(0, space);
  if (verb != "pause" && verb != "resume") return std::nullopt;
  control.code = verb == "pause" ? ControlCode::kPause : ControlCode::kResume;
  for (const Word& word : kScopes) {
    if (word.text != request.substr(space + 1)) continue;
    control.scope = word.scope;
    return control;
  }
  return std::nullopt;
}

std::string control_text(const Control& control) {
  if (control.code == ControlCode::kKill) return "kill";
  return fmt::format("{} {}", control.code == ControlCode::kPause ? "pause" : "resume",
                     kScopes[static_cast<std::size_t>(control.scope)].text);
}

Steering::Steering(const Setup& setup) : setup_(setup), log_(setup.log), thread_(kThread, turns_) {}

std::string Steering::start() {
  const counters::Identity& id = setup_.counters.layout().identity;
  if (std::string error = server_.open(id.session.data()); !error.empty()) return error;
  thread_.start();
  return {};
}

void Steering::shut_down() {
  setup_.counters.layout().latch.set(KillLatch::kShutdown);
  shutdown_wanted_.store(true, std::memory_order_release);
}

void Steering::stop() {
  thread_.stop();
  server_.close();
  watch_config();
  watch_trip();
}

int Steering::turn() {
  setup_.counters.layout().steering.at.store(counters::monotonic_now().v,
                                             std::memory_order_release);
  server_.serve(kLook,
                [this](std::string_view request, bool gone) { return answer(request, gone); });
  if (!shutting_down_ && shutdown_wanted_.load(std::memory_order_acquire)) {
    shutting_down_ = true;
    push({.code = ControlCode::kShutdown, .scope = PauseScope::kAll, .pad = {}});
  }
  watch_config();
  watch_edge();
  watch_guard();
  watch_trip();
  push_waiting();
  return 0;
}

std::string Steering::answer(std::string_view request, bool gone) {
  for (const std::string_view verb : {kPlan, kReload}) {
    if (!request.starts_with(verb)) continue;
    return configure(request.substr(verb.size()), verb == kReload, gone);
  }
  const std::optional<Control> control = parse_control(request);
  if (!control) {
    return "error: not understood; there are: pause|resume all|buy|sell|increase, kill, and "
           "plan|reload with a configuration";
  }
  log_.print(LogLevel::kInfo, setup_.clock.now(), "control: {}", control_text(*control));
  // What makes it safer is obeyed however late, what sets it free only while a person looks on.
  if (gone && control->code == ControlCode::kResume) {
    log_.print(LogLevel::kWarning, setup_.clock.now(), "control: that came too late");
    return "error: too late";
  }
  std::string problem;
  if (control->code == ControlCode::kKill) problem = kill();
  if (shutting_down_) {
    // What a kill asks of the core, the end does already: done with it.
    if (control->code == ControlCode::kKill) return done(problem);
    return "error: the engine is shutting down";
  }
  const bool all = control->scope == PauseScope::kAll;
  if (control->code == ControlCode::kResume && all) problem = resume();
  if (control->code == ControlCode::kResume && !problem.empty()) return "error: " + problem;
  if (waiting_.size() >= kWaitingMax) {
    return "error: the engine takes no more: its core does not turn";
  }
  push(*control);
  return done(problem);
}

std::string Steering::configure(std::string_view text, bool apply, bool gone) {
  if (!setup_.configure) return "error: this engine takes no other configuration";
  if (apply && gone) return "error: too late";
  if (apply && shutting_down_) return "error: the engine is shutting down";
  if (apply && waiting_.size() >= kWaitingMax) {
    return "error: the engine takes no more: its core does not turn";
  }
  const ConfigAnswer answer = setup_.configure(text, apply);
  const bool refused = !answer.error.empty();
  if (apply) {
    log_.print(refused ? LogLevel::kWarning : LogLevel::kInfo, setup_.clock.now(),
               "control: reload{}: {}", refused ? " refused" : "",
               refused ? answer.error : answer.words);
  }
  if (answer.taken) push({.code = ControlCode::kReload, .scope = PauseScope::kAll, .pad = {}});
  return fmt::format("{}\n{}", refused ? "error: " + answer.error : fmt::format("ok {}", pushed_),
                     answer.changes);
}

// The orders go whether HALT could be written or not.
std::string Steering::done(const std::string& problem) const {
  return problem.empty() ? fmt::format("ok {}", pushed_)
                         : fmt::format("ok {} {}", pushed_, problem);
}

std::string Steering::kill() {
  setup_.counters.layout().latch.set(KillLatch::kKilled);
  return halt("killed by command");
}

// Nothing is set free while HALT stands.
std::string Steering::resume() {
  if (std::string error = clear_halt(sessions()); !error.empty()) return error;
  KillLatch& latch = setup_.counters.layout().latch;
  latch.clear(KillLatch::kKilled);
  latch.clear(KillLatch::kGuard);
  tripped_ = false;  // if it trips again at once, that is another reason to halt
  return {};
}

void Steering::push(const Control& control) {
  Event event;
  event.kind = EventKind::kControl;
  event.received = setup_.clock.now();
  event.control = control;
  waiting_.push_back(event);
  ++pushed_;
  push_waiting();
}

void Steering::push_waiting() {
  while (!waiting_.empty() && setup_.control.try_push(waiting_.front())) waiting_.pop_front();
}

void Steering::watch_config() {
  if (!setup_.config_hash) return;
  setup_.counters.layout().config_hash.store(setup_.config_hash(), std::memory_order_release);
}

// Not halted twice: a rival goes on.
void Steering::watch_edge() {
  if (!setup_.take_halt) return;
  KillLatch& latch = setup_.counters.layout().latch;
  const bool killed = latch.is_set(KillLatch::kKilled);
  const std::string why = setup_.take_halt();
  if (why.empty() || killed) return;
  latch.set(KillLatch::kKilled);
  std::ignore = halt(why);
  push({.code = ControlCode::kKill, .scope = PauseScope::kAll, .pad = {}});
}

// The guard cancels and writes HALT itself; here the core learns of it.
void Steering::watch_guard() {
  counters::Layout& layout = setup_.counters.layout();
  const bool fired = layout.latch.is_set(KillLatch::kGuard);
  if (fired && !guard_fired_) {
    log_.print(LogLevel::kError, setup_.clock.now(),
               "the guard has cancelled our orders: halted until `mm_logic resume`");
    push({.code = ControlCode::kKill, .scope = PauseScope::kAll, .pad = {}});
  }
  guard_fired_ = fired;
  const std::int64_t beat = layout.guard.beat.load(std::memory_order_acquire);
  guard_seen_ |= beat != 0;
  const bool expected = beat != 0 || (setup_.guard_started && !guard_seen_);
  const Nanos since = beat != 0 ? Nanos(beat) : began_;
  const bool lost = expected && counters::monotonic_now() - since > kGuardSilence;
  if (lost && !guard_lost_ && !fired) {
    log_.print(LogLevel::kError, setup_.clock.now(), "the guard {}",
               guard_seen_ ? "no longer watches" : "has not begun to watch; guard.txt says why");
  }
  guard_lost_ = lost;
  const bool powerless = beat != 0 && layout.guard.venue_lost.load(std::memory_order_acquire) != 0;
  if (powerless != guard_powerless_) {
    log_.print(
        LogLevel::kError, setup_.clock.now(), "the guard {}",
        powerless ? "cannot reach the venue; guard.txt says why" : "reaches the venue again");
  }
  guard_powerless_ = powerless;
}

// A kill or a shutdown trips as well, and is no reason of its own.
void Steering::watch_trip() {
  counters::EngineBlock::Copy numbers;
  if (!setup_.counters.layout().numbers.read(numbers)) return;
  // Else it is the trip of before the resume that is under way.
  const auto control = static_cast<std::size_t>(EventKind::kControl);
  if (numbers.value("events_total", control) < pushed_) return;
  const auto reason = static_cast<QuoteReason>(numbers.value("trip"));
  const std::int64_t broken = broken_count(numbers);
  const bool tripped = reason != QuoteReason::kQuoting;
  if (tripped && !tripped_) {
    std::string why;
    if (reason == QuoteReason::kHalted && broken > broken_seen_) {
      why = "broken invariant: " + broken_invariants(numbers);
    } else if (reason != QuoteReason::kHalted) {
      why = mm::name(reason);
    }
    if (!why.empty()) std::ignore = halt(why);
  }
  tripped_ = tripped;
  broken_seen_ = broken;
}

std::string Steering::halt(std::string_view reason) {
  const counters::Identity& id = setup_.counters.layout().identity;
  const std::string line =
      fmt::format("{} ({} session {})", reason, id.mode.data(), id.session.data());
  std::string error = add_halt(sessions(), setup_.clock.now(), line);
  log_.print(LogLevel::kError, setup_.clock.now(), "HALT: {}{}{}", reason,
             error.empty() ? "" : "; ", error);
  return error;
}

}  // namespace mm::app
