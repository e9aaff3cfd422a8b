// Questions anybody may ask: the time, the book, trades.
#include <algorithm>
#include <functional>
#include <vector>

#include "sim/server/book_levels.h"
#include "sim/server/param_checks.h"
#include "sim/server/requests.h"

namespace mm::server::market_requests {
namespace {

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

std::uint64_t id_of(const sim::PublicTrade& trade) {
  return trade.trade_id.v;
}
std::uint64_t id_of(const AggregateTrade& aggregate) {
  return aggregate.id;
}
Nanos time_of(const sim::PublicTrade& trade) {
  return trade.time;
}
Nanos time_of(const AggregateTrade& aggregate) {
  return aggregate.trade.time;
}

// Which of a tape: from an id on or a time on the oldest, otherwise the newest.
struct Excerpt {
  std::int64_t from_id = -1;
  param::Span span;

  template <class Item>
  bool holds(const Item& item) const {
    return (from_id < 0 || id_of(item) >= static_cast<std::uint64_t>(from_id)) &&
           time_of(item) >= span.from && time_of(item) < span.to;
  }
  bool begins() const { return from_id >= 0 || span.from.v > 0; }
};

// tape(i) of the symbol, text(instrument, item, unit).
template <class Tape, class Text>
Answer excerpt_of(ExchangeHost& host, const Request& request, const Excerpt& asked,
                  const Tape& tape, const Text& text) {
  constexpr std::int64_t kDefault = 500, kMax = 1000;
  InstrumentId i{};
  std::int64_t limit = kDefault;
  if (auto problem = param::symbol(host, request.params, i)) return *problem;
  if (auto problem = param::limit(request.params, kMax, limit)) return *problem;
  std::vector<std::string> found;
  for (const auto& item : tape(host.streams().tape(i))) {
    if (asked.begins() && std::ssize(found) == limit) break;
    if (asked.holds(item)) {
      found.push_back(text(host.exchange().instrument(i), item, request.unit));
    }
  }
  JsonText json;
  json.open_array();
  const auto left_out = std::max<std::ptrdiff_t>(0, std::ssize(found) - limit);
  for (auto it = found.begin() + left_out; it != found.end(); ++it) json.element(*it);
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
  return excerpt_of(host, request, {}, std::mem_fn(&TradeTape::trades), trade_text);
}

Answer historical_trades(ExchangeHost& host, Limits&, const Request& request) {
  Excerpt asked;
  if (auto problem = param::integer(request.params, "fromId", asked.from_id)) return *problem;
  return excerpt_of(host, request, asked, std::mem_fn(&TradeTape::trades), trade_text);
}

Answer aggregate_trades(ExchangeHost& host, Limits&, const Request& request) {
  Excerpt asked;
  if (auto problem = param::integer(request.params, "fromId", asked.from_id)) return *problem;
  if (auto problem = param::span(request.params, asked.span)) return *problem;
  return excerpt_of(host, request, asked, std::mem_fn(&TradeTape::aggregates), aggregate_text);
}

}  // namespace mm::server::market_requests
