#include "feeds/binance/exchange_info.h"

#include <fmt/format.h>
#include <simdjson.h>
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <memory>

#include "engine/core/decimal.h"

namespace mm::binance {

namespace {

namespace sj = simdjson;
namespace od = simdjson::ondemand;

constexpr std::size_t kFileMax = std::size_t{256} << 20;

template <std::size_t N>
void copy_text(std::string_view from, std::array<char, N>& to) {
  to = {};
  from.copy(to.data(), N - 1);
}

struct Filter {
  std::string_view type;
  std::int64_t low = 0, high = 0, step = 0, notional = 0, notional_max = 0;
  std::int64_t bid_up = 0, bid_down = 0, ask_up = 0, ask_down = 0;
  std::uint64_t count_max = 0;  // orders, or amendments
};

// Decimals of a filter, in 1e-8, by their names.
std::int64_t* filter_field(std::string_view key, Filter& f) {
  struct Name {
    std::string_view key;
    std::int64_t Filter::*field;
  };
  static constexpr Name kNames[] = {
      {"minPrice", &Filter::low},           {"minQty", &Filter::low},
      {"maxPrice", &Filter::high},          {"maxQty", &Filter::high},
      {"maxPosition", &Filter::high},       {"tickSize", &Filter::step},
      {"stepSize", &Filter::step},          {"minNotional", &Filter::notional},
      {"notional", &Filter::notional},      {"maxNotional", &Filter::notional_max},
      {"bidMultiplierUp", &Filter::bid_up}, {"bidMultiplierDown", &Filter::bid_down},
      {"askMultiplierUp", &Filter::ask_up}, {"askMultiplierDown", &Filter::ask_down}};
  for (const Name& n : kNames)
    if (n.key == key) return &(f.*n.field);
  return nullptr;
}

std::int64_t decimal_or_max(std::string_view text) {
  const Decimal d = parse_decimal(text);
  return d.error == DecimalError::kOutOfRange ? std::numeric_limits<std::int64_t>::max() : d.value;
}

void read_filter_field(std::string_view key, od::value value, Filter& f) {
  std::string_view text;
  if (key == "maxNumOrderAmends" || key == "maxNumOrders") {
    if (value.get_uint64().get(f.count_max) != sj::SUCCESS) f.count_max = 0;
    return;
  }
  if (value.get_string().get(text) != sj::SUCCESS) return;
  if (key == "filterType") f.type = text;
  if (key == "multiplierUp") f.bid_up = f.ask_up = decimal_or_max(text);
  if (key == "multiplierDown") f.bid_down = f.ask_down = decimal_or_max(text);
  if (std::int64_t* const out = filter_field(key, f)) *out = decimal_or_max(text);
}

constexpr std::uint64_t kOrdersMax = std::numeric_limits<std::int32_t>::max();

PriceBand band(std::int64_t down, std::int64_t up) {
  const auto ratio = [](std::int64_t decimal) {
    return Ratio(std::min(decimal, std::numeric_limits<std::int64_t>::max() / 10) * 10);
  };
  return {ratio(down), ratio(up)};
}

void apply_to_prices(const Filter& f, Instrument& i) {
  if (f.type == "NOTIONAL") i.notional_max = money(Amount(f.notional_max));
  if (f.type != "PERCENT_PRICE_BY_SIDE" && f.type != "PERCENT_PRICE") return;
  i.bid_band = band(f.bid_down, f.bid_up);
  i.ask_band = band(f.ask_down, f.ask_up);
}

void apply(const Filter& f, Instrument& i) {
  apply_to_prices(f, i);
  if (f.type == "PRICE_FILTER" && f.step > 0) {
    i.tick = Amount(f.step);
    if (f.low > 0) i.price_min = Ticks(std::max<std::int64_t>(1, (f.low - 1) / f.step + 1));
    if (f.high > 0) i.price_max = Ticks(std::min(i.price_max.v, f.high / f.step));
  } else if (f.type == "LOT_SIZE" && f.step > 0) {
    i.lot = Amount(f.step);
    if (f.low > 0) i.lots_min = Lots(std::max<std::int64_t>(1, (f.low - 1) / f.step + 1));
    if (f.high > 0) i.lots_max = Lots(f.high / f.step);
  } else if (f.type == "NOTIONAL" || f.type == "MIN_NOTIONAL") {
    i.notional_min = money(Amount(f.notional));
  } else if (f.type == "MAX_NUM_ORDER_AMENDS" && f.count_max != 0 && f.count_max <= 0xFFFF) {
    i.rules.amends_per_order_max = static_cast<std::uint16_t>(f.count_max);
  } else if (f.type == "MAX_NUM_ORDERS") {
    i.orders_max = static_cast<std::int32_t>(std::min(f.count_max, kOrdersMax));
  }
}

sj::error_code read_filters(od::value value, std::vector<Filter>& out) {
  od::array filters;
  if (const auto e = value.get_array().get(filters)) return e;
  for (auto element : filters) {
    od::object object;
    if (const auto e = element.get_object().get(object)) return e;
    Filter f;
    for (auto member : object) {
      std::string_view key;
      if (const auto e = member.unescaped_key().get(key)) return e;
      od::value v;
      if (const auto e = member.value().get(v)) return e;
      read_filter_field(key, v, f);
    }
    out.push_back(f);
  }
  return sj::SUCCESS;
}

SymbolStatus status_of(std::string_view text) {
  for (const SymbolStatus s : {SymbolStatus::kTrading, SymbolStatus::kEndOfDay, SymbolStatus::kHalt,
                               SymbolStatus::kBreak, SymbolStatus::kCancelOnly})
    if (text == name(s)) return s;
  return SymbolStatus::kUnknown;
}

void read_symbol_text(std::string_view key, std::string_view text, Instrument& i, SymbolRules& r) {
  if (key == "symbol") copy_text(text, i.symbol_text);
  if (key == "baseAsset") copy_text(text, i.base_text);
  if (key == "quoteAsset") copy_text(text, i.quote_text);
  if (key == "status") r.status = status_of(text);
}

sj::error_code read_words(od::value value, std::vector<std::string>& out) {
  od::array words;
  if (const auto e = value.get_array().get(words)) return e;
  for (auto element : words) {
    std::string_view word;
    if (const auto e = element.get_string().get(word)) return e;
    out.emplace_back(word);
  }
  return sj::SUCCESS;
}

sj::error_code read_order_types(od::value value, SymbolRules& r) {
  std::vector<std::string> types;
  const auto e = read_words(value, types);
  r.post_only_allowed = std::ranges::find(types, "LIMIT_MAKER") != types.end();
  return e;
}

sj::error_code read_symbol(od::object object, Instrument& i, SymbolRules& r) {
  std::vector<Filter> filters;
  VenueRules rules = i.rules;
  rules.keep_priority_reduce = false;  // unless it is said that amends are allowed
  for (auto member : object) {
    std::string_view key, text;
    if (const auto e = member.unescaped_key().get(key)) return e;
    od::value value;
    if (const auto e = member.value().get(value)) return e;
    if (key == "filters") {
      if (const auto e = read_filters(value, filters)) return e;
    } else if (key == "symbol" || key == "baseAsset" || key == "quoteAsset" || key == "status") {
      if (const auto e = value.get_string().get(text)) return e;
      read_symbol_text(key, text, i, r);
    } else if (key == "amendAllowed" || key == "cancelReplaceAllowed") {
      bool& out = key == "amendAllowed" ? rules.keep_priority_reduce : rules.cancel_replace;
      if (const auto e = value.get_bool().get(out)) return e;
    } else if (key == "orderTypes") {
      if (const auto e = read_order_types(value, r)) return e;
    } else if (key == "allowedSelfTradePreventionModes") {
      if (const auto e = read_words(value, r.self_trade_modes)) return e;
    } else if (key == "contractType") {
      i.is_spot = false;
    }
  }
  i.rules = i.is_spot ? rules : kBinanceUsdmRules;
  for (const Filter& f : filters) {
    apply(f, i);
    if (f.type == "MAX_POSITION") r.position_max = Amount(f.high);
  }
  return sj::SUCCESS;
}

sj::error_code read_symbols(od::value value, ExchangeInfo& out) {
  od::array symbols;
  if (const auto e = value.get_array().get(symbols)) return e;
  for (auto element : symbols) {
    od::object object;
    if (const auto e = element.get_object().get(object)) return e;
    Instrument i;
    SymbolRules r;
    if (const auto e = read_symbol(object, i, r)) return e;
    if (i.symbol().empty()) continue;  // nothing that could be traded by its name
    out.instruments.push_back(i);
    out.rules.push_back(r);
  }
  return sj::SUCCESS;
}

// Those that are not of a symbol.
sj::error_code read_exchange_filters(od::value value, ExchangeInfo& out) {
  std::vector<Filter> filters;
  if (const auto e = read_filters(value, filters)) return e;
  for (const Filter& f : filters) {
    if (f.type != "EXCHANGE_MAX_NUM_ORDERS") continue;
    out.orders_max = static_cast<std::int32_t>(std::min(f.count_max, kOrdersMax));
  }
  return sj::SUCCESS;
}

RateLimitKind limit_kind(std::string_view text) {
  return text == "REQUEST_WEIGHT" ? RateLimitKind::kRequestWeight
         : text == "ORDERS"       ? RateLimitKind::kOrders
         : text == "RAW_REQUESTS" ? RateLimitKind::kRawRequests
         : text == "CONNECTIONS"  ? RateLimitKind::kConnections
                                  : RateLimitKind::kUnknown;
}

std::int64_t seconds_of(std::string_view unit) {
  return unit == "SECOND"   ? 1
         : unit == "MINUTE" ? 60
         : unit == "HOUR"   ? 3600
         : unit == "DAY"    ? 86'400
                            : 0;
}

sj::error_code read_limits(od::value value, std::vector<RateLimit>& out) {
  od::array limits;
  if (const auto e = value.get_array().get(limits)) return e;
  for (auto element : limits) {
    od::object object;
    if (const auto e = element.get_object().get(object)) return e;
    std::string_view type, unit;
    std::int64_t count = 0, limit = 0;
    if (const auto e = object["rateLimitType"].get_string().get(type)) return e;
    if (const auto e = object["interval"].get_string().get(unit)) return e;
    if (const auto e = object["intervalNum"].get_int64().get(count)) return e;
    if (const auto e = object["limit"].get_int64().get(limit)) return e;
    constexpr std::int64_t kLimitMax = std::numeric_limits<std::int32_t>::max();
    constexpr std::int64_t kCountMax = 1000;
    out.push_back({limit_kind(type),
                   kSecond * (seconds_of(unit) * std::clamp<std::int64_t>(count, 0, kCountMax)),
                   static_cast<std::int32_t>(std::clamp<std::int64_t>(limit, 0, kLimitMax))});
  }
  return sj::SUCCESS;
}

// The body of an answer by REST, or the result of one over the WebSocket API. After an error the
// document may not be rewound: it is begun again.
sj::error_code read_body(const sj::padded_string& json, ExchangeInfo& out) {
  od::parser parser;
  od::document document;
  if (const auto e = parser.iterate(json).get(document)) return e;
  od::object object;
  if (document.find_field_unordered("result").get_object().get(object) != sj::SUCCESS) {
    if (const auto e = parser.iterate(json).get(document)) return e;
    if (const auto e = document.get_object().get(object)) return e;
  }
  bool any_symbols = false;
  for (auto member : object) {
    std::string_view key;
    if (const auto e = member.unescaped_key().get(key)) return e;
    od::value value;
    if (const auto e = member.value().get(value)) return e;
    if (key == "symbols") {
      any_symbols = true;
      if (const auto e = read_symbols(value, out)) return e;
    } else if (key == "rateLimits") {
      if (const auto e = read_limits(value, out.rate_limits)) return e;
    } else if (key == "exchangeFilters") {
      if (const auto e = read_exchange_filters(value, out)) return e;
    }
  }
  return any_symbols ? sj::SUCCESS : sj::NO_SUCH_FIELD;
}

}  // namespace

const char* name(SymbolStatus s) {
  switch (s) {
    case SymbolStatus::kUnknown:
      break;
    case SymbolStatus::kTrading:
      return "TRADING";
    case SymbolStatus::kEndOfDay:
      return "END_OF_DAY";
    case SymbolStatus::kHalt:
      return "HALT";
    case SymbolStatus::kBreak:
      return "BREAK";
    case SymbolStatus::kCancelOnly:
      return "CANCEL_ONLY";
  }
  return "unknown";
}

const SymbolRules* ExchangeInfo::find_rules(std::string_view symbol, bool is_spot) const {
  const Instrument* const i = find(symbol, is_spot);
  return i == nullptr ? nullptr : &rules[static_cast<std::size_t>(i - instruments.data())];
}

const RateLimit* ExchangeInfo::find_limit(RateLimitKind kind) const {
  const RateLimit* best = nullptr;
  for (const RateLimit& l : rate_limits)
    if (l.kind == kind && (best == nullptr || l.interval < best->interval)) best = &l;
  return best;
}

const Instrument* ExchangeInfo::find(std::string_view symbol, bool is_spot) const {
  for (const Instrument& i : instruments)
    if (i.is_spot == is_spot && i.symbol() == symbol) return &i;
  return nullptr;
}

ExchangeInfo parse_exchange_info(std::string_view body) {
  ExchangeInfo info;
  const std::size_t begin = body.find('{');
  if (begin == std::string_view::npos) {
    info.error = "no exchangeInfo JSON";
    return info;
  }
  const bool recorded = body.substr(0, begin).find(" -> ") != std::string_view::npos;
  body.remove_prefix(begin);
  if (recorded) body = body.substr(0, body.find('\n'));  // other lines follow
  const sj::padded_string json(body);
  const sj::error_code e = read_body(json, info);
  if (e != sj::SUCCESS) info.error = fmt::format("not an exchangeInfo: {}", sj::error_message(e));
  return info;
}

ExchangeInfo read_exchange_info(const std::string& path) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  std::string body;
  ExchangeInfo info;
  if (file == nullptr) {
    info.error = path + ": cannot be opened";
    return info;
  }
  std::vector<char> chunk(std::size_t{1} << 18);
  int n = 0;
  while (body.size() < kFileMax &&
         (n = gzread(file.get(), chunk.data(), static_cast<unsigned>(chunk.size()))) > 0)
    body.append(chunk.data(), static_cast<std::size_t>(n));
  if (n < 0) {
    info.error = path + ": corrupt gzip";
    return info;
  }
  info = parse_exchange_info(body);
  if (!info.error.empty()) info.error = path + ": " + info.error;
  return info;
}

}  // namespace mm::binance
