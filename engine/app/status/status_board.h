// A picture of the core for people: taken on the strategy's thread, shown by a cold one.
//
// The strategy's thread copies what the view needs into a fixed-size snapshot a few times a second
// (some microseconds, no allocation) and pushes it through a small ring; the view keeps the newest.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "engine/core/core.h"
#include "engine/core/order_query.h"
#include "engine/runtime/clock.h"
#include "engine/runtime/spsc_ring.h"

namespace mm::app {

struct OrderView {
  ClientOrderId id;
  Ticks price;
  Lots lots, filled;
  Nanos created;
  Side side;
  OrderState state;
  CommandKind in_flight;
  std::int8_t level;
};

struct InstrumentView {
  static constexpr std::size_t kOrdersMax = 24;
  static constexpr std::size_t kDepth = 5;

  std::array<BookLevel, kDepth> bids, asks;
  std::size_t bid_levels = 0, ask_levels = 0;
  HalfTicks fair{};
  Amount position{};
  Money realized{}, unrealized{}, fees{}, total{};
  OrderCounts counts;
  std::uint64_t fills = 0, resets = 0;
  std::array<QuoteReason, 2> reasons{};
  Nanos next_reset{kNever}, last_reset{};
  MarketSummary market{};
  std::size_t pending_amends = 0, live_orders = 0;
  std::array<OrderView, kOrdersMax> orders;
  std::size_t order_count = 0;
};

// Of all instruments together, however many there are.
struct TotalView {
  std::size_t quoting = 0;  // instruments with quotes on both sides, or about to have them
  std::size_t live_orders = 0;
  std::uint64_t fills = 0, amended = 0, resets = 0;
  Money profit{};  // where all are quoted in one asset
};

struct IdleView {
  InstrumentId instrument{};
  std::array<QuoteReason, 2> reasons{};
};

struct StatusSnapshot {
  static constexpr std::size_t kInstrumentsMax = 8;
  static constexpr std::size_t kIdleMax = 8;

  Nanos time{};
  std::uint64_t sequence = 0;
  std::size_t instrument_count = 0;  // of the core; the first kInstrumentsMax are shown
  std::array<InstrumentView, kInstrumentsMax> instruments;
  TotalView total;
  std::array<IdleView, kIdleMax> idle;  // the first that are not quoted, or not on both sides
  QuoteReason trip = QuoteReason::kQuoting;
  std::int64_t requests_sent = 0, requests_equivalent = 0, saved_pct_hundredths = 0;
  std::uint64_t violations = 0;
};

// The core's side of the board.
void take_snapshot(const Core& core, StatusSnapshot& out);

// An agent beside the strategy: a snapshot at a low, jittered rate, from the first event on.
class StatusAgent {
 public:
  using Ring = SpscRing<StatusSnapshot>;

  StatusAgent(const Core& core, Ring& ring, const Clock& clock)
      : core_(core), ring_(ring), clock_(clock) {}
  int do_work();
  std::string_view name() const { return "status"; }

 private:
  static constexpr Nanos kInterval{200 * kMillisecond.v};
  static constexpr int kTurnsPerLook = 64;  // the clock is read only now and then

  const Core& core_;
  Ring& ring_;
  const Clock& clock_;
  Nanos due_{};
  int turns_ = 0;
};

}  // namespace mm::app
