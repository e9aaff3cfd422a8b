// exchangeInfo: the instruments, their filters, and the limits that are in force here.
#include <algorithm>
#include <vector>

#include "sim/server/book_levels.h"
#include "sim/server/param_checks.h"
#include "sim/server/requests.h"

namespace mm::server::market_requests {
namespace {

JsonText& open_filter(JsonText& json, std::string_view type) {
  return json.open_object().text("filterType", type);
}

// "1.2000"
std::string multiplier(std::int64_t ratio) {
  constexpr std::size_t kPlacesLess = 4;
  std::string text = eight_places(Amount(ratio / (kRatioScale / kAmountScale)));
  text.resize(text.size() - kPlacesLess);
  return text;
}

// Of how much an account may have at once.
void write_counts(JsonText& json, const ExchangeHost& host, InstrumentId i) {
  open_filter(json, "MAX_NUM_ORDERS")
      .integer("maxNumOrders", host.rules().max_orders_per_symbol)
      .close_object();
  open_filter(json, "MAX_NUM_ORDER_AMENDS")
      .integer("maxNumOrderAmends", host.exchange().instrument(i).rules.amends_per_order_max)
      .close_object();
}

void write_filters(JsonText& json, const ExchangeHost& host, InstrumentId i) {
  const sim::Exchange& exchange = host.exchange();
  const Instrument& instrument = exchange.instrument(i);
  const sim::ExchangeConfig& rules = host.rules();
  json.open_array("filters");
  open_filter(json, "PRICE_FILTER")
      .decimal("minPrice", price_amount(instrument, instrument.price_min))
      .decimal("maxPrice", price_amount(instrument, instrument.price_max))
      .decimal("tickSize", price_amount(instrument, exchange.tick(i)))
      .close_object();
  for (const char* type : {"LOT_SIZE", "MARKET_LOT_SIZE"}) {
    open_filter(json, type)
        .decimal("minQty", base_amount(instrument, std::max(instrument.lots_min, exchange.lot(i))))
        .decimal("maxQty", base_amount(instrument, instrument.lots_max))
        .decimal("stepSize", base_amount(instrument, exchange.lot(i)))
        .close_object();
  }
  const std::string up = multiplier(kRatioScale + rules.percent_price_up.v);
  const std::string down = multiplier(kRatioScale - rules.percent_price_down.v);
  open_filter(json, "PERCENT_PRICE_BY_SIDE")
      .text("bidMultiplierUp", up)
      .text("bidMultiplierDown", down)
      .text("askMultiplierUp", up)
      .text("askMultiplierDown", down)
      .integer("avgPriceMins", 0)
      .close_object();
  open_filter(json, "NOTIONAL")
      .decimal("minNotional",
               Amount(static_cast<std::int64_t>(instrument.notional_min.v / 10'000'000'000)))
      .flag("applyMinToMarket", true)
      .decimal("maxNotional", Amount(9'000'000 * kAmountScale))
      .flag("applyMaxToMarket", false)
      .integer("avgPriceMins", 0)
      .close_object();
  write_counts(json, host, i);
  json.close_array();
}

void write_words(JsonText& json, std::string_view key,
                 std::initializer_list<std::string_view> words) {
  json.open_array(key);
  for (const std::string_view word : words) json.element(quoted(word));
  json.close_array();
}

std::string_view status_word(sim::TradingStatus status) {
  constexpr std::string_view kWords[] = {"TRADING", "CANCEL_ONLY", "HALT"};
  return kWords[static_cast<std::size_t>(status)];
}

void write_symbol(JsonText& json, ExchangeHost& host, InstrumentId i) {
  const Instrument& instrument = host.exchange().instrument(i);
  json.open_object().text("symbol", instrument.symbol());
  json.text("status", status_word(host.exchange().status(i)));
  json.text("baseAsset", instrument.base()).integer("baseAssetPrecision", 8);
  json.text("quoteAsset", instrument.quote_text.data()).integer("quotePrecision", 8);
  json.integer("quoteAssetPrecision", 8).integer("baseCommissionPrecision", 8);
  json.integer("quoteCommissionPrecision", 8);
  write_words(json, "orderTypes", {"LIMIT", "LIMIT_MAKER", "MARKET"});
  for (const char* no : {"icebergAllowed", "ocoAllowed", "otoAllowed", "opoAllowed"}) {
    json.flag(no, false);
  }
  json.flag("quoteOrderQtyMarketAllowed", true).flag("allowTrailingStop", false);
  json.flag("cancelReplaceAllowed", instrument.rules.cancel_replace);
  json.flag("amendAllowed", instrument.rules.keep_priority_reduce);
  json.flag("pegInstructionsAllowed", false).flag("isSpotTradingAllowed", true);
  json.flag("isMarginTradingAllowed", false);
  write_filters(json, host, i);
  write_words(json, "permissions", {});
  json.raw("permissionSets", R"([["SPOT"]])");
  json.text("defaultSelfTradePreventionMode", "EXPIRE_MAKER");
  write_words(json, "allowedSelfTradePreventionModes",
              {"NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH"});
  json.close_object();
}

}  // namespace

Answer exchange_info(ExchangeHost& host, Limits& limits, const Request& request) {
  std::vector<InstrumentId> wanted;
  if (request.params.has("symbol")) {
    if (auto problem = param::symbol(host, request.params, wanted.emplace_back())) return *problem;
  } else if (auto problem = param::symbols(host, request.params, wanted)) {
    return *problem;
  }
  JsonText json(request.unit);
  json.open_object().text("timezone", "UTC").time("serverTime", request.now);
  json.raw("rateLimits", '[' + limits.announced_json() + ']');
  json.open_array("exchangeFilters").close_array().open_array("symbols");
  for (const InstrumentId i : wanted) write_symbol(json, host, i);
  return json.close_array().open_array("sors").close_array().close_object().take();
}

Answer my_filters(ExchangeHost& host, Limits&, const Request& request) {
  InstrumentId i{};
  if (auto problem = param::symbol(host, request.params, i)) return *problem;
  JsonText json;
  json.open_object().open_array("exchangeFilters").close_array().open_array("symbolFilters");
  write_counts(json, host, i);
  return json.close_array().open_array("assetFilters").close_array().close_object().take();
}

}  // namespace mm::server::market_requests
