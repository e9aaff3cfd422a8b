#include "feeds/binance/exchange_info.h"

#include <fmt/format.h>
#include <simdjson.h>
#include <zlib.h>

#include <algorithm>
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
  std::int64_t low = 0, high = 0, step = 0, notional = 0;
  std::uint64_t amends = 0;
};

void read_filter_field(std::string_view key, od::value value, Filter& f) {
  std::string_view text;
  if (key == "maxNumOrderAmends") {
    if (value.get_uint64().get(f.amends) != sj::SUCCESS) f.amends = 0;
    return;
  }
  if (value.get_string().get(text) != sj::SUCCESS) return;
  if (key == "filterType") f.type = text;
  std::int64_t* const out = key == "minPrice" || key == "minQty"        ? &f.low
                            : key == "maxPrice" || key == "maxQty"      ? &f.high
                            : key == "tickSize" || key == "stepSize"    ? &f.step
                            : key == "minNotional" || key == "notional" ? &f.notional
                                                                        : nullptr;
  if (out == nullptr) return;
  const Decimal d = parse_decimal(text);
  *out = d.error == DecimalError::kOutOfRange ? std::numeric_limits<std::int64_t>::max() : d.value;
}

void apply(const Filter& f, Instrument& i) {
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
  } else if (f.type == "MAX_NUM_ORDER_AMENDS" && f.amends != 0 && f.amends <= 0xFFFF) {
    i.rules.amends_per_order_max = static_cast<std::uint16_t>(f.amends);
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

sj::error_code read_symbol(od::object object, Instrument& i) {
  std::vector<Filter> filters;
  for (auto member : object) {
    std::string_view key, text;
    if (const auto e = member.unescaped_key().get(key)) return e;
    od::value value;
    if (const auto e = member.value().get(value)) return e;
    if (key == "filters") {
      if (const auto e = read_filters(value, filters)) return e;
    } else if (key == "symbol" || key == "baseAsset" || key == "quoteAsset") {
      if (const auto e = value.get_string().get(text)) return e;
      if (key == "symbol") copy_text(text, i.symbol_text);
      if (key == "baseAsset") copy_text(text, i.base_text);
      if (key == "quoteAsset") copy_text(text, i.quote_text);
    } else if (key == "contractType") {
      i.is_spot = false;
    }
  }
  if (!i.is_spot) i.rules = kBinanceUsdmRules;
  for (const Filter& f : filters) apply(f, i);
  return sj::SUCCESS;
}

sj::error_code read_symbols(od::document& document, std::vector<Instrument>& out) {
  od::array symbols;
  if (const auto e = document["symbols"].get_array().get(symbols)) return e;
  for (auto element : symbols) {
    od::object object;
    if (const auto e = element.get_object().get(object)) return e;
    Instrument i;
    if (const auto e = read_symbol(object, i)) return e;
    out.push_back(i);
  }
  return sj::SUCCESS;
}

}  // namespace

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
  od::parser parser;
  od::document document;
  sj::error_code e = parser.iterate(json).get(document);
  if (e == sj::SUCCESS) e = read_symbols(document, info.instruments);
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
