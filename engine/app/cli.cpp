#include "engine/app/cli.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cctype>
#include <charconv>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <functional>
#include <iterator>
#include <limits>
#include <map>
#include <sstream>

#include "engine/app/cli_command.h"
#include "engine/app/config/config_schema.h"
#include "engine/app/modes/host.h"
#include "engine/app/modes/inspect.h"
#include "engine/app/modes/modes.h"
#include "engine/app/soak/soak_config.h"
#include "engine/app/version.h"
#include "engine/ledger/session_folder.h"
#include "engine/runtime/durable_file.h"
#include "feeds/binance/exchange_info.h"
#include "sim/faults/fault_scenarios.h"
#include "sim/latency.h"

namespace mm::app {
namespace {

constexpr const char* kDefaultConfig = "config.ini";

std::string about(const ConfigLoad& load, std::string_view section, std::string_view key,
                  std::string_view problem) {
  const auto origin = load.origins.find(fmt::format("{}.{}", section, key));
  return fmt::format("{}: [{}] {} = {}: {}",
                     origin == load.origins.end() ? load.source : origin->second, section, key,
                     config_value(load.config, section, key), problem);
}

// The first of the folders above that is there, or the folder itself, is no folder.
bool is_under_a_file(const std::string& folder) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  fs::path place = fs::absolute(folder, ignored);
  while (!fs::exists(place, ignored) && place.has_relative_path()) place = place.parent_path();
  return !fs::is_directory(place, ignored);
}

// What the config leaves to files of this host; one line about what is wrong, or empty.
std::string read_files(ConfigLoad& load) {
  if (const auto [key, problem] = sim::load_latency_samples(load.config.simulator);
      key != nullptr) {
    return about(load, "simulator", key,
                 problem + "; a file of latencies in whole ns is allowed, one a line");
  }
  if (const std::string& file = load.config.venue.exchange_info; !file.empty()) {
    const std::string problem = binance::read_exchange_info(file).error;
    if (!problem.empty()) {
      return about(load, "venue", "exchange_info",
                   problem + "; the venue's answer to exchangeInfo is allowed, or nothing");
    }
  }
  if (is_under_a_file(load.config.session.dir)) {
    return about(load, "session", "dir", "is not a folder; one that is there or can be is allowed");
  }
  return {};
}

// -c and --set, which every command that needs a config has.
struct ConfigOptions {
  std::string file;  // empty: config.ini if it is there, else the defaults
  std::vector<std::string> sets;

  void add_to(CLI::App& command) {
    command.add_option("-c,--config", file, "Configuration (config.ini)")->type_name("FILE");
    command.add_option("--set", sets, "Override one key: section.key=value; may be repeated")
        ->type_name("KEY=VALUE")
        ->allow_extra_args(false);
  }
  ConfigLoad load() const {
    if (file.empty() && !std::filesystem::exists(kDefaultConfig)) {
      return parse_config("", "defaults", sets);
    }
    return load_config(file.empty() ? kDefaultConfig : file, sets);
  }
  // Goes on with it, whatever this host has of what it wants.
  int with(const std::function<int(const Config&)>& mode) const {
    const ConfigLoad read = load();
    return read.ok() ? mode(read.config) : complain(read.error);
  }
  // What was asked for, and nothing else, as --set arguments.
  std::string take_sets(std::vector<std::string>& out) const {
    ConfigLoad load = file.empty() ? parse_config("", "--set", sets) : load_config(file, sets);
    if (!load.ok()) return load.error;
    if (std::string error = read_files(load); !error.empty()) return error;
    if (!file.empty()) out = sets_of_file(file);
    out.insert(out.end(), sets.begin(), sets.end());
    return {};
  }
};

// CPUs and files that the config wants are those of this host; one line about what is not, or
// empty.
std::string find_missing(ConfigLoad& load) {
  std::string error = validate_host(load, read_host_cpus());
  return error.empty() ? read_files(load) : error;
}

// Loads the config, checks it against this host and goes on to the mode.
int on_this_host(const ConfigOptions& options, const std::function<int(const ConfigLoad&)>& mode) {
  ConfigLoad load = options.load();
  if (load.ok()) load.error = find_missing(load);
  return load.ok() ? mode(load) : complain(load.error);
}
int with_config(const ConfigOptions& options, const std::function<int(const Config&)>& mode) {
  return on_this_host(options, [&](const ConfigLoad& load) { return mode(load.config); });
}

// A command on a session: which one, and the config that says where sessions are.
template <class Options>
struct OnSession {
  Options options;
  ConfigOptions config;

