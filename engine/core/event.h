// What the core consumes: one fixed-size event per cache line, from every source.
//
// Written by feed, gateway, simulator and driver, read by the core, copied by rings and journal;
// trivially copyable, no pointers, no allocation. A book message (diff or snapshot) travels as one
// kBookBegin, then kBookLevels with up to three levels each; the message's final event carries
// kFlagLast (a message without levels is a kBookBegin with kFlagLast). Execution events name the
// order by our client order id first. `time` is the core time, stamped by the driver alone.
#pragma once

#include <cstdint>
#include <type_traits>

#include "engine/core/types.h"

namespace mm {

enum class EventKind : std::uint8_t {
  kNone = 0,
  // Market data, from feeds and sim. `sequence` counts messages per instrument without a hole.
  kBookBegin,
  kBookLevels,
  kBookStale,  // the feed lost the chain: ignore diffs until the next snapshot
  kTrade,      // flag kFlagSell: the aggressor sold
  kBookTicker,
  kFeedStatus,  // connection up, down, or alive without other news
  kAssetPrice,  // quote price of a fee asset (BNB)
  // Execution, from gateway and sim.
  kAccepted,         // a place is on the book
  kRejected,         // a place was refused by the venue
  kReplaced,         // old cancelled, new on the book (cancelReplace)
  kReplaceRejected,  // see ReplaceRejected: the old order may be gone or still live
  kAmended,          // same order, new price or quantity (modify, keepPriority)
  kAmendRejected,    // the order is as it was
  kCanceled,
  kExpired,  // the venue ended it: self-trade prevention, price range, halt
  kCancelRejected,
  kFilled,          // flag kFlagSell: our order was a sell, so a fill always finds its position
  kDenied,          // never sent: full ring, too old, kill latch; nothing changed at the venue
  kOutcomeUnknown,  // timeout, disconnect, 5xx: the request may or may not have happened
  kOrderStatus,     // answer to kQueryOrder, or told while reconciling
  kBalance,
  kRateUsage,      // what the venue says is used of its limits
  kSessionStatus,  // state of the order session; symbol trading or halted
  kOffGridFill,    // an execution that is no whole number of ticks and lots: the grid has changed
  // From the driver.
  kTimer,
  kBatchEnd,
  kControl,
  // Execution, from the gateway; last, since journals are written in numbers.
  kAdopted,  // an order of an earlier start rests and goes on as ours; flag kFlagSell as in a fill
  kCount
};

inline constexpr std::uint8_t kFlagLast = 0x1;      // closes a book message
inline constexpr std::uint8_t kFlagSell = 0x2;      // side of levels, aggressor or order
inline constexpr std::uint8_t kFlagSnapshot = 0x4;  // on kBookBegin: replaces the book
inline constexpr std::uint8_t kFlagMaker = 0x8;     // on kFilled

inline constexpr int kLevelsPerEvent = 3;

enum class Asset : std::uint8_t { kBase, kQuote, kOther };

// Why the venue, the gateway or our risk refused something. Shown by name everywhere.
enum class RejectReason : std::uint8_t {
  kNone,
  kWouldCross,           // post-only would match (-2010)
  kInsufficientBalance,  // -2010
  kDuplicateId,          // -2010
  kUnknownOrder,         // -2011, -2013
  kFilter,               // -1013: price, lot, notional, percent price
  kMaxOrders,
  kMaxAmends,   // -2038
  kRateLimit,   // -1015, -1003
  kRestricted,  // cancelRestrictions: the order has fills
  kNoChange,    // amend that changes nothing
  kMarketHalted,
  kRingFull,      // ours: the command ring had no room
  kTooOld,        // ours: older than command_age_ms_max at the gateway
  kKillLatch,     // ours
  kDisconnected,  // ours: no session; definitely not sent
  kSelfTrade,     // ended by self-trade prevention
  kOther,
  kCount
};
const char* name(RejectReason r);

enum class ControlCode : std::uint8_t {
  kPause,     // side kBuy/kSell or both
  kResume,    // also clears trips and pauses
  kKill,      // cancel all, verify, stay halted
  kShutdown,  // cancel all, verify, then Core::stopped() is true
  kReload,    // parameters follow in the journal's config frame
};
// Which quotes a pause or resume acts on.
enum class PauseScope : std::uint8_t { kAll, kBuy, kSell, kIncrease };

struct BookBegin {
  UpdateId first_id, last_id;
  Nanos exchange_time;
  std::uint32_t level_count;
  std::uint32_t pad;
};
struct BookLevels {
  std::int64_t lots[kLevelsPerEvent];  // absolute; 0 removes the level
  std::int32_t ticks[kLevelsPerEvent];
  std::uint8_t count;  // 1..kLevelsPerEvent
  std::uint8_t pad[3];
};
struct TradeTick {
  TradeId trade_id;
  Lots lots;
  Nanos exchange_time;
  std::int32_t ticks;
  std::uint32_t pad[3];
};
struct BookTicker {
  UpdateId update_id;
  Lots bid_lots, ask_lots;
  Nanos exchange_time;  // 0 where the venue sends none (Binance spot)
  std::int32_t bid_ticks, ask_ticks;
};
struct FeedStatus {
  std::uint8_t connection;
  std::uint8_t up;
  std::uint8_t pad[38];
};
struct AssetPrice {
  Amount price;  // of one unit of the fee asset, in the instrument's quote asset
  std::uint8_t pad[32];
};
// kAccepted, kReplaced (new_id set), kAmended, kCanceled, kExpired, kOrderStatus.
struct OrderReport {
  ClientOrderId id;      // the order asked about; for kReplaced the old one
  ClientOrderId new_id;  // kReplaced: the order now on the book
  VenueOrderId venue_id;
  Lots lots;  // total quantity; for kCanceled, kExpired and kOrderStatus: executed quantity
  std::int32_t ticks;
  RejectReason reason;  // kExpired: why
  std::uint8_t status;  // kOrderStatus: OrderStatusCode
  std::uint8_t asked;  // kOrderStatus: number of our kQueryOrder that it answers, 0 if told unasked
  std::uint8_t pad[1];
};
// An order that keeps its id. What of `executed` was not told as a fill was counted before.
struct Adoption {
  ClientOrderId id;
  VenueOrderId venue_id;
  Lots lots;      // total quantity
  Lots executed;  // of that
  std::int32_t ticks;
  std::uint8_t pad[4];
};
enum class OrderStatusCode : std::uint8_t {
  kNotFound,
  kOpen,
  kFilled,
  kCanceled,
  kExpired,
  kRejected
};
// kRejected, kReplaceRejected, kAmendRejected, kCancelRejected, kDenied, kOutcomeUnknown.
struct RequestFailure {
  ClientOrderId id;
  ClientOrderId new_id;  // kReplaceRejected: the id that was never on the book
  Nanos retry_after;     // 0, or the time before which a retry is pointless
  RejectReason reason;
  std::uint8_t command;       // CommandKind that failed
  std::uint8_t old_canceled;  // kReplaceRejected: 1 if the cancel half succeeded
  std::uint8_t pad[13];
};
struct Fill {
  ClientOrderId id;
  TradeId trade_id;
  Lots lots;
  Amount fee;  // in fee_asset; negative is a rebate
  std::int32_t ticks;
  Asset fee_asset;
  std::uint8_t pad[3];
};
// In 1e-8, since neither lots nor ticks can say it. Flag kFlagSell as in a fill.
struct OffGridFill {
  ClientOrderId id;
  TradeId trade_id;
  Amount quantity, price;
  std::uint8_t pad[8];
};
struct Balance {
  Amount free, locked;
  Asset asset;
  std::uint8_t pad[23];
};
struct RateUsage {
  std::uint32_t orders_used, orders_limit;  // shortest ORDERS window
  std::uint32_t weight_used, weight_limit;
  Nanos orders_end;  // local time at which that ORDERS window ends
  Nanos tightest_end;
  std::uint32_t tightest_pct;  // used of the window, of any kind and length, that is nearest full
  std::uint32_t weight_window_s;
  bool operator==(const RateUsage&) const = default;
};
// What the order session says of one instrument's orders; kDown until the first. It comes up in
// this order: kBalance of both assets, then kFilled of executions that are not in that balance
// (and only those), kAdopted and kOrderStatus of what is open, then kUp. At the first time fills
// since an earlier session come before kBalance, which contains them. An order that has executed
// more than was told as kFilled is asked for again and again: before it answers that kQueryOrder
// the session fetches and tells the fills.
enum class SessionState : std::uint8_t {
  kDown,        // nothing can be asked for, and reports may be lost: live orders are in doubt
  kUp,          // requests are answered, reports are complete
  kReconciling  // it answers questions; what it missed is still being found out
};
struct SessionStatus {
  SessionState state;
  std::uint8_t symbol_trading;  // 0: halted or cancel-only
  std::uint8_t pad[38];
};
struct Control {
  ControlCode code;
  PauseScope scope;
  std::uint8_t pad[38];
};

struct alignas(kCacheLine) Event {
  Nanos time{};      // core time, set by the driver
  Nanos received{};  // local time at which the bytes arrived
  std::uint32_t sequence{};
  InstrumentId instrument{};
  EventKind kind{EventKind::kNone};
  std::uint8_t flags{};
  union {
    std::uint8_t raw[40];
    BookBegin book;
    BookLevels levels;
    TradeTick trade;
    BookTicker ticker;
    FeedStatus feed;
    AssetPrice asset_price;
    OrderReport report;
    Adoption adoption;
    RequestFailure failure;
    Fill fill;
    OffGridFill off_grid;
    Balance balance;
    RateUsage rate;
    SessionStatus session;
    Control control;
  };

