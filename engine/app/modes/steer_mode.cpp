// `mm_logic pause | resume | kill`: tells a running engine, and waits until it is so.
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "engine/app/control/control_socket.h"
#include "engine/app/control/effect.h"
#include "engine/app/control/steering.h"
#include "engine/app/modes/modes.h"
#include "engine/app/session/session_report.h"
#include "engine/counters/counters_file.h"
#include "engine/ledger/halt_file.h"

namespace mm::app {
namespace {

using counters::CountersFile;

constexpr std::chrono::milliseconds kAnswerPatience{5000};

int tell(const std::string& session, const CountersFile& counters, const Control& control) {
  const std::string request = control_text(control);
  const ControlAnswer answer = ask_engine(session, request, kAnswerPatience);
  const bool kill = control.code == ControlCode::kKill;
  if (!answer.error.empty() && kill) {
    return fail(halt_unheard(counters.layout().identity.sessions.data(), answer.error));
  }
  if (!answer.error.empty()) return fail(answer.error);
  const std::optional<Obeyed> obeyed = read_obeyed(answer.text);
  if (!obeyed) return fail(answer.text);
  const std::string& unwritten = obeyed->rest;  // it is done, but
  if (!unwritten.empty()) fail("HALT is not written, a live run may start again: " + unwritten);
  const Effect effect = wait_for_effect(counters, obeyed->events, kill);
  if (!effect.seen) return fail(request + ": " + kNotTakenUp);
  fmt::print("{}: done, session {}\n{}", request, session, sides_text(counters));
  if (!kill) return 0;
  if (effect.live_orders > 0) {
    return fail(
        fmt::format("{} orders may still be live: they are being cancelled", effect.live_orders));
  }
  if (!unwritten.empty()) {
    fmt::print("No order is live, and HALT is not written.\n");
    return 1;
  }
  fmt::print("No order is live. HALT is written; `mm_logic resume` lets it quote again.\n");
  return 0;
}

// Of an engine that has ended.
int lift_halt(const std::string& sessions) {
  const std::string reasons = read_halt(sessions);
  if (reasons.empty()) {
    return fail(
        fmt::format("nothing to resume: no engine runs, and there is no HALT in {}", sessions));
  }
  if (std::string error = clear_halt(sessions); !error.empty()) return fail(error);
  fmt::print("HALT removed: live runs may start again. It was there because:\n{}", reasons);
  return 0;
}

int steer(const SteerOptions& options, const std::string& session) {
  CountersFile counters;
  std::string error =
      session.empty() ? "no engine runs in " + options.sessions_dir : counters.attach(session);
  std::string sessions = options.sessions_dir;
  if (error.empty()) {
    sessions = counters.layout().identity.sessions.data();
    if (counters.engine_alive()) return tell(session, counters, options.control);
    error = fmt::format("{}: its engine, process {}, has ended", session,
                        counters.layout().identity.process.pid);
  }
  const Control& c = options.control;
  if (c.code == ControlCode::kResume && c.scope == PauseScope::kAll) return lift_halt(sessions);
  return fail(c.code == ControlCode::kKill ? halt_unheard(sessions, error) : error);
}

}  // namespace

// Without a name a kill is meant for whatever runs, and has failed if one has not obeyed.
int steer_mode(const SteerOptions& options) {
  if (!options.session_dir.empty()) return steer(options, options.session_dir);
  const std::vector<std::string> running = counters::running_sessions(options.sessions_dir);
  if (running.empty()) return steer(options, {});
  if (options.control.code != ControlCode::kKill) return steer(options, running.front());
  int worst = 0;
  for (const std::string& session : running) worst = std::max(worst, steer(options, session));
  return worst;
}

}  // namespace mm::app
