// What a live session goes on from: position, day and trades of the one before.
//
// Stands in the journal's header, so that it is there before the session's first order and a replay
// begins alike. Plain data, cold. Every execution of ours up to `trade_id` is in `position`, or is
// one of the fills recovered from the venue, which the session's core is told first of all.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "engine/core/event.h"
#include "engine/core/types.h"

namespace mm {

struct SymbolOpening {
  std::array<char, 24> symbol_text{};
  Amount position{};      // of all our fills so far, less fees charged in base
  Amount balance{};       // of the base asset at the venue, free and locked, when it began
  Amount profit_today{};  // 1e-8 quote; of this trading day, 0 on a new one
  Amount tick{};          // of `mark`
  HalfTicks mark{};       // what the position was last worth that day; 0: the first mid
  std::uint64_t trade_id = 0;

  std::string_view symbol() const { return symbol_text.data(); }
};

// An execution of an earlier session's order that its ledger does not have.
struct RecoveredFill {
  std::array<char, 24> symbol_text{};
  bool sell = false, maker = true;
  Fill fill{};

  std::string_view symbol() const { return symbol_text.data(); }
};

struct SessionOpening {
  std::vector<SymbolOpening> symbols;  // those not traded now as well
  std::vector<RecoveredFill> fills;

  const SymbolOpening* find(std::string_view symbol) const;
};

// A line a symbol, then one a fill.
std::string opening_text(const SessionOpening& opening);
// Returns the error, empty if none.
[[nodiscard]] std::string parse_opening(std::string_view text, SessionOpening& opening);

}  // namespace mm
