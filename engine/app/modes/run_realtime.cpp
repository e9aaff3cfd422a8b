// A run in real time: edge, strategy and gateway on the threads of the topology, joined by rings; a
// cold thread for the journal; the main thread watches, logs and ends the run.
#include "engine/app/modes/run_realtime.h"

#include <fmt/format.h>
#include <malloc.h>
#include <sys/mman.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <thread>
#include <utility>

#include "engine/app/config/core_setup.h"
#include "engine/app/control/interruptible.h"
#include "engine/app/control/monitor_process.h"
#include "engine/app/control/steering.h"
#include "engine/app/control/stop_signal.h"
#include "engine/app/modes/host.h"
#include "engine/app/modes/modes.h"
#include "engine/app/reload/reloader.h"
#include "engine/app/session/session_record.h"
#include "engine/app/session/session_report.h"
#include "engine/app/session/start_recovery.h"
#include "engine/app/session/summarize.h"
#include "engine/app/status/activity.h"
#include "engine/app/status/status_view.h"
#include "engine/app/version.h"
#include "engine/core/assert.h"
#include "engine/counters/core_publisher.h"
#include "engine/counters/pulse.h"
#include "engine/journal/journal_agent.h"
#include "engine/journal/journal_ring.h"
#include "engine/runtime/agent.h"
#include "engine/runtime/driver.h"
#include "engine/runtime/errands.h"
#include "engine/runtime/resident_memory.h"
#include "engine/runtime/strategy_agent.h"
#include "engine/runtime/topology.h"
#include "gateway/binance/client_order_id.h"

namespace mm::app {
namespace {

// Some 10 ms of work, now and then, for as long as the ledger is behind the journal.
constexpr std::uint64_t kRecordsPerLook = 20'000;
// Of 20 ms: a turn that takes longer than all of them comes to no end.
constexpr int kStopLooksMax = 250;

struct LaneJournal {
  JournalLane& lane;
  void append(const Event& e, std::uint64_t hash) { lane.push(e, hash); }
};

using Tap = ActivityTap<LaneJournal, CommandRouter>;
using RealtimeDriver = Driver<Core, Tap, Tap>;
using RealtimeStrategy = StrategyAgent<RealtimeDriver>;

// The strategy and what looks at the core on its thread, once all is sent.
struct CoreAgents {
  RealtimeStrategy& strategy;
  StatusAgent& status;
  counters::CorePublisher& publisher;
  int do_work() {
    const int work = strategy.do_work();
    return work + status.do_work() + publisher.do_work();
  }
};

// One hot thread: the agents that the plan puts there, in its order.
class HotAgents {
 public:
  HotAgents(VenueEdge& edge, const CoreAgents& core, counters::Layout& counters, Nanos stall_max,
            std::vector<HotAgent> agents)
      : feed_(edge.feed()),
        gateway_(edge.gateway()),
        core_(core),
        pulse_(counters, agents, stall_max),
        agents_(std::move(agents)),
        gates_(has(HotAgent::kGateway)),
        feeds_(has(HotAgent::kFeed)),
        decides_(has(HotAgent::kStrategy)) {
    if (gates_ && decides_) core_.strategy.send_with(edge.sender());
    if (feeds_ && decides_) core_.strategy.take_all_market();
    if (decides_) core_.strategy.watch_stalls(counters.latch, stall_max);
  }

  // The gateway first: reports that are here already reach the strategy before the market data that
  // they explain, and nothing looks at its sockets between a book and the orders it leads to.
  int do_work() {
    pulse_.turn();
    turned_ = clock_.now();
    int work = gates_ ? turn_of(HotAgent::kGateway, gateway_) : 0;
    if (feeds_) work += turn_of(HotAgent::kFeed, feed_);
    if (decides_) work += turn_of(HotAgent::kStrategy, core_);
    return work;
  }
  std::string_view name() const { return mm::name(agents_.front()); }
  std::string names() const { return mm::names(agents_); }
  const std::vector<HotAgent>& agents() const { return agents_; }
  // Of each agent's part in the turns of its thread.
  const TurnTimes& times(HotAgent agent) const { return times_[static_cast<std::size_t>(agent)]; }

