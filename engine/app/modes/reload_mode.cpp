// `mm_logic plan | reload`: what another configuration changes of a running engine, and the change.
#include <fmt/format.h>

#include <optional>
#include <vector>

#include "engine/app/cli_command.h"
#include "engine/app/config/config_change.h"
#include "engine/app/config/config_schema.h"
#include "engine/app/control/control_socket.h"
#include "engine/app/control/effect.h"
#include "engine/app/modes/modes.h"
#include "engine/app/reload/outlook.h"
#include "engine/app/session/session_report.h"
#include "engine/counters/counters_file.h"
#include "engine/ledger/session_folder.h"

namespace mm::app {
namespace {

using counters::CountersFile;

constexpr std::chrono::milliseconds kAnswerPatience{5000};

// Where the new value was set.
std::string place_of(const ConfigLoad& load, const ConfigChange& change) {
  const ConfigKey* const of_symbol = find_symbol_key(change.key);
  for (const std::string& section :
       {change.section, of_symbol == nullptr ? std::string() : of_symbol->section}) {
    const auto origin = load.origins.find(section + "." + change.key);
    if (origin != load.origins.end()) return origin->second;
  }
  return load.source;
}

// A running engine that was asked about a new configuration.
class Asked {
 public:
  Asked(const ReloadOptions& options, const NewConfig& load, std::string_view verb) {
    ask(options, load, verb);
  }

  // Not 0: nothing comes of it, and that has been said.
  int exit_code() const { return exit_code_; }
  const std::string& session() const { return session_; }
  const CountersFile& counters() const { return counters_; }
  const std::vector<ConfigChange>& changes() const { return changes_; }
  // None: refused.
  const std::optional<Obeyed>& obeyed() const { return obeyed_; }

  // One line for each value that a running engine cannot take over, as `check` has them.
  std::string problems() const {
    std::string text;
    for (const ConfigChange& c : changes_) {
      if (c.problem.empty()) continue;
      text += fmt::format("mm_logic: {}: [{}] {} = {}: {}; it is {}\n", place_of(load_, c),
                          c.section, c.key, c.after, c.problem, c.before);
    }
    return text;
  }

 private:
  void ask(const ReloadOptions& options, const NewConfig& load, std::string_view verb) {
    session_ = options.session_dir;
    if (session_.empty()) {
      const std::vector<std::string> running = counters::running_sessions(options.sessions_dir);
      if (!running.empty()) session_ = running.front();
    }
    if (session_.empty()) return refuse("no engine runs in " + options.sessions_dir);
    if (std::string error = counters_.attach(session_); !error.empty()) return refuse(error);
    if (!counters_.engine_alive()) return refuse(session_ + ": its engine has ended");
    load_ = load(session_);
    if (!load_.ok()) return refuse(load_.error, kBadUsage);
    const std::string text = effective_text(load_.config);
    const ControlAnswer answer =
        ask_engine(session_, fmt::format("{}\n{}", verb, text), kAnswerPatience);
    if (!answer.error.empty()) return refuse(answer.error);
    const std::size_t end = std::min(answer.text.find('\n'), answer.text.size());
    changes_ = read_changes(std::string_view(answer.text).substr(end));
    obeyed_ = read_obeyed(answer.text.substr(0, end));
    if (!obeyed_ && all_live(changes_)) refuse(answer.text.substr(0, end));
  }

  void refuse(const std::string& why, int exit_code = 1) {
    fail(why);
    exit_code_ = exit_code;
  }

  std::string session_;
  CountersFile counters_;
  ConfigLoad load_;
  std::vector<ConfigChange> changes_;
  std::optional<Obeyed> obeyed_;
  int exit_code_ = 0;
};

void print_changes(const Asked& asked) {
  for (const ConfigChange& c : asked.changes()) fmt::print("  {}\n", change_text(c));
}

// The configuration in force with what the engine would take over of the new one.
int show_outlook(const Asked& asked) {
  const SessionFolder folder(asked.session());
  std::vector<std::string> sets;
  for (const ConfigChange& c : asked.changes()) {
    sets.push_back(fmt::format("{}.{}={}", c.section, c.key, c.after));
  }
  const ConfigLoad next = load_config(folder.config(), sets);
  const Outlook outlook = next.ok() ? look_ahead(folder, next.config) : Outlook{next.error, {}, {}};
  if (!outlook.error.empty()) return fail("no outlook on orders: " + outlook.error);
  fmt::print("{}", outlook_text(outlook));
  return 0;
}

}  // namespace

int plan_mode(const ReloadOptions& options, const NewConfig& load) {
  const Asked asked(options, load, "plan");
  if (asked.exit_code() != 0) return asked.exit_code();
  fmt::print("plan for session {}: {}\n", asked.session(),
             asked.changes().empty() ? "nothing changes" : "a reload would change");
  print_changes(asked);
  if (!asked.obeyed()) {
    fmt::print(stderr, "{}", asked.problems());
    return kBadUsage;
  }
  return asked.changes().empty() ? 0 : show_outlook(asked);
}

int reload_mode(const ReloadOptions& options, const NewConfig& load) {
  const Asked asked(options, load, "reload");
  if (asked.exit_code() != 0) return asked.exit_code();
  if (!asked.obeyed()) {
    fmt::print(stderr, "{}mm_logic: reload refused: nothing has changed\n", asked.problems());
    return kBadUsage;
  }
  if (asked.changes().empty()) {
    fmt::print("reload: nothing changes, session {}\n", asked.session());
    return 0;
  }
  if (!wait_for_effect(asked.counters(), asked.obeyed()->events, false).seen) {
    return fail(std::string("reload: ") + kNotTakenUp);
  }
  fmt::print("reload: done, session {}\n", asked.session());
  print_changes(asked);
  fmt::print("{}", sides_text(asked.counters()));
  return 0;
}

}  // namespace mm::app
