#include "engine/app/session/ledger_tail.h"

#include <algorithm>

#include "engine/core/risk.h"

namespace mm::app {

LedgerTail::LedgerTail(const Core& core, std::span<const SymbolClosing> from) {
  for (InstrumentId i = 0; i < core.instrument_count(); ++i) {
    symbols_.emplace_back(core.instrument(i).config, from[i]);
  }
}

LedgerTail::Symbol::Symbol(const InstrumentConfig& config, const SymbolClosing& from)
    : position(config.instrument), closing(from), day_start(config.risk.day_start) {
  position.set_fee_asset_price(config.fee_asset_price);
  position.open(closing.position, closing.mark);
}

// One that was never valued opens at the first price there is.
void LedgerTail::Symbol::value_at(HalfTicks mark) {
  if (closing.mark.v != 0) return;
  closing.mark = mark;
  position.open(closing.position, mark);
}

void LedgerTail::on_event(const Event& event, LedgerWriter& ledger) {
  const bool new_fill = ledger.on_record(event, {});
  // No core tells whether it is the first report of it; one by self-trade prevention is no amend.
  const bool amended =
      event.kind == EventKind::kAmended && event.report.reason == RejectReason::kNone;
  if (amended) ledger.on_amend(event);
  if (event.instrument >= symbols_.size()) return;
  Symbol& symbol = symbols_[event.instrument];
  // A new day begins with nothing lost.
  if (next_day(event.time, symbol.day_start) != next_day(symbol.closing.time, symbol.day_start)) {
    symbol.closing.today = Money(0);
    symbol.before = symbol.total();
  }
  symbol.closing.time = std::max(symbol.closing.time, event.time);
  if (!new_fill) return;
  const Fill& f = event.fill;
  symbol.value_at(HalfTicks(std::int64_t{f.ticks} * 2));
  symbol.position.fill(event.side(), Ticks(f.ticks), f.lots, f.fee, f.fee_asset);
}

SymbolClosing LedgerTail::closing(InstrumentId id) const {
  const Symbol& symbol = symbols_[id];
  SymbolClosing now = symbol.closing;
  now.position = symbol.position.base();
  now.realized += symbol.position.realized();
  now.unrealized += symbol.position.unrealized(now.mark);
  now.fees += symbol.position.fees();
  // Without the market nobody can tell them apart; their sum stays exact.
  now.parts.inventory += symbol.position.realized() + symbol.position.unrealized(now.mark);
  now.today += symbol.total() - symbol.before;
  return now;
}

}  // namespace mm::app
