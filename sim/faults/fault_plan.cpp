#include "sim/faults/fault_plan.h"

#include <fmt/format.h>

#include <algorithm>

#include "sim/random.h"

namespace mm::sim {
namespace {

// How long a window of each kind lasts at most, and how often it strikes while it is open.
struct Habit {
  std::string_view name;
  std::int32_t seconds_max;
  std::int32_t per_million;
  std::int32_t delay_ms_max;
};
constexpr std::array<Habit, kFaultKinds> kHabits{{
    {"request_lost", 30, 200'000, 0},
    {"cancel_ignored", 30, 500'000, 0},
    {"request_delayed", 30, 200'000, 4000},
    {"request_reordered", 60, 500'000, 200},
    {"request_repeated", 60, 500'000, 0},
    {"answer_lost", 30, 300'000, 0},
    {"answer_delayed", 30, 300'000, 4000},
    {"report_repeated", 60, 500'000, 10'000},
    {"report_reordered", 60, 300'000, 1000},
    {"not_found_lie", 60, 500'000, 0},
    {"foreign_report", 60, 100'000, 0},
    {"stream_silent", 20, 1'000'000, 0},
    {"session_down", 60, 1'000'000, 0},
    {"rate_limited", 20, 1'000'000, 0},
    {"banned", 20, 1'000'000, 0},
    {"post_only_storm", 10, 1'000'000, 0},
    {"no_balance", 10, 1'000'000, 0},
    {"amend_refused", 20, 700'000, 0},
    {"timestamp_refused", 5, 1'000'000, 0},
    {"symbol_halted", 30, 1'000'000, 0},
    {"tick_changed", 1, 1'000'000, 60'000},
    {"lot_changed", 1, 1'000'000, 60'000},
    {"balance_moved", 30, 1'000'000, 0},
    {"book_gap", 20, 30'000, 0},
    {"book_gap_found", 20, 30'000, 0},
    {"book_repeated", 20, 30'000, 0},
    {"book_stale_diff", 20, 30'000, 2000},
    {"snapshot_twice", 1, 1'000'000, 0},
    {"depth_frozen", 30, 1'000'000, 0},
    {"market_silent", 15, 1'000'000, 0},
    {"feed_down", 30, 1'000'000, 0},
    {"clock_ahead", 20, 1'000'000, 1500},
    {"clock_behind", 20, 1'000'000, 5000},
    {"consumer_stall", 4, 1'000'000, 0},
}};
constexpr Nanos kBetweenMax{25 * kSecond.v};

const Habit& habit(FaultKind kind) {
  return kHabits[static_cast<std::size_t>(kind)];
}

// Ends the quoting of a symbol for the rest of a run.
bool is_for_good(FaultKind kind) {
  return kind == FaultKind::kTickChanged || kind == FaultKind::kLotChanged;
}

}  // namespace

std::string_view name(FaultKind kind) {
  return habit(kind).name;
}

std::string faults_text(const FaultCounts& counts) {
  std::string text;
  for (std::size_t k = 0; k < kFaultKinds; ++k) {
    if (counts[k] == 0) continue;
    text += fmt::format("{}{} {}", text.empty() ? "faults: " : ", ", kHabits[k].name, counts[k]);
  }
  return text.empty() ? "faults: none" : text;
}

// One window after the other, some of them at the same time; never two of one kind.
FaultPlan random_plan(const PlanShape& shape) {
  Random random(shape.seed ^ 0xFA017);
  FaultPlan plan;
  std::array<Nanos, kFaultKinds> busy_until{};
  for (Nanos at = shape.quiet; at < shape.end;) {
    const auto k = static_cast<std::size_t>(random.below(static_cast<std::int64_t>(kFaultKinds)));
    const Habit& h = kHabits[k];
    const Nanos length(random.between(kSecond.v / 10, kSecond.v * h.seconds_max));
    const bool for_good = is_for_good(static_cast<FaultKind>(k));
    if (at >= busy_until[k] && (!for_good || random.below(8) == 0)) {
      Fault f{.kind = static_cast<FaultKind>(k),
              .begin = at,
              .end = std::min(at + length, shape.end),
              .per_million = h.per_million};
      if (h.delay_ms_max > 0) f.delay_max = kMillisecond * random.between(1, h.delay_ms_max);
      if (for_good || random.below(3) == 0) {
        f.instrument = static_cast<InstrumentId>(random.below(shape.instruments));
      }
      busy_until[k] = f.end + kSecond;
      plan.push_back(f);
    }
    at += Nanos(random.below(kBetweenMax.v));
  }
  return plan;
}

}  // namespace mm::sim
