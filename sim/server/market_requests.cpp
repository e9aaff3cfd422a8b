// Questions anybody may ask: the time, the book, trades and prices.
#include <algorithm>
#include <functional>
#include <vector>

#include "sim/server/book_levels.h"
#include "sim/server/param_checks.h"
#include "sim/server/requests.h"

namespace mm::server::market_requests {
namespace {

using Write = std::function<std::string(InstrumentId)>;

// One object for one symbol, an array for `symbols` or for all.
Answer for_symbols(ExchangeHost& host, const Request& request, const Write& write) {
  constexpr int kWeightOfOne = 2, kWeightOfMany = 4;
  if (request.params.has("symbol")) {
    InstrumentId instrument{};
    if (auto problem = param::symbol(host, request.params, instrument)) return *problem;
    return Answer(write(instrument)).with_weight(kWeightOfOne);
  }
  std::vector<InstrumentId> wanted;
  if (auto problem = param::symbols(host, request.params, wanted)) return *problem;
  JsonText json;
  json.open_array();
  for (const InstrumentId i : wanted) json.element(write(i));
  return Answer(json.close_array().take()).with_weight(kWeightOfMany);
}

int depth_weight(std::int64_t limit) {
  if (limit <= 100) return 5;
  if (limit <= 500) return 25;
  return limit <= 1000 ? 50 : 250;
}

std::string trade_text(const Instrument& instrument, const sim::PublicTrade& trade, TimeUnit unit) {
  const Amount price = price_amount(instrument, trade.price);
  const Money worth = notional(instrument, trade.price, trade.lots);
  JsonText json(unit);
  return json.open_object()
      .integer("id", trade.trade_id.v)
      .decimal("price", price)
      .decimal("qty", base_amount(instrument, trade.lots))
      .decimal("quoteQty", Amount(static_cast<std::int64_t>(worth.v / 10'000'000'000)))
      .time("time", trade.time)
      .flag("isBuyerMaker", trade.aggressor == Side::kSell)
      .flag("isBestMatch", true)
      .close_object()
      .take();
}

std::string aggregate_text(const Instrument& instrument, const AggregateTrade& aggregate,
                           TimeUnit unit) {
  JsonText json(unit);
  return json.open_object()
      .integer("a", aggregate.id)
      .decimal("p", price_amount(instrument, aggregate.trade.price))
      .decimal("q", base_amount(instrument, aggregate.trade.lots))
      .integer("f", aggregate.trade.trade_id.v)
      .integer("l", aggregate.last_id.v)
      .time("T", aggregate.trade.time)
      .flag("m", aggregate.trade.aggressor == Side::kSell)
      .flag("M", true)
      .close_object()
      .take();
}

// The last ones of a tape that are asked for: tape(i) of the symbol, text(instrument, item).
template <class Tape, class Text>
Answer last_of(ExchangeHost& host, const Request& request, const Tape& tape, const Text& text) {
  constexpr std::int64_t kDefault = 500, kMax = 1000;
  InstrumentId i{};
  std::int64_t limit = kDefault;
  if (auto problem = param::symbol(host, request.params, i)) return *problem;
  if (auto problem = param::limit(request.params, kMax, limit)) return *problem;
  const auto& items = tape(host.streams().tape(i));
  const auto count = std::min(std::ssize(items), static_cast<std::ptrdiff_t>(limit));
  JsonText json;
  json.open_array();
  for (auto it = items.end() - count; it != items.end(); ++it) {
    json.element(text(host.exchange().instrument(i), *it, request.unit));
  }
  return json.close_array().take();
}

}  // namespace

Answer ping(ExchangeHost&, Limits&, const Request&) {
  return std::string("{}");
}

Answer time(ExchangeHost&, Limits&, const Request& request) {
  JsonText json(request.unit);
  return json.open_object().time("serverTime", request.now).close_object().take();
}

Answer depth(ExchangeHost& host, Limits&, const Request& request) {
  constexpr std::int64_t kDefault = 100, kMax = 5000;
  InstrumentId i{};
  std::int64_t limit = kDefault;
  if (auto problem = param::symbol(host, request.params, i)) return *problem;
  if (auto problem = param::limit(request.params, kMax, limit)) return *problem;
  const std::string_view status = request.params.get("symbolStatus");
  if (!status.empty() && status != "TRADING") {
    return errors::bad_request(-1220,
                               "The symbol's status does not match the requested symbolStatus.");
  }
  const sim::Exchange& exchange = host.exchange();
  const Instrument& instrument = exchange.instrument(i);
  JsonText json;
  json.open_object().integer("lastUpdateId", exchange.update_id(i).v);
  for (const Side side : kSides) {
    json.open_array(side == Side::kBuy ? "bids" : "asks");
    for_each_level(exchange, i, side, static_cast<std::size_t>(limit), [&](Ticks p, Lots lots) {
      json.level(price_amount(instrument, p), base_amount(instrument, lots));
    });
    json.close_array();
  }
  return Answer(json.close_object().take()).with_weight(depth_weight(limit));
}

Answer trades(ExchangeHost& host, Limits&, const Request& request) {
  return last_of(host, request, std::mem_fn(&TradeTape::trades), trade_text);
}

Answer aggregate_trades(ExchangeHost& host, Limits&, const Request& request) {
  return last_of(host, request, std::mem_fn(&TradeTape::aggregates), aggregate_text);
}

Answer book_ticker(ExchangeHost& host, Limits&, const Request& request) {
  return for_symbols(host, request, [&](InstrumentId i) {
    const Instrument& instrument = host.exchange().instrument(i);
    JsonText json;
    json.open_object().text("symbol", instrument.symbol());
    for (const Side side : kSides) {
      Ticks price{0};
      Lots lots{0};
      for_each_level(host.exchange(), i, side, 1, [&](Ticks best, Lots there) {
        price = best;
        lots = there;
      });
      json.decimal(side == Side::kBuy ? "bidPrice" : "askPrice", price_amount(instrument, price));
      json.decimal(side == Side::kBuy ? "bidQty" : "askQty", base_amount(instrument, lots));
    }
    return json.close_object().take();
  });
}

Answer price(ExchangeHost& host, Limits&, const Request& request) {
  return for_symbols(host, request, [&](InstrumentId i) {
    const Instrument& instrument = host.exchange().instrument(i);
    JsonText json;
    return json.open_object()
        .text("symbol", instrument.symbol())
        .decimal("price", price_amount(instrument, host.exchange().last_price(i)))
        .close_object()
        .take();
  });
}

}  // namespace mm::server::market_requests
