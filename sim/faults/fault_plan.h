// What goes wrong between engine and venue, and when: a list of windows of time.
//
// Plain data, made before start (by hand, by a scenario or by chance), constant afterwards. Faults
// keep to what a live gateway promises the core: an answer may be late, lost or contradicted, but
// comes once (it is matched to its request); reports of the user stream may repeat; no fill is lost
// for good; no request older than recvWindow is carried out. One table (fault_plan.cpp) says of
// each kind how often, how long, and where it happens: in process, on the WebSockets of the venue
// server, over its REST; and why not elsewhere.
#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/types.h"

namespace mm::sim {

enum class FaultKind : std::uint8_t {
  // Requests.
  kRequestLost,
  kCancelIgnored,     // only cancels are lost
  kRequestDelayed,    // and everything behind it on its connection
  kRequestReordered,  // overtaken by requests of other orders
  kRequestRepeated,   // cancels and questions only: a place that comes twice is two orders
  // Answers and reports.
  kAnswerLost,      // the request was carried out
  kAnswerDelayed,   // fills go past it: they come before the ack
  kStatusUnknown,   // 5xx, -1006, -1007: whether it was carried out nobody says
  kReportRepeated,  // the same report again, later
  kReportReordered,
  kNotFoundLie,    // a question is answered "not found" while the order is young and alive
  kCancelLie,      // a cancel is answered as done, and the order lives; a list shows it later
  kForeignReport,  // of orders that are not ours
  kStreamSilent,   // no fills are told until the session has reconciled
  kSessionDown,
  // Refusals.
  kRateLimited,       // 429: quotes are refused until the end
  kBanned,            // 418: everything is
  kPostOnlyStorm,     // every place would cross; of a replace the cancel has been done then
  kNoBalance,         // every place is refused for balance, likewise
  kAmendRefused,      // every amend is refused by the matching
  kTimestampRefused,  // -1021
  kSymbolHalted,
  kTickChanged,   // ten times as coarse, while orders rest; what is not on it is refused
  kLotChanged,    // likewise. Either is noticed after delay_max, and halts the symbol for good
  kBalanceMoved,  // somebody else uses most of what is free
  // Market data.
  kBookGap,        // a message from the feed is missing and the core finds out
  kBookGapFound,   // a diff is missing and the feed finds out
  kBookRepeated,   // a diff comes twice
  kBookStaleDiff,  // a diff comes again, late
  kSnapshotTwice,  // the first snapshot is older than the stream: the feed asks for another
  kDepthFrozen,    // no diffs, everything else goes on
  kMarketSilent,   // nothing at all, on a connection that seems alive
  kFeedDown,
  // Time: that of receipt, against the venue's.
  kClockAhead,
  kClockBehind,
  kConsumerStall,  // nothing is taken from the sockets
  // Of connections.
  kServerShutdown,  // announced; at the end of the window the connections close
  kSlowVenue,       // it lives, and takes and gives a few bytes at a time
  kHalfOpen,        // order connections stay and are dead; new ones, market data and REST live
  // Of lists.
  kListLag,  // of orders, trades and balances, as they were a moment ago
  kCount
};
inline constexpr std::size_t kFaultKinds = static_cast<std::size_t>(FaultKind::kCount);
std::string_view name(FaultKind kind);
std::optional<FaultKind> find_fault(std::string_view name);
// Strikes as often and is as late as is usual for its kind.
struct Fault;
Fault typical_fault(FaultKind kind, Nanos begin, Nanos end);

// A set of kinds.
using FaultKinds = std::bitset<kFaultKinds>;
enum class FaultPath : std::uint8_t { kInProcess = 1, kWebSocket = 2, kRest = 4 };
FaultKinds faults_on(FaultPath path);
FaultKinds simulated_faults();
FaultKinds wire_faults();  // of the server, whichever way
// Those that end the quoting of a symbol until a restart.
FaultKinds lasting_faults();
// Those that keep a cancel from the venue, or put an order in doubt.
FaultKinds cancel_faults();
std::string names(const FaultKinds& kinds, std::string_view between);

inline constexpr InstrumentId kEveryInstrument = 0xFFFF;

struct Fault {
  FaultKind kind;
  Nanos begin, end;                       // since the start of the run
  std::int32_t per_million = 1'000'000;   // of the messages concerned
  Nanos delay_max{500 * kMillisecond.v};  // of what is late; the jump of a clock
  InstrumentId instrument = kEveryInstrument;
};
using FaultPlan = std::vector<Fault>;

// Nothing is later than this on its way to the venue: the rest is refused as too old.
inline constexpr Nanos kRecvWindow{5 * kSecond.v};

// Faults of these kinds by chance, none in the first `quiet` nor after `end`; the same seed gives
// the same plan.
struct PlanShape {
  std::uint64_t seed;
  Nanos quiet, end;
  InstrumentId instruments;
  FaultKinds kinds = simulated_faults();
  bool in_turn = false;  // each of them once, in any order, before one comes again
};
FaultPlan random_plan(const PlanShape& shape);

using FaultCounts = std::array<std::uint64_t, kFaultKinds>;
// One line: what happened, and how often; of these kinds also that they did not.
std::string faults_text(const FaultCounts& counts, const FaultKinds& always = {});

}  // namespace mm::sim