 private:
  template <class A>
  int turn_of(HotAgent agent, A& part) {
    const int work = part.do_work();
    const Nanos begun = std::exchange(turned_, clock_.now());
    times_[static_cast<std::size_t>(agent)].record(turned_ - begun);
    return work;
  }
  bool has(HotAgent agent) const { return std::ranges::find(agents_, agent) != agents_.end(); }

  AgentRef feed_, gateway_;
  CoreAgents core_;
  counters::Pulse pulse_;
  std::vector<HotAgent> agents_;
  bool gates_, feeds_, decides_;
  Clock clock_;
  Nanos turned_{};
  std::array<TurnTimes, kHotAgents> times_;
};

std::string_view venue_text(const Config& config, std::string_view mode) {
  if (mode == "sim") return "simulator";
  switch (config.venue.environment) {
    case Environment::kProduction:
      return "production";
    case Environment::kTestnet:
      return "testnet";
    case Environment::kDemo:
      return "demo";
    case Environment::kLocal:
      return "local";
  }
  return "";
}

class RealtimeRun {
 public:
  RealtimeRun(const RunOptions& options, const RunParts& parts)
      : options_(options),
        config_(parts.config),
        mode_(parts.mode),
        instruments_(parts.instruments),
        opening_(parts.opening),
        notes_(parts.notes),
        begun_(parts.begun),
        may_begin_(parts.may_begin),
        has_begun_(parts.has_begun),
        refuse_(parts.refuse),
        make_edge_(parts.edge),
        core_(make_core_config(config_, instruments_, opening_)),
        router_{rings_.commands, parts.resynchronises ? &rings_.feed_requests : nullptr},
        reloader_({config_, instruments_, opening_, core_, &lane_, parts.obey,
                   at_the_market(parts.size_problem)}),
        guard_(parts.guard),
        view_(options.view == View::kOrders ? ViewKind::kOrders : ViewKind::kStatus,
              {stdout_is_terminal(), stdout_has_colours()}, instruments_) {}

  int run();

 private:
  std::function<std::string(const Config&, InstrumentId)> at_the_market(SizeJudge judge) const;
  std::string open_session(const TopologyPlan& plan);
  std::string keep_journal();
  std::string open_counters();
  std::string start_steering();
  std::string start_threads(const TopologyPlan& plan);
  void set_phase(counters::Phase phase) {
    counters_.layout().phase.store(phase, std::memory_order_release);
  }
  void watch();
  void watch_warm(AgentRunner<HotAgents>& thread);
  void look(Nanos now);
  void start_monitor();
  void watch_monitor();
  void watch_journal(Nanos now);
  void keep_guard(Nanos now);
  void show_connections();
  bool shut_down();
  void stop_threads();
  [[noreturn]] void abandon();
  void tell(Event event);
  void say(std::string_view line);
  void summarize_times(Summary& summary) const;
  int finish(bool flat);

  RunOptions options_;
  Config config_;
  std::string mode_;
  std::vector<Instrument> instruments_;
  SessionOpening opening_;
  std::vector<std::string> notes_;
  std::function<std::string(SessionRecord&)> begun_;
  std::function<std::string()> may_begin_;
  std::function<void()> has_begun_;
  std::function<int(const std::string&)> refuse_;
  Clock clock_;
  RunRings rings_{config_.engine, opening_.fills.size()};
  EdgeFactory make_edge_;
  ActivityRing activities_{1 << 12};
  StatusAgent::Ring snapshots_{4};