  constexpr Event() : raw{} {}  // the union's own would be deleted: units are not trivial
  bool last() const { return (flags & kFlagLast) != 0; }
  Side side() const { return (flags & kFlagSell) != 0 ? Side::kSell : Side::kBuy; }
};

const char* name(EventKind k);
constexpr bool is_market(EventKind k) {
  return k >= EventKind::kBookBegin && k <= EventKind::kAssetPrice;
}
constexpr bool is_execution(EventKind k) {
  return (k >= EventKind::kAccepted && k <= EventKind::kOffGridFill) || k == EventKind::kAdopted;
}
// Carries an OrderReport.
constexpr bool reports_order(EventKind k) {
  return k == EventKind::kAccepted || k == EventKind::kReplaced || k == EventKind::kAmended ||
         k == EventKind::kCanceled || k == EventKind::kExpired || k == EventKind::kOrderStatus;
}
// Carries a RequestFailure.
constexpr bool reports_failure(EventKind k) {
  return k == EventKind::kRejected || k == EventKind::kReplaceRejected ||
         k == EventKind::kAmendRejected || k == EventKind::kCancelRejected ||
         k == EventKind::kDenied || k == EventKind::kOutcomeUnknown;
}

static_assert(sizeof(Event) == 64 && alignof(Event) == 64);
static_assert(std::is_trivially_copyable_v<Event>);
static_assert(sizeof(BookLevels) == 40 && sizeof(TradeTick) == 40 && sizeof(BookTicker) == 40);
static_assert(sizeof(OrderReport) == 40 && sizeof(RequestFailure) == 40 && sizeof(Fill) == 40);
static_assert(sizeof(Adoption) == 40);
static_assert(sizeof(Balance) == 40 && sizeof(RateUsage) == 40 && sizeof(BookBegin) == 32);

}  // namespace mm
