#include "engine/journal/instrument_text.h"

#include "engine/journal/field_text.h"

namespace mm {
namespace {

// The one list of keys, for writing and for reading. `cost` names a budget as raw, weight, orders.
template <class I, class Visit>
void visit_cost(I& cost, std::string_view raw, std::string_view weight, std::string_view orders,
                Visit& visit) {
  visit(raw, cost.raw);
  visit(weight, cost.weight);
  visit(orders, cost.orders);
}

}  // namespace

template <class I, class Visit>
requires std::is_same_v<std::remove_const_t<I>, Instrument>
void visit_fields(I& i, Visit visit) {
  visit("symbol", i.symbol_text);
  visit("base", i.base_text);
  visit("quote", i.quote_text);
  visit("tick", i.tick.v);
  visit("lot", i.lot.v);
  visit("price_min", i.price_min.v);
  visit("price_max", i.price_max.v);
  visit("lots_min", i.lots_min.v);
  visit("lots_max", i.lots_max.v);
  visit("notional_min", i.notional_min.v);
  visit("modify_in_place", i.rules.modify_in_place);
  visit("keep_priority_reduce", i.rules.keep_priority_reduce);
  visit("modify_includes_fills", i.rules.modify_includes_fills);
  visit("amends_per_order_max", i.rules.amends_per_order_max);
  visit_cost(i.rules.place, "place_raw", "place_weight", "place_orders", visit);
  visit_cost(i.rules.cancel, "cancel_raw", "cancel_weight", "cancel_orders", visit);
  visit_cost(i.rules.replace, "replace_raw", "replace_weight", "replace_orders", visit);
  visit_cost(i.rules.modify, "modify_raw", "modify_weight", "modify_orders", visit);
  visit_cost(i.rules.reduce, "reduce_raw", "reduce_weight", "reduce_orders", visit);
  visit("fee_maker", i.fees.maker.v);
  visit("fee_taker", i.fees.taker.v);
  visit("fee_asset", i.fees.asset);
  visit("is_spot", i.is_spot);
  visit("book_includes_own", i.book_includes_own);
  visit("own_wallet", i.own_wallet);
  visit("cancel_replace", i.rules.cancel_replace);
  visit("notional_max", i.notional_max.v);
  visit("bid_down", i.bid_band.down.v);
  visit("bid_up", i.bid_band.up.v);
  visit("ask_down", i.ask_band.down.v);
  visit("ask_up", i.ask_band.up.v);
  visit("orders_max", i.orders_max);
}

std::string instrument_line(const Instrument& instrument) {
  return field_text::line_of(instrument);
}

std::string parse_instrument_line(std::string_view line, Instrument& instrument) {
  const std::string wrong = field_text::read_line(line, instrument);
  if (!wrong.empty()) return "instrument: no proper value of " + wrong;
  if (!line.empty()) return "instrument: more than expected: " + std::string(line);
  if (instrument.tick.v <= 0 || instrument.lot.v <= 0)
    return "instrument: tick and lot must be > 0";
  return {};
}

std::string instrument_lines(std::span<const Instrument> instruments) {
  std::string text;
  for (const Instrument& i : instruments) text += instrument_line(i) + '\n';
  return text;
}

std::string parse_instrument_lines(std::string_view text, std::vector<Instrument>& instruments) {
  instruments.clear();
  while (!text.empty()) {
    if (instruments.size() == kMaxInstruments) return "instrument: too many";
    Instrument instrument;
    if (std::string error = parse_instrument_line(field_text::cut(text, '\n'), instrument);
        !error.empty()) {
      return error;
    }
    instruments.push_back(instrument);
  }
  return {};
}

}  // namespace mm