  // `meant` is where none is named.
  void add_to(CLI::App& command, const std::string& meant) {
    command.add_option("session", options.session_dir, "Session folder (" + meant + ")")
        ->type_name("SESSION_DIR");
    config.add_to(command);
  }
  int go_on(const std::function<int(const Options&)>& mode) {
    return config.with([&](const Config& c) {
      options.sessions_dir = c.session.dir;
      return mode(options);
    });
  }
};

// Why a session cannot have this folder of its own; empty: it can, or none is named.
std::string find_used(const std::string& session_dir) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  if (session_dir.empty() || !fs::exists(session_dir, ignored)) return {};
  if (!fs::is_directory(session_dir, ignored)) {
    return fmt::format("--session {}: is not a folder", session_dir);
  }
  if (fs::is_empty(session_dir, ignored)) return {};
  return fmt::format("--session {}: is not empty; a session needs a folder of its own",
                     session_dir);
}

// A session's --json FILE may lie in the session's own folder, or beside it.
template <class Options>
int with_summary_file(const Options& options, const Config& config,
                      const std::function<int()>& mode) {
  std::string error = find_used(options.session_dir);
  if (error.empty()) {
    error = find_unwritable("--json", options.json_file, {options.session_dir, config.session.dir});
  }
  return error.empty() ? mode() : complain(error);
}

// Within bounds, or refused in one short line.
CLI::Validator whole_number(std::int64_t first, std::int64_t last) {
  const auto check = [first, last](std::string& text) -> std::string {
    std::int64_t value = 0;
    const char* const stop = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), stop, value);
    if (error == std::errc() && end == stop && value >= first && value <= last) return {};
    return fmt::format("{}: must be a whole number from {} to {}", text, first, last);
  };
  return {check, ""};
}

template <class E>
CLI::Option* add_choice(CLI::App& command, const std::string& name, E& value,
                        const std::map<std::string, E>& words, const std::string& help) {
  std::string allowed;
  for (const auto& [word, meaning] : words) allowed += (allowed.empty() ? "" : "|") + word;
  return command.add_option(name, value, help)
      ->transform(CLI::Transformer(words).description(""))
      ->transform(CLI::IsMember(words).description(""))  // runs first: the last one added does
      ->type_name(allowed);
}

void add_mode(CLI::App& command, VenueMode& mode, const std::string& help) {
  add_choice<VenueMode>(
      command, "--mode", mode,
      {{"sim", VenueMode::kSim}, {"paper", VenueMode::kPaper}, {"live", VenueMode::kLive}}, help);
}

void add_seconds(CLI::App& command, std::int64_t& seconds) {
  command.add_option("--seconds", seconds, "Stop after this long; 0: when interrupted")
      ->check(whole_number(0, 31'536'000))
      ->type_name("N");
}

// What is asked for and would do nothing; empty if all of it means something.
std::string without_effect(const RunOptions& run, bool seeded, const std::string& scenario,
                           bool view_chosen) {
  if (run.mode != VenueMode::kSim) {
    if (run.faults != nullptr) {
      return "--scenario S1 to S25 are for --mode sim: faults are simulated";
    }
    if (!scenario.empty()) return "--scenario is for --mode sim: a venue's market is what it is";
    if (seeded) return "--seed is for --mode sim: a venue's market has none";
    if (run.speed == Speed::kMax) {
      return "--speed max is for --mode sim: a venue's time cannot be hurried";
    }
  }
  if (run.guard && run.mode != VenueMode::kLive) {
    return "--guard is for --mode live: simulated orders die with the engine";
  }
  if (run.monitor && run.speed == Speed::kMax) {
    return "--monitor is for --speed realtime: virtual time is over before it is seen";
  }
  if (view_chosen && run.quiet) return "--view with --quiet: there is no live status to choose";
  if (view_chosen && run.speed == Speed::kMax) {
    return "--view is for --speed realtime: virtual time has no live status";
  }
  return {};
}

