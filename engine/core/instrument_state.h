// Everything the core keeps about one instrument.
//
// One element of the core's array, owned by its thread; sized at construction, no allocation
// afterwards. Plain data around the parts that have rules of their own.
#pragma once

#include <array>
#include <cstdint>

#include "engine/core/instrument.h"
#include "engine/core/ladder.h"
#include "engine/core/market.h"
#include "engine/core/order.h"
#include "engine/core/params.h"
#include "engine/core/pnl_split.h"
#include "engine/core/position.h"
#include "engine/core/quote_uptime.h"
#include "engine/core/reason.h"
#include "engine/core/reason_times.h"
#include "engine/core/reset_cycle.h"
#include "engine/core/risk.h"
#include "engine/core/strategy.h"

namespace mm {

// What an earlier session of the same day hands on, so that a restart is no fresh start.
struct CarriedDay {
  Money profit{};    // since day_start; negative is a loss
  HalfTicks mark{};  // what the opening position was valued at for it; 0: nothing is carried
};

struct InstrumentConfig {
  Instrument instrument;
  StrategyParams strategy;
  RiskParams risk;
  Amount fee_asset_price{};  // [fees] price_BNB: quote price of a third fee asset, 0 = unknown
  CarriedDay carried{};
};

// What may happen to a side's orders now.
enum class Gate : std::uint8_t {
  kOpen,  // quote
  kHold,  // leave what rests, send nothing new
  kKeep,  // the same before anything is known of the market, but for limits
  kPull   // cancel
};

// What the balance that pays for a side leaves for new requests, by what it follows from: nearly
// always as at the last decision.
struct KnownFunds {
  Amount available{Amount::min()};  // not known
  Payment orders;
  Int128 spare{};
};

struct SideState {
  Gate gate = Gate::kPull;
  QuoteReason reason = QuoteReason::kDisconnected;  // why nothing, or not everything, is quoted
  // An order rests that is not leaving, or is to be sent and nothing stands against it.
  bool quoted = false;
  Lots room{};         // what everything that may be live may come to, at the last decision
  bool added = false;  // exposure was added by it
  // Why an order was denied at this decision and at the one before; kQuoting if none was.
  QuoteReason denied = QuoteReason::kQuoting, denied_before = QuoteReason::kQuoting;
  Nanos fill_pause_until{};
  ReasonTimes times;
  DueTime due;
  bool paused = false;
  KnownFunds funds;

  // Why nothing is quoted; and why not everything wanted is, though something is.
  QuoteReason bare() const { return quoted ? QuoteReason::kQuoting : reason; }
  QuoteReason shortfall() const { return quoted ? reason : QuoteReason::kQuoting; }
};

struct OrderCounts {
  std::uint64_t placed = 0, amended = 0, cancelled = 0, rejected = 0, denied = 0, filled = 0;
};

// An order, or a change of one, that came to nothing for a reason of our own: one for each counted
// as denied.
struct Denial {
  InstrumentId instrument{};
  Side side{};
  const char* reason = "";  // a name of names.cpp
  Ticks price{};
  Lots lots{};
  ClientOrderId id{};  // 0: it never got one
};

// The outermost distance between our quotes and the market's trades: for a run without fills.
struct NearestQuote {
  Ticks bid_highest{}, ask_lowest{Ticks::max()};
  Ticks trade_lowest{Ticks::max()}, trade_highest{};
};

struct InstrumentState {
  InstrumentState(InstrumentId i, const InstrumentConfig& c, const Market::Config& market_config)
      : id(i),
        config(c),
        market(market_config),
        strategy(c.instrument, c.strategy),
        position(config.instrument),
        split(config.instrument) {
    position.set_fee_asset_price(c.fee_asset_price);
    carried = c.carried.profit;
  }
  // Profit of the trading day, that of earlier sessions included; at once with every fill.
  Money today() const { return marked ? loss.today(position.total(mark)) : carried; }
  Money unrealized() const { return marked ? position.unrealized(mark) : Money(0); }
  // Of realised + unrealised profit. Without a single mid nobody knows better: all of it is spread.
  PnlParts pnl_parts() const {
    return marked ? split.parts() : PnlParts{.spread_capture = position.realized()};
  }
  // `position` and `split` point at the config beside them.
  InstrumentState(const InstrumentState&) = delete;
  InstrumentState& operator=(const InstrumentState&) = delete;

  InstrumentId id;
  InstrumentConfig config;
  SizeRules size_rules{config.instrument, config.risk.max_order_notional};
  PositionLimit position_limit{config.risk, config.instrument};
  Market market;
  StrategyInstance strategy;
  Position position;
  PnlSplit split;
  LossGuard loss;
  ResetCycle reset;
  QuoteUptime uptime;
  OrderCounts counts;
  NearestQuote nearest;
  Ladder ladder;  // as last decided, after every clamp
  std::array<SideState, 2> sides;

  HalfTicks mark{};          // market mid, own orders included: values the position
  HalfTicks fair{};          // of the last decision
  Touch touch{};             // without own orders, at the last decision
  Touch seen{};              // market touch at the last event, to notice changes
  Money total{};             // profit at the last mark
  Money carried{};           // of the day, from before the session; until a new day
  std::size_t account = 0;   // which of the core's account totals it adds to
  bool prices_fees = false;  // its base is the third asset that fees are paid in
  Nanos retry_at{kNever};    // when an amend that backs off may be tried again
  Nanos resync_at{kNever};   // when a refused request to resynchronise is made again
  Nanos synced_since{kNever};
  Nanos halted_until{};      // volatility halt
  Nanos adopted_at{kNever};  // the last order of an earlier start
  bool warmed_up = false;    // warm-up has ended once: uptime is measured
  bool marked = false;
  bool opened = false;  // the opening position is known and valued
  bool trading = true;
  bool off_grid = false;        // a fill was off the grid: nothing more until a restart
  Nanos cancel_all_at{kNever};  // when everybody's orders on the symbol are to be cancelled
  bool opening_known = false;
  Amount opening_base{};  // before the first fill: what a position of the account opens with
  bool silent = true;     // the connection was quiet for longer than its max_data_age
  bool lagging = false;   // the last market event was older than that when it came
  std::uint64_t events_in = 0;
  Side served = Side::kSell;  // with the last token of the account's rate
  bool dirty = false;         // decide at the next BatchEnd
  bool decided = false;       // and not concluded

  // Why no order serves a level that none does, in its place on the side or behind those wanted;
  // kQuoting: it is to be sent, or the strategy does not want so many.
  QuoteReason absence(Side s, std::size_t level) const {
    const QuoteReason own = ladder.side(s).against(level);
    if (own != QuoteReason::kQuoting) return own;
    return side(s).gate == Gate::kOpen ? side(s).bare() : side(s).reason;
  }

  SideState& side(Side s) { return sides[index(s)]; }
  const SideState& side(Side s) const { return sides[index(s)]; }
};

}  // namespace mm
