#include "sim/faults/fault_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>

#include "sim/random.h"

namespace mm::sim {
namespace {

// Where a kind happens, how long a window of it lasts at most, and how often it strikes while it is
// open.
constexpr std::uint8_t kProcess = 1, kSocket = 2, kRest = 4;
constexpr std::uint8_t kStreamed = kProcess | kSocket, kEverywhere = kProcess | kSocket | kRest;
struct Habit {
  std::string_view name;
  std::uint8_t paths;
  std::int32_t seconds_max;
  std::int32_t per_million;
  std::int32_t delay_ms_max;
};
// What is kStreamed is of a stream, or of a connection that stays: REST has neither. Of the others:
// - book_gap is between feed and core; over a wire it is the feed that numbers what the core gets,
//   so whatever is missing there is a gap that the feed finds.
// - snapshot_twice: snapshots are asked for over REST.
// - slow_venue is about bytes. In process there are messages: those are late by request_delayed,
//   answer_delayed and consumer_stall.
// - list_lag: in process the core is told of orders, and no lists are read.
constexpr std::array<Habit, kFaultKinds> kHabits{{
    {"request_lost", kEverywhere, 30, 200'000, 0},
    {"cancel_ignored", kEverywhere, 30, 500'000, 0},
    {"request_delayed", kEverywhere, 30, 200'000, 4000},
    {"request_reordered", kEverywhere, 60, 500'000, 200},
    {"request_repeated", kEverywhere, 60, 500'000, 0},
    {"answer_lost", kEverywhere, 30, 300'000, 0},
    {"answer_delayed", kEverywhere, 30, 300'000, 4000},
    {"status_unknown", kEverywhere, 30, 300'000, 0},
    {"report_repeated", kStreamed, 60, 500'000, 10'000},
    {"report_reordered", kStreamed, 60, 300'000, 1000},
    {"not_found_lie", kEverywhere, 60, 500'000, 0},
    {"cancel_lie", kEverywhere, 30, 50'000, 0},
    {"foreign_report", kStreamed, 60, 100'000, 0},
    {"stream_silent", kStreamed, 20, 1'000'000, 0},
    {"session_down", kStreamed, 60, 1'000'000, 0},
    {"rate_limited", kEverywhere, 20, 1'000'000, 0},
    {"banned", kEverywhere, 20, 1'000'000, 0},
    {"post_only_storm", kEverywhere, 10, 1'000'000, 0},
    {"no_balance", kEverywhere, 10, 1'000'000, 0},
    {"amend_refused", kEverywhere, 20, 700'000, 0},
    {"timestamp_refused", kEverywhere, 5, 1'000'000, 0},
    {"symbol_halted", kEverywhere, 30, 1'000'000, 0},
    {"tick_changed", kEverywhere, 1, 1'000'000, 60'000},
    {"lot_changed", kEverywhere, 1, 1'000'000, 60'000},
    {"balance_moved", kEverywhere, 30, 1'000'000, 0},
    {"book_gap", kProcess, 20, 30'000, 0},
    {"book_gap_found", kStreamed, 20, 30'000, 0},
    {"book_repeated", kStreamed, 20, 30'000, 0},
    {"book_stale_diff", kStreamed, 20, 30'000, 2000},
    {"snapshot_twice", kProcess | kRest, 1, 1'000'000, 0},
    {"depth_frozen", kStreamed, 30, 1'000'000, 0},
    {"market_silent", kStreamed, 15, 1'000'000, 0},
    {"feed_down", kStreamed, 30, 1'000'000, 0},
    {"clock_ahead", kEverywhere, 20, 1'000'000, 1500},
    {"clock_behind", kEverywhere, 20, 1'000'000, 5000},
    {"consumer_stall", kStreamed, 4, 1'000'000, 0},
    {"server_shutdown", kStreamed, 10, 1'000'000, 0},
    {"slow_venue", kSocket | kRest, 20, 1'000'000, 0},
    {"half_open", kStreamed, 20, 1'000'000, 0},
    {"list_lag", kSocket | kRest, 30, 500'000, 2000},
}};
constexpr Nanos kBetweenMax{25 * kSecond.v};

const Habit& habit(FaultKind kind) {
  return kHabits[static_cast<std::size_t>(kind)];
}

FaultKinds these(std::initializer_list<FaultKind> list) {
  FaultKinds kinds;
  for (const FaultKind kind : list) kinds.set(static_cast<std::size_t>(kind));
  return kinds;
}

}  // namespace

std::string_view name(FaultKind kind) {
  return habit(kind).name;
}

std::optional<FaultKind> find_fault(std::string_view name) {
  const auto found = std::ranges::find(kHabits, name, &Habit::name);
  if (found == kHabits.end()) return std::nullopt;
  return static_cast<FaultKind>(found - kHabits.begin());
}

Fault typical_fault(FaultKind kind, Nanos begin, Nanos end) {
  const Habit& h = habit(kind);
  Fault fault{.kind = kind, .begin = begin, .end = end, .per_million = h.per_million};
  if (h.delay_ms_max > 0) fault.delay_max = kMillisecond * h.delay_ms_max;
  return fault;
}

FaultKinds faults_on(FaultPath path) {
  FaultKinds kinds;
  for (std::size_t k = 0; k < kFaultKinds; ++k) {
    kinds[k] = (kHabits[k].paths & static_cast<std::uint8_t>(path)) != 0;
  }
  return kinds;
}
FaultKinds simulated_faults() {
  return faults_on(FaultPath::kInProcess);
}
FaultKinds wire_faults() {
  return faults_on(FaultPath::kWebSocket) | faults_on(FaultPath::kRest);
}
FaultKinds lasting_faults() {
  return these({FaultKind::kTickChanged, FaultKind::kLotChanged});
}
FaultKinds cancel_faults() {
  return these({FaultKind::kRequestLost, FaultKind::kCancelIgnored, FaultKind::kRequestDelayed,
                FaultKind::kRequestReordered, FaultKind::kAnswerLost, FaultKind::kAnswerDelayed,
                FaultKind::kStatusUnknown, FaultKind::kNotFoundLie, FaultKind::kCancelLie,
                FaultKind::kStreamSilent, FaultKind::kSessionDown, FaultKind::kBanned,
                FaultKind::kTimestampRefused, FaultKind::kConsumerStall, FaultKind::kHalfOpen});
}

std::string names(const FaultKinds& kinds, std::string_view between) {
  std::string text;
  for (std::size_t k = 0; k < kFaultKinds; ++k) {
    if (kinds[k]) text += fmt::format("{}{}", text.empty() ? "" : between, kHabits[k].name);
  }
  return text;
}

std::string faults_text(const FaultCounts& counts, const FaultKinds& always) {
  std::string text;
  for (std::size_t k = 0; k < kFaultKinds; ++k) {
    if (counts[k] == 0 && !always[k]) continue;
    text += fmt::format("{}{} {}", text.empty() ? "faults: " : ", ", kHabits[k].name, counts[k]);
  }
  return text.empty() ? "faults: none" : text;
}

// One window after the other, some of them at the same time; never two of one kind.
FaultPlan random_plan(const PlanShape& shape) {
  Random random(shape.seed ^ 0xFA017);
  FaultPlan plan;
  const FaultKinds lasting = lasting_faults();
  std::vector<std::size_t> kinds;
  for (std::size_t k = 0; k < kFaultKinds; ++k) {
    if (shape.kinds[k]) kinds.push_back(k);
  }
  std::vector<std::size_t> left = kinds;
  std::array<Nanos, kFaultKinds> busy_until{};
  for (Nanos at = shape.quiet; at < shape.end && !kinds.empty();) {
    const auto drawn = left.begin() + random.below(std::ssize(left));
    const std::size_t k = *drawn;
    if (shape.in_turn) left.erase(drawn);
    if (left.empty()) left = kinds;
    const Habit& h = kHabits[k];
    const Nanos length(random.between(kSecond.v / 10, kSecond.v * h.seconds_max));
    const bool for_good = lasting[k];
    if (at >= busy_until[k] && (!for_good || random.below(8) == 0)) {
      Fault f = typical_fault(static_cast<FaultKind>(k), at, std::min(at + length, shape.end));
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