// The name of a market, or of what goes wrong: its keys come first, so that others may override.
std::string use_scenario(const std::string& name, RunOptions& run, std::vector<std::string>& sets) {
  if (name.empty()) return {};
  run.faults = sim::find_fault_scenario(name);
  const bool meant = name.size() > 1 && name[0] == 'S' && std::isdigit(name[1]) != 0;
  if (run.faults == nullptr && meant) {
    return fmt::format("--scenario {}: must be one of\n{}", name, sim::fault_scenario_list());
  }
  if (run.faults == nullptr) {
    sets.push_back("market.scenario=" + name);
    return {};
  }
  if (run.faults->hours > 0 && run.seconds == 0) run.speed = Speed::kMax;
  if (run.seconds == 0) run.seconds = sim::seconds_of(*run.faults);
  std::istringstream words{std::string(run.faults->sets)};
  sets.insert(sets.begin(), std::istream_iterator<std::string>(words), {});
  return {};
}

Command add_run(CLI::App& app) {
  struct State {
    RunOptions run;
    ConfigOptions config;
    std::optional<std::string> seed;  // as its key reads it
    std::string scenario;
  };
  auto state = std::make_shared<State>();
  CLI::App* command = app.add_subcommand("run", "Trade: in the simulator, on paper, or live");
  state->config.add_to(*command);
  RunOptions& run = state->run;
  add_mode(*command, run.mode, "Where data comes from and orders go (sim)");
  add_seconds(*command, run.seconds);
  command->add_option("--seed", state->seed, "Seed of the generated market ([market] seed)")
      ->type_name("S");
  command
      ->add_option("--scenario", state->scenario,
                   "Generated market ([market] scenario), or what goes wrong: S1 to S25, below")
      ->type_name("NAME");
  command->footer(
      "What goes wrong, and what is expected (without --seconds until a minute after the last\n"
      "fault, where there is a last one; S25 in virtual time):\n" +
      sim::fault_scenario_list());
  add_choice<Speed>(*command, "--speed", run.speed,
                    {{"realtime", Speed::kRealtime}, {"max", Speed::kMax}},
                    "Pace of a simulation (realtime)");
  const CLI::Option* view = add_choice<View>(*command, "--view", run.view,
                                             {{"status", View::kStatus}, {"orders", View::kOrders}},
                                             "What the live status shows (status)");
  command->add_flag("--quiet", run.quiet, "No live status, the summary only");
  command->add_option("--json", run.json_file, "Write the summary to this file too")
      ->type_name("FILE");
  command->add_option("--session", run.session_dir, "Session folder (a new one in [session] dir)")
      ->type_name("DIR");
  command->add_flag("--guard", run.guard, "Start a guard beside a live run (mm_logic guard)");
  command->add_flag("--monitor", run.monitor, "Start the web dashboard beside it ([monitor])");
  return {command, [state, view] {
            auto& sets = state->config.sets;
            if (state->seed) sets.push_back("market.seed=" + *state->seed);
            if (std::string error = use_scenario(state->scenario, state->run, sets);
                !error.empty()) {
              return complain(error);
            }
            if (std::string error = without_effect(state->run, state->seed.has_value(),
                                                   state->scenario, view->count() > 0);
                !error.empty()) {
              return complain(error);
            }
            if (state->run.speed == Speed::kMax && state->run.seconds == 0) {
              return complain("--speed max needs --seconds N: it never waits to be interrupted");
            }
            return with_config(state->config, [&](const Config& c) {
              return with_summary_file(state->run, c, [&] { return run_mode(state->run, c); });
            });
          }};
}

CLI::Option* add_captures(CLI::App& command, std::vector<std::string>& captures) {
  return command.add_option("--capture", captures, "Recorded market data; may be repeated")
      ->type_name("FILE")
      ->allow_extra_args(false)
      ->required();
}

Command add_backtest(CLI::App& app) {
  struct State {
    BacktestOptions backtest;
    ConfigOptions config;
  };
  auto state = std::make_shared<State>();
  CLI::App* command = app.add_subcommand("backtest", "Trade on recorded market data");
  add_captures(*command, state->backtest.captures);
  state->config.add_to(*command);
  command->add_option("--json", state->backtest.json_file, "Write the summary to this file too")
      ->type_name("FILE");
  command
      ->add_option("--session", state->backtest.session_dir,
                   "Session folder (a new one in [session] dir)")
      ->type_name("DIR");
  return {command, [state] {
            const BacktestOptions& backtest = state->backtest;
            return with_config(state->config, [&](const Config& c) {
              return with_summary_file(backtest, c, [&] { return backtest_mode(backtest, c); });
            });
          }};
}

