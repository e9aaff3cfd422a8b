#include "engine/app/control/steering.h"

#include <fmt/format.h>

#include <future>
#include <memory>
#include <tuple>
#include <utility>

namespace mm::app {
namespace {

constexpr RunnerConfig kThread{.duty = {.stall_threshold = 60 * kSecond, .sealed = false},
                               .idle = IdleKind::kYield,  // it waits in poll
                               .core = {},
                               .nice = 0};
constexpr std::chrono::milliseconds kLook{20};
constexpr std::size_t kWaitingMax = 64;
constexpr Nanos kGuardSilence{5 * kSecond.v};
// Who was told to end and has not begun to is held up: from then on the guard counts how long.
constexpr Nanos kBeginsToEnd{30 * kSecond.v};
constexpr const char* kNoRoom = "error: the engine takes no more: its core does not turn";
constexpr const char* kShutsDown = "error: the engine is shutting down";
constexpr const char* kNoDisk = "the disk does not answer";
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

Steering::Steering(const Setup& setup)
    : setup_(setup), log_(setup.log), disk_log_(setup.log), thread_(kThread, turns_) {}

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
  while (!disk_.wait(kSecond)) continue;
}

int Steering::turn() {
  server_.serve(kLook,
                [this](std::string_view request, bool gone) { return answer(request, gone); });
  tend();
  watch_config();
  watch_edge();
  watch_guard();
  watch_trip();
  return 0;
}

// What goes on while a person waits for the disk.
void Steering::tend() {
  counters::Layout& layout = setup_.counters.layout();
  layout.steering.at.store(counters::monotonic_now().v, std::memory_order_release);
  const bool told = setup_.told_to_end && setup_.told_to_end();
  if (!shutting_down_ && (told || shutdown_wanted_.load(std::memory_order_acquire))) {
    shutting_down_ = true;
    shutdown_at_ = counters::monotonic_now();
    layout.latch.set(KillLatch::kShutdown);
    push({.code = ControlCode::kShutdown, .scope = PauseScope::kAll, .pad = {}});
  }
  push_waiting();
  if (shutting_down_ && counters::monotonic_now() - shutdown_at_ > kBeginsToEnd) {
    counters::Phase running = counters::Phase::kRunning;
    layout.phase.compare_exchange_strong(running, counters::Phase::kEnding);
  }
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
  if (control->code == ControlCode::kKill) return kill();
  // What makes it safer is obeyed however late, what sets it free only while a person looks on.
  if (gone && control->code == ControlCode::kResume) {
    log_.print(LogLevel::kWarning, setup_.clock.now(), "control: that came too late");
    return "error: too late";
  }
  if (shutting_down_) return kShutsDown;
  if (waiting_.size() >= kWaitingMax) return kNoRoom;
  const bool all = control->scope == PauseScope::kAll;
  if (control->code == ControlCode::kResume && all) {
    if (std::string problem = resume(); !problem.empty()) return "error: " + problem;
  }
  push(*control);
  return fmt::format("ok {}", pushed_);
}

std::string Steering::configure(std::string_view text, bool apply, bool gone) {
  if (!setup_.configure) return "error: this engine takes no other configuration";
  if (apply && gone) return "error: too late";
  if (apply && shutting_down_) return kShutsDown;
  if (apply && waiting_.size() >= kWaitingMax) return kNoRoom;
  const ConfigAnswer answer = setup_.configure(
      text, apply, [this](DiskWork work) { return on_disk(std::move(work), Late::kDropped); });
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

// Never refused. The orders go at once, whatever becomes of HALT; what is asked of the core a
// shutdown does already, or a kill that waits for room.
std::string Steering::kill() {
  setup_.counters.layout().latch.set(KillLatch::kKilled);
  const bool waits = !waiting_.empty() && waiting_.back().control.code == ControlCode::kKill;
  if (!shutting_down_ && !waits) {
    push({.code = ControlCode::kKill, .scope = PauseScope::kAll, .pad = {}});
  }
  const std::int64_t events = pushed_;
  const std::string problem = on_disk(halting("killed by command"), Late::kDoneEvenSo).error;
  return problem.empty() ? fmt::format("ok {}", events) : fmt::format("ok {} {}", events, problem);
}

// Nothing is set free while HALT stands, and none that still waits to be written comes after it. If
// there is a reason to stay halted once it has gone, or may still go, it is written again.
std::string Steering::resume() {
  KillLatch& latch = setup_.counters.layout().latch;
  const bool fired = latch.is_set(KillLatch::kGuard);
  const DiskAnswer cleared = on_disk([this] { return clear_halt(sessions()); }, Late::kDropped);
  std::string problem = cleared.error;
  if (problem.empty() && shutting_down_) problem = "the engine is shutting down";
  if (problem.empty() && !fired && latch.is_set(KillLatch::kGuard)) {
    problem = "the guard has fired meanwhile";
  }
  if (!problem.empty()) {
    const bool gone = cleared.state == DiskAnswer::State::kDone && cleared.error.empty();
    if (gone || cleared.state == DiskAnswer::State::kUnderWay) halt("not resumed: " + problem);
    return problem;
  }
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
  push({.code = ControlCode::kKill, .scope = PauseScope::kAll, .pad = {}});
  halt(why);
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
    if (!why.empty()) halt(why);
  }
  tripped_ = tripped;
  broken_seen_ = broken;
}

void Steering::halt(std::string_view reason) {
  disk_.hand_over([write = halting(reason)] { std::ignore = write(); });
}

// For the disk's thread. Returns the error.
DiskWork Steering::halting(std::string_view reason) {
  const counters::Identity& id = setup_.counters.layout().identity;
  const Nanos now = setup_.clock.now();
  log_.print(LogLevel::kError, now, "HALT: {}", reason);
  return [this, now,
          line = fmt::format("{} ({} session {})", reason, id.mode.data(), id.session.data())] {
    std::string error = setup_.write_halt(sessions(), now, line);
    if (!error.empty()) {
      disk_log_.print(LogLevel::kError, setup_.clock.now(), "HALT is not written: {}", error);
    }
    return error;
  };
}

// What has become of it, if the disk answers in time. A kill and the guard wait no longer than
// that.
DiskAnswer Steering::on_disk(DiskWork work, Late late) {
  struct Errand {
    std::atomic<bool> taken{false};  // by the disk, or by whoever gave it up
    std::promise<std::string> result;
  };
  const auto errand = std::make_shared<Errand>();
  std::future<std::string> heard = errand->result.get_future();
  const Nanos give_up = counters::monotonic_now() + setup_.disk_patience;
  const bool waits = disk_.hand_over([errand, work = std::move(work)] {
    if (!errand->taken.exchange(true)) errand->result.set_value(work());
  });
  while (waits && heard.wait_for(kLook) != std::future_status::ready) {
    tend();
    if (counters::monotonic_now() < give_up) continue;
    const bool goes_on = late == Late::kDoneEvenSo || errand->taken.exchange(true);
    return {goes_on ? DiskAnswer::State::kUnderWay : DiskAnswer::State::kNever, kNoDisk};
  }
  if (!waits) return {DiskAnswer::State::kNever, kNoDisk};
  return {DiskAnswer::State::kDone, heard.get()};
}

}  // namespace mm::app
