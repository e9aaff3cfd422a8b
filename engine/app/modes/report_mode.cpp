// `mm_logic report`: a session's journal through the core once more, and what is seen as a page and
// as tables.
#include <fmt/format.h>
#include <simdjson.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include "engine/app/modes/modes.h"
#include "engine/app/session/replay_core.h"
#include "engine/app/session/session_ledger.h"
#include "engine/app/session/session_report.h"
#include "engine/app/session/summarize.h"
#include "engine/app/status/progress.h"
#include "engine/journal/journal_ring.h"
#include "engine/journal/replay.h"
#include "engine/report/csv.h"
#include "engine/report/iso_time.h"
#include "engine/report/report_page.h"
#include "engine/runtime/durable_file.h"

namespace mm::app {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kEventsPerLook = 1 << 16;  // at the progress

std::string read_text(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::int64_t journal_bytes(const SessionFolder& folder) {
  std::uintmax_t sum = 0;
  for (std::uint32_t segment = 0;; ++segment) {
    std::error_code error;
    const std::uintmax_t bytes = fs::file_size(segment_path(folder.journal(), segment), error);
    if (!error) sum += bytes;
    if (error && segment > 0) return static_cast<std::int64_t>(sum);
  }
}

// What is replayed, with what looks on.
class WatchedCore {
 public:
  WatchedCore(ReplayCore& core, SessionModel& model, const JournalReader& reader,
              std::int64_t bytes)
      : core_(core), model_(model), reader_(reader), bytes_(bytes) {}

  bool possible(const Event& event) const { return core_.possible(event); }
  std::uint64_t on_event(const Event& event) {
    const std::uint64_t hash = core_.on_event(event);
    model_.on_event(event, core_.commands());
    if (++events_ % kEventsPerLook == 0) {
      progress_.show(static_cast<std::int64_t>(reader_.place().bytes), bytes_, events_);
    }
    counts_.count(event.kind);
    return hash;
  }
  std::string on_config(std::string_view text) { return core_.on_config(text); }
  std::uint64_t output_hash() { return core_.output_hash(); }
  EventCounts events() const { return counts_.read(); }

 private:
  ReplayCore& core_;
  SessionModel& model_;
  const JournalReader& reader_;
  std::int64_t bytes_;
  std::uint64_t events_ = 0;
  EventCounter counts_;
  Progress progress_{"reading the journal", false};
};

// The first figure of both summaries that is not the same; empty if there is none.
std::string difference(const simdjson::dom::element& recorded, const simdjson::dom::element& now) {
  const auto differs = [&](const std::string& place) {
    for (const char* figure : {"/fills", "/position", "/pnl/total", "/pnl/realized", "/pnl/fees",
                               "/pnl/spread_capture", "/pnl/adverse_selection", "/pnl/inventory"}) {
      simdjson::dom::element a, b;
      const std::string path = place + figure;
      if (recorded.at_pointer(path).get(a) != simdjson::SUCCESS) continue;  // of an older version
      if (now.at_pointer(path).get(b) != simdjson::SUCCESS) return path;
      if (simdjson::minify(a) != simdjson::minify(b)) return path;
    }
    return std::string();
  };
  std::string found = differs("");
  simdjson::dom::object instruments;
  if (now["instruments"].get(instruments) != simdjson::SUCCESS) return found;
  for (const auto& field : instruments) {
    if (found.empty()) found = differs("/instruments/" + std::string(field.key));
  }
  return found;
}

class Report {
 public:
  explicit Report(const ReportOptions& options)
      : options_(options),
        folder_(SessionFolder::choose(options.session_dir, options.sessions_dir)) {}
  int run();

 private:
  std::string open();
  std::string open_outputs();
  bool drive();
  void judge(const ReplayResult& replayed);
  void take_summary(const EventCounts& events);
  std::string write();
  std::string write_tables();
  void tell_ledger(ReplayStatus status) const;
  void warn(std::string text);

  const ReportOptions& options_;
  SessionFolder folder_;
  std::string out_;
  JournalReader reader_;
  ReplayCore core_;
  std::optional<SessionModel> model_;
  CsvFolder csv_;
  ReportInput input_;
  bool runs_ = false, whole_ = true;
};

void Report::tell_ledger(ReplayStatus status) const {
  const std::string text = provide_ledger(folder_, status);
  if (!text.empty()) std::printf("%s\n", text.c_str());
}

void Report::warn(std::string text) {
  std::fprintf(stderr, "mm_logic: %s\n", text.c_str());
  input_.warnings.push_back(std::move(text));
  whole_ = false;
}

std::string Report::open() {
  if (folder_.path().empty()) {
    return "no session found in " + options_.sessions_dir + ": name one, or run one first";
  }
  std::error_code ignored;
  if (!fs::is_directory(folder_.path(), ignored)) return folder_.path() + ": no such session";
  const JournalRecovery left = recover_journal(folder_.path());
  runs_ = left.state == JournalRecovery::State::kInUse;
  if (const std::string text = left.text(); !text.empty()) std::printf("%s\n", text.c_str());
  if (std::string error = reader_.open(folder_.journal()); !error.empty()) return error;
  if (reader_.header().segment > 0) {
    tell_ledger(ReplayStatus::kNoBeginning);
    return folder_.path() + ": no report: " + without_beginning(folder_, reader_.header());
  }
  if (std::string error = core_.build(reader_.header()); !error.empty()) {
    return folder_.path() + ": " + error;
  }
  model_.emplace(core_.core());
  return open_outputs();
}

// An earlier report may go, and nothing else.
std::string Report::open_outputs() {
  out_ = options_.out_file.empty() ? folder_.report() : options_.out_file;
  std::error_code ignored;
  if (fs::exists(out_, ignored) && !read_text(out_).starts_with(report_beginning())) {
    return out_ + ": is there and is no report; name another file";
  }
  if (std::string error = find_unwritable(out_); !error.empty()) return error;
  if (options_.csv_dir.empty()) return {};
  if (std::string error = csv_.open(options_.csv_dir, core_.instruments().size()); !error.empty()) {
    return error;
  }
  model_->watch([this](InstrumentId id) { csv_.on_decided(core_.core(), id); });
  return {};
}

// False if nothing can be told.
bool Report::drive() {
  WatchedCore watched(core_, *model_, reader_, journal_bytes(folder_));
  const ReplayResult replayed = replay(reader_, watched);
  if (replayed.records == 0 || replayed.status == ReplayStatus::kDifferent) {
    fail(fmt::format("{}: no report: {} (its engine was {})", folder_.path(), replayed.message,
                     reader_.header().build));
    return false;
  }
  model_->finish();
  tell_ledger(replayed.status);
  judge(replayed);
  take_summary(watched.events());
  return true;
}

void Report::judge(const ReplayResult& replayed) {
  if (replayed.status == ReplayStatus::kSame) return;
  if (runs_) {
    input_.warnings.push_back("the engine runs: this is the session so far");
    return;
  }
  warn("the report is of a part of the session: " + replayed.message);
}

// What the session wrote, if it agrees with its journal; else what the journal says.
void Report::take_summary(const EventCounts& events) {
  Summary summary;
  summary.mode = reader_.header().mode;
  summary.session = folder_.path();
  summary.duration = core_.core().now() - model_->begin();
  summary.output_hash = reader_.end().output_hash;
  summarize(core_.core(), summary);
  summarize(events, summary);
  input_.summary_json = to_json(summary);
  std::error_code ignored;
  if (!whole_ || runs_ || !fs::exists(folder_.summary(), ignored)) return;
  std::string text = read_text(folder_.summary());
  simdjson::dom::parser parser, own_parser;
  simdjson::dom::element recorded, now;
  if (parser.parse(text).get(recorded) != simdjson::SUCCESS || !recorded.is_object()) {
    return warn(folder_.summary() + ": cut off or damaged; its latencies are not in the report");
  }
  if (own_parser.parse(input_.summary_json).get(now) != simdjson::SUCCESS) return;
  const std::string place = difference(recorded, now);
  if (!place.empty()) return warn(folder_.summary() + ": not what the journal says: " + place);
  input_.summary_json = std::move(text);
}

// Orders are the ledger's; a session that has none yet gets one for the moment.
std::string Report::write_tables() {
  std::error_code ignored;
  if (fs::exists(folder_.ledger(), ignored)) {
    return csv_.finish(core_.core(), *model_, folder_.ledger());
  }
  const std::string path = options_.csv_dir + "/ledger.part";
  const LedgerBuild ledger = build_ledger(folder_, path);
  std::string error = ledger.error;
  if (error.empty()) error = csv_.finish(core_.core(), *model_, path);
  remove_ledger(path);
  return error;
}

std::string Report::write() {
  input_.session = folder_.name();
  input_.mode = reader_.header().mode;
  input_.build = reader_.header().build;
  input_.config = reader_.header().config;
  for (const ReplayCore::Reload& r : core_.reloads()) {
    input_.reloads.push_back(fmt::format("{}: {}", iso_time(r.time), r.changes));
  }
  const std::string page = report_page(report_json(input_, core_.core(), *model_));
  if (std::string error = write_durably(out_, page); !error.empty()) return error;
  std::printf("%s: %zu kB\n", out_.c_str(), page.size() / 1000);
  if (!csv_.is_open()) return {};
  if (std::string error = write_tables(); !error.empty()) return error;
  std::printf("%s: fills.csv, orders.csv, quotes.csv, equity.csv\n", options_.csv_dir.c_str());
  return {};
}

int Report::run() {
  if (std::string error = open(); !error.empty()) return fail(error);
  if (!drive()) return 1;
  if (std::string error = write(); !error.empty()) return fail(error);
  return whole_ ? 0 : 1;
}

}  // namespace

int report_mode(const ReportOptions& options) {
  return Report(options).run();
}

}  // namespace mm::app
