// What a session came to: the plain data of summary.json and of the summary on the terminal.
//
// Filled by the mode that ran the session, when it is over; any thread, cold. Amounts and shares
// are exact integers here and decimal text outside; a share is in hundredths of a percent.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/core/pnl_split.h"
#include "engine/core/types.h"

namespace mm {

struct OrderSummary {
  std::int64_t placed = 0, amended = 0, cancelled = 0, rejected = 0, denied = 0, filled = 0;
};

// Quote currency; total() = realized + unrealized - fees = parts.sum() - fees, exactly.
struct PnlSummary {
  Money realized{}, unrealized{}, fees{};
  PnlParts parts{};
  Money total() const { return realized + unrealized - fees; }
};

// What was sent against what cancel-and-place would have sent, in one of the venue's budgets.
struct BudgetSummary {
  std::int64_t sent = 0, cancel_place_equivalent = 0;
};
struct RequestSummary {
  BudgetSummary raw{}, weight{}, orders{};
  std::int64_t saved_pct_hundredths = 0;
  std::int64_t amend_saved_pct_hundredths = 0;
};

// The part of a summary that exists for the whole session and for each instrument.
struct Results {
  std::int64_t events_in = 0;
  OrderSummary orders{};
  std::int64_t fills = 0;
  std::optional<Amount> position{};  // base; of the whole only if it has one instrument
  PnlSummary pnl{};
  std::int64_t quote_uptime_pct_hundredths = 0;
  RequestSummary requests{};
  // Anything more, in this order: last price, nearest quote against the market's range, seconds for
  // each reason to quote or not, resets, fees in an asset without a price. Of the whole only if it
  // has one instrument.
  std::vector<std::pair<std::string, std::string>> details{};
};

struct LatencySummary {
  std::string stage{};
  std::int64_t p50 = 0, p99 = 0, p999 = 0, max = 0, count = 0;  // ns
  std::string hgrm{};  // the whole distribution, for a file of its own
};

// A hot thread and what stood in its way. What the system counts is of the time after warm-up.
struct ThreadSummary {
  // Its part in the thread's turns.
  struct Agent {
    std::string name{};
    std::int64_t turn_ns_max = 0, stalls = 0;
  };
  std::string agents{};                             // in the order of their turns
  std::int64_t turn_ns_max = 0, stalls = 0;         // turns of more than a millisecond
  std::int64_t hiccup_ns_max = 0, hiccups = 0;      // turns without work of more than 10 us
  std::optional<std::int64_t> faults, preemptions;  // none: it never was warm
  std::vector<Agent> turns{};
};

// What was read of captures, and how often it was of no use, for each reason there is.
struct CaptureSummary {
  struct Problem {
    std::string key, name;  // for JSON, for people
    std::int64_t count = 0;
  };
  std::int64_t lines = 0, messages = 0;
  std::int64_t ignored = 0;    // messages of streams that are known and of no use: markPrice, ...
  std::int64_t bad_lines = 0;  // those that say nothing because they are broken
  std::vector<Problem> problems{};
};

struct Summary {
  std::string mode{};
  std::string session{};  // folder
  Nanos duration{};       // core time from first to last event
  Nanos wall{};           // how long it took
  Results total{};
  std::vector<std::pair<std::string, Results>> instruments{};      // by symbol
  std::vector<std::pair<std::string, std::int64_t>> invariants{};  // name, violations
  std::vector<LatencySummary> latency{};
  std::vector<std::pair<std::string, std::int64_t>> events{};    // kind, count
  std::vector<std::pair<std::string, std::string>> simulator{};  // what fills were simulated with
  std::optional<CaptureSummary> capture{};                       // of a backtest
  std::vector<std::string> notes{};                              // sentences for the reader
  std::int64_t hot_path_allocations = 0;
  std::vector<ThreadSummary> threads{};  // of a run in real time
  std::int64_t journal_lost = 0;  // records that the disk, or the journal's thread, did not take
  std::uint64_t output_hash = 0;

  std::int64_t violations() const;
  // Page faults of all hot threads; none if nobody counted.
  std::optional<std::int64_t> hot_path_faults() const;
};

// summary.json: valid JSON, stable order, amounts as decimal strings.
std::string to_json(const Summary& summary);
// For the terminal, at most 100 columns; with colour only where it carries a warning.
std::string to_text(const Summary& summary, bool colour);

}  // namespace mm
