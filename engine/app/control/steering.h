// What reaches into a running engine: the control socket, the guard's latch, and the end of the
// run.
//
// One cold thread, the only producer of the control ring, so that whatever steers the core is a
// journaled event. A kill sets the latch before it is an event: no quote leaves from then on, even
// if the core hangs. It also watches the counters for a trip, and has the HALT file written for
// each of them, by a second thread: no disk keeps a cancel waiting, and neither does a terminal or
// the ledger, for whoever is told to end by a signal is heard here, whatever the main thread is in
// the middle of. The main thread starts and stops it.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "engine/app/control/control_socket.h"
#include "engine/core/event.h"
#include "engine/counters/counters_file.h"
#include "engine/ledger/halt_file.h"
#include "engine/runtime/agent.h"
#include "engine/runtime/clock.h"
#include "engine/runtime/errands.h"
#include "engine/runtime/log.h"
#include "engine/runtime/spsc_ring.h"

namespace mm::app {

// `pause all|buy|sell|increase`, `resume all|...`, `kill`; nothing for anything else.
std::optional<Control> parse_control(std::string_view request);
std::string control_text(const Control& control);  // the same back

// What becomes of a new configuration: `plan` and `reload`, each followed by a line's end and the
// configuration's text.
struct ConfigAnswer {
  bool taken = false;     // the core is to have a kReload
  std::string error{};    // refused, and why
  std::string changes{};  // a line each, also of those that are refused
  std::string words{};    // the same for the log
};

// Work on a disk, which may not answer: what came of it, or that nobody knows.
struct DiskAnswer {
  enum class State : std::uint8_t {
    kDone,
    kUnderWay,  // given up; it may be done yet
    kNever      // given up before it began: it will not be done
  };
  State state = State::kDone;
  std::string error{};
};
using DiskWork = std::function<std::string()>;
using OnDisk = std::function<DiskAnswer(DiskWork)>;

class Steering {
 public:
  struct Setup {
    counters::CountersFile& counters;
    SpscRing<Event>& control;
    const Clock& clock;
    Log& log;
    bool guard_started = false;  // one is expected to watch
    // Why the venue's edge must not go on, told once; empty: it may.
    std::function<std::string()> take_halt{};
    // Without `apply` nothing but the answer comes of it; what it writes goes by `disk`. None: this
    // engine reloads nothing.
    std::function<ConfigAnswer(std::string_view text, bool apply, const OnDisk& disk)> configure{};
    // Of the configuration that the core runs with by now; none: that of the start.
    std::function<std::uint64_t()> config_hash{};
    std::function<bool()> told_to_end{};  // as by shut_down(); none: only that ends it
    // As add_halt(), on the disk's thread.
    std::function<std::string(const std::string& sessions, Nanos time, std::string_view reason)>
        write_halt = add_halt;
    Nanos disk_patience{2 * kSecond.v};  // of whoever wants to hear what became of HALT
  };
  explicit Steering(const Setup& setup);
  ~Steering() { stop(); }

  // Opens the socket in the session folder and starts the thread. Returns the error.
  [[nodiscard]] std::string start();
  // Any thread: an orderly end, once. The latch is set at once.
  void shut_down();
  // Joins the threads; whatever tripped since the last look is written down. The counters still
  // hold.
  void stop();

 private:
  struct Turns {
    Steering& steering;
    int do_work() { return steering.turn(); }
    std::string_view name() const { return "steering"; }
  };
  int turn();
  void tend();
  std::string answer(std::string_view request, bool gone);
  std::string configure(std::string_view text, bool apply, bool gone);
  std::string kill();
  std::string resume();
  void push(const Control& control);
  void push_waiting();
  void watch_config();
  void watch_edge();
  void watch_guard();
  void watch_trip();
  void halt(std::string_view reason);
  DiskWork halting(std::string_view reason);
  enum class Late : std::uint8_t { kDropped, kDoneEvenSo };
  DiskAnswer on_disk(DiskWork work, Late late);
  std::string sessions() const { return setup_.counters.layout().identity.sessions.data(); }

  Setup setup_;
  LogWriter log_, disk_log_;  // a thread's each
  ControlServer server_;
  std::deque<Event> waiting_;     // for room in the ring
  std::int64_t pushed_ = 0;       // events so far; readers of the counters wait for that many
  std::int64_t broken_seen_ = 0;  // violations of invariants that were written down
  bool tripped_ = false, guard_fired_ = false, guard_lost_ = false, guard_seen_ = false,
       guard_powerless_ = false, shutting_down_ = false;
  Nanos began_ = counters::monotonic_now(), shutdown_at_{};
  std::atomic<bool> shutdown_wanted_{false};
  Errands disk_;
  Turns turns_{*this};
  AgentRunner<Turns> thread_;
};

}  // namespace mm::app
