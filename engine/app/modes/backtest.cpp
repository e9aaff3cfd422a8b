// `mm_logic backtest`: recorded captures through the same core, against the simulated venue.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "engine/app/config/sim_setup.h"
#include "engine/app/control/stop_signal.h"
#include "engine/app/edges/capture_source.h"
#include "engine/app/modes/modes.h"
#include "engine/app/session/session_report.h"
#include "engine/app/soak/virtual_run.h"
#include "engine/app/status/progress.h"

namespace mm::app {
namespace {

CaptureSummary capture_summary(const CaptureFeed& feed) {
  const binance::FeedCounters counters = feed.counters();
  CaptureSummary summary{.lines = static_cast<std::int64_t>(feed.lines()),
                         .messages = static_cast<std::int64_t>(counters.messages),
                         .ignored = static_cast<std::int64_t>(counters.ignored),
                         .bad_lines = static_cast<std::int64_t>(feed.problems().bad_lines()),
                         .problems = {}};
  feed.problems().for_each([&summary](FeedProblem p, std::uint64_t count) {
    summary.problems.push_back({key(p), name(p), static_cast<std::int64_t>(count)});
  });
  return summary;
}

class Backtest {
 public:
  Backtest(const BacktestOptions& options, const Config& config)
      : options_(options), config_(config) {}

  int run();

 private:
  std::string open_captures();
  std::string open_session();
  bool had_book() const;
  void say_problems();
  int finish(const Clock& clock, Nanos begun, bool cut_short);

  const BacktestOptions& options_;
  const Config& config_;
  std::unique_ptr<CaptureFeed> feed_;
  std::vector<Instrument> instruments_;
  std::unique_ptr<CaptureSource> source_;
  std::unique_ptr<sim::SimVenue> venue_;
  SessionRecord record_;
  std::unique_ptr<VirtualRun<CaptureSource>> run_;
  Nanos first_{};
};

std::string Backtest::open_captures() {
  CaptureFeed::Opened opened = CaptureFeed::open(capture_options(config_, options_.captures));
  if (!opened.error.empty()) return opened.error;
  feed_ = std::move(opened.feed);
  for (const std::string& note : feed_->notes()) std::fprintf(stderr, "%s\n", note.c_str());
  source_ = std::make_unique<CaptureSource>(*feed_);
  instruments_.assign(feed_->instruments().begin(), feed_->instruments().end());
  for (Instrument& i : instruments_) i.own_wallet = true;
  return {};
}

std::string Backtest::open_session() {
  venue_ = make_observing_venue(config_, instruments_);
  return record_.open(config_, options_.session_dir, "backtest", instruments_, feed_->scan().first,
                      {}, feed_->units());
}

void Backtest::say_problems() {
  feed_->problems().take_unsaid([](FeedProblem problem, std::string_view where) {
    std::fprintf(stderr, "%s: %.*s (said once)\n", name(problem), static_cast<int>(where.size()),
                 where.data());
  });
}

bool Backtest::had_book() const {
  for (InstrumentId i = 0; i < instruments_.size(); ++i) {
    const InstrumentState& s = run_->core().instrument(i);
    if (s.marked || has_book(s.market)) return true;  // it may have ended without one
  }
  return false;
}

int Backtest::run() {
  if (std::string error = open_captures(); !error.empty()) return fail(error);
  for (const Instrument& i : instruments_) {
    std::string error = validate_symbol(config_, i.symbol());
    if (error.empty()) continue;
    fail(error);
    return 2;
  }
  if (std::string error = open_session(); !error.empty()) return fail(error);
  run_ = std::make_unique<VirtualRun<CaptureSource>>(config_, instruments_, *venue_,
                                                     record_.journal());
  const Clock clock;
  const StopSignal signals;
  Progress progress("backtest", false);
  const Nanos begun = clock.now();
  run_->begin(*source_);
  first_ = run_->now();
  bool more = true;
  while (!StopSignal::requested() &&
         (more = run_->advance(run_->now() + kSecond * 10, StopSignal::requested))) {
    record_.follow(SessionRecord::kAllRecords);
    say_problems();
    progress.show(static_cast<std::int64_t>(feed_->bytes_read()),
                  static_cast<std::int64_t>(feed_->bytes_total()), run_->events_in());
  }
  progress.close();
  say_problems();
  if (!had_book()) {
    record_.discard();
    return fail(more ? "stopped before the capture had a book" : no_book_text(*feed_));
  }
  return finish(clock, begun, more);
}

int Backtest::finish(const Clock& clock, Nanos begun, bool cut_short) {
  Summary summary;
  summary.mode = "backtest";
  const Nanos wall = clock.now() - begun;
  const std::uint64_t events = run_->events_in();
  const bool flat = run_->shut_down();
  summary.duration = run_->now() - first_;
  summary.wall = wall;
  run_->summarize_into(summary);
  summarize(config_, summary);
  summary.invariants.emplace_back("flat_at_end", flat && venue_->open_orders() == 0 ? 0 : 1);
  summary.invariants.emplace_back("venue_position", venue_differences(run_->core(), *venue_));
  summary.capture = capture_summary(*feed_);
  for (const std::string& note : feed_->notes()) summary.notes.push_back(note);
  if (cut_short) {
    summary.notes.push_back(
        fmt::format("stopped by a signal after {} of {} bytes: the rest of the "
                    "captures is not in these figures",
                    feed_->bytes_read(), feed_->bytes_total()));
  }
  const std::int64_t us = std::max<std::int64_t>(1, wall.v / 1000);
  summary.notes.push_back(
      fmt::format("{} core events and {} lines in {} ms: {} events/s, {} lines/s", events,
                  feed_->lines(), us / 1000, static_cast<std::int64_t>(events) * 1'000'000 / us,
                  static_cast<std::int64_t>(feed_->lines()) * 1'000'000 / us));
  const std::string unrecorded = record_.close(run_->output_hash(), run_->commands_out(),
                                               run_->now(), summary, options_.json_file);
  return report_session(summary, unrecorded);
}

}  // namespace

int backtest_mode(const BacktestOptions& options, const Config& config) {
  return std::make_unique<Backtest>(options, config)->run();
}

}  // namespace mm::app
