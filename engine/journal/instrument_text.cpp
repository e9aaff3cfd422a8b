#include "engine/journal/instrument_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <type_traits>

#include "engine/core/decimal_text.h"

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

template <class I, class Visit>
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

template <std::size_t N>
std::string text_of(const std::array<char, N>& text) {
  return {text.data(), ::strnlen(text.data(), N)};
}
template <class T>
std::string text_of(T number) {
  return DecimalText(static_cast<Int128>(number), 0).str();
}

template <std::size_t N>
bool read(std::string_view text, std::array<char, N>& out) {
  if (text.size() >= N) return false;
  out = {};
  std::copy(text.begin(), text.end(), out.begin());
  return true;
}
template <class T>
bool read_number(std::string_view text, T& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size();
}
bool read(std::string_view text, Int128& out) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  if (text.empty() || text.size() > 37) return false;
  Int128 value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    value = value * 10 + (c - '0');
  }
  out = negative ? -value : value;
  return true;
}
bool read(std::string_view text, bool& out) {
  out = text == "1";
  return text == "0" || text == "1";
}
bool read(std::string_view text, Asset& out) {
  std::uint8_t value = 0;
  if (!read_number(text, value) || value > static_cast<std::uint8_t>(Asset::kOther)) return false;
  out = static_cast<Asset>(value);
  return true;
}
template <class T>
requires std::is_integral_v<T>
bool read(std::string_view text, T& out) {
  return read_number(text, out);
}

// Cuts the part before `separator` (or all) off the front of `text`.
std::string_view cut(std::string_view& text, char separator) {
  const std::size_t at = std::min(text.find(separator), text.size());
  const std::string_view front = text.substr(0, at);
  text.remove_prefix(std::min(at + 1, text.size()));
  return front;
}

}  // namespace

std::string instrument_line(const Instrument& instrument) {
  std::string line;
  visit_fields(instrument, [&line](std::string_view key, const auto& value) {
    if (!line.empty()) line += ' ';
    line += key;
    line += '=';
    line += text_of(value);
  });
  return line;
}

std::string parse_instrument_line(std::string_view line, Instrument& instrument) {
  std::string error;
  instrument.own_wallet = true;  // of a journal written before the key: all of them simulated
  bool is_newer = false;         // so a line may end before it
  visit_fields(instrument, [&](std::string_view key, auto& value) {
    is_newer |= key == "own_wallet";
    if (!error.empty() || (line.empty() && is_newer)) return;
    std::string_view pair = cut(line, ' ');
    if (cut(pair, '=') != key || !read(pair, value)) {
      error = "instrument: no proper value of " + std::string(key);
    }
  });
  if (!error.empty()) return error;
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
    if (std::string error = parse_instrument_line(cut(text, '\n'), instrument); !error.empty()) {
      return error;
    }
    instruments.push_back(instrument);
  }
  return {};
}

}  // namespace mm
