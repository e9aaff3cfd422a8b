#include "engine/app/status/status_board.h"

namespace mm::app {
namespace {

void take_orders(const Core& core, InstrumentId id, InstrumentView& view) {
  view.order_count = 0;
  for (const Side side : {Side::kSell, Side::kBuy}) {
    for (const std::uint16_t slot : core.orders().live(id, side)) {
      if (view.order_count == view.orders.size()) return;
      const Order& o = core.orders().row(slot);
      view.orders[view.order_count++] = {o.id,   o.price, o.lots,      o.filled, o.created,
                                         o.side, o.state, o.in_flight, o.level};
    }
  }
}

void take_instrument(const Core& core, const InstrumentState& s, InstrumentView& view) {
  view.bid_levels = s.market.book().top(Side::kBuy, view.bids);
  view.ask_levels = s.market.book().top(Side::kSell, view.asks);
  view.fair = s.fair;
  view.position = s.position.base();
  view.realized = s.position.realized();
  view.unrealized = s.position.unrealized(s.mark);
  view.fees = s.position.fees();
  view.total = s.total;
  view.counts = s.counts;
  view.fills = s.position.fills();
  view.resets = s.reset.count();
  view.reasons = {s.side(Side::kBuy).bare(), s.side(Side::kSell).bare()};
  view.next_reset = s.reset.due();
  view.last_reset = s.reset.began();
  view.market = s.market.measures().summary(core.now());
  view.pending_amends = core.orders().pending_modifications(s.id);
  view.live_orders = core.orders().live_count(s.id);
  take_orders(core, s.id, view);
}

void add_up(const Core& core, const InstrumentState& s, StatusSnapshot& out) {
  TotalView& total = out.total;
  const std::array reasons{s.side(Side::kBuy).bare(), s.side(Side::kSell).bare()};
  const bool quoting = reasons == std::array{QuoteReason::kQuoting, QuoteReason::kQuoting};
  const std::size_t idle = s.id - total.quoting;
  if (!quoting && idle < out.idle.size()) out.idle[idle] = {s.id, reasons};
  total.quoting += quoting ? 1 : 0;
  total.live_orders += core.orders().live_count(s.id);
  total.fills += s.position.fills();
  total.amended += s.counts.amended;
  total.resets += s.reset.count();
  total.profit += s.total;
}

}  // namespace

void take_snapshot(const Core& core, StatusSnapshot& out) {
  out.time = core.now();
  out.instrument_count = core.instrument_count();
  out.total = {};
  for (std::size_t i = 0; i < out.instrument_count; ++i) {
    const InstrumentState& s = core.instrument(static_cast<InstrumentId>(i));
    if (i < out.instruments.size()) take_instrument(core, s, out.instruments[i]);
    add_up(core, s, out);
  }
  out.trip = core.trip();
  out.requests_sent = core.requests().total().sent.raw;
  out.requests_equivalent = core.requests().total().cancel_place_equivalent.raw;
  out.saved_pct_hundredths = core.requests().total().saved_pct_hundredths();
  out.violations = core.invariants().total();
}

int StatusAgent::do_work() {
  if (++turns_ < kTurnsPerLook) return 0;
  turns_ = 0;
  if (core_.now() == Nanos{}) return 0;
  const Nanos now = clock_.now();
  if (now < due_) return 0;
  // Jittered by the low bits of the time itself, so that it never beats with other periods.
  due_ = now + kInterval + Nanos(now.v % (kInterval.v / 4));
  StatusSnapshot* slot = ring_.try_claim();
  if (slot == nullptr) return 0;
  take_snapshot(core_, *slot);
  ring_.commit();
  return 0;
}

}  // namespace mm::app
