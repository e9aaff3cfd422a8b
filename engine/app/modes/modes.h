// The modes of mm_logic: one function each, called by the command line with a valid config.
//
// Main thread; a mode owns whatever threads it starts and has joined them when it returns. The
// result is the exit code: 0 ok, 1 a failed check or a broken invariant, 2 bad usage or config.
// Options that are also config keys (--seed, --scenario) have become part of the config already.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "engine/app/config/config.h"
#include "engine/core/event.h"
#include "sim/faults/fault_scenarios.h"

namespace mm::app {

enum class VenueMode : std::uint8_t { kSim, kPaper, kLive };
enum class Speed : std::uint8_t { kRealtime, kMax };
enum class View : std::uint8_t { kStatus, kOrders };

struct RunOptions {
  VenueMode mode = VenueMode::kSim;
  Speed speed = Speed::kRealtime;
  View view = View::kStatus;
  std::int64_t seconds = 0;                    // 0: until stopped
  bool quiet = false;                          // no live status
  std::string json_file;                       // empty: none
  std::string session_dir;                     // empty: a new folder in [session] dir
  bool guard = false;                          // live: start one beside it
  bool monitor = false;                        // start the web dashboard beside it
  const sim::FaultScenario* faults = nullptr;  // what goes wrong, simulation only
};
int run_mode(const RunOptions& options, const Config& config);

struct BacktestOptions {
  std::vector<std::string> captures;
  std::string json_file;
  std::string session_dir;
};
int backtest_mode(const BacktestOptions& options, const Config& config);

struct ReplayOptions {
  std::string session_dir;  // empty: the newest in `sessions_dir`
  std::string sessions_dir = "sessions";
};
int replay_mode(const ReplayOptions& options);

struct ReportOptions {
  std::string session_dir;  // empty: the newest in `sessions_dir`
  std::string sessions_dir = "sessions";
  std::string out_file;  // empty: report.html in the session's folder
  std::string csv_dir;   // empty: no tables
};
int report_mode(const ReportOptions& options);

struct ExplainOptions {
  std::string session_dir;  // empty: the newest in `sessions_dir`
  std::string sessions_dir = "sessions";
  std::string order;  // a client order id, a venue's number, or all
  std::string at;
  std::string level;   // bid:1
  std::string symbol;  // of `at` and `level`; empty: all
};
int explain_mode(const ExplainOptions& options);

struct SteerOptions {
  Control control{};
  std::string session_dir;  // empty: the newest in `sessions_dir` whose engine runs
  std::string sessions_dir = "sessions";
};
int steer_mode(const SteerOptions& options);

struct ReloadOptions {
  std::string session_dir;  // empty: the newest in `sessions_dir` whose engine runs
  std::string sessions_dir = "sessions";
};
// Reads the new configuration and checks it as `check` does; where no file is named it is the one
// in force in that session, with the keys of the command line over it.
using NewConfig = std::function<ConfigLoad(const std::string& session)>;
int plan_mode(const ReloadOptions& options, const NewConfig& load);
int reload_mode(const ReloadOptions& options, const NewConfig& load);

struct GuardOptions {
  std::string session_dir;  // empty: the newest in `sessions_dir`
  std::string sessions_dir = "sessions";
  bool wait = false;              // until one there may have orders
  std::vector<std::string> sets;  // over the session's own config
};
int guard_mode(const GuardOptions& options);

struct RecordOptions {
  std::string out_file;
  std::int64_t seconds = 0;  // 0: until stopped
};
int record_mode(const RecordOptions& options, const Config& config);

struct WatchOptions {
  std::int64_t seconds = 0;  // 0: until stopped
};
int watch_mode(const WatchOptions& options, const Config& config);

struct SoakOptions {
  std::uint64_t first = 1, last = 100;
  std::int64_t hours = 0;  // of each seed; 0: ten minutes
  int jobs = 1;
  bool verbose = false;
  std::string json_file;          // empty: none
  std::vector<std::string> sets;  // over what each seed chooses
};
int soak_mode(const SoakOptions& options);

struct CountersOptions {
  std::string session_dir;  // empty: the newest in `sessions_dir`
  std::string sessions_dir = "sessions";
  bool prometheus = false;  // in Prometheus' text format
};
int counters_mode(const CountersOptions& options);

struct TopOptions {
  std::string session_dir;  // empty: of an engine that runs, live ones first, else the newest
  std::string sessions_dir = "sessions";
  bool once = false;  // one page as plain text
};
int top_mode(const TopOptions& options);

struct MonitorOptions {
  std::vector<std::string> sessions;  // empty: whatever runs in `sessions_dir`, else the newest
  std::string sessions_dir = "sessions";
  MonitorConfig where;
  bool beside_run = false;  // started by a run, and ends with it
};
int monitor_mode(const MonitorOptions& options);

struct HostOptions {
  std::string cpus;  // of hot threads, as "2-3"; empty: host_tuning.h says which
  std::string root = "/";
};
int host_mode(const HostOptions& options);

// One line each about config, CPUs, threads, memory, clock, host and session folder; for paper and
// live about the venue too, and for live about the account.
int check_mode(const ConfigLoad& load, VenueMode mode);

}  // namespace mm::app