Command add_replay(CLI::App& app) {
  auto on = std::make_shared<OnSession<ReplayOptions>>();
  CLI::App* command =
      app.add_subcommand("replay", "Drive the core through a session again, compare every output");
  on->add_to(*command, "the newest");
  return {command, [on] { return on->go_on(replay_mode); }};
}

Command add_report(CLI::App& app) {
  auto on = std::make_shared<OnSession<ReportOptions>>();
  ReportOptions& options = on->options;
  CLI::App* command = app.add_subcommand("report", "A session as one HTML file, and as CSV");
  on->add_to(*command, "the newest");
  command->add_option("-o,--out", options.out_file, "The page (report.html in the session)")
      ->type_name("FILE");
  command
      ->add_option("--csv", options.csv_dir,
                   "Write fills, orders, quotes and equity as CSV there too")
      ->type_name("DIR");
  command->footer(
      "Everything comes from the session's journal, driven through the core again; latency from\n"
      "its summary.json. An earlier report is written over, a file of somebody else's is not.\n"
      "Exit code: 0 the report is of the whole session or of one that runs, 1 of a part, or none.");
  return {command, [on] {
            return on->go_on([](const ReportOptions& report) {
              const std::string error = find_unwritable("--out", report.out_file);
              return error.empty() ? report_mode(report) : complain(error);
            });
          }};
}

Command add_explain(CLI::App& app) {
  auto on = std::make_shared<OnSession<ExplainOptions>>();
  ExplainOptions& options = on->options;
  CLI::App* command =
      app.add_subcommand("explain", "Why an order was placed, moved, left or not placed");
  on->add_to(*command, "the newest");
  CLI::Option* order = command->add_option(
      "--order", options.order, "The life of an order: client order id, venue's number, or all");
  command->add_option("--at", options.at, "What stood at this instant, and why (UTC)")
      ->type_name("TIME")
      ->excludes(order);
  command->add_option("--level", options.level, "Only this level; without --at its whole history")
      ->type_name("bid:N|ask:N")
      ->excludes(order);
  command->add_option("--symbol", options.symbol, "Only this instrument")
      ->type_name("S")
      ->excludes(order);
  order->type_name("ID");
  command->footer(
      "TIME is 2026-01-31T12:00:00.5Z, 12:00:00.5, +SECONDS after the session's begin, or ns "
      "since\n"
      "1970. Level 1 is the best. The core is driven through the session's journal again: what is\n"
      "told is what it had before it.");
  return {command, [on] {
            const ExplainOptions& what = on->options;
            if (what.order.empty() && what.at.empty() && what.level.empty()) {
              return complain("explain what? Name --order ID, --at TIME or --level bid:N");
            }
            return on->go_on(explain_mode);
          }};
}

// pause, resume and kill differ in their word and in what --side may be.
Command add_steer(CLI::App& app, const std::string& word, ControlCode code,
                  const std::string& help) {
  auto on = std::make_shared<OnSession<SteerOptions>>();
  on->options.control.code = code;
  CLI::App* command = app.add_subcommand(word, help);
  const bool kills = code == ControlCode::kKill;
  on->add_to(*command, kills ? "every engine that runs in [session] dir"
                             : "the newest live one that runs, else any");
  if (!kills) {
    add_choice<PauseScope>(*command, "--side", on->options.control.scope,
                           {{"all", PauseScope::kAll},
                            {"buy", PauseScope::kBuy},
                            {"sell", PauseScope::kSell},
                            {"increase", PauseScope::kIncrease}},
                           "Only this side, or only what adds to the position (all)");
  }
  return {command, [on] { return on->go_on(steer_mode); }};
}

using ReloadMode = int (*)(const ReloadOptions&, const NewConfig&);

// Of the session's own file where -c names none.
ConfigLoad load_next(const ConfigOptions& options, const std::string& session) {
  ConfigLoad load = load_config(
      options.file.empty() ? SessionFolder(session).config() : options.file, options.sets);
  if (load.ok()) load.error = find_missing(load);
  return load;
}

