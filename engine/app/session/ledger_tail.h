// What a ledger still takes from a journal whose core cannot be re-driven any further: behind a gap
// or a difference, or where its first segments are gone and only the ledger kept knows the state.
//
// Cold, one thread. Reports, fills and events are entered as they are, the core's requests and
// denials are not known. Position and profit go on by the fills that are new, with the last mark,
// so that the closing always is that of the fills in the ledger: a live start fetches the others.
#pragma once

#include <span>
#include <vector>

#include "engine/core/core.h"
#include "engine/core/position.h"
#include "engine/ledger/ledger.h"

namespace mm::app {

class LedgerTail {
 public:
  // `core` says what is traded and outlives the tail; `from`: how each instrument stood where the
  // tail begins.
  LedgerTail(const Core& core, std::span<const SymbolClosing> from);

  void on_event(const Event& event, LedgerWriter& ledger);
  SymbolClosing closing(InstrumentId id) const;

 private:
  struct Symbol {
    Symbol(const InstrumentConfig& config, const SymbolClosing& from);
    void value_at(HalfTicks mark);
    Money total() const { return position.total(closing.mark); }

    Position position;
    SymbolClosing closing;  // position, realized, fees: where the tail began
    Money before{};         // total() when closing.today was right
    Nanos day_start;
  };

  std::vector<Symbol> symbols_;
};

}  // namespace mm::app
