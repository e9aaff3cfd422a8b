// Questions anybody may ask about prices: the best, the last, the average, those of a day.
#include <functional>
#include <vector>

#include "sim/server/book_levels.h"
#include "sim/server/param_checks.h"
#include "sim/server/requests.h"

namespace mm::server::ticker_requests {
namespace {

using Write = std::function<std::string(InstrumentId)>;

struct Weights {
  int one, some, all;
};

// One object for one symbol, an array for `symbols` or for all.
Answer for_symbols(ExchangeHost& host, const Request& request, const Weights& weights,
                   const Write& write) {
  if (request.params.has("symbol")) {
    InstrumentId instrument{};
    if (auto problem = param::symbol(host, request.params, instrument)) return *problem;
    return Answer(write(instrument)).with_weight(weights.one);
  }
  std::vector<InstrumentId> wanted;
  if (auto problem = param::symbols(host, request.params, wanted)) return *problem;
  JsonText json;
  json.open_array();
  for (const InstrumentId i : wanted) json.element(write(i));
  return Answer(json.close_array().take())
      .with_weight(request.params.has("symbols") ? weights.some : weights.all);
}
constexpr Weights kOfPrices{2, 4, 4}, kOfDays{2, 2, 80};

void write_touch(JsonText& json, const sim::Exchange& exchange, InstrumentId i) {
  const Instrument& instrument = exchange.instrument(i);
  for (const Side side : kSides) {
    Ticks price{0};
    Lots lots{0};
    for_each_level(exchange, i, side, 1, [&](Ticks best, Lots there) {
      price = best;
      lots = there;
    });
    json.decimal(side == Side::kBuy ? "bidPrice" : "askPrice", price_amount(instrument, price));
    json.decimal(side == Side::kBuy ? "bidQty" : "askQty", base_amount(instrument, lots));
  }
}

// Of price x quantity; 0 without a trade.
Amount average_price(const Instrument& instrument, const Flow& flow) {
  if (flow.lots.v == 0) return Amount(0);
  return Amount(static_cast<std::int64_t>(flow.tick_lots * instrument.tick.v / flow.lots.v));
}
Amount quote_amount(const Instrument& instrument, const Flow& flow) {
  return Amount(static_cast<std::int64_t>(flow.tick_lots * instrument.tick.v * instrument.lot.v /
                                          kAmountScale));
}

// "-95.960"
std::string percent(Ticks from, Ticks to) {
  constexpr std::size_t kPlacesLess = 5;
  const Int128 change = Int128{to.v - from.v} * 100 * kAmountScale;
  std::string text =
      eight_places(Amount(from.v == 0 ? 0 : static_cast<std::int64_t>(change / from.v)));
  text.resize(text.size() - kPlacesLess);
  return text;
}

std::string day_text(const ExchangeHost& host, InstrumentId i, const Request& request,
                     const TradeBar& day) {
  const Instrument& instrument = host.exchange().instrument(i);
  const auto price = [&](Ticks ticks) { return price_amount(instrument, ticks); };
  JsonText json(request.unit);
  json.open_object()
      .text("symbol", instrument.symbol())
      .decimal("priceChange", price(day.close - day.open))
      .text("priceChangePercent", percent(day.open, day.close))
      .decimal("weightedAvgPrice", average_price(instrument, day.flow))
      .decimal("prevClosePrice", price(day.open))
      .decimal("lastPrice", price(day.close))
      .decimal("lastQty", base_amount(instrument, day.last_lots));
  write_touch(json, host.exchange(), i);
  return json.decimal("openPrice", price(day.open))
      .decimal("highPrice", price(day.high))
      .decimal("lowPrice", price(day.low))
      .decimal("volume", base_amount(instrument, day.flow.lots))
      .decimal("quoteVolume", quote_amount(instrument, day.flow))
      .time("openTime", request.now - MinuteBars::kMinutes * 60 * kSecond)
      .time("closeTime", request.now)
      .integer("firstId", day.flow.trades == 0 ? -1 : static_cast<std::int64_t>(day.first_id.v))
      .integer("lastId", day.flow.trades == 0 ? -1 : static_cast<std::int64_t>(day.last_id.v))
      .integer("count", day.flow.trades)
      .close_object()
      .take();
}

}  // namespace

Answer book(ExchangeHost& host, Limits&, const Request& request) {
  return for_symbols(host, request, kOfPrices, [&](InstrumentId i) {
    JsonText json;
    json.open_object().text("symbol", host.exchange().instrument(i).symbol());
    write_touch(json, host.exchange(), i);
    return json.close_object().take();
  });
}

Answer price(ExchangeHost& host, Limits&, const Request& request) {
  return for_symbols(host, request, kOfPrices, [&](InstrumentId i) {
    const Instrument& instrument = host.exchange().instrument(i);
    JsonText json;
    return json.open_object()
        .text("symbol", instrument.symbol())
        .decimal("price", price_amount(instrument, host.exchange().last_price(i)))
        .close_object()
        .take();
  });
}

Answer day(ExchangeHost& host, Limits&, const Request& request) {
  return for_symbols(host, request, kOfDays, [&](InstrumentId i) {
    return day_text(host, i, request,
                    host.streams().bars(i).last(MinuteBars::kMinutes, request.now));
  });
}

// Without a trade in those minutes it is the last price.
Answer average(ExchangeHost& host, Limits&, const Request& request) {
  constexpr std::int64_t kMinutes = 5;
  InstrumentId i{};
  if (auto problem = param::symbol(host, request.params, i)) return *problem;
  const Instrument& instrument = host.exchange().instrument(i);
  const TradeBar bar = host.streams().bars(i).last(kMinutes, request.now);
  JsonText json(request.unit);
  return json.open_object()
      .integer("mins", kMinutes)
      .decimal("price", bar.flow.trades > 0
                            ? average_price(instrument, bar.flow)
                            : price_amount(instrument, host.exchange().last_price(i)))
      .time("closeTime", request.now)
      .close_object()
      .take();
}

}  // namespace mm::server::ticker_requests
