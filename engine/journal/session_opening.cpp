#include "engine/journal/session_opening.h"

#include <algorithm>

#include "engine/journal/field_text.h"

namespace mm {

template <class O, class Visit>
requires std::is_same_v<std::remove_const_t<O>, SymbolOpening>
void visit_fields(O& o, Visit visit) {
  visit("symbol", o.symbol_text);
  visit("position", o.position.v);
  visit("balance", o.balance.v);
  visit("profit_today", o.profit_today.v);
  visit("tick", o.tick.v);
  visit("mark", o.mark.v);
  visit("trade_id", o.trade_id);
}

template <class F, class Visit>
requires std::is_same_v<std::remove_const_t<F>, RecoveredFill>
void visit_fields(F& f, Visit visit) {
  visit("fill", f.symbol_text);
  visit("sell", f.sell);
  visit("maker", f.maker);
  visit("id", f.fill.id.v);
  visit("trade_id", f.fill.trade_id.v);
  visit("ticks", f.fill.ticks);
  visit("lots", f.fill.lots.v);
  visit("fee", f.fill.fee.v);
  visit("fee_asset", f.fill.fee_asset);
}

const SymbolOpening* SessionOpening::find(std::string_view symbol) const {
  const auto found = std::ranges::find(symbols, symbol, &SymbolOpening::symbol);
  return found == symbols.end() ? nullptr : &*found;
}

std::string opening_text(const SessionOpening& opening) {
  std::string text;
  for (const SymbolOpening& symbol : opening.symbols) text += field_text::line_of(symbol) + '\n';
  for (const RecoveredFill& fill : opening.fills) text += field_text::line_of(fill) + '\n';
  return text;
}

std::string parse_opening(std::string_view text, SessionOpening& opening) {
  opening = {};
  while (!text.empty()) {
    std::string_view line = field_text::cut(text, '\n');
    const std::string wrong = line.starts_with("fill=")
                                  ? field_text::read_line(line, opening.fills.emplace_back())
                                  : field_text::read_line(line, opening.symbols.emplace_back());
    if (!wrong.empty()) return "opening: no proper value of " + wrong;
    if (!line.empty()) return "opening: more than expected: " + std::string(line);
  }
  return {};
}

}  // namespace mm
