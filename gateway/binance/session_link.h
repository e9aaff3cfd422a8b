// What the hot order session and its cold connector share: connections handed over, and a few
// atomics.
//
// Made at start, owned by neither, outlives both. Everything the connector found out while a
// connection was being opened travels with it, so the session tells the core in the right order:
// first what was reconciled, then what the stream said meanwhile, then what it says from now on.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/core/event.h"
#include "engine/net/handover.h"
#include "engine/net/websocket.h"
#include "gateway/binance/order_facts.h"
#include "gateway/binance/response_parser.h"
#include "gateway/binance/rest_link.h"
#include "gateway/binance/session_note.h"
#include "gateway/binance/venue_clock.h"
#include "gateway/binance/venue_order_ids.h"

namespace mm::binance::orders {

inline constexpr std::size_t kLanesMax = 16;

// Why a connection ends.
enum class EndReason : std::uint8_t {
  kNone,           // it does not
  kSocket,         // which says why
  kSilent,         // not even a pong came
  kKeyRefused,     // told in between
  kNotUnderstood,  // an event of the user data, which may have been a fill
  kTerminated,     // the user data, by the venue
  kDistrusted,     // we stood still: what it has told may be old
  kReplaced,       // by a newer one
};

// A connection that is logged on, and what is to be told before it is used. Without a socket: what
// REST has told.
struct OrderConnection {
  std::unique_ptr<net::WebSocket> socket;
  std::uint32_t serial = 0;  // never used again
  std::size_t lane = 0;
  std::uint32_t era = 0;  // of the link, when it began to find out
  Nanos asked{};          // when that was
  Nanos opened{};
  VenueClock clock;
  bool reconciled = false;                // carries the user data, and the following
  std::vector<LimitUsage> limits;         // that the venue has now; what is used is not told
  LimitsUsed used;                        // of those, as the last answer told
  Nanos used_at{};                        // when that was
  std::vector<std::string> open_orders;   // answers listing them, one an instrument
  std::vector<AdoptableOrder> adoptable;  // of those
  std::vector<Event> findings;            // balances and fills
  std::int64_t balance_time_ms = 0;       // as of when those are
  std::vector<std::uint64_t> last_trade_ids;
  std::vector<std::string> backlog;  // user data heard meanwhile
  std::size_t told = 0;              // of all that, by the session
  bool settled = false;              // all of it was
  // Kept by the session: what had come when it last looked, when that was, and when it has asked
  // for a life sign since; 0: it has not.
  std::uint64_t bytes_seen = 0;
  Nanos heard{}, pinged{};
  EndReason end = EndReason::kNone;  // else to be given back
};

struct SessionLink {
  SessionLink(std::size_t lane_count, std::size_t instruments)
      : lanes(lane_count), last_trades(instruments), untraded(instruments), halted(instruments) {}

  struct Lane {
    net::Handover<OrderConnection> handover;
    std::atomic<bool> wanted{true};  // set by the session, cleared by it when it takes one
    std::atomic<std::uint32_t> taken{0};
    std::atomic<bool> up{false};  // one is in use; for whoever watches
    // For the venue's limit of attempts, until then; 0: it does not. For whoever watches.
    std::atomic<std::int64_t> waits_until{0};
  };
  std::vector<Lane> lanes;  // 0 carries the user data
  // Counted up by the session when what was found out until then does not count any more.
  std::atomic<std::uint32_t> era{0};
  std::atomic<bool> reconciling{false};                 // lane 0 is connected, not yet handed over
  std::atomic<bool> begun{false};                       // all that was found was told once
  std::vector<std::atomic<std::uint64_t>> last_trades;  // highest trade id told, by instrument
  std::vector<std::atomic<bool>> untraded;              // it had no trades when we first looked
  // By instrument: it takes no new orders. Whoever watches the venue's symbols writes it, and
  // counts up after a look at all of them.
  std::vector<std::atomic<bool>> halted;
  std::atomic<std::uint32_t> halted_news{0};
  // Look soon: a symbol is halted, an order was refused for its symbol's rules, or the connector
  // was not told.
  std::atomic<bool> symbols_wanted{false};
  // An order of a rival (order_events.h) that was seen; 0: none, or whoever halts us knows. Until
  // then no quote leaves.
  std::atomic<std::uint64_t> rival{0};
  VenueOrderIds venue_ids;  // written by the session
  SessionNotes notes{kNotesMax};
  RestLink rest;
  // Counters of the connector, for status and tests.
  std::atomic<std::uint64_t> connects{0}, connect_failures{0}, reconciliations{0};
  std::atomic<std::uint64_t> old_orders_canceled{0}, foreign_orders{0};
};

}  // namespace mm::binance::orders
