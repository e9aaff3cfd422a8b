#include "sim/faults/fault_scenarios.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace mm::sim {
namespace {

using enum FaultKind;

constexpr Nanos at(std::int64_t seconds) {
  return kSecond * seconds;
}
constexpr std::int64_t kAlways = 1'000'000;  // seconds: as long as the run is
constexpr std::int32_t kEach = 1'000'000, kHalf = 500'000, kSome = 200'000;

// The first fault comes at 8 s: by then the default configuration quotes.
Fault window(FaultKind kind, std::int64_t begin_s, std::int64_t end_s, std::int32_t per_million,
             std::int64_t delay_ms = 500) {
  return {.kind = kind,
          .begin = at(begin_s),
          .end = at(end_s),
          .per_million = per_million,
          .delay_max = kMillisecond * delay_ms};
}

FaultPlan nothing() {  // the market and the keys are enough
  return {};
}
FaultPlan late_acks() {
  return {window(kAnswerLost, 8, 60, kHalf), window(kAnswerDelayed, 8, 60, kHalf, 4000)};
}
FaultPlan not_found() {
  return {window(kAnswerLost, 8, 60, kHalf), window(kNotFoundLie, 8, 70, kEach),
          window(kRequestDelayed, 20, 60, kSome, 4000)};
}
FaultPlan blackout() {
  return {window(kSessionDown, 10, 70, kEach), window(kFeedDown, 11, 69, kEach)};
}
FaultPlan late_cancels() {
  return {window(kRequestDelayed, 8, 120, kHalf, 2000)};
}
FaultPlan ignored_cancels() {
  return {window(kCancelIgnored, 8, 60, kHalf)};
}
FaultPlan foreign_orders() {
  return {window(kForeignReport, 8, 120, kHalf)};
}
FaultPlan repeated_reports() {
  return {window(kReportRepeated, 8, 120, kHalf, 5000),
          window(kReportReordered, 8, 120, kHalf, 500)};
}
FaultPlan silent_stream() {
  return {window(kStreamSilent, 10, 30, kEach)};
}
FaultPlan frozen_market() {
  return {window(kMarketSilent, 10, 55, kEach), window(kDepthFrozen, 70, 100, kEach)};
}
FaultPlan broken_book() {
  return {window(kBookGap, 8, 30, kSome),        window(kBookGapFound, 30, 50, kSome),
          window(kBookRepeated, 50, 60, kSome),  window(kBookStaleDiff, 60, 70, kSome, 1000),
          window(kSnapshotTwice, 80, 81, kEach), window(kSnapshotTwice, 90, 91, kEach)};
}
FaultPlan crossing_storm() {
  return {window(kPostOnlyStorm, 10, 30, kEach)};
}
FaultPlan no_balance() {
  return {window(kNoBalance, 10, 70, kEach)};
}
FaultPlan banned() {
  return {window(kRateLimited, 10, 30, kEach), window(kBanned, 30, 50, kEach)};
}
FaultPlan clock_jumps() {
  return {window(kClockAhead, 10, 20, kEach, 1200), window(kTimestampRefused, 10, 14, kEach),
          window(kClockBehind, 30, 40, kEach, 3000)};
}
FaultPlan hard_stop() {
  return {window(kCancelIgnored, 8, kAlways, kHalf), window(kAnswerLost, 8, kAlways, kSome)};
}
FaultPlan trip() {
  return {window(kCancelIgnored, 1, 20, kEach), window(kAnswerLost, 1, 60, kSome)};
}
FaultPlan stalls() {
  return {window(kConsumerStall, 10, 12, kEach), window(kConsumerStall, 20, 24, kEach)};
}
// All symbols first; then the venue changes one symbol's tick and another's lot, which is noticed
// 20 s later.
FaultPlan halt() {
  FaultPlan plan{window(kSymbolHalted, 10, 40, kEach), window(kTickChanged, 60, 61, kEach, 20'000),
                 window(kLotChanged, 100, 101, kEach, 20'000)};
  plan[1].instrument = 0;
  plan[2].instrument = 1;
  return plan;
}
FaultPlan reconnects() {
  FaultPlan plan;
  for (std::int64_t s = 10; s < 120; s += 10) {
    plan.push_back(window(kSessionDown, s, s + 1, kEach));
    plan.push_back(window(kFeedDown, s, s + 2, kEach));
  }
  return plan;
}
FaultPlan refused_amends() {
  return {window(kAmendRefused, 8, 60, kEach)};
}
// What is in the way is still there, or is believed to be.
FaultPlan jumps() {
  return {window(kRequestDelayed, 8, 120, kHalf, 2000),
          window(kReportReordered, 8, 120, kHalf, 2000), window(kCancelIgnored, 8, 120, kSome)};
}
FaultPlan second_engine() {
  return {window(kBalanceMoved, 10, 60, kEach), window(kNoBalance, 20, 40, kHalf)};
}
FaultPlan by_hand() {
  return {window(kForeignReport, 8, 120, kEach), window(kBalanceMoved, 10, 120, kHalf)};
}
FaultPlan a_day() {
  FaultPlan plan =
      random_plan({.seed = 25, .quiet = at(60), .end = at(24 * 3600 - 120), .instruments = 22});
  // At the end of the day nobody would quote any more.
  std::erase_if(plan,
                [](const Fault& f) { return f.kind == kTickChanged || f.kind == kLotChanged; });
  return plan;
}

// What is not here needs the venue behind a socket, or two processes: half-open sockets and resets
// (S3), kill -9 and a restart (S15).
constexpr FaultScenario kScenarios[] = {
    {"S1", "Requests are carried out, their answers come late or never",
     "Unknown orders are asked for and stay counted; nothing is placed twice", late_acks, ""},
    {"S2", "The venue does not find an order that is alive, and finds it later",
     "No young order is given up for a \"not found\"", not_found, ""},
    {"S3", "No network for a minute, with orders live and filled meanwhile",
     "Missed fills are counted once, every order is found again", blackout, ""},
    {"S4", "Cancels come after the fill", "The fill counts, the cancel's refusal ends nothing",
     late_cancels, "order_management.reset_interval=15"},
    {"S5", "Half of the cancels are ignored", "They are sent again until the order is gone",
     ignored_cancels, "order_management.reset_interval=15"},
    {"S6", "Reports of orders that are not ours", "They are left alone", foreign_orders, ""},
    {"S7", "Reports come twice and out of order", "Each fill counts once, no order comes back",
     repeated_reports, ""},
    {"S8", "The user stream is silent while orders are filled, the market is fine",
     "The exposure stays bounded; what a list does not show is asked for", silent_stream, ""},
    {"S9", "The market stands still on a live connection, later its depth alone",
     "Quotes are pulled after max_data_age_ms: stale_data", frozen_market, ""},
    {"S10", "Diffs are missing, repeated, late; a snapshot is older than the stream",
     "No quote on a broken book; a snapshot heals it", broken_book, ""},
    {"S11", "Every place would cross", "The post-only breaker opens, then quotes return",
     crossing_storm, ""},
    {"S12", "Every place is refused for balance", "The circuit breaker opens, then quotes return",
     no_balance, ""},
    {"S13", "429 with Retry-After, then a 418 ban, with orders live",
     "Nothing is sent before the time named", banned,
     "strategy.target_orders_per_side=6 execution.modify_rate_limit=20"},
    {"S14", "The clock jumps +1.2 s (requests are refused as -1021), later -3 s",
     "Quotes pause and return", clock_jumps, "risk.max_data_age_ms=2500"},
    {"S15", "A stop while cancels and answers are lost", "Stopped means that no order is left",
     hard_stop, ""},
    {"S16", "A loss limit trips while every cancel is ignored, for 20 s",
     "They are sent again until everything is pulled, and it stays so until a resume", trip,
     "risk.max_drawdown=1 strategy.target_orders_per_side=6 strategy.max_spread=0.02 "
     "execution.modify_rate_limit=20"},
    {"S17", "The consumer takes nothing for 2 s, then for 4 s",
     "Old data are seen as such: own_lag; nothing is lost", stalls, ""},
    {"S18", "Fees in a third asset, with a rebate", "Profit counts them at their price", nothing,
     "fees.asset=BNB fees.maker=-0.0001 fees.price_BNB=600"},
    {"S19", "All symbols are halted for 30 s; then one's tick, another's lot is another",
     "Nothing is sent, quotes return; the new grid halts its symbol alone, for good", halt,
     "venue.symbols=BTCUSDT,ETHUSDT,SOLUSDT"},
    {"S20", "All connections are renewed every 10 s", "Fills in between are counted once",
     reconnects, ""},
    {"S21", "Every amend is refused by the matching",
     "Back-off, then a cancel; the order is as it was", refused_amends,
     "risk.max_position_notional=3000"},
    {"S22", "The market jumps over our levels, with requests and reports late",
     "Own orders never cross, nothing takes", jumps,
     "market.scenario=jumpy strategy.min_spread=0.0001 strategy.modify_threshold=0.0001 "
     "risk.max_price_change=0"},
    {"S23", "A second engine uses most of the balance", "Levels shrink or are left out",
     second_engine, "simulator.balance_quote=6000 simulator.balance_base=2"},
    {"S24", "A person trades on the account", "Our position is that of our fills", by_hand, ""},
    {"S25", "24 virtual hours of everything, 22 symbols, few events",
     "Memory does not grow, the books agree", a_day,
     "venue.symbols=AAAUSDT,BBBUSDT,CCCUSDT,DDDUSDT,EEEUSDT,FFFUSDT,GGGUSDT,HHHUSDT,IIIUSDT,"
     "JJJUSDT,"
     "KKKUSDT,LLLUSDT,MMMUSDT,NNNUSDT,OOOUSDT,PPPUSDT,QQQUSDT,RRRUSDT,SSSUSDT,TTTUSDT,UUUUSDT,"
     "VVVUSDT market.scenario=quiet market.updates_per_s=1 market.orders_per_s=1 "
     "market.trades_per_s=1 market.depth_levels=20 strategy.min_spread=0.0002 "
     "strategy.max_spread=0.001 risk.max_order_count=200 risk.max_daily_loss=1000000",
     24},
};

}  // namespace

std::span<const FaultScenario> fault_scenarios() {
  return kScenarios;
}

std::int64_t seconds_of(const FaultScenario& scenario) {
  constexpr Nanos kAfterwards = at(60);
  if (scenario.hours > 0) return scenario.hours * 3600;
  Nanos end{};
  for (const Fault& fault : scenario.plan()) end = std::max(end, fault.end);
  return end == Nanos(0) || end >= at(kAlways) ? 0 : (end + kAfterwards).v / kSecond.v;
}

const FaultScenario* find_fault_scenario(std::string_view name) {
  const auto* found = std::ranges::find(kScenarios, name, &FaultScenario::name);
  return found == std::end(kScenarios) ? nullptr : found;
}

std::string fault_scenario_list() {
  std::string list;
  for (const FaultScenario& s : kScenarios) {
    list += fmt::format("  {:<4} {}\n       {}\n", s.name, s.happens, s.expected);
  }
  return list;
}

}  // namespace mm::sim