  Core core_;
  JournalRing journal_ring_{RunRings::slots(config_.journal.ring_slots)};
  JournalLane lane_{journal_ring_.memory(), RunRings::slots(config_.journal.ring_slots)};
  LaneJournal lane_journal_{lane_};
  CommandRouter router_;
  Tap tap_{core_, lane_journal_, router_, &activities_};
  RealtimeDriver driver_{core_, tap_, tap_};
  RealtimeStrategy strategy_{driver_,
                             {rings_.executions, rings_.control, rings_.market},
                             clock_,
                             config_.engine.market_batch_max};
  StatusAgent status_{core_, snapshots_, clock_};
  Reloader reloader_;
  counters::CorePublisher publisher_{
      core_, driver_.events(), {strategy_.event_to_command(), strategy_.turn()}, clock_};

  SessionRecord record_;
  counters::CountersFile counters_;
  std::unique_ptr<Log> log_;
  std::unique_ptr<LogWriter> log_writer_;
  std::unique_ptr<VenueEdge> edge_;
  std::unique_ptr<Steering> steering_;
  std::shared_ptr<GuardProcess> guard_;
  MonitorProcess monitor_;
  std::vector<std::unique_ptr<HotAgents>> hot_agents_;
  std::vector<std::unique_ptr<AgentRunner<HotAgents>>> hot_threads_;
  std::unique_ptr<JournalAgent<>> journal_agent_;
  std::unique_ptr<AgentRunner<JournalAgent<>>> journal_thread_;