// plan and reload: one shows what the other does.
Command add_reload(CLI::App& app, const std::string& word, ReloadMode mode,
                   const std::string& help) {
  auto on = std::make_shared<OnSession<ReloadOptions>>();
  CLI::App* command = app.add_subcommand(word, help);
  on->add_to(*command, "the newest live one that runs, else any");
  command->footer(
      "The new configuration is -c FILE as a whole; without it, the one in force with the keys of\n"
      "--set over it. What cannot change live says so, and then nothing changes.\n"
      "Exit code: 0 done, or it can be; 1 no engine runs, or it does not answer; 2 refused.");
  return {command, [on, mode, word] {
            if (on->config.file.empty() && on->config.sets.empty()) {
              return complain(word + " what? Name -c FILE, or keys with --set");
            }
            return on->go_on([&](const ReloadOptions& options) {
              return mode(options, [&](const std::string& session) {
                return load_next(on->config, session);
              });
            });
          }};
}

Command add_guard(CLI::App& app) {
  auto on = std::make_shared<OnSession<GuardOptions>>();
  CLI::App* command =
      app.add_subcommand("guard", "Watch a live engine; cancel its orders when it hangs or dies");
  on->add_to(*command, "the newest live one");
  command
      ->add_flag("--wait", on->options.wait,
                 "Wait for a live session that may have orders, asking no venue meanwhile")
      ->excludes("session");
  command->footer(
      "The config is the session's; -c says only where sessions are, --set is obeyed.\n"
      "Exit code: 0 the engine ended in an orderly way, 1 the guard had to act, or cannot watch.");
  return {command, [on] {
            on->options.sets = on->config.sets;
            return on->go_on(guard_mode);
          }};
}