  StatusView view_;
  StatusSnapshot snapshot_;
  EventCounts counts_, rates_;
  Nanos started_{}, until_{kNever}, shown_{}, warm_at_{};
  std::string where_, dashboard_;
  JournalHealth journal_;  // as last looked at
  Nanos journal_told_{};
  std::string warning_;
};

// The price is that of the counters: steering asks, on its own thread.
std::function<std::string(const Config&, InstrumentId)> RealtimeRun::at_the_market(
    SizeJudge judge) const {
  if (!judge) return {};
  return [this, judge = std::move(judge)](const Config& config, InstrumentId id) {
    counters::InstrumentBlock::Copy numbers;
    std::optional<Ticks> price;
    if (counters_.instruments()[id].numbers.read(numbers)) {
      const Ticks bid(numbers.value("best_bid_price"));
      if (bid.v > 0) price = bid;
    }
    return judge(config, instruments_[id], price);
  };
}

std::string RealtimeRun::open_counters() {
  const CoreConfig core = make_core_config(config_, instruments_);
  const auto id = binance::orders::client_id_text(make_order_id({core.instance, core.epoch, 0, 0}));
  const std::size_t id_prefix_bytes = binance::orders::kClientIdPrefix.size() + 6;
  std::string error = counters_.create({.session_folder = record_.path(),
                                        .sessions_folder = config_.session.dir,
                                        .mode = mode_,
                                        .id_prefix = std::string(id.data(), id_prefix_bytes),
                                        .venue = venue_text(config_, mode_),
                                        .build = build_line(),
                                        .config_hash = reloader_.hash_in_force(),
                                        .instance = core.instance,
                                        .epoch = core.epoch,
                                        .started = clock_.now(),
                                        .instruments = instruments_});
  if (error.empty()) publisher_.publish_to(counters_, &lane_.lost());
  return error;
}

std::string RealtimeRun::start_steering() {
  reloader_.keep_in(record_.path());
  steering_ = std::make_unique<Steering>(
      Steering::Setup{counters_, rings_.control, clock_, *log_, guard_ != nullptr,
                      [this] { return edge_->take_halt(); },
                      [this](std::string_view text, bool apply, const OnDisk& disk) {
                        return reloader_.configure(text, apply, disk);
                      },
                      [this] { return reloader_.hash_in_force(); }, StopSignal::requested});
  std::string error = steering_->start();
  if (error.empty() && guard_ != nullptr) error = guard_->start(record_.path());
  return error;
}

std::string RealtimeRun::start_threads(const TopologyPlan& plan) {
  for (const ThreadPlan& thread : plan.threads) {
    hot_agents_.push_back(
        std::make_unique<HotAgents>(*edge_, CoreAgents{strategy_, status_, publisher_},
                                    counters_.layout(), config_.guard.timeout, thread.agents));
    hot_threads_.push_back(std::make_unique<AgentRunner<HotAgents>>(
        RunnerConfig{.duty = {}, .idle = thread.idle, .core = thread.core, .nice = 0},
        *hot_agents_.back()));
  }
  journal_agent_ = std::make_unique<JournalAgent<>>(lane_, record_.journal(), config_.journal.sync,
                                                    config_.journal.sync_interval, clock_);
  journal_thread_ = std::make_unique<AgentRunner<JournalAgent<>>>(
      RunnerConfig{.duty = {.stall_threshold = kSecond, .sealed = false},
                   .idle = IdleKind::kBackoff,
                   .core = {},
                   .nice = 10},
      *journal_agent_);
  populate_memory();
  if (config_.engine.lock_memory && mlockall(MCL_CURRENT | MCL_FUTURE) != 0) {
    return "engine.lock_memory = yes, but this process may not lock its memory (ulimit -l)";
  }
  shown_ = started_ = clock_.now();
  // By then it connected, waited for its warm-up and quoted.
  warm_at_ = started_ + config_.common.strategy.warmup * 2 + kSecond;
  if (options_.seconds > 0) until_ = started_ + kSecond * options_.seconds;
  for (const Event& fill : recovered_events(opening_, instruments_, started_)) {
    const bool fits = rings_.executions.try_push(fill);
    MM_ASSERT(fits, "the ring was made with room for what was recovered");
  }
  if (std::string error = edge_->start(started_); !error.empty()) return error;
  journal_thread_->start();
  set_phase(counters::Phase::kRunning);  // before anything trades: a guard takes it for well else
  for (auto& thread : hot_threads_) thread->start();
  if (has_begun_) has_begun_();
  return {};
}

// The journal is there, and what the core writes outlives this process, before anything is sent.
std::string RealtimeRun::keep_journal() {
  const Nanos start = clock_.now();
  for (const JournalRecovery& left : recover_journals(config_.session.dir)) {
    if (std::string text = left.text(); !text.empty()) notes_.push_back(std::move(text));
  }
  for (const std::string& session : sessions_with_rings_outside(config_.session.dir)) {
    if (counters::CountersFile its; its.attach(session).empty() && its.engine_alive()) continue;
    notes_.push_back(fmt::format(
        "{}: its engine died and left the end of its journal in memory; `mm_logic replay` of it "
        "adds that to the journal and frees the memory",
        session));
  }
  std::string error =
      record_.open(config_, options_.session_dir, mode_, instruments_, start, opening_);
  if (!error.empty()) return error;
  // Before the ring has a name: a kill in between must leave no ring that no start looks for.
  if (begun_) error = begun_(record_);
  if (!error.empty()) return error;
  error = journal_ring_.publish(record_.path(), start);
  if (!error.empty() && mode_ != "live") {
    notes_.push_back("a crash would lose the end of the journal: " + error);
    error.clear();
  }
  return error;
}

std::string RealtimeRun::open_session(const TopologyPlan& plan) {
  if (std::string error = keep_journal(); !error.empty()) return error;
  if (std::string error = open_counters(); !error.empty()) return error;
  const LogBound bound{.file_bytes = static_cast<std::size_t>(config_.engine.log_file_bytes),
                       .files_aside = static_cast<std::size_t>(config_.engine.log_files - 1)};
  log_ = std::make_unique<Log>(record_.path() + "/log.txt", bound);
  if (!log_->error().empty()) return log_->error();
  log_->take_from(config_.engine.log_level);
  log_writer_ = std::make_unique<LogWriter>(*log_);
  edge_ = make_edge_({config_, instruments_, rings_, clock_, counters_.layout().latch, *log_});
  where_ = fmt::format("{}, {}, session {}", edge_->describe(), plan.describe(), record_.path());
  log_writer_->write(LogLevel::kInfo, clock_.now(), where_);
  for (const std::string& note : notes_) {
    log_writer_->write(LogLevel::kInfo, clock_.now(), note);
    if (!options_.quiet) std::printf("%s\n", note.c_str());
  }
  return {};
}

int RealtimeRun::run() {
  // One heap for all threads that allocate, which the hot ones do not: each with one of its own
  // would keep the most that it ever needed, and memory grow whenever one needs more. What a
  // long answer takes goes back to the system with it, whatever there was before.
  constexpr int kMappedBytesMin = 128 * 1024;  // glibc's, which it would raise to 32 MiB
  mallopt(M_ARENA_MAX, 1);
  mallopt(M_MMAP_THRESHOLD, kMappedBytesMin);
  const TopologyPlan plan = plan_threads(config_.engine, read_host_cpus());
  if (!plan.ok()) {
    refuse_(plan.error);
    return 2;
  }
  const KeptTo rest(plan.rest);
  std::string error = open_session(plan);
  const StopSignal signals;
  const bool published = error.empty();
  if (error.empty()) error = start_steering();
  if (error.empty() && may_begin_) error = may_begin_();
  if (error.empty()) error = start_threads(plan);
  if (!error.empty()) {
    if (published) set_phase(counters::Phase::kEnded);
    journal_ring_.remove();  // nothing was sent
    return refuse_(error);
  }
  start_monitor();
  watch();
  const bool flat = shut_down();
  stop_threads();
  view_.close();
  return finish(flat);
}

void RealtimeRun::watch() {
  while (!StopSignal::requested()) {
    const Nanos now = clock_.now();
    if (now >= until_) return;
    if (now >= warm_at_) {
      for (auto& thread : hot_threads_) watch_warm(*thread);
      warm_at_ = kNever;
    }
    look(now);
    keep_guard(now);
    record_.follow(kRecordsPerLook);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

void RealtimeRun::watch_warm(AgentRunner<HotAgents>& thread) {
  thread.watch_usage();
  if (thread.settled()) return;
  log_writer_->write(LogLevel::kWarning, clock_.now(),
                     fmt::format("{}: the system refuses to pin the thread", thread.name()));
}

void RealtimeRun::show_connections() {
  const std::vector<ConnectionState> all = edge_->connections();
  const std::size_t count = std::min(all.size(), counters::kConnectionsMax);
  counters::Layout& layout = counters_.layout();
  const bool first = layout.connection_count.load(std::memory_order_relaxed) == 0;
  for (std::size_t i = 0; i < count; ++i) {
    counters::Connection& line = layout.connections[i];
    if (first) all[i].name.copy(line.name.data(), line.name.size() - 1);
    line.opened.store(all[i].opened, std::memory_order_relaxed);
    line.up.store(all[i].up, std::memory_order_relaxed);
  }
  layout.connection_count.store(static_cast<std::uint32_t>(count), std::memory_order_release);
}

// Without it trading goes on all the same.
void RealtimeRun::start_monitor() {
  if (!options_.monitor) return;
  const std::string error = monitor_.start(record_.path());
  if (!error.empty()) say("the dashboard cannot be started: " + error);
}

// Its address, with the token: shown, but not written to the log.
void RealtimeRun::watch_monitor() {
  if (monitor_.ended()) {
    dashboard_.clear();
    const std::string_view over = "the dashboard has ended; `mm_logic monitor` begins another";
    log_writer_->write(LogLevel::kWarning, clock_.now(), over);
    if (options_.quiet || !stdout_is_terminal()) std::fprintf(stderr, "%s\n", over.data());
  }
  const std::string line = monitor_.heard();
  if (line.empty()) return;
  if (options_.quiet || !stdout_is_terminal()) {
    std::printf("%s\n", line.c_str());
    std::fflush(stdout);
  } else {
    dashboard_ = "\n" + line;
  }
}

// What happened since the last look: to the log, and now and then to the terminal.
void RealtimeRun::look(Nanos now) {
  Activity activity;
  while (activities_.try_pop(activity)) {
    const std::string text = activity_text(activity, instruments_);
    if (text.empty()) continue;
    // Trades would drive all else out of the log, and the orders out of the view that is theirs.
    const bool of_market = activity.event.kind == EventKind::kTrade;
    if (!of_market) log_writer_->write(LogLevel::kInfo, time_of(activity), text);
    if (!of_market || options_.view != View::kOrders) view_.log(time_of(activity), text);
  }
  show_connections();
  watch_monitor();
  log_->drain(now - kMillisecond * 100);
  watch_journal(now);
  while (snapshots_.try_pop(snapshot_)) continue;
  const Nanos interval = stdout_is_terminal() ? kMillisecond * 250 : kSecond;
  if (options_.quiet || snapshot_.instrument_count == 0 || now - shown_ < interval) return;
  const EventCounts counts = driver_.events().read();
  rates_ = per_second(counts_, counts, now - shown_);
  counts_ = counts;
  shown_ = now;
  const std::string waits = edge_->waits(now);
  view_.show({snapshot_, counts_, rates_, started_, until_, where_ + dashboard_,
              warning_.empty() ? waits : warning_});
}

// Trading goes on meanwhile.
void RealtimeRun::keep_guard(Nanos now) {
  const std::string problem = guard_ != nullptr ? guard_->keep_up(now) : std::string();
  if (!problem.empty()) log_writer_->write(LogLevel::kError, now, problem);
}

// Trading goes on: limits and orders need no journal. But nobody can explain what is not in it.
void RealtimeRun::watch_journal(Nanos now) {
  constexpr Nanos kSayEvery{10 * kSecond.v};
  JournalHealth health = journal_agent_->health();
  const bool changed = health.failing != journal_.failing;
  if (!changed && health.lost == journal_.lost) return;
  warning_ = fmt::format("JOURNAL {}: {} records are lost, replay ends before them{}{}",
                         health.failing ? "NOT WRITTEN" : "WITH A GAP", health.lost,
                         health.error.empty() ? "" : ": ", health.error);
  journal_ = std::move(health);
  if (!changed && now - journal_told_ < kSayEvery) return;
  journal_told_ = now;
  log_writer_->write(LogLevel::kError, now, warning_);
  std::fprintf(stderr, "mm_logic: %s\n", warning_.c_str());
}

// Stop placing, cancel, verify that none is left; bounded, since a dead venue must not hold us.
bool RealtimeRun::shut_down() {
  constexpr Nanos kPatience{10 * kSecond.v};
  steering_->shut_down();
  const Nanos give_up = clock_.now() + kPatience;
  while (!strategy_.stopped() && clock_.now() < give_up) {
    look(clock_.now());
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return strategy_.stopped();
}

void RealtimeRun::stop_threads() {
  set_phase(counters::Phase::kEnding);
  // Looks, and no time: what stood still with all of us is given as many.
  int looks = 0;
  const auto hangs = [&looks] { return std::string(++looks < kStopLooksMax ? "" : "it hangs"); };
  const auto stop = [this] {
    for (auto& thread : hot_threads_) thread->stop();
  };
  if (!run_interruptibly(stop, hangs).empty()) abandon();
  strategy_.send_with({});  // what it still does is on this thread
  edge_->stop();
  edge_->settle(core_, {.tell = [this](const Event& event) { tell(event); },
                        .say = [this](std::string_view line) { say(line); },
                        .hurried = StopSignal::insisted});
  journal_thread_->stop();
  lane_.finish(record_.journal());
  look(clock_.now());
  log_->flush();
}

// A hot thread does not stop. It may be in the middle of anything, so that nothing of it is touched
// but its orders, at the venue; and what it hangs in, a disk or a terminal, must not have us, too.
void RealtimeRun::abandon() {
  constexpr Nanos kPatience{5 * kSecond.v};
  Errands words;
  const auto tell = [this, &words](std::string_view line) {
    words.hand_over([this, text = std::string(line)] { say(text); });
  };
  tell("A THREAD OF THE ENGINE HANGS: the end goes on without it");
  const std::string left = edge_->sweep({.tell = {}, .say = tell, .hurried = StopSignal::insisted});
  if (!left.empty()) tell(left);
  tell(
      "the engine did not end in order: this session has no summary, and its journal is as of a "
      "crash");
  words.wait(kPatience);
  std::_Exit(1);
}

// On this thread, once the hot ones have stopped: after all that waits in the rings.
void RealtimeRun::tell(Event event) {
  event.received = clock_.now();
  while (!rings_.executions.try_push(event)) strategy_.do_work();
  strategy_.do_work();
}

// What holds up an end: whoever waits for it is told, below the page.
void RealtimeRun::say(std::string_view line) {
  view_.close();
  std::fprintf(stderr, "mm_logic: %.*s\n", static_cast<int>(line.size()), line.data());
  log_writer_->write(LogLevel::kWarning, clock_.now(), line);
  log_->flush();
}

void RealtimeRun::summarize_times(Summary& summary) const {
  const auto add = [&](const char* stage, const Histogram& times) {
    summary.latency.push_back(summarize(stage, times));
  };
  add("event_to_command", strategy_.event_to_command());
  add("event_to_turn", strategy_.event_to_turn());
  add("turn_to_command", strategy_.turn_to_command());
  add("turn", strategy_.turn());
  for (const VenueEdge::Stage& stage : edge_->stages()) add(stage.name, *stage.times);
  for (std::size_t i = 0; i < hot_threads_.size(); ++i) {
    const StallTracker& turns = hot_threads_[i]->stalls();
    ThreadSummary& thread = summary.threads.emplace_back();
    thread.agents = hot_agents_[i]->names();
    thread.turn_ns_max = turns.max().v;
    thread.stalls = static_cast<std::int64_t>(turns.stalls());
    for (const HotAgent agent : hot_agents_[i]->agents()) {
      const TurnTimes& its = hot_agents_[i]->times(agent);
      thread.turns.push_back({name(agent), its.max().v, static_cast<std::int64_t>(its.stalls())});
    }
    thread.hiccup_ns_max = turns.hiccups().max().v;
    thread.hiccups = static_cast<std::int64_t>(turns.hiccups().count());
    if (const auto& usage = hot_threads_[i]->usage()) {
      thread.faults = usage->faults;
      thread.preemptions = usage->preemptions;
    }
  }
  summary.hot_path_allocations = static_cast<std::int64_t>(hot_path_allocations());
}

int RealtimeRun::finish(bool flat) {
  driver_.output_hash().add(core_.state_hash());
  Summary summary;
  summary.mode = mode_;
  summary.duration = core_.now() - started_;
  summary.wall = clock_.now() - started_;
  summarize(core_, summary);
  summarize(driver_.events().read(), summary);
  if (mode_ != "live") summarize(config_, summary);  // what was simulated
  summarize_times(summary);
  summary.notes.insert(summary.notes.end(), notes_.begin(), notes_.end());
  edge_->summarize(core_, flat, summary);
  publisher_.publish_all();
  steering_->stop();
  // Else whoever watches has work to do.
  const auto left = std::ranges::find(summary.invariants, "flat_at_end",
                                      &decltype(summary.invariants)::value_type::first);
  if (left != summary.invariants.end() && left->second == 0) set_phase(counters::Phase::kEnded);
  if (std::string error = counters_.finish(); !error.empty()) summary.notes.push_back(error);
  const std::string unrecorded =
      record_.close(driver_.output_hash().value(), driver_.commands_out(), core_.now(), summary,
                    options_.json_file);
  if (unrecorded.empty()) journal_ring_.remove();
  return report_session(summary, unrecorded);
}

}  // namespace

int run_realtime(const RunOptions& options, const RunParts& parts) {
  return std::make_unique<RealtimeRun>(options, parts)->run();
}

}  // namespace mm::app