Command add_inspect(CLI::App& app) {
  struct State {
    InspectOptions inspect;
    ConfigOptions config;
  };
  auto state = std::make_shared<State>();
  InspectOptions& options = state->inspect;
  CLI::App* command =
      app.add_subcommand("inspect", "Walk captures through feed and book, print checkpoints");
  add_captures(*command, options.captures);
  command->add_option("--symbol", options.symbol, "Only this instrument")->type_name("S");
  command->add_option("--every", options.every, "A checkpoint per N applied diffs; 0: at the end")
      ->check(whole_number(0, 1'000'000'000))
      ->type_name("N");
  command->add_option("--depth", options.depth, "Levels a side in a checkpoint (20)")
      ->check(whole_number(1, 5000))
      ->type_name("D");
  state->config.add_to(*command);
  command->footer(
      "Of the configuration: tick, lot and quote of [instrument] and [symbol NAME], and\n"
      "[venue] exchange_info. What it leaves open is inferred from the captures.");
  return {
      command, [state] {
        return state->config.with([&](const Config& c) { return inspect_mode(state->inspect, c); });
      }};
}

// A..B, or one seed alone.
bool read_seeds(const std::string& text, SoakOptions& out) {
  const std::size_t dots = text.find("..");
  const auto number = [](std::string_view digits, std::uint64_t& value) {
    const auto [end, error] = std::from_chars(digits.begin(), digits.end(), value);
    return error == std::errc() && end == digits.end();
  };
  if (!number(std::string_view(text).substr(0, dots), out.first)) return false;
  if (dots == std::string::npos) out.last = out.first;
  if (dots != std::string::npos && !number(std::string_view(text).substr(dots + 2), out.last)) {
    return false;
  }
  return out.first <= out.last && out.last < std::numeric_limits<std::uint64_t>::max();
}

Command add_soak(CLI::App& app) {
  struct State {
    SoakOptions soak;
    ConfigOptions config;
    std::string seeds = "1..100";
  };
  auto state = std::make_shared<State>();
  CLI::App* command = app.add_subcommand(
      "soak", "Random markets, faults and configurations in virtual time, everything checked");
  command->add_option("--seeds", state->seeds, "First and last seed (1..100)")->type_name("A..B");
  command->add_option("--hours", state->soak.hours, "Virtual hours of each seed; 0: ten minutes")
      ->check(whole_number(0, 8784))
      ->type_name("H");
  command->add_option("--jobs", state->soak.jobs, "Seeds at a time (1)")
      ->check(whole_number(1, 256))
      ->type_name("N");
  command->add_flag("--verbose", state->soak.verbose, "Show what each seed stands for");
  command->add_option("--json", state->soak.json_file, "Write the figures to this file too")
      ->type_name("FILE");
  state->config.add_to(*command);
  command->footer(
      "Each seed chooses its own configuration; keys of -c FILE and --set hold for all of them.\n"
      "Seeds whose other keys do not go with these are left out, and counted.");
  return {command, [state] {
            if (!read_seeds(state->seeds, state->soak)) {
              return complain(fmt::format(
                  "--seeds {}: must be A..B, two whole numbers, the first not above the second",
                  state->seeds));
            }
            if (std::string error = state->config.take_sets(state->soak.sets); !error.empty()) {
              return complain(error);
            }
            if (std::string error = find_unwritable("--json", state->soak.json_file);
                !error.empty()) {
              return complain(error);
            }
            return soak_mode(state->soak);
          }};
}

Command add_check(CLI::App& app) {
  struct State {
    ConfigOptions config;
    VenueMode mode = VenueMode::kSim;
    bool keys = false;
    bool effective = false;
  };
  auto state = std::make_shared<State>();
  CLI::App* command = app.add_subcommand("check", "Check config, host and venue, one line each");
  state->config.add_to(*command);
  add_mode(*command, state->mode, "What to check for; paper and live ask the venue (sim)");
  CLI::Option* keys = command->add_flag("--keys", state->keys,
                                        "Print every key with its default and meaning instead");
  command->add_flag("--effective", state->effective, "Print the config in force instead")
      ->excludes(keys)
      ->excludes("--mode");
  for (const char* option : {"--mode", "--config", "--set"}) keys->excludes(option);
  return {command, [state] {
            if (state->keys) {
              fmt::print("{}", default_config_text());
              return 0;
            }
            if (state->effective) {
              return state->config.with([](const Config& c) {
                fmt::print("{}", effective_text(c));
                return 0;
              });
            }
            return on_this_host(state->config, [&](const ConfigLoad& load) {
              return check_mode(load, state->mode);
            });
          }};
}

Command add_record(CLI::App& app) {
  struct State {
    RecordOptions record;
    ConfigOptions config;
  };
  auto state = std::make_shared<State>();
  CLI::App* command = app.add_subcommand("record", "Record a venue's market data as it comes");
  state->config.add_to(*command);
  command->add_option("--out", state->record.out_file, "New file; packed if it ends in .gz")
      ->type_name("FILE")
      ->required();
  add_seconds(*command, state->record.seconds);
  return {
      command, [state] {
        const std::string& out = state->record.out_file;
        if (std::filesystem::exists(out)) {
          return complain(fmt::format("--out {}: is there already; it must be a new file", out));
        }
        if (std::string error = find_unwritable("--out", out); !error.empty()) {
          return complain(error);
        }
        return with_config(state->config,
                           [&](const Config& c) { return record_mode(state->record, c); });
      }};
}

// Hidden: what the demos fetch and websocket show.
Command add_watch(CLI::App& app) {
  struct State {
    WatchOptions watch;
    ConfigOptions config;
  };
  auto state = std::make_shared<State>();
  CLI::App* command = app.add_subcommand("watch", "Show a venue's trades, book, summary and flow");
  command->group("");
  state->config.add_to(*command);
  add_seconds(*command, state->watch.seconds);
  return {command, [state] {
            return with_config(state->config,
                               [&](const Config& c) { return watch_mode(state->watch, c); });
          }};
}

// Hidden: what scripts compare with the venue.
Command add_counters(CLI::App& app) {
  auto on = std::make_shared<OnSession<CountersOptions>>();
  CLI::App* command = app.add_subcommand("counters", "The numbers in a session's counters.dat");
  command->group("");
  on->add_to(*command, "the newest");
  command->add_flag("--prometheus", on->options.prometheus, "As Prometheus reads them");
  return {command, [on] { return on->go_on(counters_mode); }};
}

Command add_top(CLI::App& app) {
  auto on = std::make_shared<OnSession<TopOptions>>();
  CLI::App* command = app.add_subcommand("top", "Watch and steer an engine in the terminal");
  on->add_to(*command, "the newest live one that runs, else any, else the newest");
  command->add_flag("--once", on->options.once, "Print everything once, as plain text");
  return {command, [on] { return on->go_on(top_mode); }};
}

Command add_monitor(CLI::App& app) {
  struct State {
    MonitorOptions monitor;
    ConfigOptions config;
    std::string listen, token_file, tls_cert, tls_key;
  };
  auto state = std::make_shared<State>();
  CLI::App* command = app.add_subcommand("monitor", "Watch and steer engines in a browser");
  command
      ->add_option("session", state->monitor.sessions,
                   "Session folders (those that run, as they come and go, else the newest)")
      ->type_name("SESSION_DIR");
  const auto option = [command](const char* name, std::string& value, const char* help,
                                const char* type) {
    command->add_option(name, value, help)->type_name(type);
  };
  option("--listen", state->listen, "Where it is ([monitor] listen)", "ADDR:PORT");
  option("--token-file", state->token_file, "The token that a page must show", "FILE");
  option("--tls-cert", state->tls_cert, "Certificate chain (PEM); without it: loopback only",
         "FILE");
  option("--tls-key", state->tls_key, "Its private key (PEM)", "FILE");
  command->add_flag("--beside-run", state->monitor.beside_run)->group("");
  state->config.add_to(*command);
  command->footer(
      "Its address is printed with the token that lets a page in. /metrics is for Prometheus: on\n"
      "loopback without a token, elsewhere with it (bearer). It reads the engine's counters and\n"
      "session folder, and asks it by its control socket as pause, resume and kill do.");
  return {command, [state] {
            auto& sets = state->config.sets;
            const auto set = [&sets](const char* key, const std::string& value) {
              if (!value.empty()) sets.push_back(fmt::format("monitor.{}={}", key, value));
            };
            set("listen", state->listen);
            set("token_file", state->token_file);
            set("tls_cert_file", state->tls_cert);
            set("tls_key_file", state->tls_key);
            return state->config.with([&](const Config& c) {
              state->monitor.sessions_dir = c.session.dir;
              state->monitor.where = c.monitor;
              return monitor_mode(state->monitor);
            });
          }};
}

// Hidden: what scripts/tune_host works on.
Command add_host(CLI::App& app) {
  auto options = std::make_shared<HostOptions>();
  CLI::App* command = app.add_subcommand("host", "How the host is set up, for scripts");
  command->group("");
  command->add_option("--cpus", options->cpus, "CPUs of hot threads")->type_name("LIST");
  command->add_option("--root", options->root, "In place of / (for tests)")->type_name("DIR");
  return {command, [options] { return host_mode(*options); }};
}

int parse_and_execute(int argc, char** argv) {
  CLI::App app{"A passive market-making engine.", "mm_logic"};
  app.set_version_flag("--version", build_line());
  app.require_subcommand(0, 1);
  app.footer(
      "Exit code: 0 ok, 1 failed check or broken invariant, 2 bad usage or config.\n"
      "Configuration keys: mm_logic check --keys");
  const std::vector<Command> commands{
      add_run(app),
      add_backtest(app),
      add_replay(app),
      add_report(app),
      add_explain(app),
      add_inspect(app),
      add_soak(app),
      add_check(app),
      add_record(app),
      add_watch(app),
      add_counters(app),
      add_top(app),
      add_monitor(app),
      add_host(app),
      add_venue(app),
      add_guard(app),
      add_steer(app, "pause", ControlCode::kPause, "Pull quotes of a running engine"),
      add_steer(app, "resume", ControlCode::kResume,
                "Quote again: ends pauses, trips and kills, and removes HALT"),
      add_steer(app, "kill", ControlCode::kKill,
                "Cancel all orders of running engines, and write HALT, until resume"),
      add_reload(app, "plan", plan_mode, "What another configuration would do to a running engine"),
      add_reload(app, "reload", reload_mode, "Let a running engine go on with other parameters")};
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? 0 : kBadUsage;
  }
  for (const Command& command : commands) {
    if (command.app->parsed()) return command.execute();
  }
  fmt::print("{}", app.help());
  return kBadUsage;
}

}  // namespace

int complain(const std::string& line) {
  fmt::print(stderr, "mm_logic: {}\n", line);
  return kBadUsage;
}

std::string find_unwritable(const char* option, const std::string& file,
                            std::initializer_list<std::string> made_folders) {
  namespace fs = std::filesystem;
  if (file.empty()) return {};
  const auto folder_of = [](const fs::path& path) {
    return fs::absolute(path).lexically_normal().parent_path();
  };
  const fs::path folder = folder_of(file);
  for (const std::string& made : made_folders) {
    if (!made.empty() && folder_of(fs::path(made) / "x") == folder && !fs::exists(folder))
      return {};
  }
  const std::string error = mm::find_unwritable(file);
  return error.empty() ? error : fmt::format("{} {}", option, error);
}

int run_command_line(int argc, char** argv) {
  try {
    return parse_and_execute(argc, argv);
  } catch (const std::exception& e) {
    fmt::print(stderr, "mm_logic: {}\n", e.what());
    return 1;
  }
}

}  // namespace mm::app
